//! Deliveries of telephony providers.

use crate::post::{HOOK, Post, ROUTE, TELNYX_PUBLIC, credentials, generic};
use crate::{choice, line, sign, text};
use kommo_voip_domain::telephony::credentials::{Preset, Scheme};
use kommo_voip_domain::telephony::{Credentials, Provider, Purpose, Received};

const KEY: &str = "0123456789abcdef";
/// The bytes behind the secret of Standard Webhooks.
const STANDARD_KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
/// As the adapters promise: longer or odder text never reaches a store.
const LONGEST_ID: usize = 256;
const LONGEST_TEXT: usize = 2048;

/// A delivery to each provider's adapter, unsigned and signed: the first byte chooses the provider, the second the
/// method and the address, the rest of the line is the query, and the rest the body.
pub fn webhooks(data: &[u8]) {
    let (who, data) = choice(data);
    let (how, data) = choice(data);
    let (query, body) = line(data);
    let (is_get, is_route) = (how & 1 == 1, how & 2 == 2);
    let address = if is_route { ROUTE } else { HOOK };
    let url = if query.is_empty() { address.to_owned() } else { format!("{address}?{}", text(query)) };
    let body = if is_get { &[][..] } else { body };
    let post = Post {
        purpose: if is_route { Purpose::Route } else { Purpose::Report },
        method: if is_get { "GET" } else { "POST" },
        url,
        headers: vec![],
        body: body.to_vec(),
    };
    let (credentials, signed) = signed(who, post.clone());
    assert!(post.received(&credentials).is_err(), "an unsigned delivery was believed");
    if let Ok(received) = signed.received(&credentials) {
        check(&received);
    }
}

fn signed(who: usize, post: Post) -> (Credentials, Post) {
    let of = |provider| credentials(provider, KEY);
    let preset = |preset, post: Post| (generic(Scheme::StaticSecret, preset, KEY), post.with("x-webhook-secret", KEY));
    match who % 11 {
        0 => (of(Provider::Twilio), sign::twilio(KEY, post)),
        1 => (of(Provider::Zadarma), sign::zadarma(KEY, post)),
        2 => (credentials(Provider::Telnyx, TELNYX_PUBLIC), sign::telnyx(post)),
        3 => (of(Provider::Plivo), sign::plivo(KEY, post)),
        4 => (of(Provider::Vonage), sign::vonage(KEY, post)),
        5 => (of(Provider::RingCentral), post.with("verification-token", KEY)),
        6 => {
            let secret = format!("whsec_{}", sign::base64(STANDARD_KEY));
            (generic(Scheme::Standard, None, &secret), sign::standard(STANDARD_KEY, post))
        }
        7 => preset(Some(Preset::Yeastar), post),
        8 => preset(Some(Preset::Aircall), post),
        9 => preset(Some(Preset::Quo), post),
        _ => preset(Some(Preset::FreeSwitch), post),
    }
}

/// What was believed is fit to be stored and shown.
fn check(received: &Received) {
    assert!(received.delivery_id.len() <= LONGEST_ID);
    for event in &received.events {
        let line = event.extension.as_ref().map_or("", |line| line.0.as_str());
        for text in [event.call_id.as_str(), &event.from, &event.to, line] {
            assert!(!text.contains(char::is_control) && text.chars().count() <= LONGEST_TEXT, "{text:?}");
        }
    }
    assert!((200..300).contains(&received.answer.status));
}
