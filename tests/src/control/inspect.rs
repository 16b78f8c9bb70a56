//! Looking in without touching.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
};
use serde_json::{Value, json};

use super::Answer;
use crate::{api, problem::Problem, state::Sim};

/// `GET config`: what the integration is registered with.
pub(super) async fn config(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let config = &sim.config;
    Json(json!({
        "clientId": config.client_id, "clientSecret": config.client_secret, "redirectUri": config.redirect_uri,
        "workerUrl": config.worker_url, "domain": config.domain(),
    }))
}

/// `GET state?account=`.
pub(super) async fn state(State(sim): State<Arc<Sim>>, Query(query): Query<HashMap<String, String>>) -> Answer {
    let world = sim.lock();
    let name = query.get("account").ok_or_else(|| Problem::new(400, "Name the account"))?;
    let account = world
        .find_account(name)
        .and_then(|id| world.accounts.get(&id))
        .ok_or_else(|| Problem::new(404, format!("There is no account {name}")))?;
    let mut state = api::state_of(account);
    // Those under way at this moment are in no list.
    let waiting = world.deliveries.iter().filter(|delivery| delivery.account == account.id);
    let shown = waiting
        .map(|delivery| json!({"webhook": delivery.webhook, "attempts": delivery.attempts, "due": delivery.due}));
    state["deliveries"] = shown.collect();
    Ok(Json(state))
}

/// `GET requests`: those that belong to no account, such as ones to unknown hosts.
pub(super) async fn stray_requests(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(json!({"requests": sim.lock().stray_requests}))
}
