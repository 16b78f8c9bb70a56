// `/settings/advanced?widget=`: a page of the widget's own. The page gives it the empty area `#work-area-<code>`.
define(['ui/dom', 'ui/strings', 'ui/icons', 'platform/app', 'widgets/manager', 'views/missing'], function (h, t, icon, app, manager, missing) {
  'use strict';
  return function (place, code) {
    return Promise.resolve(manager.ask(app.area())).then(function (entries) {
      var entry = entries.filter(function (one) { return one.code === code; })[0];
      var allowed = entry && entry.active === 'Y' && entry.locations.indexOf('advanced_settings') >= 0;
      if (!allowed) {
        return missing(place);
      }
      h.fill(place, h('div.advanced', {},
        h('div.advanced__top', {}, h.link('/settings/widgets', { class: 'icon-button js-navigate-link', title: t('integrations') }, icon('back')),
          h('h1', {}, entry.advanced_title || entry.name)),
        h('div.advanced__area', { id: 'work-area-' + code })));
      return { refresh: function () {}, close: function () {} };
    });
  };
});
