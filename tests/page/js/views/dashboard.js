// The first page: what this is, and where to go next.
define(['ui/dom', 'ui/icons', 'ui/strings', 'platform/app'], function (h, icon, t, app) {
  'use strict';
  var TILES = [['leads', '/leads/'], ['contacts', '/contacts/list/'], ['companies', '/companies/list/'], ['integrations', '/settings/widgets']];
  return function (place) {
    var account = app.APP.constant('account');
    h.fill(place, h('div.dashboard', {},
      h('h1', {}, account.name),
      h('p.muted', {}, t('dash_intro')),
      h('div.dashboard__tiles', {}, TILES.map(function (tile) {
        return h.link(tile[1], { class: 'tile js-navigate-link' }, icon(tile[0] === 'integrations' ? 'settings' : tile[0]), h('span', {}, t(tile[0])));
      }))));
    return Promise.resolve({ refresh: function () {}, close: function () {} });
  };
});
