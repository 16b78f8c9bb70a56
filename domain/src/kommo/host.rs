//! Which hosts may be an account's host.
//!
//! The address that comes with an OAuth code decides where our client secret is sent, so nothing but exactly one
//! label under an allowed domain passes (Kommo API reference: what arrives at the redirect URI).

/// The account's host from a token's `iss`: `https://`, one label under an allowed domain, nothing else.
pub fn host_of_issuer(iss: &str, domains: &[&str]) -> Option<String> {
    checked(strip_https(iss)?, domains)
}

/// The account's host from the OAuth `referer`, which comes bare or with `https://`, and perhaps a closing slash.
pub fn account_host(referer: &str, domains: &[&str]) -> Option<String> {
    let host = if referer.contains("://") { strip_https(referer)? } else { referer };
    checked(host.strip_suffix('/').unwrap_or(host), domains)
}

fn strip_https(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    scheme.eq_ignore_ascii_case("https").then_some(rest)
}

fn checked(host: &str, domains: &[&str]) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let (label, domain) = host.split_once('.')?;
    let allowed = domains.iter().any(|allowed| !allowed.is_empty() && allowed.eq_ignore_ascii_case(domain));
    (allowed && is_account_label(label)).then_some(host)
}

/// A DNS label of at most 63 characters that can be an account; the shared host `www` belongs to nobody.
fn is_account_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label != "www"
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAINS: &[&str] = &["kommo.com", "amocrm.com"];

    #[test]
    fn an_account_host_is_read_bare_and_with_its_scheme() {
        for (given, expected) in [
            ("acme.kommo.com", "acme.kommo.com"),
            ("https://acme.kommo.com", "acme.kommo.com"),
            ("https://acme.kommo.com/", "acme.kommo.com"),
            ("HTTPS://Acme-2.Kommo.COM", "acme-2.kommo.com"),
            ("a.amocrm.com", "a.amocrm.com"),
        ] {
            assert_eq!(account_host(given, DOMAINS).as_deref(), Some(expected), "{given}");
        }
        assert_eq!(host_of_issuer("https://acme.kommo.com", DOMAINS).as_deref(), Some("acme.kommo.com"));
    }

    #[test]
    fn everything_else_is_refused_by_both() {
        let long = format!("{}.kommo.com", "a".repeat(64));
        for bad in [
            "",
            "kommo.com",
            ".kommo.com",
            "www.kommo.com",
            "WWW.kommo.com",
            "a.b.kommo.com",
            "acme.kommo.com.",
            "acme.kommo.com:443",
            "acme.kommo.com/path",
            "acme.kommo.com//",
            "acme.kommo.com?x",
            "acme.kommo.com#x",
            "acme.evil.com",
            "acme.kommo.com.evil.com",
            "acme.notkommo.com",
            "evil.com/acme.kommo.com",
            "evil.com\\acme.kommo.com",
            "user@acme.kommo.com",
            "user:pw@acme.kommo.com",
            "-acme.kommo.com",
            "acme-.kommo.com",
            "ac_me.kommo.com",
            "аcme.kommo.com",
            "acme。kommo.com",
            "acme.kommo.com\n",
            " acme.kommo.com",
            "acme%2ekommo.com",
            "//acme.kommo.com",
            "127.0.0.1",
            "[::1]",
            long.as_str(),
        ] {
            assert_eq!(account_host(bad, DOMAINS), None, "{bad}");
            assert_eq!(account_host(&format!("https://{bad}"), DOMAINS), None, "https {bad}");
            assert_eq!(host_of_issuer(&format!("https://{bad}"), DOMAINS), None, "issuer {bad}");
        }
        for bad in ["http://acme.kommo.com", "ftp://acme.kommo.com", "javascript://acme.kommo.com"] {
            assert_eq!(account_host(bad, DOMAINS), None, "{bad}");
            assert_eq!(host_of_issuer(bad, DOMAINS), None, "{bad}");
        }
        assert_eq!(host_of_issuer("acme.kommo.com", DOMAINS), None);
        assert_eq!(host_of_issuer("https://acme.kommo.com/", DOMAINS), None);
        assert_eq!(account_host("acme.", &[""]), None);
    }
}
