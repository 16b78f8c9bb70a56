//! Unknown callers as incoming leads, where the settings want that.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, talk, the_note},
    live::Live,
    stack::{flow, shared},
};

/// Unknown callers become incoming leads that somebody accepts by hand.
fn by_hand() -> Value {
    json!({"callFeedback": false, "inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})
}

/// The lead inside an incoming lead.
fn lead_of(incoming: &Value) -> &Value {
    &incoming["_embedded"]["leads"][0]["id"]
}

#[test]
fn a_caller_becomes_one_incoming_lead_that_later_calls_reuse_until_somebody_accepts_it() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
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
        })
        .await;
    });
}

#[test]
fn an_answered_call_accepts_its_incoming_lead_where_the_settings_say_so() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
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
        })
        .await;
    });
}

#[test]
fn an_incoming_lead_whose_answer_was_lost_exists_once() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})).await;
            account.fault(json!({"method": "POST", "path": "/api/v4/leads/unsorted/sip", "kind": "drop_after"})).await;
            account.report(talk("c", &number(1))).await;
            let state = account.settled().await;
            assert_eq!((items(&state, "unsorted").len(), items(&state, "notes").len()), (1, 1));
        })
        .await;
    });
}

#[test]
fn without_incoming_leads_in_the_account_a_contact_and_a_lead_are_made() {
    flow(async {
        Account::in_both_plans(shared().await, json!({"isUnsortedOn": false}), async |account| {
            account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "manual"}})).await;
            account.report(talk("c", &number(1))).await;
            let state = account.settled().await;
            assert_eq!((items(&state, "unsorted").len(), items(&state, "leads").len()), (0, 1));
            the_note(&state, "c");
        })
        .await;
    });
}

#[test]
fn a_late_recording_joins_the_record_of_its_own_call_while_the_incoming_lead_waits() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.set(by_hand()).await;
            account.report(talk("first", &number(1))).await;
            account.report(talk("second", &number(1))).await;
            account.settled().await;
            let recording = "https://pbx.example/r/first.mp3";
            let end = json!({"extension": "102", "duration": 30, "recording": recording});
            account.post(event("first", &number(1), "completed", end)).await;
            account.state_when("the recording", |state| the_note(state, "first")["params"]["link"] == recording).await;
            let state = account.settled().await;
            assert_eq!((items(&state, "unsorted").len(), items(&state, "notes").len()), (1, 2));
            assert_eq!(items(&state, "unsorted")[0]["status"], "pending");
            let other = &the_note(&state, "second")["params"]["link"];
            assert!(other.as_str().is_none_or(str::is_empty), "{other}");
        })
        .await;
    });
}

#[test]
fn a_caller_whose_incoming_lead_was_declined_becomes_one_new_one() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.set(by_hand()).await;
            account.report(talk("first", &number(1))).await;
            let state = account.settled().await;
            let uid = items(&state, "unsorted")[0]["uid"].as_str().expect("a uid").to_owned();
            let path = format!("leads/unsorted/{uid}/decline");
            let by = json!({"user_id": account.users[2]});
            account.in_person(account.users[2], Method::DELETE, &path, by).await;
            account.report(talk("second", &number(1))).await;
            let state = account.settled().await;
            let incoming = items(&state, "unsorted");
            assert_eq!(incoming.len(), 2, "one declined, one new: {incoming:#?}");
            assert_eq!((&incoming[0]["status"], &incoming[1]["status"]), (&json!("declined"), &json!("pending")));
            assert_eq!(the_note(&state, "second")["entity_id"], *lead_of(&incoming[1]));
        })
        .await;
    });
}

#[test]
fn calls_after_somebody_accepted_the_incoming_lead_go_to_its_lead() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.set(by_hand()).await;
            account.report(talk("first", &number(1))).await;
            let state = account.settled().await;
            let incoming = items(&state, "unsorted")[0].clone();
            let path = format!("leads/unsorted/{}/accept", incoming["uid"].as_str().expect("a uid"));
            account.in_person(account.users[2], Method::POST, &path, json!({})).await;
            account.report(talk("second", &number(1))).await;
            let state = account.settled().await;
            assert_eq!((items(&state, "unsorted").len(), items(&state, "notes").len()), (1, 2));
            assert_eq!((items(&state, "contacts").len(), items(&state, "leads").len()), (1, 1));
            for call in ["first", "second"] {
                assert_eq!(the_note(&state, call)["entity_id"], *lead_of(&incoming), "{call}");
            }
        })
        .await;
    });
}

#[test]
fn the_manager_accepts_from_the_card_in_the_own_name() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            account.set(by_hand()).await;
            let user = account.users[1];
            account.report(talk("c", &number(1))).await;
            let state = account.settled().await;
            let lead = lead_of(&items(&state, "unsorted")[0]).clone();
            account.post(event("next", &number(1), "ringing", json!({"extension": "102"}))).await;
            let mut tab = Live::open(&account, user).await;
            let id = account.id_of("next").await;
            let greeting = tab.frames[0].clone();
            let card = greeting["cards"].as_array().into_iter().flatten().find(|card| card["id"] == json!(id));
            if card.is_none_or(|card| card["acceptable"] != true) {
                tab.until("a card to accept from", |frame| frame["id"] == json!(id) && frame["acceptable"] == true)
                    .await;
            }
            let path = format!("/calls/{id}/accept");
            account.api(account.users[2], Method::POST, &path, Some(json!({}))).await.assert_problem(404);
            let accepted = account.api(user, Method::POST, &path, Some(json!({}))).await;
            assert_eq!((accepted.status, &accepted.body["acceptable"]), (200, &json!(false)), "{}", accepted.text);
            tab.until("a card with nothing to accept", |frame| {
                frame["id"] == json!(id) && frame["acceptable"] == false
            })
            .await;
            // The card says so at once; Kommo hears of it beside that.
            let state =
                account.state_when("the acceptance", |state| items(state, "unsorted")[0]["status"] == "accepted").await;
            let lead = items(&state, "leads").iter().find(|item| item["id"] == lead).expect("the lead");
            assert_eq!(lead["created_by"], user, "accepted in the name of who asked");
            let again = account.api(user, Method::POST, &path, Some(json!({}))).await;
            assert!(again.status < 500, "{}", again.text);
        })
        .await;
    });
}

#[test]
fn an_acceptance_that_kommo_refuses_at_first_is_tried_again() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"inboundUnknown": {"create": "incoming_lead", "accept": "on_answer"}})).await;
        let mut fault = json!({"method": "POST", "path": "/api/v4/leads/unsorted/", "ends": "/accept"});
        (fault["kind"], fault["status"], fault["times"]) = (json!("status"), json!(400), json!(2));
        account.fault(fault).await;
        account.report(talk("c", &number(1))).await;
        let state = account.settled().await;
        assert_eq!(items(&state, "unsorted").len(), 1);
        assert_eq!(items(&state, "unsorted")[0]["status"], "accepted");
        assert_eq!(the_note(&state, "c")["entity_id"], items(&state, "leads")[0]["id"]);
    });
}
