//! Notes: the feed of an entity, where calls stand.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    entities, history, rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, EntityKind, Id, Note, NoteMove, ParamsPatch, Unsorted, World},
};

/// The params of a call note; anything else is not kept.
const CALL_PARAMS: [&str; 8] = [
    "uniq",
    "duration",
    "source",
    "link",
    "phone",
    "call_responsible",
    "call_status",
    "call_result",
];

/// Params of a note, checked by its type. `whole`: nothing of an older version stays.
fn read_params(
    fields: &mut Fields<'_>,
    account: &Account,
    note_type: &str,
    whole: bool,
) -> Map<String, Value> {
    if whole && !fields.has("params") {
        fields.missing("params");
    }
    let Some(mut params) = fields.object("params") else {
        return Map::new();
    };
    let kept = match note_type {
        "call_in" | "call_out" => {
            read_call(&mut params, account, whole);
            &CALL_PARAMS[..]
        }
        "common" => required(&mut params, whole, &["text"]),
        "service_message" | "extended_service_message" => {
            required(&mut params, whole, &["service", "text"])
        }
        "sms_in" | "sms_out" => required(&mut params, whole, &["text", "phone"]),
        "geolocation" => required(
            &mut params,
            whole,
            &["text", "address", "longitude", "latitude"],
        ),
        "attachment" => required(
            &mut params,
            whole,
            &["file_uuid", "version_uuid", "file_name"],
        ),
        _ => &[],
    };
    let mut all = params.all().clone();
    all.retain(|name, _| kept.contains(&name.as_str()));
    fields.absorb(params);
    all
}

fn required<'a>(params: &mut Fields<'_>, whole: bool, names: &'a [&'a str]) -> &'a [&'a str] {
    for name in names {
        if whole {
            params.required_text(name);
        } else {
            params.text(name);
        }
    }
    names
}

fn read_call(params: &mut Fields<'_>, account: &Account, whole: bool) {
    if whole {
        params.required_text("source");
        params.required_integer("duration");
    } else {
        params.text("source");
        params.integer("duration");
    }
    call_details(params, account);
}

/// What call notes and `POST /calls` share.
pub(super) fn call_details(fields: &mut Fields<'_>, account: &Account) {
    for name in ["uniq", "link", "phone", "call_result"] {
        fields.text(name);
    }
    if let Some(status) = fields.integer("call_status")
        && !(1..=7).contains(&status)
    {
        fields.unknown("call_status");
    }
    match fields.raw("call_responsible") {
        None | Some(Value::String(_)) => {}
        // A number is a user; a text is a name or a phone and is shown as it is.
        Some(Value::Number(_)) => {
            fields.user(account, "call_responsible");
        }
        Some(Value::Null) => {
            fields.text("call_responsible");
        }
        Some(_) => fields.fail(
            "InvalidType",
            "call_responsible",
            "This value should be of type int or string.",
        ),
    }
    if fields
        .raw("duration")
        .and_then(Value::as_i64)
        .is_some_and(|duration| duration < 0)
    {
        fields.unknown("duration");
    }
}

/// The note that an incoming lead brings along when it asks for one.
pub(super) fn call_event(
    account: &Account,
    id: Id,
    lead: Id,
    unsorted: &Unsorted,
    by: Id,
    now: i64,
) -> Note {
    let mut params = unsorted.metadata.clone();
    params.retain(|name, _| CALL_PARAMS.contains(&name.as_str()));
    params.entry("duration").or_insert(json!(0));
    params.insert("source".to_owned(), json!(unsorted.source_name));
    Note {
        id,
        entity: EntityKind::Lead,
        entity_id: lead,
        note_type: "call_in".to_owned(),
        params,
        responsible_user_id: account
            .leads
            .get(&lead)
            .map_or(by, |lead| lead.responsible_user_id),
        created_by: by,
        updated_by: by,
        created_at: now,
        updated_at: now,
        is_pinned: false,
    }
}

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
fn path_entity(account: &Account, call: &Call, deed: Deed) -> Result<Option<Id>, Problem> {
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

fn find<'a>(account: &'a Account, call: &Call, deed: Deed) -> Result<&'a Note, Problem> {
    let kind = call.kind()?;
    let entity_id = path_entity(account, call, deed)?;
    let note = account
        .notes
        .get(&note_id(call)?)
        .filter(|note| note.entity == kind && entity_id.is_none_or(|id| note.entity_id == id))
        .ok_or_else(Problem::not_found)?;
    let entity = account
        .entity(kind, note.entity_id)
        .ok_or_else(Problem::not_found)?;
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
        let entity = account.entity(kind, entity_id).filter(|entity| {
            in_path.is_none_or(|id| id == entity_id) && (on_unsorted || !entity.is_unsorted)
        });
        if entity.is_none() && (fields.has("entity_id") || in_path.is_some()) {
            fields.unknown("entity_id");
        }
        let note_type = fields.required_text("note_type");
        if !note_type.is_empty() && !TYPES.contains(&note_type.as_str()) {
            fields.unknown("note_type");
        }
        let params = read_params(&mut fields, account, &note_type, true);
        let created_by = fields
            .author(account, "created_by")
            .unwrap_or(call.actor.user);
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

/// A change of a note, checked.
struct Change {
    note_id: Id,
    params: Option<Map<String, Value>>,
    responsible: Option<Id>,
    updated_by: Id,
    updated_at: i64,
}

fn read_change(
    fields: &mut Fields<'_>,
    world: &World,
    account: &Account,
    call: &Call,
    note: &Note,
) -> Change {
    let moved = fields
        .id("entity_id")
        .is_some_and(|id| id != note.entity_id);
    if moved && world.switches.note_move == NoteMove::Refuse {
        fields.unknown("entity_id");
    }
    if fields
        .text("note_type")
        .is_some_and(|note_type| note_type != note.note_type)
    {
        fields.unknown("note_type");
    }
    let params = fields.has("params").then(|| {
        read_params(
            fields,
            account,
            &note.note_type,
            world.switches.note_params == ParamsPatch::Replace,
        )
    });
    fields.author(account, "created_by");
    Change {
        note_id: note.id,
        params,
        responsible: fields.user(account, "responsible_user_id"),
        updated_by: fields
            .author(account, "updated_by")
            .unwrap_or(call.actor.user),
        updated_at: fields.integer("updated_at").unwrap_or(call.now),
    }
}

fn apply(world: &mut World, call: &Call, change: Change) -> Result<Value, Problem> {
    let merge = world.switches.note_params == ParamsPatch::Merge;
    let note = call
        .account_mut(world)?
        .notes
        .get_mut(&change.note_id)
        .ok_or_else(Problem::not_found)?;
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
