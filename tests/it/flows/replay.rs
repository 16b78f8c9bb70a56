//! Today's rules on a stored call, with nothing done by it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, talk},
    stack::{flow, shared},
};

async fn replay(account: &Account, call: &str) -> Value {
    let path = format!("/calls/{}/replay", account.id_of(call).await);
    let replayed = account.api(account.admin, Method::POST, &path, Some(json!({}))).await;
    assert_eq!(replayed.status, 200, "{}", replayed.text);
    assert!(replayed.body["was"].as_array().is_some_and(|was| !was.is_empty()), "{}", replayed.text);
    replayed.body
}

/// Whether a step of what would be done names this.
fn would(replayed: &Value, word: &str) -> bool {
    let steps = replayed["would"].as_array().expect("steps");
    assert!(steps.iter().all(|step| step["why"].as_str().is_some_and(|why| !why.is_empty())), "{replayed}");
    steps.iter().any(|step| step["what"].as_str().is_some_and(|what| what.to_lowercase().contains(word)))
}

fn writes(state: &Value) -> usize {
    items(state, "requests").iter().filter(|request| request["method"] != "GET").count()
}

#[test]
fn changed_rules_would_do_something_else_and_unchanged_ones_the_same() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.seed_contact("Nora Klein", &number(1), account.users[2]).await;
            account
                .report(
                    ["ringing", "missed"].map(|status| event("miss", &number(1), status, json!({"extension": "102"}))),
                )
                .await;
            account.report(talk("new", &number(2))).await;
            let before = account.settled().await;
            for call in ["miss", "new"] {
                let same = replay(&account, call).await;
                assert_eq!(same["differs"], false, "{call}: {same:#}");
                assert!(would(&same, "note"), "{call}: {same:#}");
            }
            assert!(would(&replay(&account, "miss").await, "task"));

            account.set(json!({"missed": {"task": false}, "inboundUnknown": {"create": "incoming_lead"}})).await;
            let other = replay(&account, "miss").await;
            assert_eq!(other["differs"], true, "{other:#}");
            assert!(!would(&other, "task") && would(&other, "note"), "{other:#}");
            let other = replay(&account, "new").await;
            assert_eq!(other["differs"], true, "{other:#}");
            assert!(would(&other, "incoming lead"), "{other:#}");

            let after = account.settled().await;
            assert_eq!(writes(&after), writes(&before), "a replay writes nothing");
            for list in ["notes", "tasks", "contacts", "leads", "unsorted"] {
                assert_eq!(after[list], before[list], "{list}");
            }
        })
        .await;
    });
}

#[test]
fn only_an_administrator_replays_and_only_the_accounts_own_calls() {
    flow(async {
        let stack = shared().await;
        let (account, elsewhere) = (Account::ready(stack).await, Account::ready(stack).await);
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        let path = format!("/calls/{}/replay", account.id_of("c").await);
        account.api(account.users[1], Method::POST, &path, Some(json!({}))).await.assert_problem(403);
        elsewhere.api(elsewhere.admin, Method::POST, &path, Some(json!({}))).await.assert_problem(404);
        account.api(account.admin, Method::POST, "/calls/nonsense/replay", Some(json!({}))).await.assert_problem(404);
    });
}
