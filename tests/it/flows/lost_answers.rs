//! A write whose answer is lost is looked for before it is repeated, and so happens once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    account::{Account, event, items, now, number, person, talk, the_note, with_number},
    stack::{flow, shared},
};

#[test]
fn a_second_call_of_an_unknown_number_while_the_first_create_hangs_joins_its_contact_and_lead() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.fault(json!({"method": "POST", "path": "/api/v4/leads/complex", "kind": "drop_after"})).await;
            account.report(talk("first", &number(1))).await;
            account.state_when("the first create", |state| items(state, "leads").len() == 1).await;
            let later = now() + 20;
            for mut report in talk("second", &number(1)) {
                report["startTime"] = json!(later);
                account.post(report).await;
            }
            let state = account.settled().await;
            assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (1, 1));
            assert_eq!(items(&state, "notes").len(), 2);
            let lead = &items(&state, "leads")[0]["id"];
            for call in ["first", "second"] {
                assert_eq!(the_note(&state, call)["entity_id"], *lead);
            }
        })
        .await;
    });
}

/// What each of the callers loses: the note's path is that of a contact without leads.
const LOSSES: [(&str, &str); 4] = [
    ("/api/v4/contacts/notes", "drop_after"),
    ("/api/v4/contacts/notes", "drop_before"),
    ("/api/v4/tasks", "drop_after"),
    ("/api/v4/tasks", "drop_before"),
];

#[test]
fn notes_and_tasks_whose_answer_was_lost_are_written_once() {
    flow(async {
        let stack = shared().await;
        let mut flows = Vec::new();
        for ((path, kind), with_webhooks) in LOSSES.into_iter().flat_map(|loss| [(loss, true), (loss, false)]) {
            flows.push(async move {
                let account = Account::ready_with(stack, json!({"webhooksPlan": with_webhooks})).await;
                let contact = account.seed_contact("Nora Klein", &number(1), account.users[2]).await;
                account.fault(json!({"method": "POST", "path": path, "kind": kind})).await;
                let missed =
                    ["ringing", "missed"].map(|status| event("c", &number(1), status, json!({"extension": "102"})));
                account.report(missed).await;
                let state = account.settled().await;
                assert_eq!(the_note(&state, "c")["entity_id"], contact, "{path} {kind}");
                assert_eq!(items(&state, "notes").len(), 1, "{path} {kind}");
                assert_eq!(items(&state, "tasks").len(), 1, "{path} {kind}");
                assert_eq!(items(&state, "tasks")[0]["entity_id"], contact, "{path} {kind}");
                let lost = items(&state, "requests").iter().any(|request| request["dropped"] == true);
                assert!(lost, "{path} {kind}: nothing was lost");
            });
        }
        join_all(flows).await;
    });
}

#[test]
fn a_note_whose_answer_was_lost_and_whose_lead_was_deleted_is_written_on_the_contact() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let owner = account.users[2];
            let lead = json!({"name": "Deal", "_embedded": {"contacts": [{"index": 0}]}});
            let people = json!({"contacts": [person("Nora Klein", &number(1), owner)], "leads": [lead]});
            let seeded = account.seed(people).await;
            let (contact, lead) = (&seeded["contacts"][0], seeded["leads"][0].as_u64().expect("an id"));
            account.fault(json!({"method": "POST", "path": "/api/v4/leads/notes", "kind": "drop_after"})).await;
            // Nothing is found out before the lead is gone.
            let notes = format!("/api/v4/leads/{lead}/notes");
            account.fault(json!({"method": "GET", "path": notes, "kind": "status", "status": 503, "times": 2})).await;
            account.report(talk("c", &number(1))).await;
            account.state_when("the first note", |state| !items(state, "notes").is_empty()).await;
            account.delete_in_person(owner, "leads", lead).await;
            let state = account.settled().await;
            let alive: Vec<_> =
                items(&state, "notes").iter().filter(|note| note["entity_type"] == "contacts").collect();
            assert_eq!(alive.len(), 1, "{state}");
            assert_eq!(alive[0]["entity_id"], *contact);
        })
        .await;
    });
}

#[test]
fn a_create_that_never_reached_kommo_is_repeated_once() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.fault(json!({"method": "POST", "path": "/api/v4/leads/complex", "kind": "drop_before"})).await;
            account.report(talk("c", &number(1))).await;
            let state = account.settled().await;
            assert_eq!(with_number(&state, "contacts", &number(1)).len(), 1);
            assert_eq!((items(&state, "leads").len(), items(&state, "notes").len()), (1, 1));
        })
        .await;
    });
}

#[test]
fn a_lookup_that_hangs_holds_up_no_webhook() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.fault(json!({"path": "/api/v4/contacts", "kind": "delay", "ms": 4000, "times": 2})).await;
            let started = std::time::Instant::now();
            account.report(talk("c", &number(1))).await;
            assert!(started.elapsed() < Duration::from_secs(3), "three webhooks took {:?}", started.elapsed());
            let state = account.settled().await;
            the_note(&state, "c");
        })
        .await;
    });
}
