//! Vonage: signed webhooks; answer and event webhooks.

use super::post::*;
use super::{attacks, sign};
use kommo_voip_domain::telephony::{CallEvent, Credentials, Direction, Provider, ReportedStatus::*};
use serde_json::{Value, json};

const SECRET: &str = "qwertyuiopasdfghjklzxcvbnm123456";

fn vonage() -> Credentials {
    credentials(Provider::Vonage, SECRET)
}

fn post(url: &str, body: &Value) -> Post {
    sign::vonage(SECRET, Post::to(url, body.to_string()))
}

fn event(query: &str, body: Value) -> CallEvent {
    post(&format!("{HOOK}{query}"), &body).events(&vonage()).remove(0)
}

const BODY: &str = r#"{"status":"completed","uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"}"#;
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjNjOTBhNjQxMWRlOTg4ZWE2ZGYzYWRhNWMxOWE3MWM2Mjc1YjdiZjc2Y2NhNTZmZjFkYTNiNTMxNTcwZWE2ZjIiLCJhcGlfa2V5IjoiYTFiMmMzZCIsImFwcGxpY2F0aW9uX2lkIjoiYWFhYWFhYWEtYmJiYi1jY2NjLWRkZGQtMDEyMzQ1Njc4OWFiIn0.P7VbHLIGGgffDO5P5wvKQ_AEnubYjFAkOi5XVTOSYcI";
/// Vonage's own example: well signed, and without any of the claims of a webhook.
const BARE: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM";

#[test]
fn a_whole_token_is_accepted_in_its_time_and_not_a_second_later() {
    let post = Post::to(HOOK, BODY).with("authorization", format!("Bearer {TOKEN}"));
    let issued = 1_700_000_000;
    for (now, is_good) in [
        (issued, true),
        (issued + 300, true),
        (issued - 300, true),
        (issued + 301, false),
        (issued - 301, false),
        (i64::MAX / 1000, false),
        (0, false),
    ] {
        assert_eq!(post.received_at(&[&vonage()], now).is_ok(), is_good, "{now}");
    }
}

#[test]
fn the_published_token_is_well_signed_and_not_enough() {
    let refusal = |key: &str| {
        let post = Post::to(HOOK, "").with("authorization", format!("Bearer {BARE}"));
        post.received_at(&[&credentials(Provider::Vonage, key)], 1_697_634_680).expect_err("refused").to_string()
    };
    assert_eq!(refusal(SECRET), "the token's api_key is another account's");
    assert_eq!(refusal("asdf"), "no signature matches");
}

#[test]
fn nothing_that_is_signed_can_change() {
    let post = sign::vonage(SECRET, Post::to(HOOK, BODY));
    attacks::keys(&post, &vonage(), &credentials(Provider::Vonage, "other"));
    attacks::body(&post, &vonage());
    attacks::header(&post, "authorization", &vonage());
    attacks::replay(&post, &sign::vonage(SECRET, Post::to(&format!("{HOOK}?x"), BODY)), &vonage());
}

#[test]
fn every_claim_counts() {
    let hash = "3c90a6411de988ea6df3ada5c19a71c6275b7bf76cca56ff1da3b531570ea6f2";
    let claims = |change: &dyn Fn(&mut Value)| {
        let mut claims = json!({"iat": NOON, "api_key": "a1b2c3d", "payload_hash": hash});
        change(&mut claims);
        claims.to_string()
    };
    let accepted = |head: &str, claims: &str| {
        let post = Post::to(HOOK, BODY).with("authorization", sign::jwt(SECRET, head, claims));
        post.received(&vonage()).is_ok()
    };
    let good = claims(&|_| ());
    assert!(accepted(sign::HEAD, &good));
    for head in [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#, r#"{"alg":"RS256"}"#, r#"{"alg":"hs256"}"#, "{}", "[]", "x"]
    {
        assert!(!accepted(head, &good), "{head}");
    }
    for (field, value) in [
        ("api_key", json!("other")),
        ("api_key", json!("")),
        ("api_key", Value::Null),
        ("iat", Value::Null),
        ("iat", json!("1782900000")),
        ("iat", json!(NOON - 301)),
        ("iat", json!(NOON + 301)),
        ("iat", json!(i64::MIN)),
        ("exp", json!(NOON - 1)),
        ("exp", json!("never")),
        ("payload_hash", Value::Null),
        ("payload_hash", json!("")),
        ("payload_hash", json!(hash.to_uppercase())),
        ("payload_hash", json!([hash])),
    ] {
        assert!(!accepted(sign::HEAD, &claims(&|claims| claims[field] = value.clone())), "{field} {value}");
    }
    for claims in ["", "[]", "null", "x", "{"] {
        assert!(!accepted(sign::HEAD, claims), "{claims}");
    }
    let unsigned = Post::to(HOOK, BODY).with("authorization", format!("Bearer {}.", TOKEN.rsplit_once('.').unwrap().0));
    assert!(is_unsigned(&unsigned.received_at(&[&vonage()], 1_700_000_000)));
    for header in ["Bearer", "Bearer ", "Bearer a", "Bearer a.b", "Bearer ..", "Basic YTpi", TOKEN] {
        assert!(is_unsigned(&Post::to(HOOK, BODY).with("authorization", header).received(&vonage())), "{header}");
    }
}

#[test]
fn statuses_mean_what_the_leg_can_know() {
    for (status, cloud, line, manager) in [
        ("started", ("-", Ringing), ("101", Ringing), ("101", Ringing)),
        ("ringing", ("-", Ringing), ("101", Ringing), ("101", Ringing)),
        ("answered", ("-", Ringing), ("101", Answered), ("101", Ringing)),
        ("human", ("-", Ringing), ("101", Answered), ("101", Ringing)),
        ("completed", ("-", Ended), ("101", Completed), ("-", Ended)),
        ("unanswered", ("-", Missed), ("101", Missed), ("101", Failed)),
        ("timeout", ("-", Missed), ("101", Missed), ("101", Failed)),
        ("busy", ("-", Busy), ("101", Busy), ("101", Failed)),
        ("failed", ("-", Failed), ("101", Failed), ("101", Failed)),
        ("rejected", ("-", Failed), ("101", Failed), ("101", Failed)),
        ("cancelled", ("-", Cancelled), ("101", Cancelled), ("101", Failed)),
        ("machine", ("-", Voicemail), ("101", Voicemail), ("101", Failed)),
    ] {
        let says = |query: &str, direction: &str| {
            let body = json!({"conversation_uuid": "CON-1", "uuid": "leg", "status": status, "direction": direction,
                "from": "15550001111", "to": "12025550123", "timestamp": "2026-07-01T10:00:09.000Z"});
            post(&format!("{HOOK}{query}"), &body).says(&vonage())
        };
        let expected = |(line, status): (&str, _)| [(line.to_owned(), status)];
        assert_eq!(says("", "inbound"), expected(cloud), "{status}");
        assert_eq!(says("?line=101", "outbound"), expected(line), "{status}");
        assert_eq!(says("?line=101&dial=d1", "outbound"), expected(manager), "{status}");
        assert_eq!(says("?line=101&dial=d1&leg=client", "outbound"), expected(line), "{status}");
        assert_eq!(
            says("", "outbound"),
            expected((if line.0 == "101" { "+12025550123" } else { "-" }, line.1)),
            "{status}"
        );
    }
    for status in ["disconnected", "record", "input", "transfer", ""] {
        assert_eq!(
            post(HOOK, &json!({"conversation_uuid": "CON-1", "status": status})).events(&vonage()),
            [],
            "{status}"
        );
    }
}

#[test]
fn a_completed_leg_tells_times_and_length_of_the_talk() {
    let event = event(
        "?line=101",
        json!({"conversation_uuid": "CON-1", "uuid": "leg", "status": "completed",
        "direction": "outbound", "from": "15550001111", "to": "12025550123", "timestamp": "2026-07-01T10:00:52Z",
        "start_time": "2026-07-01T10:00:09Z", "end_time": "2026-07-01T10:00:51Z", "duration": "42", "rate": "0.1"}),
    );
    assert_eq!((event.started_at, event.ended_at, event.talk_seconds), (at(9), Some(at(51)), Some(42)));
    assert_eq!((event.from.as_str(), event.call_id.0.as_str()), ("+15550001111", "CON-1"));
}

#[test]
fn machine_detection_names_the_leg_differently() {
    let event = event("?line=101", json!({"call_uuid": "leg", "conversation_uuid": "CON-1", "status": "human"}));
    assert_eq!((event.call_id.0.as_str(), event.status), ("CON-1", Answered));
}

#[test]
fn the_answer_webhook_asks_where_to_in_either_method() {
    let pairs = [("from", "15550001111"), ("to", "12025550123"), ("uuid", "leg"), ("conversation_uuid", "CON-1")];
    let get = sign::vonage(SECRET, Post::get(&format!("{ROUTE}?{}", sign::form(&pairs))));
    let by_post =
        post(ROUTE, &json!({"from": "15550001111", "to": "12025550123", "uuid": "leg", "conversation_uuid": "CON-1"}));
    for asked in [get, by_post] {
        let received = asked.received(&vonage()).expect("accepted");
        let question = received.question.expect("a question");
        assert_eq!((question.from.as_str(), question.to.as_str()), ("+15550001111", "+12025550123"));
        assert_eq!(question.call_id.map(|id| id.0).as_deref(), Some("CON-1"));
        assert_eq!(said(&received.events), [("-".into(), Ringing)]);
        assert_eq!(received.events[0].direction, Some(Direction::Inbound));
    }
    let event_by_get = sign::vonage(SECRET, Post::get(&format!("{HOOK}?{}", sign::form(&pairs))));
    assert!(is_unsigned(&event_by_get.received(&vonage())), "no signature covers its query");
}

#[test]
fn a_recording_is_kept() {
    let url = "https://api.nexmo.com/v1/files/aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
    let received = post(HOOK, &json!({"conversation_uuid": "CON-1", "recording_url": url, "recording_uuid": "r"}));
    let received = received.received(&vonage()).expect("accepted");
    assert_eq!((received.events.len(), received.recordings[0].recording.as_str()), (0, url));
    assert_eq!(received.answer.status, 200);
}
