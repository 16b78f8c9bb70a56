//! The settings of each installation, with the sealed credentials of its provider.

use super::installations::InstallationId;
use super::{StoreError, first, flag, int, optional, run, text};
use kommo_voip_domain::ids::AccountId;
use serde::Deserialize;
use worker::D1Database;

/// The stored settings of an installation.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct StoredSettings {
    /// The sealed JSON of the provider's credentials.
    pub voip_token: Option<String>,
    #[serde(rename = "active")]
    active_flag: i64,
    /// The settings as JSON.
    pub settings: String,
    /// Grows with every change of settings, switch or provider.
    pub version: i64,
}

impl StoredSettings {
    /// Puts a row together.
    pub fn new(voip_token: Option<String>, active: bool, settings: String, version: i64) -> Self {
        Self { voip_token, active_flag: i64::from(active), settings, version }
    }

    /// The product is switched on.
    pub fn is_active(&self) -> bool {
        self.active_flag != 0
    }
}

/// Stores the installation's settings in place of the former ones, unless a newer version is already there. Credentials
/// that are not given stay as they are.
pub async fn store(
    db: &D1Database,
    installation: InstallationId,
    account: AccountId,
    row: &StoredSettings,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO widget_settings (installation_id, kommo_account_id, voip_token, active, settings, version) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (installation_id) DO UPDATE SET \
               voip_token = COALESCE(excluded.voip_token, voip_token), \
               active = excluded.active, settings = excluded.settings, version = excluded.version \
               WHERE excluded.version >= version";
    let values = [
        int(installation.0),
        int(account.0),
        optional(row.voip_token.as_deref()),
        flag(row.is_active()),
        text(&row.settings),
        int(row.version),
    ];
    run(db, "settings store", sql, &values).await
}

/// Replaces the sealed credentials by the same ones sealed anew, unless others took their place meanwhile.
pub async fn replace_voip(
    db: &D1Database,
    installation: InstallationId,
    known: &str,
    anew: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE widget_settings SET voip_token = ?2 WHERE installation_id = ?1 AND voip_token = ?3";
    run(db, "credentials replacement", sql, &[int(installation.0), text(anew), text(known)]).await
}

/// The installation's settings.
pub async fn load(db: &D1Database, installation: InstallationId) -> Result<Option<StoredSettings>, StoreError> {
    let sql = "SELECT voip_token, active, settings, version FROM widget_settings WHERE installation_id = ?1";
    first(db, "settings load", sql, &[int(installation.0)]).await
}
