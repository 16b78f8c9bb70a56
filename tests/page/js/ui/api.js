// The page's own requests. Everything the CRM page itself needs goes through `/ajax/page/`, so that it never
// counts against the API's request limit; what a person does (accept a lead, save a contact) goes through the
// API with the session cookie, as that person.
define(['jquery'], function ($) {
  'use strict';

  function read(path) {
    return $.ajax({ url: '/ajax/page/' + path, dataType: 'json', cache: false });
  }

  function send(method, url, body) {
    return $.ajax({ url: url, method: method, contentType: 'application/json', data: JSON.stringify(body) });
  }

  return {
    read: read,
    send: send,
    post: function (url, body) { return send('POST', url, body); },
    /** One sentence about a failed request, for a person. */
    reason: function (xhr) {
      var problem = xhr && xhr.responseJSON;
      if (!xhr || !xhr.status) {
        return 'The server could not be reached.';
      }
      return (problem && (problem.detail || problem.error || problem.title)) || ('The server answered ' + xhr.status + '.');
    }
  };
});
