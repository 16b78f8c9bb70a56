//! What shall go wrong.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State};
use serde_json::{Value, json};

use super::Answer;
use crate::{
    problem::Problem,
    state::{Fault, Sim},
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

/// `DELETE faults`.
pub(super) async fn clear(State(sim): State<Arc<Sim>>) -> Json<Value> {
    sim.lock().faults.clear();
    Json(json!({"faults": []}))
}
