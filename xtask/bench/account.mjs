// A simulated Kommo beside the Worker, and one account of it that has our widget.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { randomBytes } from 'node:crypto';

/** A port that nobody uses now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts the simulator for a Worker that will answer on the given port; its page offers the packaged widget. */
export async function startSimulator(program, workerPort, archive, root) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const worker = `http://127.0.0.1:${workerPort}`;
  const integration = {
    KOMMO_CLIENT_ID: '5b0f7c1e-2d34-4a56-9b78-0c1d2e3f4a5b',
    KOMMO_CLIENT_SECRET: randomBytes(24).toString('hex'),
  };
  const child = spawn(
    program,
    [
      '--port', String(port), '--empty', '--widget', archive, '--assets', `${root}/node_modules`,
      '--worker-url', worker,
      '--redirect-uri', `${worker}/oauth/callback`,
      '--uninstall-url', `${worker}/oauth/uninstalled`,
    ],
    { env: { ...process.env, ...integration }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await until(() => fetch(`${origin}/_sim/config`).then((answer) => answer.ok, () => false), 'the simulator to answer');
  return { origin, integration, stop: () => child.kill() };
}

/** Installs the widget into a fresh account and sets up the generic provider. */
export async function connect(simulator, worker) {
  const { accountId, adminId, subdomain } = await post(`${simulator}/_sim/accounts`, {});
  await post(`${simulator}/_sim/install`, { accountId });
  const credentials = JSON.stringify({ provider: 'generic', credentials: { scheme: 'standard' } });
  let voip;
  // The installation goes on after Kommo has its answer.
  await until(async () => {
    const { token } = await post(`${simulator}/_sim/token`, { accountId, userId: adminId });
    const answer = await fetch(`${worker}/api/v1/voip`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-auth-token': token },
      body: credentials,
    });
    const text = await answer.text();
    if (answer.ok) {
      voip = JSON.parse(text);
    } else if (answer.status !== 409) {
      throw new Error(`PUT voip answered ${answer.status}: ${text}`);
    }
    return answer.ok;
  }, 'the account to be connected');
  const secret = voip.secret ?? voip.fields?.secret;
  if (!voip.hookUrl || !secret) {
    throw new Error(`PUT voip gave no hook: ${Object.keys(voip)}`);
  }
  return { accountId, adminId, subdomain, hookUrl: voip.hookUrl, secret };
}

export async function post(url, body) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) {
    throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  }
  return answer.json();
}

export async function until(holds, what) {
  for (const start = Date.now(); Date.now() - start < 30_000; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}
