//! Calls whose webhooks were lost are fetched from the provider, once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, COMPANY, PATIENCE, items, now, number, the_note},
    provider::line,
    stack::{flow, shared},
};

/// Those that list past calls.
const LISTING: [&str; 4] = ["twilio", "zadarma", "plivo", "ringcentral"];
const CALLS: usize = 3;

async fn caught_up(account: &Account, from: i64) -> Value {
    let started = account.api(account.admin, Method::POST, "/catch-up", Some(json!({"from": from}))).await;
    assert_eq!(started.status, 202, "{}", started.text);
    account
        .ends
        .until("the past calls", PATIENCE, async || {
            let diagnostics = account.get("/diagnostics").await;
            let view = diagnostics.body["catchUp"].clone();
            if view["running"] == false { Ok(view) } else { Err(diagnostics.text) }
        })
        .await
}

#[test]
fn calls_that_were_missed_appear_once_and_a_second_run_adds_nothing() {
    flow(async {
        Account::at_each(shared().await, &LISTING, async |account, provider| {
            let own = line(provider, 1);
            let start = now() - 1800;
            account.seed_contact("Known", &number(1), account.users[0]).await;
            for call in 0..CALLS {
                let (id, at) = (format!("c{call}"), start + 300 * i64::try_from(call).expect("small"));
                let from = number(1);
                let ring = json!({"kind": "ring", "callId": id, "at": at, "from": from, "to": COMPANY, "lines": [own], "lost": call != 0});
                account.acted(provider, ring).await;
                account.acted(provider, json!({"kind": "answer", "callId": id, "at": at + 10, "lost": call != 0})).await;
                account.acted(provider, json!({"kind": "hangup", "callId": id, "duration": 40 + call, "lost": call != 0})).await;
            }
            // Only the first one was ever told.
            let before = account.settled().await;
            assert_eq!(items(&before, "notes").len(), 1, "{provider}");
            let view = caught_up(&account, start - 600).await;
            assert!(view["problem"].is_null(), "{provider}: {view}");
            assert_eq!(view["added"], CALLS - 1, "{provider}: {view}");
            let state = account.settled().await;
            for call in 0..CALLS {
                let note = the_note(&state, &account.provider_id(provider, &format!("c{call}")).await).clone();
                assert_eq!(note["params"]["duration"], 40 + call, "{provider}");
                assert_eq!(note["params"]["call_responsible"], account.users[1], "{provider}");
            }
            let again = caught_up(&account, start - 600).await;
            assert_eq!(again["added"], 0, "{provider}: {again}");
            let state = account.settled().await;
            assert_eq!(items(&state, "notes").len(), CALLS, "{provider}");
        })
        .await;
    });
}
