//! The journal, event by event.

use super::ask::{Outcome, Question};
use super::form::UserOption;
use super::journal_events::{JournalEvent, Part};
use super::texts::tests::{PlainLocale, english};
use super::{DayStarts, Effect, End, Event, Field, JournalField, Office, Range, Timer};
use crate::ids::{CallId, UserId};
use crate::time::Moment;
use serde_json::json;

fn call(id: &str) -> serde_json::Value {
    json!({"id": id, "callId": id, "fromNumber": "+49305550100", "toNumber": "+49305550199", "duration": 30,
        "recordLink": null, "startedAt": 100, "callResult": null, "callType": "incoming", "status": "completed",
        "responsibleUser": 2, "entity": {"type": "leads", "id": 7, "name": "<b>Solar</b>"}, "rating": null,
        "deliveryStatus": "parked", "deliveryReason": "Kommo refused."})
}

fn answer(office: &mut Office, part: Part, body: &serde_json::Value) -> Vec<Effect> {
    let outcome = Outcome::Answered { status: 200, body: body.to_string(), etag: None };
    office.update(Event::Answered { question: Question::Journal(1, part), outcome }, Moment(0))
}

/// Days that begin at the very beginning, so that they stay out of the way.
const STARTS: DayStarts = [0, 0, 0];

fn open(office: &mut Office, users: Vec<UserOption>, window: bool) -> Vec<Effect> {
    office.update(Event::JournalOpened { users, starts: STARTS, window }, Moment(0))
}

/// What is asked, by its path.
fn paths(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask { request, .. } => Some(request.path.as_str()),
            _ => None,
        })
        .collect()
}

fn figures(everybody: bool, calls: u32) -> serde_json::Value {
    json!({"timeZone": "UTC", "everybody": everybody, "calls": calls, "answered": 0, "unanswered": calls, "talk": 0,
        "averageTalk": 0, "hours": [0], "days": [], "ratings": []})
}

fn text(office: &Office, name: &str) -> String {
    let view = office.journal_view(&english(), &PlainLocale);
    view.and_then(|view| view.find(name).map(|element| element.all_text())).unwrap_or_default()
}

#[test]
fn calls_and_traces_are_shown_with_their_reasons() {
    let mut office = Office::default();
    let users = vec![UserOption { id: UserId(2), name: "Max".into() }];
    open(&mut office, users, false);
    answer(&mut office, Part::Calls(1), &json!({"calls": [call("a")], "nextCursor": "n&1"}));
    let row = text(&office, "call-row");
    assert!(row.contains("<b>Solar</b>") && row.contains("Max") && row.contains("Kommo refused."), "{row}");

    let more = office.update(Event::Journal(JournalEvent::More), Moment(0));
    assert!(matches!(&more[..], [Effect::Ask { request, .. }] if request.path == "calls?from=0&cursor=n%261"));
    answer(&mut office, Part::MoreCalls(1), &json!({"calls": [call("a"), call("b")], "nextCursor": null}));
    assert!(text(&office, "load-more").is_empty());

    office.update(Event::Journal(JournalEvent::Open(CallId("a".into()))), Moment(0));
    let steps = json!([{"atMs": 1, "kind": "rule", "text": "One active lead."}]);
    answer(
        &mut office,
        Part::Trace(CallId("a".into())),
        &json!({"call": call("a"), "steps": steps, "kommoRequests": 4}),
    );
    assert!(text(&office, "trace").contains("One active lead."));
}

#[test]
fn a_replay_marks_in_words_what_today_would_differ() {
    let mut office = Office::default();
    open(&mut office, vec![], false);
    answer(&mut office, Part::Calls(1), &json!({"calls": [call("a")], "nextCursor": null}));
    let replay = Event::Journal(JournalEvent::Replay(CallId("a".into())));
    let asked = office.update(replay.clone(), Moment(0));
    assert!(matches!(&asked[..], [Effect::Ask { request, .. }] if request.path == "calls/a/replay"));
    let part = || Part::Replay(CallId("a".into()));
    let would = json!([{"what": "Write the note on lead 7", "why": "one active lead"},
        {"what": "Create a task", "why": "missed"}]);
    let was = json!(["Write the note on lead 7", "Create a lead"]);
    answer(&mut office, part(), &json!({"was": was, "would": would, "differs": true}));
    assert_eq!(text(&office, "replay-was"), "Write the note on lead 7Create a leadOnly then");
    let would_text = text(&office, "replay-would");
    assert_eq!(would_text, "Write the note on lead 7one active leadCreate a taskOnly todaymissed");
    assert!(text(&office, "replay-verdict").contains("something else"));
    office.update(replay.clone(), Moment(0));
    assert!(text(&office, "replay").is_empty(), "a second click hides it");
    office.update(replay, Moment(0));
    answer(&mut office, part(), &json!({"was": ["x"], "would": [], "differs": false}));
    assert!(text(&office, "replay-verdict").contains("the same"));
    assert_eq!(text(&office, "replay-was"), "x", "without a difference nothing is marked");
}

#[test]
fn a_saved_summary_shows_in_its_row() {
    let mut office = Office::default();
    open(&mut office, vec![], false);
    answer(&mut office, Part::Calls(1), &json!({"calls": [call("a")], "nextCursor": null}));
    let mut saved = call("a");
    saved["rating"] = json!(4);
    saved["result"] = json!({"callStatus": 2, "text": "Ask <Nora>"});
    office.update(Event::CallChanged(saved.to_string()), Moment(0));
    let row = text(&office, "call-row");
    for part in ["Call back later", "Ask <Nora>", "Rated 4 of 5"] {
        assert!(row.contains(part), "{part} in {row}");
    }
}

#[test]
fn a_failure_is_said_and_keeps_what_is_shown() {
    let mut office = Office::default();
    open(&mut office, vec![], false);
    answer(&mut office, Part::Calls(1), &json!({"calls": [call("a")], "nextCursor": null}));
    let question = Question::Journal(1, Part::Calls(1));
    office.update(Event::Answered { question, outcome: Outcome::Unreachable }, Moment(0));
    assert!(!text(&office, "journal-error").is_empty());
    assert!(!text(&office, "call-row").is_empty());
}

fn typed(office: &mut Office, field: JournalField, text: &str) -> Vec<Effect> {
    office.update(Event::Typed(Field::Journal(field), text.to_owned()), Moment(0))
}

#[test]
fn filters_stay_while_one_reads_on_and_late_answers_to_former_ones_are_dropped() {
    let mut office = Office::default();
    assert_eq!(paths(&open(&mut office, vec![], false)), ["calls?from=0", "calls/figures?from=0", "diagnostics"]);
    let asked = typed(&mut office, JournalField::Outcome, "missed");
    assert_eq!(paths(&asked), ["calls?from=0&outcome=missed", "calls/figures?from=0&outcome=missed"]);
    answer(&mut office, Part::Calls(1), &json!({"calls": [call("late")], "nextCursor": null}));
    assert!(text(&office, "call-row").is_empty(), "an answer to the filters before");
    answer(&mut office, Part::Calls(2), &json!({"calls": [call("a")], "nextCursor": "5.1"}));
    // What is being typed is not yet part of what is shown.
    let waits = typed(&mut office, JournalField::Number, "0100");
    assert!(matches!(&waits[..], [Effect::StartTimer { timer: Timer::Filter, .. }]), "{waits:?}");
    let more = office.update(Event::Journal(JournalEvent::More), Moment(0));
    assert_eq!(paths(&more), ["calls?from=0&outcome=missed&cursor=5.1"]);
    let due = office.update(Event::TimerFired(Timer::Filter), Moment(0));
    assert_eq!(paths(&due)[0], "calls?from=0&outcome=missed&number=0100");
    answer(&mut office, Part::MoreCalls(2), &json!({"calls": [call("b")], "nextCursor": null}));
    answer(&mut office, Part::Calls(3), &json!({"calls": [], "nextCursor": null}));
    assert_eq!(text(&office, "no-calls"), "No call fits these filters.");
    let all = office.update(Event::Journal(JournalEvent::Clear), Moment(0));
    assert_eq!(paths(&all), ["calls", "calls/figures"]);
    answer(&mut office, Part::Calls(4), &json!({"calls": [], "nextCursor": null}));
    assert_eq!(text(&office, "no-calls"), "No calls yet.");
}

#[test]
fn what_cannot_be_meant_is_said_and_not_asked() {
    let mut office = Office::default();
    open(&mut office, vec![], false);
    typed(&mut office, JournalField::Number, "Nora");
    assert_eq!(office.update(Event::TimerFired(Timer::Filter), Moment(0)), vec![]);
    assert!(text(&office, "filter-wrong").contains("number"));
    typed(&mut office, JournalField::Number, "");
    office.update(Event::Journal(JournalEvent::Range(Range::Own)), Moment(0));
    for (end, at) in [(End::From, Some(500)), (End::To, Some(400))] {
        office.update(Event::Journal(JournalEvent::Day(end, "2026-11-27".into(), at)), Moment(0));
    }
    assert_eq!(office.update(Event::TimerFired(Timer::Filter), Moment(0)), vec![]);
    assert!(text(&office, "filter-wrong").contains("before the first"));
    office.update(Event::Journal(JournalEvent::Day(End::From, String::new(), None)), Moment(0));
    let asked = office.update(Event::TimerFired(Timer::Filter), Moment(0));
    assert_eq!(paths(&asked)[0], "calls?to=400");
}

#[test]
fn the_calls_are_taken_away_as_a_file_once_at_a_time() {
    let mut office = Office::default();
    open(&mut office, vec![], false);
    answer(&mut office, Part::Calls(1), &json!({"calls": [call("a")], "nextCursor": null}));
    answer(&mut office, Part::Figures(1), &figures(true, 10_001));
    assert!(text(&office, "export-limit").contains("10000"));
    let export = || Event::Journal(JournalEvent::Export { name: "calls.csv".into(), language: "pt".into() });
    assert_eq!(paths(&office.update(export(), Moment(0))), ["calls/export?from=0&lang=pt"]);
    assert_eq!(office.update(export(), Moment(0)), vec![]);
    let part = Part::Export("calls.csv".into());
    let outcome = Outcome::Answered { status: 200, body: "\"a\"\r\n".into(), etag: None };
    let answered = Event::Answered { question: Question::Journal(1, part.clone()), outcome };
    let saved = office.update(answered, Moment(0));
    // The browser takes the byte order mark off; a spreadsheet needs it.
    let file = Effect::SaveFile { name: "calls.csv".into(), text: "\u{feff}\"a\"\r\n".into() };
    assert_eq!(saved, vec![file]);
    office.update(export(), Moment(0));
    let question = Question::Journal(1, part);
    office.update(Event::Answered { question, outcome: Outcome::Unreachable }, Moment(0));
    assert!(!text(&office, "journal-error").is_empty());
    assert!(!office.update(export(), Moment(0)).is_empty(), "it may be tried again");
}

#[test]
fn managers_find_their_own_calls_in_a_window_without_what_is_for_administrators() {
    let mut office = Office::default();
    let users = vec![UserOption { id: UserId(2), name: "Max".into() }];
    assert_eq!(paths(&open(&mut office, users, true)), ["calls?from=0", "calls/figures?from=0"]);
    let mut recorded = call("a");
    recorded["recordLink"] = json!("https://rec.example/a.mp3");
    answer(&mut office, Part::Calls(1), &json!({"calls": [recorded], "nextCursor": null}));
    let is_there = |office: &Office, name: &str| {
        office.journal_view(&english(), &PlainLocale).is_some_and(|view| view.find(name).is_some())
    };
    for everybody in [false, true] {
        answer(&mut office, Part::Figures(1), &figures(everybody, 1));
        for name in ["filter-user", "open-trace", "open-replay"] {
            assert_eq!(is_there(&office, name), everybody, "{name}");
        }
        for name in ["health", "catch-up", "actions"] {
            assert!(!is_there(&office, name), "{name}");
        }
        for name in ["journal-window", "journal-close", "player", "filter-number", "open-summary", "figures"] {
            assert!(is_there(&office, name), "{name}");
        }
    }
    office.update(Event::Journal(JournalEvent::Close), Moment(0));
    assert!(office.journal_view(&english(), &PlainLocale).is_none());
}
