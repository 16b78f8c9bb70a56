// What stands where nothing can be shown: a wrong address, or an entity this person may not see.
define(['ui/dom', 'ui/strings'], function (h, t) {
  'use strict';
  return function (place) {
    h.fill(place, h('div.empty', { 'data-sim': 'missing' }, h('p', {}, t('not_found'))));
    return Promise.resolve({ refresh: function () {}, close: function () {} });
  };
});
