// One-time tokens for `$authorizedAjax`. A token is asked of the CRM with the session and used again for 25 minutes;
// askers who come while one is under way share its answer.
define(['jquery'], function ($) {
  'use strict';
  var REUSE_MS = 25 * 60 * 1000;
  var kept = {};

  function fetchToken(uuid) {
    return $.ajax({
      url: '/ajax/v2/integrations/' + encodeURIComponent(uuid) + '/disposable_token',
      dataType: 'json',
      cache: false,
      headers: { 'X-Requested-With': 'XMLHttpRequest' }
    }).then(function (answer) { return answer.token; });
  }

  return {
    /** A promise (jQuery's) of a token of this integration. */
    get: function (uuid) {
      var known = kept[uuid];
      if (!known || Date.now() - known.at > REUSE_MS) {
        known = kept[uuid] = { at: Date.now(), token: fetchToken(uuid) };
        known.token.fail(function () {
          if (kept[uuid] === known) { delete kept[uuid]; }
        });
      }
      return known.token;
    },
    forget: function (uuid) { delete kept[uuid]; }
  };
});
