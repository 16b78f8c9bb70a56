//! One card: the entity, its fields, what it is linked to and its feed.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{
    boot::CURRENCY,
    feed,
    reader::{Reader, Sight},
};
use crate::{
    problem::Problem,
    state::{Entity, EntityKind, Id, Pipeline, Sim, UnsortedStatus},
};

/// `GET /ajax/page/card/{kind}/{id}`. What may not be seen does not exist.
pub(super) async fn read(
    State(sim): State<Arc<Sim>>,
    reader: Reader,
    Path((kind, id)): Path<(String, Id)>,
) -> Result<Json<Value>, Problem> {
    let world = sim.lock();
    let sight = Sight::of(&world, &reader.0)?;
    let kind = EntityKind::from_plural(&kind).ok_or_else(Problem::not_found)?;
    let entity = sight.entity(kind, id).ok_or_else(Problem::not_found)?;
    Ok(Json(json!({"card": card(sight, kind, entity), "feed": feed::of(sight, kind, id)})))
}

fn card(sight: Sight<'_>, kind: EntityKind, entity: &Entity) -> Value {
    let linked = |other| sight.linked(kind, entity.id, other);
    let contacts: Vec<Value> = linked(EntityKind::Contact).into_iter().map(person).collect();
    let leads: Vec<Value> =
        linked(EntityKind::Lead).into_iter().filter(|lead| !lead.is_unsorted).map(|lead| stage(sight, lead)).collect();
    let company = linked(EntityKind::Company).first().map(|one| person(one));
    let pipeline = pipeline_of(sight, entity);
    json!({
        "type": kind.plural(), "id": entity.id, "name": entity.name,
        "first_name": entity.first_name, "last_name": entity.last_name,
        "created_at": entity.created_at, "responsible_id": entity.responsible_user_id,
        "responsible": sight.name_of(entity.responsible_user_id),
        "fields": fields(entity), "contacts": contacts, "company": company, "leads": leads,
        "price": entity.deal.price, "currency": CURRENCY, "status_id": entity.deal.status_id,
        "incoming": incoming(sight, kind, entity),
        "pipeline": pipeline.map(|pipeline| json!({
            "id": pipeline.id, "name": pipeline.name,
            "statuses": pipeline.statuses.iter().filter(|status| !status.is_incoming)
                .map(|status| json!({"id": status.id, "name": status.name})).collect::<Vec<_>>(),
        })),
    })
}

fn pipeline_of<'a>(sight: Sight<'a>, lead: &Entity) -> Option<&'a Pipeline> {
    let pipelines = &sight.account.pipelines;
    pipelines.iter().find(|pipeline| pipeline.id == lead.deal.pipeline_id)
}

/// A lead in a list: its name, stage and value.
pub(super) fn stage(sight: Sight<'_>, lead: &Entity) -> Value {
    let status = pipeline_of(sight, lead)
        .and_then(|pipeline| pipeline.statuses.iter().find(|status| status.id == lead.deal.status_id));
    json!({
        "id": lead.id, "name": lead.name, "price": lead.deal.price, "currency": CURRENCY,
        "stage": status.map(|status| status.name.as_str()),
        "color": status.map(|status| status.color),
    })
}

/// The uid under which this lead waits to be accepted.
fn incoming(sight: Sight<'_>, kind: EntityKind, entity: &Entity) -> Option<String> {
    let waiting = sight.account.unsorted.iter().find(|waiting| {
        kind == EntityKind::Lead && waiting.status == UnsortedStatus::Pending && waiting.leads.contains(&entity.id)
    })?;
    Some(waiting.uid.clone())
}

fn person(entity: &Entity) -> Value {
    json!({
        "id": entity.id, "name": entity.name, "first_name": entity.first_name,
        "last_name": entity.last_name, "fields": fields(entity),
    })
}

fn fields(entity: &Entity) -> Vec<Value> {
    entity
        .fields
        .iter()
        .map(|field| {
            let values: Vec<Value> = field
                .values
                .iter()
                .map(|one| {
                    let kind = one.enumeration.and_then(|index| field.field.enums.get(index));
                    json!({"value": one.value, "kind": kind.map(|(_, code)| code)})
                })
                .collect();
            json!({"code": field.field.code, "name": field.field.name, "values": values})
        })
        .collect()
}
