//! Account webhooks and the hooks around an installation.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    phone::{Heard, listener},
    support::{contact, world, world_with},
};

async fn heard_so_many(heard: &Heard, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while heard.lock().unwrap().len() < count {
        assert!(Instant::now() < deadline, "nothing was delivered");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_subscribed_change_is_delivered_as_a_form() {
    let world = world().await;
    let account = world.account().await;
    let (url, heard) = listener().await;
    let body = json!({"destination": url, "settings": ["add_contact"]});
    assert_eq!(world.post(&account, "/api/v4/webhooks", body.clone()).await.status, 201);
    let made = world.post(&account, "/api/v4/contacts", json!([contact("Ada", "5550100")])).await;
    heard_so_many(&heard, 1).await;
    let form = heard.lock().unwrap()[0].1.clone();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let id = made.body["_embedded"]["contacts"][0]["id"].to_string();
    assert!(pairs.contains(&("contacts[add][0][id]".to_owned(), id)));
    assert!(pairs.contains(&("contacts[add][0][type]".to_owned(), "contact".to_owned())));
    assert!(pairs.contains(&("account[subdomain]".to_owned(), account.subdomain.clone())));
    world.switch(json!({"webhooksPlan": false})).await;
    assert_eq!(world.post(&account, "/api/v4/webhooks", body).await.status, 422);
}

#[tokio::test]
async fn install_sends_a_code_once_and_never_again() {
    let (url, heard) = listener().await;
    let config =
        kommo_voip_tests::Config { worker_url: url.trim_end_matches("/hook").to_owned(), ..Default::default() };
    let world = world_with(config).await;
    let account = world.fresh(json!({})).await;
    let done = world.control("install", json!({"accountId": account.id})).await;
    assert_eq!(done["status"], 202);
    assert_eq!(heard.lock().unwrap().len(), 1);
    let sent = done["url"].as_str().unwrap();
    assert!(sent.contains("/oauth/callback?code=") && sent.contains("from_widget=1") && !sent.contains("state="));
    let code = sent.split("code=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(world.exchange(&account, code).await.status, 200);
    let gone = world.control("uninstall", json!({"accountId": account.id})).await;
    assert_eq!(gone["status"], 202);
    assert!(gone["url"].as_str().unwrap().contains("/oauth/uninstalled?client_uuid="));
}
