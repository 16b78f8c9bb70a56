// A provider that reports as fast as the other side accepts: signed webhooks of ever new calls, each of them ringing,
// answered and completed in turn.

import { Agent, request } from 'node:http';
import { createHmac, randomBytes } from 'node:crypto';

const CONNECTIONS = 16;
const STATUSES = ['ringing', 'answered', 'completed'];

/** For the subjects that are not given one. */
export const SECRET = randomBytes(32).toString('base64');

let count = 0;

/** Accepted webhooks per second, and how long the answers took. */
export async function measure(subject, milliseconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const key = Buffer.from(subject.secret.replace(/^whsec_/, ''), 'base64');
  const latencies = [];
  const refused = new Map();
  const start = performance.now();
  const end = start + milliseconds;
  const connection = async () => {
    while (performance.now() < end) {
      const sent = performance.now();
      const status = await send(agent, subject.url, key);
      if (status === 202) {
        latencies.push(performance.now() - sent);
      } else {
        refused.set(status, (refused.get(status) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  if (refused.size > 0) {
    throw new Error(`${subject.name} refused webhooks: ${JSON.stringify([...refused])}`);
  }
  latencies.sort((a, b) => a - b);
  return { perSecond: latencies.length / seconds, p99: latencies[Math.floor(latencies.length * 0.99)] };
}

function send(agent, url, key) {
  const number = count++;
  const call = Math.floor(number / STATUSES.length);
  const now = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    callId: `bench-${call}`,
    voipAccountId: 'bench',
    from: `+4930${String(1_000_000 + (call % 900_000))}`,
    to: '+493099999999',
    status: STATUSES[number % STATUSES.length],
    startTime: now,
    extension: '101',
    direction: 'inbound',
  });
  const id = `bench-${process.pid}-${number}`;
  const signature = createHmac('sha256', key).update(`${id}.${now}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'webhook-id': id,
    'webhook-timestamp': now,
    'webhook-signature': `v1,${signature}`,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
      answer.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
