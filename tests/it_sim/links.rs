//! Leads with companions, and links between entities.

use serde_json::json;

use crate::support::{contact, faults_of, world};

#[tokio::test]
async fn complex_creates_a_lead_with_its_contact_in_a_bare_list() {
    let world = world().await;
    let account = world.account().await;
    let body = json!([{"name": "Call", "request_id": "r1", "_embedded": {"contacts": [contact("New", "5550100")]}}]);
    let made = world.post(&account, "/api/v4/leads/complex", body.clone()).await;
    let first = &made.body[0];
    assert_eq!((&first["request_id"], &first["merged"]), (&json!(["r1"]), &json!(false)));
    let contact_id = first["contact_id"].as_u64().unwrap();
    let lead = world.get(&account, &format!("/api/v4/leads/{}?with=contacts", first["id"])).await.body;
    assert_eq!(lead["_embedded"]["contacts"][0]["id"], contact_id);
    world.switch(json!({"duplicateControl": true})).await;
    let again = world.post(&account, "/api/v4/leads/complex", body).await.body[0].clone();
    assert_eq!((&again["contact_id"], &again["merged"]), (&json!(contact_id), &json!(true)));
}

#[tokio::test]
async fn complex_takes_one_contact_and_fifty_leads() {
    let world = world().await;
    let account = world.account().await;
    let two = json!([{"_embedded": {"contacts": [contact("A", "1"), contact("B", "2")]}}]);
    assert_eq!(world.post(&account, "/api/v4/leads/complex", two).await.status, 400);
    let many: Vec<_> = (0..51).map(|_| json!({"name": "x"})).collect();
    assert_eq!(world.post(&account, "/api/v4/leads/complex", json!(many)).await.status, 422);
}

#[tokio::test]
async fn links_are_made_on_the_lead_written_as_is_main_and_read_as_main_contact() {
    let world = world().await;
    let account = world.account().await;
    let contact_id = world.contact(&account, "5550100").await;
    let made = world.post(&account, "/api/v4/leads", json!([{"name": "Roof"}])).await;
    let lead = made.body["_embedded"]["leads"][0]["id"].as_u64().unwrap();
    let target = json!([{"to_entity_id": contact_id, "to_entity_type": "contacts", "metadata": {"is_main": true}}]);
    assert_eq!(world.get(&account, &format!("/api/v4/leads/{lead}/links")).await.status, 204);
    assert_eq!(world.post(&account, &format!("/api/v4/leads/{lead}/link"), target.clone()).await.status, 200);
    let links = world.get(&account, &format!("/api/v4/leads/{lead}/links")).await.body;
    assert_eq!(links["_embedded"]["links"][0]["metadata"]["main_contact"], true);
    let backwards = json!([{"to_entity_id": lead, "to_entity_type": "leads"}]);
    let refused = world.post(&account, &format!("/api/v4/contacts/{contact_id}/link"), backwards).await;
    assert_eq!(faults_of(&refused), [("NotSupportedChoice".to_owned(), "to_entity_type".to_owned())]);
    assert_eq!(world.post(&account, &format!("/api/v4/leads/{lead}/unlink"), target).await.status, 204);
    assert_eq!(world.get(&account, &format!("/api/v4/leads/{lead}/links")).await.status, 204);
}
