//! Nobody sees through us what Kommo would not show them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    account::{Account, event, items, number, person, talk, the_note},
    live::Live,
    stack::{flow, reply, shared},
};

/// An administrator, a manager who sees only own leads, and the colleague who owns them.
fn people() -> Value {
    json!({"users": [
        {"name": "Ada Admin", "isAdmin": true},
        {"name": "Max Modest", "rights": {"leads": {"view": "M"}}},
        {"name": "Olga Owner"},
    ]})
}

const NAME: &str = "Secret merger";
const PRICE: u32 = 987_654;

async fn seed_lead(account: &Account, number: &str, owner: u64) -> u64 {
    let lead =
        json!({"name": NAME, "price": PRICE, "responsible_user_id": owner, "_embedded": {"contacts": [{"index": 0}]}});
    let made = account.seed(json!({"contacts": [person("Nora Klein", number, owner)], "leads": [lead]})).await;
    made["leads"][0].as_u64().expect("an id")
}

fn hides_the_lead(text: &str) {
    assert!(!text.contains(NAME) && !text.contains(&PRICE.to_string()), "{text}");
}

#[test]
fn a_colleagues_lead_shows_neither_name_nor_value_to_who_may_not_see_it() {
    flow(async {
        let account = Account::ready_with(shared().await, people()).await;
        account.set(json!({"callFeedback": false})).await;
        let (modest, owner) = (account.users[1], account.users[2]);
        let lead = seed_lead(&account, &number(1), owner).await;
        let (mut modest_tab, mut admin_tab) =
            (Live::open(&account, modest).await, Live::open(&account, account.admin).await);
        let known = |frame: &Value| frame["type"] == "card" && frame["caller"]["kind"] == "known";
        account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        account.report(talk("c", &number(1))).await;
        let card = modest_tab.until("a card with the contact", known).await;
        assert_eq!(card["caller"]["contact"]["name"], "Nora Klein");
        assert_eq!(card["caller"]["lead"], Value::Null);
        let card = admin_tab.until("a card with the lead", known).await;
        assert_eq!((&card["caller"]["lead"]["name"], &card["caller"]["lead"]["price"]), (&json!(NAME), &json!(PRICE)));
        let state = account.settled().await;
        assert_eq!(the_note(&state, "c")["entity_id"], lead);
        hides_the_lead(&json!(modest_tab.frames).to_string());
        hides_the_lead(&json!(Live::open(&account, modest).await.frames).to_string());
        let calls = account.api(modest, Method::GET, "/calls", None).await;
        assert_eq!(calls.body["calls"].as_array().map(Vec::len), Some(1), "{}", calls.text);
        hides_the_lead(&calls.text);
        let id = calls.body["calls"][0]["id"].as_str().expect("an id");
        let call = account.api(modest, Method::GET, &format!("/calls/{id}"), None).await;
        assert_eq!(call.status, 200, "{}", call.text);
        hides_the_lead(&call.text);
        assert_eq!(account.call("c").await["entity"]["name"], NAME);
    });
}

#[test]
fn a_caller_somebody_may_not_see_at_all_is_a_client_of_the_owner() {
    flow(async {
        let mut people = people();
        people["users"][1]["rights"] =
            json!({"leads": {"view": "M"}, "contacts": {"view": "M"}, "companies": {"view": "M"}});
        let account = Account::ready_with(shared().await, people).await;
        account.set(json!({"callFeedback": false})).await;
        seed_lead(&account, &number(1), account.users[2]).await;
        let mut tab = Live::open(&account, account.users[1]).await;
        account.report(talk("c", &number(1))).await;
        let card = tab.until("whose client it is", |frame| frame["caller"]["kind"] == "clientOf").await;
        assert_eq!(card["caller"]["owner"], "Olga Owner");
        account.settled().await;
        let frames = json!(tab.frames).to_string();
        hides_the_lead(&frames);
        assert!(!frames.contains("Nora Klein"), "{frames}");
    });
}

#[test]
fn managers_see_their_own_calls_only() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let (mine, other) = (account.users[1], account.users[2]);
        account.report(talk("c", &number(1))).await;
        account.settled().await;
        let id = account.call("c").await["id"].as_str().expect("an id").to_owned();
        let path = format!("/calls/{id}");
        assert_eq!(account.api(mine, Method::GET, &path, None).await.body["callId"], "c");
        account.api(other, Method::GET, &path, None).await.assert_problem(404);
        assert_eq!(account.api(other, Method::GET, "/calls", None).await.body["calls"], json!([]));
        let trace = account.get(&format!("{path}/trace")).await;
        assert_eq!(trace.status, 200, "{}", trace.text);
        assert!(trace.body["steps"].as_array().is_some_and(|steps| steps.len() > 3), "{}", trace.text);
    });
}

#[test]
fn one_accounts_people_never_reach_another_account() {
    flow(async {
        let stack = shared().await;
        let (first, second) = (Account::ready(stack).await, Account::ready(stack).await);
        first.report(talk("c", &number(1))).await;
        first.settled().await;
        let id = first.call("c").await["id"].as_str().expect("an id").to_owned();
        second.get(&format!("/calls/{id}")).await.assert_problem(404);
        assert_eq!(second.get("/calls").await.body["calls"], json!([]));
        // The first one's key with the second one's signature.
        let mixed = Account { hook: first.hook.clone(), ..second.clone() };
        reply(mixed.delivery("msg_mixed", &talk("d", &number(2))[0].to_string())).await.assert_problem(401);
        assert!(items(&second.state().await, "notes").is_empty());
    });
}
