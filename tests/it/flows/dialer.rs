//! What the dialer asks: numbers in every spelling and country, and one's own latest calls.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, talk},
    stack::{Reply, flow, shared},
};

async fn judged(account: &Account, text: &str) -> Value {
    let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let reply = account.get(&format!("/numbers?text={text}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

async fn recent(account: &Account, user: u64, query: &str) -> Reply {
    account.api(user, Method::GET, &format!("/calls/recent{query}"), None).await
}

#[test]
fn a_number_is_judged_by_the_accounts_country() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let local = judged(&account, "(415) 555-0101").await;
        let expected =
            json!({"formatted": "+1 415-555-0101", "e164": "+14155550101", "valid": true, "internal": false});
        assert_eq!(local, expected);
        let settings = account.get("/settings").await.body;
        let mut german = settings;
        german["defaultRegion"] = json!("DE");
        account.set(german).await;
        let berlin = judged(&account, "030 5550100").await;
        assert_eq!((&berlin["formatted"], &berlin["valid"]), (&json!("+49 30 5550100"), &json!(true)));
        assert_eq!(judged(&account, "+1 415 555 0101").await, expected);
    });
}

#[test]
fn whatever_is_typed_is_answered_and_what_is_not_asked_is_refused() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let line = judged(&account, "102").await;
        assert_eq!((&line["internal"], &line["e164"]), (&json!(true), &Value::Null));
        let nothing = json!({"formatted": "", "e164": null, "valid": false, "internal": false});
        let long = "5".repeat(2000);
        for text in
            ["", " ", "+", "alice", "415 55", "<img src=x onerror=alert(1)>", "\u{202e}\u{1f980}", long.as_str()]
        {
            let judged = judged(&account, text).await;
            if text == "415 55" {
                assert_eq!(judged["internal"], true);
            } else {
                assert_eq!(judged, nothing, "{text}");
            }
        }
        account.get("/numbers").await.assert_problem(422);
        account.api(account.admin, Method::POST, "/numbers?text=1", Some(json!({}))).await.assert_problem(404);
        let stranger = account.request(Method::GET, "/numbers?text=1", "no token").send().await.unwrap();
        assert_eq!(stranger.status(), 401);
    });
}

#[test]
fn everybody_gets_their_own_calls_with_names_and_numbers_to_call() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"callFeedback": false})).await;
        let (first, second) = (account.users[0], account.users[1]);
        let contact = account.seed_contact("Nora Klein", &number(1), second).await;
        // Line 102 is the second user's, 101 the administrator's.
        account.report(talk("talked", &number(1))).await;
        let missed =
            ["ringing", "missed"].map(|status| event("missed", &number(2), status, json!({"extension": "102"})));
        account.report(missed).await;
        account
            .report(
                ["ringing", "missed"].map(|status| event("nobody", "anonymous", status, json!({"extension": "102"}))),
            )
            .await;
        account
            .report(["ringing", "missed"].map(|status| event("mine", &number(3), status, json!({"extension": "101"}))))
            .await;
        account.settled().await;

        let own = recent(&account, second, "").await;
        let calls = items(&own.body, "calls");
        assert_eq!(calls.len(), 3, "{}", own.text);
        let of =
            |calls: &[Value], dial: Value| calls.iter().find(|call| call["dial"] == dial).cloned().unwrap_or_default();
        let talked = of(calls, json!(number(1)));
        assert_eq!((&talked["name"], &talked["missed"]), (&json!("Nora Klein"), &json!(false)), "{talked}");
        assert_eq!((&talked["number"], &talked["callType"]), (&json!("+1 415-555-0001"), &json!("incoming")));
        assert_eq!(talked["entity"], json!({"type": "contacts", "id": contact}));
        assert_eq!(of(calls, json!(number(2)))["missed"], true);
        assert_eq!(of(calls, Value::Null)["number"], "", "nobody can be called back");

        let missed = recent(&account, second, "?missed=1").await;
        assert!(items(&missed.body, "calls").iter().all(|call| call["missed"] == true), "{}", missed.text);
        assert_eq!(items(&missed.body, "calls").len(), 2);
        // The administrator sees all calls in the journal, and here the own ones.
        let admin = recent(&account, first, "").await;
        assert_eq!(items(&admin.body, "calls").len(), 1, "{}", admin.text);
        assert_eq!(admin.body["calls"][0]["dial"], json!(number(3)));
        recent(&account, second, "?missed=x").await.assert_problem(422);
    });
}

#[test]
fn a_name_that_kommo_would_not_show_is_not_in_the_list() {
    flow(async {
        let people = json!({"users": [
            {"name": "Ada Admin", "isAdmin": true},
            {"name": "Max Modest", "rights": {"contacts": {"view": "M"}, "leads": {"view": "M"}}},
            {"name": "Olga Owner"},
        ]});
        let account = Account::ready_with(shared().await, people).await;
        account.set(json!({"callFeedback": false})).await;
        account.seed_contact("Secret merger", &number(1), account.users[2]).await;
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        let modest = recent(&account, account.users[1], "").await;
        assert_eq!(items(&modest.body, "calls").len(), 1, "{}", modest.text);
        assert!(!modest.text.contains("Secret merger"), "{}", modest.text);
        assert_eq!(modest.body["calls"][0]["dial"], json!(number(1)));
    });
}
