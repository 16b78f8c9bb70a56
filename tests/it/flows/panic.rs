//! One account's crash is no other account's business.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    account::{Account, items, number, talk, the_note},
    live::Live,
    stack::{Stack, flow, try_reply},
};

/// How long another account may notice.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_panic_in_one_account_does_not_hold_up_another_ones_running_alarm() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120})).await;
        let (struck, other) = (Account::ready(&stack).await, Account::ready(&stack).await);
        other.set(json!({"callFeedback": false})).await;
        let mut tab = Live::open(&other, other.users[1]).await;
        // The other account's alarm is asking Kommo when it happens.
        other.fault(json!({"path": "/api/v4/contacts", "kind": "delay", "ms": 1500})).await;
        let last = talk("c", &number(1)).pop().expect("three reports");
        other.post(last).await;
        other
            .state_when("the look-up under way", |state| {
                items(state, "requests")
                    .iter()
                    .any(|request| request["path"].as_str().is_some_and(|path| path.starts_with("/api/v4/contacts")))
            })
            .await;
        let crash = format!("{}/_local/panic/{}", other.ends.worker, struck.id);
        let crashed = try_reply(other.ends.http.post(crash)).await.expect("an answer");
        assert!(crashed.status >= 500, "{}", crashed.text);
        let started = Instant::now();
        let settings = other.get("/settings").await;
        assert_eq!(settings.status, 200, "{}", settings.text);
        assert!(started.elapsed() < SOON, "a request took {:?}", started.elapsed());
        let state = other.state_when("the call note", |state| !items(state, "notes").is_empty()).await;
        assert!(started.elapsed() < SOON + Duration::from_secs(1), "the alarm took {:?}", started.elapsed());
        the_note(&state, "c");
        let state = other.settled().await;
        for list in ["contacts", "leads", "notes"] {
            assert_eq!(items(&state, list).len(), 1, "{list}");
        }
        // Connections outlive it, and so does the account that was struck.
        other.post(talk("d", &number(2)).remove(0)).await;
        tab.until("the next card", |frame| frame["type"] == "card" && frame["state"] == "ringing").await;
        struck.report(talk("own", &number(1))).await;
        the_note(&struck.settled().await, "own");
    });
}
