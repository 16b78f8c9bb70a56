// How many signed webhooks a second are accepted: by an empty Worker, by plain JavaScript doing the same work, and by
// ours. Runs are interleaved, so that a busy machine slows all of them alike, and medians are compared. Then what a call
// costs in requests to Kommo, how long a route question takes, and what a person waits for in the page.
//
// node main.mjs ROOT SIMULATOR OUT PACKAGE BROWSER [ROUNDS] [SECONDS]
//
// PACKAGE is a command that packages the widget: it is given the Worker's address and the archive's name.

import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { freePort, startSimulator } from './account.mjs';
import { execFileSync } from 'node:child_process';
import { costs } from './costs.mjs';
import { measure } from './load.mjs';
import { page } from './page.mjs';
import { routes } from './routes.mjs';
import { empty, ours, plain } from './subjects.mjs';

const [root, program, out, packager, browser, rounds = '5', seconds = '4'] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const WARM_UP = 1000;

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

async function run() {
  const started = [];
  try {
    const port = await freePort();
    const archive = `${dirname(out)}/bench-widget.zip`;
    execFileSync(packager, ['package', '--worker-url', `http://127.0.0.1:${port}`, '--out', archive], { stdio: 'ignore' });
    const simulator = await startSimulator(program, port, archive, root);
    started.push(simulator);
    const subjects = [];
    for (const make of [() => empty(here), () => plain(here), () => ours(root, simulator, port)]) {
      const subject = await make();
      started.push(subject);
      subjects.push(subject);
      await measure(subject, WARM_UP);
    }
    const results = new Map(subjects.map((subject) => [subject.key, []]));
    for (let round = 1; round <= Number(rounds); round += 1) {
      process.stderr.write(`round ${round} of ${rounds}\n`);
      for (const subject of subjects) {
        results.get(subject.key).push(await measure(subject, Number(seconds) * 1000));
      }
    }
    const worker = `http://127.0.0.1:${port}`;
    const requestsToKommo = await costs(simulator, worker);
    // Before the route questions, which make Kommo slow.
    const inThePage = await page(browser, simulator, worker);
    return { ...report(subjects, results), requestsToKommo, inThePage, routeQuestions: await routes(simulator, worker) };
  } finally {
    for (const each of started.reverse()) {
      await each.stop();
    }
  }
}

function report(subjects, results) {
  const rows = subjects.map(({ key, name }) => {
    const rates = results.get(key).map((result) => result.perSecond);
    return {
      key,
      name,
      perSecond: Math.round(median(rates)),
      lowest: Math.round(Math.min(...rates)),
      highest: Math.round(Math.max(...rates)),
      p99Milliseconds: Number(median(results.get(key).map((result) => result.p99)).toFixed(1)),
    };
  });
  const rate = (key) => rows.find((row) => row.key === key).perSecond;
  const ratio = (a, b) => Number((rate(a) / rate(b)).toFixed(3));
  return {
    measured: 'accepted webhooks per second, 16 connections, medians of interleaved runs',
    machine: { cores: cpus().length, node: process.version },
    rounds: Number(rounds),
    seconds: Number(seconds),
    webhooks: rows,
    ratios: { oursToEmpty: ratio('ours', 'empty'), oursToPlain: ratio('ours', 'plain') },
  };
}

const result = await run();
await writeFile(out, `${JSON.stringify(result, null, 2)}\n`);
const line = (cells) => console.log(`${cells[0].padEnd(48)}${cells.slice(1).map((cell) => String(cell).padStart(12)).join('')}`);
line(['accepted webhooks', 'per second', 'lowest', 'highest', 'p99 ms']);
for (const row of result.webhooks) {
  line([row.name, row.perSecond, row.lowest, row.highest, row.p99Milliseconds]);
}
line(['Kommo VoIP to the empty Worker', result.ratios.oursToEmpty]);
line(['Kommo VoIP to plain JavaScript', result.ratios.oursToPlain]);
line(['requests to Kommo', 'spent', 'at most']);
for (const row of result.requestsToKommo) {
  line([row.call, row.spent, row.allowed]);
}
line(['route questions', 'p50 ms', 'p99 ms', 'budget ms']);
for (const row of result.routeQuestions) {
  line([row.question, row.p50Milliseconds, row.p99Milliseconds, row.atMost ?? '']);
}
const { cardPainted, echoPainted, cardToEcho, boot, pageLoadBytesGzipped, heap } = result.inThePage;
line(['in the page', 'p50', 'p99']);
line(['webhook until the card is painted, ms', cardPainted.p50Milliseconds, cardPainted.p99Milliseconds]);
line(['bare WebSocket message until painted, ms', echoPainted.p50Milliseconds, echoPainted.p99Milliseconds]);
line(['card to bare message', cardToEcho.p50, cardToEcho.p99]);
line(['the module boots, ms', boot.p50Milliseconds, boot.p99Milliseconds]);
line(['fetched by a page load, kB gzipped', (pageLoadBytesGzipped / 1000).toFixed(1)]);
line([`heap after ${heap.calls} more calls to before`, heap.ratio]);
// The runtimes keep sockets open for a moment; everything is stopped by now.
process.exit(0);
