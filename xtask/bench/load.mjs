// A provider that reports as fast as the other side accepts: signed webhooks of ever new calls, each of them ringing,
// answered and completed in turn, spread over accounts.

import { Agent, request } from 'node:http';
import { createHmac, randomBytes } from 'node:crypto';

const CONNECTIONS = 16;
const STATUSES = ['ringing', 'answered', 'completed'];

/** For the subjects that are not given one. */
export const SECRET = randomBytes(32).toString('base64');

/** In place of a status: the connection was closed before the answer. */
const BROKEN = 0;
/** So many in one run are a fault and not a runtime that is out of breath. */
const MOST_BROKEN = 50;

let count = 0;

/** Accepted webhooks per second over that many accounts, how long the answers took, and processor time for each. */
export function measure(subject, milliseconds, accounts) {
  const targets = targetsOf(subject, accounts);
  const end = performance.now() + milliseconds;
  const next = () => {
    if (performance.now() >= end) return null;
    const number = count++;
    const call = Math.floor(number / STATUSES.length);
    return { target: targets[call % accounts], number, call, status: STATUSES[number % STATUSES.length] };
  };
  return send(subject, next);
}

/** The same for one ring in each account: what the first webhook costs where an account was asleep. */
export function once(subject, accounts) {
  const targets = targetsOf(subject, accounts);
  const next = () => {
    const target = targets.pop();
    const number = count++;
    return target && { target, number, call: `first-${number}`, status: 'ringing' };
  };
  return send(subject, next);
}

/** The same for a number of calls, however long it takes: a runtime is warm after so much work, not after so much time. */
export function calls(subject, many, accounts) {
  const targets = targetsOf(subject, accounts);
  const end = count + many * STATUSES.length;
  const next = () => {
    if (count >= end) return null;
    const number = count++;
    const call = Math.floor(number / STATUSES.length);
    return { target: targets[call % accounts], number, call, status: STATUSES[number % STATUSES.length] };
  };
  return send(subject, next);
}

function targetsOf(subject, accounts) {
  return Array.from({ length: accounts }, (_, account) => {
    const { url, secret } = subject.target(account);
    return { url, key: Buffer.from(secret.replace(/^whsec_/, ''), 'base64') };
  });
}

async function send(subject, next) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const latencies = [];
  const refused = new Map();
  let broken = 0;
  const [start, used] = [performance.now(), subject.processor()];
  const connection = async () => {
    for (let event = next(); event; event = next()) {
      const sent = performance.now();
      let status = await post(agent, event);
      // As a provider does: what got no answer is sent again, under the same id.
      for (; status === BROKEN && broken < MOST_BROKEN; status = await post(agent, event)) broken += 1;
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
  return {
    perSecond: latencies.length / seconds,
    p99: latencies[Math.floor(latencies.length * 0.99)],
    processor: (subject.processor() - used) / latencies.length,
    broken,
  };
}

function post(agent, { target, number, call, status }) {
  const caller = typeof call === 'number' ? call : number;
  const now = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    callId: `bench-${call}`,
    voipAccountId: 'bench',
    from: `+4930${String(1_000_000 + (caller % 900_000))}`,
    to: '+493099999999',
    status,
    startTime: now,
    extension: '101',
    direction: 'inbound',
  });
  const id = `bench-${process.pid}-${number}`;
  const signature = createHmac('sha256', target.key).update(`${id}.${now}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'webhook-id': id,
    'webhook-timestamp': now,
    'webhook-signature': `v1,${signature}`,
  };
  return new Promise((resolve, reject) => {
    const failed = (error) => (error.code === 'ECONNRESET' ? resolve(BROKEN) : reject(error));
    const outgoing = request(target.url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
      answer.on('error', failed);
    });
    outgoing.on('error', failed);
    outgoing.end(body);
  });
}
