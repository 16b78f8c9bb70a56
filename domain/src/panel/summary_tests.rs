//! The call summary as a manager and the server meet it.

use super::super::texts::tests::{PlainLocale, english};
use super::super::{Element, Event, Field, FocusOn, Panel, Timer};
use super::*;
use crate::ids::{ContactId, Entity};
use serde_json::{Value, json};

const NOW: Moment = Moment(1_000_030_000);

/// A tab, what it asked for and what it wanted done.
struct Tab {
    panel: Panel,
    asked: Vec<(Question, ApiRequest)>,
    effects: Vec<Effect>,
}

fn call() -> Value {
    json!({"id": "a", "callId": "p", "fromNumber": "+49305550100", "toNumber": "+49305550199", "duration": 30,
        "recordLink": null, "startedAt": 100, "callResult": null, "callType": "incoming", "status": "completed",
        "responsibleUser": 2, "entity": {"type": "leads", "id": 7, "name": "Solar"}, "rating": null,
        "candidates": [{"type": "leads", "id": 7, "name": "Solar"}, {"type": "contacts", "id": 5, "name": "Nora"}],
        "deliveryStatus": "waiting"})
}

fn with(mut call: Value, more: Value) -> Value {
    for (name, value) in more.as_object().expect("fields") {
        call[name] = value.clone();
    }
    call
}

fn problem(status: u16) -> Outcome {
    let body = json!({"type": "t", "title": "No", "status": status, "detail": format!("refused {status}")});
    Outcome::Answered { status, body: body.to_string(), etag: None }
}

impl Tab {
    fn new() -> Self {
        Self { panel: Panel::default(), asked: vec![], effects: vec![] }
    }

    /// A window for call `a`, opened by hand, with these rules.
    fn opened(rate: &str, call: &Value) -> Self {
        let mut tab = Self::new();
        tab.tell(Event::Summary(SummaryEvent::Open(CallId("a".into()))));
        tab.answer(Part::Call, call);
        tab.answer(Part::Rules, &json!({"rateQuality": rate}));
        tab
    }

    fn tell(&mut self, event: Event) {
        for effect in self.panel.update(event, NOW) {
            match effect {
                Effect::Ask { question, request } => self.asked.push((question, request)),
                other => self.effects.push(other),
            }
        }
    }

    fn do_it(&mut self, event: SummaryEvent) {
        self.tell(Event::Summary(event));
    }

    fn typed(&mut self, field: SummaryField, text: &str) {
        self.tell(Event::Typed(Field::Summary(field), text.to_owned()));
    }

    fn toggled(&mut self, field: SummaryField) {
        self.tell(Event::Toggled(Field::Summary(field), true));
    }

    /// The last request of this part.
    fn request(&self, wanted: Part) -> Option<(Question, ApiRequest)> {
        let is_wanted =
            |(question, _): &&(Question, ApiRequest)| matches!(question, Question::Summary(_, part) if *part == wanted);
        self.asked.iter().rev().find(is_wanted).cloned()
    }

    fn body(&self, part: Part) -> Value {
        let (_, request) = self.request(part).unwrap_or_else(|| panic!("{part:?} was not asked: {:?}", self.asked));
        serde_json::from_str(&request.body.unwrap_or_default()).expect("JSON")
    }

    fn outcome(&mut self, part: Part, outcome: Outcome) {
        let (question, _) = self.request(part).unwrap_or_else(|| panic!("{part:?} was not asked: {:?}", self.asked));
        self.tell(Event::Answered { question, outcome });
    }

    fn answer(&mut self, part: Part, body: &Value) {
        self.outcome(part, Outcome::Answered { status: 200, body: body.to_string(), etag: None });
    }

    fn card(&mut self, version: u64, more: Value) {
        let card = json!({"type": "card", "id": "a", "version": version, "state": "ended", "inbound": true,
            "number": "+49 30 5550100", "e164": null, "extension": "101", "startedAt": 100, "answeredAt": 105,
            "endedAt": 135, "duration": 30, "caller": {"kind": "unknown"}, "summary": true});
        self.tell(Event::SocketText(with(card, more).to_string()));
    }

    fn shown(&self, name: &str) -> Option<Element> {
        self.panel.card_view(&english(), &PlainLocale, NOW).find(name).cloned()
    }

    fn text(&self, name: &str) -> String {
        self.shown(name).map(|element| element.all_text()).unwrap_or_default()
    }

    fn value(&self, name: &str) -> String {
        self.shown(name).and_then(|element| element.value.clone()).unwrap_or_default()
    }

    fn is_open(&self) -> bool {
        self.shown("summary").is_some()
    }

    fn draft(&self) -> Option<&Option<String>> {
        let drafts = self.effects.iter().rev();
        drafts.into_iter().find_map(|effect| match effect {
            Effect::KeepDraft { draft, .. } => Some(draft),
            _ => None,
        })
    }

    fn dismissed(&self) -> bool {
        self.effects.contains(&Effect::SendSocket(r#"{"id":"a","type":"dismiss"}"#.into()))
    }
}

#[test]
fn a_card_that_asks_opens_the_window_by_itself_and_takes_no_focus_from_anyone() {
    let mut tab = Tab::new();
    tab.card(1, json!({"summary": false}));
    assert!(!tab.is_open());
    tab.card(2, json!({}));
    assert!(tab.is_open());
    assert!(tab.effects.contains(&Effect::Focus(FocusOn::Opened { by_hand: false })));
    assert_eq!(tab.text("announce"), "Call summary: Unknown number");
    tab.answer(Part::Call, &call());
    assert_eq!(tab.text("summary-number"), "+49 30 5550100");
    assert_eq!(tab.text("summary-entity"), "Lead: Solar");
    assert_eq!(tab.value("summary-status"), "4");
    assert!(tab.shown("rating").is_none(), "nobody asked for a rating");
}

#[test]
fn before_anything_is_logged_it_shows_where_the_rules_will_put_the_call() {
    let mut tab = Tab::new();
    let lead = json!({"type": "leads", "id": 7, "name": "Solar", "stage": null, "price": 0, "currency": null});
    let nora = json!({"type": "contacts", "id": 5, "name": "Nora"});
    let open = json!({"type": "leads", "id": 7});
    tab.card(1, json!({"caller": {"kind": "known", "contact": nora, "company": null, "lead": lead, "open": open}}));
    tab.answer(Part::Call, &with(call(), json!({"entity": null})));
    assert_eq!((tab.text("summary-caller"), tab.text("summary-entity")), ("Nora".into(), "Lead: Solar".into()));
    tab.do_it(SummaryEvent::Save);
    assert_eq!(tab.body(Part::Result), json!({"callStatus": 4, "text": ""}), "the rules keep the word");
}

#[test]
fn cancel_stores_nothing_and_tells_the_server_only_when_it_waits() {
    let mut tab = Tab::new();
    tab.card(1, json!({}));
    tab.answer(Part::Call, &call());
    tab.typed(SummaryField::Text, "half a");
    tab.do_it(SummaryEvent::Cancel);
    assert!(!tab.is_open() && tab.dismissed());
    assert_eq!(tab.draft(), Some(&None), "the draft is gone");
    assert!(tab.request(Part::Result).is_none());
    tab.card(2, json!({}));
    assert!(!tab.is_open(), "a late card does not open it again");

    let mut by_hand = Tab::opened("off", &call());
    by_hand.do_it(SummaryEvent::Cancel);
    assert!(!by_hand.is_open() && !by_hand.dismissed());
}

#[test]
fn saving_sends_the_choices_and_closes_the_window() {
    let mut tab = Tab::opened("optional", &call());
    tab.typed(SummaryField::Status, "2");
    tab.typed(SummaryField::Text, " Wants an <offer> ");
    let nora = EntityView { entity: Entity::Contacts(ContactId(5)), name: Some("Nora".into()) };
    tab.do_it(SummaryEvent::Choose(nora));
    tab.toggled(SummaryField::Task);
    tab.typed(SummaryField::TaskText, "Send it");
    tab.toggled(SummaryField::Score(4));
    tab.typed(SummaryField::Reason, "noise");
    tab.do_it(SummaryEvent::Save);
    assert_eq!(tab.body(Part::Rating), json!({"score": 4, "reason": "noise"}));
    assert!(tab.request(Part::Result).is_none(), "the rating goes first");
    tab.answer(Part::Rating, &with(call(), json!({"rating": 4, "ratingReason": "noise"})));
    let tomorrow = 1_000_030 + 86_400 - 10;
    assert_eq!(tomorrow % 60, 0);
    assert_eq!(
        tab.body(Part::Result),
        json!({"callStatus": 2, "text": "Wants an <offer>", "entity": {"type": "contacts", "id": 5},
            "task": {"text": "Send it", "completeTill": tomorrow}})
    );
    assert!(tab.is_open());
    tab.answer(Part::Result, &call());
    assert!(!tab.is_open() && !tab.dismissed());
    assert_eq!(tab.draft(), Some(&None));
    assert!(tab.effects.contains(&Effect::Focus(FocusOn::Closed)));
}

#[test]
fn untouched_it_sends_the_suggested_result_and_leaves_the_link_to_the_rules() {
    for (status, duration, expected) in [("completed", 30, 4), ("missed", 0, 6), ("busy", 0, 7), ("failed", 0, 6)] {
        let mut tab = Tab::opened("off", &with(call(), json!({"status": status, "duration": duration})));
        tab.do_it(SummaryEvent::Save);
        assert_eq!(tab.body(Part::Result), json!({"callStatus": expected, "text": ""}), "{status}");
        assert!(tab.request(Part::Rating).is_none());
    }
}

#[test]
fn what_was_saved_before_is_shown_and_kept_when_amended() {
    let saved = json!({"rating": 5, "ratingReason": "clear", "result": {"callStatus": 3, "text": "Later",
        "entity": {"type": "leads", "id": 7}, "task": {"text": "Call", "completeTill": 900}}});
    let mut tab = Tab::opened("optional", &with(call(), saved));
    assert_eq!((tab.value("summary-status"), tab.value("summary-text")), ("3".into(), "Later".into()));
    assert_eq!(tab.value("summary-task-time"), "at 900");
    assert_eq!(tab.shown("rating-5").and_then(|radio| radio.checked), Some(true));
    tab.typed(SummaryField::Text, "Much later");
    tab.do_it(SummaryEvent::Save);
    assert!(tab.request(Part::Rating).is_none(), "an unchanged rating is not sent again");
    assert_eq!(
        tab.body(Part::Result),
        json!({"callStatus": 3, "text": "Much later", "entity": {"type": "leads", "id": 7},
            "task": {"text": "Call", "completeTill": 900}})
    );
}

#[test]
fn what_is_missing_is_said_before_anything_is_sent() {
    let mut tab = Tab::opened("required", &call());
    assert!(tab.text("rating").contains("required"));
    let refused = |tab: &mut Tab, text: Text| {
        tab.do_it(SummaryEvent::Save);
        assert_eq!(tab.text("summary-error"), english().get(text));
        assert!(tab.request(Part::Rating).is_none() && tab.request(Part::Result).is_none());
    };
    refused(&mut tab, Text::SummaryRateFirst);
    tab.toggled(SummaryField::Score(1));
    assert_eq!(tab.text("summary-error"), "", "putting it right takes the complaint away");
    tab.toggled(SummaryField::Task);
    refused(&mut tab, Text::SummarySayTask);
    tab.typed(SummaryField::TaskText, "Call");
    tab.do_it(SummaryEvent::TaskTime(String::new(), None));
    refused(&mut tab, Text::SummarySayTime);
    tab.do_it(SummaryEvent::TaskTime("2026-11-23T10:00".into(), Some(77)));
    assert_eq!(tab.value("summary-task-time"), "2026-11-23T10:00", "it stays as typed");
    tab.do_it(SummaryEvent::Save);
    assert_eq!(tab.body(Part::Rating), json!({"score": 1}));
}

#[test]
fn a_refused_save_says_why_and_loses_nothing() {
    for (part, status) in [(Part::Rating, 422), (Part::Result, 403), (Part::Result, 404)] {
        let mut tab = Tab::opened("optional", &call());
        tab.typed(SummaryField::Text, "Keep me");
        tab.toggled(SummaryField::Score(2));
        tab.do_it(SummaryEvent::Save);
        assert!(tab.shown("summary-save").is_some_and(|save| save.attribute("disabled").is_some()));
        if part == Part::Result {
            tab.answer(Part::Rating, &with(call(), json!({"rating": 2})));
        }
        tab.do_it(SummaryEvent::Cancel);
        assert!(tab.is_open(), "while it is being saved nothing is thrown away");
        tab.outcome(part, problem(status));
        assert_eq!(tab.text("summary-error"), format!("refused {status}"));
        assert_eq!(tab.value("summary-text"), "Keep me");
        assert!(tab.shown("summary-save").is_some_and(|save| save.attribute("disabled").is_none()));
        tab.do_it(SummaryEvent::Save);
        assert_eq!(tab.text("summary-error"), "");
    }
    let mut tab = Tab::opened("off", &call());
    tab.do_it(SummaryEvent::Save);
    tab.outcome(Part::Result, Outcome::Unreachable);
    assert!(tab.is_open() && !tab.text("summary-error").is_empty());
}

#[test]
fn saved_in_another_tab_it_closes_unless_something_was_typed_here() {
    for typed in [false, true] {
        let mut tab = Tab::new();
        tab.card(1, json!({}));
        tab.answer(Part::Call, &call());
        if typed {
            tab.typed(SummaryField::Text, "mine");
        }
        tab.card(2, json!({"summary": false}));
        assert_eq!(tab.is_open(), typed);
    }
}

#[test]
fn a_draft_survives_a_reload_and_the_window_comes_back_with_it() {
    let mut before = Tab::opened("off", &call());
    before.typed(SummaryField::Text, "Nearly done");
    let Some(Some(draft)) = before.draft().cloned() else { panic!("no draft is kept") };

    let mut after = Tab::new();
    after.tell(Event::Started);
    assert!(after.effects.contains(&Effect::FindDrafts));
    after
        .do_it(SummaryEvent::Found(vec![(CallId("a".into()), draft.clone()), (CallId("b".into()), "nonsense".into())]));
    assert!(after.is_open());
    after.answer(Part::Call, &call());
    assert_eq!(after.value("summary-text"), "Nearly done");
    after.do_it(SummaryEvent::Found(vec![(CallId("a".into()), draft)]));
    after.do_it(SummaryEvent::Cancel);
    assert!(!after.is_open(), "found twice it does not come back");
}

#[test]
fn opening_another_summary_keeps_what_was_typed_in_the_first() {
    let mut tab = Tab::opened("off", &call());
    tab.typed(SummaryField::Text, "first");
    tab.do_it(SummaryEvent::Open(CallId("b".into())));
    assert_eq!(
        tab.shown("summary").and_then(|window| window.attribute("data-call-id").map(str::to_owned)),
        Some("b".into())
    );
    tab.do_it(SummaryEvent::Cancel);
    tab.answer(Part::Call, &call());
    assert_eq!(tab.value("summary-text"), "first");
}

#[test]
fn a_late_answer_never_overwrites_what_was_typed_and_a_recording_appears() {
    let mut tab = Tab::new();
    tab.card(1, json!({}));
    tab.typed(SummaryField::Text, "early words");
    tab.answer(Part::Call, &call());
    assert_eq!(tab.value("summary-text"), "early words");
    assert!(tab.shown("recording").is_none() && tab.shown("no-recording").is_some());
    let asked = tab.asked.len();
    tab.card(2, json!({}));
    assert_eq!(tab.asked.len(), asked + 1, "news of the call are read");
    tab.answer(Part::Call, &with(call(), json!({"recordLink": "https://rec.example/a.mp3"})));
    let link = tab.shown("recording").and_then(|player| player.attribute("src").map(str::to_owned));
    assert_eq!(link.as_deref(), Some("https://rec.example/a.mp3"));
    tab.do_it(SummaryEvent::Refresh);
    tab.answer(Part::Call, &with(call(), json!({"recordLink": "http://rec.example/a.mp3"})));
    assert!(tab.shown("recording").is_none(), "only what is fetched in safety");
}

#[test]
fn the_calls_candidates_come_first_and_the_search_finds_others() {
    let mut tab = Tab::opened("off", &call());
    assert_eq!(tab.text("summary-choices"), "Lead: SolarContact: Nora");
    tab.typed(SummaryField::Kind, "contacts");
    tab.typed(SummaryField::Search, "mia");
    tab.tell(Event::TimerFired(Timer::Search));
    let Some((Question::Summary(_, part), request)) = tab.asked.last().cloned() else { panic!("nothing was asked") };
    assert_eq!(request.path, "/api/v4/contacts?limit=10&query=mia");
    tab.answer(part, &json!({"_embedded": {"contacts": [{"id": 9, "name": "<i>Mia</i>"}]}}));
    assert_eq!(tab.text("summary-choices"), "Contact: <i>Mia</i>");
    let mia = EntityView { entity: Entity::Contacts(ContactId(9)), name: Some("<i>Mia</i>".into()) };
    tab.do_it(SummaryEvent::Choose(mia));
    assert_eq!(tab.text("summary-entity"), "Contact: <i>Mia</i>");
    tab.do_it(SummaryEvent::Save);
    assert_eq!(tab.body(Part::Result)["entity"], json!({"type": "contacts", "id": 9}));
}

#[test]
fn a_call_that_cannot_be_read_says_why_and_can_be_asked_for_again() {
    let mut tab = Tab::new();
    tab.do_it(SummaryEvent::Open(CallId("a".into())));
    tab.outcome(Part::Call, problem(404));
    assert_eq!(tab.text("summary-failed"), "refused 404");
    tab.do_it(SummaryEvent::Refresh);
    tab.answer(Part::Call, &call());
    assert_eq!(tab.value("summary-status"), "4");
}

#[test]
fn an_ended_card_that_waits_for_its_result_stays() {
    let mut tab = Tab::new();
    tab.card(1, json!({}));
    for _ in 0..2 {
        tab.panel.update(Event::Ticked { held: vec![] }, NOW + Millis::minutes(1));
    }
    assert!(tab.shown("call-card").is_some());
    tab.card(2, json!({"summary": false}));
    for later in [2, 3] {
        tab.panel.update(Event::Ticked { held: vec![] }, NOW + Millis::minutes(later));
    }
    assert!(tab.shown("call-card").is_none());
}
