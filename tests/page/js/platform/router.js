// `lib/common/router`: moves between areas without loading the page anew. As with the router it stands for, an
// address changed without `trigger: true` is only written into the address bar.
define(['jquery'], function ($) {
  'use strict';
  var onChange = null;

  function path() {
    return location.pathname + location.search;
  }

  function navigate(url, options) {
    var wanted = options === true ? { trigger: true } : options || {};
    var target = new URL(url, location.href);
    if (target.origin !== location.origin) {
      location.assign(target.href);
      return;
    }
    var moved = target.pathname + target.search !== path();
    if (moved) {
      history[wanted.replace ? 'replaceState' : 'pushState']({}, '', target.pathname + target.search);
    }
    if (wanted.trigger && moved && onChange) {
      onChange();
    }
  }

  return {
    navigate: navigate,
    /** Called once by the page: `show` draws whatever the address says. */
    start: function (show) {
      onChange = show;
      window.addEventListener('popstate', show);
      $(document).on('click', 'a.js-navigate-link', function (event) {
        var plain = !event.metaKey && !event.ctrlKey && !event.shiftKey && event.which < 2 && this.target !== '_blank';
        if (plain && this.origin === location.origin) {
          event.preventDefault();
          navigate(this.href, { trigger: true });
        }
      });
      show();
    }
  };
});
