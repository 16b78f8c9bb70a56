//! Smart forwarding: who rings, in each provider's own language, and never later than the budget.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, COMPANY, items, number},
    provider::{line, lookups},
    stack::{Stack, flow, shared},
};

/// Those that ask where a call shall go.
const ASKING: [&str; 5] = ["twilio", "zadarma", "telnyx", "vonage", "plivo"];

/// The lines that ring now.
async fn ringing(account: &Account, provider: &str, call: &str) -> Vec<String> {
    let desk = account.desk(provider).await;
    let found = items(&desk, "calls").iter().find(|known| known["name"] == call).expect("the call").clone();
    items(&found, "legs")
        .iter()
        .filter(|leg| leg["state"] == "ringing")
        .map(|leg| leg["address"].as_str().expect("an address").to_owned())
        .collect()
}

/// The line as the provider writes it when it rings.
fn address(provider: &str, user: usize) -> String {
    let line = line(provider, user);
    if provider == "vonage" { line.trim_start_matches('+').to_owned() } else { line }
}

/// An account whose index knows a caller, who belongs to the third user.
async fn with_client(account: &Account, provider: &str) {
    account.seed_contact("Known", &number(1), account.users[2]).await;
    account.talk_at(provider, "first", &number(1), 2, 9).await;
    account.settled().await;
}

fn ring(call: &str, from: &str) -> Value {
    json!({"kind": "ring", "callId": call, "from": from, "to": COMPANY})
}

#[test]
fn an_owners_client_rings_at_the_owner_in_every_language_and_kommo_is_not_asked() {
    flow(async {
        Account::at_each(shared().await, &ASKING, async |account, provider| {
            with_client(&account, provider).await;
            let before = lookups(&account.state().await);
            account.acted(provider, ring("second", &number(1))).await;
            assert_eq!(ringing(&account, provider, "second").await, [address(provider, 2)], "{provider}");
            assert_eq!(lookups(&account.state().await), before, "{provider}");
            account.acted(provider, json!({"kind": "answer", "callId": "second"})).await;
            account.acted(provider, json!({"kind": "hangup", "callId": "second", "duration": 21})).await;
            let state = account.settled().await;
            let id = account.provider_id(provider, "second").await;
            let note = crate::account::the_note(&state, &id);
            assert_eq!(note["params"]["call_responsible"], account.users[2], "{provider}");
            assert_eq!(note["params"]["duration"], 21, "{provider}");
        })
        .await;
    });
}

#[test]
fn an_owner_who_talks_or_is_gone_is_skipped() {
    flow(async {
        Account::at_each(shared().await, &ASKING, async |account, provider| {
            let own = line(provider, 1);
            account.set(json!({"forwarding": {"fallback": own}})).await;
            with_client(&account, provider).await;
            let busy = json!({"kind": "ring", "callId": "busy", "from": number(2), "to": COMPANY, "lines": [line(provider, 2)]});
            account.acted(provider, busy).await;
            account.acted(provider, json!({"kind": "answer", "callId": "busy"})).await;
            account.acted(provider, ring("second", &number(1))).await;
            assert_eq!(ringing(&account, provider, "second").await, [address(provider, 1)], "{provider}");
            account.acted(provider, json!({"kind": "miss", "callId": "second"})).await;
            account.acted(provider, json!({"kind": "hangup", "callId": "busy", "duration": 5})).await;
            account.settled().await;
        })
        .await;
    });
}

#[test]
fn a_stranger_rings_at_the_fallback_within_the_budget_however_slow_kommo_is() {
    flow(async {
        let stack = Stack::with(json!({"searchLag": 120})).await;
        for provider in ["twilio", "vonage"] {
            let account = Account::ready_at(&stack, provider).await;
            account.set(json!({"forwarding": {"fallback": line(provider, 1), "budgetMs": 500}})).await;
            account.settled().await;
            account
                .fault(json!({"method": "GET", "path": "/api/v4/contacts", "times": 5, "kind": "delay", "ms": 8000}))
                .await;
            let asked = Instant::now();
            account.acted(provider, ring("c", &number(7))).await;
            let took = asked.elapsed();
            assert_eq!(ringing(&account, provider, "c").await, [address(provider, 1)], "{provider}");
            assert!(took < Duration::from_secs(4), "{provider} waited {took:?}");
            account.acted(provider, json!({"kind": "miss", "callId": "c"})).await;
        }
    });
}

#[test]
fn whoever_does_not_answer_is_followed_by_the_others() {
    flow(async {
        Account::at_each(shared().await, &["twilio", "plivo", "vonage"], async |account, provider| {
            account.set(json!({"forwarding": {"fallback": line(provider, 1)}})).await;
            with_client(&account, provider).await;
            account.acted(provider, ring("second", &number(1))).await;
            let first = line(provider, 2);
            account.acted(provider, json!({"kind": "miss", "callId": "second", "extension": first})).await;
            let rings = ringing(&account, provider, "second").await;
            assert!(
                rings.contains(&address(provider, 1)) && !rings.contains(&address(provider, 2)),
                "{provider}: {rings:?}"
            );
            account.acted(provider, json!({"kind": "miss", "callId": "second"})).await;
            let state = account.settled().await;
            let note = crate::account::the_note(&state, &account.provider_id(provider, "second").await).clone();
            assert_eq!(note["params"]["duration"], 0, "{provider}");
        })
        .await;
    });
}

#[test]
fn a_pbx_of_ones_own_is_told_the_lines_in_plain_text() {
    flow(async {
        let account = Account::ready_at(shared().await, "generic").await;
        account.seed_contact("Known", &number(1), account.users[2]).await;
        account.report(crate::account::talk("first", &number(1))).await;
        account.settled().await;
        let voip = account.get("/voip").await;
        let url = voip.body["routeUrl"].as_str().expect("a route").to_owned();
        let body = json!({"from": number(1), "to": COMPANY}).to_string();
        let (id, at) = (crate::account::delivery_id(), crate::account::now());
        let signed = |secret: &str| {
            let signature = crate::account::signature(secret, &id, at, &body);
            account
                .ends
                .http
                .request(Method::POST, &url)
                .header("content-type", "application/json")
                .header("webhook-id", &id)
                .header("webhook-timestamp", at)
                .header("webhook-signature", signature)
                .body(body.clone())
        };
        let told = crate::stack::reply(signed(&account.secret)).await;
        assert_eq!((told.status, told.text.trim()), (200, "103"), "{}", told.text);
        assert!(told.header("content-type").starts_with("text/plain"));
        let forged = crate::stack::reply(signed("whsec_d3Jvbmctc2VjcmV0LXdyb25nLXNlY3JldA==")).await;
        forged.assert_problem(401);
    });
}
