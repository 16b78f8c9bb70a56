//! Consent, codes, tokens and the hooks around them.

mod consent;
mod disposable;
mod hooks;
mod subdomain;
mod token;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};

pub(crate) use disposable::one_time_token;
pub(crate) use hooks::{install, uninstall};

use crate::{
    crypto,
    problem::Problem,
    state::{Code, Id, Sim, World},
};

/// Routes outside `/api`.
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new()
        .route("/oauth", get(consent::ask))
        .route("/oauth/", get(consent::ask))
        .route("/oauth/allow", post(consent::allow))
        .route("/oauth/deny", post(consent::deny))
        .route("/oauth2/access_token", post(token::exchange))
        .route("/oauth2/account/current/subdomain", get(subdomain::current))
        .route("/oauth2/{*rest}", any(nothing))
        .route("/ajax/v2/integrations/{uuid}/disposable_token", get(disposable::read))
}

async fn nothing(_request: Request) -> Response {
    Problem::not_found().into_response()
}

/// A fresh authorization code for a user of the account.
pub(crate) fn new_code(world: &mut World, account: Id, user: Id) -> Option<String> {
    let issued_at = world.now();
    let code = format!("def502{}", crypto::random_hex(32));
    let account = world.accounts.get_mut(&account)?;
    account.grants.codes.insert(code.clone(), Code { user, issued_at, used: false });
    Some(code)
}

/// The account's address as it stands in `referer`.
pub(crate) fn referer(world: &World, account: Id) -> Option<String> {
    let host = world.accounts.get(&account)?.host();
    Some(if world.switches.referer_with_scheme { format!("https://{host}") } else { host })
}
