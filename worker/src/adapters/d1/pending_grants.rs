//! Codes waiting for their exchange, and exchanged pairs waiting for their Account object. A row is written before
//! the answer to Kommo, which never repeats its install hook. `next_at` is a lease: whoever works on a row has it
//! until then, so the request that received a code and the cron never work on it at once.

use super::{StoreError, first, int, rows, run, text};
use kommo_voip_domain::time::Moment;
use serde::Deserialize;
use worker::D1Database;

/// A grant on its way.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct PendingGrant {
    /// The row.
    pub id: i64,
    /// The sealed code.
    pub code: String,
    /// The account's host.
    pub host: String,
    /// The sealed pair, once the code is used up.
    pub pair: Option<String>,
    /// When the code came, Unix seconds.
    pub received_at: i64,
    /// How often the exchange was begun.
    pub attempts: u32,
}

const COLUMNS: &str = "id, code, host, pair, received_at, attempts";

/// Stores a code that just came; nobody takes it before `next`, so that until then it is the caller's. `None` when this code is already here.
pub async fn add(
    db: &D1Database,
    code_hash: &str,
    sealed_code: &str,
    host: &str,
    now: Moment,
    next: Moment,
) -> Result<Option<PendingGrant>, StoreError> {
    let sql = format!(
        "INSERT INTO pending_grants (code_hash, code, host, received_at, attempts, next_at) VALUES (?1, ?2, ?3, ?4, 1, ?5) \
         ON CONFLICT (code_hash) DO NOTHING RETURNING {COLUMNS}"
    );
    let values = [text(code_hash), text(sealed_code), text(host), int(now.seconds()), int(next.seconds())];
    first(db, "grant store", &sql, &values).await
}

/// Takes what is due, at most one of each host, leased to the caller until `lease`.
pub async fn claim_due(
    db: &D1Database,
    now: Moment,
    lease: Moment,
    limit: i64,
) -> Result<Vec<PendingGrant>, StoreError> {
    let sql = format!(
        "UPDATE pending_grants SET attempts = attempts + 1, next_at = ?2 WHERE id IN \
         (SELECT MIN(id) FROM pending_grants WHERE next_at <= ?1 GROUP BY host ORDER BY MIN(next_at) LIMIT ?3) RETURNING {COLUMNS}"
    );
    rows(db, "grant claim", &sql, &[int(now.seconds()), int(lease.seconds()), int(limit)]).await
}

/// Keeps the exchanged pair: from here on the code is worthless and the pair is all there is.
pub async fn keep_pair(db: &D1Database, id: i64, sealed_pair: &str) -> Result<(), StoreError> {
    run(db, "grant pair", "UPDATE pending_grants SET pair = ?2 WHERE id = ?1", &[int(id), text(sealed_pair)]).await
}

/// Puts a row back for a later try.
pub async fn postpone(db: &D1Database, id: i64, next: Moment, why: &str) -> Result<(), StoreError> {
    let sql = "UPDATE pending_grants SET next_at = ?2, last_error = ?3 WHERE id = ?1";
    run(db, "grant postponement", sql, &[int(id), int(next.seconds()), text(why)]).await
}

/// Removes codes that came before `end` and were never exchanged.
pub async fn sweep(db: &D1Database, end: Moment) -> Result<(), StoreError> {
    let sql = "DELETE FROM pending_grants WHERE pair IS NULL AND received_at < ?1";
    run(db, "grant sweep", sql, &[int(end.seconds())]).await
}

/// Removes a row that is finished or hopeless.
pub async fn remove(db: &D1Database, id: i64) -> Result<(), StoreError> {
    run(db, "grant removal", "DELETE FROM pending_grants WHERE id = ?1", &[int(id)]).await
}
