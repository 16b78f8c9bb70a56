//! The snapshot of an account in KV, for reads at the edge. It may be a minute old and never decides a write.

use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::settings::Settings;
use serde::{Deserialize, Serialize};
use worker::Env;

/// The KV binding.
pub const BINDING: &str = "SNAPSHOTS";

/// What page loads may read without waking the account's object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The product is switched on.
    pub active: bool,
    /// The settings.
    pub settings: Settings,
    /// Their version.
    pub version: i64,
}

/// The snapshot could not be read or written; the object's own copy is what counts.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the account snapshot is not available: {0}")]
pub struct SnapshotError(String);

fn key(account: AccountId) -> String {
    // The number changes with the shape, so that old code never reads a newer shape and the other way round.
    format!("account/v1/{account}")
}

fn failed(error: impl std::fmt::Display) -> SnapshotError {
    SnapshotError(error.to_string())
}

/// Removes the account's snapshot.
pub async fn forget(env: &Env, account: AccountId) -> Result<(), SnapshotError> {
    env.kv(BINDING).map_err(failed)?.delete(&key(account)).await.map_err(failed)
}

/// Writes the account's snapshot.
pub async fn put(env: &Env, account: AccountId, snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let store = env.kv(BINDING).map_err(failed)?;
    let json = serde_json::to_string(snapshot).map_err(failed)?;
    store.put(&key(account), json).map_err(failed)?.execute().await.map_err(failed)
}
