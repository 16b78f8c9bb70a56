//! What a user may see and do, with a token or in the page.

use serde_json::json;

use crate::support::{Account, World, contact, reply, world};

async fn limited(world: &World) -> Account {
    world.switch(json!({"rateLimit": 0})).await;
    let users = json!([
        {"name": "Ada", "isAdmin": true, "groupId": 1},
        {"name": "Max", "groupId": 1, "rights": {"leads": {"view": "M"}, "contacts": {"view": "G"}}},
        {"name": "Mia", "groupId": 2, "rights": {"contacts": {"view": "D"}}},
    ]);
    world.granted(json!({"users": users})).await
}

async fn as_user(world: &World, account: &Account, user: u64, path: &str) -> crate::support::Reply {
    let session = world.control("session", json!({"account": account.id, "userId": user})).await;
    let request = world.http.get(world.url(path)).header("cookie", session["cookie"].as_str().unwrap());
    reply(request).await
}

#[tokio::test]
async fn own_group_and_denied_decide_what_the_page_shows() {
    let world = world().await;
    let account = limited(&world).await;
    let [ada, max, mia] = account.users[..] else { panic!("three users") };
    let mut of_ada = contact("Of Ada", "1111111");
    of_ada["responsible_user_id"] = json!(ada);
    let mut of_mia = contact("Of Mia", "2222222");
    of_mia["responsible_user_id"] = json!(mia);
    let made = world
        .control(
            "entities",
            json!({"account": account.id, "contacts": [of_ada, of_mia],
            "leads": [{"name": "Secret", "responsible_user_id": ada, "_embedded": {"contacts": [{"index": 0}]}}]}),
        )
        .await;
    let (visible, hidden) = (made["contacts"][0].as_u64().unwrap(), made["contacts"][1].as_u64().unwrap());
    let lead = made["leads"][0].as_u64().unwrap();

    let listed = as_user(&world, &account, max, "/api/v4/contacts?with=leads").await;
    let contacts = listed.body["_embedded"]["contacts"].as_array().unwrap();
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["id"], visible);
    assert_eq!(contacts[0]["_embedded"]["leads"], json!([]), "not even the ids of leads he may not see");
    assert_eq!(as_user(&world, &account, max, &format!("/api/v4/contacts/{hidden}")).await.status, 403);
    assert_eq!(as_user(&world, &account, max, &format!("/api/v4/leads/{lead}")).await.status, 403);
    assert_eq!(as_user(&world, &account, max, &format!("/api/v4/leads/{lead}/notes")).await.status, 403);
    assert_eq!(as_user(&world, &account, mia, "/api/v4/contacts?query=1111111").await.status, 403);
    let all = world.get(&account, "/api/v4/contacts?with=leads").await;
    let leads = &all.body["_embedded"]["contacts"][0]["_embedded"]["leads"][0];
    assert_eq!(leads.as_object().unwrap().keys().collect::<Vec<_>>(), ["_links", "id"]);
}

#[tokio::test]
async fn users_are_for_administrators() {
    let world = world().await;
    let account = limited(&world).await;
    assert_eq!(world.get(&account, "/api/v4/users").await.body["_total_items"], 3);
    let one = format!("/api/v4/users/{}", account.users[1]);
    assert_eq!(world.get(&account, &one).await.body["rights"]["leads"]["view"], "M");
    assert_eq!(as_user(&world, &account, account.users[1], &one).await.status, 403);
}

#[tokio::test]
async fn a_managers_grant_is_limited_and_ends_with_them_an_admins_is_not() {
    let world = world().await;
    let mut account = limited(&world).await;
    let admins = account.access.clone();
    let code = world.control("code", json!({"account": account.id, "userId": account.users[1]})).await;
    let pair = world.exchange(&account, code["code"].as_str().unwrap()).await;
    account.take(&pair.body);
    assert_eq!(world.get(&account, "/api/v4/users").await.status, 403);
    assert_eq!(world.get(&account, "/api/v4/account").await.body["current_user_id"], account.users[1]);
    for user in &account.users[..2] {
        world.control("users", json!({"account": account.id, "userId": user, "isActive": false})).await;
    }
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 401);
    account.access = admins;
    assert_eq!(world.get(&account, "/api/v4/users").await.status, 200);
}

#[tokio::test]
async fn an_admins_grant_can_borrow_a_users_rights() {
    let world = world().await;
    let account = limited(&world).await;
    let ask = |user: &str| {
        let request = world.request(&account, reqwest::Method::GET, "/api/v4/contacts");
        reply(request.header("x-context-user-id", user.to_owned()))
    };
    assert_eq!(ask(&account.users[2].to_string()).await.status, 403);
    assert_eq!(ask("1").await.status, 401);
}
