//! No adapter panics, whatever arrives: unsigned, or signed and nonsense.

use super::post::*;
use super::sign;
use kommo_voip_domain::telephony::credentials::{Preset, Scheme};
use kommo_voip_domain::telephony::{Credentials, Provider, Purpose};
use proptest::prelude::*;

/// Bytes of any kind, and bytes that look like the formats.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "null",
        "1",
        "-1",
        "1e400",
        "=",
        "&",
        "%",
        "%f",
        "%00",
        "+",
        "--b",
        "\r\n",
        "é",
        "data",
        "payload",
        "call_session_id",
        "event_type",
        "call.hangup",
        "CallSid",
        "CallStatus",
        "completed",
        "Timestamp",
        "event",
        "NOTIFY_END",
        "pbx_call_id",
        "call_start",
        "2026-07-01 12:00:00",
        "body",
        "telephonySessionId",
        "parties",
        "msg",
        "type",
        "30011",
        "members",
        "cdr=",
        "variables",
        "uuid",
        "token",
        "\\u0000",
        "name=\"",
        "DialAction",
        "hangup",
        "conversation_uuid",
        "status",
        "timestamp",
        "T",
        "-",
        "2026-13-99T99:99:99Z",
        "callId",
    ]);
    let words = prop::collection::vec(word, 0..40).prop_map(|words| words.concat().into_bytes());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), words, json().prop_map(String::into_bytes)]
}

/// Valid JSON with the formats' own names in odd places.
fn json() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "data",
        "payload",
        "call_session_id",
        "event_type",
        "id",
        "occurred_at",
        "client_state",
        "direction",
        "body",
        "uuid",
        "telephonySessionId",
        "parties",
        "status",
        "code",
        "from",
        "to",
        "recordings",
        "msg",
        "type",
        "members",
        "extension",
        "call_id",
        "variables",
        "callflow",
        "caller_profile",
        "event",
        "resource",
        "object",
        "context",
        "participants",
        "external",
        "answered_at",
        "started_at",
        "token",
        "conversation_uuid",
        "recording_url",
        "duration",
        "call_control_id",
    ]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter_map("finite", |number| number.is_finite().then(|| number.to_string())),
        ".{0,12}".prop_map(|text| serde_json::Value::from(text).to_string()),
        prop::sample::select(vec![
            "call.initiated",
            "call.answered",
            "call.hangup",
            "incoming",
            "30012",
            "30011",
            "completed"
        ])
        .prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let field = (name.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(field, 0..8).prop_map(|fields| format!("{{{}}}", fields.join(","))),
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
        ]
    })
}

fn everybody() -> Vec<Credentials> {
    let mut all: Vec<_> = Provider::ALL.iter().map(|provider| credentials(*provider, "0123456789abcdef")).collect();
    all.push(credentials(Provider::Telnyx, TELNYX_PUBLIC));
    for preset in [None, Some(Preset::Yeastar), Some(Preset::Aircall), Some(Preset::Quo), Some(Preset::FreeSwitch)] {
        for scheme in [Scheme::Standard, Scheme::HmacBody, Scheme::StaticSecret] {
            all.push(generic(scheme, preset, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn unsigned_nonsense_is_refused(
        body in body(),
        query in "[ -~é]{0,40}",
        headers in prop::collection::vec((prop::sample::select(vec![
            "x-twilio-signature", "signature", "telnyx-signature-ed25519", "telnyx-timestamp", "x-plivo-signature-v3",
            "x-plivo-signature-v3-nonce", "x-plivo-signature-ma-v3", "authorization", "verification-token", "webhook-id",
            "webhook-timestamp", "webhook-signature", "x-signature", "x-webhook-secret", "openphone-signature", "content-type",
        ]), "\\PC{0,40}"), 0..12),
        is_get in any::<bool>(),
        is_route in any::<bool>(),
    ) {
        let post = Post {
            purpose: if is_route { Purpose::Route } else { Purpose::Report },
            method: if is_get { "GET" } else { "POST" },
            url: format!("{HOOK}?{query}"),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body,
        };
        for credentials in everybody() {
            prop_assert!(post.received(&credentials).is_err());
        }
    }

    #[test]
    fn signed_nonsense_is_read_or_refused(body in body(), query in "[ -~é]{0,40}", is_get in any::<bool>(), is_route in any::<bool>()) {
        let key = "0123456789abcdef";
        let url = format!("{}?{query}", if is_route { ROUTE } else { HOOK });
        let post = Post { method: if is_get { "GET" } else { "POST" }, ..Post::to(&url, if is_get { vec![] } else { body }) };
        let _ = sign::twilio(key, post.clone()).received(&credentials(Provider::Twilio, key));
        let _ = sign::zadarma(key, post.clone()).received(&credentials(Provider::Zadarma, key));
        let _ = sign::zadarma(key, post.clone()).with("content-type", "multipart/form-data").received(&credentials(Provider::Zadarma, key));
        let _ = sign::telnyx(post.clone()).received(&credentials(Provider::Telnyx, TELNYX_PUBLIC));
        let _ = sign::plivo(key, post.clone()).received(&credentials(Provider::Plivo, key));
        let _ = sign::vonage(key, post.clone()).received(&credentials(Provider::Vonage, key));
        let _ = post.clone().with("verification-token", key).received(&credentials(Provider::RingCentral, key));
        for preset in [None, Some(Preset::Yeastar), Some(Preset::Aircall), Some(Preset::Quo), Some(Preset::FreeSwitch)] {
            let genuine = post.clone().with("x-webhook-secret", key);
            let _ = genuine.received(&generic(Scheme::StaticSecret, preset, key));
        }
    }

    #[test]
    fn what_is_read_is_fit_to_be_stored(body in json()) {
        for preset in [Preset::Yeastar, Preset::Aircall, Preset::Quo, Preset::FreeSwitch] {
            let post = Post::to(HOOK, body.clone()).with("x-webhook-secret", "secret-secret");
            if let Ok(received) = post.received(&generic(Scheme::StaticSecret, Some(preset), "secret-secret")) {
                prop_assert!(received.delivery_id.len() <= 256);
                for event in received.events {
                    let texts = [event.call_id.0, event.from, event.to];
                    prop_assert!(texts.iter().all(|text| !text.contains(char::is_control) && text.chars().count() <= 2048));
                }
            }
        }
    }
}
