// `lib/components/base/modal`: the CRM's modal window. The author fills `.modal-body` inside `init`, then triggers
// `modal:loaded` and `modal:centrify`; a cross is any `.modal-body__close` the author adds.
define(['jquery', 'ui/dom'], function ($, h) {
  'use strict';
  var serial = 0;

  function Modal(options) {
    var self = this;
    this.options = Object.assign({
      class_name: '', container: document.body, init: function () {}, destroy: function () {},
      disable_overlay_click: false, disable_escape_keydown: false, disable_enter_keydown: false,
      disable_cancel_click: false, default_overlay: false, focus_element: '.js-modal-accept', can_centrify: true
    }, options);
    this.ns = '.modal' + (serial += 1);
    this.opener = document.activeElement;
    var className = String(this.options.class_name);
    this.$el = $('<div class="modal" role="dialog" aria-modal="true" tabindex="-1"></div>').addClass(className);
    this.$overlay = $('<div class="modal-overlay"></div>').toggleClass('default-overlay', Boolean(this.options.default_overlay));
    this.$scroller = $('<div class="modal-scroller"></div>');
    this.$modal_body = $('<div class="modal-body modal-body-loading"></div>');
    this.$el.append(this.$overlay, this.$scroller.append(this.$modal_body)).appendTo(this.options.container);
    $('body').addClass('page-overflow');

    this.$modal_body
      .on('modal:loaded', function () { self.$modal_body.removeClass('modal-body-loading'); })
      .on('modal:centrify', function () { self.centrify(); })
      .on('click', '.modal-body__close, .js-modal-close', function () { self.destroy(); })
      .on('click', '.button-cancel, .js-modal-cancel', function () {
        if (!self.options.disable_cancel_click) { self.destroy(); }
      });
    this.$scroller.on('mousedown', function (event) {
      if (event.target === self.$scroller[0] && !self.options.disable_overlay_click) { self.destroy(); }
    });
    $(document).on('keydown' + this.ns, function (event) { self.key(event); });
    this.options.init.call(this, this.$modal_body);
    this.$el.focus();
  }

  Modal.prototype.key = function (event) {
    var top = $('.modal').last();
    if (top[0] !== this.$el[0]) {
      return;
    }
    if (event.which === 27 && !this.options.disable_escape_keydown) {
      this.destroy();
    }
    if (event.which === 13 && !this.options.disable_enter_keydown && !/^(textarea|button|a)$/i.test(event.target.tagName)) {
      this.$modal_body.find(this.options.focus_element).first().click();
    }
  };

  Modal.prototype.centrify = function () {
    if (this.options.can_centrify) {
      this.$modal_body.addClass('modal-body_centered');
    }
  };

  /** Closes the window unless the author's `destroy` refuses by returning `false`. */
  Modal.prototype.destroy = function () {
    if (this.gone || this.options.destroy.call(this) === false) {
      return;
    }
    this.gone = true;
    $(document).off(this.ns);
    this.$el.remove();
    $('body').toggleClass('page-overflow', $('.modal').length > 0);
    if (this.opener && document.contains(this.opener)) {
      this.opener.focus();
    }
  };

  function message(kind) {
    return function (text, again, timeout) {
      var self = this;
      var box = h('div.modal-body__inner.modal-message.modal-message_' + kind, { role: 'status' },
        h('p', {}, text || ''), h('button.button-input.js-modal-close', { type: 'button' }, 'OK'));
      this.$modal_body.empty().append(box).trigger('modal:loaded').trigger('modal:centrify');
      if (timeout) {
        setTimeout(function () { self.destroy(); }, timeout);
      }
    };
  }
  Modal.prototype.showSuccess = message('success');
  Modal.prototype.showError = message('error');
  return Modal;
});
