//! What a world is made of, and what passes between it and the Worker.

use super::Awake;
use crate::{Context, Env, Request, Response, Result, State};
use futures_util::future::LocalBoxFuture;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A request on its way out of the Worker.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its method.
    pub method: String,
    /// Where it goes.
    pub url: url::Url,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Received {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// When the Worker dies by itself, counted from the moment this is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Instead of taking its n-th turn: any await of anything may be the last one.
    Turn(u64),
    /// Instead of taking the n-th answer of Kommo, D1, KV or an object: what was asked has happened.
    Answer(u64),
}

/// What a world is made of.
pub struct Setup {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// When it begins, milliseconds since 1970.
    pub begins: i64,
    /// The Worker's variables and secrets.
    pub variables: BTreeMap<String, String>,
    /// What makes the tables of D1.
    pub migrations: Vec<String>,
    /// Where requests go; nothing comes back where a connection breaks.
    pub network: Box<dyn Fn(Sent) -> LocalBoxFuture<'static, Option<Received>>>,
    /// The Worker's handler of requests.
    pub fetch: fn(Request, Env, Context) -> LocalBoxFuture<'static, Result<Response>>,
    /// Makes its objects.
    pub object: fn(State, Env) -> Rc<dyn Awake>,
}
