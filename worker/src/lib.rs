//! The edge Worker: turns requests, alarms and live messages into domain calls, and answers into D1, KV, Durable
//! Object and HTTP work. Start at [`routes`]; one call is followed end to end in [`account`].
//!
//! All accounts of an isolate share one wasm instance, and a panic replaces it under all of them; therefore nothing
//! here may panic, and `entry.mjs` sees to it that nothing hangs if it happens all the same.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unimplemented,
        clippy::todo,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::await_holding_refcell_ref,
        clippy::disallowed_methods
    )
)]

pub mod routes;
pub mod handlers;
#[allow(missing_docs, reason = "the object's macro adds public functions without a word about them")]
pub mod account;
pub mod gate;
pub mod internal;
pub mod hook_key;
pub mod address_keys;
pub mod sealing;
pub mod config;
pub mod cors;
pub mod respond;
pub mod adapters;
pub mod log;

use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    handlers::serve(request, env, context).await
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    if let Ok(config) = handlers::config(&env) {
        handlers::cron::run(&env, &config).await;
    }
}
