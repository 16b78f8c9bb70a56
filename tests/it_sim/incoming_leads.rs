//! Incoming leads: hidden until accepted.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Account, Reply, World, contact, faults_of, reply, world};

fn sip(phone: &str) -> Value {
    json!([{
        "request_id": "u1", "source_name": "Test VoIP", "source_uid": "test", "metadata": {
            "uniq": "c1", "phone": phone, "from": phone, "called_at": 1_771_000_000, "duration": 0,
            "service_code": "test", "is_call_event_needed": false},
        "_embedded": {"leads": [{"name": "Missed call"}], "contacts": [contact("New", phone)]},
    }])
}

async fn created(world: &World, account: &Account) -> Value {
    let made = world.post(account, "/api/v4/leads/unsorted/sip", sip("+49305550100")).await;
    assert_eq!(made.status, 200, "{}", made.body);
    made.body["_embedded"]["unsorted"][0].clone()
}

async fn accept(world: &World, account: &Account, uid: &str) -> Reply {
    let body = json!({"user_id": account.users[1]});
    world.post(account, &format!("/api/v4/leads/unsorted/{uid}/accept"), body).await
}

#[tokio::test]
async fn hidden_until_accepted_then_an_ordinary_lead() {
    let world = world().await;
    let account = world.account().await;
    world.switch(json!({"searchLag": 0})).await;
    let made = created(&world, &account).await;
    let uid = made["uid"].as_str().unwrap();
    let lead = made["_embedded"]["leads"][0]["id"].as_u64().unwrap();
    for path in ["/api/v4/contacts", "/api/v4/leads", "/api/v4/contacts?query=5550100"] {
        assert_eq!(world.get(&account, path).await.status, 204, "{path}");
    }
    assert_eq!(world.get(&account, "/api/v4/leads/unsorted").await.body["_embedded"]["unsorted"][0]["uid"], uid);
    let accepted = accept(&world, &account, uid).await;
    assert_eq!((accepted.status, &accepted.body["uid"]), (200, &json!(uid)));
    let shown = world.get(&account, &format!("/api/v4/leads/{lead}?with=contacts")).await.body;
    assert_eq!(shown["created_by"], account.users[1]);
    assert_eq!(shown["_embedded"]["contacts"][0]["is_main"], true);
    let pipelines = world.get(&account, "/api/v4/leads/pipelines").await.body;
    let first = &pipelines["_embedded"]["pipelines"][0]["_embedded"]["statuses"];
    assert_eq!((&first[0]["type"], &first[1]["type"]), (&json!(1), &json!(0)));
    assert_eq!(shown["status_id"], first[1]["id"]);
    assert_eq!(world.get(&account, "/api/v4/contacts?query=5550100").await.status, 200);
    assert_eq!(accept(&world, &account, uid).await.status, 404);
    assert_eq!(world.state(&account).await["unsorted"][0]["status"], "accepted");
}

#[tokio::test]
async fn accepting_may_fail_at_first_by_switch() {
    let world = world().await;
    let account = world.account().await;
    let uid = created(&world, &account).await["uid"].as_str().unwrap().to_owned();
    world.switch(json!({"acceptFailures": 1})).await;
    assert_eq!(accept(&world, &account, &uid).await.status, 400);
    assert_eq!(accept(&world, &account, &uid).await.status, 200);
}

#[tokio::test]
async fn declining_needs_a_user_and_deletes() {
    let world = world().await;
    let account = world.account().await;
    let made = created(&world, &account).await;
    let path = format!("/api/v4/leads/unsorted/{}/decline", made["uid"].as_str().unwrap());
    let decline = |body: Value| reply(world.request(&account, Method::DELETE, &path).json(&body));
    assert_eq!(faults_of(&decline(json!({})).await), [("FieldMissing".to_owned(), "user_id".to_owned())]);
    assert_eq!(decline(json!({"user_id": account.admin})).await.status, 200);
    let lead = made["_embedded"]["leads"][0]["id"].as_u64().unwrap();
    assert_eq!(world.get(&account, &format!("/api/v4/leads/{lead}")).await.status, 204);
    assert_eq!(world.state(&account).await["unsorted"][0]["status"], "declined");
}

#[tokio::test]
async fn the_call_event_is_a_note_and_is_never_shown_again() {
    let world = world().await;
    let account = world.account().await;
    let mut body = sip("+49305550100");
    body[0]["metadata"]["is_call_event_needed"] = json!(true);
    world.post(&account, "/api/v4/leads/unsorted/sip", body).await;
    let state = world.state(&account).await;
    assert_eq!(state["notes"][0]["note_type"], "call_in");
    assert_eq!(state["notes"][0]["params"]["uniq"], "c1");
    assert!(state["unsorted"][0]["metadata"].get("is_call_event_needed").is_none());
}

#[tokio::test]
async fn source_and_metadata_are_required_and_the_bare_path_cannot_create() {
    let world = world().await;
    let account = world.account().await;
    let answer = world.post(&account, "/api/v4/leads/unsorted/sip", json!([{"metadata": {"duration": "0"}}])).await;
    let paths: Vec<String> = faults_of(&answer).into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["source_uid", "source_name", "metadata.duration"]);
    assert_eq!(world.post(&account, "/api/v4/leads/unsorted", sip("1")).await.status, 405);
}

#[tokio::test]
async fn an_identical_one_is_refused_in_the_stricter_reading() {
    let world = world().await;
    let account = world.account().await;
    created(&world, &account).await;
    created(&world, &account).await;
    world.switch(json!({"duplicateUnsorted": "refuse"})).await;
    let again = world.post(&account, "/api/v4/leads/unsorted/sip", sip("+49305550100")).await;
    assert_eq!(again.status, 400);
}
