//! `GET` and `PUT voip`, `POST voip/test`.

use super::super::Hub;
use super::super::identity::{Identity, StoredSettings};
use super::super::reply::{self, Refusal};
use super::super::voip::{self, Connection};
use super::Asked;
use kommo_voip_domain::protocol::{PutVoipRequest, VoipResponse, VoipTestResponse};
use worker::Response;

impl Hub {
    fn voip_response(&self, connection: Option<&Connection>, active: bool, secret: Option<String>) -> VoipResponse {
        let address = |what: &str| {
            let connection = connection?;
            Some(format!("{}/{what}/{}/{}", self.config.public_origin, connection.provider(), connection.hook_key()))
        };
        VoipResponse {
            provider: connection.map(|connection| connection.provider().to_owned()),
            active,
            hook_url: address("webhooks/voip"),
            route_url: address("route"),
            fields: Connection::fields(connection),
            secret,
            is_set_up: false,
            former: vec![],
        }
    }

    pub(in super::super) async fn get_voip(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let connection = self.connection(&asked.identity)?;
        let answer = self.voip_response(connection.as_ref(), self.settings()?.active, None);
        reply::json(200, &answer).map_err(reply::runtime)
    }

    pub(in super::super) async fn put_voip(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let request = read(&asked.body)?;
        let stored = self.connection(&asked.identity)?;
        let is_first = stored.is_none();
        let (connection, made) = self.connect_voip(&asked.identity, stored.clone(), &request)?;
        let settings = self.settings()?;
        // From the first connection on the product works; later changes leave the switch as it is.
        let changed = StoredSettings {
            active: settings.active || is_first,
            version: settings.version + 1,
            ..(*settings).clone()
        };
        if stored.as_ref() != Some(&connection) {
            self.store_connection(&asked.identity, &connection, &changed).await?;
        }
        let answer = self.voip_response(Some(&connection), self.settings()?.active, made);
        reply::json(200, &answer).map_err(reply::runtime)
    }

    async fn store_connection(
        &self,
        identity: &Identity,
        connection: &Connection,
        changed: &StoredSettings,
    ) -> Result<(), Refusal> {
        let sealed = self.seal_connection(identity, connection)?;
        self.store_settings(identity, changed, Some(&sealed)).await
    }

    /// The generic provider has nobody to ask: what can be checked is whether the credentials can be used at all.
    pub(in super::super) async fn test_voip(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let request = read(&asked.body)?;
        let answer = match voip::check(&request.provider, request.credentials.as_ref()) {
            Ok(_) => VoipTestResponse { ok: true, reason: None },
            Err(refusal) => VoipTestResponse { ok: false, reason: Some(refusal.detail().to_owned()) },
        };
        reply::json(200, &answer).map_err(reply::runtime)
    }
}

fn read(body: &str) -> Result<PutVoipRequest, Refusal> {
    serde_json::from_str(body).map_err(|error| Refusal::invalid(format!("{error}.")))
}
