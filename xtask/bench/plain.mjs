// The same promise kept in plain JavaScript, as small as it can be: check the signature, make the event durable in
// the Durable Object of its account, see that an alarm is due, answer. The path names the account.

const encoder = new TextEncoder();

export default {
  async fetch(request, env) {
    const stub = env.ACCOUNT.get(env.ACCOUNT.idFromName(new URL(request.url).pathname));
    return stub.fetch(request);
  },
};

export class Account {
  constructor(state, env) {
    this.storage = state.storage;
    this.storage.sql.exec('CREATE TABLE IF NOT EXISTS calls (call_id TEXT PRIMARY KEY, status TEXT, body TEXT) STRICT');
    const secret = Uint8Array.from(atob(env.SECRET), (c) => c.charCodeAt(0));
    this.key = crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  }

  async fetch(request) {
    const id = request.headers.get('webhook-id');
    const timestamp = request.headers.get('webhook-timestamp');
    const signature = (request.headers.get('webhook-signature') ?? '').replace(/^v1,/, '');
    const body = await request.text();
    const given = Uint8Array.from(atob(signature), (c) => c.charCodeAt(0));
    const signed = encoder.encode(`${id}.${timestamp}.${body}`);
    if (!(await crypto.subtle.verify('HMAC', await this.key, given, signed))) {
      return new Response(null, { status: 401 });
    }
    const event = JSON.parse(body);
    this.storage.sql.exec(
      'INSERT INTO calls (call_id, status, body) VALUES (?, ?, ?) ON CONFLICT (call_id) DO UPDATE SET status = excluded.status, body = excluded.body',
      event.callId,
      event.status,
      body,
    );
    if ((await this.storage.getAlarm()) === null) {
      await this.storage.setAlarm(Date.now() + 60_000);
    }
    return new Response(null, { status: 202 });
  }

  alarm() {}
}
