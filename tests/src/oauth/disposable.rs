//! One-time tokens: what the CRM page gives a widget to show to its own server.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    crypto,
    problem::Problem,
    state::{Config, Id, Sim, World},
    surface::Visitor,
};

/// A one-time token is good for so long, seconds.
const LIFETIME: i64 = 1800;

/// A token for this user of this account, or nothing if there is no such user.
pub(crate) fn one_time_token(world: &World, config: &Config, account: Id, user: Id) -> Option<String> {
    let account = world.accounts.get(&account)?;
    let user = account.users.get(&user)?;
    let now = world.now_seconds();
    let mut claims = json!({
        "iss": format!("https://{}", account.host()), "aud": config.audience(),
        "jti": crypto::random_uuid(), "iat": now, "nbf": now, "exp": now + LIFETIME,
        "account_id": account.id, "user_id": user.id, "subdomain": account.subdomain,
        "client_uuid": config.client_id,
    });
    if world.switches.token_is_admin {
        claims["is_admin"] = json!(user.is_admin);
    }
    Some(crypto::jwt(&claims, &config.client_secret))
}

/// `GET /ajax/v2/integrations/{uuid}/disposable_token` of the CRM page.
pub(crate) async fn read(
    State(sim): State<Arc<Sim>>,
    Extension(visitor): Extension<Visitor>,
    Path(uuid): Path<String>,
    headers: HeaderMap,
) -> Response {
    let asked_by_script = headers.get("x-requested-with").is_some_and(|value| value == "XMLHttpRequest");
    let Some(session) = visitor.session.filter(|_| asked_by_script) else {
        return Problem::new(401, "Unauthorized").into_response();
    };
    let world = sim.lock();
    if uuid != sim.config.client_id {
        return Problem::not_found().into_response();
    }
    match one_time_token(&world, &sim.config, session.account, session.user) {
        Some(token) => Json(json!({"token": token})).into_response(),
        None => Problem::new(401, "Unauthorized").into_response(),
    }
}
