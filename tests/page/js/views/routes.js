// Which address shows what, and what widgets are told about it: the area's code, its name in `getWidgetsArea`, its entity.
define(['views/dashboard', 'views/list', 'views/card', 'views/contact_add', 'views/settings', 'views/advanced', 'views/missing'],
  function (dashboard, list, card, contactAdd, settings, advanced, missing) {
    'use strict';
    var ENTITIES = {
      leads: { card: 'lcard', list: 'llist', widgets: 'leads_card', listWidgets: 'leads-pipeline' },
      contacts: { card: 'ccard', list: 'clist', widgets: 'contacts_card', listWidgets: 'contacts' },
      companies: { card: 'comcard', list: 'clist', widgets: 'companies_card', listWidgets: 'companies' }
    };

    function area(code, widgets, entity, more) {
      return Object.assign({ code: code, widgets: widgets, entity: entity || '' }, more);
    }

    function route(menu, where, open) {
      return { menu: menu, area: where, open: open };
    }

    return {
      match: function (path, query) {
        var parts = path.split('/').filter(Boolean);
        var entity = ENTITIES[parts[0]];
        if (parts.length === 0) {
          return route('dashboard', area('everywhere', 'dashboard'), dashboard);
        }
        if (entity && parts[1] === 'detail' && /^\d+$/.test(parts[2] || '')) {
          return route(parts[0], area(entity.card, entity.widgets, parts[0]), function (place) {
            return card(place, parts[0], Number(parts[2]));
          });
        }
        if (parts[0] === 'contacts' && parts[1] === 'add') {
          return route('contacts', area('ccard', 'contacts_card', 'contacts'), function (place) {
            return contactAdd(place, query.get('phone') || '');
          });
        }
        if (entity && (parts.length === 1 || ['list', 'pipeline'].indexOf(parts[1]) >= 0)) {
          return route(parts[0], area(entity.list, entity.listWidgets, parts[0]), function (place) { return list(place, parts[0]); });
        }
        if (parts[0] === 'settings' && parts[1] === 'advanced') {
          var code = query.get('widget') || '';
          return route('settings', area('advanced_settings', 'advancedSettings', '', { widget: code }), function (place) {
            return advanced(place, code);
          });
        }
        if (parts[0] === 'settings') {
          return route('settings', area('settings', 'widgetsSettings'), function (place) { return settings(place, parts[2]); });
        }
        return route('', area('everywhere', 'everywhere'), missing);
      }
    };
  });
