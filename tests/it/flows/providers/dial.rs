//! Click-to-call: the manager's line rings first, the later webhooks join the same call, and one note is written.

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, COMPANY, items, number, the_note},
    live::Live,
    provider::{PROVIDERS, line},
    stack::{Reply, flow, shared},
};

async fn dial(account: &Account, user: usize, phone: &str) -> Reply {
    account.api(account.users[user], Method::POST, "/dial", Some(json!({"phone": phone}))).await
}

/// The call the provider was asked for.
async fn placed(account: &Account, provider: &str) -> Value {
    let desk = account.desk(provider).await;
    items(&desk, "calls").last().unwrap_or_else(|| panic!("{provider} placed nothing: {}", desk["requests"])).clone()
}

#[test]
fn a_click_rings_the_manager_then_the_client_and_becomes_one_note() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, async |account, provider| {
            let contact = account.seed_contact("Known", &number(1), account.users[0]).await;
            account.set(json!({"callFeedback": false})).await;
            let mut tab = Live::open(&account, account.users[1]).await;
            let dialled = dial(&account, 1, &number(1)).await;
            assert_eq!(dialled.status, 200, "{provider}: {}\n{}", dialled.text, account.ends.log());
            let id = dialled.body["id"].clone();
            let card = tab.until("its card", |frame| frame["type"] == "card").await;
            assert_eq!((&card["id"], &card["state"]), (&id, &json!("ringing")), "{provider}");
            let call = placed(&account, provider).await;
            let first = if provider == "zadarma" { call["from"].clone() } else { call["to"].clone() };
            let first = if provider == "ringcentral" { call["from"].clone() } else { first };
            let own = line(provider, 1);
            assert_eq!(
                first.as_str().map(|first| first.trim_start_matches('+')),
                Some(own.trim_start_matches('+')),
                "{provider}: {call}"
            );
            account.acted(provider, json!({"kind": "answer"})).await;
            account.acted(provider, json!({"kind": "client_answer"})).await;
            tab.until("the talk", |frame| frame["id"] == id && frame["state"] == "answered").await;
            account.acted(provider, json!({"kind": "hangup", "duration": 33})).await;
            let state = account.settled().await;
            assert_eq!(items(&state, "notes").len(), 1, "{provider}: {}", state["notes"]);
            let note = &items(&state, "notes")[0];
            assert_eq!((&note["note_type"], &note["entity_id"]), (&json!("call_out"), &json!(contact)), "{provider}");
            assert_eq!(note["params"]["duration"], 33, "{provider}");
            assert_eq!(note["params"]["call_responsible"], account.users[1], "{provider}");
            let calls = account.get("/calls").await;
            assert_eq!(items(&calls.body, "calls").len(), 1, "{provider}: {}", calls.text);
            assert_eq!(calls.body["calls"][0]["id"], id, "{provider}");
        })
        .await;
    });
}

#[test]
fn a_client_who_does_not_answer_is_noted_as_a_call_out_without_talk() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, async |account, provider| {
            account.seed_contact("Known", &number(1), account.users[0]).await;
            let dialled = dial(&account, 1, &number(1)).await;
            assert_eq!(dialled.status, 200, "{provider}: {}", dialled.text);
            account.acted(provider, json!({"kind": "answer"})).await;
            account.acted(provider, json!({"kind": "miss"})).await;
            let state = account.settled().await;
            let note = &items(&state, "notes")[0];
            assert_eq!(
                (&note["note_type"], &note["params"]["duration"]),
                (&json!("call_out"), &json!(0)),
                "{provider}"
            );
            assert!(items(&state, "tasks").is_empty(), "{provider}");
        })
        .await;
    });
}

#[test]
fn a_double_click_is_one_call_and_whoever_talks_is_not_rung() {
    flow(async {
        Account::at_each(shared().await, &["twilio", "zadarma"], async |account, provider| {
            let phone = number(1);
            let (one, two) = join(dial(&account, 1, &phone), dial(&account, 1, &phone)).await;
            assert_eq!((one.status, two.status), (200, 200), "{provider}: {} {}", one.text, two.text);
            assert_eq!(one.body["id"], two.body["id"], "{provider}");
            assert_eq!(items(&account.desk(provider).await, "calls").len(), 1, "{provider}");
            account.acted(provider, json!({"kind": "answer"})).await;
            account.acted(provider, json!({"kind": "client_answer"})).await;
            let again = dial(&account, 1, &number(2)).await;
            again.assert_problem(409);
            assert!(again.text.contains("in_call"), "{provider}: {}", again.text);
            account.acted(provider, json!({"kind": "hangup", "duration": 4})).await;
            account.settled().await;
        })
        .await;
    });
}

#[test]
fn what_cannot_be_called_says_why_and_leaves_no_note() {
    flow(async {
        let account = Account::ready_at(shared().await, "twilio").await;
        dial(&account, 1, "not a number").await.assert_problem(422);
        let mut lines: Vec<Value> = vec![json!({"extensionId": line("twilio", 1), "kommoUserId": account.users[1]})];
        let extensions = account.put("/extensions", json!(lines)).await;
        assert_eq!(extensions.status, 200, "{}", extensions.text);
        let without = dial(&account, 2, &number(1)).await;
        without.assert_problem(409);
        assert!(without.text.contains("no_line"), "{}", without.text);
        // A line Twilio does not take.
        lines[0]["extensionId"] = json!("client:wrong");
        assert_eq!(account.put("/extensions", json!(lines)).await.status, 200);
        let refused = dial(&account, 1, &number(1)).await;
        refused.assert_problem(502);
        assert!(refused.text.contains("provider_refused"), "{}", refused.text);
        let state = account.settled().await;
        assert!(items(&state, "notes").is_empty(), "{}", state["notes"]);
    });
}

#[test]
fn the_originate_requests_are_what_each_provider_documents() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, async |account, provider| {
            assert_eq!(dial(&account, 1, &number(1)).await.status, 200, "{provider}");
            let desk = account.desk(provider).await;
            let request = items(&desk, "requests").last().expect("a request").clone();
            let body = request["body"].to_string() + request["query"].as_str().unwrap_or_default();
            let path = request["path"].as_str().expect("a path");
            let (wanted, digits) = match provider {
                "twilio" => ("/Calls.json", number(1)),
                "zadarma" => ("/v1/request/callback/", number(1)),
                "telnyx" => ("/v2/calls", String::new()),
                "vonage" => ("/v1/calls", number(1)),
                "plivo" => ("/Call/", number(1)),
                _ => ("/ring-out", number(1)),
            };
            assert!(path.trim_end_matches('/').ends_with(wanted.trim_end_matches('/')), "{provider}: {path}");
            assert!((200..300).contains(&request["status"].as_u64().unwrap_or(0)), "{provider}: {request}");
            assert!(body.contains(digits.trim_start_matches('+')), "{provider}: {body}");
            if !matches!(provider, "zadarma" | "ringcentral") {
                let number = COMPANY.trim_start_matches('+');
                assert!(body.contains(number), "{provider} shows the company's number: {body}");
            }
            account.acted(provider, json!({"kind": if provider == "zadarma" { "answer" } else { "miss" }})).await;
            if provider == "zadarma" {
                account.acted(provider, json!({"kind": "miss"})).await;
            }
            account.settled().await;
        })
        .await;
    });
}

#[test]
fn the_card_the_number_was_clicked_on_gets_the_note() {
    flow(async {
        let account = Account::ready_at(shared().await, "twilio").await;
        let seeded = account
            .seed(json!({
                "contacts": [crate::account::person("Known", &number(1), account.users[0])],
                "leads": [
                    {"name": "A", "_embedded": {"contacts": [{"index": 0}]}},
                    {"name": "B", "_embedded": {"contacts": [{"index": 0}]}},
                ],
            }))
            .await;
        let lead = &seeded["leads"][1];
        let body = json!({"phone": number(1), "entity": {"type": "leads", "id": lead}});
        let dialled = account.api(account.users[1], Method::POST, "/dial", Some(body)).await;
        assert_eq!(dialled.status, 200, "{}", dialled.text);
        for step in
            [json!({"kind": "answer"}), json!({"kind": "client_answer"}), json!({"kind": "hangup", "duration": 8})]
        {
            account.acted("twilio", step).await;
        }
        let state = account.settled().await;
        let id = placed(&account, "twilio").await["id"].as_str().expect("an id").to_owned();
        let note = the_note(&state, &id);
        assert_eq!((&note["entity_type"], &note["entity_id"]), (&json!("leads"), lead));
    });
}
