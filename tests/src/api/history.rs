//! What is told after something happened: the account's events and its webhooks.

use serde_json::{Value, json};

use super::webhooks;
use crate::{
    crypto,
    state::{Account, Entity, EntityKind, Event, Id, Indexed, World},
};

/// Adds a line to the account's history.
pub(super) fn event(
    account: &mut Account,
    kind: &'static str,
    entity_type: &'static str,
    entity_id: Id,
    by: Id,
    at: i64,
    after: Value,
) {
    account.events.push(Event {
        id: format!("01{}", crypto::random_hex(12)),
        kind,
        entity_type,
        entity_id,
        created_by: by,
        created_at: at,
        value_after: after,
        value_before: json!([]),
    });
}

/// An entity appeared in the lists.
pub(super) fn added(world: &mut World, account: Id, kind: EntityKind, id: Id) {
    let at = world.now_seconds();
    let Some(found) = world.accounts.get_mut(&account) else {
        return;
    };
    let Some(entity) = found.entities(kind).get(&id).cloned() else {
        return;
    };
    let name = match kind {
        EntityKind::Lead => "lead_added",
        EntityKind::Contact => "contact_added",
        EntityKind::Company => "company_added",
    };
    event(found, name, kind.singular(), id, entity.created_by, at, json!([]));
    tell_entity(world, account, kind, &["add"], &entity, &[]);
}

/// An entity changed.
pub(super) fn updated(world: &mut World, account: Id, kind: EntityKind, before: &Entity, by: Id) {
    let at = world.now_seconds();
    let Some(found) = world.accounts.get_mut(&account) else {
        return;
    };
    let Some(entity) = found.entities(kind).get(&before.id).cloned() else {
        return;
    };
    let mut further: Vec<(&str, String)> = Vec::new();
    if entity.deal.status_id != before.deal.status_id {
        let after = json!([{"lead_status": {"id": entity.deal.status_id, "pipeline_id": entity.deal.pipeline_id}}]);
        event(found, "lead_status_changed", kind.singular(), entity.id, by, at, after);
        further.push(("old_status_id", before.deal.status_id.to_string()));
    }
    let moved = !further.is_empty();
    let handed_over = entity.responsible_user_id != before.responsible_user_id;
    if handed_over {
        let after = json!([{"responsible_user": {"id": entity.responsible_user_id}}]);
        event(found, "entity_responsible_changed", kind.singular(), entity.id, by, at, after);
        further.push(("old_responsible_user_id", before.responsible_user_id.to_string()));
    }
    // The owner of a contact or company has no action of its own (Kommo API reference: webhooks).
    let owner_is_an_update = handed_over && kind != EntityKind::Lead;
    let actions: &[&str] = if owner_is_an_update { &["update", "responsible"] } else { &["update"] };
    tell_entity(world, account, kind, actions, &entity, &further);
    if moved {
        tell_entity(world, account, kind, &["status"], &entity, &further);
    }
    if handed_over && !owner_is_an_update {
        tell_entity(world, account, kind, &["responsible"], &entity, &further);
    }
}

/// A contact or company was linked to a lead. Kommo's payload knows linked leads; whether a new link alone is told, no
/// source says.
pub(super) fn linked(world: &mut World, account: Id, (kind, id): (EntityKind, Id), by: Id) {
    if !world.switches.links_told {
        return;
    }
    let entity = world.accounts.get(&account).and_then(|account| account.entity(kind, id)).cloned();
    if let Some(entity) = entity.filter(|entity| !entity.is_unsorted) {
        tell_entity(world, account, kind, &["update"], &Entity { updated_by: by, ..entity }, &[]);
    }
}

/// One entity was merged into another of its kind: its numbers, links and notes live on there, it is gone. Search finds
/// the numbers at once, as if some time had passed since.
pub(crate) fn merged(world: &mut World, account: Id, kind: EntityKind, [from, into]: [Id; 2], by: Id) {
    let at = world.now_seconds();
    let Some(found) = world.accounts.get_mut(&account) else {
        return;
    };
    let (Some(lost), Some(before)) = (found.entity(kind, from).cloned(), found.entity(kind, into).cloned()) else {
        return;
    };
    let mut entity = Entity { updated_by: by, updated_at: at, ..before.clone() };
    for field in lost.fields {
        match entity.fields.iter_mut().find(|known| known.field.id == field.field.id) {
            Some(known) => known.values.extend(field.values),
            None => entity.fields.push(field),
        }
    }
    entity.indexed = Indexed::default();
    found.entities_mut(kind).insert(into, entity);
    for link in &mut found.links {
        for end in [&mut link.from, &mut link.to] {
            if *end == (kind, from) {
                *end = (kind, into);
            }
        }
    }
    for note in found.notes.values_mut().filter(|note| (note.entity, note.entity_id) == (kind, from)) {
        note.entity_id = into;
    }
    for task in found.tasks.values_mut().filter(|task| task.entity == Some((kind, from))) {
        task.entity = Some((kind, into));
    }
    event(found, "entity_merged", kind.singular(), into, by, at, json!([]));
    deleted(world, account, kind, from, by);
    updated(world, account, kind, &before, by);
}

/// An entity is gone.
pub(crate) fn deleted(world: &mut World, account: Id, kind: EntityKind, id: Id, by: Id) {
    let at = world.now_seconds();
    let Some(found) = world.accounts.get_mut(&account) else {
        return;
    };
    let Some(entity) = found.entities_mut(kind).get_mut(&id) else {
        return;
    };
    entity.is_deleted = true;
    entity.updated_at = at;
    let entity = entity.clone();
    let name = match kind {
        EntityKind::Lead => "lead_deleted",
        EntityKind::Contact => "contact_deleted",
        EntityKind::Company => "company_deleted",
    };
    event(found, name, kind.singular(), id, by, at, json!([]));
    tell_entity(world, account, kind, &["delete"], &entity, &[]);
}

fn tell_entity(
    world: &mut World,
    account: Id,
    kind: EntityKind,
    actions: &[&str],
    entity: &Entity,
    further: &[(&str, String)],
) {
    let action = actions.first().copied().unwrap_or_default();
    let leads = world.accounts.get(&account).map(|account| account.linked(kind, entity.id, EntityKind::Lead));
    let group = if kind == EntityKind::Lead { "leads" } else { "contacts" };
    let prefix = format!("{group}[{action}][0]");
    let mut pairs = vec![(format!("{prefix}[id]"), entity.id.to_string())];
    let mut put = |name: &str, value: String| pairs.push((format!("{prefix}[{name}]"), value));
    if kind == EntityKind::Lead {
        put("status_id", entity.deal.status_id.to_string());
        put("pipeline_id", entity.deal.pipeline_id.to_string());
    } else {
        put("type", kind.singular().to_owned());
    }
    if action != "delete" {
        put("name", entity.name.clone());
        put("responsible_user_id", entity.responsible_user_id.to_string());
        put("created_user_id", entity.created_by.to_string());
        put("modified_user_id", entity.updated_by.to_string());
        put("created_at", entity.created_at.to_string());
        put("updated_at", entity.updated_at.to_string());
        put("last_modified", entity.updated_at.to_string());
        put("account_id", account.to_string());
        if kind == EntityKind::Lead {
            put("price", entity.deal.price.to_string());
            put("date_create", entity.created_at.to_string());
        }
        if kind == EntityKind::Company {
            for lead in leads.into_iter().flatten() {
                put(&format!("linked_leads_id][{lead}][ID"), lead.to_string());
            }
        }
        for (index, field) in entity.fields.iter().enumerate() {
            put(&format!("custom_fields][{index}][id"), field.field.id.to_string());
            put(&format!("custom_fields][{index}][code"), field.field.code.to_owned());
            for (at, value) in field.values.iter().enumerate() {
                let text = value.value.as_str().unwrap_or_default().to_owned();
                put(&format!("custom_fields][{index}][values][{at}][value"), text);
            }
        }
        for (name, value) in further {
            put(name, value.clone());
        }
    }
    let events: Vec<String> = actions.iter().map(|action| format!("{action}_{}", kind.singular())).collect();
    webhooks::tell(world, account, &events, &pairs);
}

/// A note was written into the feed of an entity.
pub(super) fn note_added(world: &mut World, account: Id, note: Id) {
    let Some(found) = world.accounts.get_mut(&account) else {
        return;
    };
    let Some(note) = found.notes.get(&note).cloned() else {
        return;
    };
    let name = match note.note_type.as_str() {
        "call_in" => "incoming_call",
        "call_out" => "outgoing_call",
        "sms_in" => "incoming_sms",
        "sms_out" => "outgoing_sms",
        "common" => "common_note_added",
        _ => "service_note_added",
    };
    let after = json!([{"note": {"id": note.id}}]);
    event(found, name, note.entity.singular(), note.entity_id, note.created_by, note.created_at, after);
    let group = if note.entity == EntityKind::Lead { "leads" } else { "contacts" };
    let prefix = format!("{group}[note][0][note]");
    let text = note.params.get("text").and_then(Value::as_str).unwrap_or_default();
    let pairs = vec![
        (format!("{prefix}[id]"), note.id.to_string()),
        (format!("{prefix}[text]"), text.to_owned()),
        (format!("{prefix}[element_id]"), note.entity_id.to_string()),
        (format!("{prefix}[created_by]"), note.created_by.to_string()),
        (format!("{prefix}[created_at]"), note.created_at.to_string()),
        (format!("{prefix}[account_id]"), account.to_string()),
    ];
    webhooks::tell(world, account, &[format!("note_{}", note.entity.singular())], &pairs);
}

/// A task was set.
pub(super) fn task_added(world: &mut World, account: Id, task: Id) {
    let Some(found) = world.accounts.get_mut(&account) else {
        return;
    };
    let Some(task) = found.tasks.get(&task).cloned() else {
        return;
    };
    event(
        found,
        "task_added",
        "task",
        task.id,
        task.created_by,
        task.created_at,
        json!([{"task": {"text": task.text}}]),
    );
    let element = task.entity.map_or("", |(kind, _)| match kind {
        EntityKind::Contact => "1",
        EntityKind::Lead => "2",
        EntityKind::Company => "3",
    });
    let pairs = [
        ("id", task.id.to_string()),
        ("element_id", task.entity.map_or_else(String::new, |(_, id)| id.to_string())),
        ("element_type", element.to_owned()),
        ("task_type", task.task_type_id.to_string()),
        ("text", task.text.clone()),
        ("status", u8::from(task.is_completed).to_string()),
        ("account_id", account.to_string()),
        ("responsible_user_id", task.responsible_user_id.to_string()),
        ("complete_before", task.complete_till.to_string()),
        ("created_at", task.created_at.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("task[add][0][{name}]"), value));
    webhooks::tell(world, account, &["add_task".to_owned()], &pairs.collect::<Vec<_>>());
}
