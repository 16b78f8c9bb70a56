//! `POST /api/v4/calls`: Kommo finds the card by the number, or does not store the call.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    note_params, notes, rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, Entity, EntityKind, Id, Note, World},
};

/// Digits that are compared.
const COMPARED: usize = 10;

fn last_digits(text: &str, count: usize) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(count)..].iter().collect()
}

/// Whom a number belongs to: the oldest contact, else the oldest company; then its only
/// active lead, if it has exactly one.
pub(super) fn holder(account: &Account, phone: &str, count: usize, with_unsorted: bool) -> Option<(EntityKind, Id)> {
    let wanted = last_digits(phone, count);
    if wanted.is_empty() {
        return None;
    }
    let has = |entity: &&Entity| {
        !entity.is_deleted
            && (with_unsorted || !entity.is_unsorted)
            && entity.field_texts("PHONE").iter().any(|known| last_digits(known, count) == wanted)
    };
    let (kind, id) = [EntityKind::Contact, EntityKind::Company]
        .into_iter()
        .find_map(|kind| account.entities(kind).values().find(has).map(|entity| (kind, entity.id)))?;
    let active: Vec<Id> = account
        .linked(kind, id, EntityKind::Lead)
        .into_iter()
        .filter(|lead| account.leads.get(lead).is_some_and(Entity::is_active_lead))
        .collect();
    match active.as_slice() {
        [only] => Some((EntityKind::Lead, *only)),
        _ => Some((kind, id)),
    }
}

struct Logged {
    request_id: String,
    note_type: &'static str,
    phone: String,
    params: Map<String, Value>,
    responsible: Option<Id>,
    created_by: Id,
    updated_by: Id,
    created_at: i64,
    updated_at: i64,
}

fn read(fields: &mut Fields<'_>, account: &Account, call: &Call, request_id: &str) -> Logged {
    let direction = fields.required_text("direction");
    let note_type = match direction.as_str() {
        "outbound" => "call_out",
        "inbound" => "call_in",
        _ => {
            if !direction.is_empty() {
                fields.unknown("direction");
            }
            "call_in"
        }
    };
    let phone = fields.required_text("phone");
    fields.required_integer("duration");
    fields.required_text("source");
    note_params::call_details(fields, account);
    let responsible = fields.user(account, "responsible_user_id");
    // Without an author the statistics name the robot.
    let created_by = fields.author(account, "created_by").unwrap_or(0);
    let updated_by = fields.author(account, "updated_by").unwrap_or(created_by);
    let created_at = fields.integer("created_at").unwrap_or(call.now);
    let updated_at = fields.integer("updated_at").unwrap_or(created_at);
    let mut params = fields.all().clone();
    params.retain(|name, _| {
        matches!(
            name.as_str(),
            "uniq" | "duration" | "source" | "link" | "phone" | "call_responsible" | "call_status" | "call_result"
        )
    });
    Logged {
        request_id: request_id.to_owned(),
        note_type,
        phone,
        params,
        responsible,
        created_by,
        updated_by,
        created_at,
        updated_at,
    }
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let with_unsorted = world.switches.calls_match_unsorted;
    let account = call.account(world)?;
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut logged = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        logged.push(read(&mut fields, account, call, &request_id));
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut errors = Vec::new();
    let mut stored = Vec::new();
    for item in logged {
        let account = call.account(world)?;
        let Some((kind, id)) = holder(account, &item.phone, COMPARED, with_unsorted) else {
            errors.push(json!({
                "request_id": item.request_id, "status": 263, "title": "Entity not found",
                "detail": "No contact or company has this number",
            }));
            continue;
        };
        let entity = account.entity(kind, id).ok_or_else(Problem::not_found)?;
        rights::require(account, call.actor, kind, Deed::Edit, entity)?;
        let responsible = item.responsible.unwrap_or(entity.responsible_user_id);
        let note = Note {
            id: world.new_id(),
            entity: kind,
            entity_id: id,
            note_type: item.note_type.to_owned(),
            params: item.params,
            responsible_user_id: responsible,
            created_by: item.created_by,
            updated_by: item.updated_by,
            created_at: item.created_at,
            updated_at: item.updated_at,
            is_pinned: false,
        };
        stored.push(json!({
            "id": note.id, "entity_id": id, "entity_type": kind.singular(), "account_id": call.actor.account,
            "request_id": item.request_id,
            "_embedded": {"entity": {"id": id, "_links": call.href(&format!("{}/{id}", kind.plural()))}},
        }));
        notes::store(world, call, note)?;
    }
    let nothing = stored.is_empty();
    let body = json!({"_total_items": stored.len(), "errors": errors, "_embedded": {"calls": stored}});
    if nothing { Err(Problem::Body { status: 400, body }) } else { Ok(Reply::Json(200, body)) }
}
