//! OAuth towards a telephony provider (RingCentral): consent, tokens, and the subscription that brings its events.
//!
//! Authorization code with PKCE. The verifier waits in the object, bound to a state that names this account and is good
//! once, for ten minutes, and in the browser that opened our address first: otherwise somebody could lead another
//! person's browser to the end and have that person's telephone system in their own account. A refresh token is good
//! once as well, so the new pair is stored in the turn that receives it, and one renewal goes on at a time.

use super::Hub;
use super::identity::{Identity, names};
use super::reply::Refusal;
use super::store::StoreError;
use super::voip::Connection;
use crate::adapters::budget::Budget;
use crate::adapters::{clock, provider_http, random};
use crate::hook_key;
use crate::internal::{VoipOauthAnswer, VoipOauthStep};
use crate::log;
use kommo_voip_domain::telephony::out::ringcentral_oauth::{self as oauth, Tokens};
use kommo_voip_domain::telephony::out::{ProviderError, ProviderRequest, Reply};
use kommo_voip_domain::telephony::{Credentials, Provider};
use kommo_voip_domain::time::{Millis, Moment};
use kommo_voip_domain::webhook;
use serde::{Deserialize, Serialize};

/// How long consent may take.
const CONSENT: Millis = Millis::minutes(10);
/// A token that ends sooner than this is renewed first.
const EARLY: Millis = Millis::minutes(5);
/// A subscription that ends sooner than this is renewed.
const SUBSCRIPTION_EARLY: Millis = Millis::minutes(2 * 24 * 60);

/// When a subscription is asked for again that was not granted.
const SUBSCRIBE_AGAIN: Millis = Millis::minutes(5);

/// What the object keeps of the connection, inside a seal.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    pending: Option<Pending>,
    tokens: Option<Pair>,
    subscription: Option<Subscription>,
    /// The provider does not take our tokens any more.
    lost: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pending {
    state_digest: String,
    verifier: String,
    until: Moment,
    /// The browser that began: nobody else's comes to the end, or is led to the consent.
    #[serde(default)]
    browser: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    access: String,
    refresh: String,
    expires_at: Moment,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    id: String,
    expires_at: Moment,
}

impl Pair {
    fn of(tokens: Tokens, now: Moment) -> Self {
        Self { access: tokens.access, refresh: tokens.refresh, expires_at: now + Millis::seconds(tokens.expires_in) }
    }
}

fn no_randomness() -> Refusal {
    Refusal::unavailable("Nothing was changed. Try again in a moment.")
}

fn unusable(error: StoreError) -> ProviderError {
    log::error("the provider's tokens could not be used", &[("error", error.to_string().into())]);
    ProviderError::Unavailable
}

impl Hub {
    fn voip_tokens(&self) -> Result<Stored, StoreError> {
        let Some(identity) = self.identity()? else { return Ok(Stored::default()) };
        let Some(sealed) = self.store.value::<String>(names::VOIP_TOKENS)? else { return Ok(Stored::default()) };
        let opened = self.config.sealer.open(&sealed, &Self::associated(identity.account, "voip tokens"));
        let stored = opened.ok().and_then(|bytes| serde_json::from_str(&String::from_utf8_lossy(&bytes)).ok());
        stored.ok_or_else(|| StoreError("the provider's tokens do not open: are the sealing keys complete?".to_owned()))
    }

    fn keep_voip_tokens(&self, stored: &Stored) -> Result<(), StoreError> {
        let Some(identity) = self.identity()? else { return Ok(()) };
        let json = serde_json::to_vec(stored)?;
        let sealed = self.config.sealer.seal(&json, &Self::associated(identity.account, "voip tokens"));
        self.store.set_value(names::VOIP_TOKENS, &sealed.map_err(|error| StoreError(error.to_string()))?)
    }

    fn oauth_address(&self, step: &str) -> String {
        format!("{}/oauth/voip/{}/{step}", self.config.public_origin, Provider::RingCentral.as_str())
    }

    fn oauth_client(&self) -> Result<&str, Refusal> {
        self.config.ringcentral_client_id.as_deref().ok_or_else(|| {
            let detail = "This installation has no RingCentral app. Whoever runs it sets RINGCENTRAL_CLIENT_ID.";
            Refusal::new(409, "not_offered", "RingCentral is not set up here", detail)
        })
    }

    /// Begins a connection: the address of the window to open.
    pub(super) fn begin_voip_oauth(&self, identity: &Identity) -> Result<String, Refusal> {
        self.oauth_client()?;
        let bytes = || random::bytes::<16>().map_err(|_| no_randomness());
        let state = hook_key::mint_state(identity.account, bytes()?, &self.config.keys);
        let verifier = format!("{}{}", random::hex(&bytes()?), random::hex(&bytes()?));
        let mut stored = self.voip_tokens()?;
        let state_digest = webhook::body_digest(state.as_bytes());
        stored.pending = Some(Pending { state_digest, verifier, until: clock::now() + CONSENT, browser: None });
        self.keep_voip_tokens(&stored)?;
        Ok(format!("{}?state={state}", self.oauth_address("start")))
    }

    /// `POST /internal/voip-oauth`: the browser of whoever connects.
    pub(super) async fn on_voip_oauth(&self, step: VoipOauthStep) -> Result<VoipOauthAnswer, Refusal> {
        let mut stored = self.voip_tokens()?;
        let digest = webhook::body_digest(step.state.as_bytes());
        let begins = step.code.is_none() && !step.declined;
        let fits = |pending: &Pending| {
            let is_theirs = pending.browser.as_ref().map_or(begins, |browser| *browser == step.browser);
            is_theirs && pending.state_digest == digest && pending.until > clock::now()
        };
        let Some(pending) = stored.pending.clone().filter(fits) else { return Ok(VoipOauthAnswer::Expired) };
        let client = self.oauth_client()?;
        if begins {
            stored.pending = Some(Pending { browser: Some(step.browser), ..pending.clone() });
            self.keep_voip_tokens(&stored)?;
            let challenge = oauth::challenge(&pending.verifier);
            let consent = oauth::authorise_url(client, &self.oauth_address("callback"), &step.state, &challenge);
            return Ok(VoipOauthAnswer::Consent { location: self.local_consent(consent) });
        }
        // Single use, whatever comes of it.
        stored.pending = None;
        self.keep_voip_tokens(&stored)?;
        let Some(code) = step.code else { return Ok(VoipOauthAnswer::Declined) };
        let request = oauth::exchange(client, &code, &pending.verifier, &self.oauth_address("callback"));
        match self.tokens_from(&request, &Budget::of(4)).await {
            Ok(tokens) => {
                let fresh = Stored { tokens: Some(Pair::of(tokens, clock::now())), ..Stored::default() };
                self.keep_voip_tokens(&fresh)?;
                self.adopt_ringcentral().await?;
                Ok(VoipOauthAnswer::Connected)
            }
            Err(error) => {
                log::warn("a code of the telephony provider was not accepted", &[("error", error.to_string().into())]);
                Ok(VoipOauthAnswer::Failed)
            }
        }
    }

    /// Locally: a consent under way looks so much older.
    pub(super) fn age_consent(&self, by: Millis) -> Result<(), StoreError> {
        let mut stored = self.voip_tokens()?;
        let Some(pending) = &mut stored.pending else { return Ok(()) };
        pending.until = Moment(pending.until.0 - by.0);
        self.keep_voip_tokens(&stored)
    }

    /// Locally the stand-in shows the consent page.
    fn local_consent(&self, consent: String) -> String {
        match (&self.config.provider_origin_override, worker::Url::parse(&consent)) {
            (Some(origin), Ok(url)) => format!("{origin}{}?{}", url.path(), url.query().unwrap_or_default()),
            _ => consent,
        }
    }

    async fn tokens_from(&self, request: &ProviderRequest, budget: &Budget) -> Result<Tokens, ProviderError> {
        let reply = provider_http::send(&self.config, request, None, budget).await;
        let reply = reply.map_err(|_| ProviderError::Unavailable)?;
        oauth::read_tokens(Reply { status: reply.status, body: &reply.body })
    }

    /// The connection counts, and its events are subscribed to.
    async fn adopt_ringcentral(&self) -> Result<(), Refusal> {
        let identity = self.identity()?.ok_or_else(Refusal::not_found)?;
        let before = self.connections(identity.account)?;
        let connection = match before.of(Provider::RingCentral.as_str()) {
            Some(known) => known.clone(),
            None => Connection {
                hook_key: self.new_hook_key(&identity, &before)?,
                credentials: Credentials::RingCentral {
                    verification_token: random::id().map_err(|_| no_randomness())?,
                },
                replaced: None,
                is_set_up: true,
            },
        };
        let mut changed = (*before).clone();
        changed.put(connection, clock::now());
        self.store_connections(&identity, &changed, before.current.is_none()).await?;
        self.keep_provider_subscription().await;
        self.greet_again(identity.account)
    }

    /// A usable access token of the provider, renewed if it is about to end or is the one the provider just refused.
    pub(super) async fn provider_token(&self, refused: Option<&str>, budget: &Budget) -> Result<String, ProviderError> {
        let _turn = self.renewing_provider.turn().await.ok_or(ProviderError::Unavailable)?;
        let lost = || ProviderError::Unauthorised("RingCentral has to be connected again in the settings.".to_owned());
        let mut stored = self.voip_tokens().map_err(unusable)?;
        let Some(pair) = stored.tokens.clone().filter(|_| !stored.lost) else { return Err(lost()) };
        if pair.expires_at - clock::now() > EARLY && refused != Some(&pair.access) {
            return Ok(pair.access);
        }
        let client = self.oauth_client().map_err(|refusal| ProviderError::Refused(refusal.detail().to_owned()))?;
        match self.tokens_from(&oauth::refresh(client, &pair.refresh), budget).await {
            Ok(tokens) => {
                let renewed = Pair::of(tokens, clock::now());
                stored.tokens = Some(renewed.clone());
                self.keep_voip_tokens(&stored).map_err(unusable)?;
                Ok(renewed.access)
            }
            Err(ProviderError::Unauthorised(_) | ProviderError::Refused(_)) => {
                stored.lost = true;
                self.keep_voip_tokens(&stored).map_err(unusable)?;
                Err(lost())
            }
            Err(error) => Err(error),
        }
    }

    /// Subscribes to the provider's events, and renews that before it ends.
    pub(super) async fn keep_provider_subscription(&self) {
        if let Err(error) = self.try_subscription().await {
            log::warn("the provider's events are not subscribed to", &[("error", error.to_string().into())]);
        }
    }

    async fn try_subscription(&self) -> Result<(), ProviderError> {
        let Some(identity) = self.identity().map_err(unusable)? else { return Ok(()) };
        let connections = self.connections(identity.account).map_err(|_| ProviderError::Unavailable)?;
        let Some(connection) = connections.of(Provider::RingCentral.as_str()) else { return Ok(()) };
        let Credentials::RingCentral { verification_token } = &connection.credentials else { return Ok(()) };
        let now = clock::now();
        let request = match &self.voip_tokens().map_err(unusable)?.subscription {
            Some(known) if known.expires_at - now > SUBSCRIPTION_EARLY => return Ok(()),
            Some(known) if known.expires_at > now => oauth::renew(&known.id),
            _ => oauth::subscribe(&connection.urls(&self.config).hook, verification_token),
        };
        let budget = Budget::of(6);
        let reply = self.send_to_provider(&connection.credentials, &request, &budget).await?;
        let granted = oauth::read_subscription(Reply { status: reply.status, body: &reply.body });
        // Another request may have renewed the tokens meanwhile.
        let mut stored = self.voip_tokens().map_err(unusable)?;
        // One that was taken from us is made anew next time.
        let kept = granted.as_ref().ok().filter(|granted| granted.is_active);
        stored.subscription = kept.map(|granted| Subscription {
            id: granted.id.clone(),
            expires_at: granted.ends_at.unwrap_or(now + SUBSCRIPTION_EARLY),
        });
        let is_kept = stored.subscription.is_some();
        self.keep_voip_tokens(&stored).map_err(unusable)?;
        if !is_kept {
            self.want_upkeep_by(now + SUBSCRIBE_AGAIN);
        }
        granted.map(drop)
    }

    /// The connection is removed: no events any more, and no tokens.
    pub(super) async fn leave_ringcentral(&self, credentials: &Credentials) -> Result<(), StoreError> {
        if let Some(known) = self.voip_tokens()?.subscription
            && let Err(error) = self.command(credentials, &oauth::unsubscribe(&known.id)).await
        {
            log::warn("the provider's subscription could not be ended", &[("error", error.to_string().into())]);
        }
        self.store.forget_value(names::VOIP_TOKENS)
    }

    /// What an administrator has to mend about the provider's access.
    pub(super) fn provider_trouble(&self) -> Result<Option<String>, StoreError> {
        let stored = self.voip_tokens()?;
        Ok(if stored.lost {
            Some("RingCentral does not accept us any more. Connect it again in the widget's settings.".to_owned())
        } else if stored.tokens.is_some() && stored.subscription.is_none() {
            Some("RingCentral did not accept our subscription to its events yet; we keep trying.".to_owned())
        } else {
            None
        })
    }
}
