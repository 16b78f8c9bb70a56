//! Call notices a server sent (`POST /api/v2/events`), for the people they name.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reader::{Reader, Sight};
use crate::{
    problem::Problem,
    state::{Entity, EntityKind, Id, Sim},
};

/// Which notices the page has not seen yet.
#[derive(Debug, Deserialize)]
pub(super) struct After {
    after: usize,
}

/// `GET /ajax/page/notices?after=`.
pub(super) async fn read(
    State(sim): State<Arc<Sim>>,
    reader: Reader,
    Query(seen): Query<After>,
) -> Result<Json<Value>, Problem> {
    let world = sim.lock();
    let sight = Sight::of(&world, &reader.0)?;
    let all = &sight.account.notices;
    let fresh: Vec<Value> = all
        .iter()
        .skip(seen.after)
        .filter(|notice| names(notice, sight.user.id))
        .map(|notice| shown(sight, notice))
        .collect();
    Ok(Json(json!({"count": all.len(), "notices": fresh})))
}

fn names(notice: &Value, user: Id) -> bool {
    let user_text = user.to_string();
    notice["users"]
        .as_array()
        .is_some_and(|users| users.iter().any(|one| one.as_u64() == Some(user) || one.as_str() == Some(&user_text)))
}

/// The notice as the page shows it: whose number it is, if this person may know.
fn shown(sight: Sight<'_>, notice: &Value) -> Value {
    let phone = match &notice["phone_number"] {
        Value::String(phone) => phone.clone(),
        other => other.to_string(),
    };
    let known = entity_of(sight, &notice["entity"]);
    let link = known.map_or_else(
        || {
            let number: String = form_urlencoded::byte_serialize(phone.as_bytes()).collect();
            format!("/contacts/add/?phone={number}")
        },
        |(kind, entity)| format!("/{}/detail/{}", kind.plural(), entity.id),
    );
    let name = known.map(|(_, entity)| entity.name.as_str());
    json!({"phone": phone, "name": name, "link": link})
}

fn entity_of<'a>(sight: Sight<'a>, named: &Value) -> Option<(EntityKind, &'a Entity)> {
    let kinds = [EntityKind::Contact, EntityKind::Company, EntityKind::Lead];
    let kind = kinds.into_iter().find(|kind| named["type"] == kind.singular())?;
    Some((kind, sight.entity(kind, named["id"].as_u64()?)?))
}
