//! RingCentral: telephony session notifications.

use super::attacks;
use super::post::*;
use kommo_voip_domain::telephony::{CallEvent, Credentials, Direction, Provider, Refusal, ReportedStatus::*};
use serde_json::{Value, json};

const TOKEN: &str = "our-own-verification-token";

fn ringcentral() -> Credentials {
    credentials(Provider::RingCentral, TOKEN)
}

fn post(parties: Value) -> Post {
    let body = json!({"uuid": "u-1", "event": "/restapi/v1.0/account/1/telephony/sessions", "timestamp": "2026-07-01T10:00:12Z",
        "subscriptionId": "s", "ownerId": "1", "body": {"sequence": 2, "sessionId": "1", "telephonySessionId": "s-1",
        "eventTime": "2026-07-01T10:00:09.000Z", "accountId": "809646016", "parties": parties}});
    Post::to(HOOK, body.to_string()).with("verification-token", TOKEN)
}

fn party(direction: &str, code: &str, reason: &str) -> Value {
    let (ours, theirs) =
        (json!({"phoneNumber": "+12025550123", "extensionId": "62"}), json!({"phoneNumber": "+15550001111"}));
    let (from, to) = if direction == "Inbound" { (theirs, ours) } else { (ours, theirs) };
    json!({"id": "p-1", "extensionId": "62", "direction": direction, "from": from, "to": to,
        "status": {"code": code, "reason": reason}, "missedCall": false})
}

fn event(party: Value) -> CallEvent {
    post(json!([party])).events(&ringcentral()).remove(0)
}

#[test]
fn only_our_token_opens_under_either_name() {
    let good = post(json!([party("Inbound", "Proceeding", "")]));
    attacks::keys(&good, &ringcentral(), &credentials(Provider::RingCentral, "another"));
    attacks::header(&good, "verification-token", &ringcentral());
    let other = post(json!([]));
    let other = Post {
        body: String::from_utf8(other.body.clone()).unwrap().replace("u-1", "u-2").into_bytes(),
        ..other.clone()
    };
    attacks::replay(&good, &other, &ringcentral());
    let older = good.clone().without("verification-token").with("validation-token", TOKEN);
    assert!(older.received(&ringcentral()).is_ok());
    assert!(is_unsigned(&good.without("verification-token").received(&ringcentral())));
    let empty = credentials(Provider::RingCentral, "");
    assert!(is_unsigned(&Post::to(HOOK, "{}").with("verification-token", "").received(&empty)));
    assert_eq!(Post::to(ROUTE, "{}").with("verification-token", TOKEN).received(&ringcentral()), Err(Refusal::NotHere));
}

#[test]
fn a_party_is_the_leg_of_its_extension() {
    for (code, reason, expected) in [
        ("Setup", "", Some(Ringing)),
        ("Proceeding", "", Some(Ringing)),
        ("Answered", "", Some(Answered)),
        ("Hold", "", Some(Answered)),
        ("Parked", "", Some(Answered)),
        ("VoiceMail", "", Some(Voicemail)),
        ("VoiceMailScreening", "", Some(Voicemail)),
        ("Disconnected", "", Some(Ended)),
        ("Disconnected", "CallFinished", Some(Ended)),
        ("Disconnected", "BlindTransfer", Some(Ended)),
        ("Disconnected", "AgentAnswered", Some(Ended)),
        ("Disconnected", "TargetBusy", Some(Busy)),
        ("Disconnected", "NoAnswer", Some(Missed)),
        ("Disconnected", "Timeout", Some(Missed)),
        ("Disconnected", "Cancelled", Some(Cancelled)),
        ("Disconnected", "Rejected", Some(Cancelled)),
        ("Disconnected", "Voicemail", Some(Voicemail)),
        ("Disconnected", "InvalidNumber", Some(Failed)),
        ("Disconnected", "NotEnoughFunds", Some(Failed)),
        ("Gone", "AttendedTransfer", Some(Ended)),
        ("FaxReceive", "", None),
        ("Teleported", "", None),
    ] {
        for (direction, expected_direction) in [("Inbound", Direction::Inbound), ("Outbound", Direction::Outbound)] {
            let events = post(json!([party(direction, code, reason)])).events(&ringcentral());
            let expected: Vec<_> = expected.into_iter().map(|status| ("62".to_owned(), status)).collect();
            assert_eq!(said(&events), expected, "{code} {reason}");
            assert!(
                events.iter().all(|event| event.direction == Some(expected_direction) && event.started_at == at(9))
            );
        }
    }
    let mut missed = party("Inbound", "Disconnected", "");
    missed["missedCall"] = json!(true);
    assert_eq!(event(missed).status, Missed);
    let talk = event(party("Inbound", "Answered", ""));
    assert_eq!(
        (talk.answered_at, talk.from.as_str(), talk.to.as_str()),
        (Some(at(12)), "+15550001111", "+12025550123")
    );
}

#[test]
fn an_extension_is_known_by_its_id() {
    let mut numbered = party("Inbound", "Proceeding", "");
    numbered["to"]["extensionNumber"] = json!("101");
    assert_eq!(event(numbered).extension.map(|line| line.0).as_deref(), Some("62"));
}

#[test]
fn a_ring_out_is_an_outbound_call_that_its_target_answers() {
    let initiator = |code: &str| {
        json!({"extensionId": "62", "direction": "Inbound", "ringOutRole": "Initiator", "from": {"phoneNumber": "+15550009999"},
            "to": {"phoneNumber": "+12025550123"}, "status": {"code": code}})
    };
    let target = |code: &str| {
        json!({"direction": "Inbound", "ringOutRole": "Target", "from": {"phoneNumber": "+12025550123"},
            "to": {"phoneNumber": "+15550009999"}, "status": {"code": code}})
    };
    let events = |parties: Value| post(parties).events(&ringcentral());
    let line = || "62".to_owned();
    let rings = events(json!([initiator("Answered"), target("Proceeding")]));
    assert_eq!(said(&rings), [(line(), Ringing), (line(), Ringing)], "the manager picked up, the client did not");
    for event in &rings {
        assert_eq!((event.from.as_str(), event.to.as_str()), ("+12025550123", "+15550009999"));
        assert_eq!(event.direction, Some(Direction::Outbound));
    }
    let talks = events(json!([initiator("Answered"), target("Answered")]));
    assert_eq!(said(&talks), [(line(), Ringing), (line(), Answered)]);
    assert_eq!(said(&events(json!([initiator("Answered")]))), [(line(), Answered)], "nothing is known of a target");
    assert_eq!(said(&events(json!([target("Answered")]))), [("-".into(), Answered)]);
}

#[test]
fn the_company_s_own_leg_never_talks_and_a_transfer_does_not_end_the_call() {
    let company = |code: &str, reason: &str| {
        let mut party = party("Inbound", code, reason);
        party.as_object_mut().unwrap().remove("extensionId");
        party["to"].as_object_mut().unwrap().remove("extensionId");
        post(json!([party])).says(&ringcentral())
    };
    assert_eq!(company("Answered", ""), [("-".into(), Ringing)]);
    assert_eq!(company("Disconnected", "CallFinished"), [("-".into(), Ended)]);
    assert_eq!(company("Disconnected", "CallerInputRedirect"), []);
    assert_eq!(company("Gone", "BlindTransfer"), []);
}

#[test]
fn two_of_our_own_extensions_are_an_internal_call() {
    let mut internal = party("Outbound", "Answered", "");
    internal["to"] = json!({"extensionId": "63", "extensionNumber": "103"});
    let event = event(internal);
    assert_eq!((event.direction, event.to.as_str()), (Some(Direction::Internal), "103"));
}

#[test]
fn a_finished_recording_is_kept() {
    let mut party = party("Inbound", "Disconnected", "");
    party["recordings"] = json!([{"id": "77", "active": false}, {"id": "78", "active": true}, {"id": "../x"}]);
    let received = post(json!([party])).received(&ringcentral()).expect("accepted");
    let urls: Vec<_> = received.recordings.iter().map(|late| late.recording.as_str()).collect();
    assert_eq!(urls, ["https://media.ringcentral.com/restapi/v1.0/account/809646016/recording/77/content"]);
}

#[test]
fn genuine_nonsense_is_malformed_or_nothing() {
    for body in ["", "[", "\u{feff}"] {
        let result = Post::to(HOOK, body).with("verification-token", TOKEN).received(&ringcentral());
        assert!(matches!(result, Err(Refusal::Malformed(_))), "{body}");
    }
    for body in [
        "{}",
        "[]",
        r#"{"body":{"telephonySessionId":"s","parties":{}}}"#,
        r#"{"body":{"telephonySessionId":"s","parties":[1,null,{}]}}"#,
    ] {
        let result = Post::to(HOOK, body).with("verification-token", TOKEN).received(&ringcentral());
        assert_eq!(result.expect("accepted").events, [], "{body}");
    }
}
