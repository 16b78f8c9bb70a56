//! The end of an installation. Tokens are forgotten at once; calls, people, settings and credentials only after
//! [`KEPT`], so that whoever installs again within it finds everything as it was, what came meanwhile included. After
//! that nothing is left but the fact that the account was here, and the telephone system's webhooks are answered 410.
//!
//! Why every step may run twice:
//! 1. Forgetting tokens that are forgotten changes nothing, here and in D1; the moment is kept as it was first stored.
//! 2. The object is emptied in one transaction, which leaves a mark for the rest.
//! 3. The rows in D1 are removed only while D1 says that the account is uninstalled: an account that comes back in
//!    between keeps what it just stored.

use super::Hub;
use super::identity::{Identity, names};
use super::reply::Refusal;
use super::store::StoreError;
use crate::adapters::d1::{self, installations, installations::InstallationId, tokens};
use crate::adapters::{clock, snapshots};
use crate::log;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::time::{Millis, Moment};
use serde::{Deserialize, Serialize};

/// How long the data of an uninstalled account is kept. `docs/security.md` promises it.
pub const KEPT: Millis = Millis::minutes(30 * 24 * 60);

/// The mark of an account that was erased.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    /// The Kommo account.
    pub account: AccountId,
    /// The row in D1.
    pub installation: i64,
    /// Its rows in D1 are gone as well.
    pub is_shared: bool,
}

impl Hub {
    /// Kommo confirmed that the integration was uninstalled.
    pub(super) async fn uninstall(&self, identity: &Identity) -> Result<(), Refusal> {
        self.disconnected("The integration was uninstalled in Kommo. Install it again to go on.")?;
        self.store.tx(|| {
            for forgotten in [names::TOKENS, names::TOKENS_DIRTY, names::PENDING_GRANT] {
                self.store.forget_value(forgotten)?;
            }
            self.store.set_value(names::UNINSTALLED, &clock::now())?;
            self.store.drop_tickets(None)
        })?; // 1
        self.close_sockets(4401, "signed out");
        // What D1 does not take now, the upkeep repeats.
        self.want_upkeep();
        self.wake_by(clock::now() + Millis::minutes(1)).await;
        self.share_uninstall(identity).await?;
        Ok(())
    }

    async fn share_uninstall(&self, identity: &Identity) -> Result<(), d1::StoreError> {
        let Ok(Some(since)) = self.store.value::<Moment>(names::UNINSTALLED) else { return Ok(()) };
        let (db, id) = (d1::database(&self.env)?, InstallationId(identity.installation));
        installations::set_uninstalled(&db, id, since).await?;
        tokens::forget(&db, id).await // 1
    }

    /// Goes on with an uninstall: tells D1, and erases everything when its time has come.
    pub(super) async fn look_after_uninstall(&self) {
        let done = match self.erase_if_due() {
            Ok(Some(erased)) => self.erase_shared(erased).await,
            Ok(None) => match self.identity() {
                Ok(Some(identity)) if !identity.connected => self.share_uninstall(&identity).await,
                _ => Ok(()),
            },
            Err(error) => return log::error("an account could not be erased", &[("error", error.to_string().into())]),
        };
        if let Err(error) = done {
            log::warn("the uninstall is not in D1 yet", &[("error", error.to_string().into())]);
        }
    }

    /// Empties the object if its time has come; gives what is still to be done in D1. Nothing in here waits.
    fn erase_if_due(&self) -> Result<Option<Erased>, StoreError> {
        if let Some(erased) = self.store.value::<Erased>(names::ERASED)? {
            return Ok((!erased.is_shared).then_some(erased));
        }
        let Some(since) = self.store.value::<Moment>(names::UNINSTALLED)? else { return Ok(None) };
        let Some(identity) = self.identity()?.filter(|identity| !identity.connected) else { return Ok(None) };
        if clock::now() - since < KEPT {
            return Ok(None);
        }
        let erased = Erased { account: identity.account, installation: identity.installation, is_shared: false };
        self.store.tx(|| {
            self.store.empty()?;
            self.store.set_value(names::ERASED, &erased)
        })?; // 2
        log::info("an uninstalled account was erased", &[("account", identity.account.0.into())]);
        Ok(Some(erased))
    }

    async fn erase_shared(&self, erased: Erased) -> Result<(), d1::StoreError> {
        let db = d1::database(&self.env)?;
        installations::erase(&db, InstallationId(erased.installation), clock::now()).await?; // 3
        if let Err(error) = snapshots::forget(&self.env, erased.account).await {
            log::warn("the snapshot could not be removed", &[("error", error.to_string().into())]);
            return Ok(());
        }
        let still_erased = matches!(self.store.value::<Erased>(names::ERASED), Ok(Some(_)));
        if still_erased && let Err(error) = self.store.set_value(names::ERASED, &Erased { is_shared: true, ..erased }) {
            log::error("the end of an erasure could not be stored", &[("error", error.to_string().into())]);
        }
        Ok(())
    }

    /// The account was erased and has not come back: there is nothing to wake up for.
    pub(super) fn is_erased(&self) -> bool {
        matches!(self.store.value::<Erased>(names::ERASED), Ok(Some(_)))
    }

    /// Why a provider's webhook finds nobody.
    pub(super) fn nobody_here(&self) -> Refusal {
        if self.is_erased() { Refusal::uninstalled() } else { Refusal::not_found() }
    }
}
