//! What the checks of several providers share: codes, comparisons in constant time, and ids of deliveries.

use super::{Delivery, Purpose, Refusal};
use crate::webhook::{hex, key_block};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// HMAC-SHA1 over the parts one after another.
pub(in crate::telephony) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let block = key_block(key, &Sha1::digest(key));
    let mut mac = <Hmac<Sha1> as hmac::digest::KeyInit>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether two texts are the same, without telling by the time taken where or in how many letters they differ.
pub(super) fn is_same(given: &[u8], expected: &[u8]) -> Choice {
    Sha256::digest(given).ct_eq(&Sha256::digest(expected))
}

/// Whether a code given in base64 is the expected one. Anything but its one canonical spelling is not.
pub(super) fn is_code(given: &str, expected: &[u8]) -> Choice {
    match STANDARD.decode(given) {
        Ok(given) => given.as_slice().ct_eq(expected),
        Err(_) => Choice::from(0),
    }
}

/// Passes a proof on as a result.
pub(super) fn must(genuine: Choice) -> Result<(), Refusal> {
    if genuine.into() { Ok(()) } else { Err(Refusal::Unsigned("no signature matches".to_owned())) }
}

/// A header that must be there exactly once.
pub(super) fn required<'a>(delivery: &Delivery<'a>, name: &'static str) -> Result<&'a str, Refusal> {
    match delivery.header(name)? {
        Some(value) if !value.is_empty() => Ok(value),
        Some(_) => Err(Refusal::Unsigned(format!("the header {name} is empty"))),
        None => Err(Refusal::Unsigned(format!("the header {name} is missing"))),
    }
}

/// The address up to the query, and the query.
pub(super) fn split_query(url: &str) -> (&str, Option<&str>) {
    match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    }
}

/// An id for a delivery whose provider gives none that is signed: what it says is what it is.
pub(super) fn id_of_content(provider: &str, delivery: &Delivery<'_>) -> String {
    let query = split_query(delivery.url).1.unwrap_or_default();
    let purpose: &[u8] = match delivery.purpose {
        Purpose::Report => b"report",
        Purpose::Route => b"route",
    };
    let mut hash = Sha256::new();
    for part in [purpose, query.as_bytes(), delivery.body] {
        // The length first: no byte can move from one part to the next.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("{provider}:{}", hex(&hash.finalize()))
}

/// An id that stands inside what is signed; one that is missing or absurdly long gives way to [`id_of_content`].
pub(super) fn id_given(provider: &str, id: &str, delivery: &Delivery<'_>) -> String {
    let is_plain = (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain { format!("{provider}:{id}") } else { id_of_content(provider, delivery) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_is_hmac_sha1_for_keys_of_any_length() {
        // RFC 2202, test cases 2 and 6.
        let short = hmac_sha1(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(&short), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        let long = hmac_sha1(&[0xaa; 80], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(hex(&long), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    }

    #[test]
    fn codes_have_one_spelling() {
        assert!(bool::from(is_code("AQI=", &[1, 2])));
        for bad in ["AQI", "AQJ=", "AQI= ", "", "AQID", "!!!!"] {
            assert!(!bool::from(is_code(bad, &[1, 2])), "{bad}");
        }
        assert!(bool::from(is_same(b"abc", b"abc")) && !bool::from(is_same(b"abc", b"abcd")));
    }

    #[test]
    fn what_is_said_elsewhere_is_another_delivery() {
        let delivery = |purpose, url, body| Delivery { purpose, method: "POST", url, headers: &[], body };
        let ids = [
            delivery(Purpose::Report, "https://a.example/x?b", b"c"),
            delivery(Purpose::Route, "https://a.example/x?b", b"c"),
            delivery(Purpose::Report, "https://a.example/x?bc", b""),
            delivery(Purpose::Report, "https://a.example/x", b"bc"),
        ]
        .map(|delivery| id_of_content("p", &delivery));
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id));
        }
        let other_host = delivery(Purpose::Report, "https://a.example:443/x?b", b"c");
        assert_eq!(id_of_content("p", &other_host), ids[0]);
        assert_eq!(id_given("p", &"x".repeat(300), &other_host), ids[0]);
        assert_eq!(id_given("p", "x", &other_host), "p:x");
    }
}
