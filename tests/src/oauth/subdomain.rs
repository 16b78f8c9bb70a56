//! Where an account lives today, for those who only hold its refresh token.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    problem::Problem,
    state::Sim,
    surface::{Host, Visitor},
};

/// `GET /oauth2/account/current/subdomain` at the host of the `api_domain` claim.
pub(crate) async fn current(
    State(sim): State<Arc<Sim>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Response {
    let world = sim.lock();
    let open = !world.switches.require_intended_host;
    if visitor.host != Host::ApiDomain && !open {
        return Problem::not_found().into_response();
    }
    let token = headers.get("x-refresh-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = world.now();
    let found = world.accounts.values().find(|account| {
        account.grants.refresh.get(token).is_some_and(|known| !known.revoked && known.expires_at > now)
    });
    match found {
        Some(account) => Json(json!({
            "id": account.id, "subdomain": account.subdomain, "domain": account.host(),
            "top_level_domain": "com",
        }))
        .into_response(),
        None => Problem::new(401, "Token has been revoked").into_response(),
    }
}
