//! A sealing key is replaced and dropped, and nobody connects again.

use serde_json::json;

use crate::{
    account::{Account, PATIENCE, number, talk, the_note},
    stack::{Stack, flow, reply},
    worker::SEALING_KEYS,
};

const B: &str = "b:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// Waits until the operator is told that no other key than this one is needed.
async fn only_needs(stack: &Stack, key: &str) {
    let wanted = format!("Nothing is sealed with any other key than {key}:");
    stack
        .ends
        .until("everything to be sealed with one key", PATIENCE, async || {
            stack.ends.run_schedule().await;
            let said = stack.keys_needed();
            if said.contains(&wanted) { Ok(()) } else { Err(said) }
        })
        .await;
}

#[test]
fn after_a_rotation_the_old_key_may_go_and_calls_go_on_at_the_same_address() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        account.report(talk("first", &number(1))).await;
        account.settled().await;
        only_needs(&stack, "test1").await;

        stack.kill();
        stack.start_with("SEALING_KEYS", &format!("{B},{SEALING_KEYS}")).await;
        only_needs(&stack, "b").await;
        account.report(talk("second", &number(2))).await;
        account.settled().await;

        stack.kill();
        stack.start_with("SEALING_KEYS", B).await;
        account.report(talk("third", &number(3))).await;
        let state = account.settled().await;
        for call in ["first", "second", "third"] {
            the_note(&state, call);
        }
        assert_eq!(account.get("/voip").await.body["hookUrl"], account.hook);
        // Its own token renewed, its settings saved: nothing still needs the old key.
        account.set(json!({"openCard": true})).await;
        assert!(!stack.keys_needed().contains("key test1"));
        // What was never ours is refused as ever.
        let foreign = account.hook.replacen("/generic/A", "/generic/B", 1);
        reply(account.ends.http.post(foreign)).await.assert_problem(404);
    });
}

#[test]
fn an_account_that_is_not_sealed_anew_yet_keeps_its_key_needed() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        only_needs(&stack, "test1").await;
        // Nobody looked after anything with the new key yet.
        stack.kill();
        assert!(stack.keys_needed().contains("key test1: "));
        // The old key was dropped too early: what it sealed is not lost, and works again when it comes back.
        stack.start_with("SEALING_KEYS", B).await;
        stack.ends.run_schedule().await;
        assert!(stack.keys_needed().contains("still needed"));
        stack.kill();
        stack.start_with("SEALING_KEYS", &format!("{B},{SEALING_KEYS}")).await;
        assert_eq!(account.get("/voip").await.status, 200);
        only_needs(&stack, "b").await;
        account.report(talk("c", &number(1))).await;
        the_note(&account.settled().await, "c");
    });
}
