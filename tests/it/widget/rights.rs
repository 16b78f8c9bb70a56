//! Nobody sees through the widget what Kommo would not show them.

use reqwest::Method;
use serde_json::{Value, json};

use super::scene::{Scene, running, stack};
use crate::{
    account::{event, number, person},
    stack::flow,
};

const LEAD: &str = "Secret merger";
const PRICE: u32 = 987_654;

/// Rings a manager with these rights about a client of a colleague, talks, ends, and gives back everything that
/// reached the manager: the page's text, the socket's frames, and the list of calls.
async fn call_seen_by(rights: Value, caller: &str) -> String {
    let people = json!({"users": [
        {"name": "Ada Admin", "isAdmin": true}, {"name": "Max Modest", "rights": rights}, {"name": "Olga Owner"},
    ]});
    let account = running(stack().await, people).await;
    let (modest, owner) = (account.users[1], account.users[2]);
    let lead =
        json!({"name": LEAD, "price": PRICE, "responsible_user_id": owner, "_embedded": {"contacts": [{"index": 0}]}});
    account.seed(json!({"contacts": [person("Nora Klein", &number(1), owner)], "leads": [lead]})).await;
    let scene = Scene::of(account, modest).await;
    let account = &scene.account;
    scene.open("/contacts/list/").await;
    scene.live().await;
    let mut page = String::new();
    for (status, more) in [("ringing", json!({})), ("answered", json!({})), ("completed", json!({"duration": 30}))] {
        let mut report = event("c", &number(1), status, json!({"extension": "102"}));
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        account.post(report).await;
        scene.card(if status == "completed" { "ended" } else { status }).await;
        scene.says("caller", caller).await;
        page += scene.value("document.documentElement.outerHTML").await.as_str().unwrap();
    }
    account.settled().await;
    let frames = scene.value("kvSpy.frames.join('\\n')").await;
    let calls = account.api(modest, Method::GET, "/calls", None).await;
    assert_eq!(calls.body["calls"].as_array().map(Vec::len), Some(1), "{}", calls.text);
    [&page, frames.as_str().unwrap(), &calls.text].concat()
}

#[test]
fn a_colleagues_lead_is_neither_on_the_card_nor_in_the_frames() {
    flow(async {
        let seen = call_seen_by(json!({"leads": {"view": "M"}}), "Nora Klein").await;
        for secret in [LEAD, "987654", "987,654"] {
            assert!(!seen.contains(secret), "{secret}");
        }
    });
}

#[test]
fn a_client_nobody_may_see_is_only_the_client_of_a_colleague() {
    flow(async {
        let nothing = json!({"leads": {"view": "D"}, "contacts": {"view": "D"}, "companies": {"view": "D"}});
        let seen = call_seen_by(nothing, "Client of Olga Owner").await;
        for secret in [LEAD, "987654", "987,654", "Nora Klein"] {
            assert!(!seen.contains(secret), "{secret}");
        }
    });
}
