//! One test for each library.

use crate::ask::ask;
use crate::delivery::{Post, form};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use kommo_voip_domain::telephony::Credentials;
use kommo_voip_domain::telephony::credentials::Scheme;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const HOOK: &str = "https://voip.example.com/webhooks/voip/p/k3y";

/// Form fields as providers send them: blank, repeated, with blanks, signs and letters of every script.
const FORMS: [&[(&str, &str)]; 5] = [
    &[("CallSid", "CA1"), ("CallStatus", "ringing"), ("From", "+15550001111"), ("To", "+12025550123")],
    &[("CallSid", "CA1"), ("CallerName", "Zoë & Co = 100%"), ("CallerCity", ""), ("Caller", "anonymous")],
    &[("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"), ("Sid", "CA123"), ("SidAccount", "AC123")],
    &[("a", "Привет, 世界"), ("B", "~!*'()"), ("_", "\"<>\\"), ("a b", "c+d")],
    &[],
];
const QUERIES: [&str; 3] = ["", "?line=sip%3Aalice%40acme.example", "?line=%2B49301234567&dial=d1&leg=client"];

fn now() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    i64::try_from(seconds).expect("seconds fit")
}

/// Repeated fields as a list, as the libraries take them.
fn params(pairs: &[(&str, &str)]) -> Value {
    let mut grouped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in pairs {
        grouped.entry(name).or_default().push(value);
    }
    let one = |values: Vec<&str>| if values.len() == 1 { json!(values[0]) } else { json!(values) };
    Value::Object(grouped.into_iter().map(|(name, values)| (name.to_owned(), one(values))).collect::<Map<_, _>>())
}

fn refused(changed: impl IntoIterator<Item = Post>, credentials: &Credentials, now: i64, what: &str) {
    let mut count = 0;
    for post in changed {
        assert!(!post.is_genuine(credentials, now), "accepted with another {what}: {post:?}");
        count += 1;
    }
    assert!(count > 0, "no {what} to change");
}

fn text(answer: &Value) -> &str {
    answer.as_str().expect("text")
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[test]
fn twilio_s_library_signs_forms_queries_and_json() {
    let twilio = Credentials::Twilio {
        account_sid: "AC1".into(),
        auth_token: TOKEN.into(),
        number: "+12025550123".into(),
        record: false,
    };
    let all: Vec<_> =
        QUERIES.iter().flat_map(|query| FORMS.iter().map(move |form| (format!("{HOOK}{query}"), *form))).collect();
    let sign = |url: &str, params: Value| json!({"ask": "twilio-sign", "token": TOKEN, "url": url, "params": params});
    let json_body = r#"{"event":"é","list":[1,2]}"#;
    let mut questions: Vec<_> = all.iter().map(|(url, form)| sign(url, params(form))).collect();
    questions.push(sign(&format!("{HOOK}?CallSid=CA1&CallStatus=ringing"), json!({})));
    questions.push(json!({"ask": "twilio-hash", "body": json_body}));
    let mut answers = ask(questions);

    let hash = answers.pop().expect("a hash");
    let of_get = answers.pop().expect("a signature");
    for ((url, pairs), code) in all.iter().zip(&answers) {
        let post = Post::new(url, form(pairs))
            .with("content-type", "application/x-www-form-urlencoded")
            .with("x-twilio-signature", text(code));
        assert!(post.is_genuine(&twilio, 0), "{post:?}");
        refused(post.changed_urls(), &twilio, 0, "address");
        refused(post.changed_headers("x-twilio-signature"), &twilio, 0, "signature");
        if !pairs.is_empty() {
            refused(post.changed_bodies(), &twilio, 0, "body");
        }
    }
    let get = Post { method: "GET", ..Post::new(&format!("{HOOK}?CallSid=CA1&CallStatus=ringing"), "") };
    let get = get.with("x-twilio-signature", text(&of_get));
    assert!(get.is_genuine(&twilio, 0));
    refused(get.changed_urls(), &twilio, 0, "address");

    let url = format!("{HOOK}?x=1&bodySHA256={}", text(&hash));
    let code = ask(vec![sign(&url, json!({}))]).remove(0);
    let post =
        Post::new(&url, json_body).with("content-type", "application/json").with("x-twilio-signature", text(&code));
    assert!(post.is_genuine(&twilio, 0));
    refused(post.changed_bodies(), &twilio, 0, "body");
    refused(post.changed_urls(), &twilio, 0, "address");
}

#[test]
fn standard_webhooks_library_signs_and_checks_the_same() {
    let secret = format!("whsec_{}", STANDARD.encode(TOKEN));
    let credentials = Credentials::Generic {
        scheme: Scheme::Standard,
        preset: None,
        header: None,
        secret: secret.clone(),
        recording_hosts: vec![],
        time_zone: None,
        dial_url: None,
    };
    let time = now();
    let bodies = [r#"{"callId":"c-1","from":"Zoë"}"#, "", "not JSON \u{1f4de}", r#"{"test": 2432232314}"#];
    let sign =
        |body: &&str| json!({"ask": "standard-sign", "secret": secret, "id": "msg_1", "time": time, "body": body});
    for (body, code) in bodies.iter().zip(ask(bodies.iter().map(sign).collect())) {
        let post = Post::new(HOOK, *body)
            .with("webhook-id", "msg_1")
            .with("webhook-timestamp", &time.to_string())
            .with("webhook-signature", text(&code));
        assert!(post.is_genuine(&credentials, time), "{post:?}");
        if !body.is_empty() {
            refused(post.changed_bodies(), &credentials, time, "body");
        }
        for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            refused(post.changed_headers(header), &credentials, time, header);
        }
    }
    let body = r#"{"type":"call.dial"}"#;
    let ours = kommo_voip_domain::webhook::sign(
        &kommo_voip_domain::webhook::Secret::parse(&secret).expect("a secret"),
        "msg_2",
        time,
        body.as_bytes(),
    );
    let check = |body: &str| {
        let headers = json!({"webhook-id": "msg_2", "webhook-timestamp": time.to_string(), "webhook-signature": ours});
        json!({"ask": "standard-check", "secret": secret, "headers": headers, "body": body})
    };
    assert_eq!(ask(vec![check(body), check(&body.replace("dial", "dia1"))]), [json!(true), json!(false)]);
}

#[test]
fn vonage_s_library_and_the_adapter_hold_the_same_tokens_for_genuine() {
    let credentials = Credentials::Vonage {
        api_key: "a1b2c3d".into(),
        signature_secret: TOKEN.into(),
        application_id: "app".into(),
        private_key: String::new(),
        number: "+12025550123".into(),
        record: false,
    };
    let time = now();
    let bodies = [r#"{"status":"completed","conversation_uuid":"CON-1"}"#, r#"{"from":"Zoë"}"#, "{}"];
    let sign = |body: &&str| {
        let hash: String = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let claims = json!({"iat": time, "jti": "j", "iss": "Vonage", "payload_hash": hash, "api_key": "a1b2c3d"});
        json!({"ask": "vonage-sign", "secret": TOKEN, "claims": claims})
    };
    let check = |header: &str| {
        let token = header.strip_prefix("Bearer ").expect("a bearer");
        json!({"ask": "vonage-check", "secret": TOKEN, "token": token})
    };
    for (body, token) in bodies.iter().zip(ask(bodies.iter().map(sign).collect())) {
        let post = Post::new(HOOK, *body).with("authorization", &format!("Bearer {}", text(&token)));
        assert!(post.is_genuine(&credentials, time), "{post:?}");
        refused(post.changed_bodies(), &credentials, time, "body");
        let changed = post.changed_headers("authorization");
        refused(changed.clone(), &credentials, time, "token");
        let questions = std::iter::once(&post).chain(&changed).map(|post| check(&post.headers[0].1));
        let answers = ask(questions.collect());
        assert_eq!(answers[0], json!(true));
        // The library forgives bits of the last letter that mean nothing; we take one spelling only.
        let forgiven = answers[1..].iter().filter(|answer| **answer == json!(true)).count();
        assert!(forgiven <= 3, "{forgiven} changed tokens are genuine to the library");
    }
}

/// The example key of Plivo's own tests signs; their libraries only check.
#[test]
fn plivo_s_library_and_the_adapter_hold_the_same_requests_for_genuine() {
    const PLIVO: &str = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4";
    const NONCE: &str = "31627761595286130198";
    let credentials = Credentials::Plivo {
        auth_id: "MA1".into(),
        auth_token: PLIVO.into(),
        number: "+12025550123".into(),
        record: false,
        time_zone: None,
    };
    let (mut questions, mut expected) = (vec![], vec![]);
    for query in QUERIES {
        for pairs in FORMS {
            let url = format!("{HOOK}{query}");
            let mut fields = pairs.to_vec();
            let mut in_query: Vec<(String, String)> =
                form_urlencoded::parse(query.trim_start_matches('?').as_bytes()).into_owned().collect();
            fields.sort_unstable();
            in_query.sort_unstable();
            let left: Vec<_> = in_query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let right: String = fields.iter().flat_map(|(name, value)| [*name, *value]).collect();
            let mark = if left.is_empty() && right.is_empty() { "" } else { "?" };
            let dot = if left.is_empty() || right.is_empty() { "" } else { "." };
            let signed = format!("{HOOK}{mark}{}{dot}{right}.{NONCE}", left.join("&"));
            let code = STANDARD.encode(hmac(PLIVO.as_bytes(), signed.as_bytes()));
            let post = Post::new(&url, form(pairs))
                .with("x-plivo-signature-v3", &code)
                .with("x-plivo-signature-v3-nonce", NONCE);
            assert!(post.is_genuine(&credentials, 0), "{post:?}");
            let check = |url: &str, code: &str, pairs: &[(&str, &str)]| {
                json!({"ask": "plivo-check", "method": "POST", "url": url, "nonce": NONCE, "token": PLIVO,
                       "signature": code, "params": params(pairs)})
            };
            questions.push(check(&url, &code, pairs));
            expected.push(json!(true));
            questions.push(check(&url.replace("k3y", "k4y"), &code, pairs));
            questions.push(check(&url, &code.replacen(&code[3..4], "~", 1), pairs));
            questions.push(check(&url, &code, &[pairs, &[("x", "y")][..]].concat()));
            expected.extend([json!(false), json!(false), json!(false)]);

            refused(post.changed_urls(), &credentials, 0, "address");
            refused(post.changed_headers("x-plivo-signature-v3"), &credentials, 0, "signature");
            refused(post.changed_headers("x-plivo-signature-v3-nonce"), &credentials, 0, "nonce");
            if !pairs.is_empty() {
                refused(post.changed_bodies(), &credentials, 0, "body");
            }
        }
    }
    assert_eq!(ask(questions), expected);
}

/// The example key of Telnyx's own tests signs; their libraries only check.
#[test]
fn telnyx_s_library_and_the_adapter_hold_the_same_requests_for_genuine() {
    const PUBLIC: &str = "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=";
    const SECRET: &str = "p68GNpDl9oAQohBiK0MEOFIjxnoFnz0uGGeJqxQ5PSb7sT30NeKJBe9x41ficebctubmao9Zp3lGEOva5+4KKQ==";
    let seed = &STANDARD.decode(SECRET).expect("base64")[..32];
    let key = ring::signature::Ed25519KeyPair::from_seed_unchecked(seed).expect("a key");
    let credentials = Credentials::Telnyx {
        api_key: "KEY".into(),
        public_key: PUBLIC.into(),
        connection_id: "1".into(),
        number: "+12025550123".into(),
        record: false,
    };
    let time = now();
    let check = |post: &Post| {
        let headers: Map<_, _> = post.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body = String::from_utf8(post.body.clone()).expect("text");
        json!({"ask": "telnyx-check", "key": PUBLIC, "body": body, "headers": headers})
    };
    let (mut questions, mut expected) = (vec![], vec![]);
    for body in [r#"{"data":{"event_type":"call.hangup","id":"1","payload":{}}}"#, r#"{"data":{"from":"Zoë"}}"#, "{}"]
    {
        let code = STANDARD.encode(key.sign(format!("{time}|{body}").as_bytes()));
        let post =
            Post::new(HOOK, body).with("telnyx-signature-ed25519", &code).with("telnyx-timestamp", &time.to_string());
        assert!(post.is_genuine(&credentials, time), "{post:?}");
        questions.push(check(&post));
        expected.push(json!(true));
        refused(post.changed_bodies(), &credentials, time, "body");
        refused(post.changed_headers("telnyx-signature-ed25519"), &credentials, time, "signature");
        refused(post.changed_headers("telnyx-timestamp"), &credentials, time, "time");
        for changed in post.changed_bodies().filter(|post| std::str::from_utf8(&post.body).is_ok()) {
            questions.push(check(&changed));
            expected.push(json!(false));
        }
    }
    assert_eq!(ask(questions), expected);
}
