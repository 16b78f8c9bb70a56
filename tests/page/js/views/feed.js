// What happened with an entity: calls, notes and tasks, newest last. Items keep their element while nothing about them
// changed.
define(['ui/dom', 'ui/icons', 'ui/strings', 'ui/format', 'ui/api', 'platform/app', 'platform/notifications'],
  function (h, icon, t, format, api, app, notifications) {
    'use strict';
    var TALKED = 4;

    function lang() { return app.APP.lang_id; }

    function frame(item, kind, symbol, title, body) {
      return h('article.note.note_' + kind, {
        'data-sim': 'note', 'data-id': item.id, 'data-type': item.note_type || 'task',
        'data-direction': item.direction, 'data-duration': item.duration
      },
      h('div.note__icon', {}, icon(symbol)),
      h('div.note__content', {},
        h('div.note__top', {}, h('span.note__title', {}, title),
          h('span.muted', {}, format.moment(item.created_at, lang()) + (item.author ? ' \u00b7 ' + item.author : ''))),
        body));
    }

    function call(item) {
      var inbound = item.direction === 'inbound';
      var talked = item.duration > 0 || item.call_status === TALKED;
      var title = talked ? t(inbound ? 'incoming_call' : 'outgoing_call') : t(inbound ? 'missed_call' : 'unanswered');
      var player = item.link && h('audio', { controls: true, preload: 'none', src: item.link, 'data-sim': 'recording' });
      return frame(item, talked ? 'call' : 'missed', inbound ? 'incoming' : 'outgoing', title, [
        h('div.note__line', {}, h('b', {}, item.phone), talked && h('span.note__duration', {}, format.duration(item.duration)),
          item.responsible && h('span', { 'data-sim': 'responsible' }, item.responsible)),
        item.result && h('div.note__text', { 'data-sim': 'result' }, item.result),
        player
      ]);
    }

    function task(item, refresh) {
      var title = item.is_completed ? t('task_done') : t('task');
      return frame(item, item.is_completed ? 'done' : 'task', 'task', title, [
        h('div.note__text', {}, item.text),
        h('div.note__line', {}, h('span.muted', {}, t('due') + ' ' + format.moment(item.complete_till, lang())), h('span', {}, item.responsible),
          !item.is_completed && h('button.link-button', {
            type: 'button',
            onclick: function () {
              api.send('PATCH', '/api/v4/tasks/' + item.id, { is_completed: true, result: { text: t('task_done') } }).then(refresh, function (xhr) {
                notifications.show_message_error({ header: t('save_failed'), text: api.reason(xhr) });
              });
            }
          }, t('complete'))),
        item.result && h('div.note__text', { 'data-sim': 'result' }, item.result)
      ]);
    }

    function note(item) {
      return frame(item, 'note', 'note', item.service || t('note'), h('div.note__text', {}, item.text));
    }

    function build(item, refresh) {
      if (item.kind === 'task') { return task(item, refresh); }
      return item.kind === 'call' ? call(item) : note(item);
    }

    return function (place, refresh) {
      var empty = h('p.feed__empty.muted', {}, t('feed_empty'));
      var list = h('div.feed', { 'data-sim': 'feed' });
      var known = {};
      h.fill(place, h('h2.feed__title', {}, t('feed')), list, empty);
      return {
        show: function (items) {
          var next = {};
          items.forEach(function (item, index) {
            var key = item.kind + item.id;
            var text = JSON.stringify(item);
            var old = known[key];
            next[key] = old && old.text === text ? old : { text: text, element: build(item, refresh) };
            if (old && old !== next[key]) {
              old.element.replaceWith(next[key].element);
            }
            if (list.children[index] !== next[key].element) {
              list.insertBefore(next[key].element, list.children[index] || null);
            }
          });
          Object.keys(known).forEach(function (key) {
            if (!next[key]) { known[key].element.remove(); }
          });
          known = next;
          empty.hidden = items.length > 0;
        }
      };
    };
  });
