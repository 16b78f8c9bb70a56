use super::texts::tests::{PlainLocale, english};
use super::*;
use crate::ids::{Entity, LeadId};
use crate::protocol::NumberView;
use serde_json::{Value, json};

/// A tab whose dialer is open.
struct Tab {
    panel: Panel,
}

impl Tab {
    fn open() -> Self {
        let mut tab = Self {
            panel: Panel { rules: wire::Rules { region: region("US"), ..Default::default() }, ..Default::default() },
        };
        tab.act(DialerEvent::Toggled);
        tab
    }

    fn update(&mut self, event: Event) -> Vec<Effect> {
        self.panel.update(event, Moment(0))
    }

    fn act(&mut self, event: DialerEvent) -> Vec<Effect> {
        self.update(Event::Dialer(event))
    }

    fn typed(&mut self, text: &str) -> Vec<Effect> {
        self.update(Event::Typed(Field::Number, text.into()))
    }

    fn answered(&mut self, question: Question, status: u16, body: Value) -> Vec<Effect> {
        let outcome = Outcome::Answered { status, body: body.to_string(), etag: None };
        self.update(Event::Answered { question, outcome })
    }

    fn view(&self) -> Element {
        self.panel.card_view(&english(), &PlainLocale, Moment(0))
    }

    fn text(&self, name: &str) -> String {
        self.view().find(name).map(Element::all_text).unwrap_or_default()
    }

    fn can_call(&self) -> bool {
        self.view().find("dial-call").is_some_and(|button| button.attribute("disabled").is_none())
    }

    fn is_open(&self) -> bool {
        self.view().find("dialer").is_some()
    }
}

fn region(code: &str) -> wire::Region {
    wire::Region::read(&json!(code)).expect("always something")
}

fn question(effects: &[Effect]) -> (Question, ApiRequest) {
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Ask { question, request } => Some((question.clone(), request.clone())),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("nothing is asked: {effects:?}"))
}

fn version(effects: &[Effect]) -> u32 {
    match effects {
        [Effect::JudgeNumber { version, .. }] => *version,
        other => panic!("not judged: {other:?}"),
    }
}

#[test]
fn the_button_opens_it_with_the_focus_in_its_field_and_closes_it_again() {
    let mut tab = Tab { panel: Panel::default() };
    let effects = tab.act(DialerEvent::Toggled);
    assert!(effects.contains(&Effect::Focus(FocusOn::Dialer)));
    assert_eq!(question(&effects).1.path, "calls/recent");
    assert!(tab.is_open());
    assert!(tab.act(DialerEvent::Toggled).contains(&Effect::Focus(FocusOn::Closed)));
    assert!(!tab.is_open());
    for event in [DialerEvent::Closed, DialerEvent::Key('1'), DialerEvent::Called, DialerEvent::Refreshed] {
        assert!(tab.act(event).is_empty(), "nothing is left that could act");
    }
}

#[test]
fn keys_and_paste_fill_the_field_and_the_last_digit_can_go() {
    let mut tab = Tab::open();
    for key in ['+', '1', '4'] {
        tab.act(DialerEvent::Key(key));
    }
    assert_eq!(tab.view().find("dial-number").and_then(|field| field.value.clone()).as_deref(), Some("+14"));
    tab.act(DialerEvent::Erased);
    assert_eq!(tab.view().find("dial-number").and_then(|field| field.value.clone()).as_deref(), Some("+1"));
    let effects = tab.typed("tel:+1\n(415) 555-0101\t");
    let expected = "tel:+1(415) 555-0101";
    assert!(matches!(&effects[..], [Effect::JudgeNumber { text, region, .. }] if text == expected && region == "US"));
    tab.typed(&"5".repeat(10_000));
    assert_eq!(tab.view().find("dial-number").and_then(|field| field.value.clone()).map(|text| text.len()), Some(100));
    assert_eq!(tab.typed(""), [Effect::StopTimer(Timer::Number)], "nothing is asked about nothing");
    assert!(!tab.can_call());
}

#[test]
fn what_the_page_knows_is_not_asked_again_and_everything_else_is_after_a_pause() {
    let mut tab = Tab::open();
    let version = version(&tab.typed("4155550101"));
    let known = |valid| {
        Some(NumberView {
            formatted: "+1 415-555-0101".into(),
            e164: Some("+14155550101".into()),
            valid,
            internal: false,
        })
    };
    assert_eq!(tab.act(DialerEvent::Judged { version, view: known(true) }), [Effect::StopTimer(Timer::Number)]);
    assert!(tab.text("dial-judged").contains("+1 415-555-0101"));
    for view in [known(false), None] {
        let effects = tab.act(DialerEvent::Judged { version, view });
        assert!(matches!(&effects[..], [Effect::StartTimer { timer: Timer::Number, .. }]), "{effects:?}");
    }
    let (asked, request) = question(&tab.update(Event::TimerFired(Timer::Number)));
    assert_eq!((request.method, request.path.as_str()), ("GET", "numbers?text=4155550101"));
    tab.answered(
        asked,
        200,
        json!({"formatted": "+1 415-555-0101", "e164": "+14155550101", "valid": true, "internal": false}),
    );
    assert_eq!(tab.text("dial-judged"), "Valid: +1 415-555-0101");
    assert!(tab.can_call());
}

#[test]
fn a_late_judgement_of_an_older_text_is_passed_over() {
    let mut tab = Tab::open();
    let older = version(&tab.typed("101"));
    let (asked, _) = question(&tab.update(Event::TimerFired(Timer::Number)));
    tab.typed("4155550101");
    let line = json!({"formatted": "101", "e164": null, "valid": false, "internal": true});
    tab.answered(asked, 200, line.clone());
    let view = NumberView::read(&line);
    assert!(tab.act(DialerEvent::Judged { version: older, view }).is_empty());
    assert_eq!(tab.text("dial-judged"), "");
    // Nor does the answer to a dialer that was closed reach the next one.
    let (asked, _) = question(&tab.update(Event::TimerFired(Timer::Number)));
    tab.act(DialerEvent::Closed);
    tab.act(DialerEvent::Toggled);
    tab.typed("4155550101");
    tab.answered(asked, 200, line);
    assert_eq!(tab.text("dial-judged"), "");
}

#[test]
fn only_numbers_can_be_called_known_ones_or_not() {
    for (view, can_call, said) in [
        (json!({"formatted": "101", "e164": null, "valid": false, "internal": true}), false, "on your telephone"),
        (
            json!({"formatted": "+1 1155550101", "e164": "+11155550101", "valid": false, "internal": false}),
            true,
            "all the same",
        ),
        (json!({"formatted": "", "e164": null, "valid": false, "internal": false}), false, "Not a complete number"),
        (json!({"formatted": "415-5550", "e164": null, "valid": false, "internal": false}), false, "415-5550 … Not"),
    ] {
        let mut tab = Tab::open();
        tab.typed("x");
        assert!(tab.can_call(), "nothing speaks against it yet");
        let (asked, _) = question(&tab.update(Event::TimerFired(Timer::Number)));
        tab.answered(asked, 200, view.clone());
        assert_eq!(tab.can_call(), can_call, "{view}");
        assert!(tab.text("dial-judged").contains(said), "{said}: {}", tab.text("dial-judged"));
        assert_eq!(tab.act(DialerEvent::Called).len(), usize::from(can_call), "{view}");
    }
    let mut tab = Tab::open();
    tab.typed("4155550101");
    let (asked, _) = question(&tab.update(Event::TimerFired(Timer::Number)));
    tab.update(Event::Answered { question: asked, outcome: Outcome::Unreachable });
    assert!(tab.can_call(), "the person may know better than a Worker that does not answer");
}

#[test]
fn a_call_closes_the_dialer_and_a_refusal_stands_in_it() {
    let mut tab = Tab::open();
    tab.typed("(415) 555-0101");
    let (asked, request) = question(&tab.act(DialerEvent::Called));
    assert_eq!(asked, Question::Dial);
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).expect("JSON");
    assert_eq!(body, json!({"phone": "(415) 555-0101"}));
    assert!(!tab.can_call(), "one call at a time");
    assert!(tab.act(DialerEvent::Called).is_empty());
    let problem = json!({"type": "in_call", "title": "No", "status": 409, "detail": "You are in a call already."});
    assert!(tab.answered(Question::Dial, 409, problem).is_empty());
    assert_eq!(tab.text("dial-complaint"), "You are in a call already.");
    tab.typed("(415) 555-0102");
    assert_eq!(tab.text("dial-complaint"), "", "it was about another number");
    tab.act(DialerEvent::Called);
    let effects = tab.answered(Question::Dial, 200, json!({"id": "c"}));
    assert!(effects.contains(&Effect::Focus(FocusOn::Closed)) && !tab.is_open());
}

fn recent(id: &str, change: Value) -> Value {
    let mut call = json!({"id": id, "number": "+1 415-555-0101", "dial": "+14155550101", "name": "Nora", "at": 7,
        "entity": {"type": "leads", "id": 7}, "callType": "incoming", "missed": false});
    for (name, value) in change.as_object().expect("an object") {
        call[name] = value.clone();
    }
    call
}

#[test]
fn latest_calls_say_what_they_were_and_are_called_back_for_their_card() {
    let mut tab = Tab::open();
    let (asked, _) = question(&tab.act(DialerEvent::Refreshed));
    let calls = json!({"calls": [
        recent("a", json!({"missed": true})),
        recent("b", json!({"callType": "outgoing", "name": null})),
        recent("c", json!({"number": "", "dial": null, "name": null, "entity": null})),
    ]});
    tab.answered(asked, 200, calls);
    let shown = tab.text("dialer-recent");
    for part in ["Nora", "Missed · 7", "Outgoing · 7", "Number withheld", "Incoming · 7"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let button = tab.view().find("call-back").cloned().expect("a button");
    assert_eq!(button.attribute("aria-label"), Some("Call Nora"));
    let meant = button.handlers.iter().find_map(|handler| match handler {
        Handler::Click(event) => Some(event.clone()),
        _ => None,
    });
    let (asked, request) = question(&tab.update(meant.expect("a click")));
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).expect("JSON");
    let entity = json!(Entity::Leads(LeadId(7)));
    assert_eq!((asked, body), (Question::Dial, json!({"phone": "+14155550101", "entity": entity})));
}

#[test]
fn missed_calls_are_a_list_of_their_own_and_a_failure_can_be_tried_again() {
    let mut tab = Tab::open();
    let (all, _) = question(&tab.act(DialerEvent::Refreshed));
    let (missed, request) = question(&tab.act(DialerEvent::Listed { missed: true }));
    assert_eq!(request.path, "calls/recent?missed=1");
    tab.answered(all, 200, json!({"calls": [recent("a", json!({}))]}));
    assert!(!tab.text("dialer-recent").contains("Nora"), "an answer about the other list");
    tab.answered(missed, 200, json!({"calls": []}));
    assert!(tab.text("dialer-recent").contains("No missed calls."));
    let (again, _) = question(&tab.act(DialerEvent::Listed { missed: false }));
    tab.update(Event::Answered { question: again, outcome: Outcome::Unreachable });
    assert!(tab.view().find("dialer-retry").is_some());
    let (again, _) = question(&tab.act(DialerEvent::Refreshed));
    tab.answered(again, 200, json!({"calls": [recent("a", json!({}))]}));
    assert!(tab.text("dialer-recent").contains("Nora"));
}

#[test]
fn the_list_is_read_again_when_a_call_is_over() {
    let mut tab = Tab::open();
    let closed = json!({"type": "closed", "id": "c", "version": 2}).to_string();
    assert_eq!(question(&tab.update(Event::SocketText(closed.clone()))).1.path, "calls/recent");
    tab.act(DialerEvent::Closed);
    let effects = tab.update(Event::SocketText(closed));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })), "nobody looks");
}
