//! What checks addresses made under each sealing key ever used; see [`crate::address_keys`].

use super::{StoreError, int, rows, run, text};
use serde::Deserialize;
use worker::D1Database;

/// One address key.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct SealedAddressKey {
    /// The row.
    pub id: i64,
    /// Tells it from others.
    pub fingerprint: String,
    /// The sealed key.
    pub sealed: String,
}

/// All of them.
pub async fn list(db: &D1Database) -> Result<Vec<SealedAddressKey>, StoreError> {
    rows(db, "address keys", "SELECT id, fingerprint, sealed FROM address_keys ORDER BY id", &[]).await
}

/// Adds one, unless it is there.
pub async fn add(db: &D1Database, fingerprint: &str, sealed: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO address_keys (fingerprint, sealed) VALUES (?1, ?2) ON CONFLICT (fingerprint) DO NOTHING";
    run(db, "address key", sql, &[text(fingerprint), text(sealed)]).await
}

/// Stores one that was sealed anew.
pub async fn replace(db: &D1Database, id: i64, sealed: &str) -> Result<(), StoreError> {
    let sql = "UPDATE address_keys SET sealed = ?2 WHERE id = ?1";
    run(db, "address key", sql, &[int(id), text(sealed)]).await
}
