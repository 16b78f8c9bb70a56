//! `/api/v4` and the little of `/api/v2` that telephony needs.
//!
//! One table says which path and method leads where; every handler is a plain function
//! over the remembered world, so that a request takes effect at once or not at all.

mod account;
mod actor;
mod calls;
mod check;
mod complex;
mod custom_fields;
mod draft;
mod entities;
mod events;
mod hal;
mod history;
mod incoming;
mod links;
mod listing;
mod note_changes;
mod note_params;
mod notes;
mod pipelines;
mod rights;
mod search;
mod seeding;
mod tasks;
mod unsorted;
mod users;
mod v2;
pub(crate) mod webhooks;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::Value;

pub(crate) use hal::state_of;
pub(crate) use history::{deleted, merged};
pub(crate) use rights::parse_rights;
pub(crate) use seeding::create_entities;

use crate::{
    problem::Problem,
    state::{Account, Id, Sim, World},
    surface::{self, Visitor},
};
use actor::Actor;

/// Routes of the API.
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new().route("/api/{*rest}", any(serve))
}

/// One request, read and authenticated.
pub(crate) struct Call {
    method: Method,
    /// The path after `/api/`, cut at its slashes.
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
    actor: Actor,
    now: i64,
    /// `https://{account host}`.
    base: String,
}

/// What a handler answers.
pub(crate) enum Reply {
    /// A body with its status.
    Json(u16, Value),
    /// A status alone; for reads: nothing there.
    Empty(u16),
}

type Answer = Result<Reply, Problem>;
type Handler = fn(&mut World, &Call) -> Answer;

impl Call {
    /// The account the request is for.
    fn account<'a>(&self, world: &'a World) -> Result<&'a Account, Problem> {
        world.accounts.get(&self.actor.account).ok_or_else(Problem::not_found)
    }

    fn account_mut<'a>(&self, world: &'a mut World) -> Result<&'a mut Account, Problem> {
        world.accounts.get_mut(&self.actor.account).ok_or_else(Problem::not_found)
    }

    /// A numeric part of the path; anything else names nothing.
    fn id(&self, index: usize) -> Result<Id, Problem> {
        self.path.get(index).and_then(|part| part.parse().ok()).ok_or_else(Problem::not_found)
    }

    fn part(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the comma-separated `with` names this.
    fn with(&self, name: &str) -> bool {
        self.parameter("with").is_some_and(|with| with.split(',').any(|part| part.trim() == name))
    }

    fn json(&self) -> Result<Value, Problem> {
        serde_json::from_slice(&self.body).map_err(|_| Problem::new(400, "The body is not valid JSON"))
    }
}

async fn serve(State(sim): State<Arc<Sim>>, Extension(visitor): Extension<Visitor>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.clone();
    let path: Vec<String> =
        parts.uri.path().trim_start_matches("/api/").trim_end_matches('/').split('/').map(str::to_owned).collect();
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body = surface::body(Request::from_parts(parts.clone(), body)).await.to_vec();
    let answer = {
        let mut world = sim.lock();
        actor::actor(&mut world, &visitor, &parts.headers).and_then(|actor| {
            let base = world
                .accounts
                .get(&actor.account)
                .map(|account| format!("https://{}", account.host()))
                .unwrap_or_default();
            let call = Call { method, path, query, body, now: world.now_seconds(), actor, base };
            dispatch(&mut world, &call)
        })
    };
    sim.hooks_due.notify_one();
    match answer {
        Ok(Reply::Empty(status)) => StatusCode::from_u16(status).unwrap_or_default().into_response(),
        Ok(Reply::Json(status, body)) => {
            let mut response = (StatusCode::from_u16(status).unwrap_or_default(), Json(body)).into_response();
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/hal+json"));
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Paths in the order of the reference; a known path with another method is 405.
fn dispatch(world: &mut World, call: &Call) -> Answer {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let handlers: &[(Method, Handler)] = match path.as_slice() {
        ["v4", "account"] => &[(GET, account::read)],
        ["v4", "users"] => &[(GET, users::list)],
        ["v4", "users", _] => &[(GET, users::read)],
        ["v4", "leads", "pipelines"] => &[(GET, pipelines::list)],
        ["v4", "leads", "pipelines", _] => &[(GET, pipelines::read)],
        ["v4", "leads", "pipelines", _, "statuses"] => &[(GET, pipelines::statuses)],
        ["v4", "leads", "pipelines", _, "statuses", _] => &[(GET, pipelines::status)],
        ["v4", "leads", "complex"] => &[(POST, complex::create)],
        ["v4", "leads", "unsorted"] => &[(GET, unsorted::list)],
        ["v4", "leads", "unsorted", "sip"] => &[(POST, incoming::create_sip)],
        ["v4", "leads", "unsorted", _] => &[(GET, unsorted::read)],
        ["v4", "leads", "unsorted", _, "accept"] => &[(POST, unsorted::accept)],
        ["v4", "leads", "unsorted", _, "decline"] => &[(DELETE, unsorted::decline)],
        ["v4", "calls"] => &[(POST, calls::create)],
        ["v4", "tasks"] => &[(GET, tasks::list), (POST, tasks::create), (PATCH, tasks::update)],
        ["v4", "tasks", _] => &[(GET, tasks::read), (PATCH, tasks::update_one)],
        ["v4", "events"] => &[(GET, events::list)],
        ["v4", "events", _] => &[(GET, events::read)],
        ["v4", "webhooks"] => &[(GET, webhooks::list), (POST, webhooks::subscribe), (DELETE, webhooks::unsubscribe)],
        ["v2", "events"] => &[(POST, v2::notify)],
        ["v4", kind, rest @ ..] if crate::state::EntityKind::from_plural(kind).is_some() => match rest {
            [] => &[(GET, entities::list), (POST, entities::create), (PATCH, entities::update)],
            ["custom_fields"] => &[(GET, entities::custom_fields)],
            ["notes"] => &[(GET, notes::list), (POST, notes::create), (PATCH, note_changes::update)],
            ["notes", _] => &[(GET, notes::read), (PATCH, note_changes::update_one)],
            ["notes", _, "pin"] => &[(POST, notes::pin)],
            ["notes", _, "unpin"] => &[(POST, notes::unpin)],
            [_] => &[(GET, entities::read), (PATCH, entities::update_one)],
            [_, "notes"] => &[(GET, notes::list), (POST, notes::create), (PATCH, note_changes::update)],
            [_, "notes", _] => &[(GET, notes::read), (PATCH, note_changes::update_one)],
            [_, "links"] => &[(GET, links::list)],
            [_, "link"] => &[(POST, links::link)],
            [_, "unlink"] => &[(POST, links::unlink)],
            _ => return Err(Problem::not_found()),
        },
        _ => return Err(Problem::not_found()),
    };
    handlers
        .iter()
        .find(|(method, _)| *method == call.method)
        .ok_or_else(|| Problem::new(405, "Method not allowed"))
        .and_then(|(_, handler)| handler(world, call))
}
