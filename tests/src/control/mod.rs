//! `/_sim/`: the strings behind the stage. Never part of the Kommo surface.
//!
//! Accounts are named by id or subdomain, wherever one is asked for.

mod accounts;
mod faults;
mod hooks;
mod inspect;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use crate::{
    phone,
    problem::Problem,
    state::{Id, Sim, World},
    voip,
};

/// Routes of the control surface.
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new()
        .route("/reset", post(reset))
        .route("/config", get(inspect::config))
        .route("/switches", get(read_switches).post(change_switches))
        .route("/accounts", get(accounts::list).post(accounts::create))
        .route("/rename", post(accounts::rename))
        .route("/users", post(accounts::change_user))
        .route("/pipelines", post(accounts::remove_stage))
        .route("/entities", post(accounts::entities))
        .route("/delete", post(accounts::delete))
        .route("/merge", post(accounts::merge))
        .route("/install", post(hooks::install))
        .route("/uninstall", post(hooks::uninstall))
        .route("/code", post(hooks::code))
        .route("/token", post(hooks::token))
        .route("/session", post(hooks::session))
        .route("/state", get(inspect::state))
        .route("/requests", get(inspect::stray_requests))
        .route("/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/held", get(faults::held))
        .route("/release", post(faults::release))
        .route("/phone", post(phone::store))
        .route("/call", post(phone::call))
        .route("/providers", get(voip::providers))
}

type Answer = Result<Json<Value>, Problem>;

/// The body as an object; an empty body is an empty object.
pub(crate) fn object(body: &Bytes) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Problem::new(400, "The body must be a JSON object")),
    }
}

/// The account that `account` or `accountId` names.
pub(crate) fn account(world: &World, body: &Map<String, Value>) -> Result<Id, Problem> {
    let named = body
        .get("account")
        .or_else(|| body.get("accountId"))
        .filter(|value| !value.is_null())
        .ok_or_else(|| Problem::new(400, "Name the account"))?;
    let name = named.as_str().map_or_else(|| named.to_string(), str::to_owned);
    world.find_account(&name).ok_or_else(|| Problem::new(404, format!("There is no account {name}")))
}

/// The user that `userId` or `user` names, or the first administrator.
fn user(world: &World, account: Id, body: &Map<String, Value>) -> Result<Id, Problem> {
    let found = world.accounts.get(&account).ok_or_else(Problem::not_found)?;
    match body.get("userId").or_else(|| body.get("user")) {
        None | Some(Value::Null) => {
            found.admin().map(|admin| admin.id).ok_or_else(|| Problem::new(404, "The account has no administrator"))
        }
        Some(value) => value
            .as_u64()
            .or_else(|| value.as_str()?.parse().ok())
            .filter(|id| found.users.contains_key(id))
            .ok_or_else(|| Problem::new(404, format!("The account has no user {value}"))),
    }
}

async fn reset(State(sim): State<Arc<Sim>>) -> Json<Value> {
    sim.reset();
    Json(json!({"ok": true}))
}

async fn read_switches(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(json!(sim.lock().switches))
}

async fn change_switches(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let changes = Value::Object(object(&body)?);
    let mut world = sim.lock();
    world.switches.change(&changes).map_err(|reason| Problem::new(400, reason))?;
    Ok(Json(json!(world.switches)))
}
