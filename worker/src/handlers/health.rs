//! `GET /health`: the Worker runs and its configuration is complete. It tells nothing else and touches no storage.

use crate::respond;
use worker::{Response, Result};

/// Answers `{"status":"ok"}`; an incomplete configuration was refused before this.
pub fn answer() -> Result<Response> {
    respond::json(&serde_json::json!({"status": "ok"}))
}
