//! An object renews its access by itself; one whose alarm is lost is woken in good time.

use serde_json::{Value, json};

use crate::{
    account::{Account, items, number, talk},
    stack::{Stack, flow},
    worker::d1_of,
};

const TOKEN: &str = "/oauth2/access_token";
const DAY: i64 = 24 * 60 * 60;

fn requests(state: &Value, path: &str) -> usize {
    items(state, "requests")
        .iter()
        .filter(|request| request["path"].as_str().is_some_and(|known| known.starts_with(path)))
        .count()
}

/// D1 heard of every object for the last time so many days ago.
fn silent_for(stack: &Stack, days: i64) {
    let sql = format!("UPDATE kommo_auth_tokens SET seen_at = unixepoch() - {}", days * DAY);
    d1_of(&stack.state(), &["execute", "DB", "--command", &sql]);
}

#[test]
fn only_objects_that_were_silent_for_a_month_are_woken_and_renew_their_access() {
    flow(async {
        // Any upkeep renews a token that ends so soon.
        let mut stack = Stack::with(json!({"searchLag": 120, "accessLifetime": 4 * 60 * 60})).await;
        let account = Account::ready(&stack).await;
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        stack.kill();
        silent_for(&stack, 29);
        stack.start_again().await;
        let before = requests(&account.state().await, TOKEN);
        stack.ends.run_schedule().await;
        // What the waking asks for comes before anything else of its own: a call that is through says that none was.
        account.report(talk("meanwhile", &number(2))).await;
        assert_eq!(requests(&account.settled().await, TOKEN), before, "it showed itself 29 days ago");
        stack.kill();
        silent_for(&stack, 31);
        stack.start_again().await;
        stack.ends.run_schedule().await;
        let state = account.state_when("a renewal", |state| requests(state, TOKEN) > before).await;
        assert_eq!(requests(&state, TOKEN), before + 1);
        // It has shown itself.
        stack.ends.run_schedule().await;
        account.report(talk("after", &number(3))).await;
        assert_eq!(requests(&account.settled().await, TOKEN), before + 1);
    });
}

#[test]
fn an_object_that_wakes_again_asks_kommo_nothing_but_what_its_call_needs() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120})).await;
        let account = Account::ready(&stack).await;
        account.report(talk("first", &number(1))).await;
        account.settled().await;
        let before = requests(&account.state().await, "/api/v4/webhooks");
        assert!(before > 0);
        stack.kill();
        stack.start_again().await;
        account.report(talk("second", &number(1))).await;
        let state = account.settled().await;
        assert_eq!(requests(&state, "/api/v4/webhooks"), before, "the subscription was looked at an hour ago at most");
    });
}
