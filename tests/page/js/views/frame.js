// What stays while the work area changes: left menu, header, the switches for theme and language, the phone drawer.
define(['jquery', 'ui/dom', 'ui/icons', 'ui/strings', 'ui/format', 'platform/notifications', 'views/phone'],
  function ($, h, icon, t, format, notifications, phone) {
    'use strict';
    var MENU = [['dashboard', '/'], ['leads', '/leads/'], ['contacts', '/contacts/list/'], ['companies', '/companies/list/'], ['settings', '/settings/widgets']];
    var LANGUAGES = ['en', 'es', 'pt'];

    function avatar(name, large) {
      var circle = h(large ? 'span.avatar.avatar_large' : 'span.avatar', { 'aria-hidden': 'true' }, format.initials(name));
      circle.style.setProperty('--hue', format.hue(name));
      return circle;
    }

    function menu() {
      return [h('a.nav__logo', { href: '/', title: 'Kommo simulator' }, 'K'),
        h('div.nav__items', {}, MENU.map(function (item) {
          return h.link(item[1], { class: 'nav__item js-navigate-link', 'data-menu': item[0], title: t(item[0]) },
            icon(item[0]), h('span.nav__label', {}, t(item[0])));
        })),
        h('div.nav__notifications', {})];
    }

    function toggleTheme() {
      var root = document.documentElement;
      var next = root.dataset.colorScheme === 'dark' ? 'light' : 'dark';
      root.dataset.colorScheme = next;
      localStorage.setItem('sim.theme', next);
      $('#theme_switch').empty().append(icon(next === 'dark' ? 'sun' : 'moon'));
    }

    function languages() {
      return h('select.control--select.header__lang', {
        id: 'lang_switch', 'aria-label': t('language'),
        onchange: function () {
          localStorage.setItem('sim.lang', this.value);
          var url = new URL(location.href);
          url.searchParams.delete('lang');
          location.assign(url.href);
        }
      }, LANGUAGES.map(function (code) {
        return h('option', { value: code, selected: code === document.documentElement.lang }, code.toUpperCase());
      }));
    }

    function centre() {
      var list = notifications.kept();
      return h('div.popover.notification-centre', { id: 'notification_centre' },
        h('div.popover__title', {}, t('notifications')),
        list.length === 0 && h('div.popover__empty', {}, t('no_notifications')),
        list.map(function (one) {
          return h('div.popover__item', { 'data-sim': 'notification', 'data-kind': one.kind },
            h('span.toast__icon', {}, icon(one.kind === 'error' ? 'alert' : 'phone')),
            h('div', {}, h('b', {}, one.header), h('div', {}, one.text),
              h('div.muted', {}, format.moment(one.date, document.documentElement.lang)),
              /^(https?:|\/)/.test(one.link || '') && h.link(one.link, {}, t('open_card'))));
        }));
    }

    function togglePopover(anchor, build) {
      var open = document.querySelector('.popover');
      if (open) {
        open.remove();
        $(document).off('.popover');
        return;
      }
      anchor.appendChild(build());
      setTimeout(function () {
        $(document).on('click.popover', function (event) {
          if (!$(event.target).closest('.popover').length) {
            $('.popover').remove();
            $(document).off('.popover');
          }
        });
      }, 0);
    }

    function header(boot) {
      var bell = h('div.header__bell', {}, h('button.icon-button', {
        type: 'button', id: 'notifications_switch', title: t('notifications'),
        onclick: function () { togglePopover(bell, centre); }
      }, icon('bell')));
      var dark = document.documentElement.dataset.colorScheme === 'dark';
      return [h('div.header__account', {}, h('b', {}, boot.account.name), h('span.muted', {}, boot.account.subdomain + '.' + boot.account.domain),
        h('span.badge', { title: t('dash_intro') }, 'simulator')),
      h('div.header__tools', {},
        h('button.button-input.header__phone', { type: 'button', id: 'phone_switch', onclick: function () { phone.toggle(boot); } },
          icon('phone'), t('phone_panel')),
        bell,
        h('button.icon-button', { type: 'button', id: 'theme_switch', title: t('theme'), onclick: toggleTheme }, icon(dark ? 'sun' : 'moon')),
        languages(),
        h('a.header__user', { href: '/login', title: t('sign_out') }, avatar(boot.user.name), h('span', {}, boot.user.name)))];
    }

    return {
      avatar: avatar,
      draw: function (boot) {
        h.fill(document.getElementById('left_menu'), menu());
        h.fill(document.getElementById('page_header'), header(boot));
        phone.restore(boot);
      },
      mark: function (name) {
        $('.nav__item').each(function () {
          $(this).toggleClass('nav__item_active', this.getAttribute('data-menu') === name);
        });
      }
    };
  });
