//! `GET /health`: the Worker runs and its configuration is complete. It tells nothing of any account.

use crate::adapters::gate;
use crate::config::{Config, RateScope};
use crate::log;
use crate::respond;
use serde_json::json;
use worker::{Env, Response, Result};

/// Answers `{"status":"ok"}`; an incomplete configuration was refused before this. Where all accounts share one limit,
/// it also says that they are paused, or that their gate does not answer.
pub async fn answer(env: &Env, config: &Config) -> Result<Response> {
    if config.rate_scope == RateScope::Account {
        return respond::json(&json!({"status": "ok"}));
    }
    match gate::paused(env).await {
        Ok(None) => respond::json(&json!({"status": "ok"})),
        Ok(Some(pause)) => respond::json(&json!({"status": "paused", "seconds": (pause.0 + 999) / 1000})),
        Err(error) => {
            log::error(gate::UNREACHABLE, &[("error", error.to_string().into())]);
            Ok(respond::json(&json!({"status": "gate_unreachable"}))?.with_status(503))
        }
    }
}
