// How long after an outage of Kommo's until everything that was reported meanwhile is written: beside the floor, the
// fewest requests it takes at Kommo's seven a second.

import { connect, post, reporter, until } from './account.mjs';

const PEOPLE = 50;
const PER_SECOND = 7;
const number = (person) => `+4930550${String(100 + person)}`;

/** Talks with people of the phone index, all reported while Kommo is out of service. Each takes one request: its note. */
export async function catchUp({ simulator, mine, calls }) {
  const account = await connect(simulator.origin, mine.origin);
  const report = reporter(account);
  const state = async () => (await fetch(`${simulator.origin}/_sim/state?account=${account.accountId}`)).json();
  const notes = async () => (await state()).notes.length;
  await post(`${simulator.origin}/_sim/entities`, {
    account: account.accountId,
    contacts: Array.from({ length: PEOPLE }, (_, person) => ({
      name: `Person ${person}`,
      custom_fields_values: [{ field_code: 'PHONE', values: [{ value: number(person) }] }],
    })),
  });
  const talk = async (call, person) => {
    await report(call, 'answered', number(person));
    await report(call, 'completed', number(person));
  };
  process.stderr.write(`${PEOPLE} people call for the first time\n`);
  for (let person = 0; person < PEOPLE; person += 1) await talk(`first-${person}`, person);
  await until(async () => (await notes()) === PEOPLE, 'the first calls to be written', 180);

  await simulator.outOfService();
  process.stderr.write(`${calls} calls while Kommo is out of service\n`);
  for (let call = 0; call < calls; call += 1) await talk(`queued-${call}`, call % PEOPLE);
  const before = (await state()).requests.length;
  await simulator.inService();
  const back = performance.now();
  process.stderr.write('Kommo is back\n');
  let first;
  await until(async () => {
    const written = (await notes()) - PEOPLE;
    if (written > 0) first ??= performance.now();
    return written >= calls;
  }, 'everything to be written', (calls / PER_SECOND) * 3 + 60);
  const end = performance.now();
  const seconds = (from) => Number(((end - from) / 1000).toFixed(1));
  const floor = Number((calls / PER_SECOND).toFixed(1));
  return {
    calls,
    leastRequests: calls,
    requests: (await state()).requests.length - before,
    floorSeconds: floor,
    seconds: seconds(back),
    secondsFromFirstNote: seconds(first),
    toFloor: Number((seconds(back) / floor).toFixed(3)),
    toFloorFromFirstNote: Number((seconds(first) / floor).toFixed(3)),
  };
}

export function print(line, result) {
  line(['after an outage', 'requests', 'seconds', 'to the floor']);
  line([`the floor: a note for each of ${result.calls} talks`, result.leastRequests, result.floorSeconds, 1]);
  line(['from the first written call to the last', result.requests, result.secondsFromFirstNote, result.toFloorFromFirstNote]);
  line(['from the moment Kommo answers again', '', result.seconds, result.toFloor]);
}
