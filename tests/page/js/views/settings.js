// `/settings/widgets`: the integrations of the account as tiles; a tile opens the settings window of its widget.
// With a single widget the window opens by itself, so that a newcomer lands where the work is.
define(['jquery', 'ui/dom', 'ui/strings', 'platform/app', 'widgets/manager', 'widgets/settings_modal'],
  function ($, h, t, app, manager, settingsModal) {
    'use strict';

    function state(entry) {
      if (entry.status === 'installed') { return entry.active === 'Y' ? 'installed' : 'off'; }
      return entry.status;
    }

    return function (place, wanted) {
      var grid = h('div.widgets-list', {});
      var modal = null;
      var closed = false;
      var admin = app.APP.constant('user').is_admin === 'Y';

      function open(entry) {
        if (admin && !closed) {
          modal = settingsModal.open(entry, draw);
        }
      }

      function tile(entry) {
        var button = h('button.widget-tile', { type: 'button', id: 'widget_' + entry.code, 'data-code': entry.code, 'data-state': state(entry), onclick: function () { open(entry); } },
          h('img.widget-tile__logo', { src: entry.images_path + '/logo_main.png?v=' + entry.version, alt: '' }),
          h('span.widget-tile__name', {}, entry.name),
          h('span.widget-tile__text', {}, entry.short_description),
          h('span.widget-tile__state', {}, t('state_' + state(entry))));
        button.querySelector('img').addEventListener('error', function () { this.remove(); });
        var advanced = entry.active === 'Y' && entry.locations.indexOf('advanced_settings') >= 0;
        return h('div.widget-tile__box', {}, button,
          advanced && h.link('/settings/advanced?widget=' + encodeURIComponent(entry.code), {}, entry.advanced_title || t('advanced')));
      }

      function draw() {
        return Promise.resolve(manager.ask(app.area())).then(function (entries) {
          h.fill(grid, entries.length === 0 ? h('div.empty', {}, t('no_widgets')) : entries.map(tile));
          return entries;
        });
      }

      h.fill(place, h('div.settings', {}, h('h1', {}, t('integrations')), h('p.muted', {}, admin ? t('settings_intro') : t('admin_only')), grid));
      return draw().then(function (entries) {
        var named = entries.filter(function (entry) { return entry.code === wanted; })[0];
        var first = named || (entries.length === 1 ? entries[0] : null);
        if (first && admin) {
          $(document).one('widgets:load', function () { setTimeout(function () { open(first); }, 0); });
        }
        return {
          refresh: function () {},
          close: function () {
            closed = true;
            if (modal) { modal.destroy(); }
          }
        };
      });
    };
  });
