//! The same attacks on every adapter: whatever is signed, no bit of it may change.

use super::post::{NOON, Post, is_unsigned};
use kommo_voip_domain::telephony::{Credentials, Purpose};

/// Every bit of the body.
pub fn body(post: &Post, credentials: &Credentials) {
    for bit in 0..post.body.len() * 8 {
        let mut changed = post.clone();
        changed.body[bit / 8] ^= 1 << (bit % 8);
        refused(post, &changed, credentials);
    }
    for changed in [[&post.body[..], b"x"].concat(), post.body[..post.body.len().saturating_sub(1)].to_vec(), vec![]] {
        if changed != post.body {
            refused(post, &Post { body: changed, ..post.clone() }, credentials);
        }
    }
}

/// Every bit of the address that leaves it text.
pub fn address(post: &Post, credentials: &Credentials) {
    for bit in 0..post.url.len() * 8 {
        let mut bytes = post.url.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(url) = String::from_utf8(bytes) else { continue };
        refused(post, &Post { url, ..post.clone() }, credentials);
    }
    for url in [format!("{}x", post.url), format!("{}&", post.url) + "x=1"] {
        refused(post, &Post { url, ..post.clone() }, credentials);
    }
}

/// Every bit of a header, and its absence, doubling, emptiness.
pub fn header(post: &Post, name: &str, credentials: &Credentials) {
    let value = post.header(name);
    // Whatever stands before the first blank is the name of a scheme, and case does not matter in it.
    let from = value.find(' ').map_or(0, |at| at + 1);
    for bit in from * 8..value.len() * 8 {
        let mut bytes = value.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        refused(post, &post.clone().without(name).with(name, changed), credentials);
    }
    missing_and_doubled(post, name, credentials);
}

/// A header's absence, doubling, emptiness.
pub fn missing_and_doubled(post: &Post, name: &str, credentials: &Credentials) {
    let value = post.header(name);
    let missing = post.clone().without(name).received(credentials);
    assert!(is_unsigned(&missing), "{name}: {missing:?}");
    let doubled = post.clone().with(name, value.clone()).received(credentials);
    assert!(is_unsigned(&doubled), "{name} twice: {doubled:?}");
    // Servers may join the two; only headers that are lists by themselves can live with that.
    if !["x-plivo-signature-v3", "webhook-signature"].contains(&name) {
        refused(post, &post.clone().without(name).with(name, format!("{value}, {value}")), credentials);
    }
    for changed in
        [String::new(), " ".to_owned(), "é".to_owned(), "x".repeat(10_000), value[..value.len() / 2].to_owned()]
    {
        refused(post, &post.clone().without(name).with(name, changed), credentials);
    }
}

/// Others' credentials, none, and a pair of which one is right.
pub fn keys(post: &Post, good: &Credentials, other: &Credentials) {
    assert!(post.received(good).is_ok(), "{:?}", post.received(good));
    assert!(is_unsigned(&post.received(other)));
    assert!(post.received_at(&[], NOON).is_err());
    assert!(post.received_at(&[other, good], NOON).is_ok(), "the replaced secret is still good");
    assert!(post.received_at(&[good, other], NOON).is_ok());
    assert!(post.received_at(&[other, other], NOON).is_err());
}

/// A repeated delivery is known as such, and another one is not.
pub fn replay(post: &Post, other: &Post, credentials: &Credentials) {
    let id = |post: &Post| post.received(credentials).expect("accepted").delivery_id;
    assert_eq!(id(post), id(&post.clone()));
    assert_ne!(id(post), id(other));
    assert!(!id(post).is_empty() && id(post).len() <= 256);
    let elsewhere = Post { purpose: Purpose::Route, ..post.clone() };
    if let Ok(received) = elsewhere.received(credentials) {
        assert_eq!(received.delivery_id == id(post), post.header_names().contains(&"webhook-id".to_owned()));
    }
}

impl Post {
    fn header_names(&self) -> Vec<String> {
        self.headers.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Refused, unless the change is none: the letters of a percent code mean the same in either case.
fn refused(before: &Post, after: &Post, credentials: &Credentials) {
    let result = after.received(credentials);
    if !is_unsigned(&result) {
        let same = codes_in_capitals(&before.body) == codes_in_capitals(&after.body)
            && codes_in_capitals(before.url.as_bytes()) == codes_in_capitals(after.url.as_bytes())
            && before.headers == after.headers;
        assert!(same, "accepted: {} {:?} {:?}", after.url, String::from_utf8_lossy(&after.body), after.headers);
    }
}

fn codes_in_capitals(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    for at in 0..out.len() {
        let code = out.get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
        if out[at] == b'%' && code {
            out[at + 1..at + 3].make_ascii_uppercase();
        }
    }
    out
}
