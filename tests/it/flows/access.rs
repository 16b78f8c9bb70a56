//! Administrators hear that access is about to end while there is time to connect again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, event, items, number, talk, the_note},
    live::Live,
    stack::{Stack, flow},
};

pub(crate) const TOKEN: &str = "/oauth2/access_token";

pub(crate) fn refusals(state: &Value) -> usize {
    items(state, "requests").iter().filter(|request| request["path"] == TOKEN && request["status"] == 401).count()
}

fn tasks(state: &Value) -> Vec<&Value> {
    items(state, "tasks").iter().filter(|task| task["text"].to_string().contains("lose its access")).collect()
}

fn is_warning(frame: &Value) -> bool {
    frame["type"] == "notice" && frame["code"] == "access_ends"
}

#[test]
fn a_renewal_that_is_refused_twice_warns_each_administrator_and_makes_one_task_while_access_lasts() {
    flow(async {
        // Any upkeep renews a token that ends so soon.
        let stack = Stack::with(json!({"searchLag": 120, "accessLifetime": 4 * 60 * 60})).await;
        let account = Account::ready(&stack).await;
        account.set(json!({"callFeedback": false})).await;
        let mut admin = Live::open(&account, account.admin).await;
        let mut colleague = Live::open(&account, account.users[1]).await;
        account.fault(json!({"path": TOKEN, "kind": "status", "status": 401, "times": 1000})).await;
        account.age(0).await;
        let state = account.state_when("a refusal", |state| refusals(state) >= 1).await;
        let first = refusals(&state);
        account.report(talk("meanwhile", &number(1))).await;
        let state = account.settled().await;
        the_note(&state, "meanwhile");
        assert!(tasks(&state).is_empty(), "one refusal may be an accident");
        assert!(!admin.frames.iter().any(is_warning));

        // The answer to the task is lost: it is looked for, and there.
        account.fault(json!({"path": "/api/v4/tasks", "method": "POST", "kind": "drop_after"})).await;
        account.age(1).await;
        let notice = admin.until("the warning", is_warning).await;
        assert_eq!(notice["level"], "lasting");
        let looked_for = |request: &Value| {
            request["method"] == "GET" && request["path"].as_str().is_some_and(|path| path.starts_with("/api/v4/tasks"))
        };
        let state = account
            .state_when("the task to be looked for", |state| items(state, "requests").iter().any(looked_for))
            .await;
        assert!(refusals(&state) > first);
        account.report(talk("still", &number(1))).await;
        let state = account.settled().await;
        the_note(&state, "still");
        let [task] = tasks(&state)[..] else { panic!("one task: {}", state["tasks"]) };
        assert_eq!(task["responsible_user_id"], account.admin);
        let diagnostics = account.get("/diagnostics").await;
        assert_eq!(diagnostics.body["connected"], true);
        assert!(diagnostics.body["problems"].to_string().contains("lose its access"), "{}", diagnostics.text);

        // It is said once to each, also to whoever comes later; and a further upkeep makes no second task.
        account.age(1).await;
        let refused = refusals(&state);
        account.state_when("one more refusal", |state| refusals(state) > refused).await;
        let mut again = Live::open(&account, account.admin).await;
        let both =
            |status: &str| ["101", "102"].map(|line| event("last", &number(1), status, json!({"extension": line})));
        account.report(both("ringing")).await;
        again.until("a card", |frame| frame["type"] == "card").await;
        colleague.until("a card", |frame| frame["type"] == "card").await;
        assert!(!again.frames.iter().any(is_warning), "{:?}", again.frames);
        assert!(!colleague.frames.iter().any(is_warning), "{:?}", colleague.frames);
        account.report(both("missed")).await;
        let state = account.settled().await;
        assert_eq!(tasks(&state).len(), 1);

        account.no_more_faults().await;
        account.install_patiently().await;
        account
            .ends
            .until("the warning to end", PATIENCE, async || {
                let diagnostics = account.get("/diagnostics").await;
                if diagnostics.body["problems"].to_string().contains("lose its access") {
                    Err(diagnostics.text)
                } else {
                    Ok(())
                }
            })
            .await;
        assert_eq!(account.api(account.admin, Method::GET, "/settings", None).await.status, 200);
    });
}
