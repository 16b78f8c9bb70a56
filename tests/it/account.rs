//! One Kommo account with our product in it, as its provider, its people and Kommo see it.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::join;
use hmac::{Hmac, Mac as _};
pub(crate) use kommo_voip_tests::soak::{COMPANY, items, notes_of, number, person, with_number};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::stack::{Ends, Reply, Stack, reply};

/// Long enough for a lost answer to be looked for (30 s) and for what follows.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);
/// An account of the simulator.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) ends: Ends,
    pub(crate) id: u64,
    pub(crate) subdomain: String,
    pub(crate) admin: u64,
    /// All users, the administrator first.
    pub(crate) users: Vec<u64>,
    /// Where the provider posts; empty before [`Account::connect_provider`].
    pub(crate) hook: String,
    /// What the provider signs with.
    pub(crate) secret: String,
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(elapsed.as_secs()).expect("a small number")
}

/// A webhook of the generic provider about a call from `number`.
pub(crate) fn event(call: &str, number: &str, status: &str, more: Value) -> Value {
    let mut event = json!({"callId": call, "voipAccountId": "pbx", "from": number, "to": COMPANY, "status": status, "startTime": now()});
    for (name, value) in more.as_object().expect("further fields") {
        event[name] = value.clone();
    }
    event
}

/// What a talk of half a minute on line 102 is reported as.
pub(crate) fn talk(call: &str, number: &str) -> Vec<Value> {
    let line = json!({"extension": "102"});
    vec![
        event(call, number, "ringing", line.clone()),
        event(call, number, "answered", line),
        event(call, number, "completed", json!({"extension": "102", "duration": 30})),
    ]
}

/// A fresh id of a delivery.
pub(crate) fn delivery_id() -> String {
    format!("msg_{:016x}", rand::random::<u64>())
}

/// The signature of the Standard Webhooks scheme.
pub(crate) fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("a secret in base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key will do");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

impl Account {
    /// An account that knows nothing of us yet. `wishes` is what the simulator takes.
    pub(crate) async fn new(stack: &Stack, wishes: Value) -> Self {
        let made = stack.ends.control("accounts", wishes).await;
        let id = |value: &Value| value.as_u64().expect("an id");
        Self {
            ends: stack.ends.clone(),
            id: id(&made["accountId"]),
            subdomain: made["subdomain"].as_str().expect("a subdomain").to_owned(),
            admin: id(&made["adminId"]),
            users: made["userIds"].as_array().expect("users").iter().map(id).collect(),
            hook: String::new(),
            secret: String::new(),
        }
    }

    /// An account that was connected before, as `facts` tell: Kommo knows it, our tokens of then are worth nothing.
    pub(crate) async fn again(stack: &Stack, facts: &Value) -> Self {
        let mut account = Self::new(stack, facts.clone()).await;
        account.hook = format!("{}{}", stack.ends.worker, facts["hookPath"].as_str().expect("a path"));
        account.secret = facts["secret"].as_str().expect("a secret").to_owned();
        account
    }

    /// An account that is connected, with the generic provider and the lines 101, 102, … for its users.
    pub(crate) async fn ready(stack: &Stack) -> Self {
        Self::ready_with(stack, json!({})).await
    }

    /// The same, with wishes.
    pub(crate) async fn ready_with(stack: &Stack, wishes: Value) -> Self {
        let has_webhooks = wishes["webhooksPlan"] != false;
        let mut account = Self::new(stack, wishes).await;
        account.install_patiently().await;
        account.connected().await;
        account.connect_provider().await;
        // The account webhook is asked for in the background: nothing of that shall happen amid a test.
        let is_asked = |request: &Value| request["path"] == "/api/v4/webhooks" && request["status"] != 0;
        account
            .state_when("the account webhook", |state| match has_webhooks {
                true => !items(state, "webhooks").is_empty(),
                false => items(state, "requests").iter().any(is_asked),
            })
            .await;
        account
    }

    /// Runs a rule in an account that hears of changes by account webhooks, and beside it in one whose plan has none.
    pub(crate) async fn in_both_plans(stack: &Stack, wishes: Value, rule: impl AsyncFn(Self)) {
        let in_plan = async |with_webhooks: bool| {
            let mut wishes = wishes.clone();
            wishes["webhooksPlan"] = json!(with_webhooks);
            rule(Self::ready_with(stack, wishes).await).await;
        };
        let named = |name, with_webhooks| Named { name, flow: Box::pin(in_plan(with_webhooks)) };
        join(named("with account webhooks", true), named("without account webhooks", false)).await;
    }

    /// Kommo tells the Worker that an administrator installed the integration; the status it got, if any.
    pub(crate) async fn install(&self) -> Option<u64> {
        self.ends.control("install", json!({"accountId": self.id})).await["status"].as_u64()
    }

    /// The same, as somebody who presses Install again when nothing came of it: on a crowded machine the Worker may miss
    /// Kommo's three seconds, and Kommo never repeats the hook. What the hook owes Kommo has its own test.
    pub(crate) async fn install_patiently(&self) {
        self.ends
            .until("the install hook to be answered", PATIENCE, async || match self.install().await {
                Some(200) => Ok(()),
                other => Err(format!("{other:?}")),
            })
            .await;
    }

    /// Everything that is kept for a time looks so much older, and the upkeep runs.
    pub(crate) async fn age(&self, days: u16) {
        let path = format!("{}/_local/age/{}/{days}", self.ends.worker, self.id);
        let aged = reply(self.ends.http.post(path)).await;
        assert_eq!(aged.status, 200, "{}", aged.text);
    }

    /// Waits until Kommo's grant is in use.
    pub(crate) async fn connected(&self) {
        self.ends
            .until("the account to be connected", PATIENCE, async || {
                let reply = self.get("/settings").await;
                if reply.status == 200 { Ok(()) } else { Err(reply.text) }
            })
            .await;
    }

    /// Chooses the generic provider and gives every user a line.
    pub(crate) async fn connect_provider(&mut self) {
        let voip = self.put("/voip", json!({"provider": "generic"})).await;
        assert_eq!(voip.status, 200, "{}", voip.text);
        self.hook = voip.body["hookUrl"].as_str().expect("a hook").to_owned();
        self.secret = voip.body["secret"].as_str().expect("a new secret").to_owned();
        let lines: Vec<Value> = self
            .users
            .iter()
            .enumerate()
            .map(|(index, user)| json!({"extensionId": (101 + index).to_string(), "kommoUserId": user}))
            .collect();
        let extensions = self.put("/extensions", json!(lines)).await;
        assert_eq!(extensions.status, 200, "{}", extensions.text);
    }

    /// A one-time token, as the CRM page gives it to the widget of this user.
    pub(crate) async fn token(&self, user: u64) -> String {
        let made = self.ends.control("token", json!({"accountId": self.id, "userId": user})).await;
        made["token"].as_str().expect("a token").to_owned()
    }

    /// A request of the widget, with any token.
    pub(crate) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.ends.http.request(method, format!("{}/api/v1{path}", self.ends.worker)).header("X-Auth-Token", token)
    }

    /// A request of a user's widget.
    pub(crate) async fn api(&self, user: u64, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.request(method, path, &self.token(user).await);
        if let Some(body) = body {
            request = request.json(&body);
        }
        reply(request).await
    }

    /// The administrator reads.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.api(self.admin, Method::GET, path, None).await
    }

    /// The administrator changes.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.api(self.admin, Method::PUT, path, Some(body)).await
    }

    /// The administrator saves settings, the others at their defaults.
    pub(crate) async fn set(&self, settings: Value) {
        let saved = self.put("/settings", settings).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
    }

    /// A signed delivery with this id.
    pub(crate) fn delivery(&self, id: &str, body: &str) -> RequestBuilder {
        let timestamp = now();
        self.ends
            .http
            .post(&self.hook)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature(&self.secret, id, timestamp, body))
            .body(body.to_owned())
    }

    /// The provider reports, and is believed.
    pub(crate) async fn post(&self, event: Value) {
        let (id, body) = (delivery_id(), event.to_string());
        let mut taken = reply(self.delivery(&id, &body)).await;
        // The local runtime's front may lose a request under load; a provider repeats it under the same id.
        for _ in 0..5 {
            if taken.status == 503 && taken.text.starts_with("Your worker restarted mid-request") {
                taken = reply(self.delivery(&id, &body)).await;
            }
        }
        assert_eq!(taken.status, 202, "{}\n{}", taken.text, self.ends.log());
    }

    /// Reports several things about one call, one after the other.
    pub(crate) async fn report(&self, events: impl IntoIterator<Item = Value>) {
        for event in events {
            self.post(event).await;
        }
    }

    /// Puts entities into Kommo that were there before, as its API takes them.
    pub(crate) async fn seed(&self, mut entities: Value) -> Value {
        entities["account"] = json!(self.id);
        self.ends.control("entities", entities).await
    }

    /// A contact with this number.
    pub(crate) async fn seed_contact(&self, name: &str, number: &str, owner: u64) -> u64 {
        let made = self.seed(json!({"contacts": [person(name, number, owner)]})).await;
        made["contacts"][0].as_u64().expect("an id")
    }

    /// Something goes wrong, for this account only.
    pub(crate) async fn fault(&self, mut fault: Value) {
        fault["account"] = json!(self.id);
        self.ends.control("faults", fault).await;
    }

    /// Nothing goes wrong in this account any more; other flows keep what they asked for.
    pub(crate) async fn no_more_faults(&self) {
        let faults = format!("{}/_sim/faults?account={}", self.ends.sim, self.id);
        assert_eq!(reply(self.ends.http.delete(faults)).await.status, 200);
    }

    /// What Kommo holds of this account.
    pub(crate) async fn state(&self) -> Value {
        self.ends.look(&format!("state?account={}", self.id)).await
    }

    /// Waits until Kommo holds what is asked for.
    pub(crate) async fn state_when(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        self.ends
            .until(what, PATIENCE, async || {
                let state = self.state().await;
                if is_so(&state) { Ok(state) } else { Err(brief(&state)) }
            })
            .await
    }

    /// Waits until nothing more is going to happen: every call of the journal is delivered or decided, nothing waits.
    /// Returns what Kommo holds then, and no second ever saw more than seven requests.
    pub(crate) async fn settled(&self) -> Value {
        self.ends
            .until("everything to be delivered", PATIENCE, async || {
                let (calls, diagnostics) = (self.get("/calls").await, self.get("/diagnostics").await);
                let is_done =
                    |call: &Value| matches!(call["deliveryStatus"].as_str(), Some("delivered" | "not_written"));
                let rests = calls.body["calls"].as_array().is_some_and(|calls| calls.iter().all(is_done))
                    && diagnostics.body["actions"].as_array().is_some_and(Vec::is_empty);
                if rests { Ok(()) } else { Err(format!("{}\n{}", calls.text, diagnostics.text)) }
            })
            .await;
        let state = self.state().await;
        assert_paced(&state);
        state
    }

    /// A person changes something in Kommo's own page.
    pub(crate) async fn in_person(&self, user: u64, method: Method, path: &str, body: Value) {
        let session = self.ends.control("session", json!({"accountId": self.id, "userId": user})).await;
        let request = self.ends.http.request(method, format!("{}/api/v4/{path}", self.ends.sim));
        let cookie = session["cookie"].as_str().expect("a cookie");
        let done = reply(request.header("cookie", cookie).json(&body)).await;
        assert!((200..300).contains(&done.status), "{path}: {} {}", done.status, done.text);
    }

    /// A person deletes a contact, company or lead in Kommo's own page.
    pub(crate) async fn delete_in_person(&self, user: u64, kind: &str, id: u64) {
        let body = json!({"accountId": self.id, "userId": user, "type": kind, "id": id});
        self.ends.control("delete", body).await;
    }

    /// A person merges one contact, company or lead into another.
    pub(crate) async fn merge_in_person(&self, user: u64, kind: &str, from: u64, into: u64) {
        let body = json!({"accountId": self.id, "userId": user, "type": kind, "from": from, "into": into});
        self.ends.control("merge", body).await;
    }

    /// What was done for a call and why, with the requests it took.
    pub(crate) async fn trace(&self, call: &str) -> Value {
        let trace = self.get(&format!("/calls/{}/trace", self.id_of(call).await)).await;
        assert_eq!(trace.status, 200, "{}", trace.text);
        trace.body
    }

    /// Our own id of a call.
    pub(crate) async fn id_of(&self, call: &str) -> String {
        self.call(call).await["id"].as_str().expect("an id").to_owned()
    }

    /// The journal's entry of a call.
    pub(crate) async fn call(&self, call: &str) -> Value {
        let calls = self.get("/calls").await;
        let found = calls.body["calls"].as_array().into_iter().flatten().find(|entry| entry["callId"] == call);
        found.cloned().unwrap_or_else(|| panic!("no call {call} in {}", calls.text))
    }
}

/// A flow that says its name when it fails, since two of them run in one test.
struct Named<F> {
    name: &'static str,
    flow: Pin<Box<F>>,
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        struct Tell(&'static str);
        impl Drop for Tell {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    eprintln!("this was {}", self.0);
                }
            }
        }
        let _tell = Tell(self.name);
        self.flow.as_mut().poll(context)
    }
}

/// The one call note with this `uniq`.
#[track_caller]
pub(crate) fn the_note<'a>(state: &'a Value, call: &str) -> &'a Value {
    match notes_of(state, call).as_slice() {
        [only] => only,
        several => panic!("{} notes of {call}: {}", several.len(), brief(state)),
    }
}

/// The most requests that any second saw.
pub(crate) fn busiest_second(requests: &[Value]) -> usize {
    let mut arrivals: Vec<f64> = requests.iter().filter_map(|request| request["at"].as_f64()).collect();
    arrivals.sort_by(f64::total_cmp);
    let seen_from = |first: usize| arrivals[first..].iter().take_while(|at| **at - arrivals[first] < 1.0).count();
    (0..arrivals.len()).map(seen_from).max().unwrap_or(0)
}

/// No second saw more than seven requests, and so Kommo refused none for that.
#[track_caller]
pub(crate) fn assert_paced(state: &Value) {
    let busiest = busiest_second(items(state, "requests"));
    assert!(busiest <= 7, "{busiest} requests in one second: {}", state["requests"]);
}

/// A state in a few lines, for failures.
pub(crate) fn brief(state: &Value) -> String {
    let count = |list: &str| format!("{} {list}", items(state, list).len());
    let counts: Vec<String> = ["contacts", "companies", "leads", "unsorted", "notes", "tasks"].map(count).into();
    let last =
        items(state, "requests").iter().rev().take(12).rev().map(|request| {
            format!("{} {} {} {}", request["at"], request["method"], request["path"], request["status"])
        });
    format!("{}\n{}\n{}", counts.join(", "), state["notes"], last.collect::<Vec<_>>().join("\n"))
}
