// The card of a lead, contact or company: what is known on the left, what happened in the middle, widgets on the right.
// It redraws only the parts whose data changed, so that a playing recording or an open menu is left alone.
define(['jquery', 'ui/dom', 'ui/icons', 'ui/strings', 'ui/format', 'ui/api', 'platform/app', 'platform/notifications', 'widgets/actions',
  'views/frame', 'views/feed', 'views/incoming', 'views/missing'],
function ($, h, icon, t, format, api, app, notifications, actions, frame, feed, incoming, missing) {
  'use strict';
  var APP = app.APP;

  function valueRow(field, one) {
    var kind = { PHONE: 'phone', EMAIL: 'email' }[field.code];
    if (!kind) {
      return h('div', {}, one.value);
    }
    return h('div.phone-row', {},
      h('a.phone-link', {
        href: (kind === 'phone' ? 'tel:' : 'mailto:') + one.value, 'data-sim': kind, 'data-phone': one.value,
        onclick: function (event) { event.preventDefault(); actions.click(this, kind, one.value); },
        oncontextmenu: function (event) { event.preventDefault(); actions.openMenu(this, kind, one.value); }
      }, one.value),
      one.kind && h('span.muted.phone-row__kind', {}, one.kind.toLowerCase()));
  }

  function fieldRows(fields) {
    return fields.map(function (field) {
      return h('div.field', { 'data-code': field.code }, h('div.field__name', {}, t((field.code || '').toLowerCase()) || field.name),
        h('div.field__value', {}, field.values.map(function (one) { return valueRow(field, one); })));
    });
  }

  function person(type, entity) {
    return h('section.linked', { 'data-sim': 'linked', 'data-type': type, 'data-id': entity.id },
      h('div.linked__head', {}, frame.avatar(entity.name), h('div', {},
        h.link('/' + type + '/detail/' + entity.id, { class: 'linked__name js-navigate-link' }, entity.name || '#' + entity.id),
        h('div.muted', {}, t(type === 'companies' ? 'company' : 'contact')))),
      fieldRows(entity.fields));
  }

  function stagePill(lead) {
    var pill = h('span.stage', {}, lead.stage);
    pill.style.setProperty('--stage', lead.color);
    return pill;
  }

  function linkedLeads(card) {
    return card.leads.length > 0 && h('section.linked', { 'data-sim': 'leads' }, h('div.linked__title', {}, t('linked_leads')),
      card.leads.map(function (lead) {
        return h('div.linked__lead', {}, h.link('/leads/detail/' + lead.id, {}, lead.name || '#' + lead.id),
          h('div.linked__deal', {}, stagePill(lead), h('b', {}, format.money(lead.price, lead.currency, APP.lang_id))));
      }));
  }

  function stageChooser(card) {
    return h('select.control--select.stage-select', {
      'aria-label': t('stage'),
      onchange: function () {
        var change = { status_id: Number(this.value), pipeline_id: card.pipeline.id };
        this.blur();
        api.send('PATCH', '/api/v4/leads/' + card.id, change).then(null, function (xhr) {
          notifications.show_message_error({ header: t('save_failed'), text: api.reason(xhr) });
        });
      }
    }, card.pipeline.statuses.map(function (status) {
      return h('option', { value: status.id, selected: status.id === card.status_id }, status.name);
    }));
  }

  function head(card, refresh) {
    var lead = card.type === 'leads';
    return h('div.card__head', {},
      h('div.card__title', {}, lead ? h('span.card__icon', {}, icon('leads')) : frame.avatar(card.name, true),
        h('div', {}, h('h1', { 'data-sim': 'name' }, card.name || '#' + card.id),
          h('div.muted', {}, '#' + card.id + ' \u00b7 ' + t('created') + ' ' + format.moment(card.created_at, APP.lang_id)))),
      lead && card.incoming && incoming.buttons(card.incoming, refresh),
      lead && !card.incoming && h('div.card__deal', {}, h('div.muted', {}, card.pipeline.name), stageChooser(card)),
      lead && h('div.field', {}, h('div.field__name', {}, t('price')),
        h('div.field__value.card__price', {}, format.money(card.price, card.currency, APP.lang_id))),
      h('div.field', {}, h('div.field__name', {}, t('responsible')), h('div.field__value', { 'data-sim': 'responsible' }, card.responsible)),
      fieldRows(card.fields));
  }

  function contactsData(card) {
    function data(one) {
      function values(code) {
        return one.fields.filter(function (field) { return field.code === code; }).reduce(function (all, field) {
          return all.concat(field.values.map(function (value) { return value.value; }));
        }, []);
      }
      return { id: one.id, name: one.name, first_name: one.first_name, last_name: one.last_name, phones: values('PHONE'), emails: values('EMAIL') };
    }
    return (card.type === 'contacts' ? [card] : card.contacts).map(data);
  }

  function model(card) {
    var attributes = { id: card.id, name: card.name, main_user_id: card.responsible_id };
    if (card.type === 'leads') {
      attributes['lead[STATUS]'] = card.status_id;
      attributes['lead[PIPELINE_ID]'] = card.pipeline.id;
      attributes['lead[PRICE]'] = card.price;
    }
    return { id: card.id, attributes: attributes, get: function (key) { return attributes[key]; } };
  }

  return function (place, type, id) {
    var left = h('aside.card__left', {});
    var middle = h('section.card__feed', {});
    var right = h('aside.card__widgets', { id: 'widgets_block', 'data-empty': t('widgets') });
    var notes = feed(middle, function () { return refresh(); });
    var shownCard = '';

    function draw(card) {
      APP.data.current_card = {
        id: card.id, element_type: APP.element_types[type], model: model(card), $el: $(place), contacts_data: contactsData(card)
      };
      document.title = (card.name || '#' + card.id) + ' \u00b7 Kommo simulator';
      h.fill(left, head(card, refresh), card.contacts.map(function (one) { return person('contacts', one); }),
        card.company && person('companies', card.company), linkedLeads(card));
    }

    function refresh() {
      return api.read('card/' + type + '/' + id).then(function (answer) {
        var now = JSON.stringify(answer.card);
        if (now !== shownCard && !left.querySelector('select:focus')) {
          shownCard = now;
          draw(answer.card);
        }
        notes.show(answer.feed);
      });
    }

    return Promise.resolve(refresh()).then(function () {
      h.fill(place, h('div.card', { 'data-sim': 'card', 'data-type': type, 'data-id': id }, left, middle, right));
      return { refresh: refresh, close: function () { document.title = 'Kommo simulator'; } };
    }, function () { return missing(place); });
  };
});
