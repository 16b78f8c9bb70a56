//! The token pair: sealed, renewed before it ends, by one renewal at a time.
//!
//! Sources disagree on whether a used refresh token dies at once or lives until the new pair is first used (Kommo
//! API reference: lifetimes and rotation). Both are survived:
//! 1. A new pair is stored in the turn that receives it, before anybody uses it.
//! 2. A renewal whose answer was lost is repeated with the *old* refresh token: under the mild reading that works,
//!    under the strict one Kommo answers 401.
//! 3. Before a 401 is believed, the host is looked up (a renamed account answers 401 or 404 as well).
//! 4. While the access token still works it is used, and administrators are warned ([`super::access`]).
//! 5. Only then the grant is given up: events are still accepted, and everything is delivered after reconnecting.

use super::Hub;
use super::client::Errand;
use super::identity::{Identity, names};
use super::slots::Purpose;
use crate::adapters::budget::Budget;
use crate::adapters::d1::{self, installations::InstallationId, tokens::SealedTokens};
use crate::adapters::{clock, d1::tokens};
use crate::log;
use crate::sealing::SealingError;
use kommo_voip_domain::access::{Access, Refusals};
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::oauth::{RefreshTokens, TokenPair};
use kommo_voip_domain::time::{Millis, Moment};
use serde::{Deserialize, Serialize};

/// A token that ends sooner than this is renewed first.
const EARLY: Millis = Millis::minutes(10);
/// How long Kommo's access tokens live: tells how old a pair is whose age was not stored.
const ACCESS_LIFE: Millis = Millis::minutes(24 * 60);

/// A pair as it lies in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredPair {
    /// The sealed access token.
    pub access: String,
    /// The sealed refresh token.
    pub refresh: String,
    /// When the access token ends.
    pub expires_at: Moment,
    /// When Kommo gave the pair.
    #[serde(default)]
    pub renewed_at: Option<Moment>,
}

impl From<SealedTokens> for StoredPair {
    fn from(row: SealedTokens) -> Self {
        let expires_at = Moment::from_seconds(row.expires_at);
        Self { access: row.access_token, refresh: row.refresh_token, expires_at, renewed_at: None }
    }
}

impl From<StoredPair> for SealedTokens {
    fn from(pair: StoredPair) -> Self {
        Self { access_token: pair.access, refresh_token: pair.refresh, expires_at: pair.expires_at.seconds() }
    }
}

impl Hub {
    /// The pair sealed anew under the first key; none when it is already.
    pub(super) fn reseal_pair(
        &self,
        account: AccountId,
        pair: &StoredPair,
    ) -> Result<Option<StoredPair>, SealingError> {
        let access = self.config.sealer.reseal(&pair.access, &Self::associated(account, "access"))?;
        let refresh = self.config.sealer.reseal(&pair.refresh, &Self::associated(account, "refresh"))?;
        if access.is_none() && refresh.is_none() {
            return Ok(None);
        }
        Ok(Some(StoredPair {
            access: access.unwrap_or_else(|| pair.access.clone()),
            refresh: refresh.unwrap_or_else(|| pair.refresh.clone()),
            ..pair.clone()
        }))
    }

    /// Seals a pair for this account.
    pub(super) fn seal_pair(
        &self,
        account: AccountId,
        access: &str,
        refresh: &str,
        expires_in: i64,
        now: Moment,
    ) -> Result<StoredPair, KommoError> {
        let seal = |plain: &str, what| {
            self.config.sealer.seal(plain.as_bytes(), &Self::associated(account, what)).map_err(|error| {
                log::error("a token could not be sealed", &[("error", error.to_string().into())]);
                KommoError::Deferred
            })
        };
        Ok(StoredPair {
            access: seal(access, "access")?,
            refresh: seal(refresh, "refresh")?,
            expires_at: now + Millis::seconds(expires_in),
            renewed_at: Some(now),
        })
    }

    /// Opens one half of a stored pair.
    pub(super) fn open_token(&self, account: AccountId, sealed: &str, what: &str) -> Result<String, KommoError> {
        let opened = self.config.sealer.open(sealed, &Self::associated(account, what));
        opened.ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
            log::error(
                "a stored token does not open: are the sealing keys complete?",
                &[("account", account.0.into())],
            );
            KommoError::Unauthorised
        })
    }

    pub(super) fn stored_pair(&self) -> Result<StoredPair, KommoError> {
        match self.store.value::<StoredPair>(names::TOKENS) {
            Ok(Some(pair)) => Ok(pair),
            Ok(None) => Err(KommoError::Unauthorised),
            Err(error) => {
                log::error("the tokens could not be read", &[("error", error.to_string().into())]);
                Err(KommoError::Deferred)
            }
        }
    }

    /// What is known of the stored pair's end.
    pub(super) fn access(&self, pair: &StoredPair) -> Access {
        let refused = self.store.value(names::RENEWAL_REFUSED).unwrap_or_else(|error| {
            log::error("the tokens could not be read", &[("error", error.to_string().into())]);
            None
        });
        let renewed_at = pair.renewed_at.unwrap_or(Moment(pair.expires_at.0 - ACCESS_LIFE.0));
        Access { renewed_at, ends_at: pair.expires_at, refused }
    }

    /// A usable access token, renewed if it is about to end. Where that fails, it is used for as long as it lasts.
    pub(super) async fn access_token(&self, errand: &Errand, identity: &Identity) -> Result<String, KommoError> {
        let (pair, now) = (self.stored_pair()?, clock::now());
        let ends_soon = pair.expires_at - now <= EARLY;
        if ends_soon
            && !self.access(&pair).may_wait(self.renewal_failed.get(), now)
            && let Err(error) = self.renew_tokens(errand, None, false).await
        {
            self.renewal_failed.set(clock::now());
            if !self.access(&pair).is_usable(clock::now()) {
                return Err(error);
            }
        }
        self.connected()?;
        self.open_token(identity.account, &self.stored_pair()?.access, "access")
    }

    /// Renews the pair, unless somebody else just did: `old` is the access token to replace, which Kommo refused or that
    /// still works.
    pub(super) async fn renew_tokens(
        &self,
        errand: &Errand,
        old: Option<&str>,
        is_refused: bool,
    ) -> Result<(), KommoError> {
        let _turn = self.renewing.turn().await.ok_or(KommoError::Deferred)?;
        let identity = self.connected()?;
        let pair = self.stored_pair()?;
        let is_newer = match old {
            Some(old) => self.open_token(identity.account, &pair.access, "access")? != old,
            None => pair.expires_at - clock::now() > EARLY,
        };
        if is_newer {
            return Ok(());
        }
        self.renew(errand, identity, &pair, is_refused).await
    }

    async fn renew(
        &self,
        errand: &Errand,
        mut identity: Identity,
        pair: &StoredPair,
        is_refused: bool,
    ) -> Result<(), KommoError> {
        let request = RefreshTokens {
            client_id: self.config.client_id.clone(),
            client_secret: self.config.client_secret.clone(),
            redirect_uri: self.config.redirect_uri.clone(),
            refresh_token: self.open_token(identity.account, &pair.refresh, "refresh")?,
        };
        let errand = Errand { purpose: Purpose::Admin, ..errand.clone() };
        let mut outcome = self.send(&errand, &identity.host, None, &request).await;
        if matches!(outcome, Err(KommoError::Unauthorised | KommoError::NotFound))
            && self.follow_host(&errand, &identity).await
        {
            identity = self.connected()?;
            outcome = self.send(&errand, &identity.host, None, &request).await;
        }
        match outcome {
            Ok(fresh) => self.keep_pair(&identity, &fresh).await,
            // What there is still works: an administrator has time to connect again before calls have to wait.
            Err(KommoError::Unauthorised | KommoError::NotFound | KommoError::Invalid { .. })
                if !is_refused && self.access(pair).is_usable(clock::now()) =>
            {
                let refused = Refusals::add(self.access(pair).refused, clock::now());
                self.store.set_value(names::RENEWAL_REFUSED, &refused).map_err(|_| KommoError::Deferred)?;
                Err(KommoError::Deferred)
            }
            Err(error @ (KommoError::Unauthorised | KommoError::NotFound | KommoError::Invalid { .. })) => {
                if let Err(error) = self.disconnected(
                    "Kommo no longer accepts the access it gave us. Connect again in the widget's settings.",
                ) {
                    log::error("the disconnection could not be stored", &[("error", error.to_string().into())]);
                }
                self.note_connection_in_d1(&identity, false).await;
                log::warn("the refresh token was refused", &[("reason", error.to_string().into())]);
                Err(KommoError::Unauthorised)
            }
            Err(error) => Err(error),
        }
    }

    /// Stores a new pair here at once and in D1 as soon as that works.
    async fn keep_pair(&self, identity: &Identity, fresh: &TokenPair) -> Result<(), KommoError> {
        let pair = self.seal_pair(
            identity.account,
            &fresh.access_token,
            &fresh.refresh_token,
            fresh.expires_in,
            clock::now(),
        )?;
        let stored = self.store.tx(|| {
            self.store.set_value(names::TOKENS, &pair)?;
            self.store.forget_value(names::RENEWAL_REFUSED)?;
            self.store.set_value(names::TOKENS_DIRTY, &true)
        });
        if let Err(error) = stored {
            log::error("the new tokens could not be stored", &[("error", error.to_string().into())]);
            return Err(KommoError::Deferred);
        }
        self.write_tokens_through(identity).await;
        Ok(())
    }

    /// Brings the pair in D1 up to date; what fails is tried again with the next upkeep.
    pub(super) async fn write_tokens_through(&self, identity: &Identity) {
        let Ok(pair) = self.stored_pair() else { return };
        let sealed = SealedTokens::from(pair);
        let written = match d1::database(&self.env) {
            Ok(db) => {
                let id = InstallationId(identity.installation);
                tokens::store(&db, id, identity.account, &sealed, clock::now()).await
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => {
                if let Err(error) = self.store.forget_value(names::TOKENS_DIRTY) {
                    log::error("a flag could not be cleared", &[("error", error.to_string().into())]);
                }
            }
            Err(error) => log::warn("the new tokens are not in D1 yet", &[("error", error.to_string().into())]),
        }
    }

    /// Renews a pair in good time, so that the first call of the day does not wait for it and the grant never dies of
    /// disuse, and repeats a write-through that failed.
    pub(super) async fn keep_tokens_fresh(&self) {
        let Ok(identity) = self.connected() else { return };
        let errand = Errand { purpose: Purpose::Admin, call: None, budget: Budget::of(5) };
        let due = self.stored_pair().is_ok_and(|pair| self.access(&pair).is_renewal_due(clock::now()));
        if due
            && let Ok(access) =
                self.stored_pair().and_then(|pair| self.open_token(identity.account, &pair.access, "access"))
        {
            // A failure here is logged where it happens and met again by whoever needs the token.
            let _ = self.renew_tokens(&errand, Some(&access), false).await;
        } else if matches!(self.store.value::<bool>(names::TOKENS_DIRTY), Ok(Some(true))) {
            self.write_tokens_through(&identity).await;
        }
    }
}
