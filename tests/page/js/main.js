// Teaches the module loader where the CRM's modules live and starts the page.
// Module ids on the left are the ones widgets ask for; they are part of what the real page offers.
(function () {
  'use strict';
  requirejs.config({
    baseUrl: '/page/js',
    waitSeconds: 30,
    paths: {
      jquery: '/vendor/jquery',
      underscore: '/vendor/underscore',
      backbone: '/vendor/backbone',
      moment: '/vendor/moment',
      twigjs: '/vendor/twigjs',
      'google-libphonenumber': '/vendor/google-libphonenumber',
      text: 'plugins/text',
      json: 'plugins/json',
      optional: 'plugins/optional',
      'lib/components/base/modal': 'platform/modal',
      'lib/common/router': 'platform/router'
    }
  });
  var start = document.currentScript.getAttribute('data-start') || 'start';
  require(['jquery'], function () {
    require([start]);
  });
})();
