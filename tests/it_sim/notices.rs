//! Call notices: whom `POST /api/v2/events` reaches.

use serde_json::{Value, json};

use crate::support::world;

fn ring(users: Option<Value>) -> Value {
    let mut item = json!({"type": "phone_call", "phone_number": "+49305550100"});
    if let Some(users) = users {
        item["users"] = users;
    }
    json!({"add": [item]})
}

#[tokio::test]
async fn those_named_hear_of_it_and_everyone_when_nobody_is_named() {
    let world = world().await;
    let account = world.account().await;
    let id = world.contact(&account, "+49 30 5550100").await;
    let one = account.users[1];
    for users in [Some(json!([one])), Some(json!(one)), Some(json!(one.to_string())), None] {
        assert_eq!(world.post(&account, "/api/v2/events", ring(users)).await.status, 202);
    }
    let notices = world.state(&account).await["notices"].clone();
    assert_eq!(
        (&notices[0]["users"], &notices[1]["users"], &notices[2]["users"]),
        (&json!([one]), &json!([one]), &json!([one]))
    );
    assert_eq!(notices[3]["users"], json!(account.users));
    assert_eq!(notices[0]["entity"], json!({"type": "contact", "id": id}));
    assert!(notices[3]["posted"].get("users").is_none());
}

#[tokio::test]
async fn an_empty_list_is_everyone_or_nobody_by_switch() {
    let world = world().await;
    let account = world.account().await;
    for (reading, reached) in [("is_everyone", json!(account.users)), ("is_nobody", json!([]))] {
        world.switch(json!({"emptyUsers": reading})).await;
        assert_eq!(world.post(&account, "/api/v2/events", ring(Some(json!([])))).await.status, 202);
        let notices = world.state(&account).await["notices"].clone();
        assert_eq!(notices.as_array().unwrap().last().unwrap()["users"], reached, "{reading}");
    }
}

#[tokio::test]
async fn what_is_no_call_or_names_users_wrongly_is_refused() {
    let world = world().await;
    let account = world.account().await;
    for body in [
        json!({}),
        json!({"add": [{"type": "mail", "phone_number": "1"}]}),
        json!({"add": [{"type": "phone_call"}]}),
        ring(Some(json!(["Max"]))),
        ring(Some(json!({}))),
    ] {
        assert_eq!(world.post(&account, "/api/v2/events", body.clone()).await.status, 400, "{body}");
    }
    assert_eq!(world.state(&account).await["notices"], json!([]));
}
