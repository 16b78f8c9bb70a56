//! A simulator with a client that knows the account's host and token.

use kommo_voip_tests::{Config, Running, serve};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

pub(crate) struct World {
    pub(crate) sim: Running,
    pub(crate) http: Client,
    pub(crate) config: Config,
}

/// An account with a client for one of its tokens.
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) subdomain: String,
    pub(crate) admin: u64,
    pub(crate) users: Vec<u64>,
    pub(crate) code: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// An answer with its body, null when it is empty or no JSON.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Value,
}

/// A simulator without the demo account.
pub(crate) async fn world() -> World {
    world_with(Config::default()).await
}

pub(crate) async fn world_with(config: Config) -> World {
    let config = Config { port: 0, empty: true, ..config };
    World {
        sim: serve(config.clone()).await.unwrap(),
        http: Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap(),
        config,
    }
}

pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let content_type =
        answer.headers().get("content-type").map_or_else(String::new, |value| value.to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    Reply { status, content_type, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

impl World {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sim.url())
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let reply = reply(self.http.post(self.url(&format!("/_sim/{path}"))).json(&body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        reply.body
    }

    pub(crate) async fn switch(&self, switches: Value) {
        self.control("switches", switches).await;
    }

    pub(crate) async fn state(&self, account: &Account) -> Value {
        let url = self.url(&format!("/_sim/state?account={}", account.id));
        reply(self.http.get(url)).await.body
    }

    /// An account that granted access, not limited in its requests.
    pub(crate) async fn account(&self) -> Account {
        self.switch(json!({"rateLimit": 0})).await;
        self.granted(json!({})).await
    }

    pub(crate) async fn granted(&self, how: Value) -> Account {
        let mut account = self.fresh(how).await;
        let pair = self.exchange(&account, &account.code).await;
        assert_eq!(pair.status, 200, "{}", pair.body);
        account.take(&pair.body);
        account
    }

    /// An account that granted nothing yet.
    pub(crate) async fn fresh(&self, how: Value) -> Account {
        let made = self.control("accounts", how).await;
        Account {
            id: made["accountId"].as_u64().unwrap(),
            subdomain: made["subdomain"].as_str().unwrap().to_owned(),
            admin: made["adminId"].as_u64().unwrap(),
            users: made["userIds"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect(),
            code: made["code"].as_str().unwrap().to_owned(),
            access: String::new(),
            refresh: String::new(),
        }
    }

    /// A token request to this host.
    pub(crate) async fn token_request(&self, host: &str, changes: Value) -> Reply {
        let mut body = json!({
            "client_id": self.config.client_id, "client_secret": self.config.client_secret,
            "redirect_uri": self.config.redirect_uri,
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let request = self.http.post(self.url("/oauth2/access_token"));
        reply(request.header("x-intended-host", host).json(&body)).await
    }

    pub(crate) async fn exchange(&self, account: &Account, code: &str) -> Reply {
        let body = json!({"grant_type": "authorization_code", "code": code});
        self.token_request(&account.host(), body).await
    }

    pub(crate) async fn refresh(&self, account: &Account, token: &str) -> Reply {
        let body = json!({"grant_type": "refresh_token", "refresh_token": token});
        self.token_request(&account.host(), body).await
    }

    pub(crate) fn request(&self, account: &Account, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).header("x-intended-host", account.host()).bearer_auth(&account.access)
    }

    pub(crate) async fn get(&self, account: &Account, path: &str) -> Reply {
        reply(self.request(account, Method::GET, path)).await
    }

    pub(crate) async fn post(&self, account: &Account, path: &str, body: Value) -> Reply {
        reply(self.request(account, Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, account: &Account, path: &str, body: Value) -> Reply {
        reply(self.request(account, Method::PATCH, path).json(&body)).await
    }

    /// A contact with a phone, found by search at once.
    pub(crate) async fn contact(&self, account: &Account, phone: &str) -> u64 {
        let made =
            self.control("entities", json!({"account": account.id, "contacts": [contact("Nora Klein", phone)]})).await;
        made["contacts"][0].as_u64().unwrap()
    }
}

impl Account {
    pub(crate) fn host(&self) -> String {
        format!("{}.kommo.com", self.subdomain)
    }

    pub(crate) fn take(&mut self, pair: &Value) {
        self.access = pair["access_token"].as_str().unwrap().to_owned();
        self.refresh = pair["refresh_token"].as_str().unwrap().to_owned();
    }
}

pub(crate) fn contact(name: &str, phone: &str) -> Value {
    json!({
        "name": name,
        "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": phone, "enum_code": "WORK"}]}],
    })
}

/// The codes and paths of a validation failure.
pub(crate) fn faults_of(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 400, "{}", reply.body);
    assert_eq!(reply.content_type, "application/problem+json");
    reply.body["validation-errors"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|item| item["errors"].as_array().unwrap().clone())
        .map(|error| (error["code"].as_str().unwrap().to_owned(), error["path"].as_str().unwrap().to_owned()))
        .collect()
}
