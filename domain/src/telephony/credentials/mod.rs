//! What each provider wants to know before it trusts us, and we it: read and checked once, as the administrator
//! typed it.
//!
//! The same table of fields draws the settings window and checks what comes from it. A secret that is left out stays
//! as it is stored; none ever goes back to a browser.

mod read;

use read::Typed;
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

/// A name with a dot whose last label begins with a letter, as those of all domains do. The runtime takes a host that
/// ends in a number for an address, in every base it knows: `127.0x1` is the machine itself.
pub(crate) fn is_host_name(host: &str) -> bool {
    let mut labels = host.split('.');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= 253
        && host.contains('.')
        && labels.clone().all(is_label)
        && labels.next_back().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_alphabetic()))
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
mod tests;
