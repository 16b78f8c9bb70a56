//! What shall go wrong.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{Query, State},
};
use serde_json::{Value, json};

use super::{Answer, object};
use crate::{
    problem::Problem,
    state::{Fault, Held, Sim},
};

/// `GET faults`: those not used up yet.
pub(super) async fn list(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(json!({"faults": sim.lock().faults}))
}

/// `POST faults`: adds some; an empty list clears all.
pub(super) async fn add(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let given: Value = serde_json::from_slice(&body).map_err(|_| Problem::new(400, "The body is not valid JSON"))?;
    let list = if given.is_array() { given } else { json!([given]) };
    let faults: Vec<Fault> = serde_json::from_value(list).map_err(|error| Problem::new(400, error.to_string()))?;
    let mut world = sim.lock();
    if faults.is_empty() {
        world.faults.clear();
    }
    world.faults.extend(faults);
    Ok(Json(json!({"faults": world.faults})))
}

/// `DELETE faults`, or those of one account by `?account=`.
pub(super) async fn clear(
    State(sim): State<Arc<Sim>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let account = query.get("account").map(|text| text.parse::<u64>()).transpose();
    let account = account.map_err(|_| Problem::new(400, "account is no number"))?;
    let mut world = sim.lock();
    world.faults.retain(|fault| account.is_some() && fault.account != account);
    Ok(Json(json!({"faults": world.faults})))
}

/// `GET held`: requests that wait to be released, the oldest first.
pub(super) async fn held(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let world = sim.lock();
    let shown =
        world.held.iter().map(|held| json!({"account": held.account, "method": held.method, "path": held.path}));
    Json(json!({"held": shown.collect::<Vec<_>>()}))
}

/// `POST release` `{account, effect}`: the held requests of an account take effect, or never happened.
pub(super) async fn release(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let account = super::account(&world, &body)?;
    let effect = body.get("effect").and_then(Value::as_bool).ok_or_else(|| Problem::new(400, "effect is missing"))?;
    let (ours, others) = std::mem::take(&mut world.held).into_iter().partition(|held| held.account == Some(account));
    world.held = others;
    let ours: Vec<Held> = ours;
    let released = ours.into_iter().filter_map(|held| held.release.send(effect).ok()).count();
    Ok(Json(json!({"released": released})))
}
