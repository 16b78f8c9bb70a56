//! Kommo may count its limit by address, and all accounts of a deployment share one: then they share the slots.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, busiest_second, items, number, talk, the_note},
    stack::{Stack, flow, reply},
};

const ACCOUNTS: usize = 4;
const CALLS: usize = 6;

fn call(at: usize, index: usize) -> String {
    format!("shared-{at}-{index}")
}

/// A Worker whose accounts share the slots, before a Kommo that counts like this.
async fn shared_slots(rate_scope: &str) -> Stack {
    let mut stack = Stack::with(json!({"searchLag": 120, "rateScope": rate_scope})).await;
    stack.kill();
    stack.start_with("KOMMO_RATE_SCOPE", "deployment").await;
    stack
}

async fn accounts(stack: &Stack, count: usize) -> Vec<Account> {
    let mut accounts = Vec::new();
    for _ in 0..count {
        accounts.push(Account::ready(stack).await);
    }
    accounts
}

/// Strangers call everybody at once.
async fn all_call(accounts: &[Account]) {
    let mut calls = Vec::new();
    for (at, account) in accounts.iter().enumerate() {
        for index in 0..CALLS {
            let (account, talk) = (account.clone(), talk(&call(at, index), &number(at * 100 + index)));
            calls.push(async move { account.report(talk).await });
        }
    }
    join_all(calls).await;
}

/// Waits until everything is in Kommo, once; gives the requests of all accounts.
async fn all_delivered(accounts: &[Account]) -> Vec<Value> {
    let mut requests = Vec::new();
    for (at, account) in accounts.iter().enumerate() {
        let state = account.settled().await;
        for index in 0..CALLS {
            the_note(&state, &call(at, index));
        }
        for list in ["contacts", "leads", "notes"] {
            assert_eq!(items(&state, list).len(), CALLS, "{list}");
        }
        requests.extend(items(&state, "requests").iter().cloned());
    }
    requests
}

fn assert_shared(requests: &[Value]) {
    let refused: Vec<&Value> =
        requests.iter().filter(|request| request["status"] == 429 || request["status"] == 403).collect();
    assert!(refused.is_empty(), "{refused:?}");
    let busiest = busiest_second(requests);
    assert!(busiest <= 7, "{busiest} requests in one second of all accounts");
}

#[test]
fn accounts_that_share_the_slots_are_never_above_seven_a_second_together_and_all_is_delivered() {
    flow(async {
        for counted in ["address", "account"] {
            let stack = shared_slots(counted).await;
            let accounts = accounts(&stack, ACCOUNTS).await;
            all_call(&accounts).await;
            assert_shared(&all_delivered(&accounts).await);
            assert_eq!(reply(stack.ends.http.get(format!("{}/health", stack.ends.worker))).await.body["status"], "ok");
        }
    });
}

#[test]
fn shared_slots_outlive_the_death_of_everybody_who_holds_them() {
    flow(async {
        let mut stack = shared_slots("address").await;
        let accounts = accounts(&stack, ACCOUNTS).await;
        all_call(&accounts).await;
        for (already, account) in accounts.iter().take(2).enumerate() {
            account.state_when("something to be written", |state| items(state, "contacts").len() > already).await;
            stack.kill();
            stack.start_again().await;
        }
        assert_shared(&all_delivered(&accounts).await);
    });
}

#[test]
fn a_block_of_one_account_pauses_all_who_share_its_address_and_everything_arrives_afterwards() {
    flow(async {
        let stack = shared_slots("address").await;
        let accounts = accounts(&stack, 3).await;
        accounts[0].fault(json!({"path": "/api/v4/contacts", "kind": "html"})).await;
        accounts[0].report(talk(&call(0, 0), &number(0))).await;
        let is_blocked = |request: &Value| request["status"] == 403;
        accounts[0].state_when("the block", |state| items(state, "requests").iter().any(is_blocked)).await;
        let health = || async { reply(stack.ends.http.get(format!("{}/health", stack.ends.worker))).await.body };
        stack
            .ends
            .until("the health to tell of the pause", PATIENCE, async || match health().await {
                health if health["status"] == "paused" => Ok(()),
                health => Err(health.to_string()),
            })
            .await;
        all_call(&accounts).await;
        let diagnostics = accounts[2].get("/diagnostics").await;
        assert!(diagnostics.body["pausedUntil"].is_i64(), "{}", diagnostics.text);
        assert!(diagnostics.body["problems"].to_string().contains("all its accounts"), "{}", diagnostics.text);
        let requests = all_delivered(&accounts).await;
        let at = |request: &Value| request["at"].as_f64().expect("a time");
        let blocked = requests.iter().find(|request| is_blocked(request)).map(at).expect("the block");
        let next = requests.iter().map(at).filter(|moment| *moment > blocked + 1.0).fold(f64::INFINITY, f64::min);
        assert!(next - blocked >= 50.0, "somebody asked after {} s", next - blocked);
        assert!(busiest_second(&requests) <= 7);
        assert_eq!(health().await["status"], "ok");
    });
}

#[test]
fn where_each_account_has_its_own_slots_none_slows_another() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120})).await;
        let accounts = accounts(&stack, 3).await;
        all_call(&accounts).await;
        let requests = all_delivered(&accounts).await;
        let busiest = busiest_second(&requests);
        assert!(busiest > 7, "together they were never above {busiest} a second");
    });
}

#[test]
fn without_its_gate_nothing_is_sent_everything_is_kept_and_it_is_said() {
    flow(async {
        let mut stack = shared_slots("address").await;
        let accounts = accounts(&stack, 2).await;
        stack.kill();
        stack.start_without_gate().await;
        let before = items(&accounts[0].state().await, "requests").len();
        all_call(&accounts).await;
        let health = reply(stack.ends.http.get(format!("{}/health", stack.ends.worker))).await;
        assert_eq!((health.status, &health.body["status"]), (503, &json!("gate_unreachable")), "{}", health.text);
        let diagnostics = accounts[0].get("/diagnostics").await;
        assert!(diagnostics.body["problems"].to_string().contains("gate"), "{}", diagnostics.text);
        stack
            .ends
            .until("the log to say so", PATIENCE, async || {
                let log = stack.ends.log();
                if log.contains("the gate could not be asked") { Ok(()) } else { Err(log) }
            })
            .await;
        assert_eq!(items(&accounts[0].state().await, "requests").len(), before, "nothing was sent");
        stack.kill();
        stack.start_again().await;
        assert_shared(&all_delivered(&accounts).await);
    });
}
