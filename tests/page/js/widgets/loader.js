// Starts one widget: loads its script and words, makes the instance, and calls its callbacks in the CRM's order:
// render → bind_actions (never waiting for render) → init (only after a render that succeeded) → the area's own.
define(['jquery', 'platform/app', 'widgets/base', 'widgets/actions', 'platform/notifications'],
  function ($, app, base, actions, notifications) {
    'use strict';
    var APP = app.APP;
    // Starts under way, by code: the page's area and the settings window may want the same widget at once.
    var starting = {};
    // Where each running widget's manifest wants it, by code.
    var locations = {};

    function isFunction(value) { return typeof value === 'function'; }
    function isThenable(value) { return Boolean(value) && isFunction(value.then); }

    /** Runs a callback as a method of `callbacks`; what it throws is logged and never reaches the page. */
    function call(instance, name, argument) {
      var callback = instance.callbacks && instance.callbacks[name];
      if (!isFunction(callback)) {
        return undefined;
      }
      try {
        return argument === undefined ? instance.callbacks[name]() : instance.callbacks[name](argument);
      } catch (error) {
        console.error('Widget ' + instance.get_settings().widget_code + ': ' + name + ' failed', error);
        return undefined;
      }
    }

    /** Resolves to whether `init` may run: truthy or resolved, but not falsy, rejected or thrown. */
    function renderSucceeded(result) {
      if (isThenable(result)) {
        return new Promise(function (resolve) {
          result.then(function () { resolve(true); }, function (error) {
            console.error('A widget\u2019s render was rejected', error);
            resolve(false);
          });
        });
      }
      return Promise.resolve(Boolean(result));
    }

    function areaCallbacks(instance) {
      var area = app.area();
      var code = instance.get_settings().widget_code;
      if (area.code === 'advanced_settings' && area.widget === code) {
        call(instance, 'advancedSettings');
      }
      if (area.code === 'widget_page' && area.widget === code) {
        call(instance, 'initMenuPage', { location: 'widget_page', item_code: area.item, subitem_code: area.subitem });
      }
    }

    function settingsOf(entry) {
      return Object.assign({}, entry.settings, {
        id: entry.id, status: entry.status, widget_code: entry.code, path: entry.path, version: entry.version,
        oauth_client_uuid: entry.uuid, widget_active: entry.active, active: entry.active, images_path: entry.images_path, support: entry.support
      });
    }

    function instantiate(entry, Widget, lang) {
      if (!isFunction(Widget)) {
        return null;
      }
      Object.assign(Widget.prototype, base);
      var instance = new Widget();
      lang.widget.name = entry.name;
      lang.widget.description = entry.description;
      APP.widgets.list[entry.code] = instance;
      locations[entry.code] = entry.locations;
      instance.ns = '.widget:' + entry.code;
      instance.init_once = entry.init_once;
      instance.set_lang(lang);
      instance.set_settings(settingsOf(entry));
      var callbacks = instance.callbacks || {};
      if (!isFunction(callbacks.init) || !isFunction(callbacks.bind_actions) || !isFunction(callbacks.render)) {
        delete APP.widgets.list[entry.code];
        return null;
      }
      return instance;
    }

    function firstRun(instance, entry) {
      var rendered = renderSucceeded(call(instance, 'render'));
      call(instance, 'bind_actions');
      return rendered.then(function (succeeded) {
        if (succeeded && APP.widgets.list[entry.code] === instance) {
          $(document).trigger('widget:' + entry.code + ':loaded');
          call(instance, 'init');
        }
        areaCallbacks(instance);
        return instance;
      });
    }

    function load(entry) {
      return new Promise(function (resolve) {
        require(['optional!' + entry.path + '/script.js?v=' + entry.version, 'json!' + entry.lang + '?v=' + entry.version, 'platform/controls'],
          function (Widget, lang) { resolve([Widget, JSON.parse(JSON.stringify(lang))]); },
          function (error) {
            console.error('Widget ' + entry.code + ' could not be loaded', error);
            resolve([null, null]);
          });
      });
    }

    return {
      call: call,
      /** Whether the widget is shown in an area, not merely started there; without a suffix it is. */
      isShownIn: function (code, area) {
        return (locations[code] || []).some(function (location) {
          return location === area || location === area + '-1';
        });
      },
      /** Whether the widget declares itself for the whole CRM. */
      isEverywhere: function (code) {
        return (locations[code] || []).indexOf('everywhere') >= 0;
      },
      settingsOf: settingsOf,
      /** Resolves to the instance once it has executed and `bind_actions` has run, or to null when it cannot run.
       *  `instance.started` resolves later, after `init`. */
      start: function (entry) {
        if (starting[entry.code]) {
          return starting[entry.code];
        }
        starting[entry.code] = load(entry).then(function (loaded) {
          var instance = null;
          delete starting[entry.code];
          try {
            instance = instantiate(entry, loaded[0], loaded[1]);
          } catch (error) {
            delete APP.widgets.list[entry.code];
            console.error('Widget ' + entry.code + ' could not be started', error);
          }
          if (instance) {
            instance.started = firstRun(instance, entry);
          }
          return instance;
        });
        return starting[entry.code];
      },
      /** A widget that survived the navigation: it only draws again. */
      again: function (instance) {
        call(instance, 'render');
        areaCallbacks(instance);
      },
      /** `destroy()`, its events, its block in the card, its actions. */
      remove: function (code) {
        var instance = APP.widgets.list[code];
        if (!instance) {
          return;
        }
        call(instance, 'destroy');
        $(document).off(instance.ns);
        $('#widgets_block .card-widgets__widget-' + code).remove();
        actions.drop(code);
        notifications.removeCallback(code);
        delete APP.widgets.list[code];
      }
    };
  });
