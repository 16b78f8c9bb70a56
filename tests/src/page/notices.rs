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
    state::{EntityKind, Id, Sim},
};

/// So many last digits of two numbers must agree: the rule of call notices.
const COMPARED: usize = 8;

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
        .filter_map(|notice| shown(sight, notice))
        .collect();
    Ok(Json(json!({"count": all.len(), "notices": fresh})))
}

fn names(notice: &Value, user: Id) -> bool {
    let user_text = user.to_string();
    notice["users"].as_array().is_some_and(|users| {
        users
            .iter()
            .any(|one| one.as_u64() == Some(user) || one.as_str() == Some(&user_text))
    })
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn shown(sight: Sight<'_>, notice: &Value) -> Option<Value> {
    let phone = notice["phone_number"]
        .as_str()
        .map_or_else(|| notice["phone_number"].to_string(), str::to_owned);
    let wanted = digits(&phone);
    let end = wanted.get(wanted.len().checked_sub(COMPARED)?..)?;
    let known = [EntityKind::Contact, EntityKind::Company]
        .into_iter()
        .find_map(|kind| {
            let mut entities = sight.account.entities(kind).values();
            let found = entities.find(|entity| {
                !entity.is_unsorted
                    && sight.sees(kind, entity)
                    && entity
                        .field_texts("PHONE")
                        .iter()
                        .any(|number| digits(number).ends_with(end))
            })?;
            Some((kind, found))
        });
    let link = known.map_or_else(
        || {
            let number: String = form_urlencoded::byte_serialize(phone.as_bytes()).collect();
            format!("/contacts/add/?phone={number}")
        },
        |(kind, entity)| format!("/{}/detail/{}", kind.plural(), entity.id),
    );
    Some(
        json!({"phone": phone, "name": known.map(|(_, entity)| entity.name.as_str()), "link": link}),
    )
}
