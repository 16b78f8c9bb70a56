//! Where each kind of call lands.

use serde_json::{Value, json};

use crate::{
    account::{Account, COMPANY, event, items, number, person, talk, the_note, with_number},
    stack::{flow, shared},
};

/// Rings on 102, nobody answers.
fn missed(call: &str, number: &str, how: &str) -> [Value; 2] {
    ["ringing", how].map(|status| event(call, number, status, json!({"extension": "102"})))
}

/// User 102 dials; nobody answers unless `seconds` are talked.
fn outbound(call: &str, number: &str, seconds: Option<u32>) -> Vec<Value> {
    let side = json!({"extension": "102", "from": "102", "to": number, "direction": "outbound"});
    let mut end = side.clone();
    end["duration"] = json!(seconds);
    let how = if seconds.is_some() { "completed" } else { "missed" };
    let mut events = vec![event(call, number, "ringing", side.clone())];
    events.extend(seconds.map(|_| event(call, number, "answered", side)));
    events.push(event(call, number, how, end));
    events
}

#[test]
fn a_missed_call_is_noted_with_duration_zero_on_the_right_entity_and_gets_a_task() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let owner = account.users[2];
            let of = |contact: usize| json!({"contacts": [{"index": contact}]});
            let seeded = account
                .seed(json!({
                    "contacts": [
                        person("One Lead", &number(1), owner), person("Two Leads", &number(2), owner),
                        person("No Lead", &number(3), owner),
                    ],
                    "companies": [person("Firm", &number(4), owner)],
                    "leads": [
                        {"name": "Only", "responsible_user_id": owner, "_embedded": of(0)},
                        {"name": "Closed", "status_id": 143, "responsible_user_id": owner, "_embedded": of(0)},
                        {"name": "A", "responsible_user_id": owner, "_embedded": of(1)},
                        {"name": "B", "responsible_user_id": owner, "_embedded": of(1)},
                    ],
                }))
                .await;
            let expected = [
                ("one", number(1), "leads", &seeded["leads"][0], "missed"),
                ("two", number(2), "contacts", &seeded["contacts"][1], "busy"),
                ("none", number(3), "contacts", &seeded["contacts"][2], "cancelled"),
                ("firm", number(4), "companies", &seeded["companies"][0], "voicemail"),
            ];
            for (call, number, _, _, how) in &expected {
                account.report(missed(call, number, how)).await;
            }
            let state = account.settled().await;
            for (call, _, kind, id, how) in &expected {
                let note = the_note(&state, call);
                assert_eq!((&note["entity_type"], &note["entity_id"]), (&json!(kind), *id), "{call}");
                assert_eq!(note["params"]["duration"], 0, "{call}");
                assert_eq!(note["params"]["call_status"], if *how == "busy" { 7 } else { 6 }, "{call}");
                assert_eq!(note["params"]["call_responsible"], account.users[1], "{call}");
                let tasks: Vec<&Value> =
                    items(&state, "tasks").iter().filter(|task| task["entity_id"] == **id).collect();
                assert_eq!(tasks.len(), 1, "{call}");
                assert_eq!(tasks[0]["responsible_user_id"], owner, "{call}");
            }
            assert_eq!((items(&state, "notes").len(), items(&state, "tasks").len()), (4, 4));
            assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (3, 4));
        })
        .await;
    });
}

#[test]
fn outbound_calls_are_noted_and_a_new_number_becomes_a_contact_with_a_lead() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let known = account.seed_contact("Known", &number(1), account.admin).await;
            account.report(outbound("known", &number(1), Some(12))).await;
            account.report(outbound("new", &number(2), Some(7))).await;
            account.report(outbound("unanswered", &number(3), None)).await;
            let state = account.settled().await;
            for (call, seconds) in [("known", 12), ("new", 7), ("unanswered", 0)] {
                let note = the_note(&state, call);
                assert_eq!(note["note_type"], "call_out", "{call}");
                assert_eq!(note["params"]["duration"], seconds, "{call}");
                assert_eq!(note["params"]["call_responsible"], account.users[1], "{call}");
            }
            assert_eq!(the_note(&state, "known")["entity_id"], known);
            for index in [2, 3] {
                let contacts = with_number(&state, "contacts", &number(index));
                assert_eq!(contacts.len(), 1);
                assert_eq!(contacts[0]["responsible_user_id"], account.users[1]);
            }
            assert_eq!((items(&state, "leads").len(), items(&state, "tasks").len()), (2, 0));
        })
        .await;
    });
}

#[test]
fn an_unmapped_line_is_named_in_the_note_and_in_the_journal() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let mut events = talk("c", &number(1));
            events.iter_mut().for_each(|event| event["extension"] = json!("777"));
            account.report(events).await;
            let state = account.settled().await;
            let note = the_note(&state, "c");
            assert!(note["params"]["call_result"].as_str().is_some_and(|text| text.contains("777")), "{note}");
            assert_eq!(account.call("c").await["unmappedExtensions"], json!(["777"]));
        })
        .await;
    });
}

#[test]
fn calls_between_lines_and_calls_without_a_number_are_only_journalled() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let before = items(&account.settled().await, "requests").len();
            for mut report in talk("internal", "101") {
                report["to"] = json!("102");
                account.post(report).await;
            }
            for withheld in ["", "anonymous"] {
                account.report(talk(&format!("withheld-{withheld}"), withheld)).await;
            }
            let state = account.settled().await;
            for list in ["contacts", "leads", "notes", "tasks", "unsorted"] {
                assert!(items(&state, list).is_empty(), "{list}");
            }
            let internal = account.call("internal").await;
            assert_eq!(
                (&internal["callType"], &internal["deliveryStatus"]),
                (&json!("internal"), &json!("not_written"))
            );
            assert_eq!(account.call("withheld-").await["deliveryStatus"], "not_written");
            assert_eq!(items(&state, "requests").len(), before, "nobody is looked up");
        })
        .await;
    });
}

#[test]
fn a_number_in_another_form_is_the_same_caller_and_a_longer_one_is_not() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let contact = account.seed_contact("Known", "(415) 555-0001", account.admin).await;
            account.seed_contact("Somebody else", "+494155550001", account.admin).await;
            account.report(talk("c", "+1 415 555 0001")).await;
            let state = account.settled().await;
            assert_eq!(the_note(&state, "c")["entity_id"], contact);
            assert_eq!(items(&state, "contacts").len(), 2);
            assert_eq!(account.call("c").await["toNumber"], COMPANY);
        })
        .await;
    });
}

#[test]
fn a_late_recording_is_put_into_the_note_that_is_there() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.report(talk("c", &number(1))).await;
            account.settled().await;
            let recording = "https://pbx.example/r/1.mp3";
            account
                .post(event(
                    "c",
                    &number(1),
                    "completed",
                    json!({"extension": "102", "duration": 30, "recording": recording}),
                ))
                .await;
            let state = account.settled().await;
            let note = the_note(&state, "c");
            assert_eq!(note["params"]["link"], recording);
            assert_eq!(note["params"]["duration"], 30);
        })
        .await;
    });
}
