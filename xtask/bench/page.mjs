// What a person waits for, in a real browser: from the provider's webhook until the card is painted, beside a bare
// WebSocket message painted by the same page; how long the module takes to boot; what a page load fetches; and whether
// the page grows with the calls it has shown.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';
import { connect, post, reporter, until } from './account.mjs';

const ROUNDS = 100;
const BOOTS = 20;
const CALLS = 1000;

/** A browser spoken to in its own protocol, one page of it. */
async function openBrowser(program) {
  const profile = await mkdtemp(join(tmpdir(), 'kommo-voip-bench-'));
  const child = spawn(program, [
    '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--remote-debugging-port=0', '--enable-precise-memory-info',
    `--user-data-dir=${profile}`, 'about:blank',
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  const address = await new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
      const found = /ws:\/\/[^\s]+/.exec(said);
      if (found) resolve(found[0]);
    });
    child.on('exit', () => reject(new Error(`the browser ended: ${said}`)));
  });
  const { host } = new URL(address);
  let target;
  await until(async () => {
    const pages = await (await fetch(`http://${host}/json/list`)).json();
    target = pages.find(({ type }) => type === 'page');
    return Boolean(target);
  }, 'a page of the browser');
  const socket = new WebSocket(target.webSocketDebuggerUrl, { perMessageDeflate: false });
  await new Promise((resolve) => socket.once('open', resolve));
  const waiting = new Map();
  let count = 0;
  socket.on('message', (text) => {
    const { id, result, error } = JSON.parse(text);
    if (waiting.has(id)) {
      waiting.get(id)(error ? Promise.reject(new Error(error.message)) : result);
      waiting.delete(id);
    }
  });
  const call = (method, params = {}) => new Promise((resolve) => {
    count += 1;
    waiting.set(count, resolve);
    socket.send(JSON.stringify({ id: count, method, params }));
  });
  const value = async (expression) => {
    const answer = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? expression);
    return answer.result.value;
  };
  const stop = async () => {
    socket.close();
    child.kill('SIGKILL');
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { call, value, stop };
}

// In the page: says by the socket when something was painted. Paint follows the second frame after the change.
const WATCH = (port) => `new Promise(function (resolve) {
  var painted = function (what) {
    requestAnimationFrame(function () { requestAnimationFrame(function () { socket.send(what); }); });
  };
  var place = document.body.appendChild(document.createElement('p'));
  var socket = new WebSocket('ws://127.0.0.1:${port}');
  socket.onmessage = function (event) { place.textContent = event.data; painted(event.data); };
  var known = {};
  new MutationObserver(function () {
    document.querySelectorAll('[data-kv="call-card"]').forEach(function (card) {
      if (!known[card.dataset.callId]) { known[card.dataset.callId] = true; painted('card'); }
    });
  }).observe(document.body, { childList: true, subtree: true });
  socket.onopen = function () { resolve(true); };
})`;

// In the page: boots a fresh copy of the module from its text, as the page's loader does.
const BOOT = (url) => `fetch(${JSON.stringify(url)}).then(function (answer) { return answer.text(); }).then(function (text) {
  var code;
  new Function('define', text)(function (make) { code = make(); });
  var start = performance.now();
  return code.boot().then(function () { return performance.now() - start; });
})`;

const LOADED = `performance.getEntriesByType('resource').map(function (one) { return one.name; })
  .filter(function (name) { return /\\/widgets\\/[^/]+\\/(.*\\.js|i18n\\/.*\\.json)/.test(name); })`;

/** Everything of this file, as rows of the report. */
export async function page(browserProgram, simulator, worker) {
  const account = await connect(simulator.origin, worker);
  const { token } = await post(`${simulator.origin}/_sim/token`, { accountId: account.accountId, userId: account.adminId });
  const put = async (path, body) => {
    const headers = { 'content-type': 'application/json', 'x-auth-token': token };
    const answer = await fetch(`${worker}/api/v1/${path}`, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`PUT ${path} answered ${answer.status}: ${await answer.text()}`);
  };
  await put('active', { active: true });
  await put('extensions', [{ extensionId: '101', kommoUserId: account.adminId }]);
  await put('settings', { callFeedback: false });
  await switchOn(simulator, account);

  const browser = await openBrowser(browserProgram);
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  try {
    const heard = [];
    let peer;
    echo.on('connection', (socket) => {
      peer = socket;
      socket.on('message', () => heard.shift()?.());
    });
    const login = `${simulator.origin}/login?account=${account.subdomain}&user=${account.adminId}&to=/leads/`;
    await browser.call('Page.enable');
    // For the fresh copies of the module alone: the page itself forbids making code of text.
    await browser.call('Page.setBypassCSP', { enabled: true });
    await browser.call('Page.navigate', { url: login });
    await until(() => browser.value('Boolean(document.querySelector("[data-kv=root]"))'), 'the widget in the page');
    await browser.value(WATCH(echo.address().port));
    const painted = (begin) => new Promise((resolve, reject) => {
      const start = performance.now();
      heard.push(() => resolve(performance.now() - start));
      Promise.resolve(begin()).catch(reject);
    });
    const say = reporter(account);
    let calls = 0;
    // The live connection stands once the first card came.
    await painted(() => say(`first-${calls}`, 'ringing'));
    await say(`first-${calls}`, 'missed');
    const [echoes, cards] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      echoes.push(await painted(() => peer.send(`m${round}`)));
      calls += 1;
      cards.push(await painted(() => say(`card-${calls}`, 'ringing')));
      await say(`card-${calls}`, 'missed');
    }
    const loaded = await browser.value(LOADED);
    const module = loaded.find((name) => name.includes('/app.js'));
    const boots = [];
    for (let round = 0; round < BOOTS; round += 1) {
      boots.push(await browser.value(BOOT(module)));
    }
    let bytes = 0;
    for (const name of loaded) {
      bytes += gzipSync(Buffer.from(await (await fetch(name)).arrayBuffer()), { level: 9 }).length;
    }
    const shown = async (from, to) => {
      for (let call = from; call < to; call += 1) {
        await say(`grow-${call}`, 'ringing');
        await say(`grow-${call}`, 'missed');
      }
      await browser.call('HeapProfiler.collectGarbage');
      return browser.value('performance.memory.usedJSHeapSize');
    };
    const before = await shown(0, CALLS / 4);
    const after = await shown(CALLS / 4, CALLS + CALLS / 4);
    const [card, bare, boot] = [cards, echoes, boots].map(summary);
    return {
      cardPainted: { ...card, what: 'webhook sent until its card is painted' },
      echoPainted: { ...bare, what: 'bare WebSocket message until painted' },
      cardToEcho: { p50: ratio(card.p50Milliseconds, bare.p50Milliseconds), p99: ratio(card.p99Milliseconds, bare.p99Milliseconds) },
      boot,
      pageLoadBytesGzipped: bytes,
      heap: { calls: CALLS, beforeBytes: before, afterBytes: after, ratio: ratio(after, before) },
    };
  } finally {
    echo.close();
    await browser.stop();
  }
}

/** Marks the widget as installed and saved for the account, as its settings window does. */
async function switchOn(simulator, account) {
  const { cookie } = await post(`${simulator.origin}/_sim/session`, { account: account.accountId });
  const ask = async (path, body) => {
    const headers = { 'content-type': 'application/json', cookie };
    const answer = await fetch(`${simulator.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return answer.json();
  };
  const { widgets: [widget] } = await ask('/ajax/widgets/list', {});
  await ask('/ajax/widgets/edit', { code: widget.code, active: 'Y', fields: { voip: '{"v":1}' } });
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1));
  return { p50Milliseconds: at(0.5), p99Milliseconds: at(0.99) };
}

function ratio(one, other) {
  return Number((one / other).toFixed(2));
}

export function print(line, { cardPainted, echoPainted, cardToEcho, boot, pageLoadBytesGzipped, heap }) {
  line(['in the page', 'p50', 'p99']);
  line(['webhook until the card is painted, ms', cardPainted.p50Milliseconds, cardPainted.p99Milliseconds]);
  line(['bare WebSocket message until painted, ms', echoPainted.p50Milliseconds, echoPainted.p99Milliseconds]);
  line(['card to bare message', cardToEcho.p50, cardToEcho.p99]);
  line(['the module boots, ms', boot.p50Milliseconds, boot.p99Milliseconds]);
  line(['fetched by a page load, kB gzipped', (pageLoadBytesGzipped / 1000).toFixed(1)]);
  line([`heap after ${heap.calls} more calls to before`, heap.ratio]);
}
