//! Credentials are asked of the provider before they are kept, never shown again, and replaced without losing a call.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, COMPANY, number, the_note},
    provider::{credentials, line},
    stack::{flow, shared},
};

/// Those whose credentials are typed, with the field that is spoilt.
const TYPED: [(&str, &str); 5] = [
    ("twilio", "authToken"),
    ("zadarma", "secret"),
    ("telnyx", "apiKey"),
    ("vonage", "applicationId"),
    ("plivo", "authToken"),
];

#[test]
fn wrong_ones_are_refused_with_a_reason_and_not_kept() {
    flow(async {
        let mut account = Account::new(shared().await, json!({})).await;
        account.install_patiently().await;
        account.connected().await;
        for (provider, field) in TYPED {
            let mut typed = credentials(provider, account.id);
            account.register(json!({"provider": provider, "credentials": typed})).await;
            typed[field] = json!("wrong-wrong-wrong-wrong-wrong-wr");
            let body = json!({"provider": provider, "credentials": typed});
            let tested = account.api(account.admin, Method::POST, "/voip/test", Some(body.clone())).await;
            assert_eq!((tested.status, &tested.body["ok"]), (200, &json!(false)), "{provider}: {}", tested.text);
            let reason = tested.body["reason"].as_str().unwrap_or_default().to_owned();
            assert!(reason.len() > 20 && !reason.contains("wrong-wrong"), "{provider}: {reason}");
            let saved = account.put("/voip", body).await;
            saved.assert_problem(422);
            assert_eq!(saved.body["detail"].as_str(), Some(reason.as_str()), "{provider}");
            assert_eq!(account.get("/voip").await.body["provider"], Value::Null, "{provider}");
        }
        account.connect("twilio").await;
    });
}

#[test]
fn good_ones_work_are_set_up_at_the_provider_and_never_come_back() {
    flow(async {
        for (provider, _) in TYPED {
            let account = Account::ready_at(shared().await, provider).await;
            let typed = credentials(provider, account.id);
            let voip = account.get("/voip").await;
            for field in voip.body["fields"].as_array().expect("fields") {
                let name = field["name"].as_str().expect("a name");
                if field["secret"] == true {
                    let secret = typed[name].as_str().expect("a secret");
                    assert!(!voip.text.contains(&secret[..secret.len().min(60)]), "{provider} {name}");
                    assert_eq!(field["stored"], true, "{provider} {name}");
                }
            }
            let desk = account.desk(provider).await;
            assert_eq!(desk["desk"]["hook"], account.hook.as_str(), "{provider}: {}", desk["requests"]);
            // Secrets that are left out stay.
            let again = account.put("/voip", json!({"provider": provider, "credentials": {}})).await;
            assert_eq!(
                (again.status, &again.body["hookUrl"]),
                (200, &json!(account.hook)),
                "{provider}: {}",
                again.text
            );
        }
    });
}

#[test]
fn a_token_that_was_replaced_is_taken_for_a_day() {
    flow(async {
        let account = Account::ready_at(shared().await, "twilio").await;
        account.seed_contact("Known", &number(1), account.users[0]).await;
        let old = credentials("twilio", account.id);
        let mut new = old.clone();
        new["authToken"] = json!("ffffffffffffffffffffffffffffffff");
        account.register(json!({"provider": "twilio", "credentials": new})).await;
        let saved = account.put("/voip", json!({"provider": "twilio", "credentials": new})).await;
        assert_eq!((saved.status, &saved.body["hookUrl"]), (200, &json!(account.hook)), "{}", saved.text);
        let ring = |call: &str| json!({"kind": "ring", "callId": call, "from": number(1), "to": COMPANY, "lines": [line("twilio", 1)]});
        account.acted("twilio", ring("signed with the new one")).await;
        account.register(json!({"provider": "twilio", "credentials": old})).await;
        account.acted("twilio", ring("signed with the old one")).await;
        let mut third = old;
        third["authToken"] = json!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
        account.register(json!({"provider": "twilio", "credentials": third})).await;
        let strange = account.act("twilio", ring("signed by a stranger")).await;
        assert_eq!(strange[0]["status"], 401, "{strange:?}");
    });
}

#[test]
fn ringcentral_tokens_are_renewed_when_they_end() {
    flow(async {
        let account = Account::ready_at(shared().await, "ringcentral").await;
        let desk = account.desk("ringcentral").await;
        assert_eq!(desk["subscriptions"].as_object().map(serde_json::Map::len), Some(1), "{}", desk["subscriptions"]);
        account.act("ringcentral", json!({"kind": "expire"})).await;
        let proposals = account.get("/extensions/proposals").await;
        assert_eq!(
            (proposals.status, &proposals.body["listed"]),
            (200, &json!(true)),
            "{}\n{}",
            proposals.text,
            account.ends.log()
        );
        account.talk_at("ringcentral", "c", &number(1), 1, 25).await;
        let state = account.settled().await;
        assert_eq!(the_note(&state, &account.provider_id("ringcentral", "c").await)["params"]["duration"], 25);
    });
}
