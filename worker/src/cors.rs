//! Which pages may read what we answer.
//!
//! A preflight carries no token, so it is granted to every address that could be a Kommo account's. The answer itself
//! is granted only to the account the verified token was made for: another account's page gets nothing to read.

use crate::config::{Config, is_loopback};
use kommo_voip_domain::kommo::host::host_of_issuer;
use worker::Url;

/// Methods the widget uses.
pub const METHODS: &str = "GET, POST, PUT, DELETE";
/// Headers the widget sends.
pub const HEADERS: &str = "Content-Type, If-Match, X-Auth-Token, X-Requested-With";

/// May a page at `origin` send requests with a token at all?
pub fn may_ask(origin: &str, config: &Config) -> bool {
    host_of_issuer(origin, &config.domains()).is_some() || is_stand_in(origin, config)
}

/// May a page at `origin` read the answer to a request whose verified token was issued by `issuer`?
pub fn may_read(origin: &str, issuer: &str, config: &Config) -> bool {
    origin.eq_ignore_ascii_case(issuer) || is_stand_in(origin, config)
}

/// The local stand-in for Kommo, under whichever of this machine's names the page was opened.
fn is_stand_in(origin: &str, config: &Config) -> bool {
    let Some(stand_in) = config.kommo_origin_override.as_deref().and_then(|origin| Url::parse(origin).ok()) else {
        return false;
    };
    // Only a bare origin parses to the path "/" without a closing slash of its own.
    Url::parse(origin).is_ok_and(|page| {
        !origin.ends_with('/')
            && page.path() == "/"
            && is_loopback(&page)
            && page.scheme() == stand_in.scheme()
            && page.port_or_known_default() == stand_in.port_or_known_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{local, production};

    #[test]
    fn any_account_may_ask_but_only_the_tokens_own_may_read() {
        let config = production();
        assert!(may_ask("https://acme.kommo.com", &config));
        assert!(may_read("https://acme.kommo.com", "https://acme.kommo.com", &config));
        assert!(!may_read("https://other.kommo.com", "https://acme.kommo.com", &config));
    }

    #[test]
    fn strangers_may_not_even_ask() {
        let config = production();
        for origin in [
            "null",
            "",
            "http://acme.kommo.com",
            "https://kommo.com",
            "https://www.kommo.com",
            "https://a.b.kommo.com",
            "https://acme.kommo.com.evil.example",
            "https://acme.kommo.com:8443",
            "http://127.0.0.1:8790",
        ] {
            assert!(!may_ask(origin, &config), "{origin}");
            assert!(!may_read(origin, "https://acme.kommo.com", &config), "{origin}");
        }
    }

    #[test]
    fn the_local_stand_in_counts_under_both_its_names() {
        let config = local();
        for origin in ["http://127.0.0.1:8790", "http://localhost:8790"] {
            assert!(may_ask(origin, &config) && may_read(origin, "https://acme.kommo.com", &config), "{origin}");
        }
        for origin in
            ["http://127.0.0.1:8791", "https://127.0.0.1:8790", "http://evil.example:8790", "http://127.0.0.1:8790/"]
        {
            assert!(!may_ask(origin, &config), "{origin}");
        }
    }
}
