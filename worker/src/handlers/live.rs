//! `GET /live?ticket=`: a widget's WebSocket, passed on to the account's object. The ticket names the account; its
//! age and single use are the object's to check. The address holds the ticket, so it is never logged.

use super::Failure;
use crate::adapters::account_object::{self, Forward};
use crate::config::Config;
use crate::cors;
use crate::hook_key;
use crate::respond::Refusal;
use kommo_voip_domain::ids::AccountId;
use worker::{Env, Method, Request, Response};

/// Passes the upgrade to the account's object.
pub async fn answer(request: &Request, env: &Env, config: &Config) -> Result<Response, Failure> {
    let header = |name| request.headers().get(name).ok().flatten();
    if !header("Upgrade").is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket")) {
        return Err(Refusal::BadRequest("This address is for WebSocket connections.").into());
    }
    // Browsers always say where a socket is opened from; other programs may leave it out and gain nothing.
    if header("Origin").is_some_and(|origin| !cors::may_ask(&origin, config)) {
        return Err(Refusal::Forbidden.into());
    }
    let ticket = ticket_of(request).ok_or(Refusal::Unauthorised)?;
    let account = hook_key::account_of_ticket(&ticket, &config.keys).ok_or(Refusal::Unauthorised)?;
    let headers = account_object::outside_headers(request.headers())?;
    // The ticket passed its check, so it is base64url and needs no escaping.
    let forward = Forward { method: Method::Get, path: format!("/live?ticket={ticket}"), headers, body: None };
    Ok(account_object::send(env, account, forward).await?)
}

/// The account whose ticket a request carries.
pub fn account_of(request: &Request, config: &Config) -> Option<AccountId> {
    hook_key::account_of_ticket(&ticket_of(request)?, &config.keys)
}

fn ticket_of(request: &Request) -> Option<String> {
    let url = request.url().ok()?;
    url.query_pairs().find(|(name, _)| name == "ticket").map(|(_, ticket)| ticket.into_owned())
}
