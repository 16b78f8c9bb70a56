//! The connections to telephony providers: their credentials, sealed, and the addresses their webhooks come to.
//!
//! One is in use. Those it replaced stay until an administrator removes them, so that late events and recordings
//! still find their way.

use super::Hub;
use super::identity::{Identity, names};
use super::reply::Refusal;
use super::store::StoreError;
use crate::adapters::{clock, random};
use crate::config::Config;
use crate::hook_key;
use crate::log;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::protocol::{CredentialField, FormerConnection};
use kommo_voip_domain::telephony::credentials::Scheme;
use kommo_voip_domain::telephony::{Credentials, Provider, Urls};
use kommo_voip_domain::time::{Millis, Moment};
use kommo_voip_domain::webhook::{self, Secret};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use subtle::ConstantTimeEq;

/// How long replaced credentials are still accepted: a PBX is rarely changed in the same minute.
const ROTATION: Millis = Millis::minutes(24 * 60);

/// A connection to one provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Names and authorises the webhook's address.
    pub hook_key: String,
    /// What the administrator entered.
    pub credentials: Credentials,
    /// The credentials before, and until when they are accepted.
    pub replaced: Option<(Credentials, Moment)>,
    /// The provider was told our addresses by itself.
    pub is_set_up: bool,
}

/// A connection that another provider's took the place of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Former {
    /// The connection.
    pub connection: Connection,
    /// Since when.
    pub replaced_at: Moment,
}

/// All connections of an account.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    /// The one in use.
    pub current: Option<Connection>,
    /// Those before.
    pub former: Vec<Former>,
}

/// The forms in which connections were ever stored, inside a seal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
enum Stored {
    GenericV1 { hook_key: String, secret: String, former: Option<(String, Moment)> },
    V2(Box<Connections>),
}

impl Connection {
    /// Whose it is.
    pub fn provider(&self) -> Provider {
        self.credentials.provider()
    }

    /// The provider's word in addresses.
    pub fn name(&self) -> &'static str {
        self.provider().as_str()
    }

    /// Our addresses for it.
    pub fn urls(&self, config: &Config) -> Urls {
        let address = |what: &str| format!("{}/{what}/{}/{}", config.public_origin, self.name(), self.hook_key);
        Urls { hook: address("webhooks/voip"), route: address("route") }
    }

    /// The credentials a delivery may be signed with now, the present ones first.
    pub fn accepted(&self, now: Moment) -> Vec<&Credentials> {
        let replaced = self.replaced.as_ref().filter(|(_, until)| *until > now).map(|(credentials, _)| credentials);
        std::iter::once(&self.credentials).chain(replaced).collect()
    }

    /// Takes up other credentials; the former ones are accepted a while longer.
    pub fn replace(&mut self, credentials: Credentials, now: Moment) {
        if self.credentials == credentials {
            return;
        }
        let before = std::mem::replace(&mut self.credentials, credentials);
        let had_secret = !matches!(&before, Credentials::Generic { secret, .. } if secret.is_empty());
        self.replaced = had_secret.then(|| (before, now + ROTATION));
    }

    /// What an administrator sees of the credentials.
    pub fn fields(&self) -> Vec<CredentialField> {
        self.provider()
            .fields()
            .iter()
            .map(|field| {
                let value = self.credentials.shown(field.name);
                CredentialField {
                    name: field.name.to_owned(),
                    secret: field.secret,
                    required: field.required,
                    stored: field.secret || value.is_some(),
                    value,
                }
            })
            .collect()
    }
}

impl Connections {
    /// Every connection, the one in use first.
    pub fn all(&self) -> impl Iterator<Item = &Connection> {
        self.current.iter().chain(self.former.iter().rev().map(|former| &former.connection))
    }

    /// The connection an address belongs to.
    pub fn at(&self, provider: &str, hook_key: &str) -> Option<&Connection> {
        self.all()
            .find(|known| known.name() == provider && bool::from(known.hook_key.as_bytes().ct_eq(hook_key.as_bytes())))
    }

    /// The connection of a provider.
    pub fn of(&self, provider: &str) -> Option<&Connection> {
        self.all().find(|known| known.name() == provider)
    }

    /// The word of the provider in use.
    pub fn provider(&self) -> &'static str {
        self.current.as_ref().map_or(Provider::Generic.as_str(), Connection::name)
    }

    /// Puts a connection to use in place of the present one, which stays for late events. A provider that comes back
    /// keeps its address.
    pub fn put(&mut self, connection: Connection, now: Moment) {
        self.former.retain(|former| former.connection.provider() != connection.provider());
        if let Some(before) = self.current.take()
            && before.provider() != connection.provider()
        {
            self.former.push(Former { connection: before, replaced_at: now });
        }
        self.current = Some(connection);
    }

    /// What an administrator sees of the former ones.
    pub fn former_views(&self) -> Vec<FormerConnection> {
        let view = |former: &Former| FormerConnection {
            id: id_of(&former.connection),
            provider: former.connection.name().to_owned(),
            replaced_at: former.replaced_at.seconds(),
        };
        self.former.iter().map(view).collect()
    }

    /// Forgets a former connection and gives it back; none when there is none of this id.
    pub fn remove(&mut self, id: &str) -> Option<Connection> {
        let at = self.former.iter().position(|former| id_of(&former.connection) == id)?;
        Some(self.former.remove(at).connection)
    }
}

/// Names a former connection without showing its key.
fn id_of(connection: &Connection) -> String {
    webhook::body_digest(connection.hook_key.as_bytes()).chars().take(16).collect()
}

/// A fresh secret for a scheme that lets us make it.
pub(super) fn make_secret(scheme: Scheme) -> Result<String, Refusal> {
    let bytes = random::bytes::<32>().map_err(|error| {
        log::error("no secret could be made", &[("error", error.to_string().into())]);
        Refusal::unavailable("No secret could be made. Try again in a moment.")
    })?;
    match scheme {
        Scheme::StaticSecret | Scheme::HmacBody => Ok(random::hex(&bytes)),
        Scheme::Standard => Secret::new(bytes.to_vec())
            .map(|secret| secret.to_text())
            .map_err(|error| Refusal::invalid(error.to_string())),
    }
}

impl Hub {
    /// The connections, opened once.
    pub(super) fn connections(&self, account: AccountId) -> Result<Rc<Connections>, Refusal> {
        if let Some(known) = self.store.made_of(names::VOIP) {
            return Ok(known);
        }
        let connections = match self.store.value::<String>(names::VOIP)? {
            None => Connections::default(),
            Some(sealed) => {
                let opened = self.config.sealer.open(&sealed, &Self::associated(account, "voip"));
                match opened.map(|bytes| serde_json::from_str::<Stored>(&String::from_utf8_lossy(&bytes))) {
                    Ok(Ok(stored)) => stored.into_connections(),
                    _ => {
                        log::error(
                            "the stored connection does not open: are the sealing keys complete?",
                            &[("account", account.0.into())],
                        );
                        return Err(Refusal::unavailable(
                            "The stored credentials do not open. Look at the Worker's log.",
                        ));
                    }
                }
            }
        };
        let connections = Rc::new(connections);
        self.store.keep_made_of(names::VOIP, Rc::clone(&connections));
        Ok(connections)
    }

    /// The word of the provider in use.
    pub(super) fn provider_of(&self, account: AccountId) -> Result<&'static str, Refusal> {
        Ok(self.connections(account)?.provider())
    }

    /// Seals connections for this account.
    pub(super) fn seal_connections(&self, identity: &Identity, connections: &Connections) -> Result<String, Refusal> {
        let json = serde_json::to_vec(&Stored::V2(Box::new(connections.clone()))).map_err(StoreError::from)?;
        self.config.sealer.seal(&json, &Self::associated(identity.account, "voip")).map_err(|error| {
            log::error("the connection could not be sealed", &[("error", error.to_string().into())]);
            Refusal::unavailable("Nothing was changed. Try again in a moment.")
        })
    }

    /// A key for a provider that is connected for the first time.
    pub(super) fn new_hook_key(&self, identity: &Identity, connections: &Connections) -> Result<String, Refusal> {
        if connections.all().next().is_none() {
            return Ok(identity.hook_key.clone());
        }
        let random = random::bytes::<16>()
            .map_err(|_| Refusal::unavailable("No address could be made. Try again in a moment."))?;
        Ok(hook_key::mint(identity.account, random, &self.config.keys))
    }

    /// The connection of a provider as it follows from other credentials, and the secret to show if one was made.
    pub(super) fn connection_with(
        &self,
        identity: &Identity,
        connections: &Connections,
        mut credentials: Credentials,
        rotate: bool,
    ) -> Result<(Connection, Option<String>), Refusal> {
        let mut made = None;
        if let Credentials::Generic { scheme, secret, .. } = &mut credentials
            && (secret.is_empty() || rotate)
        {
            *secret = make_secret(*scheme)?;
            made = Some(secret.clone());
        }
        let known = connections.of(credentials.provider().as_str()).cloned();
        let connection = match known {
            Some(mut known) => {
                known.replace(credentials, clock::now());
                known
            }
            None => Connection {
                hook_key: self.new_hook_key(identity, connections)?,
                credentials,
                replaced: None,
                is_set_up: false,
            },
        };
        Ok((connection, made))
    }
}

impl Stored {
    fn into_connections(self) -> Connections {
        match self {
            Self::V2(connections) => *connections,
            Self::GenericV1 { hook_key, secret, former } => {
                let credentials = |secret| Credentials::Generic {
                    scheme: Scheme::Standard,
                    preset: None,
                    header: None,
                    secret,
                    recording_hosts: vec![],
                    time_zone: None,
                    dial_url: None,
                };
                let replaced = former.map(|(secret, until)| (credentials(secret), until));
                let current = Connection { hook_key, credentials: credentials(secret), replaced, is_set_up: false };
                Connections { current: Some(current), former: vec![] }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(hook_key: &str, credentials: Credentials) -> Connection {
        Connection { hook_key: hook_key.to_owned(), credentials, replaced: None, is_set_up: false }
    }

    fn zadarma(secret: &str) -> Credentials {
        Credentials::Zadarma { key: "key-key".into(), secret: secret.into(), time_zone: None }
    }

    fn ringcentral() -> Credentials {
        Credentials::RingCentral { verification_token: "token".into() }
    }

    #[test]
    fn a_connection_of_the_first_release_still_opens() {
        let json = r#"{"GenericV1":{"hookKey":"k","secret":"whsec_new","former":["whsec_old",5000]}}"#;
        let connections = serde_json::from_str::<Stored>(json).unwrap().into_connections();
        let current = connections.at("generic", "k").unwrap();
        let secrets = |now| current.accepted(Moment(now)).len();
        assert_eq!((secrets(4999), secrets(5000)), (2, 1));
        let again = serde_json::to_string(&Stored::V2(Box::new(connections.clone()))).unwrap();
        assert!(serde_json::from_str::<Stored>(&again).unwrap().into_connections() == connections);
    }

    #[test]
    fn a_replaced_provider_stays_until_it_is_removed_and_comes_back_under_its_address() {
        let mut connections = Connections::default();
        connections.put(connection("z", zadarma("secret")), Moment(1));
        connections.put(connection("r", ringcentral()), Moment(2000));
        assert_eq!(connections.provider(), "ringcentral");
        assert!(connections.at("zadarma", "z").is_some() && connections.at("zadarma", "r").is_none());
        let former = connections.former_views();
        assert_eq!((former.len(), former[0].replaced_at), (1, 2));
        let back = connections.of("zadarma").unwrap().clone();
        connections.put(back, Moment(3000));
        assert_eq!((connections.provider(), connections.former.len()), ("zadarma", 1));
        assert!(connections.remove("nobody").is_none());
        assert!(connections.remove(&connections.former_views()[0].id).is_some());
        assert!(connections.at("ringcentral", "r").is_none());
    }

    #[test]
    fn replaced_credentials_are_accepted_for_a_day() {
        let mut known = connection("z", zadarma("first-secret"));
        known.replace(zadarma("second-secret"), Moment(0));
        assert_eq!(known.accepted(Moment(ROTATION.0 - 1)).len(), 2);
        assert_eq!(known.accepted(Moment(ROTATION.0)), [&zadarma("second-secret")]);
        known.replace(zadarma("second-secret"), Moment(5));
        assert!(known.replaced.is_some());
    }
}
