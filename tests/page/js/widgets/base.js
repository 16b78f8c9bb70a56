// The methods every widget inherits. They are mixed into the prototype of the function a widget's script returns
// before it is instantiated, as the real loader does, so that the constructor may already call them.
define(['jquery', 'platform/app', 'platform/twig', 'platform/controls', 'widgets/tokens', 'widgets/actions'],
  function ($, app, twig, controls, tokens, actions) {
    'use strict';
    var APP = app.APP;

    function account() { return APP.constant('account') || {}; }
    function user() { return APP.constant('user') || {}; }

    function trimmed(path) { return String(path || '').replace(/\/$/, ''); }

    return {
      system: function () {
        return {
          area: APP.widgets.system.area, amouser_id: user().id, amouser: user().login, amohash: '',
          domain: account().domain, subdomain: account().subdomain, server: location.host,
          displayed_count: 0, displayed_count_by_area: {}
        };
      },
      get_settings: function () { return this.params || {}; },
      set_settings: function (settings) {
        this.params = Object.assign({}, this.params, settings);
        return this.params;
      },
      set_lang: function (langs) { this.langs = langs; },
      i18n: function (key) {
        var found = String(key).split('.').reduce(function (from, part) {
          return from === undefined || from === null ? undefined : from[part];
        }, this.langs);
        return found === undefined ? false : found;
      },
      get_version: function () { return this.get_settings().version; },
      get_install_status: function () { return this.get_settings().status; },
      set_status: function (status) {
        if (['install', 'installed', 'not_configured', 'error'].indexOf(status) < 0) {
          return false;
        }
        this.set_settings({ status: status });
        $(document).trigger('sim:widget-status', [this.get_settings().widget_code, status]);
        return true;
      },
      get_accounts_current: function () { return $.Deferred().resolve(account()).promise(); },

      render: function (data, params) {
        if (data && data.ref) {
          return controls.render(data.ref, params);
        }
        if (data && data.href) {
          var url = trimmed(data.base_path) + data.href + (data.v ? '?v=' + data.v : '');
          var loaded = $.ajax({ url: url, dataType: 'text' }).then(function (source) {
            var template = { render: function (values) { return twig.render(source, values || {}); } };
            if (typeof data.load === 'function') { data.load(template); }
            return template;
          });
          return data.promised ? Promise.resolve(loaded) : loaded;
        }
        return twig.render((data && data.data) || '', params);
      },
      render_template: function (template, params) {
        var settings = this.get_settings();
        var caption = template.caption || {};
        var body = (template.body || '') + (template.render || '');
        var code = settings.widget_code;
        $('#widgets_block .card-widgets__widget-' + code).remove();
        var $box = $('<div class="card-widgets__widget"></div>').addClass('card-widgets__widget-' + code).attr('data-code', code);
        var $caption = $('<div class="card-widgets__widget__caption"></div>').addClass(caption.class_name || '');
        $caption.append($('<img class="card-widgets__widget__caption__logo" alt="">').attr('src', settings.images_path + '/logo_medium.png'));
        if (caption.html) { $caption.append(caption.html); }
        $box.append($caption, $('<div class="card-widgets__widget__body"></div>').html(twig.render(body, params || {})));
        $('#widgets_block').append($box);
        return $box;
      },
      crm_post: function (url, data, success, type, error) {
        return $.ajax({
          url: '/ajax/page/proxy', method: 'POST', dataType: type || 'json',
          contentType: 'application/json', data: JSON.stringify({ url: url, body: $.param(data || {}) })
        }).done(success || $.noop).fail(error || $.noop);
      },
      $authorizedAjax: function (options) {
        var uuid = this.get_settings().oauth_client_uuid;
        return tokens.get(uuid).then(function (token) {
          return $.ajax(Object.assign({}, options, {
            headers: Object.assign({}, options && options.headers, { 'X-Auth-Token': token })
          }));
        });
      },

      add_action: function (type, handler) {
        var self = this;
        if (typeof handler !== 'function' || (type !== 'phone' && type !== 'email')) {
          return false;
        }
        actions.add(this.get_settings().widget_code, type, handler, function () {
          return self.i18n('widget.call_action') || self.i18n('widget.name');
        });
        return true;
      },
      add_source: function (type, handler) {
        this.sources = Object.assign({}, this.sources);
        this.sources[type] = handler;
        return true;
      },
      list_selected: function () {
        var selected = APP.data.current_list ? APP.data.current_list.selected() : [];
        return { selected: selected, count_selected: selected.length, summary: { items: selected.length } };
      },
      widgetsOverlay: function (shown) {
        $('.list-overlay').toggle(Boolean(shown));
      },
      get_pipeline_id: function () {
        var model = APP.data.current_card && APP.data.current_card.model;
        return $.Deferred().resolve(model ? model.get('lead[PIPELINE_ID]') : null).promise();
      },
      get_current_card_contacts_data: function () {
        var card = APP.data.current_card;
        return Promise.resolve(card ? card.contacts_data || [] : []);
      },
      setSdkCatalogId: function (id) { this.catalog_id = id; }
    };
  });
