//! Who this object is, and the names of its single values.
//!
//! An object woken by an alarm does not know its own name, so it stores account, installation and host with its
//! first write.

use super::Hub;
use super::store::StoreError;
use kommo_voip_domain::ids::{AccountId, UserId};
use kommo_voip_domain::settings::Settings;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Who this object is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The Kommo account.
    pub account: AccountId,
    /// The row in D1.
    pub installation: i64,
    /// The account's own host.
    pub host: String,
    /// As of when the host is known, Unix seconds: an older token does not rename the account back.
    pub host_seen_at: i64,
    /// Names and authorises the account's first webhook address; survives a reinstall.
    pub hook_key: String,
    /// Where to ask for the host after a rename.
    pub api_domain: Option<String>,
    /// Kommo accepts our tokens.
    pub connected: bool,
    /// Why not, as a sentence for the administrator.
    pub trouble: Option<String>,
}

/// The settings with their version and whether the product is switched on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredSettings {
    /// What the administrator chose.
    pub settings: Settings,
    /// Grows with every change of settings, switch or provider.
    pub version: i64,
    /// The product is switched on.
    pub active: bool,
    /// Who last changed the settings and when, Unix seconds; for whoever has them open meanwhile.
    #[serde(default)]
    pub changed: Option<(UserId, i64)>,
}

impl Default for StoredSettings {
    fn default() -> Self {
        Self { settings: Settings::default(), version: 1, active: false, changed: None }
    }
}

/// The names of the object's single values.
pub mod names {
    /// [`super::Identity`].
    pub const IDENTITY: &str = "identity";
    /// [`super::StoredSettings`].
    pub const SETTINGS: &str = "settings";
    /// The sealed token pair.
    pub const TOKENS: &str = "tokens";
    /// A sealed pair that is not verified yet.
    pub const PENDING_GRANT: &str = "pending_grant";
    /// The token pair in D1 is older than ours.
    pub const TOKENS_DIRTY: &str = "tokens_dirty";
    /// The sealed connections to telephony providers.
    pub const VOIP: &str = "voip";
    /// [`super::super::catch_up::CatchUp`].
    pub const CATCH_UP: &str = "catch_up";
    /// [`super::super::hook::RefusedHook`].
    pub const REFUSED_HOOK: &str = "refused_hook";
    /// The sealed OAuth tokens of the telephony provider.
    pub const VOIP_TOKENS: &str = "voip_tokens";
    /// The account, its pipelines and its users as Kommo told them.
    pub const DIRECTORY: &str = "directory";
    /// [`super::super::changes::Subscription`].
    pub const SUBSCRIPTION: &str = "subscription";
    /// The id of the key under which everything of this account is sealed, as D1 was told.
    pub const SEALED_WITH: &str = "sealed_with";
    /// When the integration was uninstalled.
    pub const UNINSTALLED: &str = "uninstalled";
    /// When everything of an uninstalled account was erased.
    pub const ERASED: &str = "erased";
    /// [`kommo_voip_domain::access::Refusals`] of the stored pair.
    pub const RENEWAL_REFUSED: &str = "renewal_refused";
    /// [`kommo_voip_domain::access::Told`].
    pub const ACCESS_WARNING: &str = "access_warning";
    /// When tokens, seals and subscriptions are looked after next.
    pub const NEXT_UPKEEP: &str = "next_upkeep";
    /// How many alarms in a row began and did not end.
    pub const ALARMS_UNFINISHED: &str = "alarms_unfinished";
}

impl Hub {
    /// Who this object is; `None` before the first connection.
    pub(super) fn identity(&self) -> Result<Option<Identity>, StoreError> {
        let known: Rc<Option<Identity>> = self.store.shared(names::IDENTITY)?;
        Ok((*known).clone())
    }

    /// The settings; the defaults before the first change.
    pub(super) fn settings(&self) -> Result<Rc<StoredSettings>, StoreError> {
        self.store.shared(names::SETTINGS)
    }

    /// What a sealed value of this account is bound to.
    pub(super) fn associated(account: AccountId, what: &str) -> String {
        format!("account/{account}/{what}")
    }
}
