//! An account whose telephony is a provider's: connected as an administrator connects it, acted out by the simulator.

use futures_util::FutureExt as _;
use reqwest::Method;
use serde_json::{Map, Value, json};

pub(crate) use kommo_voip_tests::voip::sample::{credentials, line};

use crate::{
    account::{Account, COMPANY, PATIENCE, items},
    stack::{Reply, Stack, reply},
};

/// All providers that are connected by typing credentials, and the one that is connected by its own window.
pub(crate) const PROVIDERS: [&str; 6] = ["twilio", "zadarma", "telnyx", "vonage", "plivo", "ringcentral"];

/// Requests Kommo has seen for who a caller is. The notice for people without an open tab asks nothing.
pub(crate) fn lookups(state: &Value) -> usize {
    items(state, "requests").iter().filter(|request| request["path"] != "/api/v2/events").count()
}

impl Account {
    /// An account that is connected, with this provider and a line for each user.
    pub(crate) async fn ready_at(stack: &Stack, provider: &str) -> Self {
        let mut account = Self::new(stack, json!({})).await;
        account.install_patiently().await;
        account.connected().await;
        account.connect(provider).await;
        account.state_when("the account webhook", |state| !items(state, "webhooks").is_empty()).await;
        account
    }

    /// Runs a rule with each of the providers, each in an account of its own, and says which one failed.
    pub(crate) async fn at_each(stack: &Stack, providers: &[&str], rule: impl AsyncFn(Self, &str)) {
        let one = async |provider: &str| {
            let account = Self::ready_at(stack, provider).await;
            rule(account, provider).await;
        };
        let runs = providers.iter().map(|provider| {
            let run = std::panic::AssertUnwindSafe(one(provider)).catch_unwind();
            async move { (*provider, run.await.is_ok()) }
        });
        let done = futures_util::future::join_all(runs).await;
        let failed: Vec<&str> = done.into_iter().filter(|(_, is_ok)| !is_ok).map(|(provider, _)| provider).collect();
        assert!(failed.is_empty(), "failed with {}", failed.join(", "));
    }

    /// Chooses a provider, as an administrator does, and gives every user a line there.
    pub(crate) async fn connect(&mut self, provider: &str) {
        if provider == "generic" {
            self.connect_provider().await;
            let phone = json!({
                "account": self.id, "hookUrl": self.hook, "secret": self.secret,
                "hosts": ["recordings.pbx.example", "pbx.example"],
            });
            self.ends.control("phone", phone).await;
            return;
        }
        let typed = credentials(provider, self.id);
        let mut customer = json!({"provider": provider, "credentials": typed, "lines": self.lines(provider)});
        if provider == "plivo" {
            // The console is set to the zone of the company, as the account in Kommo is.
            customer["zone"] = json!("Europe/Berlin");
        }
        self.register(customer).await;
        let voip = if provider == "ringcentral" {
            self.authorise().await
        } else {
            self.put("/voip", json!({"provider": provider, "credentials": typed})).await
        };
        assert_eq!(voip.status, 200, "{}\n{}", voip.text, self.ends.log());
        assert_eq!(voip.body["provider"], provider, "{}", voip.text);
        self.hook = voip.body["hookUrl"].as_str().expect("a hook").to_owned();
        let route = voip.body["routeUrl"].as_str().expect("a route").to_owned();
        if voip.body["isSetUp"] != true {
            // An administrator copies what the provider's API does not take.
            self.register(json!({"provider": provider, "hookUrl": self.hook, "routeUrl": route})).await;
        }
        let lines: Vec<Value> = (0..self.users.len())
            .map(|user| json!({"extensionId": line(provider, user), "kommoUserId": self.users[user]}))
            .collect();
        let extensions = self.put("/extensions", json!(lines)).await;
        assert_eq!(extensions.status, 200, "{}\n{}", extensions.text, self.ends.log());
    }

    /// The lines as the provider lists them.
    pub(crate) fn lines(&self, provider: &str) -> Value {
        let listed = |user: usize| {
            let extension = match provider {
                "telnyx" | "plivo" => format!("u{}", 101 + user),
                _ => line(provider, user),
            };
            json!({"extension": extension, "number": (101 + user).to_string(), "name": format!("Line {}", 101 + user), "email": format!("line{user}@example.org")})
        };
        (0..self.users.len()).map(listed).collect()
    }

    /// Signs in at RingCentral and lets us act for the company.
    pub(crate) async fn authorise(&self) -> Reply {
        let asked = self.api(self.admin, Method::POST, "/voip/oauth", Some(json!({"provider": "ringcentral"}))).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        // Our own address first, which binds the window to this browser.
        let started = reply(self.ends.http.get(asked.body["url"].as_str().expect("a window"))).await;
        assert_eq!(started.status, 302, "{}", started.text);
        let url = started.header("location").to_owned();
        let cookie = started.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let (_, query) = url.split_once('?').expect("a query");
        let mut form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        form.push(("answer".to_owned(), "authorize".to_owned()));
        form.push(("company".to_owned(), self.id.to_string()));
        let decided =
            reply(self.ends.http.post(format!("{}/restapi/oauth/authorize", self.ends.sim)).form(&form)).await;
        assert_eq!(decided.status, 302, "{}", decided.text);
        let back = reply(self.ends.http.get(decided.header("location")).header("cookie", cookie)).await;
        assert!(back.status < 400, "{} {}", back.status, back.text);
        self.ends
            .until("RingCentral to be connected", PATIENCE, async || {
                let voip = self.get("/voip").await;
                if voip.body["provider"] == "ringcentral" { Ok(voip) } else { Err(voip.text) }
            })
            .await
    }

    /// Tells the simulator about the customer of the provider.
    pub(crate) async fn register(&self, mut phone: Value) -> Value {
        phone["account"] = json!(self.id);
        self.ends.control("phone", phone).await
    }

    /// Something happens on the provider's telephones; what the product answered to each webhook.
    pub(crate) async fn act(&self, provider: &str, mut step: Value) -> Vec<Value> {
        step["account"] = json!(self.id);
        step["provider"] = json!(provider);
        self.ends.control("call", step).await.as_array().expect("answers").clone()
    }

    /// The same, and every webhook is taken, every instruction can be followed.
    pub(crate) async fn acted(&self, provider: &str, step: Value) -> Vec<Value> {
        let answers = self.act(provider, step.clone()).await;
        for answer in &answers {
            let is_taken = answer["status"].as_u64().is_some_and(|status| (200..300).contains(&status));
            assert!(is_taken, "{provider} {step}: {answer}\n{}", self.ends.log());
        }
        answers
    }

    /// A talk on the line of a user, as the provider tells it by the customer's own flow.
    pub(crate) async fn talk_at(&self, provider: &str, call: &str, from: &str, user: usize, seconds: u32) {
        let line = line(provider, user);
        self.acted(provider, json!({"kind": "ring", "callId": call, "from": from, "to": COMPANY, "lines": [line]}))
            .await;
        self.acted(provider, json!({"kind": "answer", "callId": call, "extension": line})).await;
        self.acted(provider, json!({"kind": "hangup", "callId": call, "duration": seconds})).await;
    }

    /// The provider's side: what was set up and asked, and its calls.
    pub(crate) async fn desk(&self, provider: &str) -> Value {
        let all = self.ends.look(&format!("providers?account={}", self.id)).await;
        let found = items(&all, "providers").iter().rev().find(|desk| desk["desk"]["provider"] == provider);
        found.cloned().unwrap_or_else(|| panic!("no {provider} in {all}"))
    }

    /// What the provider calls a call.
    pub(crate) async fn provider_id(&self, provider: &str, call: &str) -> String {
        let desk = self.desk(provider).await;
        let found = items(&desk, "calls").iter().find(|known| known["name"] == call).cloned();
        found.unwrap_or_else(|| panic!("no call {call} in {desk}"))["id"].as_str().expect("an id").to_owned()
    }

    /// The provider's id of every call, by the name the test gave it.
    pub(crate) async fn provider_ids(&self, provider: &str) -> Map<String, Value> {
        let desk = self.desk(provider).await;
        let pair = |call: &Value| (call["name"].as_str().expect("a name").to_owned(), call["id"].clone());
        items(&desk, "calls").iter().map(pair).collect()
    }
}
