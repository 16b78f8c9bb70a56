//! The generic webhook under each of its schemes, and its question where a call shall go.

use super::post::*;
use super::{attacks, sign};
use kommo_voip_domain::telephony::credentials::{Preset, Scheme};
use kommo_voip_domain::telephony::{Credentials, Refusal, ReportedStatus::*};

const KEY: [u8; 32] = *b"0123456789abcdef0123456789abcdef";
const TEXT: &str = "0123456789abcdef0123456789abcdef";
const BODY: &str = r#"{"callId":"c-1","voipAccountId":"a","from":"+49305550100","to":"+49305550999","status":"ringing","startTime":1782900000,"extension":101,"dialId":"d1"}"#;

fn standard() -> Credentials {
    generic(Scheme::Standard, None, &format!("whsec_{}", sign::base64(&KEY)))
}

fn with_header(scheme: Scheme, name: &str) -> Credentials {
    let Credentials::Generic { preset, secret, recording_hosts, time_zone, dial_url, .. } = generic(scheme, None, TEXT)
    else {
        unreachable!()
    };
    Credentials::Generic { scheme, preset, header: Some(name.into()), secret, recording_hosts, time_zone, dial_url }
}

fn code(body: &[u8]) -> Vec<u8> {
    sign::sha256(TEXT.as_bytes(), body)
}

#[test]
fn standard_webhooks_bind_id_time_and_body() {
    let post = sign::standard(&KEY, Post::to(HOOK, BODY));
    let received = post.received(&standard()).expect("accepted");
    assert_eq!(said(&received.events), [("101".into(), Ringing)]);
    assert_eq!(received.events[0].dial.as_ref().map(|dial| dial.0.as_str()), Some("d1"));
    assert_eq!((received.answer.status, received.answer.body.as_str()), (202, r#"{"accepted":true}"#));
    assert_eq!((received.delivery_id.as_str(), received.digest.len()), ("msg_1", 64));
    attacks::keys(&post, &standard(), &generic(Scheme::Standard, None, &format!("whsec_{}", sign::base64(&[7; 32]))));
    attacks::body(&post, &standard());
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        attacks::header(&post, name, &standard());
    }
    for (now, is_good) in [(300, true), (-300, true), (301, false), (-301, false)] {
        assert_eq!(post.received_at(&[&standard()], NOON + now).is_ok(), is_good, "{now}");
    }
    // The same id with another body is for the journal to see: id the same, digest not.
    let other =
        sign::standard(&KEY, Post::to(HOOK, BODY.replace("101", "102"))).received(&standard()).expect("accepted");
    assert_eq!(other.delivery_id, received.delivery_id);
    assert_ne!(other.digest, received.digest);
    assert!(is_unsigned(&post.received(&generic(Scheme::Standard, None, ""))), "no secret, no entry");
}

#[test]
fn a_code_of_the_body_comes_in_base64_or_hex() {
    let plain = generic(Scheme::HmacBody, None, TEXT);
    for value in [
        sign::base64(&code(BODY.as_bytes())),
        sign::hex(&code(BODY.as_bytes())),
        sign::hex(&code(BODY.as_bytes())).to_uppercase(),
        format!("sha256={}", sign::hex(&code(BODY.as_bytes()))),
    ] {
        assert_eq!(Post::to(HOOK, BODY).with("x-signature", &value).says(&plain), [("101".into(), Ringing)], "{value}");
        let named = Post::to(HOOK, BODY).with("x-pbx-code", &value);
        assert!(named.received(&with_header(Scheme::HmacBody, "X-PBX-Code")).is_ok());
        assert!(is_unsigned(&named.received(&plain)));
    }
    let post = Post::to(HOOK, BODY).with("x-signature", sign::base64(&code(BODY.as_bytes())));
    attacks::keys(&post, &plain, &generic(Scheme::HmacBody, None, "another-secret"));
    attacks::body(&post, &plain);
    attacks::header(&post, "x-signature", &plain);
    attacks::replay(
        &post,
        &Post::to(HOOK, BODY.replace("c-1", "c-2"))
            .with("x-signature", sign::base64(&code(BODY.replace("c-1", "c-2").as_bytes()))),
        &plain,
    );
    let empty = Post::to(HOOK, BODY).with("x-signature", sign::base64(&sign::sha256(b"", BODY.as_bytes())));
    assert!(is_unsigned(&empty.received(&generic(Scheme::HmacBody, None, ""))));
}

#[test]
fn a_static_secret_comes_in_a_header_or_as_authorization() {
    let plain = generic(Scheme::StaticSecret, None, TEXT);
    let basic = |text: &str| format!("Basic {}", sign::base64(text.as_bytes()));
    for (name, value, is_good) in [
        ("x-webhook-secret", TEXT.to_owned(), true),
        ("authorization", format!("Bearer {TEXT}"), true),
        ("authorization", format!("bearer {TEXT}"), true),
        ("authorization", basic(&format!("anybody:{TEXT}")), true),
        ("authorization", basic(&format!(":{TEXT}")), true),
        ("x-webhook-secret", TEXT.to_uppercase(), false),
        ("x-webhook-secret", format!("{TEXT}0"), false),
        ("x-webhook-secret", TEXT[1..].to_owned(), false),
        ("x-webhook-secret", String::new(), false),
        ("x-pbx-secret", TEXT.to_owned(), false),
        ("authorization", TEXT.to_owned(), false),
        ("authorization", format!("Digest {TEXT}"), false),
        ("authorization", basic(TEXT), false),
        ("authorization", basic(&format!("{TEXT}:")), false),
        ("authorization", "Basic !".to_owned(), false),
    ] {
        let result = Post::to(HOOK, BODY).with(name, &value).received(&plain);
        assert_eq!(result.is_ok(), is_good, "{name} {value}");
        assert!(is_good || is_unsigned(&result));
    }
    let named = Post::to(HOOK, BODY).with("x-pbx-secret", TEXT);
    assert!(named.received(&with_header(Scheme::StaticSecret, "X-PBX-Secret")).is_ok());
    let post = Post::to(HOOK, BODY).with("x-webhook-secret", TEXT);
    attacks::keys(&post, &plain, &generic(Scheme::StaticSecret, None, "another-secret"));
    attacks::header(&post, "x-webhook-secret", &plain);
    let in_body = Post::to(HOOK, format!(r#"{{"token":"{TEXT}"}}"#));
    assert!(is_unsigned(&in_body.received(&plain)), "only Aircall has its token in the body");
    assert!(is_unsigned(&Post::to(HOOK, BODY).received(&plain)));
}

#[test]
fn a_replaced_scheme_s_secret_is_still_good_under_its_own_scheme() {
    let (now, before) = (standard(), generic(Scheme::StaticSecret, None, TEXT));
    let post = Post::to(HOOK, BODY).with("x-webhook-secret", TEXT);
    assert!(post.received_at(&[&now, &before], NOON).is_ok());
    let told = post.received(&now).expect_err("refused").to_string();
    assert_eq!(told, "the header webhook-id is missing");
}

#[test]
fn the_body_is_read_only_when_it_is_known_to_be_genuine() {
    for body in [&b"\xff\xfe"[..], b"", b"[]", b"{", b"{}"] {
        let genuine = sign::standard(&KEY, Post::to(HOOK, body)).received(&standard());
        assert!(matches!(genuine, Err(Refusal::Malformed(_))), "{genuine:?}");
        assert!(is_unsigned(&Post::to(HOOK, body).received(&standard())));
    }
}

#[test]
fn where_to_is_asked_in_json_form_or_query() {
    let secret = generic(Scheme::StaticSecret, None, TEXT);
    let asked = |post: Post, credentials: &Credentials| {
        let question = post.received(credentials).map(|received| received.question.expect("a question"));
        question.map(|question| (question.from, question.to, question.call_id.map(|id| id.0)))
    };
    let expected = Ok(("+49305550100".to_owned(), "".to_owned(), Some("c 1".to_owned())));
    let json = Post::to(ROUTE, r#" {"from":"+49305550100","to":"","callId":"c 1"}"#);
    let form = Post::to(ROUTE, "from=%2B49305550100&to=&callId=c+1");
    let get = Post::get(&format!("{ROUTE}?from=%2B49305550100&to=&callId=c+1"));
    assert_eq!(asked(sign::standard(&KEY, json.clone()), &standard()), expected);
    assert_eq!(asked(sign::standard(&KEY, form.clone()), &standard()), expected);
    for post in [json, form, get.clone()] {
        assert_eq!(asked(post.with("x-webhook-secret", TEXT), &secret), expected);
    }
    let unsigned = sign::standard(&KEY, get).received(&standard()).expect_err("refused");
    assert!(unsigned.to_string().contains("does not cover the query"), "{unsigned}");
    for body in ["from=1", "to=1", "", "{}", r#"{"from":"1"}"#] {
        let result = Post::to(ROUTE, body).with("x-webhook-secret", TEXT).received(&secret);
        assert!(matches!(result, Err(Refusal::Malformed(_))), "{body}");
    }
}

#[test]
fn yeastar_s_code_and_quo_s_two_generations_are_accepted() {
    let body = r#"{"type":30012,"sn":"3631A2124000","msg":"{\"call_id\":\"1651057476.362\",\"status\":\"ANSWERED\"}"}"#;
    let yeastar = generic(Scheme::HmacBody, Some(Preset::Yeastar), TEXT);
    let post = Post::to(HOOK, body).with("x-signature", "xPAS8HZOREFiOQ5laiIpeG5Aux0gPeVgwNMRrfMDkLs=");
    assert_eq!(post.says(&yeastar), [("-".into(), Completed)]);

    let quo = generic(Scheme::Standard, Some(Preset::Quo), "R2ZLM2o0bFhBNVpyUnU2NG9mYXQ1MHNyR3pvSUhIVVg=");
    let body = r#"{"id":"EV1","type":"call.completed"}"#;
    let sent = 1_639_710_054;
    let legacy = |value: &str| Post::to(HOOK, body).with("openphone-signature", value);
    let good = "hmac;1;1639710054089;G1S6rXueT7/yhDol9aUs6Ez4JXcFh2OrapwvXxTFVNo=";
    let genuine = |post: &Post, now: i64| !is_unsigned(&post.received_at(&[&quo], now));
    assert!(genuine(&legacy(good), sent) && genuine(&legacy(good), sent + 299) && genuine(&legacy(good), sent - 299));
    assert!(!genuine(&legacy(good), sent + 301) && !genuine(&legacy(good), sent - 301));
    assert!(genuine(&legacy(&format!("hmac;1;1639710054089;AAAA, {good}")), sent));
    for bad in [
        &good[..20],
        "",
        "hmac;2;1639710054089;G1S6rXueT7/yhDol9aUs6Ez4JXcFh2OrapwvXxTFVNo=",
        "hmac;1;1639710054;G1S6rXueT7/yhDol9aUs6Ez4JXcFh2OrapwvXxTFVNo=",
        "hmac;1;;",
        ";;;;;;,,,",
    ] {
        assert!(!genuine(&legacy(bad), sent), "{bad}");
    }
    let plain = generic(Scheme::Standard, None, "R2ZLM2o0bFhBNVpyUnU2NG9mYXQ1MHNyR3pvSUhIVVg=");
    assert!(is_unsigned(&legacy(good).received_at(&[&plain], sent)), "only Quo signs like this");
}
