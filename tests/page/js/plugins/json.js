// Loader plugin `json!url`: the file as a parsed object.
define(['jquery'], function ($) {
  'use strict';
  return {
    load: function (name, req, onload) {
      $.ajax({ url: req.toUrl(name), dataType: 'json' }).then(onload, function (xhr, why) {
        onload.error(new Error('json!' + name + ': ' + (why || xhr.status)));
      });
    }
  };
});
