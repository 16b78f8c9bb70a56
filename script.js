// What the CRM loads. It starts the compiled widget and passes every callback on to it, and decides nothing.
// Each callback waits for the same start: the CRM calls bind_actions, and perhaps settings, before render is done.
define(['./app.js?v=__VERSION__'], function (app) {
  'use strict';

  // The smallest WebAssembly module there is. A page whose security policy forbids it refuses this one too.
  var EMPTY_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  var ready = null;

  function start() {
    if (!ready) {
      ready = Promise.resolve()
        .then(function () { return WebAssembly.compile(EMPTY_MODULE); })
        .then(app.boot)
        .then(function (widget) {
          widget.configure(app.workerUrl);
          return widget;
        });
    }
    return ready;
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

    // Runs one of the widget's exports. Without WebAssembly the page says so once and stays as it is.
    function pass(name, argument, otherwise) {
      return start().then(function (widget) {
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

    // A refused render would keep the CRM from ever starting the widget, so its promise always comes true.
    function yes() {
      return true;
    }

    this.callbacks = {
      render: function () {
        return pass('render').then(yes);
      },
      // Everything the widget listens to belongs to its own elements and goes with them.
      bind_actions: function () {
        return true;
      },
      init: function () {
        pass('init');
        // There is no way to take it back: after `destroy` the widget does nothing with a click.
        self.add_action('phone', function (data) {
          pass('dial', data);
        });
        return true;
      },
      settings: function ($modal_body) {
        return pass('settings', $modal_body[0]).then(yes);
      },
      // Switching off must always work, also where the widget cannot run; who wants to save there is told why not.
      onSave: function (configuration) {
        var off = String(configuration.active).toLowerCase() === 'n';
        if (!off) {
          told = false;
        }
        return pass('on_save', configuration, null).then(function (answer) {
          if (answer === null && !off) {
            document.querySelectorAll('.modal .js-widget-save').forEach(release);
          }
          return answer === null ? off : answer;
        });
      },
      advancedSettings: function () {
        pass('advanced_settings');
        return true;
      },
      destroy: function () {
        pass('destroy');
        return true;
      }
    };

    return this;
  };
});
