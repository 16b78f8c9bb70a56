//! `POST /oauth2/access_token`: codes and refresh tokens become token pairs.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    crypto,
    problem::Problem,
    state::{AccessToken, Config, Id, RefreshReuse, RefreshToken, Sim, World},
    surface::{self, API_DOMAIN, Host, Visitor},
};

/// A code that nobody trades in for so long is worthless, seconds.
const CODE_LIFETIME: f64 = 20.0 * 60.0;
/// A grant that is not refreshed for so long is lost, seconds.
const REFRESH_LIFETIME: f64 = 90.0 * 86_400.0;

/// The route.
pub(crate) async fn exchange(
    State(sim): State<Arc<Sim>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Response {
    let body = surface::body(request).await;
    let mut world = sim.lock();
    match answer(&mut world, &sim.config, &visitor, &body) {
        Ok(pair) => Json(pair).into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn answer(world: &mut World, config: &Config, visitor: &Visitor, body: &[u8]) -> Result<Value, Problem> {
    match visitor.host {
        Host::Www | Host::ApiDomain => {
            return Err(Problem::oauth(400, "Send this request to the account's own address"));
        }
        Host::Unknown => return Err(Problem::oauth(404, "Account not found")),
        Host::Renamed => {
            return Err(Problem::oauth(world.switches.renamed_token_status, "Account not found"));
        }
        Host::Missing if world.switches.require_intended_host => {
            return Err(Problem::oauth(400, "Send this request to the account's own address"));
        }
        Host::Missing | Host::Account(_) => {}
    }
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(body) else {
        return Err(Problem::oauth(400, "The body must be a JSON object"));
    };
    let client_id = text(&body, "client_id")?;
    let secret = text(&body, "client_secret")?;
    let grant = text(&body, "grant_type")?;
    let redirect = text(&body, "redirect_uri")?;
    if client_id != config.client_id || secret != config.client_secret || redirect != config.redirect_uri {
        return Err(Problem::oauth(401, "Client authentication failed"));
    }
    match grant {
        "authorization_code" => by_code(world, config, visitor, text(&body, "code")?),
        "refresh_token" => by_refresh_token(world, config, visitor, text(&body, "refresh_token")?),
        _ => Err(Problem::oauth(400, "Check the `grant_type` parameter")),
    }
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Problem> {
    body.get(name)
        .and_then(Value::as_str)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Problem::oauth(400, format!("Check the `{name}` parameter")))
}

/// The account that holds a code or token, if the request went to its host.
fn holder(world: &World, visitor: &Visitor, holds: impl Fn(&crate::state::Grants) -> bool) -> Option<Id> {
    world.accounts.values().find(|account| holds(&account.grants)).map(|account| account.id).filter(|id| match visitor
        .host
    {
        Host::Account(host) => host == *id,
        _ => true,
    })
}

fn by_code(world: &mut World, config: &Config, visitor: &Visitor, code: &str) -> Result<Value, Problem> {
    let now = world.now();
    let worthless = || Problem::oauth(400, "Authorization code has expired or was used");
    let id = holder(world, visitor, |grants| grants.codes.contains_key(code)).ok_or_else(worthless)?;
    let account = world.accounts.get_mut(&id).ok_or_else(worthless)?;
    let code = account.grants.codes.get_mut(code).ok_or_else(worthless)?;
    if code.used || now - code.issued_at > CODE_LIFETIME {
        return Err(worthless());
    }
    code.used = true;
    let user = code.user;
    let full = account.users.get(&user).is_some_and(|user| user.is_admin);
    if full {
        account.installed = true;
    }
    pair(world, config, id, user, full, None).ok_or_else(worthless)
}

fn by_refresh_token(world: &mut World, config: &Config, visitor: &Visitor, token: &str) -> Result<Value, Problem> {
    let now = world.now();
    let reuse = world.switches.refresh_reuse;
    let revoked = || Problem::oauth(401, "Token has been revoked");
    let id = holder(world, visitor, |grants| grants.refresh.contains_key(token)).ok_or_else(revoked)?;
    let account = world.accounts.get_mut(&id).ok_or_else(revoked)?;
    let known = account.grants.refresh.get(token).cloned().ok_or_else(revoked)?;
    if known.revoked || known.expires_at < now {
        return Err(revoked());
    }
    // Using a token of the new pair is what ends the old one.
    account.grants.outdate(known.parent.as_deref());
    if reuse == RefreshReuse::Revoked {
        account.grants.outdate(Some(token));
    }
    pair(world, config, id, known.user, known.full, Some(token.to_owned())).ok_or_else(revoked)
}

fn pair(world: &mut World, config: &Config, id: Id, user: Id, full: bool, parent: Option<String>) -> Option<Value> {
    let now = world.now();
    let seconds = now as i64;
    let lifetime = world.switches.access_lifetime;
    let claims = json!({
        "aud": config.client_id, "jti": crypto::random_hex(40), "iat": seconds, "nbf": seconds,
        "exp": seconds + lifetime as i64, "sub": user.to_string(), "grant_type": "",
        "account_id": id, "base_domain": "kommo.com", "version": 2,
        "scopes": ["crm", "notifications"], "api_domain": API_DOMAIN,
    });
    let access = crypto::jwt(&claims, &world.token_key);
    let refresh = format!("def502{}", crypto::random_hex(96));
    let grants = &mut world.accounts.get_mut(&id)?.grants;
    grants
        .access
        .insert(access.clone(), AccessToken { user, expires_at: now + lifetime as f64, parent: parent.clone(), full });
    grants.refresh.insert(
        refresh.clone(),
        RefreshToken { user, expires_at: now + REFRESH_LIFETIME, parent, full, revoked: false },
    );
    Some(json!({
        "token_type": "Bearer", "expires_in": lifetime, "server_time": seconds,
        "access_token": access, "refresh_token": refresh,
    }))
}
