//! Coming back from D1 when the object's own copy is missing.

use super::Hub;
use super::identity::{Identity, StoredSettings, names};
use super::reply::Refusal;
use super::tokens::StoredPair;
use super::uninstall::Erased;
use crate::adapters::d1::{self, installations, settings_table, tokens, voip_users};
use crate::log;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::time::Moment;

impl Hub {
    /// Who this object is; read from D1 where its own copy is missing. `None` for an account that never connected.
    pub(super) async fn identity_or_restore(&self, account: AccountId) -> Result<Option<Identity>, Refusal> {
        match self.identity()? {
            Some(identity) if identity.account == account => Ok(Some(identity)),
            // An object serves the account it is named by and no other.
            Some(_) => Ok(None),
            None => self.restore(account).await,
        }
    }

    async fn restore(&self, account: AccountId) -> Result<Option<Identity>, Refusal> {
        if self.is_erased() {
            return Ok(None);
        }
        let db = d1::database(&self.env)?;
        let Some(installation) = installations::find_by_account(&db, account).await? else { return Ok(None) };
        if installation.erased_at.is_some() {
            let erased = Erased { account, installation: installation.id.0, is_shared: true };
            self.store.set_value(names::ERASED, &erased)?;
            return Ok(None);
        }
        let pair = tokens::load(&db, installation.id).await?;
        let settings = settings_table::load(&db, installation.id).await?;
        let lines = voip_users::list(&db, installation.id).await?;
        let identity = Identity {
            account,
            installation: installation.id.0,
            host: installation.host.clone(),
            host_seen_at: 0,
            hook_key: installation.hook_key.clone(),
            api_domain: installation.api_domain.clone(),
            connected: installation.is_connected() && pair.is_some(),
            trouble: None,
        };
        self.store.tx(|| {
            if let Some(pair) = pair {
                self.store.set_value(names::TOKENS, &StoredPair::from(pair))?;
            }
            if let Some(row) = settings {
                let stored = StoredSettings {
                    settings: Settings::parse(&row.settings).unwrap_or_default(),
                    version: row.version,
                    active: row.is_active(),
                    changed: None,
                };
                self.store.set_value(names::SETTINGS, &stored)?;
                if let Some(sealed) = &row.voip_token {
                    self.store.set_value(names::VOIP, sealed)?;
                }
            }
            for (provider, lines) in &lines {
                self.store.replace_lines(provider, lines)?;
            }
            if let Some(since) = installation.uninstalled_at {
                self.store.set_value(names::UNINSTALLED, &Moment::from_seconds(since))?;
            }
            self.store.set_value(names::IDENTITY, &identity)
        })?;
        log::info("the account's object came back from D1", &[]);
        Ok(Some(identity))
    }
}
