//! What every request to the simulated Kommo passes on its way in: who asks which host, is
//! it too much, was it told to go wrong. The request is written down whatever becomes of it.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::{
    limits::rate,
    problem::Problem,
    server::Cut,
    state::{Id, RateScope, RequestLine, SESSION_COOKIE, Session, Sim, World},
    strike::{Struck, strike},
};

/// Larger bodies are refused; no documented request comes near.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Which host a request is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// Not said.
    Missing,
    /// The shared host.
    Www,
    /// The host of the `api_domain` claim.
    ApiDomain,
    /// An account's own host of today.
    Account(Id),
    /// A host an account has left.
    Renamed,
    /// Anything else.
    Unknown,
}

/// What the guard found out about a request.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) host: Host,
    /// A person signed in to the CRM page, when the request comes from it.
    pub(crate) session: Option<Session>,
    /// The bearer token.
    pub(crate) token: Option<String>,
}

/// The host of the `api_domain` claim.
pub(crate) const API_DOMAIN: &str = "api-c.kommo.com";

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// The person signed in to the CRM page.
pub(crate) fn session(world: &World, headers: &HeaderMap) -> Option<Session> {
    world.sessions.get(&cookie(headers, SESSION_COOKIE)?).cloned()
}

fn intended_host(headers: &HeaderMap) -> Option<String> {
    let name = header_text(headers, "x-intended-host")
        .map(str::to_owned)
        .or_else(|| header_text(headers, "host").filter(|host| host.ends_with(".kommo.com")).map(str::to_owned))?;
    Some(name.to_ascii_lowercase())
}

fn host(world: &World, name: Option<&str>) -> Host {
    let Some(name) = name.filter(|_| world.switches.require_intended_host) else {
        return Host::Missing;
    };
    match name {
        "www.kommo.com" | "kommo.com" => Host::Www,
        API_DOMAIN => Host::ApiDomain,
        _ => {
            let Some(subdomain) = name.strip_suffix(".kommo.com") else {
                return Host::Unknown;
            };
            if let Some(account) = world.account_by_subdomain(subdomain) {
                Host::Account(account.id)
            } else if world.former_subdomains.contains(subdomain) {
                Host::Renamed
            } else {
                Host::Unknown
            }
        }
    }
}

/// The account a request counts for, wherever that can be seen.
fn account_of(world: &World, visitor: &Visitor, path: &str, body: &[u8], headers: &HeaderMap) -> Option<Id> {
    if let Host::Account(id) = visitor.host {
        return Some(id);
    }
    if let Some(session) = &visitor.session {
        return Some(session.account);
    }
    let holder = |found: &dyn Fn(&crate::state::Grants) -> bool| {
        world.accounts.values().find(|account| found(&account.grants)).map(|account| account.id)
    };
    if let Some(token) = &visitor.token {
        return holder(&|grants| grants.access.contains_key(token));
    }
    if let Some(token) = header_text(headers, "x-refresh-token") {
        return holder(&|grants| grants.refresh.contains_key(token));
    }
    if path == "/oauth2/access_token" {
        let body: Value = serde_json::from_slice(body).ok()?;
        if let Some(code) = body.get("code").and_then(Value::as_str) {
            return holder(&|grants| grants.codes.contains_key(code));
        }
        if let Some(token) = body.get("refresh_token").and_then(Value::as_str) {
            return holder(&|grants| grants.refresh.contains_key(token));
        }
    }
    None
}

/// Where a request was written down.
pub(crate) enum Written {
    Account(Id, usize),
    /// Of the CRM page itself: not an integration's request.
    Nowhere,
}

fn write_down(world: &mut World, account: Option<Id>, browser: bool, line: RequestLine) -> Written {
    if browser {
        return Written::Nowhere;
    }
    match account.and_then(|id| world.accounts.get_mut(&id)) {
        Some(account) => {
            account.requests.push(line);
            Written::Account(account.id, account.requests.len() - 1)
        }
        None => {
            world.stray_requests.push_back(line);
            if world.stray_requests.len() > 1000 {
                world.stray_requests.pop_front();
            }
            Written::Nowhere
        }
    }
}

/// Writes down how a request ended.
pub(crate) fn finish(sim: &Sim, written: &Written, status: u16, dropped: bool) {
    if let Some(line) = line_of(&mut sim.lock(), written) {
        line.status = status;
        line.dropped = dropped;
    }
}

fn line_of<'a>(world: &'a mut World, written: &Written) -> Option<&'a mut RequestLine> {
    match *written {
        Written::Account(id, index) => world.accounts.get_mut(&id)?.requests.get_mut(index),
        Written::Nowhere => None,
    }
}

/// The layer around every route of the Kommo surface.
pub(crate) async fn guard(
    State(sim): State<Arc<Sim>>,
    Extension(cut): Extension<Cut>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return Problem::new(413, "Request body is too large").into_response();
    };
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let name = intended_host(&parts.headers);

    let (written, allowed, strike, account, token) = {
        let mut world = sim.lock();
        let token = header_text(&parts.headers, "authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::to_owned);
        let session = if name.is_none() && token.is_none() { session(&world, &parts.headers) } else { None };
        let visitor = Visitor { host: host(&world, name.as_deref()), session, token };
        let account = account_of(&world, &visitor, &path, &body, &parts.headers);
        let browser = visitor.session.is_some() || path == "/oauth" || path.starts_with("/ajax/");
        let line = RequestLine {
            at: world.now(),
            method: method.clone(),
            path: parts.uri.path_and_query().map_or_else(|| path.clone(), ToString::to_string),
            status: 0,
            host: name.unwrap_or_default(),
            dropped: false,
            fault: None,
        };
        let written = write_down(&mut world, account, browser, line);
        let allowed = if browser {
            Ok(())
        } else {
            let key = match (world.switches.rate_scope, account) {
                (RateScope::Account, Some(id)) => format!("account {id}"),
                _ => format!("address {}", peer.ip()),
            };
            rate(&mut world, &key)
        };
        let strike = allowed.is_ok().then(|| strike(&mut world, &method, &path, account, browser)).flatten();
        if let (Some(strike), Some(line)) = (&strike, line_of(&mut world, &written)) {
            line.fault = Some(strike.kind);
        }
        let token = visitor.token.clone();
        parts.extensions.insert(visitor);
        (written, allowed, strike, account, token)
    };

    if let Err(problem) = allowed {
        let response = problem.into_response();
        finish(&sim, &written, response.status().as_u16(), false);
        return response;
    }
    let request = Request::from_parts(parts, Body::from(body));
    if let Some(strike) = strike {
        return Struck { sim, cut, written, account, token, request, next }.befall(strike).await;
    }
    let response = proper(next.run(request).await);
    finish(&sim, &written, response.status().as_u16(), false);
    response
}

/// The framework's own bare refusals, in the API's form.
pub(crate) fn proper(response: Response) -> Response {
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED if !response.headers().contains_key(header::CONTENT_TYPE) => {
            Problem::new(405, "Method not allowed").into_response()
        }
        _ => response,
    }
}

/// The body of a request the guard has already read.
pub(crate) async fn body(request: Request) -> Bytes {
    axum::body::to_bytes(request.into_body(), BODY_LIMIT).await.unwrap_or_default()
}
