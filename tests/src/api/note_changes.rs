//! PATCH of notes: how a recording or a result joins a call that is already written.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    entities,
    note_params::read_params,
    notes::{find, path_entity},
    rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, Id, Note, NoteMove, ParamsPatch, World},
};

/// A change of a note, checked.
struct Change {
    note_id: Id,
    params: Option<Map<String, Value>>,
    responsible: Option<Id>,
    updated_by: Id,
    updated_at: i64,
}

fn read_change(fields: &mut Fields<'_>, world: &World, account: &Account, call: &Call, note: &Note) -> Change {
    let moved = fields.id("entity_id").is_some_and(|id| id != note.entity_id);
    if moved && world.switches.note_move == NoteMove::Refuse {
        fields.unknown("entity_id");
    }
    if fields.text("note_type").is_some_and(|note_type| note_type != note.note_type) {
        fields.unknown("note_type");
    }
    let params = fields
        .has("params")
        .then(|| read_params(fields, account, &note.note_type, world.switches.note_params == ParamsPatch::Replace));
    fields.author(account, "created_by");
    Change {
        note_id: note.id,
        params,
        responsible: fields.user(account, "responsible_user_id"),
        updated_by: fields.author(account, "updated_by").unwrap_or(call.actor.user),
        updated_at: fields.integer("updated_at").unwrap_or(call.now),
    }
}

fn apply(world: &mut World, call: &Call, change: Change) -> Result<Value, Problem> {
    let merge = world.switches.note_params == ParamsPatch::Merge;
    let note = call.account_mut(world)?.notes.get_mut(&change.note_id).ok_or_else(Problem::not_found)?;
    if let Some(params) = change.params {
        if merge {
            note.params.extend(params);
        } else {
            note.params = params;
        }
    }
    note.responsible_user_id = change.responsible.unwrap_or(note.responsible_user_id);
    note.updated_by = change.updated_by;
    note.updated_at = change.updated_at;
    Ok(json!({
        "id": note.id, "entity_id": note.entity_id, "updated_at": note.updated_at,
        "_links": call.href(&format!("{}/{}/notes/{}", note.entity.plural(), note.entity_id, note.id)),
    }))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let account = call.account(world)?;
    let in_path = path_entity(account, call, Deed::Edit)?;
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut changes = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        for name in ["id", "entity_id"] {
            if !fields.has(name) && (name == "id" || in_path.is_none()) {
                fields.missing(name);
            }
        }
        if let Some(id) = fields.id("id") {
            match account.notes.get(&id).filter(|note| note.entity == kind) {
                Some(note) => {
                    if let Some(entity) = account.entity(kind, note.entity_id) {
                        rights::require(account, call.actor, kind, Deed::Edit, entity)?;
                    }
                    let change = read_change(&mut fields, world, account, call, note);
                    changes.push((request_id.clone(), change));
                }
                None => fields.unknown("id"),
            }
        }
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut replies = Vec::new();
    for (request_id, change) in changes {
        let mut reply = apply(world, call, change)?;
        reply["request_id"] = json!(request_id);
        replies.push(reply);
    }
    Ok(entities::written(call, "notes", replies))
}

pub(super) fn update_one(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let note = find(account, call, Deed::Edit)?;
    let object = check::single(call)?;
    let mut fields = Fields::new(&object, "");
    for name in ["note_type", "params"] {
        if !fields.has(name) {
            fields.missing(name);
        }
    }
    if fields.id("id").is_some_and(|id| id != note.id) {
        fields.unknown("id");
    }
    let change = read_change(&mut fields, world, account, call, note);
    fields.done()?;
    Ok(Reply::Json(200, apply(world, call, change)?))
}
