//! A provider's signed webhooks become one note; what is not its own changes nothing.

use reqwest::Method;
use serde_json::json;

use crate::{
    account::{Account, COMPANY, items, number, the_note},
    provider::{PROVIDERS, line},
    stack::{flow, reply, shared},
};

#[test]
fn a_talk_becomes_one_note_of_the_manager_who_talked() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, async |account, provider| {
            let contact = account.seed_contact("Known", &number(1), account.users[0]).await;
            account.talk_at(provider, "c", &number(1), 1, 47).await;
            let state = account.settled().await;
            let id = account.provider_id(provider, "c").await;
            let note = the_note(&state, &id);
            assert_eq!((&note["note_type"], &note["entity_id"]), (&json!("call_in"), &json!(contact)), "{provider}");
            assert_eq!(note["params"]["duration"], 47, "{provider}");
            assert_eq!(note["params"]["call_responsible"], account.users[1], "{provider}");
            assert_eq!(items(&state, "notes").len(), 1, "{provider}");
            assert!(items(&state, "tasks").is_empty(), "{provider}: {}", state["tasks"]);
        })
        .await;
    });
}

#[test]
fn a_call_nobody_takes_is_missed_although_the_cloud_itself_picked_up() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, async |account, provider| {
            let contact = account.seed_contact("Known", &number(1), account.users[0]).await;
            let lines = [line(provider, 1), line(provider, 2)];
            account
                .acted(
                    provider,
                    json!({"kind": "ring", "callId": "c", "from": number(1), "to": COMPANY, "lines": lines}),
                )
                .await;
            account.acted(provider, json!({"kind": "miss", "callId": "c"})).await;
            let state = account.settled().await;
            let note = the_note(&state, &account.provider_id(provider, "c").await).clone();
            assert_eq!(
                (&note["params"]["duration"], &note["params"]["call_status"]),
                (&json!(0), &json!(6)),
                "{provider}"
            );
            let trace = account.trace(&account.provider_id(provider, "c").await).await;
            assert_eq!(note["params"]["call_responsible"], account.users[1], "{provider}: {trace}");
            let tasks = items(&state, "tasks");
            assert_eq!((tasks.len(), &tasks[0]["entity_id"]), (1, &json!(contact)), "{provider}");
        })
        .await;
    });
}

#[test]
fn webhooks_that_come_three_times_and_backwards_change_nothing_more() {
    flow(async {
        Account::at_each(shared().await, &PROVIDERS, async |account, provider| {
            let own = line(provider, 1);
            let ring =
                json!({"kind": "ring", "callId": "c", "from": number(1), "to": COMPANY, "lines": [own], "hold": true});
            account.acted(provider, ring).await;
            account.acted(provider, json!({"kind": "answer", "callId": "c", "hold": true})).await;
            account.acted(provider, json!({"kind": "hangup", "callId": "c", "duration": 30, "hold": true})).await;
            account.acted(provider, json!({"kind": "flush", "callId": "c", "order": "reverse", "times": 3})).await;
            let state = account.settled().await;
            let note = the_note(&state, &account.provider_id(provider, "c").await).clone();
            assert_eq!(note["params"]["duration"], 30, "{provider}");
            for list in ["notes", "contacts", "leads"] {
                assert_eq!(items(&state, list).len(), 1, "{provider} {list}");
            }
        })
        .await;
    });
}

#[test]
fn an_address_serves_its_own_provider_only() {
    flow(async {
        let account = Account::ready_at(shared().await, "twilio").await;
        let other = account.hook.replace("/twilio/", "/zadarma/");
        assert_ne!(other, account.hook);
        for method in [Method::POST, Method::GET] {
            let asked = reply(account.ends.http.request(method, &other)).await;
            assert_eq!(asked.status, 404, "{}", asked.text);
        }
    });
}

#[test]
fn withheld_callers_are_journalled_and_make_nobody() {
    flow(async {
        let names = ["anonymous", "+266696687", "Restricted"];
        Account::at_each(shared().await, &["twilio", "telnyx", "zadarma"], async |account, provider| {
            for (index, name) in names.iter().enumerate() {
                account.talk_at(provider, &format!("c{index}"), name, 1, 12).await;
            }
            let state = account.settled().await;
            for list in ["contacts", "leads", "notes"] {
                assert!(items(&state, list).is_empty(), "{provider} {list}: {}", state[list]);
            }
            let calls = account.get("/calls").await;
            assert_eq!(items(&calls.body, "calls").len(), names.len(), "{provider}");
        })
        .await;
    });
}

#[test]
fn ringcentral_hears_its_token_at_registration_only_in_the_header() {
    flow(async {
        let account = Account::ready_at(shared().await, "ringcentral").await;
        let echo = |word: &'static str| reply(account.ends.http.post(&account.hook).header("validation-token", word));
        let answer = echo("0b5b1a47-8f6f").await;
        assert_eq!((answer.status, answer.header("validation-token")), (200, "0b5b1a47-8f6f"), "{}", answer.text);
        assert!(answer.header("content-type").starts_with("application/json"));
        assert!(answer.text.len() < 1024 && !answer.text.contains("0b5b1a47"));
        assert_eq!(account.get("/calls").await.body["calls"], json!([]));
    });
}

#[test]
fn an_administrator_is_told_why_the_last_webhook_was_refused_until_one_is_accepted() {
    flow(async {
        let account = Account::ready_at(shared().await, "zadarma").await;
        let ring =
            |call: &str| json!({"kind": "ring", "callId": call, "from": number(1), "to": COMPANY, "lines": ["102"]});
        let mut forged = ring("forged");
        forged["forge"] = json!("signature");
        account.act("zadarma", forged).await;
        let told = account.get("/diagnostics").await;
        assert_eq!(told.body["refused"]["provider"], "zadarma", "{}", told.text);
        assert!(told.body["refused"]["reason"].as_str().is_some_and(|why| !why.is_empty()), "{}", told.text);
        assert!(told.body["refused"]["reference"].is_string(), "{}", told.text);
        account.acted("zadarma", ring("genuine")).await;
        let told = account.get("/diagnostics").await;
        assert_eq!(told.body["refused"], json!(null), "{}", told.text);
    });
}
