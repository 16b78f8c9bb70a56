//! What the diagnostics say is so, and what the widget was refused is found by the reference it was shown.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, number},
    live::Live,
    stack::{flow, reply, shared},
};

#[test]
fn the_facts_follow_what_happens() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let facts = async || account.get("/diagnostics").await.body;
        let before = facts().await;
        for (fact, expected) in [
            ("connected", json!(true)),
            ("provider", json!("generic")),
            ("active", json!(true)),
            ("lastEventAt", json!(null)),
            ("refused", json!(null)),
            ("pausedUntil", json!(null)),
            ("openSockets", json!(0)),
            ("requestsAllowed", json!(420)),
            ("problems", json!([])),
        ] {
            assert_eq!(before[fact], expected, "{fact} in {before:#}");
        }
        assert!(before["tokenExpiresAt"].as_i64().is_some_and(|at| at > crate::account::now()), "{before:#}");

        let forged = account.delivery("msg_1", "{}").header("webhook-signature", "v1,AAAA");
        assert_eq!(reply(forged).await.status, 401);
        let refused = facts().await["refused"].clone();
        assert!(refused["reason"].is_string() && refused["reference"].is_string(), "{refused:#}");
        let mut tab = Live::open(&account, account.admin).await;
        account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        tab.until("the card", |frame| frame["type"] == "card").await;
        let after = facts().await;
        assert_eq!((&after["refused"], &after["openSockets"]), (&json!(null), &json!(1)), "{after:#}");
        assert!(after["lastEventAt"].is_i64(), "{after:#}");

        account.put("/active", json!({"active": false})).await;
        let off = facts().await;
        assert_eq!(off["active"], false, "{off:#}");
    });
}

#[test]
fn what_was_refused_is_found_by_the_reference_that_was_shown() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let wrong = account.put("/settings", json!({"retentionDays": 0})).await;
        wrong.assert_problem(422);
        let manager = account.users[1];
        let denied = account.api(manager, Method::GET, "/diagnostics", None).await;
        denied.assert_problem(403);
        let failures = account.get("/diagnostics").await.body["failures"].clone();
        let found = |shown: &Value| {
            let failures = failures.as_array().expect("failures");
            failures.iter().find(|failure| failure["reference"] == shown["reference"]).cloned()
        };
        let first = found(&wrong.body).unwrap_or_else(|| panic!("{} in {failures:#}", wrong.text));
        assert_eq!(
            (&first["what"], &first["user"], &first["status"]),
            (&json!("PUT settings"), &json!(account.admin), &json!(422))
        );
        assert_eq!(first["text"], wrong.body["detail"]);
        let second = found(&denied.body).unwrap_or_else(|| panic!("{} in {failures:#}", denied.text));
        assert_eq!((&second["what"], &second["user"]), (&json!("GET diagnostics"), &json!(manager)));
        for problem in [&wrong.body, &denied.body] {
            let reference = problem["reference"].as_str().expect("a reference");
            account
                .ends
                .until("the log to know it", crate::account::PATIENCE, async || {
                    if account.ends.log().contains(reference) { Ok(()) } else { Err(account.ends.log()) }
                })
                .await;
        }
        // Nobody else's failures.
        let other = Account::ready(shared().await).await;
        assert_eq!(other.get("/diagnostics").await.body["failures"], json!(null));
    });
}
