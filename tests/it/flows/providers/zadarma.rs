//! What only Zadarma does: its registration echo, its redirect in the answer, its times without a zone.

use serde_json::json;

use crate::{
    account::{Account, COMPANY, items, number, the_note},
    provider::{credentials, lookups},
    stack::{flow, reply, shared},
};

#[test]
fn its_registration_is_echoed_as_plain_text_and_has_no_effect() {
    flow(async {
        let account = Account::ready_at(shared().await, "zadarma").await;
        let echo = reply(account.ends.http.get(format!("{}?zd_echo=a%3Cb", account.hook))).await;
        assert_eq!((echo.status, echo.text.as_str()), (200, "a<b"));
        assert!(echo.header("content-type").starts_with("text/plain"), "{:?}", echo.headers);
        let long = reply(account.ends.http.get(format!("{}?zd_echo={}", account.hook, "x".repeat(5000)))).await;
        assert!(long.text.len() <= 600, "{} bytes come back", long.text.len());
        assert_eq!(account.get("/calls").await.body["calls"], json!([]));
    });
}

#[test]
fn a_client_of_an_owner_is_sent_to_the_owners_extension_without_a_request_to_kommo() {
    flow(async {
        let account = Account::ready_at(shared().await, "zadarma").await;
        account.seed_contact("Known", &number(1), account.users[2]).await;
        // The first call fills the phone index.
        account.talk_at("zadarma", "first", &number(1), 0, 9).await;
        account.settled().await;
        let before = lookups(&account.state().await);
        let ring = json!({"kind": "ring", "callId": "second", "from": number(1), "to": COMPANY});
        let answers = account.acted("zadarma", ring).await;
        assert_eq!(answers[0]["body"]["redirect"], "103", "{answers:?}");
        assert!(answers[0]["contentType"].as_str().is_some_and(|kind| kind.starts_with("application/json")));
        let after = account.state().await;
        assert_eq!(lookups(&after), before, "{:?}", items(&after, "requests").last());
        account.acted("zadarma", json!({"kind": "miss", "callId": "second"})).await;
        account.settled().await;
    });
}

#[test]
fn its_times_are_read_in_the_zone_of_its_account() {
    flow(async {
        let mut account = Account::new(shared().await, json!({})).await;
        account.install_patiently().await;
        account.connected().await;
        // The zone is asked for when the credentials are checked.
        let customer =
            json!({"provider": "zadarma", "credentials": credentials("zadarma", account.id), "zone": "Europe/Berlin"});
        account.register(customer).await;
        account.connect("zadarma").await;
        account.seed_contact("Known", &number(1), account.users[0]).await;
        let ring = json!({
            "kind": "ring", "callId": "c", "from": number(1), "to": COMPANY, "lines": ["102"],
            "callStart": "2026-07-01 12:00:00",
        });
        account.acted("zadarma", ring).await;
        account.acted("zadarma", json!({"kind": "answer", "callId": "c"})).await;
        account.acted("zadarma", json!({"kind": "hangup", "callId": "c", "duration": 20})).await;
        let state = account.settled().await;
        let note = the_note(&state, &account.provider_id("zadarma", "c").await).clone();
        // 2026-07-01 10:00:00 UTC.
        assert_eq!(note["created_at"], 1_782_900_000, "{note}");
    });
}
