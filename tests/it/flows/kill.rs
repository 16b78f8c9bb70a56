//! An answer of 202 means durable: a Worker that is killed delivers after its next start.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    account::{Account, delivery_id, items, now, number, talk, the_note},
    stack::{Stack, flow, reply},
};

#[test]
fn calls_accepted_just_before_a_kill_are_delivered_once_after_the_next_start() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        // At once, and again in the middle of the work on what came before.
        for (call, moment) in [("at-once", 0), ("soon", 60), ("later", 350)] {
            account.report(talk(call, &number(moment))).await;
            sleep(Duration::from_millis(moment as u64)).await;
            stack.kill();
            stack.start_again().await;
        }
        let state = account.settled().await;
        for call in ["at-once", "soon", "later"] {
            the_note(&state, call);
        }
        for list in ["contacts", "leads", "notes"] {
            assert_eq!(items(&state, list).len(), 3, "{list}");
        }
    });
}

#[test]
fn one_delivery_repeated_over_a_kill_is_answered_alike_and_counts_once() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        let [ringing, answered, completed] = talk("c", &number(1)).try_into().expect("three reports");
        account.report([ringing, answered]).await;
        let (id, body) = (delivery_id(), completed.to_string());
        for again in 0..3 {
            let taken = reply(account.delivery(&id, &body)).await;
            assert_eq!(taken.status, 202, "{}", taken.text);
            if again == 0 {
                stack.kill();
                stack.start_again().await;
            }
        }
        let other = reply(account.delivery(&id, &body.replace("30", "31"))).await;
        other.assert_problem(409);
        let state = account.settled().await;
        assert_eq!(the_note(&state, "c")["params"]["duration"], 30);
        assert_eq!((items(&state, "contacts").len(), items(&state, "notes").len()), (1, 1));
    });
}

#[test]
fn a_result_saved_just_before_a_kill_stands_in_the_one_record() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        for (call, is_written) in [("before", false), ("after", true)] {
            account.report(talk(call, &number(1))).await;
            if is_written {
                account.settled().await;
            }
            let path = format!("/calls/{}/result", account.id_of(call).await);
            let task = json!({"text": "Send the quote", "completeTill": now() + 86_400});
            let body = json!({"callStatus": 2, "text": "Wants a quote", "task": task});
            let saved = account.api(account.users[1], Method::PUT, &path, Some(body)).await;
            assert_eq!(saved.status, 200, "{}", saved.text);
            stack.kill();
            stack.start_again().await;
        }
        let state = account.settled().await;
        for call in ["before", "after"] {
            let note = &the_note(&state, call)["params"];
            assert_eq!((&note["call_status"], &note["duration"]), (&json!(2), &json!(30)), "{call}");
            assert!(note["call_result"].as_str().is_some_and(|text| text.contains("Wants a quote")), "{call}: {note}");
        }
        assert_eq!((items(&state, "notes").len(), items(&state, "tasks").len()), (2, 2));
    });
}
