//! What is kept for how long: calls as the account chose, and everything of an uninstalled account for a month.

use serde_json::{Value, json};

use crate::{
    account::{Account, PATIENCE, delivery_id, event, items, number, talk, the_note},
    stack::{flow, reply, shared},
};

impl Account {
    async fn exported_when(&self, what: &str, is_so: impl Fn(&Value) -> bool) {
        self.ends
            .until(what, PATIENCE, async || {
                let all = self.get("/export").await;
                if all.status == 200 && is_so(&all.body) { Ok(()) } else { Err(all.text) }
            })
            .await;
    }

    /// The status the provider gets for another report.
    async fn reported(&self, call: &str) -> u16 {
        let body = event(call, &number(9), "ringing", json!({"extension": "102"})).to_string();
        reply(self.delivery(&delivery_id(), &body)).await.status
    }
}

#[test]
fn calls_end_with_their_retention_whether_they_reached_kommo_or_not() {
    flow(async {
        let account = Account::ready_at(shared().await, "twilio").await;
        account.set(json!({"retentionDays": 30})).await;
        account.talk_at("twilio", "c", &number(1), 1, 30).await;
        account.settled().await;
        account.acted("twilio", json!({"kind": "recording", "callId": "c"})).await;
        let id = account.provider_id("twilio", "c").await;
        let has_link = |note: &Value| note["params"]["uniq"] == id.as_str() && note["params"]["link"].is_string();
        let state = account.state_when("the link", |state| items(state, "notes").iter().any(has_link)).await;
        let link = the_note(&state, &id)["params"]["link"].as_str().expect("a link").to_owned();
        assert_eq!(reply(account.ends.http.get(&link)).await.status, 200);
        // Kommo refuses what comes of the next call for good.
        account
            .fault(json!({"path": "/api/v4/contacts", "method": "POST", "kind": "status", "status": 400, "times": 50}))
            .await;
        account
            .fault(json!({"path": "/api/v4/leads", "method": "POST", "kind": "status", "status": 400, "times": 50}))
            .await;
        account.talk_at("twilio", "parked", &number(2), 1, 30).await;
        account
            .ends
            .until("the call to be parked", PATIENCE, async || {
                let calls = account.get("/calls").await;
                if calls.text.contains("\"parked\"") { Ok(()) } else { Err(calls.text) }
            })
            .await;

        account.age(29).await;
        assert_eq!(reply(account.ends.http.get(&link)).await.status, 200);
        assert_eq!(account.get("/calls").await.body["calls"].as_array().map(Vec::len), Some(2));

        account.age(2).await;
        reply(account.ends.http.get(&link)).await.assert_problem(404);
        account
            .exported_when("the calls to be forgotten", |all| {
                ["calls", "outbox", "people"].iter().all(|part| all[part] == json!([]))
            })
            .await;
        assert!(!account.get("/export").await.text.contains(&number(1)));
    });
}

#[test]
fn a_reinstall_within_a_month_revives_everything() {
    flow(async {
        let account = Account::ready(shared().await).await;
        account.set(json!({"openCard": true})).await;
        account.report(talk("before", &number(1))).await;
        account.settled().await;
        let uninstalled = account.ends.control("uninstall", json!({"accountId": account.id})).await;
        assert_eq!(uninstalled["status"], 200);
        account.age(29).await;
        account.ends.run_schedule().await;
        account.report(talk("meanwhile", &number(2))).await;
        account.install_patiently().await;
        account.connected().await;
        assert_eq!(account.get("/settings").await.body["openCard"], true);
        let state = account.settled().await;
        the_note(&state, "before");
        the_note(&state, "meanwhile");
        assert_eq!(account.get("/calls").await.body["calls"].as_array().map(Vec::len), Some(2));
        // The month does not go on counting.
        account.age(29).await;
        account.ends.run_schedule().await;
        account.report(talk("afterwards", &number(3))).await;
        the_note(&account.settled().await, "afterwards");
    });
}

#[test]
fn a_month_after_the_uninstall_everything_is_erased_and_the_telephone_system_is_told() {
    flow(async {
        let mut account = Account::ready(shared().await).await;
        account.set(json!({"openCard": true})).await;
        account.report(talk("before", &number(1))).await;
        account.settled().await;
        account.ends.control("uninstall", json!({"accountId": account.id})).await;
        account.get("/calls").await.assert_problem(409);
        assert_eq!(account.reported("early").await, 202);

        account.age(31).await;
        account
            .ends
            .until("the address to be gone", PATIENCE, async || match account.reported("late").await {
                410 => Ok(()),
                other => Err(other.to_string()),
            })
            .await;
        let gone = reply(account.ends.http.post(&account.hook).body("unsigned")).await;
        gone.assert_problem(410);
        assert!(gone.body["detail"].as_str().is_some_and(|detail| detail.contains("uninstalled")), "{}", gone.text);
        account.get("/calls").await.assert_problem(409);

        // Whoever installs again begins anew.
        account.install_patiently().await;
        account.connected().await;
        assert_eq!(account.get("/settings").await.body["openCard"], false);
        let all = account.get("/export").await;
        assert!(["calls", "people", "outbox", "lines"].iter().all(|part| all.body[part] == json!([])), "{}", all.text);
        let former = account.hook.clone();
        account.connect_provider().await;
        account.report(talk("anew", &number(1))).await;
        the_note(&account.settled().await, "anew");
        assert_eq!(account.hook, former);
    });
}
