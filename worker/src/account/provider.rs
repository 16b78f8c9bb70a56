//! The one way to a telephony provider: an errand of the domain, step by step, with the connection's credentials.

use super::Hub;
use crate::adapters::budget::Budget;
use crate::adapters::http::OutgoingReply;
use crate::adapters::provider_http;
use crate::adapters::time_zone::Zone;
use crate::adapters::{clock, random, rs256};
use crate::log;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kommo_voip_domain::telephony::Credentials;
use kommo_voip_domain::telephony::out::{AnErrand, Auth, Next, ProviderError, ProviderRequest, Reply};
use kommo_voip_domain::time::Millis;

/// Requests one errand may take; a list that never ends must not.
const MOST_STEPS: u32 = 30;

impl Hub {
    /// Runs an errand to its end.
    pub(super) async fn run<T>(
        &self,
        credentials: &Credentials,
        mut errand: AnErrand<T>,
        budget: &Budget,
    ) -> Result<T, ProviderError> {
        let mut next = errand.next(None)?;
        for _ in 0..MOST_STEPS {
            let request = match next {
                Next::Done(answer) => return Ok(answer),
                Next::Ask(request) => request,
            };
            let reply = self.send_to_provider(credentials, &request, budget).await?;
            next = errand.next(Some(Reply { status: reply.status, body: &reply.body }))?;
        }
        Err(ProviderError::Unreadable)
    }

    /// Sends a single request whose answer nobody needs but for whether it went well.
    pub(super) async fn command(
        &self,
        credentials: &Credentials,
        request: &ProviderRequest,
    ) -> Result<(), ProviderError> {
        let reply = self.send_to_provider(credentials, request, &Budget::of(5)).await?;
        if (200..300).contains(&reply.status) {
            return Ok(());
        }
        // Nobody but the log hears of it, and bodies have no place there: the provider's own log tells more.
        Err(ProviderError::Refused(format!("The provider answered {}.", reply.status)))
    }

    /// Sends a request. An OAuth token that is refused before its time is renewed, and the request repeated once.
    pub(super) async fn send_to_provider(
        &self,
        credentials: &Credentials,
        request: &ProviderRequest,
        budget: &Budget,
    ) -> Result<OutgoingReply, ProviderError> {
        let send = async |authorisation| {
            provider_http::send(&self.config, request, authorisation, budget).await.map_err(|error| {
                let fields = [("request", format!("{request:?}").into()), ("error", error.to_string().into())];
                log::warn("a telephony provider could not be asked", &fields);
                ProviderError::Unavailable
            })
        };
        let authorisation = self.authorisation(credentials, &request.auth, budget).await?;
        let refused = authorisation.as_ref().and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
        let reply = send(authorisation).await?;
        match (&request.auth, refused) {
            (Auth::OAuth, Some(refused)) if reply.status == 401 => {
                let renewed = self.provider_token(Some(&refused), budget).await?;
                send(Some(format!("Bearer {renewed}"))).await
            }
            _ => Ok(reply),
        }
    }

    /// The `Authorization` header of a request.
    pub(super) async fn authorisation(
        &self,
        credentials: &Credentials,
        auth: &Auth,
        budget: &Budget,
    ) -> Result<Option<String>, ProviderError> {
        Ok(match (auth, credentials) {
            (Auth::None, _) => None,
            (Auth::Basic { user, password }, _) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            (Auth::Header(value), _) => Some(value.clone()),
            (Auth::VonageApplication, Credentials::Vonage { application_id, private_key, .. }) => {
                let id = random::id().map_err(|_| ProviderError::Unavailable)?;
                let token = rs256::application_token(application_id, private_key, &id, clock::now()).await;
                Some(format!(
                    "Bearer {}",
                    token.map_err(|error| ProviderError::Unauthorised(format!(
                        "credentials.privateKey is wrong: {error}."
                    )))?
                ))
            }
            (Auth::OAuth, _) => Some(format!("Bearer {}", self.provider_token(None, budget).await?)),
            (Auth::VonageApplication, _) => return Err(ProviderError::Unreadable),
        })
    }

    /// The zone in which a provider tells times without an offset: its account's, else the Kommo account's.
    pub(super) fn zone_of(&self, credentials: &Credentials) -> Zone {
        let otherwise = self.known_directory().map_or(0, |directory| directory.account.utc_offset_minutes);
        Zone::of(credentials.shown("timeZone").as_deref(), Millis::minutes(otherwise))
    }
}
