//! One call, one record, in any order and any number of times.

use futures_util::future::join_all;
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::{Value, json};

use crate::{
    account::{Account, items, number, talk, the_note, with_number},
    stack::{flow, shared},
};

#[test]
fn reports_that_come_three_times_in_any_order_make_one_contact_one_lead_and_one_note() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let mut calls = Vec::new();
            for seed in 0..8 {
                let (account, call) = (account.clone(), format!("order-{seed}"));
                let talk = talk(&call, &number(seed));
                let mut events: Vec<Value> = talk.iter().cycle().take(9).cloned().collect();
                events.shuffle(&mut StdRng::seed_from_u64(seed as u64));
                calls.push(async move { account.report(events).await });
            }
            join_all(calls).await;
            let state = account.settled().await;
            for seed in 0..8 {
                let note = the_note(&state, &format!("order-{seed}"));
                assert_eq!(note["params"]["duration"], 30);
                assert_eq!(note["params"]["call_responsible"], account.users[1]);
                assert_eq!(with_number(&state, "contacts", &number(seed)).len(), 1, "contacts of seed {seed}");
            }
            for list in ["contacts", "leads", "notes"] {
                assert_eq!(items(&state, list).len(), 8, "{list}");
            }
            assert!(items(&state, "tasks").is_empty());
        })
        .await;
    });
}
