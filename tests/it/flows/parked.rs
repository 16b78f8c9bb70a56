//! What Kommo refuses for good waits for an administrator, says why, and is run again from the journal.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, event, items, number, talk, the_note},
    stack::{flow, shared},
};

/// Waits until an action is parked, and returns it.
async fn parked(account: &Account) -> Value {
    account
        .ends
        .until("a parked action", PATIENCE, async || {
            let diagnostics = account.get("/diagnostics").await;
            let actions = diagnostics.body["actions"].as_array().cloned().unwrap_or_default();
            actions.into_iter().find(|action| action["state"] == "parked").ok_or(diagnostics.text)
        })
        .await
}

#[test]
fn a_refused_note_is_parked_with_its_reason_and_written_once_when_run_again() {
    flow(async {
        Account::in_both_plans(shared().await, json!({}), async |account| {
            let contact = account.seed_contact("Nora Klein", &number(1), account.users[2]).await;
            let path = "/api/v4/contacts/notes";
            account.fault(json!({"method": "POST", "path": path, "kind": "status", "status": 403})).await;
            account.report(talk("refused", &number(1))).await;
            let action = parked(&account).await;
            assert_eq!(action["call"], json!(account.id_of("refused").await));
            assert!(action["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{action}");
            let call = account.call("refused").await;
            assert_eq!(call["deliveryStatus"], "parked");
            assert!(call["deliveryReason"].as_str().is_some_and(|reason| !reason.is_empty()), "{call}");

            // Nobody else waits for it.
            account
                .report(["ringing", "missed"].map(|how| event("next", &number(2), how, json!({"extension": "102"}))))
                .await;
            account.state_when("the next call's task", |state| !items(state, "tasks").is_empty()).await;

            let retry = format!("/outbox/{}/retry", action["id"]);
            let again = account.api(account.admin, Method::POST, &retry, Some(json!({}))).await;
            assert!((200..300).contains(&again.status), "{}", again.text);
            let state = account.settled().await;
            assert_eq!(the_note(&state, "refused")["entity_id"], contact);
            assert_eq!((items(&state, "notes").len(), items(&state, "tasks").len()), (2, 1));
            account.api(account.admin, Method::POST, "/outbox/999999/retry", Some(json!({}))).await.assert_problem(404);
        })
        .await;
    });
}

#[test]
fn what_was_parked_survives_further_reports_about_the_call() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.seed_contact("Nora Klein", &number(1), account.users[2]).await;
        let path = "/api/v4/contacts/notes";
        account.fault(json!({"method": "POST", "path": path, "kind": "status", "status": 403})).await;
        account.report(talk("c", &number(1))).await;
        let action = parked(&account).await;
        let recording = "https://pbx.example/r/1.mp3";
        let end = json!({"extension": "102", "duration": 30, "recording": recording});
        account.post(event("c", &number(1), "completed", end)).await;
        let retry = format!("/outbox/{}/retry", action["id"]);
        let again = account.api(account.admin, Method::POST, &retry, Some(json!({}))).await;
        assert!((200..300).contains(&again.status) || again.status == 404, "{}", again.text);
        account.state_when("the note", |state| !items(state, "notes").is_empty()).await;
        let state = account.settled().await;
        assert_eq!(the_note(&state, "c")["params"]["link"], recording);
    });
}

#[test]
fn a_manager_who_says_where_a_refused_call_belongs_gets_it_written_there() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.seed_contact("Nora Klein", &number(1), account.users[2]).await;
        let lead = account.seed(json!({"leads": [{"name": "Roof"}]})).await["leads"][0].clone();
        let path = "/api/v4/contacts/notes";
        account.fault(json!({"method": "POST", "path": path, "kind": "status", "status": 403})).await;
        account.report(talk("c", &number(1))).await;
        parked(&account).await;
        let result = json!({"callStatus": 4, "text": "Offer", "entity": {"type": "leads", "id": lead}});
        let path = format!("/calls/{}/result", account.id_of("c").await);
        let saved = account.api(account.admin, Method::PUT, &path, Some(result)).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        let state = account.settled().await;
        assert_eq!(the_note(&state, "c")["entity_id"], lead);
        assert_eq!(account.get("/diagnostics").await.body["actions"], json!([]), "nothing is parked any more");
    });
}
