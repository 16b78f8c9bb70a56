//! Notes: call notes in particular.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{faults_of, reply, world};

fn note(entity: u64) -> Value {
    json!({"entity_id": entity, "note_type": "call_in", "request_id": "n1",
        "params": {"uniq": "c1", "duration": 0, "source": "Test", "phone": "+49305550100"}})
}

#[tokio::test]
async fn a_call_note_needs_source_and_duration_and_no_nulls() {
    let world = world().await;
    let account = world.account().await;
    let contact = world.contact(&account, "+49305550100").await;
    let mut bad = note(contact);
    bad["params"] = json!({"uniq": 5, "source": " ", "link": null, "call_status": 9, "call_responsible": 1});
    let faults = faults_of(&world.post(&account, "/api/v4/contacts/notes", json!([bad])).await);
    for (code, path) in [
        ("InvalidType", "params.uniq"),
        ("NotBlank", "params.source"),
        ("FieldMissing", "params.duration"),
        ("NotNullable", "params.link"),
        ("NotSupportedChoice", "params.call_status"),
        ("NotSupportedChoice", "params.call_responsible"),
    ] {
        assert!(faults.contains(&(code.to_owned(), path.to_owned())), "{code} {path} in {faults:?}");
    }
}

#[tokio::test]
async fn one_bad_item_stores_nothing() {
    let world = world().await;
    let account = world.account().await;
    let contact = world.contact(&account, "+49305550100").await;
    let answer = world.post(&account, "/api/v4/contacts/notes", json!([note(contact), note(77)])).await;
    assert_eq!(faults_of(&answer), [("NotSupportedChoice".to_owned(), "entity_id".to_owned())]);
    assert_eq!(world.state(&account).await["notes"], json!([]));
}

#[tokio::test]
async fn a_note_is_written_read_and_patched_but_never_deleted() {
    let world = world().await;
    let account = world.account().await;
    let contact = world.contact(&account, "+49305550100").await;
    let made = world.post(&account, "/api/v4/contacts/notes", json!([note(contact)])).await;
    let written = &made.body["_embedded"]["notes"][0];
    assert_eq!((&written["entity_id"], &written["request_id"]), (&json!(contact), &json!("n1")));
    let id = written["id"].as_u64().unwrap();
    let listed = world.get(&account, &format!("/api/v4/contacts/{contact}/notes?filter[note_type][]=call_in")).await;
    assert_eq!(listed.body["_embedded"]["notes"][0]["params"]["uniq"], "c1");
    let params = json!({"uniq": "c1", "duration": 9, "source": "Test", "link": "https://r.example/1.mp3"});
    let path = format!("/api/v4/contacts/notes/{id}");
    let patch = json!({"note_type": "call_in", "params": params});
    assert_eq!(world.patch(&account, &path, patch).await.status, 200);
    let read = world.get(&account, &path).await;
    assert_eq!(read.body["params"], params, "params are replaced, phone is gone");
    assert_eq!(reply(world.request(&account, Method::DELETE, &path)).await.status, 405);
}

#[tokio::test]
async fn params_not_named_stay_in_the_other_reading() {
    let world = world().await;
    let account = world.account().await;
    let contact = world.contact(&account, "+49305550100").await;
    let made = world.post(&account, &format!("/api/v4/contacts/{contact}/notes"), json!([note(contact)])).await;
    let id = made.body["_embedded"]["notes"][0]["id"].as_u64().unwrap();
    world.switch(json!({"noteParams": "merge"})).await;
    let patch = json!([{"id": id, "entity_id": contact, "params": {"link": "https://r.example/1.mp3"}}]);
    assert_eq!(world.patch(&account, "/api/v4/contacts/notes", patch).await.status, 200);
    let read = world.get(&account, &format!("/api/v4/contacts/notes/{id}")).await;
    assert_eq!(read.body["params"]["phone"], "+49305550100");
}

#[tokio::test]
async fn a_note_does_not_move_to_another_entity() {
    let world = world().await;
    let account = world.account().await;
    let one = world.contact(&account, "1111111").await;
    let two = world.contact(&account, "2222222").await;
    let made = world.post(&account, "/api/v4/contacts/notes", json!([note(one)])).await;
    let id = made.body["_embedded"]["notes"][0]["id"].as_u64().unwrap();
    let patch = json!([{"id": id, "entity_id": two}]);
    assert_eq!(world.patch(&account, "/api/v4/contacts/notes", patch.clone()).await.status, 400);
    world.switch(json!({"noteMove": "ignore"})).await;
    let answer = world.patch(&account, "/api/v4/contacts/notes", patch).await;
    assert_eq!(answer.body["_embedded"]["notes"][0]["entity_id"], one);
}
