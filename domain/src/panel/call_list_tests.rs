use super::super::texts::tests::{PlainLocale, english};
use super::super::{Event, Field, Panel, Timer};
use super::*;
use crate::protocol::{CallListNumber, CallListPause, CallListResult};
use crate::time::Millis;
use serde_json::json;

const NOW: Moment = Moment(1_000_000);

fn entry(id: u32, state: CallListState) -> CallListEntry {
    CallListEntry {
        id,
        entity: Entity::new(EntityKind::Contacts, i64::from(id)),
        name: format!("Client {id}"),
        numbers: vec![CallListNumber { e164: "+4930".into(), text: "+49 30".into() }],
        chosen: Some("+4930".into()),
        state,
        result: None,
        reason: None,
        call: None,
    }
}

fn done(id: u32, result: CallListResult) -> CallListEntry {
    CallListEntry { result: Some(result), ..entry(id, CallListState::Done) }
}

fn running(version: u64, entries: Vec<CallListEntry>) -> CallListView {
    CallListView { version, run: CallListRun::Running, entries, ..CallListView::default() }
}

fn update(panel: &mut Panel, event: CallListEvent) -> Vec<Effect> {
    panel.update(Event::CallList(event), NOW)
}

fn answer(panel: &mut Panel, part: Part, status: u16, body: &impl serde::Serialize) -> Vec<Effect> {
    let body = serde_json::to_string(body).expect("JSON");
    let outcome = Outcome::Answered { status, body, etag: None };
    panel.update(Event::Answered { question: Question::CallList(part), outcome }, NOW)
}

/// A panel whose window shows this list.
fn showing(list: CallListView) -> Panel {
    let mut panel = Panel::default();
    update(&mut panel, CallListEvent::Open);
    answer(&mut panel, Part::List, 200, &list);
    panel
}

/// The text of a part of the window; none where it is not there.
fn text(panel: &Panel, name: &str) -> Option<String> {
    let view = panel.card_view(&english(), &PlainLocale, NOW);
    view.find(name).map(crate::panel::Element::all_text)
}

fn asked(effects: &[Effect]) -> Vec<(&str, &str, Value)> {
    let mut asked = vec![];
    for effect in effects {
        if let Effect::Ask { request, .. } = effect {
            let body = request.body.as_deref().map_or(Value::Null, |body| serde_json::from_str(body).expect("JSON"));
            asked.push((request.method, request.path.as_str(), body));
        }
    }
    asked
}

#[test]
fn ticked_rows_go_to_the_server_at_once_with_the_kind_of_their_list() {
    let rows = json!([
        {"id": 5, "type": "contact", "phones": ["+49 30", 7, null], "emails": []},
        {"id": "6", "phones": null},
        {"id": 0}, {"name": "no id"}, "x",
    ]);
    for told in [rows.clone(), json!({"count_selected": 2, "selected": rows})] {
        let mut panel = Panel::default();
        let effects = update(&mut panel, CallListEvent::Ticked { area: EntityKind::Leads, rows: told });
        let expected = json!({"rows": [
            {"entity": {"type": "leads", "id": 5}, "phones": ["+49 30"]},
            {"entity": {"type": "leads", "id": 6}, "phones": []},
        ]});
        assert_eq!(asked(&effects), [("GET", "call-list", Value::Null), ("POST", "call-list", expected)]);
        assert!(text(&panel, "call-list").is_some(), "the window shows at once");
        let again = update(&mut panel, CallListEvent::Ticked { area: EntityKind::Leads, rows: json!([{"id": 5}]) });
        assert!(again.is_empty(), "a double click is one addition");
    }
    let mut panel = Panel::default();
    assert!(update(&mut panel, CallListEvent::Ticked { area: EntityKind::Leads, rows: json!([]) }).is_empty());
    assert!(text(&panel, "call-list").is_none());
}

#[test]
fn what_became_of_an_addition_is_said() {
    let mut panel = showing(CallListView::default());
    update(&mut panel, CallListEvent::Ticked { area: EntityKind::Contacts, rows: json!([{"id": 1}]) });
    assert!(text(&panel, "call-list-status").expect("a status").contains("Adding"));
    let list = CallListView { version: 3, entries: vec![entry(1, CallListState::Waiting)], ..CallListView::default() };
    answer(&mut panel, Part::Add, 200, &AddToCallListResponse { list, added: 1, doubles: 2, left_out: 0 });
    let told = text(&panel, "call-list-told").expect("told");
    assert!(told.contains("Added: 1.") && told.contains("2.") && !told.contains("Left out"), "{told}");
    update(&mut panel, CallListEvent::Act(CallListAction::Start));
    assert_eq!(text(&panel, "call-list-told"), None, "it is no news any more");
}

#[test]
fn the_open_card_can_be_added_where_the_page_is_one() {
    let mut panel = showing(CallListView::default());
    assert_eq!(text(&panel, "call-list-add-card"), None);
    assert!(update(&mut panel, CallListEvent::AddOpenCard).is_empty());
    update(&mut panel, CallListEvent::PageShown("/companies/detail/77".into()));
    assert!(text(&panel, "call-list-add-card").is_some());
    let effects = update(&mut panel, CallListEvent::AddOpenCard);
    let expected = json!({"rows": [{"entity": {"type": "companies", "id": 77}, "phones": []}]});
    assert_eq!(asked(&effects), [("POST", "call-list", expected)]);
    update(&mut panel, CallListEvent::PageShown("/leads/".into()));
    assert_eq!(text(&panel, "call-list-add-card"), None);
}

#[test]
fn every_button_asks_for_what_it_says() {
    let list = running(
        1,
        vec![done(1, CallListResult::Busy), entry(2, CallListState::Calling), entry(3, CallListState::Waiting)],
    );
    let mut panel = showing(list);
    for (event, method, path, body) in [
        (CallListEvent::Act(CallListAction::Pause), "PUT", "call-list/state", json!({"action": "pause"})),
        (CallListEvent::Act(CallListAction::Skip), "PUT", "call-list/state", json!({"action": "skip", "entry": 2})),
        (CallListEvent::Act(CallListAction::Stop), "PUT", "call-list/state", json!({"action": "stop"})),
        (CallListEvent::Remove(3), "DELETE", "call-list/3", Value::Null),
        (CallListEvent::Clear, "DELETE", "call-list", Value::Null),
    ] {
        assert_eq!(asked(&update(&mut panel, event)), [(method, path, body)]);
    }
    let chosen = panel.update(Event::Typed(Field::CallListNumber(3), "+4931".into()), NOW);
    assert_eq!(asked(&chosen), [("PUT", "call-list/3", json!({"number": "+4931"}))]);
}

#[test]
fn the_buttons_are_those_of_the_lists_state() {
    let buttons = |panel: &Panel| -> Vec<String> {
        let view = panel.card_view(&english(), &PlainLocale, NOW);
        let run = view.find("call-list-run").and_then(|run| run.attribute("data-action")).map(str::to_owned);
        let others = ["skip", "stop", "clear"].into_iter();
        let others = others.filter(|name| text(panel, &["call-list-", name].concat()).is_some()).map(str::to_owned);
        run.into_iter().chain(others).collect()
    };
    let waiting = || vec![entry(1, CallListState::Waiting)];
    for (run, entries, expected) in [
        (CallListRun::Idle, vec![], vec!["start"]),
        (CallListRun::Idle, waiting(), vec!["start", "clear"]),
        (CallListRun::Running, waiting(), vec!["pause", "skip", "stop"]),
        (CallListRun::Paused, waiting(), vec!["resume", "skip", "stop"]),
    ] {
        let panel = showing(CallListView { run, entries, ..CallListView::default() });
        assert_eq!(buttons(&panel), expected, "{run:?}");
    }
}

#[test]
fn progress_and_counts_follow_the_entries() {
    let list = running(
        1,
        vec![
            done(1, CallListResult::Talked),
            done(2, CallListResult::Talked),
            done(3, CallListResult::NoAnswer),
            entry(4, CallListState::Skipped),
            entry(5, CallListState::Calling),
            entry(6, CallListState::Waiting),
            entry(7, CallListState::NoNumber),
        ],
    );
    let panel = showing(list);
    let view = panel.card_view(&english(), &PlainLocale, NOW);
    let bar = view.find("call-list-progress").expect("a bar");
    let values = ["role", "aria-valuenow", "aria-valuemax", "value", "max"].map(|name| bar.attribute(name));
    assert_eq!(values, ["progressbar", "4", "6", "4", "6"].map(Some), "who has no number does not count");
    assert_eq!(text(&panel, "call-list-counts").as_deref(), Some("Talked 2No answer 1Skipped 1No number 1"));
    assert_eq!(text(&panel, "call-list-status").as_deref(), Some("Calling Client 5"));
}

#[test]
fn the_status_says_what_is_waited_for_and_counts_down_by_the_servers_clock() {
    let next = running(1, vec![entry(1, CallListState::Waiting)]);
    for (hold, expected) in [
        (None, "Next: Client 1."),
        (Some(CallListHold::Call), "Next: Client 1. Waiting for the end of your other call."),
        (Some(CallListHold::Summary), "Next: Client 1. Waiting for your call summary."),
    ] {
        let panel = showing(CallListView { hold, ..next.clone() });
        assert_eq!(text(&panel, "call-list-status").as_deref(), Some(expected));
        assert_eq!(text(&panel, "call-list-seconds"), None);
    }
    let hold = Some(CallListHold::Interval);
    let mut panel = Panel::default();
    update(&mut panel, CallListEvent::Open);
    let counted = CallListView { hold, next_at_ms: Some(NOW.0 + 7_001), ..next.clone() };
    let effects = answer(&mut panel, Part::List, 200, &counted);
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::StartTimer { timer: Timer::Tick, .. })),
        "{effects:?}"
    );
    assert_eq!(text(&panel, "call-list-seconds").as_deref(), Some("in 8 s"));
    let view = panel.card_view(&english(), &PlainLocale, NOW + Millis::seconds(60));
    assert_eq!(view.find("call-list-seconds").map(|left| left.all_text()).as_deref(), Some("in 0 s"));
    let effects = update(&mut panel, CallListEvent::Close);
    assert!(effects.contains(&Effect::StopTimer(Timer::Tick)), "a closed window needs no clock: {effects:?}");
    for (pause, expected) in [
        (CallListPause::ByHand, "Paused.  Next: Client 1."),
        (CallListPause::Away, "Paused. You had no tab open for a while. Next: Client 1."),
        (CallListPause::Refused, "Paused. No line. Next: Client 1."),
    ] {
        let reason = Some("No line.".to_owned());
        let panel = showing(CallListView { run: CallListRun::Paused, pause: Some(pause), reason, ..next.clone() });
        assert_eq!(text(&panel, "call-list-status").as_deref(), Some(expected));
    }
}

#[test]
fn an_older_list_does_not_come_back_and_a_greeting_is_the_whole_truth() {
    let mut panel = showing(running(5, vec![entry(1, CallListState::Waiting)]));
    let live = |list: CallListView| {
        let mut json = serde_json::to_value(list).expect("JSON");
        json["type"] = json!("callList");
        Event::SocketText(json.to_string())
    };
    panel.update(live(running(4, vec![])), NOW);
    assert_eq!(panel.list.list.version, 5);
    panel.update(live(running(6, vec![])), NOW);
    assert_eq!((panel.list.list.version, panel.list.list.entries.len()), (6, 0));
    panel.list.greet(Some(running(1, vec![])));
    assert_eq!(panel.list.list.version, 1);
    panel.list.greet(None);
    assert_eq!(panel.list.list, CallListView::default());
}

#[test]
fn a_list_under_way_shows_after_a_reload_and_stays_closed_once_closed() {
    let mut list = List::default();
    list.greet(Some(running(1, vec![entry(1, CallListState::Waiting)])));
    assert_eq!(list.window, Window::Open);
    list.act(CallListEvent::Close);
    list.greet(Some(running(2, vec![entry(1, CallListState::Waiting)])));
    assert_eq!(list.window, Window::Closed, "a lost connection opens nothing");
    let mut idle = List::default();
    idle.greet(Some(CallListView { entries: vec![entry(1, CallListState::Waiting)], ..CallListView::default() }));
    assert_eq!(idle.window, Window::Closed);
    idle.greet(Some(running(2, vec![entry(1, CallListState::Waiting)])));
    assert_eq!(idle.window, Window::Closed, "started in another tab");
}

#[test]
fn a_refusal_is_said_in_the_window_or_where_it_is_closed_by_the_page() {
    let problem = |kind: &str| json!({"type": kind, "title": "No", "status": 409, "detail": "The list is full."});
    let mut panel = showing(CallListView::default());
    assert!(answer(&mut panel, Part::Add, 409, &problem("list_full")).is_empty());
    assert_eq!(text(&panel, "call-list-complaint").as_deref(), Some("The list is full."));
    answer(&mut panel, Part::List, 409, &problem("no_line"));
    assert!(text(&panel, "call-list-complaint").expect("a complaint").contains("no extension"));
    update(&mut panel, CallListEvent::Close);
    let effects = answer(&mut panel, Part::List, 409, &problem("list_full"));
    assert!(matches!(effects.as_slice(), [Effect::Notify { level: NoticeLevel::Error, .. }]), "{effects:?}");
    let outcome = Outcome::Unreachable;
    update(&mut panel, CallListEvent::Open);
    panel.update(Event::Answered { question: Question::CallList(Part::List), outcome }, NOW);
    assert!(text(&panel, "call-list-complaint").is_some_and(|text| !text.is_empty()));
}

#[test]
fn a_long_list_is_drawn_in_pages_and_a_small_window_shows_how_far_it_is() {
    let entries = (1..=120).map(|id| entry(id, CallListState::Waiting)).collect();
    let mut panel = showing(running(1, entries));
    let drawn = |panel: &Panel| {
        let view = panel.card_view(&english(), &PlainLocale, NOW);
        view.find("call-list-entries").map(|list| list.children.len())
    };
    assert_eq!(drawn(&panel), Some(50));
    assert_eq!(text(&panel, "call-list-more").as_deref(), Some("+70 more"));
    update(&mut panel, CallListEvent::ShowMore);
    update(&mut panel, CallListEvent::ShowMore);
    assert_eq!((drawn(&panel), text(&panel, "call-list-more")), (Some(120), None));
    update(&mut panel, CallListEvent::Minimise);
    assert_eq!((drawn(&panel), text(&panel, "call-list-run")), (None, None));
    assert!(text(&panel, "call-list-status").is_some() && text(&panel, "call-list-progress").is_some());
    update(&mut panel, CallListEvent::Minimise);
    assert_eq!(drawn(&panel), Some(120));
}

#[test]
fn several_numbers_are_to_be_chosen_from_until_the_turn_comes() {
    let two = vec![
        CallListNumber { e164: "+4930".into(), text: "+49 30".into() },
        CallListNumber { e164: "+4931".into(), text: "+49 31".into() },
    ];
    let with = |state| CallListEntry { numbers: two.clone(), chosen: Some("+4931".into()), ..entry(1, state) };
    let panel = showing(running(1, vec![with(CallListState::Waiting)]));
    let view = panel.card_view(&english(), &PlainLocale, NOW);
    let select = view.find("call-list-number").expect("a choice");
    assert_eq!((select.value.as_deref(), select.children.len()), (Some("+4931"), 2));
    assert_eq!(select.attribute("aria-label"), Some("Number of Client 1"));
    let panel = showing(running(1, vec![with(CallListState::Calling)]));
    assert_eq!(text(&panel, "call-list-number"), None);
    assert!(text(&panel, "call-list-entries").expect("entries").contains("+49 31"));
}
