//! Tokens end and are renewed, whichever way Kommo treats a refresh token that was used.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, items, now, number, talk, the_note},
    stack::{Stack, flow, shared},
};

const TOKEN: &str = "/oauth2/access_token";

fn renewals(state: &Value) -> Vec<f64> {
    let asked = items(state, "requests").iter().filter(|request| request["path"] == TOKEN);
    asked.filter_map(|request| request["at"].as_f64()).collect()
}

#[test]
fn a_token_kommo_refuses_is_renewed_once_and_the_request_repeated() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let before = renewals(&account.state().await).len();
        account.fault(json!({"path": "/api/v4/", "kind": "status", "status": 401})).await;
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        the_note(&state, "c");
        assert_eq!(renewals(&state).len(), before + 1);
    });
}

#[test]
fn many_calls_at_once_wait_for_one_renewal() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let before = renewals(&account.state().await).len();
        account.fault(json!({"path": TOKEN, "kind": "delay", "ms": 800})).await;
        account.fault(json!({"path": "/api/v4/contacts", "kind": "status", "status": 401, "times": 4})).await;
        let mut calls = Vec::new();
        for call in 0..6 {
            let (account, talk) = (account.clone(), talk(&format!("c{call}"), &number(call)));
            calls.push(async move { account.report(talk).await });
        }
        join_all(calls).await;
        let state = account.settled().await;
        for call in 0..6 {
            the_note(&state, &format!("c{call}"));
        }
        let renewals = renewals(&state);
        assert!(renewals.len() <= before + 4, "{renewals:?}");
        let slow = &renewals[before..];
        assert!(slow.get(1).is_none_or(|second| second - slow[0] >= 0.8), "two renewals at once: {slow:?}");
    });
}

#[test]
fn expired_tokens_are_renewed_and_a_lost_answer_costs_nothing_while_the_old_one_lives() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120, "accessLifetime": 2, "refreshReuse": "until_new_used"})).await;
        let account = Account::ready(&stack).await;
        account.fault(json!({"path": TOKEN, "kind": "drop_after"})).await;
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        the_note(&state, "c");
        assert!(renewals(&state).len() > 2);
        assert_eq!(account.get("/diagnostics").await.body["connected"], true);
    });
}

#[test]
fn where_a_used_refresh_token_dies_at_once_a_lost_answer_costs_the_grant_but_no_call() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120, "refreshReuse": "revoked"})).await;
        let account = Account::ready(&stack).await;
        account.report(talk("before", &number(1))).await;
        the_note(&account.settled().await, "before");
        // The access token ended before its time; one that still worked would be used meanwhile.
        account.fault(json!({"path": "/api/v4/", "kind": "status", "status": 401, "times": 1000})).await;
        account.fault(json!({"path": TOKEN, "kind": "drop_after"})).await;
        account.report(talk("lost", &number(2))).await;
        account
            .ends
            .until("the account to say that it is disconnected", PATIENCE, async || {
                let asked = account.get("/settings").await;
                if asked.status == 409 { Ok(()) } else { Err(asked.text) }
            })
            .await;
        account.no_more_faults().await;
        account.report(talk("meanwhile", &number(3))).await;
        // A code is exchanged before anybody knows whose it is, so beside the account's pace.
        let last = |state: &Value| items(state, "requests").last().and_then(|request| request["at"].as_f64());
        let state = account
            .state_when("a second without requests", |state| last(state).is_some_and(|at| now() as f64 - at > 1.0))
            .await;
        assert_eq!(items(&state, "notes").len(), 1);
        account.install_patiently().await;
        account.connected().await;
        let state = account.settled().await;
        for call in ["before", "lost", "meanwhile"] {
            the_note(&state, call);
        }
        for list in ["contacts", "leads", "notes"] {
            assert_eq!(items(&state, list).len(), 3, "{list}");
        }
    });
}
