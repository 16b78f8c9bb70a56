// The Workers that are compared, each in an edge runtime of its own that can be started anew over what it stored.

import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Miniflare } from 'miniflare';
import { SECRET } from './load.mjs';

const COMMON = {
  compatibilityDate: '2026-04-01',
  host: '127.0.0.1',
  // Our own lines would stand between those of the tables.
  handleRuntimeStdio: (out, err) => {
    out.resume();
    err.resume();
  },
};
const OBJECT = { ACCOUNT: { className: 'Account', useSQLite: true } };

/** Files here are in memory. Where the platform stores, no file is written either: this machine's disk must not count. */
const IN_MEMORY = '/dev/shm';

/** The floor. Accounts mean nothing to it. */
export async function empty(folder) {
  const options = { modules: [await script(join(folder, 'empty.mjs'))] };
  return Subject.start('empty', 'empty JavaScript Worker', options, () => ({ url: '/' }));
}

/** The same work in plain JavaScript. */
export async function plain(folder) {
  const options = { modules: [await script(join(folder, 'plain.mjs'))], durableObjects: OBJECT, bindings: { SECRET } };
  return Subject.start('plain', 'plain JavaScript: HMAC, one upsert, an alarm', options, (account) => ({ url: `/${account}` }));
}

/** Ours. Its accounts are those of `targets`, filled in once they are connected. */
export async function ours(root, simulator, port) {
  const origin = `http://127.0.0.1:${port}`;
  const targets = [];
  const options = {
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
  };
  const subject = await Subject.start('ours', 'Kommo VoIP', options, (account) => targets[account]);
  await migrate(await subject.runtime.getD1Database('DB'), join(root, 'worker/migrations'));
  return Object.assign(subject, { origin, targets });
}

/** A Worker that is measured. */
class Subject {
  static async start(key, name, options, targetOf) {
    const folder = await mkdtemp(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'kommo-voip-bench-'));
    const stores = { durableObjectsPersist: `${folder}/do`, d1Persist: `${folder}/d1`, kvPersist: `${folder}/kv` };
    const subject = Object.assign(new Subject(), { key, name, folder, targetOf, options: { ...COMMON, ...stores, ...options } });
    await subject.wake();
    return subject;
  }

  /** Starts the runtime. */
  async wake() {
    const before = new Set(children());
    this.runtime = new Miniflare(this.options);
    this.address = await this.runtime.ready;
    this.processes = children().filter((child) => !before.has(child));
  }

  /** Ends the runtime and starts it over what is stored: every object is cold. */
  async restart() {
    await this.runtime.dispose();
    await this.wake();
  }

  /** Where and with which secret webhooks of an account are sent. */
  target(account) {
    const { url, secret = `whsec_${SECRET}` } = this.targetOf(account);
    return { url: new URL(url, this.address), secret };
  }

  /** Bytes its processes hold in memory. */
  memory() {
    const resident = (process) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process}/status`, 'utf8'))[1]) * 1024;
    return this.processes.map(resident).reduce((sum, one) => sum + one, 0);
  }

  /** Microseconds of processor time its processes have used. The kernel counts in hundredths of a second. */
  processor() {
    const used = (process) => {
      const fields = readFileSync(`/proc/${process}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10_000;
    };
    return this.processes.map(used).reduce((sum, one) => sum + one, 0);
  }

  async stop() {
    await this.runtime.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function children() {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
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
