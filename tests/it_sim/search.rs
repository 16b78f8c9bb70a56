//! `query` lags, and compares in one of two ways. Filters may be ignored.

use serde_json::json;

use crate::support::{contact, world};

#[tokio::test]
async fn a_new_contact_is_found_only_after_the_lag() {
    let world = world().await;
    let account = world.account().await;
    world.switch(json!({"searchLag": 120})).await;
    let made = world.post(&account, "/api/v4/contacts", json!([contact("Ada Berg", "+49 30 5550100")])).await;
    let id = made.body["_embedded"]["contacts"][0]["id"].as_u64().unwrap();
    let query = "/api/v4/contacts?query=5550100";
    assert_eq!(world.get(&account, query).await.status, 204);
    assert_eq!(world.get(&account, "/api/v4/contacts").await.status, 200, "lists do not lag");
    world.switch(json!({"clockOffset": 121})).await;
    assert_eq!(world.get(&account, query).await.body["_embedded"]["contacts"][0]["id"], id);
}

#[tokio::test]
async fn a_changed_number_is_found_by_its_old_form_until_the_index_follows() {
    let world = world().await;
    let account = world.account().await;
    let id = world.contact(&account, "+49 30 1111111").await;
    world.switch(json!({"searchLag": 60})).await;
    world.patch(&account, &format!("/api/v4/contacts/{id}"), contact("Nora Klein", "+49 30 2222222")).await;
    assert_eq!(world.get(&account, "/api/v4/contacts?query=1111111").await.status, 200);
    assert_eq!(world.get(&account, "/api/v4/contacts?query=2222222").await.status, 204);
    world.switch(json!({"clockOffset": 61})).await;
    assert_eq!(world.get(&account, "/api/v4/contacts?query=1111111").await.status, 204);
    assert_eq!(world.get(&account, "/api/v4/contacts?query=2222222").await.status, 200);
}

#[tokio::test]
async fn digits_are_found_in_any_field_whatever_stands_between_them() {
    let world = world().await;
    let account = world.account().await;
    world.contact(&account, "(030) 555-01 00").await;
    assert_eq!(world.get(&account, "/api/v4/contacts?query=305550100").await.status, 200);
    world.switch(json!({"searchMode": "literal"})).await;
    assert_eq!(world.get(&account, "/api/v4/contacts?query=305550100").await.status, 204);
    assert_eq!(world.get(&account, "/api/v4/contacts?query=555-01").await.status, 200);
    assert_eq!(world.get(&account, "/api/v4/contacts?query=nora%20k").await.status, 200);
}

#[tokio::test]
async fn filters_and_order_are_honoured_or_filters_silently_ignored() {
    let world = world().await;
    let account = world.account().await;
    let one = world.contact(&account, "1111111").await;
    let two = world.contact(&account, "2222222").await;
    let path = format!("/api/v4/contacts?filter[id][]={two}");
    let found = world.get(&account, &path).await;
    assert_eq!(found.body["_embedded"]["contacts"].as_array().unwrap().len(), 1);
    world.switch(json!({"filtersIgnored": true})).await;
    let found = world.get(&account, &format!("{path}&order[id]=desc")).await;
    let ids: Vec<_> = found.body["_embedded"]["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|contact| contact["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [two, one]);
}

#[tokio::test]
async fn pages_link_to_the_next_one_and_end_with_nothing() {
    let world = world().await;
    let account = world.account().await;
    for number in 0..3 {
        world.contact(&account, &format!("555000{number}")).await;
    }
    let first = world.get(&account, "/api/v4/contacts?limit=2").await;
    assert_eq!(first.content_type, "application/hal+json");
    let next = first.body["_links"]["next"]["href"].as_str().unwrap();
    let path = next.strip_prefix(&format!("https://{}", account.host())).unwrap();
    let second = world.get(&account, path).await;
    assert_eq!(second.body["_embedded"]["contacts"].as_array().unwrap().len(), 1);
    assert!(second.body["_links"].get("next").is_none());
    assert_eq!(world.get(&account, "/api/v4/contacts?limit=2&page=3").await.status, 204);
}

#[tokio::test]
async fn many_are_read_by_their_ids_at_once() {
    let world = world().await;
    let account = world.account().await;
    let contacts: Vec<_> = (0..60).map(|at| contact(&format!("C{at}"), &format!("55501{at:02}"))).collect();
    let leads = json!([{"name": "Roof", "_embedded": {"contacts": [{"index": 3}]}}]);
    let made = world.control("entities", json!({"account": account.id, "contacts": contacts, "leads": leads})).await;
    let ids: Vec<String> = made["contacts"].as_array().unwrap().iter().take(50).map(ToString::to_string).collect();
    let filter: Vec<String> = ids.iter().map(|id| format!("filter[id][]={id}")).collect();
    let path = format!("/api/v4/contacts?with=leads&limit=250&{}", filter.join("&"));
    let answer = world.get(&account, &path).await.body;
    let read = answer["_embedded"]["contacts"].as_array().unwrap();
    let of = |contact: &serde_json::Value| contact["id"].to_string();
    assert_eq!(read.iter().map(of).collect::<Vec<_>>(), ids);
    assert_eq!(read[3]["_embedded"]["leads"][0]["id"], made["leads"][0]);
    let gone = json!({"account": account.id, "type": "contacts", "id": made["contacts"][0]});
    world.control("delete", gone).await;
    let left = world.get(&account, &path).await.body;
    assert_eq!(left["_embedded"]["contacts"].as_array().unwrap().len(), 49);
    let lead = world.get(&account, &format!("/api/v4/leads?filter%5Bid%5D%5B%5D={}", made["leads"][0])).await.body;
    assert_eq!(lead["_embedded"]["leads"].as_array().unwrap().len(), 1);
    assert_eq!(world.get(&account, "/api/v4/companies?filter[id][]=1").await.status, 204);
}
