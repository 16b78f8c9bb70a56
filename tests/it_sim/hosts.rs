//! Every account has its own host, and hosts change.

use reqwest::Method;
use serde_json::json;

use crate::support::{reply, world};

#[tokio::test]
async fn shared_and_unknown_hosts_are_refused() {
    let world = world().await;
    let account = world.account().await;
    let body = json!({"grant_type": "refresh_token", "refresh_token": account.refresh});
    let shared = world.token_request("www.kommo.com", body.clone()).await;
    assert_eq!(shared.status, 400);
    assert!(shared.body["hint"].as_str().unwrap().contains("account"));
    assert_eq!(world.token_request("nobody.kommo.com", body).await.status, 404);
    for (host, status) in [("www.kommo.com", 400), ("nobody.kommo.com", 404), ("evil.example", 404)] {
        let request =
            world.http.get(world.url("/api/v4/account")).header("x-intended-host", host).bearer_auth(&account.access);
        assert_eq!(reply(request).await.status, status, "{host}");
    }
}

#[tokio::test]
async fn another_accounts_token_is_refused() {
    let world = world().await;
    let mut one = world.account().await;
    let two = world.account().await;
    one.access.clone_from(&two.access);
    assert_eq!(world.get(&one, "/api/v4/account").await.status, 401);
    let stolen = world.refresh(&one, &two.refresh).await;
    assert_eq!(stolen.status, 401);
}

#[tokio::test]
async fn a_renamed_account_is_found_by_its_refresh_token() {
    let world = world().await;
    let mut account = world.account().await;
    world.control("rename", json!({"accountId": account.id, "subdomain": "elsewhere"})).await;
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 401);
    assert_eq!(world.refresh(&account, &account.refresh).await.status, 404);
    let lookup = world
        .http
        .get(world.url("/oauth2/account/current/subdomain"))
        .header("x-intended-host", "api-c.kommo.com")
        .header("x-refresh-token", &account.refresh);
    let found = reply(lookup).await;
    assert_eq!(found.body["domain"], "elsewhere.kommo.com");
    account.subdomain = "elsewhere".to_owned();
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 200);
}

#[tokio::test]
async fn foreign_clients_may_leave_the_host_out_by_switch() {
    let world = world().await;
    let account = world.account().await;
    let request = || world.http.request(Method::GET, world.url("/api/v4/account")).bearer_auth(&account.access);
    assert_eq!(reply(request()).await.status, 400);
    world.switch(json!({"requireIntendedHost": false})).await;
    assert_eq!(reply(request()).await.body["id"], account.id);
}

#[tokio::test]
async fn every_request_is_written_down_with_host_and_status() {
    let world = world().await;
    let account = world.account().await;
    world.get(&account, "/api/v4/account?with=task_types").await;
    world.get(&account, "/api/v4/contacts").await;
    let state = world.state(&account).await;
    let lines = state["requests"].as_array().unwrap();
    let last = &lines[lines.len() - 2..];
    assert_eq!(last[0]["path"], "/api/v4/account?with=task_types");
    assert_eq!(last[0]["host"], account.host());
    assert_eq!((&last[0]["status"], &last[1]["status"]), (&json!(200), &json!(204)));
}
