//! The sealed token pair of each installation. Only the account's object writes here.

use super::installations::{InstallationId, Named};
use super::{StoreError, first, int, rows, run, text};
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::time::Moment;
use serde::Deserialize;
use worker::D1Database;

/// A sealed pair as stored.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct SealedTokens {
    /// The sealed access token.
    pub access_token: String,
    /// The sealed refresh token.
    pub refresh_token: String,
    /// When the access token ends, Unix seconds.
    pub expires_at: i64,
}

/// Stores the installation's pair in place of the former one.
pub async fn store(
    db: &D1Database,
    installation: InstallationId,
    account: AccountId,
    tokens: &SealedTokens,
    now: Moment,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO kommo_auth_tokens (installation_id, kommo_account_id, access_token, refresh_token, expires_at, \
               seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (installation_id) DO UPDATE SET access_token = excluded.access_token, \
               refresh_token = excluded.refresh_token, expires_at = excluded.expires_at, \
               seen_at = excluded.seen_at";
    let values = [
        int(installation.0),
        int(account.0),
        text(&tokens.access_token),
        text(&tokens.refresh_token),
        int(tokens.expires_at),
        int(now.seconds()),
    ];
    run(db, "token store", sql, &values).await
}

/// The installation's pair.
pub async fn load(db: &D1Database, installation: InstallationId) -> Result<Option<SealedTokens>, StoreError> {
    let sql = "SELECT access_token, refresh_token, expires_at FROM kommo_auth_tokens WHERE installation_id = ?1";
    first(db, "token load", sql, &[int(installation.0)]).await
}

/// Connected accounts whose object was not heard of since `before`, the longest silent first; each counts as seen at
/// `as_if` from now on.
pub async fn claim_silent(
    db: &D1Database,
    before: Moment,
    as_if: Moment,
    limit: i64,
) -> Result<Vec<AccountId>, StoreError> {
    let sql = "UPDATE kommo_auth_tokens SET seen_at = ?2 WHERE id IN (SELECT t.id FROM kommo_auth_tokens t \
               JOIN installations i ON i.id = t.installation_id WHERE t.seen_at < ?1 AND i.connected = 1 \
               ORDER BY t.seen_at LIMIT ?3) RETURNING kommo_account_id";
    let values = [int(before.seconds()), int(as_if.seconds()), int(limit)];
    let found: Vec<Named> = rows(db, "silent installations", sql, &values).await?;
    Ok(found.into_iter().map(|row| row.kommo_account_id).collect())
}

/// Replaces the pair by the same one sealed anew, unless another took its place meanwhile.
pub async fn replace(
    db: &D1Database,
    installation: InstallationId,
    known: &SealedTokens,
    anew: &SealedTokens,
) -> Result<(), StoreError> {
    let sql = "UPDATE kommo_auth_tokens SET access_token = ?2, refresh_token = ?3 \
               WHERE installation_id = ?1 AND access_token = ?4 AND refresh_token = ?5";
    let values = [
        int(installation.0),
        text(&anew.access_token),
        text(&anew.refresh_token),
        text(&known.access_token),
        text(&known.refresh_token),
    ];
    run(db, "token replacement", sql, &values).await
}

/// Forgets the installation's pair.
pub async fn forget(db: &D1Database, installation: InstallationId) -> Result<(), StoreError> {
    run(db, "token removal", "DELETE FROM kommo_auth_tokens WHERE installation_id = ?1", &[int(installation.0)]).await
}
