//! Account webhooks and the hooks around an installation.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode, routing::any};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    phone::{Heard, listener},
    support::{Account, Reply, World, contact, reply, world, world_with},
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

/// What was heard, as pairs of name and value.
fn forms(heard: &Heard) -> Vec<Vec<(String, String)>> {
    let parse = |body: &String| form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    heard.lock().unwrap().iter().map(|(_, body)| parse(body)).collect()
}

/// The value of a name that may stand in any of them.
fn told(forms: &[Vec<(String, String)>], name: &str) -> Vec<String> {
    forms.iter().flatten().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
}

/// An account that hears of everything, and what it hears.
async fn all_ears(world: &World) -> (Account, Heard) {
    let account = world.account().await;
    let (url, heard) = listener().await;
    let settings = json!([
        "add_contact",
        "update_contact",
        "delete_contact",
        "responsible_contact",
        "add_lead",
        "update_lead",
        "status_lead",
        "update_company",
    ]);
    let body = json!({"destination": url, "settings": settings});
    assert_eq!(world.post(&account, "/api/v4/webhooks", body).await.status, 201);
    (account, heard)
}

/// A person changes something in the CRM's page.
async fn in_person(world: &World, account: &Account, user: u64, path: &str, body: Value) -> Reply {
    let session = world.control("session", json!({"account": account.id, "userId": user})).await;
    let request =
        world.http.request(Method::PATCH, world.url(path)).header("cookie", session["cookie"].as_str().unwrap());
    let changed = reply(request.json(&body)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    changed
}

#[tokio::test]
async fn a_change_names_the_person_who_made_it_and_our_own_writes_come_back_to_us() {
    let world = world().await;
    let (account, heard) = all_ears(&world).await;
    let id = world.contact(&account, "5550100").await;
    let path = format!("/api/v4/contacts/{id}");
    in_person(&world, &account, account.users[1], &path, json!({"name": "Nora Klein-Groß"})).await;
    heard_so_many(&heard, 1).await;
    assert_eq!(world.patch(&account, &path, json!({"name": "Nora"})).await.status, 200);
    heard_so_many(&heard, 2).await;
    let forms = forms(&heard);
    assert_eq!(told(&forms, "contacts[update][0][id]"), [id.to_string(), id.to_string()]);
    assert_eq!(told(&forms, "contacts[update][0][name]"), ["Nora Klein-Groß", "Nora"]);
    let by = told(&forms, "contacts[update][0][modified_user_id]");
    assert_eq!(by, [account.users[1].to_string(), account.admin.to_string()]);
    for name in ["last_modified", "updated_at"] {
        let at = told(&forms, &format!("contacts[update][0][{name}]"));
        assert!(at.iter().all(|at| at.parse::<i64>().is_ok_and(|at| at > 1_700_000_000)), "{at:?}");
    }
    assert_eq!(told(&forms, "contacts[update][0][custom_fields][0][code]"), ["PHONE", "PHONE"]);
    assert_eq!(told(&forms, "contacts[update][0][custom_fields][0][values][0][value]"), ["5550100", "5550100"]);
}

#[tokio::test]
async fn a_new_owner_of_a_contact_is_an_update_and_of_a_lead_is_its_own_action() {
    let world = world().await;
    let (account, heard) = all_ears(&world).await;
    let id = world.contact(&account, "5550100").await;
    let owner = json!({"responsible_user_id": account.users[2]});
    in_person(&world, &account, account.admin, &format!("/api/v4/contacts/{id}"), owner).await;
    heard_so_many(&heard, 1).await;
    let forms = forms(&heard);
    assert_eq!(told(&forms, "contacts[update][0][old_responsible_user_id]"), [account.admin.to_string()]);
    assert!(told(&forms, "contacts[responsible][0][id]").is_empty());
    assert_eq!(forms.len(), 1, "one delivery, though two of the wished events fit");
}

#[tokio::test]
async fn closing_a_lead_tells_its_new_and_its_old_stage() {
    let world = world().await;
    let (account, heard) = all_ears(&world).await;
    let made = world.control("entities", json!({"account": account.id, "leads": [{"name": "Roof"}]})).await;
    let id = made["leads"][0].as_u64().unwrap();
    let before = world.get(&account, &format!("/api/v4/leads/{id}")).await.body["status_id"].to_string();
    in_person(&world, &account, account.users[1], &format!("/api/v4/leads/{id}"), json!({"status_id": 143})).await;
    heard_so_many(&heard, 2).await;
    let forms = forms(&heard);
    assert_eq!(told(&forms, "leads[status][0][status_id]"), ["143"]);
    assert_eq!(told(&forms, "leads[status][0][old_status_id]"), [before]);
    assert_eq!(told(&forms, "leads[update][0][modified_user_id]"), [account.users[1].to_string()]);
}

#[tokio::test]
async fn merging_moves_everything_over_and_tells_that_one_is_gone() {
    let world = world().await;
    let (account, heard) = all_ears(&world).await;
    let (from, into) = (world.contact(&account, "5550100").await, world.contact(&account, "5550101").await);
    let note = json!([{"entity_id": from, "note_type": "common", "params": {"text": "Hello"}}]);
    assert_eq!(world.post(&account, "/api/v4/contacts/notes", note).await.status, 200);
    let merge =
        json!({"account": account.id, "type": "contacts", "from": from, "into": into, "userId": account.users[1]});
    world.control("merge", merge).await;
    heard_so_many(&heard, 2).await;
    let forms = forms(&heard);
    assert_eq!(told(&forms, "contacts[delete][0][id]"), [from.to_string()]);
    assert_eq!(told(&forms, "contacts[update][0][id]"), [into.to_string()]);
    assert_eq!(world.get(&account, &format!("/api/v4/contacts/{from}")).await.status, 204);
    let winner = world.get(&account, &format!("/api/v4/contacts/{into}")).await.body;
    let phones = winner["custom_fields_values"][0]["values"].to_string();
    assert!(phones.contains("5550100") && phones.contains("5550101"), "{phones}");
    assert_eq!(world.state(&account).await["notes"][0]["entity_id"], into);
}

#[tokio::test]
async fn a_contact_that_gets_a_lead_is_told_as_updated_unless_switched_off() {
    let world = world().await;
    let (account, heard) = all_ears(&world).await;
    let id = world.contact(&account, "5550100").await;
    let lead = json!([{"name": "Roof", "_embedded": {"contacts": [{"id": id}]}}]);
    assert_eq!(world.post(&account, "/api/v4/leads", lead.clone()).await.status, 200);
    heard_so_many(&heard, 2).await;
    assert_eq!(told(&forms(&heard), "contacts[update][0][id]"), [id.to_string()]);
    world.switch(json!({"linksTold": false})).await;
    assert_eq!(world.post(&account, "/api/v4/leads", lead).await.status, 200);
    heard_so_many(&heard, 3).await;
    assert_eq!(told(&forms(&heard), "leads[add][0][id]").len(), 2);
    assert_eq!(told(&forms(&heard), "contacts[update][0][id]").len(), 1);
}

#[tokio::test]
async fn each_account_has_its_own_plan_and_only_administrators_subscribe() {
    let world = world().await;
    world.switch(json!({"rateLimit": 0})).await;
    let without = world.granted(json!({"webhooksPlan": false})).await;
    let mut with = world.granted(json!({})).await;
    let body = json!({"destination": "https://worker.example/hook", "settings": ["add_contact"]});
    assert_eq!(world.post(&without, "/api/v4/webhooks", body.clone()).await.status, 422);
    assert_eq!(world.post(&with, "/api/v4/webhooks", body.clone()).await.status, 201);
    let code = world.control("code", json!({"account": with.id, "userId": with.users[1]})).await;
    let pair = world.exchange(&with, code["code"].as_str().unwrap()).await;
    with.take(&pair.body);
    assert_eq!(world.post(&with, "/api/v4/webhooks", body).await.status, 403);
    assert_eq!(world.state(&with).await["webhooks"].as_array().unwrap().len(), 1);
}

/// A server that answers with this status and counts the deliveries.
async fn refusing(status: u16) -> (String, Arc<AtomicUsize>) {
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    let router = Router::new().fallback(any(move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        StatusCode::from_u16(status).unwrap()
    }));
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
    (url, count)
}

async fn counted(count: &AtomicUsize, wanted: usize) {
    until(async || count.load(Ordering::SeqCst) >= wanted).await;
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !is_so().await {
        assert!(Instant::now() < deadline, "waited too long");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_not_taken_is_delivered_again_and_longer_after_a_servers_failure() {
    let world = world().await;
    let account = world.account().await;
    let (refused, failed) = (refusing(404).await, refusing(500).await);
    for (url, _) in [&refused, &failed] {
        let body = json!({"destination": url, "settings": ["update_contact"]});
        assert_eq!(world.post(&account, "/api/v4/webhooks", body).await.status, 201);
    }
    let id = world.contact(&account, "5550100").await;
    world.patch(&account, &format!("/api/v4/contacts/{id}"), json!({"name": "Nora"})).await;
    let mut clock = 0;
    for (wait, tries) in [(0, [1, 1]), (301, [2, 2]), (901, [3, 3]), (901, [3, 4]), (3601, [3, 5]), (10_000, [3, 5])] {
        clock += wait;
        world.switch(json!({"clockOffset": clock})).await;
        counted(&refused.1, tries[0]).await;
        counted(&failed.1, tries[1]).await;
        let waiting = [tries[0] < 3, tries[1] < 5].iter().filter(|waits| **waits).count();
        until(async || world.state(&account).await["deliveries"].as_array().unwrap().len() == waiting).await;
    }
    world.patch(&account, &format!("/api/v4/contacts/{id}"), json!({"name": "Nora K."})).await;
    counted(&failed.1, 6).await;
    assert_eq!((refused.1.load(Ordering::SeqCst), failed.1.load(Ordering::SeqCst)), (4, 6), "five tries at most");
}

#[tokio::test]
async fn a_webhook_that_fails_a_hundred_times_is_switched_off_until_it_is_saved_again() {
    let world = world().await;
    let account = world.account().await;
    let (url, count) = refusing(404).await;
    let body = json!({"destination": url, "settings": ["add_contact"]});
    assert_eq!(world.post(&account, "/api/v4/webhooks", body.clone()).await.status, 201);
    let people: Vec<Value> = (0..101).map(|at| contact(&format!("C{at}"), "5550100")).collect();
    for some in people.chunks(50) {
        world.post(&account, "/api/v4/contacts", json!(some)).await;
    }
    counted(&count, 101).await;
    until(async || world.state(&account).await["webhooks"][0]["disabled"] == true).await;
    world.post(&account, "/api/v4/contacts", json!([contact("Nobody hears", "5550100")])).await;
    assert_eq!(world.post(&account, "/api/v4/webhooks", body).await.body["disabled"], false);
    world.post(&account, "/api/v4/contacts", json!([contact("Heard", "5550100")])).await;
    counted(&count, 102).await;
    assert_eq!(count.load(Ordering::SeqCst), 102);
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
