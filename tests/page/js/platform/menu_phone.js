// The one telephone button of the left menu. There is a single slot: the widget that registers last owns it.
define(['jquery', 'ui/dom', 'ui/icons'], function ($, h, icon) {
  'use strict';
  var owner = null;

  function slot() {
    return document.querySelector('#left_menu .nav__notifications');
  }

  function draw() {
    var place = slot();
    if (!place) {
      return;
    }
    h.fill(place, owner && h('button.nav__phone.js-notifications-phone', {
      type: 'button', title: 'Phone', 'aria-label': 'Phone',
      onclick: function (event) { owner.click(event); }
    }, icon('phone'), h('span.nav__counter.js-notifications_call_list_counter', { hidden: true })));
  }

  return {
    show: function (options) {
      if (!options || !options.ns || typeof options.click !== 'function') {
        return;
      }
      owner = { ns: options.ns, click: options.click };
      draw();
    },
    hide: function (options) {
      if (owner && options && owner.ns === options.ns) {
        owner = null;
        draw();
      }
    },
    draw: draw
  };
});
