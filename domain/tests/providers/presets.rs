//! Payloads of Yeastar, Aircall, Quo and FreeSWITCH, composed from their documented fields.

use super::post::*;
use super::sign;
use kommo_voip_domain::telephony::credentials::{Preset, Scheme};
use kommo_voip_domain::telephony::{CallEvent, Direction, Received, Refusal, ReportedStatus::*};
use serde_json::{Value, json};

const TEXT: &str = "a-static-secret";

fn receive(preset: Preset, body: impl Into<Vec<u8>>) -> Result<Received, Refusal> {
    Post::to(HOOK, body).with("x-webhook-secret", TEXT).received(&generic(Scheme::StaticSecret, Some(preset), TEXT))
}

fn events(preset: Preset, body: &Value) -> Vec<CallEvent> {
    receive(preset, body.to_string()).expect("accepted").events
}

fn yeastar(kind: u32, message: Value) -> Vec<CallEvent> {
    let as_text = events(Preset::Yeastar, &json!({"type": kind, "sn": "1", "msg": message.to_string()}));
    let as_object = events(Preset::Yeastar, &json!({"type": kind, "sn": "1", "msg": message}));
    assert_eq!(as_text, as_object);
    as_text
}

#[test]
fn yeastar_tells_each_member_of_a_call() {
    let member = |status: &str| {
        let trunk = json!({"inbound": {"from": "+15550001111", "to": "5503301", "trunk_name": "t", "channel_id": "c", "member_status": "ALERT"}});
        json!({"call_id": "1.1", "members": [{"extension": {"number": "1001", "channel_id": "c", "member_status": status, "call_path": ""}}, trunk]})
    };
    for (status, expected) in [
        ("RING", Ringing),
        ("ALERT", Ringing),
        ("ANSWER", Answered),
        ("ANSWERED", Answered),
        ("HOLD", Answered),
        ("BYE", Ended),
    ] {
        let events = yeastar(30011, member(status));
        assert_eq!(said(&events), [("1001".into(), expected), ("-".into(), Ringing)], "{status}");
        assert_eq!((events[0].from.as_str(), events[0].direction), ("+15550001111", Some(Direction::Inbound)));
    }
    let outbound = |line: &str, trunk: &str| json!({"call_id": "1.1", "members": [{"extension": {"number": "1001", "member_status": line}}, {"outbound": {"from": "1001", "to": "+15550001111", "member_status": trunk}}]});
    assert_eq!(
        said(&yeastar(30011, outbound("ANSWER", "RING")))[0],
        ("1001".into(), Ringing),
        "the client still rings"
    );
    let talk = yeastar(30011, outbound("ANSWER", "ANSWER"));
    assert_eq!(said(&talk), [("1001".into(), Answered), ("-".into(), Ringing)]);
    assert_eq!(
        (talk[0].from.as_str(), talk[0].to.as_str(), talk[0].direction),
        ("1001", "+15550001111", Some(Direction::Outbound))
    );
    let internal = json!({"call_id": "1.1", "members": [{"extension": {"number": "1001", "member_status": "ALERT"}}, {"extension": {"number": "1002", "member_status": "RING"}}]});
    assert_eq!(yeastar(30011, internal)[1].direction, Some(Direction::Internal));
    assert_eq!(yeastar(30008, json!({"extension": "1001", "state": "Busy"})), []);
}

#[test]
fn yeastar_tells_how_a_call_ended_in_the_pbx_s_own_time() {
    for (status, expected) in [
        ("ANSWERED", Completed),
        ("ANSWERD", Completed),
        ("NO ANSWER", Missed),
        ("BUSY", Busy),
        ("FAILED", Failed),
        ("VOICEMAIL", Voicemail),
    ] {
        let message = json!({"call_id": "1.1", "time_start": "2026-07-01 12:00:00", "call_from": "+15550001111", "call_to": "Anna<1001>",
            "call_duration": 50, "talk_duration": 42, "status": status, "type": "Inbound", "recording": "x.wav", "did_number": "5503301"});
        let event = &yeastar(30012, message)[0];
        assert_eq!(said(std::slice::from_ref(event)), [("1001".into(), expected)], "{status}");
        assert_eq!((event.started_at, event.ended_at), (at(0), Some(at(50))));
        assert_eq!(
            (event.from.as_str(), event.to.as_str(), event.direction),
            ("+15550001111", "5503301", Some(Direction::Inbound))
        );
        assert_eq!(event.talk_seconds, (expected == Completed).then_some(42));
        assert_eq!(event.recording, None, "a file on the PBX is no address");
    }
    let out = json!({"call_id": "1.1", "time_start": "2026-07-01 12:00:00", "call_from": "1001", "call_to": "+15550001111", "status": "ANSWERED", "type": "OUTBOUND", "talk_duration": "7"});
    let out = &yeastar(30012, out)[0];
    assert_eq!((out.extension.as_ref().map(|line| line.0.as_str()), out.talk_seconds), (Some("1001"), Some(7)));
}

fn aircall(event: &str, change: impl Fn(&mut Value)) -> Result<Received, Refusal> {
    let mut body = json!({"resource": "call", "event": event, "timestamp": NOON + 60, "token": TEXT, "data": {
        "id": 812, "direction": "inbound", "status": "done", "started_at": NOON, "answered_at": NOON + 9, "ended_at": NOON + 51,
        "duration": 51, "raw_digits": "+1 555-000-1111", "number": {"id": 1, "digits": "+1 202-555-0123"},
        "user": {"id": 5, "email": "Ann@Example.com", "name": "Ann"}, "recording": "https://assets.aircall.io/r.mp3", "voicemail": null}});
    change(&mut body);
    Post::to(HOOK, body.to_string()).received(&generic(Scheme::StaticSecret, Some(Preset::Aircall), TEXT))
}

#[test]
fn aircall_proves_itself_by_the_token_in_its_body_only() {
    assert!(aircall("call.ended", |_| ()).is_ok());
    for change in [json!("other"), json!(null), json!(5), json!([TEXT]), json!("")] {
        assert!(is_unsigned(&aircall("call.ended", |body| body["token"] = change.clone())), "{change}");
    }
    assert!(is_unsigned(&aircall("call.ended", |body| {
        body.as_object_mut().unwrap().remove("token");
    })));
    let nested = aircall("call.ended", |body| *body = json!({"data": {"token": TEXT}}));
    assert!(is_unsigned(&nested));
    let twice = format!(r#"{{"token":"x","token":"{TEXT}","event":"call.ended"}}"#);
    let twice = Post::to(HOOK, twice).received(&generic(Scheme::StaticSecret, Some(Preset::Aircall), TEXT));
    assert!(is_unsigned(&twice));
}

#[test]
fn aircall_s_events_are_understood() {
    let says = |event: &str, change: &dyn Fn(&mut Value)| said(&aircall(event, change).expect("accepted").events);
    let user = || "ann@example.com".to_owned();
    let whole = || "-".to_owned();
    let unanswered = |body: &mut Value| body["data"]["answered_at"] = Value::Null;
    assert_eq!(says("call.created", &|_| ()), [(whole(), Ringing)]);
    assert_eq!(says("call.ringing_on_agent", &|_| ()), [(user(), Ringing)]);
    assert_eq!(says("call.agent_declined", &|_| ()), [(user(), Missed)]);
    assert_eq!(says("call.answered", &|_| ()), [(user(), Answered)]);
    assert_eq!(says("call.hungup", &|_| ()), [(whole(), Ended)]);
    assert_eq!(says("call.ended", &|_| ()), [(user(), Completed)]);
    assert_eq!(says("call.ended", &unanswered), [(whole(), Missed)]);
    assert_eq!(says("call.voicemail_left", &unanswered), [(whole(), Voicemail)]);
    let reason = |reason: &'static str| {
        move |body: &mut Value| {
            body["data"]["answered_at"] = Value::Null;
            body["data"]["missed_call_reason"] = json!(reason);
        }
    };
    assert_eq!(says("call.ended", &reason("short_abandoned")), [(whole(), Cancelled)]);
    assert_eq!(says("call.ended", &reason("agents_did_not_answer")), [(whole(), Missed)]);
    for quiet in ["call.tagged", "call.archived", "user.opened", ""] {
        assert_eq!(says(quiet, &|_| ()), [], "{quiet}");
    }
    let event = aircall("call.ended", |_| ()).unwrap().events.remove(0);
    assert_eq!((event.call_id.0.as_str(), event.talk_seconds), ("812", Some(42)), "its duration includes the ringing");
    assert_eq!((event.started_at, event.answered_at, event.ended_at), (at(0), Some(at(9)), Some(at(51))));
    assert_eq!((event.from.as_str(), event.to.as_str()), ("+1 555-000-1111", "+1 202-555-0123"));
    assert_eq!(event.recording.as_deref(), Some("https://assets.aircall.io/r.mp3"));
    let withheld =
        aircall("call.ended", |body| body["data"]["raw_digits"] = json!("anonymous")).unwrap().events.remove(0);
    assert_eq!(withheld.from, "");
    let out = aircall("call.ended", |body| body["data"]["direction"] = json!("outbound")).unwrap().events.remove(0);
    assert_eq!((out.to.as_str(), out.direction), ("+1 555-000-1111", Some(Direction::Outbound)));
    let late = aircall("call.comm_assets_generated", |_| ()).unwrap();
    assert_eq!((late.events.len(), late.recordings[0].call_id.0.as_str()), (0, "812"));
}

fn quo(kind: &str, change: &Value) -> Value {
    let mut resource = json!({"id": "AC1", "direction": "incoming", "status": "completed", "createdAt": "2026-07-01T10:00:00.000Z",
        "answeredAt": "2026-07-01T10:00:09.000Z", "completedAt": "2026-07-01T10:00:51.000Z", "duration": 51, "answeredByUserId": "US1", "initiatedBy": null});
    resource.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({"id": "EV1", "apiVersion": "2026-03-30", "createdAt": "2026-07-01T10:01:00.000Z", "type": kind, "data": {"resource": resource,
        "context": {"phoneNumberId": "PN1", "userId": "US0", "participants": {"external": ["+15550001111"], "workspace": ["+12025550123"]}}, "links": {}}})
}

#[test]
fn quo_s_events_are_understood_in_every_wrapping() {
    let user = || "US1".to_owned();
    let whole = || "-".to_owned();
    let unanswered = |status: &str| json!({"status": status, "answeredAt": null, "answeredByUserId": null});
    for (kind, change, expected) in [
        ("call.ringing", json!({"answeredAt": null}), Some((whole(), Ringing))),
        ("call.ringing", json!({"direction": "outgoing", "initiatedBy": "US1"}), Some((user(), Ringing))),
        ("call.answered", json!({}), Some((user(), Answered))),
        ("call.completed", json!({}), Some((user(), Completed))),
        ("call.completed", unanswered("completed"), Some((whole(), Missed))),
        ("call.completed", unanswered("no-answer"), Some((whole(), Missed))),
        ("call.completed", unanswered("missed"), Some((whole(), Missed))),
        ("call.completed", unanswered("abandoned"), Some((whole(), Missed))),
        ("call.completed", unanswered("busy"), Some((whole(), Busy))),
        ("call.completed", unanswered("failed"), Some((whole(), Failed))),
        ("call.completed", unanswered("canceled"), Some((whole(), Cancelled))),
        ("call.completed", json!({"answeredAt": null, "hasVoicemail": true}), Some((whole(), Voicemail))),
        ("call.missed", unanswered("missed"), Some((whole(), Missed))),
        ("call.missed", json!({"hasVoicemail": true}), Some((whole(), Voicemail))),
        ("call.forwarded", json!({}), None),
        ("call.summary.completed", json!({}), None),
        ("message.received", json!({}), None),
    ] {
        let body = quo(kind, &change);
        let seen = events(Preset::Quo, &body);
        assert_eq!(said(&seen), Vec::from_iter(expected), "{kind} {change}");
        let top = json!({"id": "EV1", "type": kind, "createdAt": body["createdAt"], "resource": body["data"]["resource"], "context": body["data"]["context"]});
        assert_eq!(events(Preset::Quo, &top), seen, "the three parts at the top level");
        let mut legacy = body.clone();
        legacy["data"] = json!({"object": body["data"]["resource"], "context": body["data"]["context"]});
        assert_eq!(events(Preset::Quo, &legacy), seen, "the older wrapping");
        assert_eq!(events(Preset::Quo, &json!({"object": legacy})), seen, "the oldest wrapping");
    }
    let event = events(Preset::Quo, &quo("call.completed", &json!({}))).remove(0);
    assert_eq!((event.started_at, event.ended_at, event.talk_seconds), (at(0), Some(at(51)), Some(42)));
    assert_eq!((event.from.as_str(), event.to.as_str()), ("+15550001111", "+12025550123"));
    let numbered = events(Preset::Quo, &quo("call.completed", &json!({"from": "+1777", "to": "+1888"}))).remove(0);
    assert_eq!((numbered.from.as_str(), numbered.to.as_str()), ("+1777", "+1888"));
    let url = "https://storage.example/r.mp3";
    for change in [
        json!({"callId": "AC1", "id": "CR1", "recordings": [{"url": url}]}),
        json!({"recordingUrl": url}),
        json!({"media": [{"url": url}]}),
    ] {
        let late = receive(Preset::Quo, quo("call.recording.completed", &change).to_string()).expect("accepted");
        assert_eq!(
            (late.events.len(), late.recordings[0].call_id.0.as_str(), late.recordings[0].recording.as_str()),
            (0, "AC1", url)
        );
    }
}

fn cdr(direction: &str, variables: Value) -> Value {
    let mut all = json!({"uuid": if direction == "inbound" { "leg-a" } else { "leg-b" }, "direction": direction, "start_epoch": (NOON).to_string(),
        "answer_epoch": (NOON + 9).to_string(), "end_epoch": (NOON + 51).to_string(), "duration": "51", "billsec": "42", "hangup_cause": "NORMAL_CLEARING"});
    if direction == "outbound" {
        all["originator"] = json!("leg-a");
        all["dialed_user"] = json!("1001");
    }
    all.as_object_mut().unwrap().extend(variables.as_object().unwrap().clone());
    json!({"core-uuid": "c", "switchname": "s", "channel_data": {"state": "CS_REPORTING"}, "variables": all,
        "callflow": [{"caller_profile": {"caller_id_number": "%2B15550001111", "destination_number": "1001", "uuid": "x"}, "times": {}}]})
}

#[test]
fn freeswitch_s_dialled_leg_tells_of_the_talk() {
    let leg = |direction: &str, variables: Value| events(Preset::FreeSwitch, &cdr(direction, variables)).remove(0);
    let talk = leg("outbound", json!({}));
    assert_eq!((talk.call_id.0.as_str(), talk.extension.as_ref().map(|line| line.0.as_str())), ("leg-a", Some("1001")));
    assert_eq!((talk.status, talk.talk_seconds, talk.from.as_str()), (Completed, Some(42), "+15550001111"));
    assert_eq!((talk.started_at, talk.answered_at, talk.ended_at), (at(0), Some(at(9)), Some(at(51))));
    let own = leg("inbound", json!({}));
    assert_eq!((own.call_id.0.as_str(), own.extension, own.status, own.talk_seconds), ("leg-a", None, Ended, None));
    for (cause, dialled, caller) in [
        ("NO_ANSWER", Missed, Missed),
        ("RECOVERY_ON_TIMER_EXPIRE", Missed, Missed),
        ("NO_USER_RESPONSE", Missed, Missed),
        ("USER_BUSY", Busy, Busy),
        ("ORIGINATOR_CANCEL", Cancelled, Cancelled),
        ("CALL_REJECTED", Cancelled, Cancelled),
        ("LOSE_RACE", Cancelled, Cancelled),
        ("UNALLOCATED_NUMBER", Failed, Failed),
        ("NO_ROUTE_DESTINATION", Failed, Failed),
        ("NORMAL_CLEARING", Missed, Ended),
    ] {
        let no_talk = json!({"hangup_cause": cause, "billsec": "0", "answer_epoch": "0"});
        assert_eq!(leg("outbound", no_talk.clone()).status, dialled, "{cause}");
        assert_eq!(leg("inbound", no_talk).status, caller, "{cause}");
    }
    let mut out = cdr("outbound", json!({"dialed_user": ""}));
    out["callflow"][0]["caller_profile"] = json!({"caller_id_number": "1001", "destination_number": "+15550001111"});
    let out = events(Preset::FreeSwitch, &out).remove(0);
    assert_eq!((out.extension.map(|line| line.0).as_deref(), out.status), (Some("1001"), Completed));
}

#[test]
fn freeswitch_s_body_is_known_by_its_looks() {
    let json = cdr("outbound", json!({})).to_string();
    let expected = receive(Preset::FreeSwitch, json.clone()).expect("accepted").events;
    let base64 = sign::base64(json.as_bytes());
    for body in [
        format!("\n{json} "),
        sign::form(&[("cdr", &json)]),
        format!("cdr={base64}"),
        sign::form(&[("cdr", &base64)]),
        sign::form(&[("", &json)])[1..].to_owned(),
    ] {
        assert_eq!(receive(Preset::FreeSwitch, body.clone()).expect("accepted").events, expected, "{body}");
    }
    for body in ["", "cdr=", "cdr=!!!", "cdr=AAAA", "nonsense", "{", "{}"] {
        assert!(matches!(receive(Preset::FreeSwitch, body), Err(Refusal::Malformed(_))), "{body}");
    }
}
