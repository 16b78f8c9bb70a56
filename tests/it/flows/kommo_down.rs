//! Kommo may be away; what happened meanwhile arrives afterwards, once, and at Kommo's pace.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    account::{Account, items, number, talk, the_note},
    stack::{Stack, flow},
};

/// How many requests met this kind of trouble.
fn troubled(state: &Value, is_it: impl Fn(&Value) -> bool) -> usize {
    items(state, "requests").iter().filter(|request| is_it(request)).count()
}

#[test]
fn after_an_outage_everything_arrives_once_and_never_above_seven_requests_in_a_second() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        let everything =
            |kind: &str, status: u16| json!({"path": "/", "kind": kind, "status": status, "times": 10_000});
        let is_429 = |request: &Value| request["status"] == 429;
        let mut call = 0;
        for (kind, status) in [("status", 503), ("drop_before", 0), ("status", 429)] {
            let met = |state: &Value| match status {
                0 => troubled(state, |request| request["dropped"] == true),
                status => troubled(state, |request| request["status"] == status),
            };
            account.no_more_faults().await;
            account.fault(everything(kind, status)).await;
            for _ in 0..4 {
                let started = std::time::Instant::now();
                account.report(talk(&format!("down-{call}"), &number(call))).await;
                assert!(
                    started.elapsed() < Duration::from_secs(3),
                    "webhooks wait for nobody: {:?}",
                    started.elapsed()
                );
                call += 1;
            }
            account.state_when(&format!("{kind} {status} to be met twice"), |state| met(state) >= 2).await;
        }
        let state = account.state().await;
        assert!(items(&state, "notes").is_empty());
        assert!(troubled(&state, is_429) <= 20, "a 429 is not hammered against");
        account.no_more_faults().await;
        let state = account.settled().await;
        for index in 0..call {
            the_note(&state, &format!("down-{index}"));
        }
        for list in ["contacts", "leads", "notes"] {
            assert_eq!(items(&state, list).len(), call, "{list}");
        }
    });
}

#[test]
fn a_block_at_the_edge_is_waited_out() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        account.fault(json!({"path": "/api/v4/contacts", "kind": "html"})).await;
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        the_note(&state, "c");
        let at = |request: &Value| request["at"].as_f64().expect("a time");
        let requests = items(&state, "requests");
        let blocked = requests.iter().position(|request| request["status"] == 403).expect("the block");
        let next = requests.get(blocked + 1).expect("a request after the block");
        assert!(at(next) - at(&requests[blocked]) >= 30.0, "asked again after {} s", at(next) - at(&requests[blocked]));
    });
}
