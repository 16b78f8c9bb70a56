//! Switched off, the product takes everything in and writes nothing.

use serde_json::json;

use crate::{
    account::{Account, items, number, talk, the_note},
    live::Live,
    stack::{flow, shared},
};

#[test]
fn while_switched_off_calls_are_answered_and_leave_nothing_in_kommo() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let mut tab = Live::open(&account, account.users[1]).await;
        let off = account.put("/active", json!({"active": false})).await;
        assert_eq!((off.status, &off.body), (200, &json!({"active": false})));
        assert_eq!(tab.closed().await, 4401);
        for call in 0..5 {
            account.report(talk(&format!("off-{call}"), &number(call))).await;
        }
        let state = account.settled().await;
        for list in ["contacts", "leads", "notes", "tasks", "unsorted"] {
            assert!(items(&state, list).is_empty(), "{list}");
        }
        let call = account.call("off-0").await;
        assert_eq!((&call["deliveryStatus"], &call["deliveryReason"]), (&json!("not_written"), &json!("switched off")));
        assert_eq!(account.put("/active", json!({"active": true})).await.status, 200);
        account.report(talk("on", &number(9))).await;
        let state = account.settled().await;
        the_note(&state, "on");
        for list in ["contacts", "leads", "notes"] {
            assert_eq!(items(&state, list).len(), 1, "{list}");
        }
    });
}
