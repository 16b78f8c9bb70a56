//! What this object holds sealed, brought under the first key, so that an older one can leave the configuration without
//! anybody connecting again.
//!
//! Why every step may run twice:
//! 1. What is under the first key already is left as it is; own records change in one transaction.
//! 2. The rows in D1 are replaced only while they are what was read: a newer one was sealed with the first key anyway.
//! 3. D1 is told the key's id last, and only when everything above is done; whatever changes here forgets that it was.

use super::Hub;
use super::identity::{Identity, names};
use super::store::StoreError;
use super::tokens::StoredPair;
use crate::adapters::d1::{self, installations, installations::InstallationId, settings_table, tokens};
use crate::log;
use crate::sealing::SealingError;
use kommo_voip_domain::ids::AccountId;

/// Why not everything is under the first key yet. The next upkeep tries again.
#[derive(Debug, thiserror::Error)]
enum ResealError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    D1(#[from] d1::StoreError),
    #[error("{0}: {1}")]
    Sealing(&'static str, SealingError),
}

impl Hub {
    /// Something here is, or in D1 may be, sealed with another key than the first.
    pub(super) fn wants_reseal(&self) -> bool {
        let first = self.config.keys.first().id();
        let told = self.store.value::<String>(names::SEALED_WITH).ok().flatten();
        told.as_deref() != Some(first) && matches!(self.identity(), Ok(Some(_)))
    }

    /// Seals everything of this account under the first key, and tells D1 once that is so.
    pub(super) async fn reseal(&self) {
        if let Err(error) = self.try_reseal().await {
            log::error("a record could not be sealed anew", &[("error", error.to_string().into())]);
        }
    }

    async fn try_reseal(&self) -> Result<(), ResealError> {
        let Some(identity) = self.identity()? else { return Ok(()) };
        self.reseal_own(identity.account)?; // 1
        if !self.wants_reseal() {
            return Ok(());
        }
        self.reseal_shared(&identity).await?; // 2
        let first = self.config.keys.first().id();
        installations::set_sealed_with(&d1::database(&self.env)?, InstallationId(identity.installation), first).await?;
        self.store.set_value(names::SEALED_WITH, &first)?; // 3
        log::info("everything is sealed with the first key", &[]);
        Ok(())
    }

    /// The records in the object. Nothing in here waits.
    fn reseal_own(&self, account: AccountId) -> Result<(), ResealError> {
        let tokens = match self.store.value::<StoredPair>(names::TOKENS)? {
            Some(pair) => self.reseal_pair(account, &pair).map_err(|error| ResealError::Sealing("tokens", error))?,
            None => None,
        };
        let pending = self.resealed_grant()?.map_err(|error| ResealError::Sealing("pending grant", error))?;
        let reseal = |name: &'static str, what: &'static str| match self.store.value::<String>(name)? {
            Some(sealed) => {
                let anew = self.config.sealer.reseal(&sealed, &Self::associated(account, what));
                anew.map_err(|error| ResealError::Sealing(what, error))
            }
            None => Ok(None),
        };
        let (voip, voip_tokens) = (reseal(names::VOIP, "voip")?, reseal(names::VOIP_TOKENS, "voip tokens")?);
        if tokens.is_none() && pending.is_none() && voip.is_none() && voip_tokens.is_none() {
            return Ok(());
        }
        self.store.tx(|| {
            if let Some(pair) = &tokens {
                self.store.set_value(names::TOKENS, pair)?;
            }
            if let Some(pending) = &pending {
                self.store.set_value(names::PENDING_GRANT, pending)?;
            }
            for (name, sealed) in [(names::VOIP, &voip), (names::VOIP_TOKENS, &voip_tokens)] {
                if let Some(sealed) = sealed {
                    self.store.set_value(name, sealed)?;
                }
            }
            self.store.forget_value(names::SEALED_WITH)
        })?;
        Ok(())
    }

    /// The account's rows in D1.
    async fn reseal_shared(&self, identity: &Identity) -> Result<(), ResealError> {
        let (db, id) = (d1::database(&self.env)?, InstallationId(identity.installation));
        if let Some(row) = tokens::load(&db, id).await? {
            let pair = self.reseal_pair(identity.account, &StoredPair::from(row.clone()));
            if let Some(pair) = pair.map_err(|error| ResealError::Sealing("tokens in D1", error))? {
                tokens::replace(&db, id, &row, &pair.into()).await?;
            }
        }
        if let Some(sealed) = settings_table::load(&db, id).await?.and_then(|row| row.voip_token) {
            let anew = self.config.sealer.reseal(&sealed, &Self::associated(identity.account, "voip"));
            if let Some(anew) = anew.map_err(|error| ResealError::Sealing("credentials in D1", error))? {
                settings_table::replace_voip(&db, id, &sealed, &anew).await?;
            }
        }
        Ok(())
    }
}
