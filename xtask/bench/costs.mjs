// What a call costs in requests to Kommo, as its trace states it: they are what an account has too few of.

import { createHmac, randomUUID } from 'node:crypto';
import { connect, post, until } from './account.mjs';

const DONE = new Set(['delivered', 'parked', 'not_written']);

/** Calls of every kind in a fresh account, with the requests each was allowed and spent. */
export async function costs(simulator, worker) {
  const account = await connect(simulator.origin, worker);
  const ask = async (method, path, body) => {
    const { token } = await post(`${simulator.origin}/_sim/token`, { accountId: account.accountId, userId: account.adminId });
    const answer = await fetch(`${worker}/api/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-auth-token': token },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    }
    return answer.json();
  };
  const report = async (callId, from, status) => {
    const body = JSON.stringify({
      callId, from, status, voipAccountId: 'bench', to: '+493055501', startTime: Math.floor(Date.now() / 1000), extension: '101',
    });
    const key = Buffer.from(account.secret.replace(/^whsec_/, ''), 'base64');
    const [id, now] = [randomUUID(), Math.floor(Date.now() / 1000)];
    const signature = createHmac('sha256', key).update(`${id}.${now}.${body}`).digest('base64');
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(now), 'webhook-signature': `v1,${signature}` };
    const answer = await fetch(account.hookUrl, { method: 'POST', headers, body });
    if (answer.status !== 202) {
      throw new Error(`the webhook was answered ${answer.status}`);
    }
  };
  const spent = async (callId, from, statuses) => {
    for (const status of statuses) {
      await report(callId, from, status);
    }
    let call;
    await until(async () => {
      const { calls } = await ask('GET', 'calls');
      call = calls.find((each) => each.callId === callId);
      return call && DONE.has(call.deliveryStatus);
    }, `${callId} to be written`);
    return (await ask('GET', `calls/${call.id}/trace`)).kommoRequests;
  };
  const [talk, miss] = [['ringing', 'answered', 'completed'], ['ringing', 'missed']];
  const stranger = '+493055502';
  const known = '+493055503';
  await post(`${simulator.origin}/_sim/entities`, {
    account: account.accountId,
    contacts: [{ name: 'Nora Klein', custom_fields_values: [{ field_code: 'PHONE', values: [{ value: known }] }] }],
    leads: [{ name: 'Roof', _embedded: { contacts: [{ index: 0 }] } }],
  });
  // A stranger may cost one more for each further written form of the number, at most two.
  return [
    { call: 'talk with a stranger', allowed: 6, spent: await spent('stranger', stranger, talk) },
    { call: 'talk with somebody known, first call', allowed: 4, spent: await spent('known', known, talk) },
    { call: 'talk with somebody in the phone index', allowed: 1, spent: await spent('talk', known, talk) },
    { call: 'missed call of somebody in the phone index', allowed: 2, spent: await spent('miss', known, miss) },
  ];
}

export function print(line, rows) {
  line(['requests to Kommo', 'spent', 'at most']);
  for (const row of rows) line([row.call, row.spent, row.allowed]);
}
