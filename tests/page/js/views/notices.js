// Calls announced by the server (`POST /api/v2/events`) become notifications of the users they name.
define(['ui/api', 'ui/strings', 'platform/notifications'], function (api, t, notifications) {
  'use strict';
  var EVERY_MS = 2000;
  return {
    watch: function (boot) {
      var seen = boot.notices;
      setInterval(function () {
        if (document.hidden) {
          return;
        }
        api.read('notices?after=' + seen).then(function (answer) {
          seen = answer.count;
          answer.notices.forEach(function (notice) {
            notifications.fromServer(t('incoming_call'), notice.name || notice.phone, notice.link);
          });
        });
      }, EVERY_MS);
    }
  };
});
