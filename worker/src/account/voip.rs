//! The connection to the telephony provider: its credentials, sealed, and the address its webhooks come to.

use super::Hub;
use super::identity::{Identity, names};
use super::reply::Refusal;
use crate::adapters::{clock, random};
use crate::log;
use kommo_voip_domain::protocol::{CredentialField, PutVoipRequest};
use kommo_voip_domain::time::{Millis, Moment};
use kommo_voip_domain::webhook::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// How long a rotated secret is still accepted: the PBX is rarely changed in the same minute.
const ROTATION: Millis = Millis::minutes(24 * 60);
/// The only provider so far.
pub const GENERIC: &str = "generic";

/// A connection as it is stored, inside a seal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum Connection {
    /// The generic webhook, signed by Standard Webhooks.
    GenericV1 {
        /// Names and authorises the webhook's address.
        hook_key: String,
        /// The signing secret.
        secret: String,
        /// The former secret and until when it is accepted.
        former: Option<(String, Moment)>,
    },
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(hidden)")
    }
}

impl Connection {
    /// The provider's name in addresses.
    pub fn provider(&self) -> &'static str {
        match self {
            Self::GenericV1 { .. } => GENERIC,
        }
    }

    /// The key in the webhook's address.
    pub fn hook_key(&self) -> &str {
        match self {
            Self::GenericV1 { hook_key, .. } => hook_key,
        }
    }

    /// The secrets a signature may be made with now.
    pub fn secrets(&self, now: Moment) -> Vec<Secret> {
        match self {
            Self::GenericV1 { secret, former, .. } => {
                let former = former.as_ref().filter(|(_, until)| *until > now).map(|(secret, _)| secret);
                [Some(secret), former].into_iter().flatten().filter_map(|text| Secret::parse(text).ok()).collect()
            }
        }
    }

    /// What an administrator sees of the credentials.
    pub fn fields(stored: Option<&Self>) -> Vec<CredentialField> {
        let field = |name: &str, secret, required, value: Option<&str>| CredentialField {
            name: name.to_owned(),
            secret,
            required,
            stored: stored.is_some(),
            value: value.map(str::to_owned),
        };
        vec![field("scheme", false, true, stored.map(|_| "standard")), field("secret", true, false, None)]
    }
}

/// Credentials that passed the check; a secret only if the administrator brought one.
pub struct Checked {
    secret: Option<String>,
}

/// Checks what an administrator entered, before anything is stored.
pub fn check(provider: &str, credentials: Option<&Map<String, Value>>) -> Result<Checked, Refusal> {
    if provider != GENERIC {
        return Err(Refusal::invalid(format!("There is no provider called {provider:.40}. Choose one of: {GENERIC}.")));
    }
    let empty = Map::new();
    let credentials = credentials.unwrap_or(&empty);
    if let Some(unknown) =
        credentials.keys().find(|key| !matches!(key.as_str(), "scheme" | "secret" | "recordingHosts"))
    {
        return Err(Refusal::invalid(format!("credentials.{unknown:.40} is not a field of the generic provider.")));
    }
    match credentials.get("scheme") {
        None | Some(Value::Null) => {}
        Some(Value::String(scheme)) if scheme == "standard" => {}
        Some(_) => return Err(Refusal::invalid("credentials.scheme must be \"standard\" (Standard Webhooks).")),
    }
    let secret = match credentials.get("secret") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => match Secret::parse(text.trim()) {
            Ok(secret) => Some(secret.to_text()),
            Err(error) => return Err(Refusal::invalid(format!("credentials.secret: {error}"))),
        },
        Some(_) => return Err(Refusal::invalid("credentials.secret must be text.")),
    };
    Ok(Checked { secret })
}

/// A fresh secret.
fn make_secret() -> Result<String, Refusal> {
    let bytes = random::bytes::<32>().map_err(|error| {
        log::error("no secret could be made", &[("error", error.to_string().into())]);
        Refusal::new(
            503,
            "unavailable",
            "Not available at the moment",
            "No secret could be made. Try again in a moment.",
        )
    })?;
    Secret::new(bytes.to_vec()).map(|secret| secret.to_text()).map_err(|error| Refusal::invalid(error.to_string()))
}

impl Hub {
    /// The stored connection.
    pub(super) fn connection(&self, identity: &Identity) -> Result<Option<Connection>, Refusal> {
        let Some(sealed) = self.store.value::<String>(names::VOIP)? else { return Ok(None) };
        let opened = self.config.sealer.open(&sealed, &Self::associated(identity.account, "voip"));
        match opened.map(|bytes| serde_json::from_str(&String::from_utf8_lossy(&bytes))) {
            Ok(Ok(connection)) => Ok(Some(connection)),
            _ => {
                log::error(
                    "the stored connection does not open: are the sealing keys complete?",
                    &[("account", identity.account.0.into())],
                );
                Err(Refusal::new(
                    503,
                    "unavailable",
                    "Not available at the moment",
                    "The stored credentials do not open. Look at the Worker's log.",
                ))
            }
        }
    }

    /// Seals a connection for this account.
    pub(super) fn seal_connection(&self, identity: &Identity, connection: &Connection) -> Result<String, Refusal> {
        let json = serde_json::to_vec(connection).map_err(super::store::StoreError::from)?;
        self.config.sealer.seal(&json, &Self::associated(identity.account, "voip")).map_err(|error| {
            log::error("the connection could not be sealed", &[("error", error.to_string().into())]);
            Refusal::new(
                503,
                "unavailable",
                "Not available at the moment",
                "Nothing was changed. Try again in a moment.",
            )
        })
    }

    /// The connection that follows from a request, and the secret to show if one was made.
    pub(super) fn connect_voip(
        &self,
        identity: &Identity,
        stored: Option<Connection>,
        request: &PutVoipRequest,
    ) -> Result<(Connection, Option<String>), Refusal> {
        let checked = check(&request.provider, request.credentials.as_ref())?;
        let now = clock::now();
        let (hook_key, stored_secret, former) = match stored {
            Some(Connection::GenericV1 { hook_key, secret, former }) => (hook_key, Some(secret), former),
            None => (identity.hook_key.clone(), None, None),
        };
        let (secret, made) = match (checked.secret, &stored_secret) {
            (Some(brought), _) => (brought, None),
            (None, Some(stored)) if !request.rotate => (stored.clone(), None),
            (None, _) => {
                let made = make_secret()?;
                (made.clone(), Some(made))
            }
        };
        let former = match stored_secret {
            Some(stored) if stored != secret => Some((stored, now + ROTATION)),
            _ => former.filter(|(_, until)| *until > now),
        };
        Ok((Connection::GenericV1 { hook_key, secret, former }, made))
    }
}
