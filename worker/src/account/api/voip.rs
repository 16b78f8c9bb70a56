//! `GET` and `PUT voip`, `POST voip/test`, `POST voip/oauth`, `DELETE voip/former/{id}`: which telephony provider, and
//! with what.

use super::super::Hub;
use super::super::identity::{Identity, StoredSettings};
use super::super::reply::{self, Refusal};
use super::super::voip::{Connection, Connections};
use super::Asked;
use crate::adapters::budget::Budget;
use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::protocol::{
    PutVoipRequest, VoipOauthRequest, VoipOauthResponse, VoipResponse, VoipTestResponse,
};
use kommo_voip_domain::telephony::out::{self, ProviderError};
use kommo_voip_domain::telephony::{Credentials, Provider};
use worker::Response;

/// Requests the check and the set-up of a provider may take.
const REQUESTS: u32 = 12;

impl Hub {
    fn voip_answer(&self, asked: &Asked, secret: Option<String>) -> Result<Response, Refusal> {
        let connections = self.connections(asked.identity.account)?;
        let current = connections.current.as_ref();
        let urls = current.map(|current| current.urls(&self.config));
        let answer = VoipResponse {
            provider: current.map(|current| current.name().to_owned()),
            active: self.settings()?.active,
            hook_url: urls.as_ref().map(|urls| urls.hook.clone()),
            route_url: urls.map(|urls| urls.route),
            fields: current.map(Connection::fields).unwrap_or_default(),
            secret,
            is_set_up: current.is_some_and(|current| current.is_set_up),
            former: connections.former_views(),
        };
        reply::json(200, &answer).map_err(reply::runtime)
    }

    pub(in super::super) async fn get_voip(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        self.voip_answer(asked, None)
    }

    pub(in super::super) async fn put_voip(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let request: PutVoipRequest = super::read(&asked.body)?;
        let account = asked.identity.account;
        let mut credentials = self.credentials_of(&*self.connections(account)?, &request)?;
        let known = self.connections(account)?.of(credentials.provider().as_str()).cloned();
        // Only who touched the credentials waits for the provider.
        if request.credentials.is_some() || known.is_none_or(|known| known.credentials != credentials) {
            self.check(&mut credentials).await.map_err(|error| Refusal::invalid(error.to_string()))?;
        }
        // While the provider was asked, another administrator may have saved something else.
        let before = self.connections(account)?;
        let (connection, made) = self.connection_with(&asked.identity, &before, credentials, request.rotate)?;
        let mut changed = (*before).clone();
        changed.put(connection, clock::now());
        if changed != *before {
            self.store_connections(&asked.identity, &changed, before.current.is_none()).await?;
            self.set_up_provider(&asked.identity).await;
            self.greet_again(account)?;
        }
        self.voip_answer(asked, made)
    }

    pub(in super::super) async fn test_voip(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let request: PutVoipRequest = super::read(&asked.body)?;
        let reason = match self.credentials_of(&*self.connections(asked.identity.account)?, &request) {
            Err(refusal) => Some(refusal.detail().to_owned()),
            Ok(mut credentials) => self.check(&mut credentials).await.err().map(|error| error.to_string()),
        };
        reply::json(200, &VoipTestResponse { ok: reason.is_none(), reason }).map_err(reply::runtime)
    }

    pub(in super::super) async fn post_voip_oauth(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let wanted: VoipOauthRequest = super::read(&asked.body)?;
        if Provider::parse(&wanted.provider).is_none_or(|provider| !provider.is_oauth()) {
            return Err(Refusal::invalid("provider: only ringcentral is connected by a window of its own."));
        }
        let url = self.begin_voip_oauth(&asked.identity)?;
        reply::json(200, &VoipOauthResponse { url }).map_err(reply::runtime)
    }

    pub(in super::super) async fn delete_former(&self, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let mut changed = (*self.connections(asked.identity.account)?).clone();
        let removed = changed.remove(id).ok_or_else(Refusal::not_found)?;
        self.store_connections(&asked.identity, &changed, false).await?;
        if removed.provider().is_oauth() {
            self.leave_ringcentral(&removed.credentials).await?;
        }
        self.voip_answer(asked, None)
    }

    /// What the administrator entered, completed by what is stored.
    fn credentials_of(&self, connections: &Connections, request: &PutVoipRequest) -> Result<Credentials, Refusal> {
        let provider = Provider::parse(&request.provider).ok_or_else(|| {
            let known = Provider::ALL.map(Provider::as_str).join(", ");
            Refusal::invalid(format!("There is no provider called {:.40}. Choose one of: {known}.", request.provider))
        })?;
        let stored = connections.of(provider.as_str()).map(|known| &known.credentials);
        let typed = request.credentials.clone().unwrap_or_default();
        Credentials::read(provider, &typed, stored).map_err(|error| Refusal::invalid(format!("{error}.")))
    }

    /// Asks the provider whether credentials are good, and learns what it says besides.
    async fn check(&self, credentials: &mut Credentials) -> Result<(), ProviderError> {
        let Some(errand) = out::check(credentials) else { return Ok(()) };
        let learned = self.run(credentials, errand, &Budget::of(REQUESTS)).await?;
        if let (Credentials::Zadarma { time_zone, .. } | Credentials::Plivo { time_zone, .. }, Some(zone)) =
            (credentials, learned.time_zone)
        {
            *time_zone = Some(zone);
        }
        Ok(())
    }

    /// Seals and stores the connections; from the first one on the product works, later changes leave the switch as
    /// it is.
    pub(in super::super) async fn store_connections(
        &self,
        identity: &Identity,
        changed: &Connections,
        is_first: bool,
    ) -> Result<(), Refusal> {
        let settings = self.settings()?;
        let changed_settings = StoredSettings {
            active: settings.active || is_first,
            version: settings.version + 1,
            ..(*settings).clone()
        };
        let sealed = self.seal_connections(identity, changed)?;
        self.store_settings(identity, &changed_settings, Some(&sealed)).await
    }

    /// Tells the provider our addresses, where it has an API for that. Otherwise, or if it refuses, an administrator
    /// copies them.
    async fn set_up_provider(&self, identity: &Identity) {
        let Ok(connections) = self.connections(identity.account) else { return };
        let Some(current) = connections.current.as_ref().filter(|current| !current.is_set_up) else { return };
        let Some(errand) = out::set_up(&current.credentials, &current.urls(&self.config)) else { return };
        if let Err(error) = self.run(&current.credentials, errand, &Budget::of(REQUESTS)).await {
            let fields = [("provider", current.name().into()), ("error", error.to_string().into())];
            return log::warn("the provider could not be told our addresses", &fields);
        }
        let Ok(latest) = self.connections(identity.account) else { return };
        let mut changed = (*latest).clone();
        let is_current = |known: &&mut Connection| known.hook_key == current.hook_key; // both are ours
        if let Some(known) = changed.current.as_mut().filter(is_current) {
            known.is_set_up = true;
            if let Err(refusal) = self.store_connections(identity, &changed, false).await {
                log::warn("the set-up could not be remembered", &[("error", refusal.detail().to_owned().into())]);
            }
        }
    }
}
