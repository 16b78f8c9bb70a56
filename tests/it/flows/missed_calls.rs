//! The follow-up task of missed calls: one for all misses of a caller, done once somebody talked with them.

use serde_json::json;

use crate::{
    account::{Account, event, items, number, talk},
    stack::{flow, shared},
};

#[test]
fn misses_of_one_caller_share_one_task_that_the_next_talk_completes() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.seed_contact("Patient", &number(1), account.admin).await;
            let missed =
                |call| ["ringing", "missed"].map(|status| event(call, &number(1), status, json!({"extension": "102"})));
            account.report(missed("first")).await;
            account.settled().await;
            account.report(missed("second")).await;
            let state = account.settled().await;
            assert_eq!((items(&state, "notes").len(), items(&state, "tasks").len()), (2, 1));
            assert_eq!(items(&state, "tasks")[0]["is_completed"], false);

            account.report(talk("third", &number(1))).await;
            let state = account.settled().await;
            assert_eq!((items(&state, "notes").len(), items(&state, "tasks").len()), (3, 1));
            assert_eq!(items(&state, "tasks")[0]["is_completed"], true);

            account.report(missed("fourth")).await;
            let state = account.settled().await;
            assert_eq!(items(&state, "tasks").len(), 2, "a task that is done serves no later miss");
        })
        .await;
    });
}
