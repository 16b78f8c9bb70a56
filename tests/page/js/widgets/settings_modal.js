// The settings window of a widget: Install, the declared fields, Save, the switch that turns it off.
// A save is the widget's to refuse: the page stores nothing until `onSave` answered true. After a refusal the button keeps
// turning until the widget triggers `button:save:error` or `button:save:enable` on it, as on the real page.
define(['jquery', 'ui/dom', 'ui/strings', 'ui/api', 'lib/components/base/modal', 'platform/app', 'platform/notifications', 'widgets/loader', 'widgets/fields', 'widgets/tokens'],
  function ($, h, t, api, Modal, app, notifications, loader, fields, tokens) {
    'use strict';
    var APP = app.APP;

    function SettingsWindow(entry, changed) {
      var self = this;
      this.entry = entry;
      this.changed = changed;
      this.modal = new Modal({
        class_name: entry.code + ' widget-settings-modal',
        disable_enter_keydown: true,
        init: function ($body) { self.$body = $body; },
        destroy: function () {
          self.gone = true;
          $(document).off('sim:widget-status', shown);
          return true;
        }
      });
      // `set_status` changes what the label says, nothing that is stored.
      function shown(event, code, status) {
        if (code === entry.code) { self.label(status); }
      }
      $(document).on('sim:widget-status', shown);
      this.fill();
    }

    SettingsWindow.prototype.instance = function () { return APP.widgets.list[this.entry.code]; };

    SettingsWindow.prototype.title = function (key) {
      var instance = this.instance();
      return (instance && instance.i18n(key)) || this.entry.titles[key] || key;
    };

    SettingsWindow.prototype.state = function () {
      if (this.entry.status === 'installed') { return this.entry.active === 'Y' ? 'installed' : 'off'; }
      return this.entry.status;
    };

    // Nothing of a widget runs before it is installed; afterwards opening the window starts it if the page did not.
    SettingsWindow.prototype.fill = function () {
      var self = this;
      this.draw();
      if (this.entry.status === 'install') {
        return Promise.resolve();
      }
      var running = this.instance();
      return (running ? Promise.resolve(running) : loader.start(this.entry)).then(function (instance) {
        if (self.gone) {
          return;
        }
        self.draw();
        if (instance) {
          loader.call(instance, 'settings', self.$body);
        }
      });
    };

    SettingsWindow.prototype.plate = function () {
      var entry = this.entry;
      var self = this;
      var installed = entry.status !== 'install';
      return h('div.widget-settings__command-plate', {},
        h('span.widget-state', { class: 'widget-state widget-state_' + this.state(), 'data-state': this.state() }, t('state_' + this.state())),
        installed && h('label.switcher', { for: 'widget_active__sw' },
          h('input', { type: 'checkbox', id: 'widget_active__sw', name: 'widget_active', value: 'Y', checked: entry.status === 'not_configured' || entry.active === 'Y' }),
          h('span.switcher__track', {}), t('active')),
        installed && h('button.button-input.js-widget-uninstall', { type: 'button', onclick: function () { self.uninstall(); } }, t('uninstall')));
    };

    SettingsWindow.prototype.right = function () {
      var entry = this.entry;
      var self = this;
      if (entry.status === 'install') {
        return h('div.widget_settings_block', {},
          h('p.muted', {}, t('consent')),
          h('div.widget_settings_block__controls', {},
            h('button.button-input.button-input_blue.js-widget-install', { type: 'button', onclick: function () { self.install(); } }, t('install'))));
      }
      var save = h('button.button-input.button-input_blue.js-widget-save', {
        type: 'button', id: 'save_' + entry.code, 'data-id': entry.id, 'data-onsave-destroy-modal': 'true', disabled: true
      }, h('span.button-input-inner__text', {}, t('save')));
      return h('div.widget_settings_block', {},
        h('div.widget_settings_block__descr', {}),
        h('div.widget_settings_block__fields', { id: 'widget_settings__fields_wrapper' },
          fields.draw(entry, function (key) { return self.title(key); })),
        h('div.widget_settings_block__controls', {}, save));
    };

    SettingsWindow.prototype.draw = function () {
      var entry = this.entry;
      this.$body.empty().append(h('div.widget-settings', { 'data-code': entry.code, 'data-status': entry.status },
        h('button.modal-body__close.icon-button', { type: 'button', 'aria-label': 'Close' }, '\u00d7'),
        h('div.widget-settings__desc-space', {},
          h('img.widget-settings__logo', { src: entry.images_path + '/logo.png?v=' + entry.version, alt: '' }),
          h('h2', {}, entry.name), h('p.widget-settings__description', {}, entry.description),
          entry.support.link && h('a', { href: entry.support.link, target: '_blank', rel: 'noopener' }, entry.support.email || entry.support.link)),
        h('div.widget-settings__base-space', {}, this.plate(), this.right())));
      this.$body.find('.widget-settings__logo').on('error', function () { this.remove(); });
      this.$body.trigger('modal:loaded').trigger('modal:centrify');
      this.bind();
    };

    SettingsWindow.prototype.bind = function () {
      var self = this;
      var $save = this.$save = this.$body.find('.js-widget-save');
      this.$body.off('.settings')
        .on('change.settings', '#widget_settings__fields_wrapper :input', function () {
          $(this).closest('.widget_settings_block__item_field').removeClass('validation-error');
          if (fields.declares(self.entry, this.name)) { self.enable(true); }
        })
        .on('change.settings', '#widget_active__sw', function () { self.enable(true); });
      $save.on('click', function () { self.save(); })
        .on('button:save:error', function () { $save.removeClass('button-input-loading').addClass('button-input-error'); })
        .on('button:save:enable', function () { self.enable(true); })
        .on('button:save:disable', function () { self.enable(false); });
    };

    SettingsWindow.prototype.enable = function (on) {
      this.$save.prop('disabled', !on).toggleClass('button-input-disabled', !on);
      if (on) { this.$save.removeClass('button-input-loading button-input-error'); }
    };

    SettingsWindow.prototype.save = function () {
      var self = this;
      if (this.saving) {
        return;
      }
      var root = this.$body[0];
      var argument = { active: root.querySelector('#widget_active__sw').checked ? 'Y' : 'N', fields: fields.read(this.entry, root) };
      var empty = argument.active === 'Y' ? fields.missing(this.entry, argument.fields) : [];
      if (empty.length > 0) {
        empty.forEach(function (key) { $(root).find('[data-key="' + key + '"]').addClass('validation-error'); });
        notifications.show_message_error({ header: t('save_failed'), text: t('required') });
        return;
      }
      this.saving = true;
      this.enable(false);
      this.$save.addClass('button-input-loading');
      this.asked(argument).then(function (accepted) {
        self.saving = false;
        return accepted ? self.store(argument) : undefined;
      });
    };

    /** What the widget says to the save: true, false, or a promise of either. */
    SettingsWindow.prototype.asked = function (argument) {
      var instance = this.instance();
      if (!instance || typeof instance.callbacks.onSave !== 'function') {
        return Promise.resolve(true);
      }
      var answer = loader.call(instance, 'onSave', argument);
      return new Promise(function (resolve) {
        if (answer && typeof answer.then === 'function') {
          answer.then(function (value) { resolve(value === undefined || Boolean(value)); }, function () { resolve(false); });
        } else {
          resolve(Boolean(answer));
        }
      });
    };

    SettingsWindow.prototype.store = function (argument) {
      var self = this;
      return api.post('/ajax/widgets/edit', { code: this.entry.code, active: argument.active, fields: argument.fields, lang: APP.lang_id }).then(function (answer) {
        var instance = self.instance();
        self.entry = answer.widget;
        if (instance) {
          instance.set_settings(loader.settingsOf(self.entry));
        }
        if (argument.active !== 'Y') {
          loader.remove(self.entry.code);
        }
        self.settled();
      }, function (xhr) {
        self.$save.trigger('button:save:error');
        notifications.show_message_error({ header: t('save_failed'), text: api.reason(xhr) });
      });
    };

    // The window closes after a save unless the widget took that wish off the button; the label follows either way.
    SettingsWindow.prototype.settled = function () {
      this.changed();
      if (this.gone) {
        return;
      }
      this.enable(false);
      this.$save.removeClass('button-input-loading');
      this.$body.find('.widget-settings').attr('data-status', this.entry.status);
      this.label(this.state());
      if (this.$save.attr('data-onsave-destroy-modal') === 'true') {
        this.modal.destroy();
      }
    };

    SettingsWindow.prototype.label = function (state) {
      this.$body.find('.widget-state').attr({ class: 'widget-state widget-state_' + state, 'data-state': state }).text(t('state_' + state));
    };

    SettingsWindow.prototype.install = function () {
      var self = this;
      this.$body.find('.js-widget-install').prop('disabled', true).addClass('button-input-loading');
      api.post('/ajax/widgets/install', { code: this.entry.code, lang: APP.lang_id }).then(function (answer) {
        self.entry = answer.widget;
        tokens.forget(self.entry.uuid);
        $(document).trigger('widget:installed', [self.entry.code]);
        self.changed();
        return self.fill().then(function () {
          if (self.instance()) { loader.call(self.instance(), 'onInstall'); }
        });
      }, function (xhr) {
        self.$body.find('.js-widget-install').prop('disabled', false).removeClass('button-input-loading');
        notifications.show_message_error({ header: t('save_failed'), text: api.reason(xhr) });
      });
    };

    SettingsWindow.prototype.uninstall = function () {
      var self = this;
      var argument = { active: 'N', fields: fields.read(this.entry, this.$body[0]) };
      this.asked(argument).then(function () {
        return api.post('/ajax/widgets/uninstall', { code: self.entry.code, lang: APP.lang_id });
      }).then(function (answer) {
        $(document).trigger('widget:removed', [self.entry.code]);
        tokens.forget(self.entry.uuid);
        self.entry = answer.widget;
        self.changed();
        if (!self.gone) { self.fill(); }
      }, function (xhr) {
        notifications.show_message_error({ header: t('save_failed'), text: api.reason(xhr) });
      });
    };

    return {
      /** Opens the window; `changed` runs whenever the widget's state did. Returns the modal. */
      open: function (entry, changed) {
        return new SettingsWindow(entry, changed).modal;
      }
    };
  });
