// A simulated Kommo beside the Worker, and one account of it that has our widget.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';

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
  const faults = (list) => post(`${origin}/_sim/faults`, list);
  return {
    origin,
    integration,
    // Of what integrations ask, nothing is answered; the CRM's page works.
    outOfService: () => faults([{ path: '/', kind: 'status', status: 503, times: 100_000_000 }]),
    inService: () => faults([]),
    stop: () => child.kill(),
  };
}

/** Installs the widget into a fresh account, sets up the generic provider and opens a tab, if one is wanted. */
export async function connect(simulator, worker, { tab = false } = {}) {
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
  const account = { accountId, adminId, subdomain, hookUrl: voip.hookUrl, url: voip.hookUrl, secret };
  if (tab) await openTab(simulator, worker, account);
  return account;
}

/** The administrator's live connection: what the widget opens in a tab. */
async function openTab(simulator, worker, { accountId, adminId }) {
  const { token } = await post(`${simulator}/_sim/token`, { accountId, userId: adminId });
  const headers = { 'content-type': 'application/json', 'x-auth-token': token };
  const ask = async (method, path, body) => {
    const answer = await fetch(`${worker}/api/v1/${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  await ask('PUT', 'active', { active: true });
  const { ticket, wsUrl } = await ask('POST', 'session', {});
  const socket = new WebSocket(`${wsUrl}?ticket=${ticket}`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('close', (code) => reject(new Error(`the live connection was closed with ${code}`)));
    socket.once('error', reject);
  });
  // Restarts of the runtime cut it.
  socket.on('error', () => {});
}

/** Reports events of calls as the account's provider. */
export function reporter(account) {
  const key = Buffer.from(account.secret.replace(/^whsec_/, ''), 'base64');
  return async (call, status, from = '+493055504') => {
    const now = Math.floor(Date.now() / 1000);
    const body = JSON.stringify({
      callId: call, voipAccountId: 'bench', from, to: '+493055501', status, startTime: now, extension: '101',
    });
    const id = randomUUID();
    const signature = createHmac('sha256', key).update(`${id}.${now}.${body}`).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(now), 'webhook-signature': `v1,${signature}` };
    const answer = await fetch(account.hookUrl, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`a webhook was answered ${answer.status}: ${await answer.text()}`);
  };
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

export async function until(holds, what, seconds = 30) {
  for (const start = Date.now(); Date.now() - start < seconds * 1000; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}
