// Which widgets run where. On every `widgets:load` it tears down what may not survive, asks the server for the area's
// widgets and starts the active ones. A widget with `init_once` that is active stays and is only rendered again.
define(['jquery', 'platform/app', 'widgets/loader'], function ($, app, loader) {
  'use strict';
  var APP = app.APP;
  var visit = 0;

  function survives(instance) {
    return instance.init_once === 'Y' && instance.get_settings().widget_active === 'Y';
  }

  function destroyAll() {
    Object.keys(APP.widgets.list).forEach(function (code) {
      if (!survives(APP.widgets.list[code])) {
        loader.remove(code);
      }
    });
  }

  function ask(area) {
    return $.ajax({
      url: '/ajax/widgets/list', method: 'POST', dataType: 'json', contentType: 'application/json',
      data: JSON.stringify({ area: area.code, lang: APP.lang_id })
    }).then(function (answer) {
      answer.problems.forEach(function (problem) { console.error('A widget archive cannot be used: ' + problem); });
      return answer.widgets;
    });
  }

  function inArea(entry, area) {
    return entry.locations.some(function (location) {
      var name = location.replace(/-[01]$/, '');
      return name === 'everywhere' || name === area.code;
    });
  }

  function begin(area) {
    var mine = visit += 1;
    destroyAll();
    return ask(area).then(function (entries) {
      if (mine !== visit) {
        return;
      }
      entries.forEach(function (entry) {
        var running = APP.widgets.list[entry.code];
        if (running && entry.active !== 'Y') {
          // One that was not active to begin with runs for its settings window, which may have been faster than this answer.
          if (running.get_settings().widget_active === 'Y') { loader.remove(entry.code); }
        } else if (running) {
          loader.again(running);
        } else if (entry.active === 'Y' && inArea(entry, area)) {
          loader.start(entry);
        }
      });
    });
  }

  $(document).on('widgets:load', function () { begin(app.area()); });
  $(document).on('widget:removed', function (event, code) { loader.remove(code); });
  // A fresh install starts from nothing: whatever an earlier one left is torn down.
  $(document).on('widget:installed', function (event, code) { loader.remove(code); });

  return { ask: ask };
});
