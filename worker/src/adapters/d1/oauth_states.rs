//! States of connections under way: single use, ten minutes, bound to the browser that began. Only hashes are kept.

use super::{StoreError, first, int, run, text};
use kommo_voip_domain::time::Moment;
use serde::Deserialize;
use worker::D1Database;

/// Remembers a state.
pub async fn remember(
    db: &D1Database,
    state_hash: &str,
    binding_hash: &str,
    expires: Moment,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO oauth_states (state_hash, binding_hash, expires_at) VALUES (?1, ?2, ?3)";
    run(db, "state store", sql, &[text(state_hash), text(binding_hash), int(expires.seconds())]).await
}

/// Uses a state up; `true` exactly once, for the browser that began and in time.
pub async fn consume(db: &D1Database, state_hash: &str, binding_hash: &str, now: Moment) -> Result<bool, StoreError> {
    #[derive(Deserialize)]
    struct Row {}
    let sql = "UPDATE oauth_states SET used = 1 WHERE state_hash = ?1 AND binding_hash = ?2 AND used = 0 AND expires_at > ?3 \
               RETURNING id";
    let used: Option<Row> =
        first(db, "state use", sql, &[text(state_hash), text(binding_hash), int(now.seconds())]).await?;
    Ok(used.is_some())
}

/// Removes what expired.
pub async fn sweep(db: &D1Database, now: Moment) -> Result<(), StoreError> {
    run(db, "state sweep", "DELETE FROM oauth_states WHERE expires_at <= ?1", &[int(now.seconds())]).await
}
