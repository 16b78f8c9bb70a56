// The phone panel: the simulator plays a telephone system and posts signed events to the widget's hook. It docks at the
// right under the header and makes the page narrower, so it covers nothing; `/phone` shows it alone.
define(['jquery', 'ui/dom', 'ui/icons', 'ui/strings', 'ui/api'], function ($, h, icon, t, api) {
  'use strict';
  var OPEN = 'sim.phone.open';
  var BUTTONS = [['incoming', 'ring', 'Incoming call', 'button-input_blue'], ['answer', 'answer', 'Answer', 'button-input_green'],
    ['hangup', 'hangup', 'Hang up', 'button-input_red'], ['miss', 'miss', 'Miss', ''], ['recording', 'recording', 'Late recording', '']];

  // What each is called, and whether its addresses have to be pasted because its API does not take them.
  var PROVIDERS = [['generic', 'Generic webhook'], ['twilio', 'Twilio'], ['zadarma', 'Zadarma'], ['telnyx', 'Telnyx'],
    ['vonage', 'Vonage', true], ['plivo', 'Plivo'], ['ringcentral', 'RingCentral']];

  function kept(account) {
    try {
      return JSON.parse(localStorage.getItem('sim.phone.' + account) || '{}');
    } catch (broken) {
      return {};
    }
  }

  function textField(id, label, value, attributes) {
    return h('label.phone__field', {}, h('span', {}, label),
      h('input.text-input', Object.assign({ id: id, value: value || '', autocomplete: 'off', spellcheck: 'false' }, attributes)));
  }

  function panel(boot, onClose) {
    var account = boot.account.id;
    var values = kept(account);
    var callId = values.callId || null;
    var status;

    function field(name) { return document.getElementById('phone-' + name).value.trim(); }

    function say(text, bad) {
      status.textContent = text;
      status.classList.toggle('phone__status_bad', Boolean(bad));
    }

    function provider() { return document.getElementById('phone-provider').value; }

    function remember() {
      var now = { hook: field('hook'), secret: field('secret'), from: field('from'), to: field('to'), extension: field('extension'), callId: callId,
        provider: provider(), hooks: field('report'), route: field('route') };
      localStorage.setItem('sim.phone.' + account, JSON.stringify(now));
      return now;
    }

    // The account becomes a customer of the provider; what it has to enter in the widget is shown.
    function choose() {
      var chosen = PROVIDERS.filter(function (one) { return one[0] === provider(); })[0];
      var generic = chosen[0] === 'generic';
      document.getElementById('phone-generic').hidden = !generic;
      document.getElementById('phone-addresses').hidden = !chosen[2];
      document.getElementById('phone-customer').hidden = generic;
      if (generic) { return; }
      api.post('/_sim/phone', { account: account, provider: chosen[0], sample: true }).then(function (answer) {
        var customer = answer.credentials;
        var text = Object.keys(customer).map(function (name) { return name + ': ' + customer[name]; });
        text.push('lines: ' + answer.desk.lines.map(function (line) { return line.extension; }).join(', '));
        document.getElementById('phone-customer').textContent = text.join('\n');
      }, function (xhr) { say(api.reason(xhr), true); });
    }

    function store() {
      var now = remember();
      if (now.provider !== 'generic') {
        var desk = { account: account, provider: now.provider };
        if (now.hooks) { desk.hookUrl = now.hooks; }
        if (now.route) { desk.routeUrl = now.route; }
        return api.post('/_sim/phone', desk);
      }
      return now.hook && now.secret ? api.post('/_sim/phone', { account: account, hookUrl: now.hook, secret: now.secret }) : $.Deferred().resolve().promise();
    }

    function described(answer) {
      return answer.map(function (one) {
        var body = typeof one.body === 'string' ? one.body : JSON.stringify(one.body || '');
        return (one.status || 'no answer:') + (body && body !== '""' ? ' ' + body.slice(0, 160) : '');
      }).join('\n');
    }

    function act(kind, title) {
      if (kind === 'ring') {
        callId = 'sim-' + Date.now().toString(36);
      }
      if (!callId) {
        say('Press "Incoming call" first.', true);
        return;
      }
      say(title + ' \u2026');
      store().then(function () {
        var event = { account: account, kind: kind, callId: callId, from: field('from'), to: field('to') };
        if (provider() === 'generic') { event.extension = field('extension'); } else { event.provider = provider(); }
        return api.post('/_sim/call', event);
      }).then(function (answer) {
        var text = described(answer);
        say(title + ': ' + text, !/^2\d\d/.test(text));
      }, function (xhr) { say(title + ': ' + api.reason(xhr), true); });
    }

    status = h('output.phone__status', { id: 'phone-status', 'aria-live': 'polite' });
    // What was chosen last is set up once the panel stands in the page.
    setTimeout(choose, 0);
    return h('section.phone', { 'data-sim': 'phone-panel', title: onClose && t('phone_hint'), onchange: function () { store(); } },
      h('div.phone__head', {}, icon('phone'), h('h2', {}, t('phone_panel')),
        onClose && h('button.icon-button', { type: 'button', 'aria-label': 'Close', onclick: onClose }, icon('close'))),
      !onClose && h('p.muted', {}, t('phone_hint')),
      h('label.phone__field', {}, h('span', {}, 'Telephone system'), h('select.control--select', { id: 'phone-provider', onchange: choose },
        PROVIDERS.map(function (one) { return h('option', { value: one[0], selected: one[0] === values.provider }, one[1]); }))),
      h('pre.phone__customer', { id: 'phone-customer', hidden: true, title: 'Enter these in the widget\u2019s settings' }),
      h('div.phone__part', { id: 'phone-addresses', hidden: true },
        textField('phone-report', 'Webhook address', values.hooks), textField('phone-route', 'Routing address', values.route)),
      h('div.phone__part', { id: 'phone-generic' },
        textField('phone-hook', 'Hook URL', boot.phone.hookUrl || values.hook, { placeholder: 'https://\u2026/webhooks/voip/generic/\u2026' }),
        h('div.phone__pair.phone__pair_wide', {},
          textField('phone-secret', 'Secret', boot.phone.secret || values.secret, { placeholder: 'whsec_\u2026', type: 'password', autocomplete: 'new-password' }),
          h('label.phone__field', {}, h('span', {}, 'Extension'), h('select.control--select', { id: 'phone-extension' },
            ['101', '102', '103'].map(function (number) { return h('option', { value: number, selected: number === values.extension }, number); }))))),
      h('div.phone__pair', {}, textField('phone-from', 'From', values.from || '+49 30 5550100'),
        textField('phone-to', 'To', values.to || '+49 30 5550000')),
      h('div.phone__buttons', {}, BUTTONS.map(function (button) {
        return h('button', {
          type: 'button', id: 'phone-' + button[0], class: ('button-input ' + button[3]).trim(),
          onclick: function () { act(button[1], button[2]); }
        }, button[2]);
      })),
      status);
  }

  function draw(boot) {
    var drawer = document.getElementById('phone_drawer');
    var open = localStorage.getItem(OPEN) === 'Y';
    h.fill(drawer, open && panel(boot, function () {
      localStorage.removeItem(OPEN);
      draw(boot);
    }));
    drawer.hidden = !open;
    document.body.classList.toggle('with-phone', open);
  }

  return {
    panel: panel,
    restore: draw,
    toggle: function (boot) {
      if (localStorage.getItem(OPEN) === 'Y') { localStorage.removeItem(OPEN); } else { localStorage.setItem(OPEN, 'Y'); }
      draw(boot);
    }
  };
});
