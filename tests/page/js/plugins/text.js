// Loader plugin `text!url`: the file as a string.
define(['jquery'], function ($) {
  'use strict';
  return {
    load: function (name, req, onload) {
      $.ajax({ url: req.toUrl(name), dataType: 'text' }).then(onload, function (xhr) {
        onload.error(new Error('text!' + name + ' answered ' + xhr.status));
      });
    }
  };
});
