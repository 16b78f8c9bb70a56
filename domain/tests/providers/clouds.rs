//! The same calls through every cloud are the same calls, in whatever order their events arrive.

use super::post::*;
use super::sign;
use kommo_voip_domain::call::{Call, Outcome, Phase};
use kommo_voip_domain::ids::CallId;
use kommo_voip_domain::telephony::{CallEvent, Direction, Provider};
use serde_json::json;

/// A leg of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leg {
    /// The cloud's own.
    Cloud,
    Line(&'static str),
    /// Line 101 in a click-to-call.
    Manager,
    Client,
}

/// What happens to a leg.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Rings,
    Answers,
    Ends,
    NotAnswered,
    Busy,
    Cancelled,
}

/// What happens, in order.
type Story = Vec<(Leg, Step)>;

use Leg::{Client, Cloud, Line, Manager};
use Step::{Answers, Busy, Cancelled, Ends, NotAnswered, Rings};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const CLOUDS: [Provider; 4] = [Provider::Twilio, Provider::Plivo, Provider::Vonage, Provider::Telnyx];

fn marks(leg: Leg) -> String {
    match leg {
        Cloud => String::new(),
        Line(line) => format!("?line={line}"),
        Manager => "?line=101&dial=d1&to=%2B15550009999".to_owned(),
        Client => "?line=101&dial=d1&to=%2B15550009999&leg=client".to_owned(),
    }
}

/// One event ten seconds after the one before it; a talk lasts from the answer to the end.
fn told(provider: Provider, leg: Leg, step: Step, index: i64, talk: i64) -> Vec<CallEvent> {
    let url = format!("{HOOK}{}", marks(leg));
    let is_own = matches!(leg, Cloud | Manager);
    let seconds = format!("{:02}", index * 10 % 60);
    let iso = format!("2026-07-01T10:{:02}:{seconds}Z", index * 10 / 60);
    let talk = talk.to_string();
    let post = match provider {
        Provider::Twilio => {
            let status = word(step, ["ringing", "in-progress", "completed", "no-answer", "busy", "canceled"]);
            let time = format!("Wed, 01 Jul 2026 10:{:02}:{seconds} +0000", index * 10 / 60);
            let mut pairs = vec![
                ("CallSid", "CA0"),
                ("CallStatus", status),
                ("From", "+15550001111"),
                ("To", "+12025550123"),
                ("Timestamp", &time),
            ];
            if !is_own {
                pairs.extend([("ParentCallSid", "CA0"), ("Direction", "outbound-dial")]);
            } else if leg == Cloud {
                pairs.push(("Direction", "inbound"));
            }
            pairs.extend((step == Ends).then_some(("CallDuration", talk.as_str())));
            sign::twilio(KEY, Post::to(&url, sign::form(&pairs)))
        }
        Provider::Plivo if is_own => {
            let status = word(step, ["ringing", "in-progress", "completed", "no-answer", "busy", "cancel"]);
            let direction = if leg == Cloud { "inbound" } else { "outbound" };
            let pairs = [
                ("CallUUID", "CA0"),
                ("CallStatus", status),
                ("From", "15550001111"),
                ("To", "12025550123"),
                ("Direction", direction),
            ];
            sign::plivo(KEY, Post::to(&url, sign::form(&pairs)))
        }
        Provider::Plivo => {
            let cause = word(step, ["", "", "NORMAL_CLEARING", "NO_ANSWER", "USER_BUSY", "ORIGINATOR_CANCEL"]);
            let action = match step {
                // Plivo does not tell that a dialled leg rings.
                Rings => return vec![],
                Answers => "answer",
                _ => "hangup",
            };
            let mut pairs = vec![
                ("DialALegUUID", "CA0"),
                ("DialAction", action),
                ("From", "15550001111"),
                ("To", "12025550123"),
                ("DialBLegHangupCause", cause),
            ];
            pairs.extend((step == Ends).then_some(("DialBLegDuration", talk.as_str())));
            sign::plivo(KEY, Post::to(&url, sign::form(&pairs)))
        }
        Provider::Vonage => {
            let status = word(step, ["ringing", "answered", "completed", "unanswered", "busy", "cancelled"]);
            let direction = if leg == Cloud { "inbound" } else { "outbound" };
            let mut body = json!({"conversation_uuid": "CA0", "uuid": "x", "status": status, "direction": direction,
                "from": "15550001111", "to": "12025550123", "timestamp": iso});
            if step == Ends {
                body["duration"] = json!(talk);
            }
            sign::vonage(KEY, Post::to(&url, body.to_string()))
        }
        _ => {
            let cause = word(step, ["", "", "normal_clearing", "timeout", "user_busy", "originator_cancel"]);
            let kind = match step {
                Rings => "call.initiated",
                Answers => "call.answered",
                _ => "call.hangup",
            };
            let state = match leg {
                Cloud => json!({}),
                Line(line) => json!({"line": line}),
                Manager => json!({"line": "101", "dial": "d1", "to": "+15550009999"}),
                Client => json!({"line": "101", "dial": "d1", "to": "+15550009999", "leg": "client"}),
            };
            let direction = if leg == Cloud { "incoming" } else { "outgoing" };
            let body = json!({"data": {"event_type": kind, "id": format!("{leg:?}{index}"), "occurred_at": iso, "payload": {
                "call_session_id": "CA0", "call_control_id": "v3:x", "direction": direction, "from": "+15550001111",
                "to": "+12025550123", "hangup_cause": cause, "client_state": sign::base64(state.to_string().as_bytes())}}});
            sign::telnyx(Post::to(HOOK, body.to_string()))
        }
    };
    let key = if provider == Provider::Telnyx { TELNYX_PUBLIC } else { KEY };
    post.events(&credentials(provider, key))
}

fn word(step: Step, words: [&'static str; 6]) -> &'static str {
    words[step as usize]
}

fn call(events: &[CallEvent]) -> Call {
    let mut call = Call::begin(CallId("c".into()), "p", &events[0], at(60));
    for event in &events[1..] {
        call.merge(event, at(60));
    }
    call
}

#[test]
fn a_story_is_one_call_whoever_tells_it() {
    let stories: [(&str, Story, Outcome, Option<&str>, i64); 8] = [
        (
            "answered",
            vec![
                (Cloud, Rings),
                (Cloud, Answers),
                (Line("101"), Rings),
                (Line("101"), Answers),
                (Line("101"), Ends),
                (Cloud, Ends),
            ],
            Outcome::Completed,
            Some("101"),
            10,
        ),
        (
            "nobody is there, though the cloud answered",
            vec![(Cloud, Rings), (Cloud, Answers), (Line("101"), Rings), (Line("101"), NotAnswered), (Cloud, Ends)],
            Outcome::Missed,
            Some("101"),
            0,
        ),
        (
            "ring group",
            vec![
                (Cloud, Rings),
                (Line("101"), Rings),
                (Line("102"), Rings),
                (Line("102"), Answers),
                (Line("101"), Cancelled),
                (Line("102"), Ends),
                (Cloud, Ends),
            ],
            Outcome::Completed,
            Some("102"),
            20,
        ),
        (
            "busy, then the second choice",
            vec![
                (Cloud, Rings),
                (Line("101"), Rings),
                (Line("101"), Busy),
                (Line("102"), Rings),
                (Line("102"), Answers),
                (Line("102"), Ends),
                (Cloud, Ends),
            ],
            Outcome::Completed,
            Some("102"),
            10,
        ),
        (
            "the caller hangs up",
            vec![(Cloud, Rings), (Line("101"), Cancelled), (Cloud, Cancelled)],
            Outcome::Cancelled,
            Some("101"),
            0,
        ),
        (
            "click-to-call",
            vec![
                (Manager, Rings),
                (Manager, Answers),
                (Client, Rings),
                (Client, Answers),
                (Client, Ends),
                (Manager, Ends),
            ],
            Outcome::Completed,
            Some("101"),
            10,
        ),
        (
            "the client is busy",
            vec![(Manager, Rings), (Manager, Answers), (Client, Rings), (Client, Busy), (Manager, Ends)],
            Outcome::Busy,
            Some("101"),
            0,
        ),
        (
            "the manager does not pick up",
            vec![(Manager, Rings), (Manager, NotAnswered)],
            Outcome::Failed,
            Some("101"),
            0,
        ),
    ];
    for (name, story, outcome, line, talk) in stories {
        for provider in CLOUDS {
            let tell = |(index, (leg, step)): (usize, &(Leg, Step))| told(provider, *leg, *step, index as i64, talk);
            let events: Vec<_> = story.iter().enumerate().flat_map(tell).collect();
            for turn in 0..events.len() {
                let mut order = events.clone();
                order.rotate_left(turn);
                for order in [order.clone(), order.into_iter().rev().collect()] {
                    let call = call(&order);
                    let told = format!("{name} by {provider:?}: {:?}", said(&order));
                    assert_eq!(call.outcome(), outcome, "{told}");
                    assert!(matches!(call.phase(at(120)), Phase::Over { timed_out: false, .. }), "{told}");
                    let first = call.lines_by_credit().first().map(|(line, _)| line.0.clone());
                    assert_eq!(first.as_deref(), line, "{told}");
                    assert_eq!(call.talk_seconds(), talk, "{told}");
                    let is_ours = story.iter().any(|(leg, _)| *leg == Manager);
                    let direction = if is_ours { Direction::Outbound } else { Direction::Inbound };
                    assert_eq!(call.stated_direction, Some(direction), "{told}");
                    assert_eq!(call.call_id.0, "CA0");
                }
            }
        }
    }
}
