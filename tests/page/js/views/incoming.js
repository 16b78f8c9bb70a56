// Incoming leads: what waits to be accepted or declined, in the list and on the lead's own card.
define(['ui/dom', 'ui/icons', 'ui/strings', 'ui/api', 'platform/app', 'platform/notifications'], function (h, icon, t, api, app, notifications) {
  'use strict';

  function act(method, uid, verb, after) {
    var user = app.APP.constant('user');
    api.send(method, '/api/v4/leads/unsorted/' + encodeURIComponent(uid) + '/' + verb, { user_id: user.id }).then(after, function (xhr) {
      notifications.show_message_error({ header: t('save_failed'), text: api.reason(xhr) });
    });
  }

  function buttons(uid, after) {
    return h('div.incoming__buttons', {},
      h('button.button-input.button-input_blue', {
        type: 'button', 'data-sim': 'accept', onclick: function () { act('POST', uid, 'accept', after); }
      }, t('accept')),
      h('button.button-input', {
        type: 'button', 'data-sim': 'decline', onclick: function () { act('DELETE', uid, 'decline', after); }
      }, t('decline')));
  }

  return {
    buttons: buttons,
    list: function (items, after) {
      return items.length > 0 && h('section.incoming', { 'data-sim': 'incoming' },
        h('h2', {}, icon('inbox'), t('incoming_leads')),
        items.map(function (item) {
          return h('div.incoming__item', { 'data-uid': item.uid },
            h('div', {}, h('b', {}, item.name), h('div.muted', {}, item.source)),
            buttons(item.uid, after));
        }));
    }
  };
});
