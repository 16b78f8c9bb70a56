//! `GET /api/v4/account`.

use serde_json::{Value, json};

use super::{Answer, Call, Reply};
use crate::state::World;

/// Kinds of tasks every account has.
pub(crate) const TASK_TYPES: [(u64, &str, &str); 2] = [(1, "Follow-up", "FOLLOW_UP"), (2, "Meeting", "MEETING")];

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let admin = account.admin().map_or(0, |user| user.id);
    let mut body = json!({
        "id": account.id, "name": account.name, "subdomain": account.subdomain, "language": "en",
        "created_at": account.created_at, "created_by": admin, "updated_at": account.created_at, "updated_by": admin,
        "current_user_id": call.actor.user, "country": "DE", "currency": "EUR", "currency_symbol": "€",
        "customers_mode": "unavailable", "is_unsorted_on": account.unsorted_on, "mobile_feature_version": 0,
        "is_loss_reason_enabled": true, "is_helpbot_enabled": false, "is_technical_account": false,
        "contact_name_display_order": 1,
        "_links": call.href("account"),
    });
    let mut embedded = json!({});
    let with = |name: &str, value: Value, target: &mut Value| {
        if call.with(name) {
            target[name] = value;
        }
    };
    with("amojo_id", json!(format!("a0e1-{}", account.id)), &mut body);
    with("uuid", json!(format!("u0e1-{}", account.id)), &mut body);
    with("version", json!(10), &mut body);
    with("drive_url", json!("https://drive-c.kommo.com"), &mut body);
    with("is_api_filter_enabled", json!(!world.switches.filters_ignored), &mut body);
    with("amojo_rights", json!({"can_direct": true, "can_create_groups": true}), &mut embedded);
    with(
        "users_groups",
        json!(account.groups.iter().map(|(id, name)| json!({"id": id, "name": name})).collect::<Vec<_>>()),
        &mut embedded,
    );
    with(
        "task_types",
        json!(
            TASK_TYPES
                .iter()
                .map(|(id, name, code)| json!({"id": id, "name": name, "color": null, "icon_id": null, "code": code}))
                .collect::<Vec<_>>()
        ),
        &mut embedded,
    );
    with("entity_names", json!({"leads": {"en": {"singular_form": "Lead", "plural_form": "Leads"}}}), &mut embedded);
    with(
        "datetime_settings",
        json!({
            "date_pattern": "d.m.Y H:i", "short_date_pattern": "d.m.Y", "short_time_pattern": "H:i",
            "date_format": "d.m.Y", "time_format": "H:i:s", "timezone": "Europe/Berlin", "timezone_offset": "+01:00",
        }),
        &mut embedded,
    );
    if embedded.as_object().is_some_and(|embedded| !embedded.is_empty()) {
        body["_embedded"] = embedded;
    }
    Ok(Reply::Json(200, body))
}
