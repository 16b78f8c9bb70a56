//! Rules that hold for every write.

use serde_json::json;

use crate::support::{contact, faults_of, world};

#[tokio::test]
async fn collections_take_lists_and_single_entities_take_objects() {
    let world = world().await;
    let account = world.account().await;
    assert_eq!(world.post(&account, "/api/v4/contacts", contact("A", "1")).await.status, 400);
    assert_eq!(world.post(&account, "/api/v4/contacts", json!([])).await.status, 400);
    let id = world.contact(&account, "5550100").await;
    let path = format!("/api/v4/contacts/{id}");
    assert_eq!(world.patch(&account, &path, json!([{"name": "B"}])).await.status, 400);
    assert_eq!(world.patch(&account, &path, json!({"name": "B"})).await.status, 200);
    let many: Vec<_> = (0..251).map(|_| json!({"name": "x"})).collect();
    assert_eq!(world.post(&account, "/api/v4/contacts", json!(many)).await.status, 422);
}

#[tokio::test]
async fn request_ids_come_back_and_default_to_the_index() {
    let world = world().await;
    let account = world.account().await;
    let body = json!([{"name": "A", "request_id": "mine"}, {"name": "B"}]);
    let made = world.post(&account, "/api/v4/contacts", body).await.body;
    let contacts = &made["_embedded"]["contacts"];
    assert_eq!((&contacts[0]["request_id"], &contacts[1]["request_id"]), (&json!("mine"), &json!("1")));
}

#[tokio::test]
async fn unknown_users_stages_fields_and_enums_are_no_choice() {
    let world = world().await;
    let account = world.account().await;
    let lead = json!([{"responsible_user_id": 1, "pipeline_id": 2, "price": "12"}]);
    let paths: Vec<_> = faults_of(&world.post(&account, "/api/v4/leads", lead).await);
    assert!(paths.contains(&("NotSupportedChoice".to_owned(), "responsible_user_id".to_owned())));
    assert!(paths.contains(&("NotSupportedChoice".to_owned(), "pipeline_id".to_owned())));
    assert!(paths.contains(&("InvalidType".to_owned(), "price".to_owned())));
    let body = json!([{"custom_fields_values": [
        {"field_id": 1, "values": [{"value": "x"}]},
        {"field_code": "PHONE", "values": [{"value": 5, "enum_code": "SHOE"}]}]}]);
    let faults = faults_of(&world.post(&account, "/api/v4/contacts", body).await);
    let paths: Vec<&str> = faults.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "custom_fields_values.0.field_id",
            "custom_fields_values.1.values.0.value",
            "custom_fields_values.1.values.0.enum_code"
        ]
    );
}

#[tokio::test]
async fn a_sent_field_replaces_all_its_values_and_others_stay() {
    let world = world().await;
    let account = world.account().await;
    let id = world.contact(&account, "1111111").await;
    let path = format!("/api/v4/contacts/{id}");
    let email = json!({"custom_fields_values": [{"field_code": "EMAIL", "values": [{"value": "a@b.example"}]}]});
    world.patch(&account, &path, email).await;
    let phones = json!({"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "2222222"}]}]});
    world.patch(&account, &path, phones).await;
    let fields = world.get(&account, &path).await.body["custom_fields_values"].clone();
    let values: Vec<_> = fields.as_array().unwrap().iter().map(|field| &field["values"][0]["value"]).collect();
    assert_eq!(values, ["a@b.example", "2222222"]);
    assert_eq!(fields[1]["values"][0]["enum_code"], "WORK");
}

#[tokio::test]
async fn tasks_are_set_and_completed() {
    let world = world().await;
    let account = world.account().await;
    let faults =
        faults_of(&world.post(&account, "/api/v4/tasks", json!([{"entity_id": 5, "entity_type": "contact"}])).await);
    let paths: Vec<&str> = faults.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, ["text", "complete_till", "entity_type"]);
    let made = world
        .post(
            &account,
            "/api/v4/tasks",
            json!([{"text": "Call back", "complete_till": 1_771_003_600, "request_id": "t"}]),
        )
        .await;
    let task = made.body["_embedded"]["tasks"][0].clone();
    assert_eq!(task["request_id"], "t");
    let path = format!("/api/v4/tasks/{}", task["id"]);
    assert_eq!(world.get(&account, &path).await.body["result"], json!([]));
    world.patch(&account, &path, json!({"is_completed": true, "result": {"text": "Done"}})).await;
    let read = world.get(&account, &path).await.body;
    assert_eq!((&read["is_completed"], &read["result"]["text"]), (&json!(true), &json!("Done")));
    assert_eq!(world.get(&account, "/api/v4/tasks?filter[is_completed]=0").await.status, 204);
}

#[tokio::test]
async fn won_and_lost_are_the_same_in_every_pipeline_and_close_the_lead() {
    let world = world().await;
    let account = world.account().await;
    let made = world.post(&account, "/api/v4/leads", json!([{"name": "Roof", "status_id": 142}])).await;
    let id = made.body["_embedded"]["leads"][0]["id"].as_u64().unwrap();
    let lead = world.get(&account, &format!("/api/v4/leads/{id}")).await.body;
    assert_eq!(lead["status_id"], 142);
    assert!(lead["closed_at"].is_i64());
    let pipelines = world.get(&account, "/api/v4/leads/pipelines").await.body;
    let incoming = &pipelines["_embedded"]["pipelines"][0]["_embedded"]["statuses"][0]["id"];
    let refused = world.post(&account, "/api/v4/leads", json!([{"status_id": incoming}])).await;
    assert_eq!(faults_of(&refused)[0].1, "status_id");
}
