//! Telnyx: receiving webhooks; Call Control events. The key pair is the one in Telnyx's PHP library's tests.

use super::post::*;
use super::{attacks, sign};
use kommo_voip_domain::telephony::{CallEvent, Credentials, Direction, Provider, Received, Refusal, ReportedStatus::*};
use serde_json::{Value, json};

fn telnyx() -> Credentials {
    credentials(Provider::Telnyx, TELNYX_PUBLIC)
}

fn state(fields: Value) -> String {
    sign::base64(fields.to_string().as_bytes())
}

fn post(kind: &str, payload: Value) -> Post {
    let mut all = json!({"call_control_id": "v3:leg", "call_leg_id": "leg", "call_session_id": "session",
        "from": "+15550001111", "to": "+12025550123", "direction": "incoming"});
    all.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
    let body = json!({"data": {"record_type": "event", "event_type": kind, "id": format!("id-{kind}"),
        "occurred_at": "2026-07-01T10:00:09.500Z", "payload": all}, "meta": {"attempt": 1}});
    sign::telnyx(Post::to(HOOK, body.to_string()))
}

fn received(kind: &str, payload: Value) -> Received {
    post(kind, payload).received(&telnyx()).expect("accepted")
}

fn event(kind: &str, payload: Value) -> CallEvent {
    received(kind, payload).events.remove(0)
}

#[test]
fn the_derived_signature_is_accepted_in_its_time_and_not_a_second_later() {
    let body = r#"{"data":{"event_type":"message.received","id":"test-123"}}"#;
    let code = "tMXRZyBL2gkwrgKp6CTDXTO/K+DVq0ZKEFB3tSdfBwqZGC3K/Hr7TCW+jY7RdWrAiKXEckI3tsHEpdz7lS/MDA==";
    let post = |time: &str| Post::to(HOOK, body).with("telnyx-signature-ed25519", code).with("telnyx-timestamp", time);
    let sent = 1_700_000_000;
    for (now, is_good) in [
        (sent, true),
        (sent + 300, true),
        (sent - 300, true),
        (sent + 301, false),
        (sent - 301, false),
        (i64::MAX / 1000, false),
        (0, false),
    ] {
        assert_eq!(post("1700000000").received_at(&[&telnyx()], now).is_ok(), is_good, "{now}");
    }
    for time in
        ["1700000001", "01700000000", "+1700000000", " 1700000000", "1700000000000", "now", "-1", "1700000000.0"]
    {
        assert!(is_unsigned(&post(time).received_at(&[&telnyx()], sent)), "{time}");
    }
    let received = post("1700000000").received_at(&[&telnyx()], sent).expect("accepted");
    assert_eq!((received.delivery_id.as_str(), received.events.len()), ("telnyx:test-123", 0));
}

#[test]
fn nothing_that_is_signed_can_change() {
    let body = r#"{"data":{"event_type":"call.bridged","id":"1","payload":{"call_session_id":"s"}}}"#;
    let post = sign::telnyx(Post::to(HOOK, body));
    let other = credentials(Provider::Telnyx, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    attacks::keys(&post, &telnyx(), &other);
    attacks::body(&post, &telnyx());
    attacks::header(&post, "telnyx-signature-ed25519", &telnyx());
    attacks::header(&post, "telnyx-timestamp", &telnyx());
    attacks::replay(&post, &sign::telnyx(Post::to(HOOK, body.replace("\"1\"", "\"2\""))), &telnyx());
    assert!(is_unsigned(&post.received(&credentials(Provider::Telnyx, "no key"))));
    // A later attempt of the same event is the same delivery, though time and signature differ.
    let later = sign::telnyx_at(Post::to(HOOK, body), NOON + 60).received(&telnyx()).expect("accepted");
    assert_eq!(later.delivery_id, post.received(&telnyx()).expect("accepted").delivery_id);
    assert_eq!(later.digest, "");
    assert_eq!(sign::telnyx(Post::to(ROUTE, body)).received(&telnyx()), Err(Refusal::NotHere));
}

#[test]
fn an_incoming_call_asks_where_to_and_its_own_leg_never_talks() {
    let first = received("call.initiated", json!({"state": "parked"}));
    assert_eq!(said(&first.events), [("-".into(), Ringing)]);
    assert_eq!(first.events[0].direction, Some(Direction::Inbound));
    let question = first.question.expect("a question");
    assert_eq!(question.handle.as_deref(), Some("v3:leg"));
    assert_eq!((question.from.as_str(), question.to.as_str()), ("+15550001111", "+12025550123"));
    assert_eq!(question.call_id.map(|id| id.0).as_deref(), Some("session"));
    for (kind, cause, expected) in [
        ("call.answered", "", Ringing),
        ("call.bridged", "", Ringing),
        ("call.hangup", "normal_clearing", Ended),
        ("call.hangup", "time_limit", Ended),
        ("call.hangup", "originator_cancel", Cancelled),
        ("call.hangup", "timeout", Missed),
        ("call.hangup", "no_answer", Missed),
        ("call.hangup", "user_busy", Busy),
        ("call.hangup", "not_found", Failed),
        ("call.hangup", "unspecified", Failed),
        ("call.hangup", "call_rejected", Failed),
    ] {
        let again = received(kind, json!({"hangup_cause": cause}));
        assert_eq!(said(&again.events), [("-".into(), expected)], "{kind} {cause}");
        assert!(again.question.is_none());
    }
    for kind in ["call.cost", "call.dtmf.received", "call.hold", "call.recording.error", "", "fax.received"] {
        assert_eq!(received(kind, json!({})).events, [], "{kind}");
    }
}

#[test]
fn a_transferred_leg_is_the_line_s() {
    let line = |kind: &str, payload: Value| {
        let mut all = json!({"direction": "outgoing", "to": "sip:alice@sip.telnyx.com", "client_state": state(json!({"line": "alice"}))});
        all.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
        event(kind, all)
    };
    let answered = line("call.answered", json!({"start_time": "2026-07-01T10:00:01Z"}));
    assert_eq!((answered.extension.clone().map(|line| line.0).as_deref(), answered.status), (Some("alice"), Answered));
    assert_eq!(
        (answered.started_at, answered.answered_at),
        (at(1), Some(kommo_voip_domain::time::Moment(NOON * 1000 + 9500)))
    );
    assert_eq!(answered.direction, Some(Direction::Inbound));
    assert_eq!(line("call.initiated", json!({})).status, Ringing);
    assert_eq!(line("call.hangup", json!({"hangup_cause": "normal_clearing"})).status, Ended);
    assert_eq!(line("call.hangup", json!({"hangup_cause": "timeout"})).status, Missed);
    assert_eq!(line("call.machine.detection.ended", json!({"result": "machine"})).status, Voicemail);
    let unmarked = event("call.answered", json!({"direction": "outgoing", "to": "sip:bob@sip.telnyx.com"}));
    assert_eq!(unmarked.extension.map(|line| line.0).as_deref(), Some("sip:bob@sip.telnyx.com"));
}

#[test]
fn a_line_that_does_not_answer_is_followed_by_the_next_while_the_caller_waits() {
    let after = |cause: &str, state_fields: Value| {
        let payload = json!({"direction": "outgoing", "to": "+4930", "client_state": state(state_fields),
                             "hangup_cause": cause});
        let commands = received("call.hangup", payload).commands;
        commands.into_iter().map(|command| command.url.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    };
    let routed = |next: Value| json!({"line": "alice", "handle": "v3:caller", "next": next, "seconds": 20});
    for cause in ["timeout", "no_answer", "user_busy", "call_rejected", "not_found"] {
        let commands: Vec<String> = after(cause, routed(json!("bob")));
        assert_eq!((commands, after(cause, routed(Value::Null))), (vec!["transfer".into()], vec!["hangup".into()]));
    }
    // The talk is over, or the caller gave up.
    for cause in ["normal_clearing", "time_limit", "originator_cancel"] {
        let commands: Vec<String> = after(cause, routed(json!("bob")));
        assert_eq!(commands, Vec::<String>::new(), "{cause}");
    }
    let unrouted: Vec<String> = after("timeout", json!({"line": "alice"}));
    assert_eq!(unrouted, Vec::<String>::new());
}

#[test]
fn the_manager_s_pick_up_rings_the_client() {
    let mine = json!({"dial": "d1", "line": "alice", "to": "+15550009999"});
    let manager = |kind: &str, cause: &str| {
        received(
            kind,
            json!({"direction": "outgoing", "to": "sip:alice@x.y", "client_state": state(mine.clone()), "hangup_cause": cause}),
        )
    };
    let rings = manager("call.initiated", "");
    assert_eq!(said(&rings.events), [("alice".into(), Ringing)]);
    assert!(rings.question.is_none() && rings.commands.is_empty());
    let event = &rings.events[0];
    assert_eq!(
        (event.from.as_str(), event.to.as_str(), event.direction),
        ("alice", "+15550009999", Some(Direction::Outbound))
    );
    assert_eq!(event.dial.as_ref().map(|dial| dial.0.as_str()), Some("d1"));

    let picked_up = manager("call.answered", "");
    assert_eq!(said(&picked_up.events), [("alice".into(), Ringing)], "the client has not picked up yet");
    let command = &picked_up.commands[0];
    assert_eq!(
        (command.method, command.url.as_str()),
        ("POST", "https://api.telnyx.com/v2/calls/v3%3Aleg/actions/transfer")
    );
    let body: Value = serde_json::from_str(command.body.as_deref().unwrap()).unwrap();
    assert_eq!(body["to"], "+15550009999");
    let carried = body["target_leg_client_state"].as_str().unwrap();
    let client = |kind: &str, cause: &str| {
        let payload =
            json!({"direction": "outgoing", "to": "+15550009999", "client_state": carried, "hangup_cause": cause});
        let received = received(kind, payload);
        // The manager does not listen to silence when the client was not reached.
        let ends: Vec<&str> = received.commands.iter().map(|command| command.url.as_str()).collect();
        let end = "https://api.telnyx.com/v2/calls/v3%3Aleg/actions/hangup";
        assert_eq!(ends, if matches!(cause, "user_busy" | "timeout") { vec![end] } else { vec![] }, "{kind} {cause}");
        said(&received.events)
    };
    assert_eq!(client("call.initiated", ""), [("alice".into(), Ringing)]);
    assert_eq!(client("call.answered", ""), [("alice".into(), Answered)]);
    assert_eq!(client("call.hangup", "user_busy"), [("alice".into(), Busy)]);
    assert_eq!(client("call.hangup", "timeout"), [("alice".into(), Missed)]);
    assert_eq!(said(&manager("call.hangup", "normal_clearing").events), [("-".into(), Ended)]);
    assert_eq!(said(&manager("call.hangup", "timeout").events), [("alice".into(), Failed)]);
}

#[test]
fn a_recording_is_kept_by_its_id_since_links_live_ten_minutes() {
    let received =
        received("call.recording.saved", json!({"recording_id": "rec-1", "recording_urls": {"mp3": "https://s3/x"}}));
    assert_eq!(received.events, []);
    assert_eq!(
        (received.recordings[0].call_id.0.as_str(), received.recordings[0].recording.as_str()),
        ("session", "telnyx:rec-1")
    );
}

#[test]
fn genuine_nonsense_is_malformed_or_nothing() {
    for (body, is_malformed) in [
        ("", true),
        ("[]", true),
        ("{}", true),
        ("\u{feff}{}", true),
        (r#"{"data":[]}"#, false),
        (r#"{"data":{"payload":{"call_session_id":{}}}}"#, false),
    ] {
        let result = sign::telnyx(Post::to(HOOK, body)).received(&telnyx());
        assert_eq!(matches!(result, Err(Refusal::Malformed(_))), is_malformed, "{body}");
    }
    let bytes = sign::telnyx(Post::to(HOOK, b"\xff\xfe{}".to_vec())).received(&telnyx());
    assert!(matches!(bytes, Err(Refusal::Malformed(_))));
    let odd = event("call.answered", json!({"direction": "outgoing", "client_state": "not base64 of JSON"}));
    assert_eq!(odd.extension.map(|line| line.0).as_deref(), Some("+12025550123"));
}
