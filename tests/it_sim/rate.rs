//! Seven requests a second, then 429, then a block.

use serde_json::json;

use crate::support::world;

#[tokio::test]
async fn the_eighth_request_within_a_second_is_refused_with_retry_after() {
    let world = world().await;
    let account = world.granted(json!({})).await;
    world.switch(json!({"clockOffset": 10, "retryAfter": 300})).await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(world.get(&account, "/api/v4/account").await);
    }
    assert!(answers[..7].iter().all(|answer| answer.status == 200));
    assert_eq!(answers[7].status, 429);
    assert_eq!(answers[7].content_type, "application/problem+json");
    assert_eq!(answers[7].body["retry_after"], 300);
    world.switch(json!({"clockOffset": 11.5})).await;
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 200);
}

#[tokio::test]
async fn the_token_endpoint_counts_too() {
    let world = world().await;
    let account = world.granted(json!({})).await;
    world.switch(json!({"clockOffset": 10})).await;
    for _ in 0..7 {
        assert_eq!(world.refresh(&account, &account.refresh).await.status, 200);
    }
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 429);
}

#[tokio::test]
async fn going_on_is_answered_with_a_page_of_html_for_a_while() {
    let world = world().await;
    let account = world.granted(json!({})).await;
    world.switch(json!({"clockOffset": 10, "rateLimit": 1, "blockAfter": 3, "blockSeconds": 5})).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(world.get(&account, "/api/v4/account").await.status);
    }
    assert_eq!(statuses, [200, 429, 429, 429, 403, 403]);
    let blocked = world.get(&account, "/api/v4/account").await;
    assert!(blocked.content_type.starts_with("text/html"));
    world.switch(json!({"clockOffset": 16})).await;
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 200);
}

#[tokio::test]
async fn accounts_count_apart_or_by_address_together() {
    let world = world().await;
    let one = world.granted(json!({})).await;
    let two = world.granted(json!({})).await;
    world.switch(json!({"clockOffset": 10, "rateLimit": 1})).await;
    assert_eq!(world.get(&one, "/api/v4/account").await.status, 200);
    assert_eq!(world.get(&two, "/api/v4/account").await.status, 200);
    world.switch(json!({"clockOffset": 20, "rateScope": "address"})).await;
    assert_eq!(world.get(&one, "/api/v4/account").await.status, 200);
    assert_eq!(world.get(&two, "/api/v4/account").await.status, 429);
}
