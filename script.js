// What the CRM loads. It starts the compiled widget and passes every callback on to it, and decides nothing.
// Each callback waits for the same start: the CRM calls bind_actions, and perhaps settings, before render is done.
// The windows for settings and journal are a module of their own, fetched when somebody opens one.
define(['require', './app.js?v=__VERSION__'], function (require, page) {
  'use strict';

  var WORKER_URL = '__WORKER_URL__';
  var OFFICE = './office.js?v=__VERSION__';
  // The smallest WebAssembly module there is. A page whose security policy forbids it refuses this one too.
  var EMPTY_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  // What one module may ask for although the other one does not run yet, for the widget as it stands in the page.
  var windows = {};
  var starting = {};
  var running = {};

  function fetchOffice() {
    return new Promise(function (resolve, reject) {
      require([OFFICE], resolve, reject);
    });
  }

  // One module calls an export of the other one, if that runs.
  function tell(name, argument) {
    if (windows[name]) {
      windows[name]();
      return;
    }
    Object.keys(running).forEach(function (module) {
      if (typeof running[module][name] === 'function') {
        running[module][name](argument);
      }
    });
  }

  function start(module) {
    if (!starting[module]) {
      starting[module] = Promise.resolve()
        .then(function () { return WebAssembly.compile(EMPTY_MODULE); })
        .then(function () { return module === 'page' ? page : fetchOffice(); })
        .then(function (code) {
          return code.boot().then(function (widget) {
            widget.configure(WORKER_URL, tell);
            running[module] = widget;
            return widget;
          });
        });
      starting[module].catch(function () {
        starting[module] = null;
      });
    }
    return starting[module];
  }

  // After a refusal the CRM leaves the Save button turning until it is told that saving failed.
  function release(button) {
    ['button:save:error', 'button:save:enable'].forEach(function (kind) {
      button.dispatchEvent(new Event(kind, { bubbles: true }));
    });
  }

  return function () {
    var self = this;
    var told = false;

    // Runs one of a module's exports. Where it cannot run the page says so once and stays as it is.
    function pass(module, name, argument, otherwise) {
      return start(module).then(function (widget) {
        return argument === undefined ? widget[name](self) : widget[name](self, argument);
      }).catch(function () {
        if (!told) {
          told = true;
          var words = (self.langs && self.langs.ui && self.langs.ui.notice) || {};
          APP.notifications.show_message_error({ header: words.title || '', text: words.no_wasm || '' });
        }
        return otherwise;
      });
    }

    // What is ticked in one of the CRM's lists, for the call list.
    function ticked(area) {
      return {
        selected: function () {
          var listed = self.list_selected() || {};
          pass('page', 'selected', { area: area, rows: listed.selected || listed });
          return true;
        }
      };
    }

    // The calls, over whatever page is open.
    function openJournal() {
      return pass('office', 'journal');
    }

    // A refused render would keep the CRM from ever starting the widget, so its promise always comes true.
    function yes() {
      return true;
    }

    this.openJournal = openJournal;
    this.callbacks = {
      render: function () {
        return pass('page', 'render').then(yes);
      },
      // Everything the widget listens to belongs to its own elements and goes with them.
      bind_actions: function () {
        return true;
      },
      init: function () {
        pass('page', 'init');
        windows.journal = openJournal;
        // There is no way to take it back: after `destroy` the widget does nothing with a click.
        self.add_action('phone', function (data) {
          pass('page', 'dial', data);
        });
        return true;
      },
      settings: function ($modal_body) {
        return pass('office', 'settings', $modal_body[0]).then(yes);
      },
      // Switching off must always work, also where the widget cannot run; who wants to save there is told why not.
      onSave: function (configuration) {
        var off = String(configuration.active).toLowerCase() === 'n';
        if (!off) {
          told = false;
        }
        return pass('office', 'on_save', configuration, null).then(function (answer) {
          if (answer === null && !off) {
            document.querySelectorAll('.modal .js-widget-save').forEach(release);
          }
          var saved = answer === null ? off : answer;
          return saved ? pass('page', 'saved', !off).then(function () { return saved; }) : saved;
        });
      },
      advancedSettings: function () {
        pass('office', 'advanced_settings');
        return true;
      },
      contacts: ticked('contacts'),
      leads: ticked('leads'),
      destroy: function () {
        if (windows.journal === openJournal) {
          delete windows.journal;
        }
        pass('page', 'destroy');
        if (starting.office) {
          pass('office', 'destroy_office');
        }
        return true;
      }
    };

    return this;
  };
});
