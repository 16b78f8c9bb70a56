//! The provider's lines, proposed to the people whose they seem to be.

use serde_json::{Value, json};

use crate::{
    account::Account,
    provider::line,
    stack::{flow, shared},
};

/// People whose e-mail addresses and names the provider knows too.
fn team() -> Value {
    json!({"users": [
        {"name": "Alba Cruz", "email": "alba@example.com", "isAdmin": true},
        {"name": "Ben Okafor", "email": "ben@example.com"},
        {"name": "Chiara Neri", "email": "chiara@example.com"},
    ]})
}

#[test]
fn lines_are_proposed_by_e_mail_address_and_by_name_and_nothing_is_kept_until_saved() {
    flow(async {
        for provider in ["ringcentral", "zadarma"] {
            let mut account = Account::new(shared().await, team()).await;
            account.install_patiently().await;
            account.connected().await;
            account.connect(provider).await;
            let lines = json!([
                {"extension": line(provider, 0), "number": "101", "name": "Front desk", "email": "ALBA@example.com"},
                {"extension": line(provider, 1), "number": "102", "name": "ben okafor", "email": ""},
                {"extension": line(provider, 2), "number": "103", "name": "Kitchen", "email": "kitchen@example.com"},
            ]);
            account.register(json!({"provider": provider, "lines": lines})).await;
            let kept = account.get("/extensions").await;
            let proposed = account.get("/extensions/proposals").await;
            assert_eq!(
                (proposed.status, &proposed.body["listed"]),
                (200, &json!(true)),
                "{provider}: {}",
                proposed.text
            );
            let of = |index: usize| {
                let found = proposed.body["lines"]
                    .as_array()
                    .expect("lines")
                    .iter()
                    .find(|known| known["extensionId"] == line(provider, index));
                found.unwrap_or_else(|| panic!("{provider} lacks {index}: {}", proposed.text)).clone()
            };
            assert_eq!(of(1)["kommoUserId"], account.users[1], "{provider}: {}", proposed.text);
            assert!(of(2).get("kommoUserId").is_none_or(Value::is_null), "{provider}: {}", proposed.text);
            if provider == "ringcentral" {
                // Zadarma lists no e-mail addresses.
                assert_eq!(of(0)["kommoUserId"], account.users[0], "{}", proposed.text);
            }
            assert_eq!(account.get("/extensions").await.text, kept.text, "{provider}");
        }
    });
}

#[test]
fn a_provider_without_such_a_list_says_so() {
    flow(async {
        let account = Account::ready_at(shared().await, "vonage").await;
        let proposed = account.get("/extensions/proposals").await;
        assert_eq!((proposed.status, &proposed.body["listed"]), (200, &json!(false)), "{}", proposed.text);
    });
}
