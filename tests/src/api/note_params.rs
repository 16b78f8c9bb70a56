//! What stands in a note, by its type: calls above all.

use serde_json::{Map, Value, json};

use super::check::Fields;
use crate::state::{Account, EntityKind, Id, Note, Unsorted};

/// The params of a call note; anything else is not kept.
const CALL_PARAMS: [&str; 8] =
    ["uniq", "duration", "source", "link", "phone", "call_responsible", "call_status", "call_result"];

/// Params of a note, checked by its type. `whole`: nothing of an older version stays.
pub(super) fn read_params(
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
        "service_message" | "extended_service_message" => required(&mut params, whole, &["service", "text"]),
        "sms_in" | "sms_out" => required(&mut params, whole, &["text", "phone"]),
        "geolocation" => required(&mut params, whole, &["text", "address", "longitude", "latitude"]),
        "attachment" => required(&mut params, whole, &["file_uuid", "version_uuid", "file_name"]),
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
        Some(_) => fields.fail("InvalidType", "call_responsible", "This value should be of type int or string."),
    }
    if fields.raw("duration").and_then(Value::as_i64).is_some_and(|duration| duration < 0) {
        fields.unknown("duration");
    }
}

/// The note that an incoming lead brings along when it asks for one.
pub(super) fn call_event(account: &Account, id: Id, lead: Id, unsorted: &Unsorted, by: Id, now: i64) -> Note {
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
        responsible_user_id: account.leads.get(&lead).map_or(by, |lead| lead.responsible_user_id),
        created_by: by,
        updated_by: by,
        created_at: now,
        updated_at: now,
        is_pinned: false,
    }
}
