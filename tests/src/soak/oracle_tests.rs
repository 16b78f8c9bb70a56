//! The oracle must see what is wrong, or a run that finds nothing says nothing.

use serde_json::{Value, json};

use super::{
    number,
    oracle::{Cast, Seeded, Wrong, judge},
    schedule::{Call, Known, Person, Schedule, Story},
};

const USERS: [u64; 3] = [11, 12, 13];

/// A talk with a stranger, then a miss of a known contact.
fn schedule() -> Schedule {
    let person = |index, known| Person { number: number(index), known };
    let call = |index: usize, story| Call {
        id: format!("call-{index}"),
        person: index,
        story,
        user: index,
        other: 2,
        seconds: 30,
        starts: 100,
        is_recorded: true,
    };
    Schedule {
        seed: 1,
        has_webhooks: false,
        people: vec![person(0, Known::Nobody), person(1, Known::Contact)],
        calls: vec![call(0, Story::Talk), call(1, Story::Miss)],
        steps: Vec::new(),
        faults: Vec::new(),
        kills: Vec::new(),
    }
}

/// What Kommo holds afterwards if all is well.
fn state() -> Value {
    let contact = |id: u64, number: String, leads: Value| {
        let phone = json!([{"field_code": "PHONE", "values": [{"value": number}]}]);
        json!({"id": id, "custom_fields_values": phone, "_embedded": {"leads": leads}})
    };
    let note = |call: usize, kind: &str, id: u64, seconds: u64, status: u64| {
        let params = json!({
            "uniq": format!("call-{call}"), "duration": seconds, "call_status": status, "phone": number(call),
            "call_responsible": USERS[call], "link": format!("https://pbx.example/r/call-{call}.mp3"),
        });
        json!({"note_type": "call_in", "entity_type": kind, "entity_id": id, "params": params})
    };
    json!({
        "contacts": [contact(50, number(0), json!([{"id": 70}])), contact(51, number(1), json!([]))],
        "leads": [{"id": 70}], "companies": [], "unsorted": [],
        "notes": [note(0, "leads", 70, 30, 4), note(1, "contacts", 51, 0, 6)],
        "tasks": [{"entity_type": "contacts", "entity_id": 51, "is_completed": false}],
        "requests": (0..7).map(|index| json!({"at": f64::from(index) / 10.0, "status": 200})).collect::<Vec<_>>(),
    })
}

/// What is found wrong once something was changed.
fn found(change: impl FnOnce(&mut Value)) -> Vec<Wrong> {
    let mut state = state();
    change(&mut state);
    let seeded = [Seeded::default(), Seeded { contact: Some(51), leads: Vec::new() }];
    let findings = judge(&schedule(), &Cast { users: &USERS, seeded: &seeded }, &state);
    findings.into_iter().map(|finding| finding.wrong).collect()
}

fn list<'a>(state: &'a mut Value, name: &str) -> &'a mut Vec<Value> {
    state[name].as_array_mut().expect("a list")
}

fn copy(state: &mut Value, name: &str) {
    let one = state[name][0].clone();
    list(state, name).push(one);
}

#[test]
fn what_is_as_it_must_be_is_not_objected_to() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn a_note_contact_or_task_that_is_missing_is_lost() {
    for name in ["notes", "contacts", "leads", "tasks"] {
        let wrong = found(|state| drop(list(state, name).pop()));
        assert!(wrong.contains(&Wrong::Lost), "{name}: {wrong:?}");
    }
    let done_too_early = found(|state| state["tasks"][0]["is_completed"] = json!(true));
    assert_eq!(done_too_early, [Wrong::Lost]);
}

#[test]
fn a_second_note_contact_lead_or_task_is_doubled() {
    for name in ["notes", "contacts", "leads", "tasks"] {
        let wrong = found(|state| copy(state, name));
        assert!(wrong.contains(&Wrong::Doubled), "{name}: {wrong:?}");
    }
}

#[test]
fn a_note_that_says_something_else_or_is_elsewhere_is_misfiled() {
    for (pointer, value) in [
        ("/notes/0/note_type", json!("call_out")),
        ("/notes/0/entity_id", json!(51)),
        ("/notes/1/entity_type", json!("leads")),
        ("/notes/0/params/duration", json!(0)),
        ("/notes/0/params/phone", json!(number(1))),
        ("/notes/0/params/call_responsible", json!(USERS[1])),
        ("/notes/0/params/call_status", json!(6)),
        ("/notes/0/params/link", json!(null)),
    ] {
        let wrong = found(|state| *state.pointer_mut(pointer).expect("a field") = value);
        assert_eq!(wrong, [Wrong::Misfiled], "{pointer}");
    }
    let moved = found(|state| state["tasks"][0]["entity_id"] = json!(50));
    assert!(moved.contains(&Wrong::Misfiled), "{moved:?}");
}

#[test]
fn an_eighth_request_within_a_second_and_a_refusal_nobody_asked_for_are_over_the_limit() {
    let eighth = |at: f64| move |state: &mut Value| list(state, "requests").push(json!({"at": at, "status": 200}));
    assert_eq!(found(eighth(0.999)), [Wrong::OverLimit]);
    assert_eq!(found(eighth(1.0)), []);
    let refused = |fault: Value| {
        move |state: &mut Value| state["requests"][0] = json!({"at": 0.0, "status": 429, "fault": fault})
    };
    assert_eq!(found(refused(Value::Null)), [Wrong::OverLimit]);
    assert_eq!(found(refused(json!("status"))), []);
}
