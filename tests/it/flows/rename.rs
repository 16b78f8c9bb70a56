//! An account that changes its subdomain is followed.

use serde_json::{Value, json};

use crate::{
    account::{Account, items, number, talk, the_note},
    stack::{flow, shared},
};

fn hosts(state: &Value, from: usize) -> Vec<&str> {
    items(state, "requests")[from..].iter().filter_map(|request| request["host"].as_str()).collect()
}

#[test]
fn a_rename_during_a_call_is_followed_and_the_call_is_logged_once() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let voip = account.get("/voip").await.body;
        let mut events = talk("c", &number(1)).into_iter();
        account.report(events.by_ref().take(1)).await;
        let renamed = format!("{}-new", account.subdomain);
        account.ends.control("rename", json!({"accountId": account.id, "subdomain": renamed})).await;
        account.report(events).await;
        // Nobody with a token comes by: the move has to be found out from Kommo's answers.
        let state = account.state_when("the call note", |state| !items(state, "notes").is_empty()).await;
        the_note(&state, "c");
        let (old, new) = (format!("{}.kommo.com", account.subdomain), format!("{renamed}.kommo.com"));
        assert!(hosts(&state, 0).iter().all(|host| [old.as_str(), &new, "api-c.kommo.com"].contains(host)));
        let state = account.settled().await;
        for list in ["contacts", "leads", "notes"] {
            assert_eq!(items(&state, list).len(), 1, "{list}");
        }
        let before = items(&state, "requests").len();
        account.report(talk("d", &number(2))).await;
        let state = account.settled().await;
        the_note(&state, "d");
        assert!(hosts(&state, before).iter().all(|host| *host == new), "{:?}", hosts(&state, before));
        assert_eq!(account.get("/voip").await.body, voip, "the same installation, the same hook");
        assert_eq!(account.get("/diagnostics").await.body["host"], new);
    });
}

#[test]
fn a_token_of_the_new_address_is_enough_to_follow() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let renamed = format!("{}-two", account.subdomain);
        account.ends.control("rename", json!({"accountId": account.id, "subdomain": renamed})).await;
        let before = items(&account.state().await, "requests").len();
        assert_eq!(account.get("/settings").await.status, 200);
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        the_note(&state, "c");
        let new = format!("{renamed}.kommo.com");
        assert!(hosts(&state, before).iter().all(|host| *host == new), "{:?}", hosts(&state, before));
    });
}
