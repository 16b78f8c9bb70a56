// `APP.notifications`: toasts at the bottom left beside the menu, and the notification centre that keeps calls and errors.
// Sources disagree on the corner; left is what the call pages describe.
define(['jquery', 'ui/dom', 'ui/icons'], function ($, h, icon) {
  'use strict';
  var SHOWN_MS = 8000;
  var callbacks = {};
  var storageKey = null;

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(storageKey) || '[]');
    } catch (broken) {
      return [];
    }
  }

  function keep(entry) {
    if (!storageKey) {
      return;
    }
    localStorage.setItem(storageKey, JSON.stringify([entry].concat(kept()).slice(0, 50)));
    $(document).trigger('sim:notifications');
  }

  function asDate(value) {
    var number = Number(value) || Date.now() / 1000;
    return number > 1e11 ? number / 1000 : number;
  }

  // Widgets hand over HTML here in the vendor's own samples; the page shows its text and nothing else.
  function plain(text) {
    return new DOMParser().parseFromString(String(text === undefined ? '' : text), 'text/html').body.textContent;
  }

  function toast(entry) {
    var close;
    var box = h('div.toast', { 'data-sim': 'toast', 'data-kind': entry.kind, role: entry.kind === 'error' ? 'alert' : 'status' },
      h('span.toast__icon', {}, icon({ error: 'alert', call: 'phone' }[entry.kind] || 'bell')),
      h('div.toast__content', {},
        entry.header && h('div.toast__header', {}, entry.header),
        h('div.toast__text', {}, /^(https?:|\/)/.test(entry.link || '') ? h.link(entry.link, {}, entry.text) : entry.text)),
      close = h('button.toast__close', { type: 'button', 'aria-label': 'Close' }, icon('close')));
    function remove() { box.remove(); }
    close.addEventListener('click', remove);
    document.getElementById('popups_wrapper').appendChild(box);
    setTimeout(remove, SHOWN_MS);
  }

  function tell(entry, body) {
    Object.keys(callbacks).forEach(function (code) {
      try {
        callbacks[code]({ id: entry.id, body: Object.assign({ icon: { call: entry.kind === 'call' } }, body) });
      } catch (error) {
        console.error('A notification callback of ' + code + ' failed', error);
      }
    });
  }

  function entry(kind, source, header, text, link) {
    return { id: Date.now() + '-' + Math.random().toString(36).slice(2, 8), kind: kind, header: plain(header), text: plain(text),
      link: link, date: asDate(source.date) };
  }

  function callLink(call) {
    var element = call.element || {};
    var pages = { contact: '/contacts/detail/', lead: '/leads/detail/', company: '/companies/detail/' };
    if (call.click_link) {
      return call.click_link;
    }
    if (Number(element.id) > 0 && pages[element.type]) {
      return pages[element.type] + element.id;
    }
    return call.from ? '/contacts/add/?phone=' + encodeURIComponent(call.from) : call.link;
  }

  return {
    /** Whose notification centre this is. */
    open: function (accountId, userId) {
      storageKey = 'sim.notifications.' + accountId + '.' + userId;
    },
    kept: kept,
    clear: function () { localStorage.removeItem(storageKey); },
    /** Puts a call announced by the server (the calls event) in front of the user. */
    fromServer: function (header, text, link) {
      var one = entry('call', {}, header, text, link);
      toast(one);
      keep(one);
      tell(one, { text: text, link: link });
    },
    addCallback: function (code, callback) {
      if (typeof callback === 'function') {
        callbacks[code] = callback;
      }
    },
    removeCallback: function (code) { delete callbacks[code]; },
    show_message: function (message) {
      toast(entry('message', message, message.header, message.text));
    },
    show_message_error: function (message) {
      toast(entry('error', message, message.header, message.text, message.link));
    },
    show_notification: function (message) {
      var text = message.text || {};
      toast(entry(message.type === 'error' ? 'error' : 'call', message, text.header, text.text));
    },
    add_error: function (message, handlers) {
      var one = entry('error', message, message.header, message.text, message.link);
      toast(one);
      keep(one);
      var told = handlers || {};
      [told.done, told.always].forEach(function (handler) {
        if (typeof handler === 'function') { setTimeout(handler, 0); }
      });
    },
    add_call: function (call) {
      var people = [call.from, call.to].filter(Boolean).join(' \u2192 ');
      var one = entry('call', call, call.header || people, call.text, callLink(call));
      toast(one);
      keep(one);
      tell(one, call);
    }
  };
});
