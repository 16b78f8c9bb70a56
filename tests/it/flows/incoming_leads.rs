//! Unknown callers as incoming leads, where the settings want that.

use serde_json::json;

use crate::{
    account::{Account, items, number, talk, the_note},
    stack::{flow, shared},
};

#[test]
fn a_caller_becomes_one_incoming_lead_that_later_calls_reuse_until_somebody_accepts_it() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})).await;
        account.report(talk("first", &number(1))).await;
        let state = account.settled().await;
        assert_eq!((items(&state, "unsorted").len(), items(&state, "notes").len()), (1, 1));
        account.report(talk("second", &number(1))).await;
        let state = account.settled().await;
        assert_eq!((items(&state, "unsorted").len(), items(&state, "notes").len()), (1, 2));
        let lead = &items(&state, "unsorted")[0]["_embedded"]["leads"][0]["id"];
        for call in ["first", "second"] {
            assert_eq!(the_note(&state, call)["entity_id"], *lead, "{call}");
        }
    });
}

#[test]
fn an_answered_call_accepts_its_incoming_lead_where_the_settings_say_so() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "on_answer"}})).await;
        let mut events = talk("c", &number(1)).into_iter();
        account.report(events.by_ref().take(2)).await;
        let state = account
            .state_when("the accepted lead while the talk goes on", |state| {
                items(state, "unsorted").first().is_some_and(|incoming| incoming["status"] == "accepted")
            })
            .await;
        assert!(items(&state, "notes").is_empty());
        account.report(events).await;
        let state = account.settled().await;
        let lead = &items(&state, "leads")[0];
        assert_eq!(the_note(&state, "c")["entity_id"], lead["id"]);
        assert_eq!(lead["is_unsorted"], false);
        assert_eq!(lead["responsible_user_id"], account.users[1]);
        assert_eq!((items(&state, "unsorted").len(), items(&state, "contacts").len()), (1, 1));
    });
}

#[test]
fn an_incoming_lead_whose_answer_was_lost_exists_once() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})).await;
        account.fault(json!({"method": "POST", "path": "/api/v4/leads/unsorted/sip", "kind": "drop_after"})).await;
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        assert_eq!((items(&state, "unsorted").len(), items(&state, "notes").len()), (1, 1));
    });
}

#[test]
fn without_incoming_leads_in_the_account_a_contact_and_a_lead_are_made() {
    flow(async {
        let account = Account::ready_with(shared().await, json!({"isUnsortedOn": false})).await;
        account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})).await;
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        assert_eq!((items(&state, "unsorted").len(), items(&state, "leads").len()), (0, 1));
        the_note(&state, "c");
    });
}
