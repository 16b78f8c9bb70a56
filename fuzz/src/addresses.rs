//! Addresses from outside that decide where something secret is sent, or what is fetched.

use crate::text;
use kommo_voip_domain::kommo::host::{account_host, host_of_issuer};
use kommo_voip_domain::telephony::credentials::https_host;
use kommo_voip_domain::telephony::out::may_fetch;
use url::Url;

const DOMAINS: [&str; 2] = ["kommo.com", "amocrm.com"];

/// A host or an address, from a `referer`, an `iss`, a recording or a redirect. What we take it for, the runtime that
/// fetches it takes it for, too.
pub fn addresses(data: &[u8]) {
    let typed = text(data);
    // The reader of names in other scripts has assertions of its own, which no release contains.
    if typed.to_ascii_lowercase().contains("xn--") {
        return;
    }
    for host in [account_host(&typed, &DOMAINS), host_of_issuer(&typed, &DOMAINS)].into_iter().flatten() {
        // What the runtime cannot read it does not fetch.
        let Ok(real) = Url::parse(&format!("https://{host}/oauth2/access_token")) else { continue };
        assert_eq!(real.host_str(), Some(host.as_str()), "the runtime would ask another host");
        let (label, domain) = host.split_once('.').expect("a label and a domain");
        assert!(DOMAINS.contains(&domain) && !label.is_empty() && real.port().is_none() && real.username().is_empty());
    }
    if let Some(host) = https_host(&typed)
        && let Ok(real) = Url::parse(&typed)
    {
        assert_eq!(real.host_str(), Some(host.to_ascii_lowercase().as_str()), "the runtime would ask another host");
        assert!(real.scheme() == "https" && real.port().is_none() && real.username().is_empty());
    }
    let hosts = ["media.example.com".to_owned(), ".voice.example.com".to_owned()];
    if may_fetch(&typed, &hosts)
        && let Ok(real) = Url::parse(&typed)
    {
        let host = real.host_str().expect("a host");
        assert!(host == "media.example.com" || host.ends_with(".voice.example.com"), "{typed}");
    }
}
