// How many signed webhooks a second are accepted: by an empty Worker, by plain JavaScript doing the same work, and by
// ours. Runs are interleaved, so that a busy machine slows all of them alike, and medians are compared. Then what a call
// costs in requests to Kommo, and how long a route question takes.
//
// node main.mjs ROOT SIMULATOR OUT [ROUNDS] [SECONDS]

import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { freePort, startSimulator } from './account.mjs';
import { costs } from './costs.mjs';
import { measure } from './load.mjs';
import { routes } from './routes.mjs';
import { empty, ours, plain } from './subjects.mjs';

const [root, program, out, rounds = '5', seconds = '4'] = process.argv.slice(2);
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
    const simulator = await startSimulator(program, port);
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
    return { ...report(subjects, results), requestsToKommo, routeQuestions: await routes(simulator, worker) };
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
// The runtimes keep sockets open for a moment; everything is stopped by now.
process.exit(0);
