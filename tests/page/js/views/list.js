// A list of leads, contacts or companies: rows with tick boxes, and the More menu that widgets add their actions to.
define(['jquery', 'ui/dom', 'ui/icons', 'ui/strings', 'ui/format', 'ui/api', 'platform/app', 'widgets/loader', 'widgets/actions', 'views/incoming', 'views/missing'],
  function ($, h, icon, t, format, api, app, loader, actions, incoming, missing) {
    'use strict';
    var APP = app.APP;

    function phone(number) {
      return number && h('a.phone-link', {
        href: 'tel:' + number, 'data-sim': 'phone', 'data-phone': number,
        onclick: function (event) {
          event.preventDefault();
          actions.click(this, 'phone', number);
        }
      }, number);
    }

    function stage(item) {
      var pill = h('span.stage', {}, item.stage);
      pill.style.setProperty('--stage', item.color);
      return pill;
    }

    var COLUMNS = {
      leads: [['contact', function (item) { return item.contact && h.link('/contacts/detail/' + item.contact.id, {}, item.contact.name); }],
        ['stage', stage], ['price', function (item) { return format.money(item.price, item.currency, APP.lang_id); }]],
      contacts: [['company', function (item) { return item.company && h.link('/companies/detail/' + item.company.id, {}, item.company.name); }],
        ['phone', function (item) { return phone(item.phones[0]); }], ['email', function (item) { return item.emails[0]; }]],
      companies: [['phone', function (item) { return phone(item.phones[0]); }], ['email', function (item) { return item.emails[0]; }]]
    };

    // Only these lists have a callback for what is ticked; there is none for companies.
    var AREAS = { leads: 'llist', contacts: 'clist' };

    function widgetActions(type, everywhere) {
      return Object.keys(APP.widgets.list).filter(function (code) {
        var callbacks = APP.widgets.list[code].callbacks || {};
        var isOffered = loader.isShownIn(code, AREAS[type]) || (everywhere && loader.isEverywhere(code));
        return AREAS[type] && isOffered && callbacks[type] && typeof callbacks[type].selected === 'function';
      });
    }

    return function (place, type) {
      var ticked = {};
      var items = [];
      var everywhere = false;
      var shown = '';
      var table = h('div.list__table', {});
      var bar = h('div.list__bar', {});
      var waiting = h('div', {});
      var overlay = h('div.list-overlay', {});
      overlay.style.display = 'none';

      function selected() {
        return items.filter(function (item) { return ticked[item.id]; }).map(function (item) {
          return { id: item.id, type: { leads: 'lead', contacts: 'contact', companies: 'company' }[type], phones: item.phones, emails: item.emails };
        });
      }

      function more() {
        var codes = widgetActions(type, everywhere);
        return h('details.more', { 'data-sim': 'more' }, h('summary.button-input', {}, icon('more'), t('more')),
          h('div.context-menu.more__menu', { role: 'menu' }, codes.length === 0 && h('span.muted', {}, t('no_items')),
            codes.map(function (code) {
              return h('button.context-menu__item.js-list-action', {
                type: 'button', 'data-widget': code,
                onclick: function () {
                  bar.querySelector('details').open = false;
                  var instance = APP.widgets.list[code];
                  if (instance) { loader.call({ callbacks: instance.callbacks[type], get_settings: instance.get_settings.bind(instance) }, 'selected'); }
                }
              }, APP.widgets.list[code].i18n('widget.name') || code);
            })));
      }

      function drawBar() {
        var count = selected().length;
        h.fill(bar, h('h1', {}, t(type)), h('span.muted', {}, String(items.length)),
          h('div.list__actions', {},
            count > 0 && h('span.list__count', {}, count + ' ' + t('selected')), count > 0 && more(),
            type === 'contacts' && h.link('/contacts/add/', { class: 'button-input js-navigate-link' }, icon('plus'), t('new_contact'))));
      }

      function row(item) {
        return h('tr', { 'data-id': item.id },
          h('td.list__tick', {}, h('input', {
            type: 'checkbox', 'aria-label': item.name, checked: Boolean(ticked[item.id]),
            onchange: function () { ticked[item.id] = this.checked; drawBar(); }
          })),
          h('td', {}, h.link('/' + type + '/detail/' + item.id, { class: 'list__name js-navigate-link' }, item.name || '#' + item.id)),
          COLUMNS[type].map(function (column) { return h('td', {}, column[1](item)); }),
          h('td.muted', {}, item.responsible));
      }

      function draw(answer) {
        items = answer.items;
        everywhere = Boolean(answer.actionsEverywhere);
        h.fill(waiting, incoming.list(answer.incoming || [], refresh));
        drawBar();
        h.fill(table, items.length === 0 ? h('div.empty', {}, t('no_items')) : h('table', {},
          h('thead', {}, h('tr', {}, h('th.list__tick', {}, h('input', {
            type: 'checkbox', id: 'list_all', 'aria-label': t('selected'),
            onchange: function () {
              var on = this.checked;
              items.forEach(function (item) { ticked[item.id] = on; });
              draw(Object.assign({}, answer, { items: items }));
              table.querySelector('#list_all').checked = on;
            }
          })), h('th', {}, t('name')), COLUMNS[type].map(function (column) { return h('th', {}, t(column[0])); }), h('th', {}, t('responsible')))),
          h('tbody', {}, items.map(row))));
      }

      function refresh() {
        return api.read('list/' + type).then(function (answer) {
          var now = JSON.stringify(answer);
          if (now !== shown && !bar.querySelector('details[open]')) {
            shown = now;
            draw(answer);
          }
        });
      }

      h.fill(place, h('div.list', { 'data-sim': 'list' }, bar, waiting, h('div.list__frame', {}, overlay, table)));
      APP.data.current_list = {
        selected: selected,
        where: function (match) {
          return items.filter(function (item) { return Number(item.id) === Number(match.id); }).map(function (item) {
            return { id: item.id, attributes: item, get: function (key) { return item[key]; } };
          });
        }
      };
      return Promise.resolve(refresh()).then(function () {
        return { refresh: refresh, close: function () {} };
      }, function () { return missing(place); });
    };
  });
