// `/contacts/add/?phone=`: a new contact, saved through the API as the signed-in person.
define(['ui/dom', 'ui/strings', 'ui/api', 'lib/common/router', 'platform/notifications', 'platform/app'],
  function (h, t, api, router, notifications, app) {
    'use strict';
    return function (place, phone) {
      var name = h('input.text-input', { id: 'contact_name', name: 'name', autocomplete: 'off' });
      var number = h('input.text-input', { id: 'contact_phone', name: 'phone', value: phone, autocomplete: 'off' });

      function save(event) {
        event.preventDefault();
        var contact = { name: name.value.trim() || number.value.trim() };
        if (number.value.trim()) {
          contact.custom_fields_values = [{ field_code: 'PHONE', values: [{ value: number.value.trim(), enum_code: 'WORK' }] }];
        }
        api.post('/api/v4/contacts', [contact]).then(function (answer) {
          router.navigate('/contacts/detail/' + answer._embedded.contacts[0].id, { trigger: true, replace: true });
        }, function (xhr) {
          notifications.show_message_error({ header: t('save_failed'), text: api.reason(xhr) });
        });
      }

      app.APP.data.current_card = { id: 0, element_type: 1, model: { id: 0, attributes: {}, get: function () {} }, $el: window.jQuery(place), contacts_data: [] };
      h.fill(place, h('form.panel.form', { onsubmit: save },
        h('h1', {}, t('new_contact')),
        h('label', {}, t('name'), name), h('label', {}, t('phone'), number),
        h('div.form__buttons', {}, h('button.button-input.button-input_blue', { type: 'submit' }, t('save')),
          h.link('/contacts/list/', { class: 'button-input js-navigate-link' }, t('cancel')))));
      name.focus();
      return Promise.resolve({ refresh: function () {}, close: function () {} });
    };
  });
