// Click-to-call: what widgets registered with `add_action`, and what a click on a number does.
define(['jquery', 'ui/dom', 'ui/strings'], function ($, h, t) {
  'use strict';
  var actions = [];

  function run(action, value) {
    try {
      action.handler({ value: value });
    } catch (error) {
      console.error('The ' + action.type + ' action of ' + action.code + ' failed', error);
    }
  }

  function closeMenu() {
    $('.context-menu').remove();
    $(document).off('.contextmenu');
  }

  function openMenu(anchor, type, value) {
    closeMenu();
    var box = anchor.getBoundingClientRect();
    var items = actions.filter(function (action) { return action.type === type; }).map(function (action) {
      return h('button.context-menu__item.js-phone-action', {
        type: 'button', 'data-widget': action.code,
        onclick: function () { closeMenu(); run(action, value); }
      }, action.label() || t('call'));
    });
    items.push(h('button.context-menu__item', {
      type: 'button',
      onclick: function () {
        closeMenu();
        if (navigator.clipboard) { navigator.clipboard.writeText(value).catch(function () {}); }
      }
    }, t('copy')));
    var menu = h('div.context-menu', { 'data-sim': 'phone-menu', role: 'menu' }, items);
    menu.style.left = box.left + 'px';
    menu.style.top = box.bottom + window.scrollY + 4 + 'px';
    document.body.appendChild(menu);
    setTimeout(function () {
      $(document).on('click.contextmenu', closeMenu).on('keydown.contextmenu', function (event) {
        if (event.which === 27) { closeMenu(); }
      });
    }, 0);
  }

  return {
    /** One action per widget and type: registering again replaces. */
    add: function (code, type, handler, label) {
      actions = actions.filter(function (action) { return action.code !== code || action.type !== type; });
      actions.push({ code: code, type: type, handler: handler, label: label });
    },
    drop: function (code) {
      actions = actions.filter(function (action) { return action.code !== code; });
    },
    /** A click on a number or address: the one action runs at once, several are offered in a menu. */
    click: function (anchor, type, value) {
      var matching = actions.filter(function (action) { return action.type === type; });
      if (matching.length === 1) {
        run(matching[0], value);
      } else {
        openMenu(anchor, type, value);
      }
    },
    openMenu: openMenu
  };
});
