// How many telephone numbers a second get their key, beside libphonenumber's own C++ on the same numbers.

import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { median } from './figures.mjs';

const OURS = ['bench', '--quiet', '--package', 'kommo-voip-domain', '--features', 'phone-metadata', '--bench', 'phone_keys'];

/** Medians of interleaved runs; without the C++ library, ours alone and the reason. */
export function phoneKeys({ here, root, out, rounds }) {
  const program = join(dirname(out), 'phone-keys-cpp');
  const built = spawnSync('c++', ['-O2', '-o', program, join(here, 'phone_keys.cpp'), '-lphonenumber'], { encoding: 'utf8' });
  const missing = built.error ? 'there is no C++ compiler' : 'libphonenumber-dev is not installed';
  const theirs = built.status === 0 ? () => run(program, [join(root, 'domain/tests/fixtures/example_numbers.tsv')]) : null;
  const results = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round += 1) {
    results.ours.push(run(process.env.CARGO ?? 'cargo', OURS));
    if (theirs) results.theirs.push(theirs());
  }
  const figures = (runs) => ({ perSecond: Math.round(median(runs.map((one) => one.perSecond))), right: runs[0].right, of: runs[0].of });
  const ours = figures(results.ours);
  if (!theirs) return { ours, theirs: null, missing };
  const ratio = Number(median(results.ours.map((one, at) => one.perSecond / results.theirs[at].perSecond)).toFixed(2));
  return { ours, theirs: figures(results.theirs), ratio };
}

function run(program, args) {
  const [perSecond, right, of] = execFileSync(program, args, { encoding: 'utf8' }).trim().split(' ').map(Number);
  return { perSecond, right, of };
}

export function print(line, { ours, theirs, ratio, missing }) {
  line(['keys of telephone numbers', 'per second', 'right', 'of']);
  line(['Kommo VoIP, native', ours.perSecond, ours.right, ours.of]);
  if (theirs) {
    line(['libphonenumber, C++', theirs.perSecond, theirs.right, theirs.of]);
    line(['Kommo VoIP to libphonenumber', ratio]);
  } else {
    line([`libphonenumber, C++: not measured, ${missing}`]);
  }
}
