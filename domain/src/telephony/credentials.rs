//! What each provider wants to know before it trusts us, and we it: read and checked once, as the administrator
//! typed it.
//!
//! The same table of fields draws the settings window and checks what comes from it. A secret that is left out stays
//! as it is stored; none ever goes back to a browser.

use crate::webhook::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// A telephony provider with an adapter of its own; `generic` is everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Any PBX that can send a signed webhook.
    Generic,
    /// Twilio Voice.
    Twilio,
    /// Zadarma's PBX.
    Zadarma,
    /// Telnyx Call Control.
    Telnyx,
    /// Vonage Voice.
    Vonage,
    /// Plivo Voice.
    Plivo,
    /// RingCentral, connected by OAuth.
    RingCentral,
}

impl Provider {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Generic, Self::Twilio, Self::Zadarma, Self::RingCentral, Self::Telnyx, Self::Vonage, Self::Plivo];

    /// The word in addresses and in the widget API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Twilio => "twilio",
            Self::Zadarma => "zadarma",
            Self::Telnyx => "telnyx",
            Self::Vonage => "vonage",
            Self::Plivo => "plivo",
            Self::RingCentral => "ringcentral",
        }
    }

    /// The provider of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == word)
    }

    /// The name people know; for `generic` the widget has a word of its own.
    pub fn label(self) -> &'static str {
        match self {
            Self::Generic => "Webhook",
            Self::Twilio => "Twilio",
            Self::Zadarma => "Zadarma",
            Self::Telnyx => "Telnyx",
            Self::Vonage => "Vonage",
            Self::Plivo => "Plivo",
            Self::RingCentral => "RingCentral",
        }
    }

    /// The fields an administrator fills in.
    pub fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::Generic => GENERIC,
            Self::Twilio => TWILIO,
            Self::Zadarma => ZADARMA,
            Self::Telnyx => TELNYX,
            Self::Vonage => VONAGE,
            Self::Plivo => PLIVO,
            Self::RingCentral => &[],
        }
    }

    /// Connected by a window of the provider instead of fields.
    pub fn is_oauth(self) -> bool {
        self == Self::RingCentral
    }
}

/// One field of a provider's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// The key in `credentials`.
    pub name: &'static str,
    /// Never sent back once stored.
    pub secret: bool,
    /// Must be filled.
    pub required: bool,
}

const GENERIC: &[FieldSpec] = &[
    required("scheme"),
    optional("preset"),
    optional("header"),
    FieldSpec { name: "secret", secret: true, required: false },
    optional("recordingHosts"),
    optional("timeZone"),
    optional("dialUrl"),
];
const TWILIO: &[FieldSpec] = &[required("accountSid"), secret("authToken"), required("number"), optional("record")];
const ZADARMA: &[FieldSpec] = &[secret("key"), secret("secret")];
const TELNYX: &[FieldSpec] =
    &[secret("apiKey"), required("publicKey"), required("connectionId"), required("number"), optional("record")];
const VONAGE: &[FieldSpec] = &[
    required("apiKey"),
    secret("signatureSecret"),
    required("applicationId"),
    secret("privateKey"),
    required("number"),
    optional("record"),
];
const PLIVO: &[FieldSpec] = &[required("authId"), secret("authToken"), required("number"), optional("record")];

const fn required(name: &'static str) -> FieldSpec {
    FieldSpec { name, secret: false, required: true }
}

const fn optional(name: &'static str) -> FieldSpec {
    FieldSpec { name, secret: false, required: false }
}

const fn secret(name: &'static str) -> FieldSpec {
    FieldSpec { name, secret: true, required: true }
}

/// How the generic webhook proves that it is genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Standard Webhooks: id, time and body are signed.
    Standard,
    /// HMAC-SHA256 of the body in a header.
    HmacBody,
    /// The secret itself in a header, in the password of Basic authentication, or where the preset has it. Whoever
    /// reads one delivery can forge the next: lower trust.
    StaticSecret,
}

/// Whose payload the generic webhook carries, if not our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Yeastar P-Series, events 30011 and 30012.
    Yeastar,
    /// Aircall call events.
    Aircall,
    /// Quo (formerly OpenPhone) call events.
    Quo,
    /// FreeSWITCH `mod_json_cdr`.
    FreeSwitch,
}

/// Credentials that passed the check. `Debug` names the provider only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Credentials {
    /// Any PBX.
    Generic {
        /// How deliveries are signed.
        scheme: Scheme,
        /// Whose payload they carry.
        preset: Option<Preset>,
        /// The header with signature or secret, if not the scheme's usual one.
        header: Option<String>,
        /// The secret; empty until one is made.
        secret: String,
        /// Hosts recordings may be fetched from.
        recording_hosts: Vec<String>,
        /// The zone of times without an offset, such as `Europe/Berlin`.
        time_zone: Option<String>,
        /// Where the PBX takes our wish to place a call.
        dial_url: Option<String>,
    },
    /// Twilio.
    Twilio {
        /// `AC…`.
        account_sid: String,
        /// Signs webhooks and requests.
        auth_token: String,
        /// The number shown to whom we call.
        number: String,
        /// Talks are recorded; it is for the administrator to know whether they may be.
        #[serde(default)]
        record: bool,
    },
    /// Zadarma.
    Zadarma {
        /// The API key.
        key: String,
        /// Signs webhooks and requests.
        secret: String,
        /// The account's zone, as Zadarma told it.
        time_zone: Option<String>,
    },
    /// Telnyx.
    Telnyx {
        /// Authorises our requests.
        api_key: String,
        /// Checks the webhooks: base64 of 32 bytes.
        public_key: String,
        /// The Voice API application.
        connection_id: String,
        /// The number shown to whom we call.
        number: String,
        /// Talks are recorded; it is for the administrator to know whether they may be.
        #[serde(default)]
        record: bool,
    },
    /// Vonage.
    Vonage {
        /// Names the signature secret in webhooks.
        api_key: String,
        /// Signs webhooks.
        signature_secret: String,
        /// The Voice application.
        application_id: String,
        /// Signs our requests: PKCS#8 PEM.
        private_key: String,
        /// The number shown to whom we call.
        number: String,
        /// Talks are recorded; it is for the administrator to know whether they may be.
        #[serde(default)]
        record: bool,
    },
    /// Plivo.
    Plivo {
        /// Names the account.
        auth_id: String,
        /// Signs webhooks and requests.
        auth_token: String,
        /// The number shown to whom we call.
        number: String,
        /// Talks are recorded; it is for the administrator to know whether they may be.
        #[serde(default)]
        record: bool,
        /// The account's zone, as Plivo told it: its times have no offset.
        #[serde(default)]
        time_zone: Option<String>,
    },
    /// RingCentral; the tokens are kept apart, since they change by the hour.
    #[serde(rename = "ringcentral")]
    RingCentral {
        /// Comes back with every webhook.
        verification_token: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, hidden)", self.provider().as_str())
    }
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("credentials.{field} {reason}")]
pub struct CredentialError {
    /// The field.
    pub field: String,
    /// What is wrong, as the rest of a sentence.
    pub reason: String,
}

impl Credentials {
    /// Whose they are.
    pub fn provider(&self) -> Provider {
        match self {
            Self::Generic { .. } => Provider::Generic,
            Self::Twilio { .. } => Provider::Twilio,
            Self::Zadarma { .. } => Provider::Zadarma,
            Self::Telnyx { .. } => Provider::Telnyx,
            Self::Vonage { .. } => Provider::Vonage,
            Self::Plivo { .. } => Provider::Plivo,
            Self::RingCentral { .. } => Provider::RingCentral,
        }
    }

    /// What is shown of a field: nothing of a secret.
    pub fn shown(&self, field: &str) -> Option<String> {
        let text = match (self, field) {
            (Self::Generic { scheme, .. }, "scheme") => return word(scheme),
            (Self::Generic { preset, .. }, "preset") => return preset.as_ref().and_then(word),
            (Self::Generic { header, .. }, "header") => return header.clone(),
            (Self::Generic { recording_hosts, .. }, "recordingHosts") => {
                return (!recording_hosts.is_empty()).then(|| recording_hosts.join(", "));
            }
            (
                Self::Generic { time_zone, .. } | Self::Zadarma { time_zone, .. } | Self::Plivo { time_zone, .. },
                "timeZone",
            ) => return time_zone.clone(),
            (Self::Generic { dial_url, .. }, "dialUrl") => return dial_url.clone(),
            (Self::Twilio { account_sid, .. }, "accountSid") => account_sid,
            (Self::Telnyx { public_key, .. }, "publicKey") => public_key,
            (Self::Telnyx { connection_id, .. }, "connectionId") => connection_id,
            (Self::Vonage { api_key, .. }, "apiKey") => api_key,
            (Self::Vonage { application_id, .. }, "applicationId") => application_id,
            (Self::Plivo { auth_id, .. }, "authId") => auth_id,
            (
                Self::Twilio { number, .. }
                | Self::Telnyx { number, .. }
                | Self::Vonage { number, .. }
                | Self::Plivo { number, .. },
                "number",
            ) => number,
            (
                Self::Twilio { record, .. }
                | Self::Telnyx { record, .. }
                | Self::Vonage { record, .. }
                | Self::Plivo { record, .. },
                "record",
            ) => return Some(if *record { "on" } else { "off" }.to_owned()),
            _ => return None,
        };
        Some(text.clone())
    }

    /// Reads what an administrator typed. What is left out is taken from `stored`, if that is of the same provider.
    pub fn read(
        provider: Provider,
        typed: &Map<String, Value>,
        stored: Option<&Self>,
    ) -> Result<Self, CredentialError> {
        if let Some(unknown) =
            typed.keys().find(|key| !provider.fields().iter().any(|field| field.name == key.as_str()))
        {
            let known = provider.fields().iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
            let reason = format!("is not a field of {}; its fields are: {known}", provider.as_str());
            return Err(CredentialError { field: unknown.chars().take(40).collect(), reason });
        }
        let stored = stored.filter(|stored| stored.provider() == provider);
        Typed { typed, stored }.credentials(provider)
    }
}

/// The word a unit variant is written as.
fn word(value: &impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

/// A field of stored credentials.
macro_rules! kept {
    ($provider:ident.$field:ident) => {
        |stored| if let Credentials::$provider { $field, .. } = stored { Some($field) } else { None }
    };
}

struct Typed<'a> {
    typed: &'a Map<String, Value>,
    stored: Option<&'a Credentials>,
}

fn wrong(field: &str, reason: impl Into<String>) -> CredentialError {
    CredentialError { field: field.to_owned(), reason: reason.into() }
}

impl Typed<'_> {
    /// A text field; none when it was left out, is null or blank.
    fn text(&self, field: &'static str) -> Result<Option<String>, CredentialError> {
        let text = match self.typed.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim(),
            Some(Value::Number(number)) if number.is_u64() => return Ok(Some(number.to_string())),
            Some(_) => return Err(wrong(field, "must be text")),
        };
        let is_key = field == "privateKey";
        if text.chars().any(|letter| letter.is_control() && !(is_key && matches!(letter, '\n' | '\r'))) {
            return Err(wrong(field, "must not contain control characters"));
        }
        if text.len() > 4096 {
            return Err(wrong(field, "is too long"));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// A field that must be there, typed now or stored before.
    fn needed(
        &self,
        field: &'static str,
        stored: impl Fn(&Credentials) -> Option<&String>,
        check: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Result<String, CredentialError> {
        match self.text(field)? {
            Some(text) => check(&text).map(|()| text).map_err(|reason| wrong(field, reason)),
            None => self.stored.and_then(stored).cloned().ok_or_else(|| wrong(field, "is missing")),
        }
    }

    /// A field that may be empty. Left out, it stays; blank or null, it is emptied.
    fn maybe(
        &self,
        field: &'static str,
        stored: impl Fn(&Credentials) -> Option<String>,
    ) -> Result<Option<String>, CredentialError> {
        if self.typed.contains_key(field) { self.text(field) } else { Ok(self.stored.and_then(stored)) }
    }

    fn credentials(&self, provider: Provider) -> Result<Credentials, CredentialError> {
        use Credentials as C;
        Ok(match provider {
            Provider::Generic => self.generic()?,
            Provider::Twilio => C::Twilio {
                account_sid: self.needed("accountSid", kept!(Twilio.account_sid), |text| {
                    if is_twilio_sid(text) { Ok(()) } else { Err("must be AC followed by 32 hexadecimal digits") }
                })?,
                auth_token: self.needed("authToken", kept!(Twilio.auth_token), token)?,
                number: self.needed("number", kept!(Twilio.number), number)?,
                record: self.record()?,
            },
            Provider::Zadarma => C::Zadarma {
                key: self.needed("key", kept!(Zadarma.key), token)?,
                secret: self.needed("secret", kept!(Zadarma.secret), token)?,
                time_zone: self.stored.and_then(|stored| stored.shown("timeZone")),
            },
            Provider::Telnyx => C::Telnyx {
                api_key: self.needed("apiKey", kept!(Telnyx.api_key), token)?,
                public_key: self.needed("publicKey", kept!(Telnyx.public_key), |text| {
                    if is_public_key(text) { Ok(()) } else { Err("must be the base64 of 32 bytes") }
                })?,
                connection_id: self.needed("connectionId", kept!(Telnyx.connection_id), token)?,
                number: self.needed("number", kept!(Telnyx.number), number)?,
                record: self.record()?,
            },
            Provider::Vonage => C::Vonage {
                api_key: self.needed("apiKey", kept!(Vonage.api_key), token)?,
                signature_secret: self.needed(
                    "signatureSecret",
                    |stored| {
                        if let C::Vonage { signature_secret, .. } = stored { Some(signature_secret) } else { None }
                    },
                    token,
                )?,
                application_id: self.needed("applicationId", kept!(Vonage.application_id), token)?,
                private_key: self.needed("privateKey", kept!(Vonage.private_key), |text| {
                    if text.starts_with("-----BEGIN PRIVATE KEY-----") {
                        Ok(())
                    } else {
                        Err("must be the application's key file, beginning with -----BEGIN PRIVATE KEY-----")
                    }
                })?,
                number: self.needed("number", kept!(Vonage.number), number)?,
                record: self.record()?,
            },
            Provider::Plivo => C::Plivo {
                auth_id: self.needed("authId", kept!(Plivo.auth_id), token)?,
                auth_token: self.needed("authToken", kept!(Plivo.auth_token), token)?,
                number: self.needed("number", kept!(Plivo.number), number)?,
                record: self.record()?,
                time_zone: self.stored.and_then(|stored| stored.shown("timeZone")),
            },
            Provider::RingCentral => match self.stored {
                Some(stored) => stored.clone(),
                None => return Err(wrong("oauth", "are not typed for RingCentral: connect it with its own button")),
            },
        })
    }

    fn record(&self) -> Result<bool, CredentialError> {
        match self.typed.get("record") {
            Some(Value::Bool(on)) => Ok(*on),
            _ => match self.maybe("record", |stored| stored.shown("record"))?.as_deref() {
                None | Some("off" | "false") => Ok(false),
                Some("on" | "true") => Ok(true),
                Some(_) => Err(wrong("record", "must be \"on\" or \"off\"")),
            },
        }
    }

    fn generic(&self) -> Result<Credentials, CredentialError> {
        let shown = |field: &'static str| move |stored: &Credentials| stored.shown(field);
        let scheme = match self.maybe("scheme", shown("scheme"))? {
            None => Scheme::Standard,
            Some(text) => read_word(&text)
                .ok_or_else(|| wrong("scheme", "must be \"standard\", \"hmac-body\" or \"static-secret\""))?,
        };
        let preset = match self.maybe("preset", shown("preset"))? {
            None => None,
            Some(text) => Some(read_word(&text).ok_or_else(|| {
                wrong("preset", "must be left out or be \"yeastar\", \"aircall\", \"quo\" or \"freeswitch\"")
            })?),
        };
        let header = self.maybe("header", shown("header"))?;
        if header.as_deref().is_some_and(|header| !is_header_name(header)) {
            return Err(wrong("header", "must be the name of a header, such as X-Signature"));
        }
        let typed_secret = match self.typed.get("secret") {
            Some(Value::String(_)) | None | Some(Value::Null) => self.text("secret")?,
            Some(_) => return Err(wrong("secret", "must be text")),
        };
        let same_scheme =
            |stored: &&Credentials| matches!(stored, Credentials::Generic { scheme: before, .. } if *before == scheme);
        let stored_secret = self.stored.filter(same_scheme).and_then(|stored| match stored {
            Credentials::Generic { secret, .. } => Some(secret.clone()),
            _ => None,
        });
        let secret = match typed_secret {
            Some(text) if scheme == Scheme::Standard => {
                Secret::parse(&text).map_err(|error| wrong("secret", format!("is not usable: {error}")))?.to_text()
            }
            Some(text) if (8..=512).contains(&text.len()) => text,
            Some(_) => return Err(wrong("secret", "must have 8 to 512 characters")),
            None => stored_secret.unwrap_or_default(),
        };
        // Only these two schemes let us make a secret for the other side.
        let is_theirs = scheme == Scheme::HmacBody || matches!(preset, Some(Preset::Aircall | Preset::Quo));
        if secret.is_empty() && is_theirs {
            return Err(wrong("secret", "is missing: copy the one your telephone system shows"));
        }
        let time_zone = self.maybe("timeZone", shown("timeZone"))?;
        if time_zone.as_deref().is_some_and(|zone| !is_zone_name(zone)) {
            return Err(wrong("timeZone", "must be a time zone such as Europe/Berlin"));
        }
        let dial_url = self.maybe("dialUrl", shown("dialUrl"))?;
        if dial_url.as_deref().is_some_and(|url| https_host(url).is_none()) {
            return Err(wrong("dialUrl", "must be an https address with a host name and no port"));
        }
        let recording_hosts = self.recording_hosts()?;
        Ok(Credentials::Generic { scheme, preset, header, secret, recording_hosts, time_zone, dial_url })
    }

    /// A list, or names separated by commas or blanks.
    fn recording_hosts(&self) -> Result<Vec<String>, CredentialError> {
        const FIELD: &str = "recordingHosts";
        let typed: Vec<String> = match self.typed.get(FIELD) {
            None => match self.stored {
                Some(Credentials::Generic { recording_hosts, .. }) => return Ok(recording_hosts.clone()),
                _ => return Ok(vec![]),
            },
            Some(Value::Null) => vec![],
            Some(Value::String(text)) => {
                text.split([',', ' ', '\n']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
            Some(Value::Array(items)) => {
                let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.ok_or_else(|| wrong(FIELD, "must be a list of host names"))?
            }
            Some(_) => return Err(wrong(FIELD, "must be a list of host names")),
        };
        let hosts: Vec<String> = typed.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        match hosts.iter().find(|host| !is_host_name(host)) {
            Some(_) => {
                Err(wrong(FIELD, "must be host names such as pbx.example.com, without addresses, ports or paths"))
            }
            None if hosts.len() > 20 => Err(wrong(FIELD, "can be at most 20")),
            None => Ok(hosts),
        }
    }
}

fn read_word<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::from(text)).ok()
}

fn token(text: &str) -> Result<(), &'static str> {
    if text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("must be copied as the provider shows it, without blanks")
    }
}

fn number(text: &str) -> Result<(), &'static str> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err("must be an international number such as +12025550123")
    }
}

fn is_twilio_sid(text: &str) -> bool {
    text.strip_prefix("AC").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_public_key(text: &str) -> bool {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

fn is_header_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_zone_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-:".contains(&byte))
}

/// A name with a dot whose last label is no number: never an address.
pub(crate) fn is_host_name(host: &str) -> bool {
    let mut labels = host.split('.');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= 253
        && host.contains('.')
        && labels.clone().all(is_label)
        && labels.next_back().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// The host of an https address we may ask: a name, no port, no user.
pub fn https_host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    if url.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\') {
        return None;
    }
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.strip_suffix(":443").unwrap_or(host);
    is_host_name(host).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(provider: Provider, typed: Value, stored: Option<&Credentials>) -> Result<Credentials, String> {
        let typed = typed.as_object().expect("an object").clone();
        Credentials::read(provider, &typed, stored).map_err(|error| error.to_string())
    }

    fn twilio() -> Credentials {
        let typed = json!({"accountSid": "AC00000000000000000000000000000001", "authToken": "hush-hush-hush",
                           "number": "+12025550123"});
        read(Provider::Twilio, typed, None).expect("credentials")
    }

    #[test]
    fn what_is_left_out_stays_as_it_is_stored() {
        let changed = read(Provider::Twilio, json!({"number": "+12025550199", "record": "on"}), Some(&twilio()));
        let changed = changed.expect("credentials");
        assert_eq!(changed.shown("number").as_deref(), Some("+12025550199"));
        assert_eq!(changed.shown("record").as_deref(), Some("on"));
        assert!(matches!(changed, Credentials::Twilio { auth_token, .. } if auth_token == "hush-hush-hush"));
    }

    #[test]
    fn secrets_are_never_shown() {
        for field in Provider::Twilio.fields().iter().filter(|field| field.secret) {
            assert_eq!(twilio().shown(field.name), None);
        }
        assert!(!format!("{:?}", twilio()).contains("hush"));
    }

    #[test]
    fn a_missing_or_wrong_field_is_named_and_its_value_is_not() {
        for (provider, typed, field) in [
            (Provider::Twilio, json!({}), "accountSid"),
            (Provider::Twilio, json!({"accountSid": "AC12345"}), "accountSid"),
            (Provider::Twilio, json!({"user": "x-12345"}), "user"),
            (Provider::Zadarma, json!({"key": "12345-key"}), "secret"),
            (Provider::Zadarma, json!({"key": {"a": 12345}}), "key"),
            (Provider::Telnyx, json!({"apiKey": "KEY12345", "publicKey": "12345"}), "publicKey"),
            (
                Provider::Vonage,
                json!({"apiKey": "12345", "signatureSecret": "12345", "applicationId": "12345",
                                      "privateKey": "12345"}),
                "privateKey",
            ),
            (Provider::Plivo, json!({"authId": "MA12345", "authToken": "a12345", "number": "12345"}), "number"),
            (Provider::RingCentral, json!({}), "oauth"),
            (Provider::Generic, json!({"scheme": "12345"}), "scheme"),
            (Provider::Generic, json!({"preset": "12345"}), "preset"),
            (Provider::Generic, json!({"secret": "12345"}), "secret"),
            (Provider::Generic, json!({"scheme": "hmac-body"}), "secret"),
            (Provider::Generic, json!({"header": "X 12345"}), "header"),
            (Provider::Generic, json!({"timeZone": "Europe Berlin 12345"}), "timeZone"),
            (Provider::Generic, json!({"dialUrl": "http://pbx12345.example/"}), "dialUrl"),
            (Provider::Generic, json!({"dialUrl": "https://127.0.0.1/12345"}), "dialUrl"),
            (Provider::Generic, json!({"recordingHosts": ["https://a12345.example"]}), "recordingHosts"),
            (Provider::Generic, json!({"recordingHosts": "10.12.34.5"}), "recordingHosts"),
        ] {
            let error = read(provider, typed, None).expect_err("refused");
            assert!(error.starts_with(&format!("credentials.{field} ")), "{error}");
            assert!(!error.contains("12345"), "{error}");
        }
    }

    #[test]
    fn another_scheme_does_not_take_over_the_secret() {
        let typed = json!({"scheme": "static-secret", "secret": "a-static-secret"});
        let before = read(Provider::Generic, typed, None).expect("credentials");
        let after = read(Provider::Generic, json!({"scheme": "standard"}), Some(&before)).expect("credentials");
        assert!(matches!(after, Credentials::Generic { secret, .. } if secret.is_empty()));
    }

    #[test]
    fn hosts_are_names_and_never_addresses() {
        for (url, host) in [
            ("https://pbx.example.com/a?b", Some("pbx.example.com")),
            ("https://pbx.example.com:443/a", Some("pbx.example.com")),
            ("https://pbx.example.com:8443/a", None),
            ("https://user@pbx.example.com/a", None),
            ("https://pbx.example.com\\@evil.example/", None),
            ("https://127.0.0.1/", None),
            ("https://2130706433/", None),
            ("https://0x7f.1/", None),
            ("https://[::1]/", None),
            ("https://localhost/", None),
            ("http://pbx.example.com/", None),
        ] {
            assert_eq!(https_host(url), host, "{url}");
        }
    }
}
