//! Variables and secrets, read into one typed value. Whatever is missing or wrong is named; its value never is.

use crate::sealing::{Sealer, SealingKeys};
use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;
use worker::{Env, Url};

/// A company of a thousand telephones with several reports of every call stays far below it.
const WEBHOOKS_PER_SECOND: u32 = 100;

/// Whom Kommo's limit of requests counts, as far as the deployment goes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateScope {
    /// Every account by itself.
    Account,
    /// All accounts together, since they share an address.
    Deployment,
}

thread_local! {
    static OF_ISOLATE: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

/// Everything the deployment decides.
#[derive(Clone)]
pub struct Config {
    /// The integration's id in Kommo; also the `client_uuid` of its tokens.
    pub client_id: String,
    /// The integration's secret: exchanges codes, signs one-time tokens and the uninstall hook.
    pub client_secret: String,
    /// Where Kommo sends codes, exactly as registered there.
    pub redirect_uri: String,
    /// Our own address: the origin of the redirect URI, without a trailing slash.
    pub public_origin: String,
    /// Domains whose direct subdomains are Kommo accounts.
    pub kommo_domains: Vec<String>,
    /// The RingCentral app of this installation; without it RingCentral cannot be connected.
    pub ringcentral_client_id: Option<String>,
    /// How many webhooks a second one provider of one account may send in the long run.
    pub webhooks_per_second: u32,
    /// Who shares the slots for requests to Kommo.
    pub rate_scope: RateScope,
    /// Local development: where requests to Kommo really go.
    pub kommo_origin_override: Option<String>,
    /// Local development: where requests to telephony providers really go.
    pub provider_origin_override: Option<String>,
    /// The keys behind `sealer`, for hook keys and tickets.
    pub keys: SealingKeys,
    /// Seals and opens what is stored.
    pub sealer: Sealer,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("kommo_domains", &self.kommo_domains)
            .field("kommo_origin_override", &self.kommo_origin_override)
            .field("provider_origin_override", &self.provider_origin_override)
            .finish_non_exhaustive()
    }
}

/// Which variable is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not set, or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// Set, and of no use.
    #[error("{name} {reason}")]
    Wrong {
        /// The variable.
        name: &'static str,
        /// What is wrong with it, as the rest of a sentence.
        reason: String,
    },
}

impl Config {
    /// The Worker's variables and secrets, read once in an isolate's life: other ones come with another isolate.
    pub fn of_isolate(env: &Env) -> Result<Rc<Self>, ConfigError> {
        OF_ISOLATE.with(|known| {
            if let Some(config) = known.get() {
                return Ok(config.clone());
            }
            let config = Self::read(|name| env.var(name).ok().map(|value| value.to_string()))?;
            Ok(known.get_or_init(|| Rc::new(config)).clone())
        })
    }

    /// Reads the variables through `get`.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let optional = |name| get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or(ConfigError::Missing(name));
        let redirect_uri = required("KOMMO_REDIRECT_URI")?;
        let keys = SealingKeys::parse(&required("SEALING_KEYS")?).map_err(|error| wrong("SEALING_KEYS", error))?;
        Ok(Self {
            client_id: required("KOMMO_CLIENT_ID")?,
            client_secret: required("KOMMO_CLIENT_SECRET")?,
            public_origin: public_origin(&redirect_uri)?,
            redirect_uri,
            kommo_domains: domains(optional("KOMMO_DOMAINS").as_deref().unwrap_or("kommo.com"))?,
            ringcentral_client_id: optional("RINGCENTRAL_CLIENT_ID"),
            kommo_origin_override: origin_override("KOMMO_ORIGIN_OVERRIDE", optional("KOMMO_ORIGIN_OVERRIDE"))?,
            provider_origin_override: origin_override(
                "PROVIDER_ORIGIN_OVERRIDE",
                optional("PROVIDER_ORIGIN_OVERRIDE"),
            )?,
            webhooks_per_second: rate("WEBHOOKS_PER_SECOND", optional("WEBHOOKS_PER_SECOND"))?,
            rate_scope: match optional("KOMMO_RATE_SCOPE").as_deref() {
                None | Some("account") => RateScope::Account,
                Some("deployment") => RateScope::Deployment,
                Some(_) => return Err(wrong("KOMMO_RATE_SCOPE", "must be account or deployment")),
            },
            sealer: Sealer::new(keys.clone()),
            keys,
        })
    }

    /// The allowed domains, as the domain crate wants them.
    pub fn domains(&self) -> Vec<&str> {
        self.kommo_domains.iter().map(String::as_str).collect()
    }

    /// Our own address for live connections.
    pub fn socket_origin(&self) -> String {
        // `https` becomes `wss`, `http` becomes `ws`.
        self.public_origin.replacen("http", "ws", 1)
    }

    /// We are reached over TLS, as everywhere but on a developer's machine.
    pub fn is_secure(&self) -> bool {
        self.public_origin.starts_with("https://")
    }

    /// Traffic to Kommo goes to a local stand-in: this is a developer's machine.
    pub fn is_local(&self) -> bool {
        self.kommo_origin_override.is_some()
    }
}

/// A whole number of requests a second.
fn rate(name: &'static str, value: Option<String>) -> Result<u32, ConfigError> {
    let Some(value) = value else { return Ok(WEBHOOKS_PER_SECOND) };
    value.parse().ok().filter(|rate| *rate > 0).ok_or_else(|| wrong(name, "must be a whole number, one at least"))
}

fn wrong(name: &'static str, reason: impl fmt::Display) -> ConfigError {
    ConfigError::Wrong { name, reason: reason.to_string() }
}

/// `scheme://host[:port]` of a URL.
fn origin_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(
        url.port()
            .map_or_else(|| format!("{}://{host}", url.scheme()), |port| format!("{}://{host}:{port}", url.scheme())),
    )
}

/// `true` for addresses that never leave this machine.
pub fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

fn public_origin(redirect_uri: &str) -> Result<String, ConfigError> {
    const NAME: &str = "KOMMO_REDIRECT_URI";
    let url = Url::parse(redirect_uri).map_err(|_| wrong(NAME, "is not a URL"))?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(wrong(NAME, "must be https"));
    }
    if url.path() != "/oauth/callback" {
        return Err(wrong(NAME, "must have the path /oauth/callback"));
    }
    origin_of(&url).ok_or_else(|| wrong(NAME, "names no host"))
}

fn origin_override(name: &'static str, value: Option<String>) -> Result<Option<String>, ConfigError> {
    let Some(value) = value else { return Ok(None) };
    let url = Url::parse(&value).map_err(|_| wrong(name, "is not a URL"))?;
    // Elsewhere this variable would send every account's tokens to whoever it names.
    if !is_loopback(&url) || !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(name, "must name this machine (127.0.0.1 or localhost)"));
    }
    Ok(origin_of(&url))
}

fn domains(list: &str) -> Result<Vec<String>, ConfigError> {
    const NAME: &str = "KOMMO_DOMAINS";
    let domains: Vec<String> =
        list.split([',', ' ']).filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect();
    let usable = |domain: &String| {
        domain.contains('.')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    };
    if domains.is_empty() || !domains.iter().all(usable) {
        return Err(wrong(NAME, "must list domains such as kommo.com"));
    }
    Ok(domains)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const KEY: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(|name| {
            if let Some((_, value)) = changes.iter().find(|(changed, _)| *changed == name) {
                return Some((*value).to_owned());
            }
            let value = match name {
                "KOMMO_CLIENT_ID" => "5b0f7c1e-2d34-4a56-9b78-0c1d2e3f4a5b",
                "KOMMO_CLIENT_SECRET" => "hush-hush",
                "KOMMO_REDIRECT_URI" => "https://voip.example/oauth/callback",
                "SEALING_KEYS" => KEY,
                _ => return None,
            };
            Some(value.to_owned())
        })
    }

    pub(crate) fn production() -> Config {
        read(&[]).unwrap()
    }

    pub(crate) fn local() -> Config {
        read(&[
            ("KOMMO_REDIRECT_URI", "http://127.0.0.1:8787/oauth/callback"),
            ("KOMMO_ORIGIN_OVERRIDE", "http://127.0.0.1:8790"),
        ])
        .unwrap()
    }

    #[test]
    fn our_addresses_follow_from_the_redirect_uri() {
        let config = production();
        assert_eq!(config.public_origin, "https://voip.example");
        assert_eq!(config.socket_origin(), "wss://voip.example");
        assert_eq!(config.kommo_domains, ["kommo.com"]);
        assert!(config.is_secure() && !config.is_local());
        assert_eq!(config.webhooks_per_second, WEBHOOKS_PER_SECOND);
        assert_eq!(read(&[("WEBHOOKS_PER_SECOND", "7")]).unwrap().webhooks_per_second, 7);
        assert_eq!(config.rate_scope, RateScope::Account);
        assert_eq!(read(&[("KOMMO_RATE_SCOPE", "deployment")]).unwrap().rate_scope, RateScope::Deployment);
        assert_eq!(local().socket_origin(), "ws://127.0.0.1:8787");
        assert!(!local().is_secure() && local().is_local());
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (name, value) in [
            ("KOMMO_CLIENT_ID", ""),
            ("KOMMO_CLIENT_SECRET", " "),
            ("SEALING_KEYS", ""),
            ("SEALING_KEYS", "a:short"),
            ("KOMMO_REDIRECT_URI", ""),
            ("KOMMO_REDIRECT_URI", "voip.example"),
            ("KOMMO_REDIRECT_URI", "http://voip.example/oauth/callback"),
            ("KOMMO_REDIRECT_URI", "https://voip.example/elsewhere"),
            ("KOMMO_DOMAINS", "intranet"),
            ("KOMMO_DOMAINS", "kommo..com"),
            ("KOMMO_ORIGIN_OVERRIDE", "https://evil.example"),
            ("KOMMO_ORIGIN_OVERRIDE", "http://127.0.0.1.evil.example"),
            ("PROVIDER_ORIGIN_OVERRIDE", "ftp://127.0.0.1"),
            ("WEBHOOKS_PER_SECOND", "-7"),
            ("WEBHOOKS_PER_SECOND", "many"),
            ("WEBHOOKS_PER_SECOND", "0"),
            ("KOMMO_RATE_SCOPE", "address"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
            assert!(value.trim().is_empty() || !error.contains(value), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_secrets() {
        let text = format!("{:?}", production());
        assert!(!text.contains("hush") && !text.contains("AAAA"), "{text}");
    }
}
