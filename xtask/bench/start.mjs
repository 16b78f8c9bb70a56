// What a Worker that starts costs, how much is uploaded and fetched, and what a busy account holds in memory.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { calls } from './load.mjs';
import { empty } from './subjects.mjs';
import { median } from './figures.mjs';

const FILES = ['worker/entry.mjs', 'worker/build/index.js', 'worker/build/index_bg.wasm'];

/** Start-up beside an empty Worker's, each from nothing to the first answer; bytes of the Worker. */
export async function start({ here, root, mine, rounds, started }) {
  const floor = await empty(here);
  started.push(floor);
  const answered = async (subject) => {
    const begin = performance.now();
    await subject.restart();
    await (await fetch(new URL('/health', subject.address))).arrayBuffer();
    return performance.now() - begin;
  };
  const times = { empty: [], ours: [] };
  for (let round = 0; round < rounds; round += 1) {
    times.empty.push(await answered(floor));
    times.ours.push(await answered(mine));
  }
  await floor.stop();
  started.splice(started.indexOf(floor), 1);
  let bytes = 0;
  for (const file of FILES) bytes += gzipSync(await readFile(join(root, file)), { level: 9 }).length;
  const middle = (numbers) => Number(median(numbers).toFixed(1));
  return {
    emptyMilliseconds: middle(times.empty),
    oursMilliseconds: middle(times.ours),
    moreMilliseconds: middle(times.ours.map((time, at) => time - times.empty[at])),
    workerBytesGzipped: bytes,
  };
}

/** What the runtime of one account holds before and after so many calls. */
export async function memory({ mine, many }) {
  await calls(mine, 500, 1);
  const before = mine.memory();
  await calls(mine, many, 1);
  const after = mine.memory();
  return { calls: many, beforeBytes: before, afterBytes: after, moreBytes: after - before };
}

export function print(line, { start, memory }) {
  line(['start-up', 'empty', 'ours', 'more']);
  line(['runtime started until the first answer, ms', start.emptyMilliseconds, start.oursMilliseconds, start.moreMilliseconds]);
  line(['the Worker, kB gzipped', '', (start.workerBytesGzipped / 1000).toFixed(1)]);
  const mega = (bytes) => (bytes / 1e6).toFixed(1);
  line(['memory of the runtime, MB', 'before', 'after', 'more']);
  line([`one account, ${memory.calls} calls`, mega(memory.beforeBytes), mega(memory.afterBytes), mega(memory.moreBytes)]);
}
