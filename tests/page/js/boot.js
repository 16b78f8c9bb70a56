// Sets theme and language before the first paint, so that the page never flashes in the wrong colours.
// `?theme=dark|light` and `?lang=en|es|pt` win over what this browser remembers.
(function () {
  'use strict';
  var query = new URLSearchParams(location.search);

  function choose(name, allowed) {
    var asked = query.get(name);
    var key = 'sim.' + name;
    if (allowed.indexOf(asked) >= 0) {
      localStorage.setItem(key, asked);
      return asked;
    }
    var kept = localStorage.getItem(key);
    return allowed.indexOf(kept) >= 0 ? kept : null;
  }

  document.documentElement.dataset.colorScheme = choose('theme', ['light', 'dark']) || 'light';
  var lang = choose('lang', ['en', 'es', 'pt']);
  if (lang) {
    document.documentElement.lang = lang;
    document.documentElement.dataset.langChosen = lang;
  }
})();
