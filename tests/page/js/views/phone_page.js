// `/phone`: the phone panel on a page of its own.
define(['ui/dom', 'ui/api', 'views/phone'], function (h, api, phone) {
  'use strict';
  api.read('boot').then(function (boot) {
    h.fill(document.getElementById('phone_page'), phone.panel(boot, null));
    document.title = 'Phone (simulator) \u00b7 ' + boot.account.name;
  }, function () {
    location.assign('/login?to=/phone');
  });
});
