//! What an administrator typed, read field by field: every complaint names the field, none repeats a value.

use super::{CredentialError, Credentials, Preset, Provider, Scheme, https_host, is_host_name};
use crate::webhook::Secret;
use serde_json::{Map, Value};

/// A field of stored credentials.
macro_rules! kept {
    ($provider:ident.$field:ident) => {
        |stored| if let Credentials::$provider { $field, .. } = stored { Some($field) } else { None }
    };
}

/// What was typed, and what is stored for what was left out.
pub(super) struct Typed<'a> {
    pub(super) typed: &'a Map<String, Value>,
    pub(super) stored: Option<&'a Credentials>,
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

    /// The credentials of a provider.
    pub(super) fn credentials(&self, provider: Provider) -> Result<Credentials, CredentialError> {
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
