//! Notes: the feed of an entity, where calls stand.

use serde_json::json;

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    entities, history,
    note_params::read_params,
    rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, Id, Note, World},
};

const TYPES: [&str; 9] = [
    "common",
    "call_in",
    "call_out",
    "service_message",
    "extended_service_message",
    "sms_in",
    "sms_out",
    "geolocation",
    "attachment",
];

/// The entity the path names, if it names one.
pub(super) fn path_entity(account: &Account, call: &Call, deed: Deed) -> Result<Option<Id>, Problem> {
    let kind = call.kind()?;
    if call.part(2) == "notes" {
        rights::require_any(account, call.actor, kind, deed)?;
        return Ok(None);
    }
    let id = call.id(2)?;
    let entity = account.entity(kind, id).ok_or_else(Problem::not_found)?;
    rights::require(account, call.actor, kind, deed, entity)?;
    Ok(Some(id))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let account = call.account(world)?;
    let entity_id = path_entity(account, call, Deed::View)?;
    let mut found: Vec<&Note> = account
        .notes
        .values()
        .filter(|note| note.entity == kind && entity_id.is_none_or(|id| note.entity_id == id))
        .filter(|note| {
            account.entity(kind, note.entity_id).is_some_and(|entity| {
                (entity_id.is_some() || !entity.is_unsorted)
                    && rights::may(account, call.actor, kind, Deed::View, entity)
            })
        })
        .filter(|note| {
            call.passes(world, "id", &note.id.to_string())
                && call.passes(world, "note_type", &note.note_type)
                && call.passes(world, "entity_id", &note.entity_id.to_string())
                && call.within(world, "updated_at", note.updated_at)
        })
        .collect();
    if let Some((field, descending)) = call.order(&["updated_at", "id"]) {
        found.sort_by_key(|note| (if field == "id" { 0 } else { note.updated_at }, note.id));
        if descending {
            found.reverse();
        }
    }
    let shown = call.view(|view| found.iter().map(|note| view.note(account, note)).collect());
    call.list("notes", shown, false)
}

/// The note's id in the path: behind `notes`, wherever that stands.
fn note_id(call: &Call) -> Result<Id, Problem> {
    call.id(if call.part(2) == "notes" { 3 } else { 4 })
}

/// The note that the path names.
pub(super) fn find<'a>(account: &'a Account, call: &Call, deed: Deed) -> Result<&'a Note, Problem> {
    let kind = call.kind()?;
    let entity_id = path_entity(account, call, deed)?;
    let note = account
        .notes
        .get(&note_id(call)?)
        .filter(|note| note.entity == kind && entity_id.is_none_or(|id| note.entity_id == id))
        .ok_or_else(Problem::not_found)?;
    let entity = account.entity(kind, note.entity_id).ok_or_else(Problem::not_found)?;
    rights::require(account, call.actor, kind, deed, entity)?;
    Ok(note)
}

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let note = find(account, call, Deed::View)?;
    Ok(Reply::Json(200, call.view(|view| view.note(account, note))))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let now = call.now;
    let on_unsorted = world.switches.notes_on_unsorted;
    let account = call.account(world)?;
    let in_path = path_entity(account, call, Deed::Edit)?;
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut notes = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        if in_path.is_none() && !fields.has("entity_id") {
            fields.missing("entity_id");
        }
        let entity_id = fields.id("entity_id").or(in_path).unwrap_or_default();
        let entity = account
            .entity(kind, entity_id)
            .filter(|entity| in_path.is_none_or(|id| id == entity_id) && (on_unsorted || !entity.is_unsorted));
        if entity.is_none() && (fields.has("entity_id") || in_path.is_some()) {
            fields.unknown("entity_id");
        }
        let note_type = fields.required_text("note_type");
        if !note_type.is_empty() && !TYPES.contains(&note_type.as_str()) {
            fields.unknown("note_type");
        }
        let params = read_params(&mut fields, account, &note_type, true);
        let created_by = fields.author(account, "created_by").unwrap_or(call.actor.user);
        let updated_by = fields.author(account, "updated_by").unwrap_or(created_by);
        let responsible = fields.user(account, "responsible_user_id");
        let created_at = fields.integer("created_at").unwrap_or(now);
        let updated_at = fields.integer("updated_at").unwrap_or(created_at);
        fields.boolean("is_need_to_trigger_digital_pipeline");
        if let Some(entity) = entity {
            rights::require(account, call.actor, kind, Deed::Edit, entity)?;
            notes.push((
                request_id.clone(),
                Note {
                    id: 0,
                    entity: kind,
                    entity_id,
                    note_type,
                    params,
                    responsible_user_id: responsible.unwrap_or(entity.responsible_user_id),
                    created_by,
                    updated_by,
                    created_at,
                    updated_at,
                    is_pinned: false,
                },
            ));
        }
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut replies = Vec::new();
    for (request_id, mut note) in notes {
        note.id = world.new_id();
        replies.push(json!({
            "id": note.id, "entity_id": note.entity_id, "request_id": request_id,
            "_links": call.href(&format!("{}/{}/notes/{}", kind.plural(), note.entity_id, note.id)),
        }));
        store(world, call, note)?;
    }
    Ok(entities::written(call, "notes", replies))
}

/// Stores a note and tells about it.
pub(super) fn store(world: &mut World, call: &Call, note: Note) -> Result<(), Problem> {
    let id = note.id;
    call.account_mut(world)?.notes.insert(id, note);
    history::note_added(world, call.actor.account, id);
    Ok(())
}

fn set_pin(world: &mut World, call: &Call, pinned: bool) -> Answer {
    let id = find(call.account(world)?, call, Deed::Edit)?.id;
    if let Some(note) = call.account_mut(world)?.notes.get_mut(&id) {
        note.is_pinned = pinned;
    }
    Ok(Reply::Empty(204))
}

pub(super) fn pin(world: &mut World, call: &Call) -> Answer {
    set_pin(world, call, true)
}

pub(super) fn unpin(world: &mut World, call: &Call) -> Answer {
    set_pin(world, call, false)
}
