// Starts the CRM page: learns who is signed in, draws menu and header, then follows the address.
// Order of a move: the old view closes, `page:changed`, the new view draws, `widgets:load`.
define(['jquery', 'ui/api', 'platform/app', 'lib/common/router', 'platform/notifications', 'platform/menu_phone', 'views/frame', 'views/routes',
  'views/notices', 'widgets/manager', 'lib/components/base/modal'],
function ($, api, app, router, notifications, menuPhone, frame, routes, notices) {
  'use strict';
  var REFRESH_MS = 2000;
  var view = null;
  var visit = 0;

  function show() {
    var mine = visit += 1;
    var route = routes.match(location.pathname, new URLSearchParams(location.search));
    if (view) {
      view.close();
      view = null;
    }
    app.APP.data.current_card = false;
    app.APP.data.current_list = false;
    app.enter(route.area);
    frame.mark(route.menu);
    var place = document.getElementById('work_area');
    place.textContent = '';
    place.scrollTop = 0;
    $(document).trigger('page:changed');
    route.open(place).then(function (opened) {
      if (mine !== visit) {
        opened.close();
        return;
      }
      view = opened;
      app.APP.data.current_view = { $el: $(place) };
      document.documentElement.dataset.simReady = location.pathname;
      $(document).trigger('widgets:load');
    });
  }

  function refresh() {
    if (view && !app.isCalling()) {
      view.refresh();
    }
  }

  api.read('boot').then(function (boot) {
    var root = document.documentElement;
    var lang = root.dataset.langChosen || boot.user.lang || 'en';
    root.lang = lang;
    app.fill(boot, lang);
    notifications.open(boot.account.id, boot.user.id);
    frame.draw(boot);
    document.getElementById('page').hidden = false;
    menuPhone.draw();
    if (boot.loaded_libraries) {
      require(boot.loaded_libraries);
    }
    notices.watch(boot);
    $(document).on('page:reload', refresh);
    setInterval(function () {
      if (!document.hidden) { refresh(); }
    }, REFRESH_MS);
    router.start(show);
  }, function () {
    location.assign('/login?to=' + encodeURIComponent(location.pathname + location.search));
  });
});
