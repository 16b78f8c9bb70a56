//! Tickets of live connections. A browser learns nothing of a refused upgrade, so what only the object can know is
//! refused by a close code.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{
    fortress::{Fortress, fortress, key},
    hooks::changed,
    tokens,
};
use crate::{
    account::Account,
    live::Live,
    stack::{flow, shared},
};

/// The code that tells a widget to sign in anew.
const SIGN_IN_AGAIN: u16 = 4401;

fn upgrade(fortress: &Fortress, ticket: Option<&str>) -> RequestBuilder {
    let ends = &fortress.victim.ends;
    let query: Vec<(&str, &str)> = ticket.map(|ticket| ("ticket", ticket)).into_iter().collect();
    ends.http
        .get(format!("{}/live", ends.worker))
        .query(&query)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
}

fn with_ticket(wrong: impl Fn(&Fortress) -> Option<String>) {
    flow(async {
        let fortress = fortress().await;
        let request = upgrade(fortress, wrong(fortress).as_deref());
        fortress.refuses(request, 401, "unauthorised").await;
    });
}

#[test]
fn without_a_ticket() {
    with_ticket(|_| None);
}

#[test]
fn with_an_empty_ticket() {
    with_ticket(|_| Some(String::new()));
}

#[test]
fn with_a_malformed_ticket() {
    with_ticket(|_| Some("x".repeat(43)));
}

#[test]
fn with_the_key_of_a_webhook() {
    with_ticket(|fortress| Some(key(&fortress.victim.hook).to_owned()));
}

#[test]
fn with_the_key_of_a_recording() {
    with_ticket(|fortress| Some(key(&fortress.recording).trim_end_matches(".mp3").to_owned()));
}

#[test]
fn with_a_one_time_token() {
    with_ticket(|fortress| Some(tokens::token(&fortress.victim, fortress.victim.admin)));
}

#[test]
fn with_a_changed_ticket() {
    flow(async {
        let fortress = fortress().await;
        let ticket = Live::ticket(&fortress.victim, fortress.victim.admin).await;
        let end = ticket.len() - 1;
        let forged = format!("{}{}", changed(&ticket[..end]), &ticket[end..]);
        fortress.refuses(upgrade(fortress, Some(&forged)), 401, "unauthorised").await;
    });
}

#[test]
fn without_an_upgrade() {
    flow(async {
        let fortress = fortress().await;
        let ends = &fortress.victim.ends;
        let ticket = Live::ticket(&fortress.victim, fortress.victim.admin).await;
        let plain = ends.http.get(format!("{}/live", ends.worker)).query(&[("ticket", ticket)]);
        fortress.refuses(plain, 400, "bad_request").await;
    });
}

#[test]
fn from_a_page_that_is_not_kommos() {
    flow(async {
        let fortress = fortress().await;
        let ticket = Live::ticket(&fortress.victim, fortress.victim.admin).await;
        for origin in ["https://evil.example", "null", "http://acme.kommo.com", "https://acme.kommo.com.evil.example"] {
            let request = upgrade(fortress, Some(&ticket)).header("origin", origin);
            fortress.refuses(request, 403, "forbidden").await;
        }
    });
}

/// The connection opens and is closed at once, without a greeting.
async fn is_turned_away(account: &Account, ticket: &str) {
    let address = format!("{}/live", account.ends.worker.replacen("http", "ws", 1));
    let mut live = Live::connect(&address, ticket).await;
    assert_eq!(live.closed().await, SIGN_IN_AGAIN);
    assert_eq!(live.frames, Vec::<Value>::new());
}

#[test]
fn with_a_ticket_used_before() {
    flow(async {
        let fortress = fortress().await;
        let ticket = Live::ticket(&fortress.victim, fortress.victim.admin).await;
        let address = format!("{}/live", fortress.victim.ends.worker.replacen("http", "ws", 1));
        let _used = Live::with_ticket(&address, &ticket).await;
        is_turned_away(&fortress.victim, &ticket).await;
        fortress.stands().await;
    });
}

#[test]
fn with_a_ticket_too_old() {
    flow(async {
        // Time passes for all of an account.
        let account = Account::ready(shared().await).await;
        let ticket = Live::ticket(&account, account.admin).await;
        account.age(1).await;
        is_turned_away(&account, &ticket).await;
    });
}

#[test]
fn with_another_accounts_ticket_only_that_account_is_seen() {
    flow(async {
        let fortress = fortress().await;
        let mut live = Live::open(&fortress.neighbour, fortress.neighbour.admin).await;
        let hello = live.frames[0].clone();
        assert_eq!(hello["user"]["accountId"], fortress.neighbour.id, "{hello}");
        assert_eq!(hello["cards"], json!([]));
        // Nothing the widget may say concerns anybody else's call.
        live.send(json!({"type": "dismiss", "id": fortress.fill("{call}")})).await;
        live.send(json!({"type": "selfTestShown", "id": fortress.fill("{call}")})).await;
        fortress.stands().await;
    });
}

#[test]
fn by_a_user_who_is_gone() {
    flow(async {
        let fortress = fortress().await;
        let token = tokens::token(&fortress.victim, 1);
        let session = fortress.victim.request(Method::POST, "/session", &token).json(&json!({}));
        fortress.refuses(session, 403, "not_allowed").await;
    });
}
