// How long a caller waits for smart forwarding: from the phone index, and when Kommo is slow and the budget ends it.

import { createHmac, randomUUID } from 'node:crypto';
import { connect, post, until } from './account.mjs';

const KNOWN = '+493055504';

/** Route questions one after another, with the middle and the slowest hundredth of their answers' times. */
export async function routes(simulator, worker) {
  const account = await connect(simulator.origin, worker);
  const routeUrl = account.hookUrl.replace('/webhooks/voip/', '/route/');
  await post(`${simulator.origin}/_sim/entities`, {
    account: account.accountId,
    contacts: [{ name: 'Nora Klein', custom_fields_values: [{ field_code: 'PHONE', values: [{ value: KNOWN }] }] }],
  });
  const key = Buffer.from(account.secret.replace(/^whsec_/, ''), 'base64');
  const asked = async (from) => {
    const body = JSON.stringify({ from, to: '+493055501' });
    const [id, now] = [randomUUID(), Math.floor(Date.now() / 1000)];
    const signature = createHmac('sha256', key).update(`${id}.${now}.${body}`).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(now), 'webhook-signature': `v1,${signature}` };
    const sent = performance.now();
    const answer = await fetch(routeUrl, { method: 'POST', headers, body });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`the route question was answered ${answer.status}: ${text}`);
    }
    return performance.now() - sent;
  };
  const timed = async (question, count, from, atMost) => {
    const times = [];
    for (let number = 0; number < count; number += 1) {
      times.push(await asked(from(number)));
    }
    times.sort((a, b) => a - b);
    const at = (share) => Number(times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1));
    return { question, p50Milliseconds: at(0.5), p99Milliseconds: at(0.99), atMost };
  };
  // The first question looks the caller up; from then on nobody is searched for.
  const searches = async () => {
    const state = await (await fetch(`${simulator.origin}/_sim/state?account=${account.accountId}`)).json();
    return state.requests.filter(({ method, path }) => method === 'GET' && path.startsWith('/api/v4/contacts')).length;
  };
  await asked(KNOWN);
  let before = -1;
  await until(async () => {
    const now = await searches();
    const isQuiet = now > 0 && now === before;
    before = now;
    return isQuiet;
  }, 'the caller to be looked up');
  const known = await timed('caller in the phone index', 400, () => KNOWN);
  if ((await searches()) !== before) {
    throw new Error('a question about an indexed caller searched Kommo');
  }
  await post(`${simulator.origin}/_sim/faults`, [{ method: 'GET', path: '/api/v4/contacts', times: 1000, kind: 'delay', ms: 5000 }]);
  const stranger = await timed('unknown caller, Kommo takes 5 s', 8, (number) => `+49305560${10 + number}`, 700);
  return [known, stranger];
}

export function print(line, rows) {
  line(['route questions', 'p50 ms', 'p99 ms', 'budget ms']);
  for (const row of rows) line([row.question, row.p50Milliseconds, row.p99Milliseconds, row.atMost ?? '']);
}
