//! `POST /api/v4/calls` and the v2 notice.

use serde_json::{Value, json};

use crate::support::{Account, World, faults_of, world};

fn call(phone: &str) -> Value {
    json!({"direction": "inbound", "phone": phone, "duration": 30, "source": "Test", "uniq": "c1", "request_id": "k1"})
}

async fn lead(world: &World, account: &Account, contact: u64) -> u64 {
    let body = json!([{"name": "Roof", "_embedded": {"contacts": [{"id": contact}]}}]);
    let made = world.post(account, "/api/v4/leads", body).await;
    made.body["_embedded"]["leads"][0]["id"].as_u64().unwrap()
}

#[tokio::test]
async fn an_unknown_number_is_refused_with_its_own_form_of_error() {
    let world = world().await;
    let account = world.account().await;
    let answer = world.post(&account, "/api/v4/calls", json!([call("+49305550100")])).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["_total_items"], 0);
    assert_eq!(answer.body["errors"][0]["title"], "Entity not found");
    assert!(answer.body.get("validation-errors").is_none() && answer.body.get("detail").is_none());
    assert_eq!(world.state(&account).await["notes"], json!([]));
}

#[tokio::test]
async fn ten_digits_find_the_contact_and_its_only_active_lead() {
    let world = world().await;
    let account = world.account().await;
    let contact = world.contact(&account, "+49 30 5550100").await;
    let path = "/api/v4/calls";
    let item = |answer: Value| answer["_embedded"]["calls"][0].clone();
    let first = item(world.post(&account, path, json!([call("0049305550100")])).await.body);
    assert_eq!((&first["entity_type"], &first["entity_id"]), (&json!("contact"), &json!(contact)));
    assert_eq!(first["request_id"], "k1");
    let roof = lead(&world, &account, contact).await;
    let second = item(world.post(&account, path, json!([call("+49305550100")])).await.body);
    assert_eq!((&second["entity_type"], &second["entity_id"]), (&json!("lead"), &json!(roof)));
    lead(&world, &account, contact).await;
    let third = item(world.post(&account, path, json!([call("+49305550100")])).await.body);
    assert_eq!(third["entity_type"], "contact");
    let notes = world.state(&account).await["notes"].as_array().unwrap().clone();
    assert_eq!(notes.len(), 3, "the same uniq makes a record each time");
}

#[tokio::test]
async fn a_mixed_batch_names_what_was_not_stored() {
    let world = world().await;
    let account = world.account().await;
    world.contact(&account, "+49 30 5550100").await;
    let mut stranger = call("+49305559999");
    stranger["request_id"] = json!("k2");
    let answer = world.post(&account, "/api/v4/calls", json!([call("+49305550100"), stranger])).await;
    assert_eq!((answer.status, &answer.body["_total_items"]), (200, &json!(1)));
    assert_eq!(answer.body["errors"][0]["request_id"], "k2");
}

#[tokio::test]
async fn required_fields_and_types_are_checked() {
    let world = world().await;
    let account = world.account().await;
    let answer = world
        .post(&account, "/api/v4/calls", json!([{"direction": "sideways", "phone": 5, "duration": "30", "link": null}]))
        .await;
    let faults = faults_of(&answer);
    for fault in [
        ("NotSupportedChoice", "direction"),
        ("InvalidType", "phone"),
        ("InvalidType", "duration"),
        ("FieldMissing", "source"),
        ("NotNullable", "link"),
    ] {
        assert!(faults.contains(&(fault.0.to_owned(), fault.1.to_owned())), "{fault:?} in {faults:?}");
    }
    assert_eq!(world.get(&account, "/api/v4/calls").await.status, 405);
}

#[tokio::test]
async fn a_call_notice_is_kept_for_its_users() {
    let world = world().await;
    let account = world.account().await;
    let body = json!({"add": [{"type": "phone_call", "phone_number": "+49 30 5550100", "users": [account.users[1]]}]});
    assert_eq!(world.post(&account, "/api/v2/events", body).await.status, 202);
    assert_eq!(world.state(&account).await["notices"][0]["users"], json!([account.users[1]]));
}
