//! A new grant from Kommo, verified before it counts, and its end.
//!
//! Why every step may run twice:
//! 1. The pair is stored (as pending) before the first await; it is overwritten by the same pair.
//! 2. Verifying only reads.
//! 3. Making the installation is an upsert; the hook key and settings of a former one stay.
//! 4. Storing identity and tokens overwrites them with the same.

use super::Hub;
use super::client::Errand;
use super::identity::{Identity, names};
use super::reply::Refusal;
use super::slots::Purpose;
use super::store::StoreError;
use super::tokens::StoredPair;
use crate::adapters::budget::Budget;
use crate::adapters::d1::{
    self,
    installations::{self, Granted, InstallationId},
};
use crate::adapters::{clock, random};
use crate::hook_key;
use crate::internal::{Grant, GrantAnswer, GrantResult};
use crate::log;
use crate::sealing::SealingError;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::account::GetAccount;
use kommo_voip_domain::kommo::users::GetUser;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Requests the Worker sends for an account before its object takes over.
const EXCHANGE_REQUESTS: usize = 2;

/// A pair that is not verified yet.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pending {
    account: AccountId,
    host: String,
    api_domain: Option<String>,
    pair: StoredPair,
}

enum Verdict {
    Admin { subdomain: String },
    NotAdmin,
    WrongAccount,
}

fn errand(purpose: Purpose) -> Errand {
    Errand { purpose, call: None, budget: Budget::of(12) }
}

impl Hub {
    /// `POST /internal/grant`.
    pub(super) async fn on_grant(self: &Rc<Self>, grant: Grant) -> Result<GrantAnswer, Refusal> {
        // The Worker exchanged the code, and may have asked for the account, before it knew whose object to go through.
        for _ in 0..EXCHANGE_REQUESTS {
            let now = clock::now();
            self.slots.count_outside(now);
            // Written down, too: an object that wakes within the second must still count them.
            self.store.end_send(self.store.begin_send(Purpose::Admin.as_str(), None, now)?, now)?;
        }
        let pair = self.seal_pair(
            grant.account_id,
            &grant.access_token,
            &grant.refresh_token,
            grant.expires_in,
            clock::now(),
        )?;
        let pending = Pending { account: grant.account_id, host: grant.host, api_domain: grant.api_domain, pair };
        // 1
        self.store.set_value(names::PENDING_GRANT, &pending)?;
        self.want_upkeep();
        self.take_up(&pending).await
    }

    /// A pair whose verification was interrupted is verified now.
    pub(super) async fn verify_pending_grant(self: &Rc<Self>) {
        if let Ok(Some(pending)) = self.store.value::<Pending>(names::PENDING_GRANT)
            && self.take_up(&pending).await.is_err()
        {
            self.want_upkeep();
        }
    }

    /// The pending grant sealed anew under the first key; none when there is none, or it is already.
    pub(super) fn resealed_grant(&self) -> Result<Result<Option<Pending>, SealingError>, StoreError> {
        let Some(pending) = self.store.value::<Pending>(names::PENDING_GRANT)? else { return Ok(Ok(None)) };
        let pair = self.reseal_pair(pending.account, &pending.pair);
        Ok(pair.map(|pair| pair.map(|pair| Pending { pair, ..pending })))
    }

    async fn take_up(self: &Rc<Self>, pending: &Pending) -> Result<GrantAnswer, Refusal> {
        let answer = |result, detail: Option<&str>| Ok(GrantAnswer { result, detail: detail.map(str::to_owned) });
        // 2
        match self.verify(pending).await {
            Ok(Verdict::Admin { subdomain }) => {
                self.adopt(pending, &subdomain).await?;
                answer(GrantResult::Connected, None)
            }
            Ok(Verdict::NotAdmin) => {
                self.store.forget_value(names::PENDING_GRANT)?;
                answer(GrantResult::NotAdmin, Some("whoever agreed is no administrator"))
            }
            Ok(Verdict::WrongAccount) => {
                self.store.forget_value(names::PENDING_GRANT)?;
                answer(GrantResult::Failed, Some("the token belongs to another account"))
            }
            Err(error @ (KommoError::Unauthorised | KommoError::Forbidden { .. } | KommoError::NotFound)) => {
                self.store.forget_value(names::PENDING_GRANT)?;
                answer(GrantResult::Failed, Some(&error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn verify(&self, pending: &Pending) -> Result<Verdict, KommoError> {
        let access = self.open_token(pending.account, &pending.pair.access, "access")?;
        let errand = errand(Purpose::Admin);
        let account = self.send(&errand, &pending.host, Some(&access), &GetAccount).await?;
        if account.id != pending.account {
            return Ok(Verdict::WrongAccount);
        }
        let user =
            match self.send(&errand, &pending.host, Some(&access), &GetUser { id: account.current_user_id }).await {
                // Only administrators may read users at all (Kommo API reference: users and roles).
                Err(KommoError::Forbidden { .. }) => None,
                other => other?,
            };
        Ok(if user.is_some_and(|user| user.rights.is_admin) {
            Verdict::Admin { subdomain: account.subdomain }
        } else {
            Verdict::NotAdmin
        })
    }

    async fn adopt(self: &Rc<Self>, pending: &Pending, subdomain: &str) -> Result<(), Refusal> {
        let now = clock::now();
        let random = random::bytes::<16>().map_err(|error| {
            log::error("no hook key could be made", &[("error", error.to_string().into())]);
            Refusal::unavailable("Try again in a moment.")
        })?;
        let db = d1::database(&self.env)?;
        let granted = Granted {
            account: pending.account,
            host: &pending.host,
            subdomain,
            api_domain: pending.api_domain.as_deref(),
            hook_key: &hook_key::mint(pending.account, random, &self.config.keys),
        };
        // What a former installation left behind comes back first.
        self.identity_or_restore(pending.account).await?;
        // 3
        let installation = installations::upsert(&db, granted, now).await?;
        let identity = Identity {
            account: pending.account,
            installation: installation.id.0,
            host: pending.host.clone(),
            host_seen_at: now.seconds(),
            hook_key: installation.hook_key,
            api_domain: pending.api_domain.clone().or(installation.api_domain),
            connected: true,
            trouble: None,
        };
        // 4
        self.store.tx(|| {
            self.store.set_value(names::IDENTITY, &identity)?;
            self.store.set_value(names::TOKENS, &pending.pair)?;
            self.store.set_value(names::TOKENS_DIRTY, &true)?;
            let over = [names::PENDING_GRANT, names::UNINSTALLED, names::ERASED];
            for over in over.into_iter().chain([names::RENEWAL_REFUSED, names::ACCESS_WARNING]) {
                self.store.forget_value(over)?;
            }
            self.store.wake_waiting_calls(now)
        })?;
        self.write_tokens_through(&identity).await;
        if let Err(error) = self.read_directory(&errand(Purpose::Admin)).await {
            log::warn("the account's users could not be read yet", &[("reason", error.to_string().into())]);
        }
        log::info("the account is connected", &[("host", identity.host.into())]);
        // The upkeep sees to it that Kommo tells us of changes.
        self.want_upkeep();
        self.wake_by(now).await;
        Ok(())
    }

    /// `POST /internal/uninstalled`: believed only when Kommo itself refuses our tokens, since the hook can be
    /// replayed after a reinstall.
    pub(super) async fn on_uninstalled(self: &Rc<Self>) -> Result<(), Refusal> {
        let Some(identity) = self.identity()?.filter(|identity| identity.connected) else { return Ok(()) };
        // Tokens that do not open, since their key was taken away, say nothing about what Kommo thinks of them.
        if self.stored_pair().and_then(|pair| self.open_token(identity.account, &pair.access, "access")).is_err() {
            return Err(Refusal::unavailable("The stored tokens do not open. Look at the Worker's log."));
        }
        match self.ask(&errand(Purpose::Admin), &GetAccount).await {
            Ok(_) => {
                log::info("an uninstall was reported, but Kommo still accepts us", &[]);
                Ok(())
            }
            Err(KommoError::Unauthorised) => self.uninstall(&identity).await,
            Err(error) => Err(error.into()),
        }
    }

    /// D1 learns whether the account is connected; a failure is not worth failing for, the object knows.
    pub(super) async fn note_connection_in_d1(&self, identity: &Identity, connected: bool) {
        let written = match d1::database(&self.env) {
            Ok(db) => {
                let id = InstallationId(identity.installation);
                installations::set_connected(&db, id, connected, clock::now()).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            log::warn("the connection's state is not in D1 yet", &[("error", error.to_string().into())]);
        }
    }
}
