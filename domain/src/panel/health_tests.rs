//! Health as an administrator reads it, in the settings window and on the page.

use super::super::Text;
use super::super::health_facts::Level;
use super::super::texts::tests::{PlainLocale, english};
use super::super::wire_health::tests::diagnostics;
use super::super::{Event, Field, Office};
use super::*;
use serde_json::{Value, json};

const NOW: Moment = Moment(10_000_000_000);

/// Everything as it should be.
fn well() -> DiagnosticsResponse {
    DiagnosticsResponse {
        trouble: None,
        token_expires_at: Some(NOW.seconds() + 3600),
        last_event_at: Some(NOW.seconds() - 60),
        refused: None,
        paused_until: None,
        actions: vec![],
        problems: vec![],
        failures: vec![],
        catch_up: None,
        ..diagnostics()
    }
}

fn level(found: &DiagnosticsResponse, name: &str) -> Option<(Level, bool)> {
    let fact = facts(found, NOW).into_iter().find(|fact| fact.name == name)?;
    Some((fact.level, fact.step.is_some()))
}

fn answer(office: &mut Office, part: Part, body: &Value) -> Vec<Effect> {
    let outcome = Outcome::Answered { status: 200, body: body.to_string(), etag: None };
    office.update(Event::Answered { question: Question::Health(1, part), outcome }, NOW)
}

fn text(office: &Office, name: &str) -> String {
    let view = office.journal_view(&english(), &PlainLocale);
    view.and_then(|view| view.find(name).map(|element| element.all_text())).unwrap_or_default()
}

fn opened() -> Office {
    let mut office = Office::default();
    let users = vec![UserOption { id: crate::ids::UserId(1), name: "Ada".into() }];
    let effects = office.update(Event::JournalOpened { users, starts: [0; 3], window: false }, NOW);
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Ask { request, .. } if request.path == "diagnostics"))
    );
    office
}

#[test]
fn a_healthy_account_has_nothing_to_do_and_every_problem_a_next_step() {
    assert!(facts(&well(), NOW).iter().all(|fact| fact.level == Level::Good && fact.step.is_none()));
    let good = well;
    for (name, expected, found) in [
        ("kommo", Level::Problem, DiagnosticsResponse { connected: false, ..good() }),
        ("token", Level::Problem, DiagnosticsResponse { token_expires_at: None, ..good() }),
        ("token", Level::Attention, DiagnosticsResponse { token_expires_at: Some(NOW.seconds()), ..good() }),
        ("switch", Level::Problem, DiagnosticsResponse { active: false, ..good() }),
        ("provider", Level::Problem, DiagnosticsResponse { provider: None, ..good() }),
        ("provider", Level::Problem, DiagnosticsResponse { refused: diagnostics().refused, ..good() }),
        ("provider", Level::Attention, DiagnosticsResponse { last_event_at: None, ..good() }),
        ("provider", Level::Attention, DiagnosticsResponse { last_event_at: Some(1), ..good() }),
        ("sockets", Level::Attention, DiagnosticsResponse { open_sockets: 0, ..good() }),
        ("parked", Level::Problem, DiagnosticsResponse { actions: diagnostics().actions, ..good() }),
        ("requests", Level::Problem, DiagnosticsResponse { paused_until: Some(5), ..good() }),
        ("requests", Level::Attention, DiagnosticsResponse { requests_allowed: 5, ..good() }),
    ] {
        assert_eq!(level(&found, name), Some((expected, true)), "{name}");
        let others = facts(&found, NOW).into_iter().filter(|fact| fact.name != name);
        assert!(others.clone().all(|fact| fact.level == Level::Good), "{name}: {:?}", others.collect::<Vec<_>>());
    }
    assert_eq!(level(&DiagnosticsResponse { active: false, provider: None, ..good() }, "switch"), None);
}

#[test]
fn what_is_wrong_is_said_in_words_with_its_step() {
    let mut office = opened();
    answer(&mut office, Part::Diagnostics, &serde_json::to_value(well()).expect("JSON"));
    assert_eq!(text(&office, "health-verdict"), english().get(Text::HealthAllGood));
    let ill = DiagnosticsResponse { connected: false, trouble: Some("Kommo took it back.".into()), ..diagnostics() };
    answer(&mut office, Part::Diagnostics, &serde_json::to_value(ill).expect("JSON"));
    let kommo = text(&office, "health-kommo");
    assert!(kommo.contains("Problem") && kommo.contains("Kommo took it back.") && kommo.contains("Connect"), "{kommo}");
    let provider = text(&office, "health-provider");
    assert!(provider.contains("no signature matches") && provider.contains("AB12-CD34"), "{provider}");
    assert!(text(&office, "failure").contains("AB12-CD34"), "who reads out a reference is found");
    assert!(text(&office, "failures").contains("Ada"));
    assert_eq!(text(&office, "health-other"), "Attentionp");
    let connect = office.update(Event::Health(HealthEvent::Connect), NOW);
    assert_eq!(connect, [Effect::OpenAuthorisation]);
}

#[test]
fn all_parked_actions_are_tried_again_by_one_button_and_looked_at_once() {
    let mut office = opened();
    let action = |id: i64, state: &str| {
        json!({"id": id, "call": "a", "what": "Write the note", "state": state, "reason": "403", "attempts": 3,
            "dueAt": null})
    };
    let mut found = serde_json::to_value(well()).expect("JSON");
    found["actions"] = json!([action(4, "parked"), action(5, "waiting"), action(6, "parked")]);
    answer(&mut office, Part::Diagnostics, &found);
    assert!(text(&office, "actions").contains("Write the note"));
    let asked = office.update(Event::Health(HealthEvent::RetryAll), NOW);
    let paths: Vec<&str> = asked
        .iter()
        .map(|effect| if let Effect::Ask { request, .. } = effect { request.path.as_str() } else { "" })
        .collect();
    assert_eq!(paths, ["outbox/4/retry", "outbox/6/retry"]);
    assert!(office.update(Event::Health(HealthEvent::Retry(4)), NOW).is_empty(), "they are under way");
    assert!(answer(&mut office, Part::Retry, &json!({"accepted": true})).is_empty());
    let again = answer(&mut office, Part::Retry, &json!({"accepted": true}));
    assert!(matches!(&again[..], [Effect::Ask { request, .. }] if request.path == "diagnostics"));
}

#[test]
fn past_calls_are_fetched_with_progress_and_the_calls_read_again_at_the_end() {
    let mut office = opened();
    let health = |catch_up: Value| {
        json!({"connected": true, "host": "h", "openSockets": 0, "requestsPerMinute": [], "problems": [],
            "actions": [], "catchUp": catch_up})
    };
    answer(&mut office, Part::Diagnostics, &health(json!(null)));
    let asked = office.update(Event::Health(HealthEvent::CatchUp(3600)), Moment(10_000_000));
    let [Effect::Ask { request, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((request.method, request.path.as_str()), ("POST", "catch-up"));
    assert_eq!(request.body.as_deref(), Some(r#"{"from":6400}"#));
    let view = |running, problem: Option<&str>| json!({"from": 6400, "until": 10_000, "running": running, "found": 12, "added": 3, "problem": problem});
    let looks = answer(&mut office, Part::CatchUp, &view(true, None));
    assert!(matches!(&looks[..], [Effect::StartTimer { timer: Timer::CatchUp, .. }]));
    assert!(text(&office, "catch-up-progress").contains("12"));
    let again = office.update(Event::TimerFired(Timer::CatchUp), NOW);
    assert!(matches!(&again[..], [Effect::Ask { request, .. }] if request.path == "diagnostics"));
    assert_eq!(answer(&mut office, Part::Diagnostics, &health(view(true, None))).len(), 1);
    let ended = answer(&mut office, Part::Diagnostics, &health(view(false, Some("Zadarma says no."))));
    assert!(
        ended
            .iter()
            .any(|effect| matches!(effect, Effect::Ask { request, .. } if request.path.starts_with("calls?from=")))
    );
    let said = text(&office, "catch-up");
    assert!(said.contains('3') && said.contains("Zadarma says no."), "{said}");
    assert!(answer(&mut office, Part::Diagnostics, &health(view(false, None))).is_empty());
}

#[test]
fn a_self_test_tells_each_hop_and_what_both_ends_would_lead_to() {
    let mut office = opened();
    answer(&mut office, Part::Diagnostics, &serde_json::to_value(well()).expect("JSON"));
    office.update(Event::Typed(Field::TestNumber, " +49 30 5550100 ".into()), NOW);
    let asked = office.update(Event::Health(HealthEvent::Test), NOW);
    let [Effect::Ask { request, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((request.path.as_str(), request.body.as_deref()), ("self-test", Some(r#"{"from":"+49 30 5550100"}"#)));
    assert!(office.update(Event::Health(HealthEvent::Test), NOW).is_empty(), "one at a time");
    let body = json!({"ok": false, "provider": "telnyx", "number": "+49 30 5550100", "hops": [
        {"hop": "address", "ms": 1, "state": "passed"}, {"hop": "signature", "ms": 2, "state": "skipped"},
        {"hop": "card", "ms": 30, "state": "failed", "text": "Reload the page."}],
        "talked": [{"what": "Write the note", "why": "a talk"}], "missed": [{"what": "Create a task", "why": "a miss"}]});
    let outcome = Outcome::Answered { status: 200, body: body.to_string(), etag: None };
    let later = Moment(NOW.0 + 100);
    office.update(Event::Answered { question: Question::Health(1, Part::Test), outcome }, later);
    let said = text(&office, "self-test-result");
    let texts = english();
    for part in ["67 ms", "1 ms", "30 ms", "Reload the page.", texts.get(Text::TestNoKey)] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(text(&office, "self-test-talked").contains("Write the note"));
    assert!(text(&office, "self-test-missed").contains("a miss"));
    assert!(text(&office, "self-test-verdict").contains("100 ms"));
}

#[test]
fn a_refused_look_is_said_with_its_reference_and_keeps_what_was_seen() {
    let mut office = opened();
    answer(&mut office, Part::Diagnostics, &serde_json::to_value(well()).expect("JSON"));
    let body =
        json!({"type": "unavailable", "title": "t", "status": 503, "detail": "Try again.", "reference": "AB12-CD34"});
    let outcome = Outcome::Answered { status: 503, body: body.to_string(), etag: None };
    office.update(Event::Answered { question: Question::Health(1, Part::Diagnostics), outcome }, NOW);
    assert!(text(&office, "failure").contains("Try again.") && text(&office, "reference") == "AB12-CD34");
    assert!(!text(&office, "health-kommo").is_empty());
}
