//! What Vonage is asked, and what its answers mean.

use super::*;
use crate::telephony::Provider;
use crate::telephony::out::ProviderError;
use crate::telephony::out::testing::*;

const HOOK: &str = "https://voip.example.com/webhooks/voip/vonage/key";

fn vonage(record: &str) -> Credentials {
    credentials(
        Provider::Vonage,
        json!({"apiKey": "a1b2c3d4", "signatureSecret": "hush-hush", "applicationId": "aaaaaaaa-bbbb",
               "privateKey": "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----",
               "number": "+12025550123", "record": record}),
    )
}

#[test]
fn one_listed_call_tells_whether_the_application_is_good() {
    let (asked, ended) = play(check(&vonage("off")), &[(200, r#"{"count":0}"#)]);
    assert_eq!(line_of(&asked[0]), "GET https://api.nexmo.com/v1/calls?page_size=1");
    assert_eq!((&asked[0].auth, ended), (&Auth::VonageApplication, Ok(Learned::default())));
    fails_well(|| check(&vonage("off")));
}

#[test]
fn a_call_rings_the_line_first_and_its_ncco_the_client() {
    let placed = place_call(&vonage("off"), &call("+12025550100"), &urls("vonage"));
    let (asked, ended) = play(placed, &[(201, r#"{"uuid":"u1","conversation_uuid":"CON-1","status":"started"}"#)]);
    assert_eq!(ended, Ok(Some(ProviderCallId("CON-1".into()))));
    assert_eq!(line_of(&asked[0]), "POST https://api.nexmo.com/v1/calls");
    let hook = format!("{HOOK}?line=%2B12025550100&dial=d1&to=%2B493012345678");
    assert_eq!(
        json_of(&asked[0]),
        json!({
        "to": [{"type": "phone", "number": "12025550100"}],
        "from": {"type": "phone", "number": "12025550123"},
        "ncco": [{"action": "connect", "from": "12025550123", "timeout": 60,
                  "endpoint": [{"type": "phone", "number": "493012345678"}],
                  "eventUrl": [format!("{hook}&leg=client")], "eventMethod": "POST"}],
        "event_url": [hook], "event_method": "POST", "ringing_timer": 25})
    );
    let (asked, _) = play(place_call(&vonage("on"), &call("101"), &urls("vonage")), &[(201, "{}")]);
    let body = json_of(&asked[0]);
    assert_eq!((&body["ncco"][0]["action"], &body["ncco"][0]["eventUrl"]), (&json!("record"), &json!([HOOK])));
    assert_eq!(body["to"], json!([{"type": "vbc", "extension": "101"}]));
    fails_well(|| place_call(&vonage("off"), &call("sip:a@b.c"), &urls("vonage")));
    for line in ["client:zoe", "sip:zoe", "zoe", "+12", "1"] {
        let ended = play(place_call(&vonage("off"), &call(line), &urls("vonage")), &[]).1;
        assert!(matches!(ended, Err(ProviderError::Refused(_))), "{line}");
    }
}

#[test]
fn what_vonage_says_of_a_refusal_is_passed_on() {
    let said = r#"{"type":"x","title":"Bad Request","detail":"The number is not yours"}"#;
    let ended = play(place_call(&vonage("off"), &call("101"), &urls("vonage")), &[(400, said)]).1;
    assert_eq!(ended.unwrap_err().to_string(), "Vonage refuses: The number is not yours");
}

#[test]
fn the_applications_token_goes_to_recordings_only() {
    for good in ["https://api.nexmo.com/v1/files/a-1", "https://api-us.nexmo.com:443/v1/files/a-1"] {
        let request = play(recording(&vonage("off"), good), &[]).1.expect("a request");
        assert_eq!((line_of(&request), request.auth), (format!("GET {good}"), Auth::VonageApplication));
    }
    for bad in [
        "https://api.nexmo.com/v1/calls",
        "https://api.nexmo.com.evil.example/v1/files/a",
        "https://evil.example/v1/files/api.nexmo.com/v1/files/a",
        "https://evilnexmo.com/v1/files/a",
        "http://api.nexmo.com/v1/files/a",
        "https://api.nexmo.com:8443/v1/files/a",
    ] {
        assert!(recording(&vonage("off"), bad).is_none(), "{bad}");
    }
}

fn answered(record: &str, first: &[&str], then: &[&str], is_second: bool) -> Value {
    let route = Route { first: line_ids(first), then: line_ids(then), ring_seconds: 20, ..Route::default() };
    let question = RouteQuestion { is_second, ..RouteQuestion::default() };
    match super::route(&vonage(record), &question, &route, &urls("vonage")) {
        RouteReply::Answer(Answer { status: 200, content_type: "application/json", body }) => {
            serde_json::from_str(&body).expect("JSON")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn lines_ring_in_turn_and_the_fallback_after_them() {
    let connect = |line: &str, endpoint: Value| {
        json!({"action": "connect", "from": "12025550123", "timeout": 20, "endpoint": [endpoint],
               "eventUrl": [with(HOOK, "line", line)], "eventMethod": "POST"})
    };
    let one = || connect("+12025550100", json!({"type": "phone", "number": "12025550100"}));
    let two = || connect("client:zoe", json!({"type": "app", "user": "zoe"}));
    let three = || connect("sip:a@b.c", json!({"type": "sip", "uri": "sip:a@b.c"}));
    let first = &["+12025550100", "client:zoe", "nobody here"];
    assert_eq!(answered("off", first, &["sip:a@b.c"], false), json!([one(), two(), three()]));
    assert_eq!(answered("off", first, &["sip:a@b.c"], true), json!([three()]));
    assert_eq!(answered("off", &[], &["sip:a@b.c"], false), json!([three()]));
    assert_eq!(answered("on", &["+12025550100"], &[], false)[0]["action"], "record");
    for record in ["on", "off"] {
        assert_eq!(answered(record, &["nobody here"], &[], false), json!([]));
    }
    assert_eq!(answered("off", &["101"; 9], &[], false).as_array().map(Vec::len), Some(5));
}
