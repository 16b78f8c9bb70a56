// The Workers that are compared, each in an edge runtime of its own.

import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Miniflare } from 'miniflare';
import { connect } from './account.mjs';
import { SECRET } from './load.mjs';

const COMMON = { compatibilityDate: '2026-04-01', host: '127.0.0.1' };
const OBJECT = { ACCOUNT: { className: 'Account', useSQLite: true } };

/** The floor. */
export async function empty(folder) {
  const runtime = new Miniflare({ ...COMMON, modules: [await script(join(folder, 'empty.mjs'))] });
  return subject('empty', 'empty JavaScript Worker', runtime, new URL('/', await runtime.ready));
}

/** The same work in plain JavaScript. */
export async function plain(folder) {
  const runtime = new Miniflare({
    ...COMMON,
    modules: [await script(join(folder, 'plain.mjs'))],
    durableObjects: OBJECT,
    bindings: { SECRET },
  });
  return subject('plain', 'plain JavaScript: HMAC, one upsert, an alarm', runtime, new URL('/', await runtime.ready));
}

/** Ours, connected to a simulated Kommo account. */
export async function ours(root, simulator, port) {
  const origin = `http://127.0.0.1:${port}`;
  const runtime = new Miniflare({
    ...COMMON,
    port,
    modules: [
      await script(join(root, 'worker/entry.mjs'), 'entry.mjs'),
      await script(join(root, 'worker/build/index.js'), 'build/index.js'),
      {
        type: 'CompiledWasm',
        path: 'build/index_bg.wasm',
        contents: await readFile(join(root, 'worker/build/index_bg.wasm')),
      },
    ],
    durableObjects: OBJECT,
    d1Databases: ['DB'],
    kvNamespaces: ['SNAPSHOTS'],
    bindings: {
      ...simulator.integration,
      KOMMO_REDIRECT_URI: `${origin}/oauth/callback`,
      KOMMO_DOMAINS: 'kommo.com',
      // What it can do is measured, not what it lets one sender do.
      WEBHOOKS_PER_SECOND: '1000000',
      KOMMO_ORIGIN_OVERRIDE: simulator.origin,
      PROVIDER_ORIGIN_OVERRIDE: simulator.origin,
      SEALING_KEYS: `bench:${Buffer.alloc(32, 7).toString('base64')}`,
    },
  });
  await runtime.ready;
  await migrate(await runtime.getD1Database('DB'), join(root, 'worker/migrations'));
  const { hookUrl, secret } = await connect(simulator.origin, origin);
  return { ...subject('ours', 'Kommo VoIP', runtime, new URL(hookUrl)), secret };
}

function subject(key, name, runtime, url) {
  return { key, name, url, secret: `whsec_${SECRET}`, stop: () => runtime.dispose() };
}

async function script(file, path = basename(file)) {
  return { type: 'ESModule', path, contents: await readFile(file, 'utf8') };
}

async function migrate(database, folder) {
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()) {
    const text = (await readFile(join(folder, name), 'utf8')).replace(/--.*$/gm, '');
    const statements = text.split(';').map((statement) => statement.trim()).filter(Boolean);
    await database.batch(statements.map((statement) => database.prepare(statement)));
  }
}
