//! Lists of leads, contacts and companies, as far as the reader may see them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{
    card::stage,
    reader::{Reader, Sight},
};
use crate::{
    problem::Problem,
    state::{Entity, EntityKind, Sim, UnsortedStatus},
};

/// `GET /ajax/page/list/{kind}`.
pub(super) async fn read(
    State(sim): State<Arc<Sim>>,
    reader: Reader,
    Path(kind): Path<String>,
) -> Result<Json<Value>, Problem> {
    let kind = EntityKind::from_plural(&kind).ok_or_else(Problem::not_found)?;
    let world = sim.lock();
    let sight = Sight::of(&world, &reader.0)?;
    let items: Vec<Value> = sight
        .account
        .entities(kind)
        .values()
        .rev()
        .filter(|entity| !entity.is_unsorted && sight.sees(kind, entity))
        .map(|entity| item(sight, kind, entity, world.switches.lead_row_phones))
        .collect();
    let everywhere = world.switches.list_actions_everywhere;
    Ok(Json(json!({"items": items, "incoming": incoming(sight, kind), "actionsEverywhere": everywhere})))
}

fn item(sight: Sight<'_>, kind: EntityKind, entity: &Entity, lead_row_phones: bool) -> Value {
    let first = |other| sight.linked(kind, entity.id, other).first().copied();
    let named = |entity: &Entity| json!({"id": entity.id, "name": entity.name});
    let contact = first(EntityKind::Contact).filter(|_| kind != EntityKind::Contact);
    // A lead has no number of its own: calling it means calling its first contact.
    let reached = match kind {
        EntityKind::Lead => contact.filter(|_| lead_row_phones),
        _ => Some(entity),
    };
    let values = |code| reached.map_or_else(Vec::new, |one| one.field_texts(code));
    let mut item = json!({
        "id": entity.id, "name": entity.name, "responsible": sight.name_of(entity.responsible_user_id),
        "phones": values("PHONE"), "emails": values("EMAIL"),
        "contact": contact.map(named),
        "company": first(EntityKind::Company).filter(|_| kind != EntityKind::Company).map(named),
    });
    if kind == EntityKind::Lead
        && let (Some(item), Value::Object(stage)) = (item.as_object_mut(), stage(sight, entity))
    {
        item.extend(stage);
    }
    item
}

fn incoming(sight: Sight<'_>, kind: EntityKind) -> Vec<Value> {
    if kind != EntityKind::Lead {
        return Vec::new();
    }
    sight
        .account
        .unsorted
        .iter()
        .rev()
        .filter(|waiting| waiting.status == UnsortedStatus::Pending)
        .map(|waiting| {
            let name = waiting
                .leads
                .iter()
                .filter_map(|id| sight.account.leads.get(id))
                .chain(waiting.contacts.iter().filter_map(|id| sight.account.contacts.get(id)))
                .map(|entity| entity.name.as_str())
                .find(|name| !name.is_empty())
                .unwrap_or("…");
            json!({"uid": waiting.uid, "name": name, "source": waiting.source_name})
        })
        .collect()
}
