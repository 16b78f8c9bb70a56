//! A call that rings on three lines is one call, credited to whoever talked.

use futures_util::future::join_all;
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, the_note},
    live::Live,
    stack::{flow, shared},
};

const ORDERS: usize = 20;

/// Rings on 101, 102 and 103; 102 answers and talks for 30 s.
fn reports(call: &str, number: &str) -> Vec<Value> {
    let on = |line: &str, status: &str| event(call, number, status, json!({"extension": line}));
    vec![
        on("101", "ringing"),
        on("102", "ringing"),
        on("103", "ringing"),
        on("102", "answered"),
        on("101", "missed"),
        on("103", "missed"),
        event(call, number, "completed", json!({"extension": "102", "duration": 30})),
    ]
}

#[test]
fn in_any_order_the_answered_leg_gets_one_note_and_nobody_a_task() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let mut calls = Vec::new();
            for order in 0..ORDERS {
                account.seed_contact(&format!("Caller {order}"), &number(order), account.admin).await;
                let (account, call) = (account.clone(), format!("group-{order}"));
                let mut events = reports(&call, &number(order));
                events.shuffle(&mut StdRng::seed_from_u64(order as u64));
                calls.push(async move {
                    let told: Vec<String> =
                        events.iter().map(|event| format!("{} {}", event["extension"], event["status"])).collect();
                    let started = std::time::Instant::now();
                    account.report(events).await;
                    (told, started.elapsed())
                });
            }
            let told = join_all(calls).await;
            let state = account.settled().await;
            for order in 0..ORDERS {
                let note = the_note(&state, &format!("group-{order}"));
                assert_eq!(note["params"]["duration"], 30, "order {order} of {told:?}");
                assert_eq!(note["params"]["call_responsible"], account.users[1], "order {order} of {told:?}");
                assert_eq!(note["created_by"], account.users[1], "order {order} of {told:?}");
            }
            assert_eq!(items(&state, "notes").len(), ORDERS);
            assert!(items(&state, "tasks").is_empty(), "{}", state["tasks"]);
        })
        .await;
    });
}

#[test]
fn the_cards_of_those_who_did_not_answer_close() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.set(json!({"callFeedback": false})).await;
            let mut tabs = Vec::new();
            for user in &account.users {
                tabs.push(Live::open(&account, *user).await);
            }
            account.report(reports("c", &number(1))).await;
            let id = account.call("c").await["id"].clone();
            for (index, tab) in tabs.iter_mut().enumerate() {
                tab.until("a ringing card", |frame| frame["type"] == "card" && frame["state"] == "ringing").await;
                if index == 1 {
                    tab.until("an ended card", |frame| frame["type"] == "card" && frame["state"] == "ended").await;
                    let first = tab.frames.iter().position(|frame| frame["type"] == "card");
                    let since = &tab.frames[first.expect("a card")..];
                    assert!(since.iter().all(|frame| frame["type"] == "card"), "{since:?}");
                } else {
                    tab.until("its end", |frame| frame["type"] == "closed" && frame["id"] == id).await;
                }
            }
            account.settled().await;
        })
        .await;
    });
}
