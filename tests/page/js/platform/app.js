// The global `APP`: what widgets may read of the page. Filled once from the server before anything is drawn.
define(['jquery', 'platform/notifications', 'platform/menu_phone'], function ($, notifications, menuPhone) {
  'use strict';
  var constants = {};
  var callStatus = 'disconnected';
  var calling = false;
  var area = { code: 'everywhere', widgets: 'dashboard', entity: '' };

  function constant(key) {
    return constants[key];
  }

  function onlineUsers() {
    return (constants.online_users || []).map(Number);
  }

  function showUserStatus(which) {
    var online = onlineUsers();
    if (which === 'online') {
      return online;
    }
    if (which !== undefined) {
      return online.indexOf(Number(which)) >= 0;
    }
    return Object.keys(constants.managers || {}).map(function (id) {
      return { id: Number(id), online: online.indexOf(Number(id)) >= 0 };
    });
  }

  var APP = {
    lang_id: 'en',
    constant: constant,
    element_types: { contacts: 1, leads: 2, companies: 3, tasks: 4, customers: 12 },
    cf_types: { text: 1, numeric: 2, checkbox: 3, select: 4, multiselect: 5, multitext: 8 },
    system: { format: { date: { full: 'DD.MM.YYYY HH:mm', date: 'DD.MM.YYYY', time: 'HH:mm' } } },
    data: { current_card: false, current_list: false, current_view: { $el: $() }, current_entity: '' },
    getBaseEntity: function () { return area.entity; },
    getWidgetsArea: function () { return area.widgets; },
    isCard: function () { return Boolean(APP.data.current_card); },
    notifications: notifications,
    addNotificationCallback: notifications.addCallback,
    widgets: {
      list: {},
      system: { area: 'everywhere' },
      notificationsPhone: menuPhone.show,
      destroyNotificationsPhone: menuPhone.hide
    },
    sdk: {
      showUserStatus: showUserStatus,
      setCallingStatus: function (status) { calling = Boolean(status); },
      setCallStatus: function (status) {
        if (['connected', 'disconnected', 'talking', 'ringing'].indexOf(status) >= 0) {
          callStatus = status;
        }
      },
      getCallStatus: function () { return callStatus; }
    }
  };
  window.APP = APP;

  return {
    /** Takes over what the server says about account, users and this person. */
    fill: function (boot, lang) {
      constants = {
        account: boot.account,
        user: Object.assign({}, boot.user, { api_key: '' }),
        user_rights: boot.user.rights || {},
        managers: boot.managers,
        groups: boot.groups,
        task_types: boot.task_types,
        online_users: boot.online,
        widgets_cache_version: boot.widgets_cache_version || {}
      };
      APP.lang_id = lang;
    },
    /** The page moved to another area. */
    enter: function (next) {
      area = next;
      APP.widgets.system.area = next.code;
      APP.data.current_entity = next.entity;
    },
    area: function () { return area; },
    /** A widget said that a call is going on: the page must not redraw itself. */
    isCalling: function () { return calling; },
    APP: APP
  };
});
