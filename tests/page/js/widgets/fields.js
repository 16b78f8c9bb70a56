// The inputs of a widget's settings, as the manifest declares them, and what they say when they are read.
define(['ui/dom', 'platform/app'], function (h, app) {
  'use strict';

  function parsed(value) {
    if (value && typeof value === 'object') {
      return value;
    }
    try {
      return JSON.parse(value) || {};
    } catch (plain) {
      return {};
    }
  }

  function users() {
    var managers = app.APP.constant('managers');
    return Object.keys(managers).map(function (id) { return managers[id]; });
  }

  function input(name, type, value) {
    return h('input.widget_settings_block__controls__.text-input', { type: type, name: name, value: value === undefined || value === null ? '' : value, autocomplete: 'off' });
  }

  function control(code, key, field, value) {
    if (field.type === 'users') {
      return users().map(function (user) {
        return h('label.widget_settings_block__user', {}, h('span', {}, user.title), input(key + '[' + user.id + ']', 'text', parsed(value)[user.id]));
      });
    }
    if (field.type === 'users_lp') {
      return users().map(function (user) {
        var known = parsed(value)[user.id] || {};
        return h('label.widget_settings_block__user', {}, h('span', {}, user.title), input(key + '[' + user.id + '][login]', 'text', known.login),
          input(key + '[' + user.id + '][password]', 'password', known.password));
      });
    }
    if (field.type === 'custom') {
      var text = value && typeof value === 'object' ? JSON.stringify(value) : value;
      return [h('input', { type: 'hidden', name: key, id: code + '_custom', value: text === undefined || text === null ? '' : text }),
        h('div', { id: code + '_custom_content' })];
    }
    return input(key, field.type === 'pass' ? 'password' : 'text', value);
  }

  function perUser(root, key, withLogin) {
    var values = {};
    root.querySelectorAll('input[name^="' + key + '["]').forEach(function (one) {
      var path = one.name.slice(key.length).match(/[^[\]]+/g);
      if (withLogin) {
        values[path[0]] = values[path[0]] || {};
        values[path[0]][path[1]] = one.value;
      } else if (one.value !== '') {
        values[path[0]] = one.value;
      }
    });
    return JSON.stringify(values);
  }

  return {
    draw: function (entry, title) {
      return entry.order.map(function (key) {
        var field = entry.fields[key];
        return h('div.widget_settings_block__item_field', { 'data-key': key },
          h('div.widget_settings_block__title_field', { title: title(field.name) }, title(field.name), field.required && h('span.required', {}, ' *')),
          h('div.widget_settings_block__input_field', {}, control(entry.code, key, field, entry.settings[key])));
      });
    },
    /** One value per declared field, as `onSave` receives them. */
    read: function (entry, root) {
      var values = {};
      Object.keys(entry.fields).forEach(function (key) {
        var type = entry.fields[key].type;
        var one = root.querySelector('[name="' + key + '"]');
        values[key] = type === 'users' || type === 'users_lp' ? perUser(root, key, type === 'users_lp') : one ? one.value : '';
      });
      return values;
    },
    /** Whether an input with this name belongs to a declared field. */
    declares: function (entry, name) {
      return Object.prototype.hasOwnProperty.call(entry.fields, String(name || '').split('[')[0]);
    },
    /** The declared required fields that are empty. */
    missing: function (entry, values) {
      return Object.keys(entry.fields).filter(function (key) {
        var value = values[key];
        return entry.fields[key].required && (value === '' || value === '{}');
      });
    }
  };
});
