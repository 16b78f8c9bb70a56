//! Codes, tokens, consent and hooks.

use serde_json::{Value, json};

use crate::support::{reply, world};

#[tokio::test]
async fn code_works_once() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    assert_eq!(world.exchange(&account, &account.code).await.status, 200);
    let again = world.exchange(&account, &account.code).await;
    assert_eq!(again.status, 400);
    assert!(again.body["hint"].is_string());
}

#[tokio::test]
async fn code_is_worthless_after_twenty_minutes() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    world.switch(json!({"clockOffset": 1201})).await;
    assert_eq!(world.exchange(&account, &account.code).await.status, 400);
}

#[tokio::test]
async fn wrong_secret_or_redirect_uri_is_unauthorized_and_a_missing_field_is_named() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let body = json!({"grant_type": "authorization_code", "code": account.code});
    for (name, value) in [("client_secret", "guess"), ("redirect_uri", "https://elsewhere.example/")] {
        let mut body = body.clone();
        body[name] = json!(value);
        assert_eq!(world.token_request(&account.host(), body).await.status, 401, "{name}");
    }
    let missing = world.token_request(&account.host(), json!({"grant_type": "authorization_code"})).await;
    assert_eq!(missing.status, 400);
    assert!(missing.body["hint"].as_str().unwrap().contains("code"));
}

#[tokio::test]
async fn access_token_names_its_account_and_expires() {
    let world = world().await;
    let account = world.account().await;
    let claims = account.access.split('.').nth(1).unwrap();
    assert_eq!(account.access.split('.').count(), 3);
    assert!(claims.len() > 40);
    assert_eq!(world.get(&account, "/api/v4/account").await.body["id"], account.id);
    world.switch(json!({"clockOffset": 86_401})).await;
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 401);
    assert_eq!(world.refresh(&account, &account.refresh).await.status, 200);
}

#[tokio::test]
async fn old_refresh_token_works_until_the_new_pair_is_used() {
    let world = world().await;
    let mut account = world.account().await;
    let old = account.refresh.clone();
    assert_eq!(world.refresh(&account, &old).await.status, 200, "the answer is lost");
    let second = world.refresh(&account, &old).await;
    assert_eq!(second.status, 200, "so the old one is sent again");
    account.take(&second.body);
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 200);
    let late = world.refresh(&account, &old).await;
    assert_eq!(late.status, 401);
    assert!(late.body["hint"].as_str().unwrap().contains("revoked"));
}

#[tokio::test]
async fn in_the_other_reading_a_used_refresh_token_is_revoked_at_once() {
    let world = world().await;
    let account = world.account().await;
    world.switch(json!({"refreshReuse": "revoked"})).await;
    assert_eq!(world.refresh(&account, &account.refresh).await.status, 200);
    assert_eq!(world.refresh(&account, &account.refresh).await.status, 401);
}

#[tokio::test]
async fn consent_returns_code_state_and_referer_and_denial_an_error() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let session = world.control("session", json!({"account": account.id, "userId": account.users[1]})).await;
    let cookie = session["cookie"].as_str().unwrap();
    let page = world
        .http
        .get(world.url(&format!("/oauth?client_id={}&state=s1", world.config.client_id)))
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    let html = page.text().await.unwrap();
    assert!(html.contains("id=\"allow\"") && html.contains("id=\"deny\""));
    let form = [("client_id", world.config.client_id.as_str()), ("state", "s1")];
    let mut locations = Vec::new();
    for path in ["/oauth/allow", "/oauth/deny"] {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = world
            .http
            .post(world.url(path))
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303);
        locations.push(answer.headers()["location"].to_str().unwrap().to_owned());
    }
    assert!(locations[0].starts_with(&format!("{}?code=", world.config.redirect_uri)));
    assert!(locations[0].contains(&format!("referer={}", account.host())));
    assert!(locations[0].contains("state=s1") && locations[0].contains("client_id="));
    assert!(!locations[0].contains("from_widget"));
    assert!(locations[1].contains("error=access_denied") && locations[1].contains("state=s1"));
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in_first() {
    let world = world().await;
    let url = world.url(&format!("/oauth?client_id={}", world.config.client_id));
    let answer = world.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert!(answer.headers()["location"].to_str().unwrap().starts_with("/login?to=%2Foauth"));
}

#[tokio::test]
async fn uninstalling_revokes_everything_and_signs_its_hook() {
    let world = world().await;
    let account = world.account().await;
    let done = world.control("uninstall", json!({"accountId": account.id, "hook": false})).await;
    let url = done["url"].as_str().unwrap();
    assert!(url.contains(&format!("account_id={}", account.id)));
    assert_eq!(url.split("signature=").nth(1).unwrap().len(), 64);
    assert_eq!(world.get(&account, "/api/v4/account").await.status, 401);
    assert_eq!(world.refresh(&account, &account.refresh).await.status, 401);
}

#[tokio::test]
async fn one_time_token_needs_the_session_and_says_who() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let path = format!("/ajax/v2/integrations/{}/disposable_token", world.config.client_id);
    let asked = world.http.get(world.url(&path)).header("x-requested-with", "XMLHttpRequest");
    assert_eq!(reply(asked).await.status, 401);
    let session = world.control("session", json!({"account": account.id, "userId": account.users[2]})).await;
    let asked = world
        .http
        .get(world.url(&path))
        .header("x-requested-with", "XMLHttpRequest")
        .header("cookie", session["cookie"].as_str().unwrap());
    let token = reply(asked).await.body["token"].as_str().unwrap().to_owned();
    let claims = claims(&token);
    assert_eq!(claims["user_id"], account.users[2]);
    assert_eq!(claims["iss"], format!("https://{}", account.host()));
    assert_eq!(claims["aud"], "http://127.0.0.1");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    assert_eq!(claims.get("is_admin"), None);
}

fn claims(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}
