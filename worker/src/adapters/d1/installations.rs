//! One row per Kommo account that ever installed us. A reinstall revives the row: same id, same hook key.

use super::{StoreError, failed, first, flag, int, optional, rows, run, statement, text};
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::time::Moment;
use serde::Deserialize;
use worker::D1Database;

/// The id of an installation, the one every other table carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstallationId(pub i64);

/// One installation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Installation {
    /// Our id.
    pub id: InstallationId,
    /// The Kommo account.
    pub kommo_account_id: AccountId,
    /// The account's subdomain, as last seen.
    pub subdomain: String,
    /// The account's host, as last seen; where its requests go.
    pub host: String,
    /// Where to ask for the host after a rename.
    pub api_domain: Option<String>,
    /// Names and authorises the account's webhook address.
    pub hook_key: String,
    #[serde(rename = "connected")]
    connected_flag: i64,
    /// When Kommo told us of the uninstall, Unix seconds.
    pub uninstalled_at: Option<i64>,
    /// When the data of the uninstalled account was erased, Unix seconds.
    pub erased_at: Option<i64>,
}

impl Installation {
    /// Kommo's grant is believed to be good.
    pub fn is_connected(&self) -> bool {
        self.connected_flag != 0
    }
}

/// What a grant tells of an account.
#[derive(Debug, Clone, Copy)]
pub struct Granted<'a> {
    /// The account.
    pub account: AccountId,
    /// Its host.
    pub host: &'a str,
    /// Its subdomain.
    pub subdomain: &'a str,
    /// Where to ask for the host after a rename.
    pub api_domain: Option<&'a str>,
    /// The hook key to use if the account has none yet.
    pub hook_key: &'a str,
}

const COLUMNS: &str = "id, kommo_account_id, subdomain, host, api_domain, hook_key, connected, uninstalled_at, \
                       erased_at";

/// The installation of an account.
pub async fn find_by_account(db: &D1Database, account: AccountId) -> Result<Option<Installation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM installations WHERE kommo_account_id = ?1");
    first(db, "installation by account", &sql, &[int(account.0)]).await
}

/// The installation whose account was last seen at a host; the newest word wins, since hosts change hands.
pub async fn find_by_host(db: &D1Database, host: &str) -> Result<Option<Installation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM installations WHERE host = ?1 ORDER BY updated_at DESC LIMIT 1");
    first(db, "installation by host", &sql, &[text(host)]).await
}

/// Makes the account's installation, or revives it with its id and hook key kept; connected either way.
pub async fn upsert(db: &D1Database, granted: Granted<'_>, now: Moment) -> Result<Installation, StoreError> {
    let sql = format!(
        "INSERT INTO installations (kommo_account_id, subdomain, host, api_domain, hook_key, connected, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6) \
         ON CONFLICT (kommo_account_id) DO UPDATE SET subdomain = excluded.subdomain, host = excluded.host, \
         api_domain = COALESCE(excluded.api_domain, api_domain), connected = 1, uninstalled_at = NULL, erased_at = NULL, updated_at = excluded.updated_at \
         RETURNING {COLUMNS}"
    );
    let values = [
        int(granted.account.0),
        text(granted.subdomain),
        text(granted.host),
        optional(granted.api_domain),
        text(granted.hook_key),
        int(now.seconds()),
    ];
    first(db, "installation upsert", &sql, &values)
        .await?
        .ok_or_else(|| StoreError { what: "installation upsert", detail: "no row came back".to_owned() })
}

/// Follows a renamed account.
pub async fn set_host(
    db: &D1Database,
    id: InstallationId,
    host: &str,
    subdomain: &str,
    now: Moment,
) -> Result<(), StoreError> {
    let sql = "UPDATE installations SET host = ?2, subdomain = ?3, updated_at = ?4 WHERE id = ?1";
    run(db, "installation host", sql, &[int(id.0), text(host), text(subdomain), int(now.seconds())]).await
}

/// Replaces the hook key, when the provider's connection gets its own address.
pub async fn set_hook_key(db: &D1Database, id: InstallationId, hook_key: &str, now: Moment) -> Result<(), StoreError> {
    let sql = "UPDATE installations SET hook_key = ?2, updated_at = ?3 WHERE id = ?1";
    run(db, "installation hook key", sql, &[int(id.0), text(hook_key), int(now.seconds())]).await
}

/// Notes that the grant works again, or no longer.
pub async fn set_connected(
    db: &D1Database,
    id: InstallationId,
    connected: bool,
    now: Moment,
) -> Result<(), StoreError> {
    let sql = "UPDATE installations SET connected = ?2, uninstalled_at = CASE WHEN ?2 = 1 THEN NULL ELSE uninstalled_at END, \
               updated_at = ?3 WHERE id = ?1";
    run(db, "installation connection", sql, &[int(id.0), flag(connected), int(now.seconds())]).await
}

/// Notes since when the account is uninstalled.
pub async fn set_uninstalled(db: &D1Database, id: InstallationId, since: Moment) -> Result<(), StoreError> {
    let sql = "UPDATE installations SET connected = 0, uninstalled_at = ?2, updated_at = ?2 WHERE id = ?1";
    run(db, "uninstall", sql, &[int(id.0), int(since.seconds())]).await
}

/// Removes everything of an account that is still uninstalled, but for the row that says so.
pub async fn erase(db: &D1Database, id: InstallationId, now: Moment) -> Result<(), StoreError> {
    const WHAT: &str = "erasure";
    let mut batch = Vec::new();
    for table in ["kommo_auth_tokens", "widget_settings", "voip_users"] {
        let sql = format!(
            "DELETE FROM {table} WHERE installation_id IN \
             (SELECT id FROM installations WHERE id = ?1 AND uninstalled_at IS NOT NULL)"
        );
        batch.push(statement(db, WHAT, &sql, &[int(id.0)])?);
    }
    let sql = "UPDATE installations SET erased_at = ?2, subdomain = '', host = '', api_domain = NULL, sealed_with = NULL \
               WHERE id = ?1 AND uninstalled_at IS NOT NULL";
    batch.push(statement(db, WHAT, sql, &[int(id.0), int(now.seconds())])?);
    db.batch(batch).await.map(|_| ()).map_err(failed(WHAT))
}

/// Notes under which key everything of the account's object is sealed.
pub async fn set_sealed_with(db: &D1Database, id: InstallationId, key: &str) -> Result<(), StoreError> {
    run(db, "sealing key", "UPDATE installations SET sealed_with = ?2 WHERE id = ?1", &[int(id.0), text(key)]).await
}

/// What objects are woken for, beside their own alarms.
#[derive(Debug, Clone, Copy)]
pub struct Chores<'a> {
    /// Everything has to be sealed with this key.
    pub key: &'a str,
    /// Accounts that were uninstalled before have to be erased.
    pub uninstalled_before: Moment,
    /// An object that was woken is left alone until then.
    pub again: Moment,
}

/// Accounts whose object has a chore, the longest waiting first.
pub async fn with_chores(
    db: &D1Database,
    chores: Chores<'_>,
    now: Moment,
    limit: i64,
) -> Result<Vec<AccountId>, StoreError> {
    let sql = "UPDATE installations SET wake_at = ?4 WHERE id IN (SELECT id FROM installations WHERE wake_at <= ?3 \
               AND erased_at IS NULL AND (sealed_with IS NOT ?1 OR uninstalled_at < ?2) ORDER BY wake_at LIMIT ?5) \
               RETURNING kommo_account_id";
    let values = [
        text(chores.key),
        int(chores.uninstalled_before.seconds()),
        int(now.seconds()),
        int(chores.again.seconds()),
        int(limit),
    ];
    let found: Vec<Named> = rows(db, "installations with chores", sql, &values).await?;
    Ok(found.into_iter().map(|row| row.kommo_account_id).collect())
}

/// An account by its id alone.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) kommo_account_id: AccountId,
}
