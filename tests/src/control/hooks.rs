//! Installing, removing, and the keys that would otherwise need a browser.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State};
use serde_json::{Value, json};

use super::{Answer, account, object, user};
use crate::{
    oauth,
    problem::Problem,
    state::{SESSION_COOKIE, Sim},
};

/// `POST install`: answers when the hook was answered or its three seconds are over.
pub(super) async fn install(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let (account, user) = {
        let world = sim.lock();
        let id = account(&world, &body)?;
        (id, user(&world, id, &body)?)
    };
    oauth::install(&sim, account, Some(user)).await.map(Json)
}

/// `POST uninstall`: `hook: false` revokes without telling.
pub(super) async fn uninstall(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let account = account(&sim.lock(), &body)?;
    let hook = body.get("hook").and_then(Value::as_bool).unwrap_or(true);
    oauth::uninstall(&sim, account, hook).await.map(Json)
}

/// `POST code`: a fresh authorization code, as the integration's dialog shows it.
pub(super) async fn code(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let account = account(&world, &body)?;
    let user = user(&world, account, &body)?;
    let code = oauth::new_code(&mut world, account, user).ok_or_else(Problem::not_found)?;
    let referer = oauth::referer(&world, account);
    Ok(Json(json!({"code": code, "referer": referer, "userId": user})))
}

/// `POST token`: a one-time token.
pub(super) async fn token(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let world = sim.lock();
    let account = account(&world, &body)?;
    let user = user(&world, account, &body)?;
    let token = oauth::one_time_token(&world, &sim.config, account, user).ok_or_else(Problem::not_found)?;
    Ok(Json(json!({"token": token})))
}

/// `POST session`: signs a person in; the answer is the cookie to send.
pub(super) async fn session(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let account = account(&world, &body)?;
    let user = user(&world, account, &body)?;
    let value = world.sign_in(account, user);
    Ok(Json(json!({"name": SESSION_COOKIE, "value": value, "cookie": format!("{SESSION_COOKIE}={value}")})))
}
