// What our Worker and widget cost, each beside the least that could be done or beside somebody else doing the same.
//
// node main.mjs OPTIONS, a JSON object: root, simulator, out, packager, browser (programs and places), rounds, seconds,
// accounts, calls (in the catch-up), held (calls of one account), only (sections; none: all).

import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { connect, freePort, startSimulator } from './account.mjs';
import * as catchUp from './catch_up.mjs';
import * as costs from './costs.mjs';
import { line } from './figures.mjs';
import * as page from './page.mjs';
import * as phoneKeys from './phone_keys.mjs';
import * as routes from './routes.mjs';
import * as start from './start.mjs';
import { ours } from './subjects.mjs';
import * as webhooks from './webhooks.mjs';

const options = JSON.parse(process.argv[2]);
const here = dirname(fileURLToPath(import.meta.url));

// Before the route questions, which make Kommo slow, comes all that has to do with Kommo.
const SECTIONS = {
  phoneKeys: { print: phoneKeys.print, run: (bench) => phoneKeys.phoneKeys(bench) },
  webhooks: { print: webhooks.print, run: (bench) => webhooks.webhooks(bench) },
  start: {
    print: start.print,
    run: (bench) => withOurs(bench, async (mine) => {
      mine.targets[0] = await connect(bench.simulator.origin, mine.origin);
      const cold = await start.start({ ...bench, mine });
      await bench.simulator.outOfService();
      const memory = await start.memory({ mine, many: bench.held });
      await bench.simulator.inService();
      return { start: cold, memory };
    }),
  },
  requestsToKommo: {
    print: costs.print,
    run: (bench) => withOurs(bench, (mine) => costs.costs(bench.simulator, mine.origin)),
  },
  catchUp: { print: catchUp.print, run: (bench) => withOurs(bench, (mine) => catchUp.catchUp({ ...bench, mine })) },
  inThePage: {
    print: page.print,
    run: (bench) => withOurs(bench, (mine) => page.page(bench.browser, bench.simulator, mine.origin)),
  },
  routeQuestions: {
    print: routes.print,
    run: (bench) => withOurs(bench, (mine) => routes.routes(bench.simulator, mine.origin)),
  },
};

async function withOurs(bench, work) {
  const mine = await ours(bench.root, bench.simulator, bench.port);
  bench.started.push(mine);
  try {
    return await work(mine);
  } finally {
    bench.started.splice(bench.started.indexOf(mine), 1);
    await mine.stop();
  }
}

async function run(sections) {
  const started = [];
  try {
    const port = await freePort();
    const archive = `${dirname(options.out)}/bench-widget.zip`;
    execFileSync(options.packager, ['package', '--worker-url', `http://127.0.0.1:${port}`, '--out', archive], { stdio: 'ignore' });
    const simulator = await startSimulator(options.simulator, port, archive, options.root);
    started.push(simulator);
    const results = {};
    for (const section of sections) {
      process.stderr.write(`${section}\n`);
      results[section] = await SECTIONS[section].run({ ...options, here, simulator, port, started });
      SECTIONS[section].print(line, results[section]);
    }
    return results;
  } finally {
    for (const each of started.reverse()) {
      await each.stop();
    }
  }
}

const sections = options.only.length ? options.only : Object.keys(SECTIONS);
const unknown = sections.filter((section) => !SECTIONS[section]);
if (unknown.length) {
  console.error(`there is no section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}`);
  process.exit(1);
}
const results = await run(sections);
const machine = { cores: cpus().length, node: process.version };
// Sections that did not run now keep what they showed before.
const before = await readFile(options.out, 'utf8').then(JSON.parse, () => ({}));
const at = new Date().toISOString();
const stamped = Object.fromEntries(Object.entries(results).map(([name, result]) => [name, { at, machine, ...wrapped(result) }]));
await writeFile(options.out, `${JSON.stringify({ ...before, ...stamped }, null, 2)}\n`);
// The runtimes keep sockets open for a moment; everything is stopped by now.
process.exit(0);

function wrapped(result) {
  return Array.isArray(result) ? { rows: result } : result;
}
