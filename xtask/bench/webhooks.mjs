// How many signed webhooks a second are accepted: by an empty Worker, by plain JavaScript doing the same work, and by
// ours, over few and many accounts, awake and asleep. Runs are interleaved, so that a busy machine slows all of them
// alike, and medians are compared.
//
// Each account of ours has a tab open, to which every report pushes a card. Kommo is out of service meanwhile: how fast
// calls are written there is bound by Kommo's limit and measured elsewhere. Once more it is measured with Kommo in
// service, when the calls of the account are being written all the while.

import { connect } from './account.mjs';
import { calls, measure, once } from './load.mjs';
import { empty, ours, plain } from './subjects.mjs';
import { median } from './figures.mjs';

/** Calls, three webhooks each, before anything is measured: by then V8 has compiled what is hot. */
const WARM_UP = 1000;
const CONNECTED_AT_ONCE = 8;

/** The rows of the report: one for each number of accounts. */
export async function webhooks({ here, root, simulator, port, rounds, seconds, accounts, started }) {
  const subjects = [];
  for (const make of [() => empty(here), () => plain(here), () => ours(root, simulator, port)]) {
    const subject = await make();
    started.push(subject);
    subjects.push(subject);
  }
  const mine = subjects.at(-1);
  const all = Math.max(...accounts);
  process.stderr.write(`connecting ${all} accounts\n`);
  await crowd(all, async (account) => {
    mine.targets[account] = await connect(simulator.origin, mine.origin, { tab: true });
  });

  for (const subject of subjects) await calls(subject, WARM_UP, 1);
  const writing = await interleaved(subjects, rounds, (subject) => measure(subject, seconds * 1000, 1));
  await simulator.outOfService();
  const rows = [];
  for (const many of accounts) {
    process.stderr.write(`${many} accounts, awake\n`);
    for (const subject of subjects) await calls(subject, WARM_UP, many);
    const warm = await interleaved(subjects, rounds, (subject) => measure(subject, seconds * 1000, many));
    rows.push({ accounts: many, warm });
  }
  // The tabs go with the first restart.
  for (const row of rows) {
    process.stderr.write(`${row.accounts} accounts, asleep\n`);
    row.cold = await interleaved(subjects.slice(1), rounds, async (subject) => {
      await subject.restart();
      // The Worker itself is awake: an address of nobody.
      await fetch(new URL('/health', subject.address)).then((answer) => answer.arrayBuffer());
      return once(subject, row.accounts);
    });
  }
  for (const subject of subjects) {
    await subject.stop();
    started.splice(started.indexOf(subject), 1);
  }
  await simulator.inService();
  return { writing, rows };
}

async function interleaved(subjects, rounds, run) {
  const results = new Map(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) results.get(subject).push(await run(subject));
  }
  const figures = {};
  for (const [{ key }, runs] of results) {
    const rates = runs.map((run) => run.perSecond);
    figures[key] = {
      perSecond: Math.round(median(rates)),
      lowest: Math.round(Math.min(...rates)),
      highest: Math.round(Math.max(...rates)),
      p99Milliseconds: Number(median(runs.map((run) => run.p99)).toFixed(1)),
      broken: runs.reduce((sum, run) => sum + run.broken, 0),
      // Of the runtime alone: it does not care what else the machine does.
      processorMicroseconds: Math.round(median(runs.map((run) => run.processor))),
    };
  }
  // Each round's own ratio: what disturbs a round disturbs all of its runs.
  const mine = results.get(subjects.at(-1));
  for (const [{ key }, runs] of results) {
    if (key !== 'ours') figures[`oursTo_${key}`] = Number(median(mine.map((run, at) => run.perSecond / runs[at].perSecond)).toFixed(3));
  }
  return figures;
}

async function crowd(many, work) {
  let next = 0;
  const worker = async () => {
    while (next < many) await work(next++);
  };
  await Promise.all(Array.from({ length: CONNECTED_AT_ONCE }, worker));
}

const named = (accounts, how) => `${accounts} ${accounts === 1 ? 'account' : 'accounts'}, ${how}`;

export function print(line, { writing, rows }) {
  line(['accepted webhooks per second', 'empty', 'plain JS', 'ours', 'to empty', 'to plain', 'p99 ms']);
  const times = (name, { empty, plain, ours }) =>
    line([name, empty?.processorMicroseconds ?? '', plain.processorMicroseconds, ours.processorMicroseconds,
      empty ? (empty.processorMicroseconds / ours.processorMicroseconds).toFixed(3) : '',
      (plain.processorMicroseconds / ours.processorMicroseconds).toFixed(3)]);
  const row = (name, { empty, plain, ours, oursTo_empty, oursTo_plain }) =>
    line([name, empty?.perSecond ?? '', plain.perSecond, ours.perSecond, oursTo_empty ?? '', oursTo_plain, ours.p99Milliseconds]);
  for (const { accounts, warm } of rows) row(named(accounts, 'awake'), warm);
  for (const { accounts, cold } of rows) row(named(accounts, 'asleep'), cold);
  row('1 account, its calls being written to Kommo', writing);
  const broken = [writing, ...rows.flatMap(({ warm, cold }) => [warm, cold])].map(({ ours }) => ours.broken);
  line(['connections of ours closed before the answer', '', '', broken.reduce((sum, one) => sum + one, 0)]);
  line(['processor time of each webhook, microseconds', 'empty', 'plain JS', 'ours', 'to empty', 'to plain']);
  for (const { accounts, warm } of rows) times(named(accounts, 'awake'), warm);
  // The kernel counts too coarsely for fewer.
  for (const { accounts, cold } of rows.filter((row) => row.accounts >= 100)) times(named(accounts, 'asleep'), cold);
}
