//! `/api/v4/events`: what happened in the account.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, rights, rights::Deed};
use crate::{
    problem::Problem,
    state::{Account, EntityKind, Event, World},
};

/// An event as the API shows it.
pub(super) fn event_json(base: &str, account: &Account, event: &Event) -> Value {
    json!({
        "id": event.id, "type": event.kind, "entity_id": event.entity_id, "entity_type": event.entity_type,
        "created_by": event.created_by, "created_at": event.created_at, "value_after": event.value_after,
        "value_before": event.value_before, "account_id": account.id,
        "_links": {"self": {"href": format!("{base}/api/v4/events/{}", event.id)}},
        "_embedded": {"entity": {"id": event.entity_id}},
    })
}

fn visible(account: &Account, call: &Call, event: &Event) -> bool {
    let kind = match event.entity_type {
        "lead" => EntityKind::Lead,
        "contact" => EntityKind::Contact,
        "company" => EntityKind::Company,
        _ => return true,
    };
    account
        .entities(kind)
        .get(&event.entity_id)
        .is_some_and(|entity| rights::may(account, call.actor, kind, Deed::View, entity))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let shown = account
        .events
        .iter()
        .rev()
        .filter(|event| visible(account, call, event))
        .filter(|event| {
            call.passes(world, "id", &event.id)
                && call.passes(world, "type", event.kind)
                && call.passes(world, "entity", event.entity_type)
                && call.passes(world, "entity_id", &event.entity_id.to_string())
                && call.passes(world, "created_by", &event.created_by.to_string())
                && call.within(world, "created_at", event.created_at)
        })
        .map(|event| event_json(&call.base, account, event))
        .collect();
    call.list("events", shown, false)
}

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let event = account
        .events
        .iter()
        .find(|event| event.id == call.part(2) && visible(account, call, event))
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::Json(200, event_json(&call.base, account, event)))
}
