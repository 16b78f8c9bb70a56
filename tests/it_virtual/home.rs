//! An account in a world of its own: Kommo, the Worker and the network between them, all in this thread.

use std::{cell::Cell, collections::BTreeMap, rc::Rc, time::Duration};

use kommo_voip_tests::{
    Asked, Config, Local,
    soak::{Place, Reply, items, signed},
};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::spawn_local, time::sleep};
use worker_twin::{
    Headers, Method, Request, RequestInit, WebSocket,
    twin::{Received, Setup, World, awake, body, now_millis},
};

/// When every world begins: a Tuesday.
const BEGINS: i64 = 1_750_000_000;
/// Nothing goes wrong yet, so whatever is waited for comes soon.
const TRIES: usize = 100;

/// An account with the product connected.
pub(crate) struct Home {
    pub(crate) world: Rc<World>,
    pub(crate) kommo: Rc<Local>,
    /// A request to Kommo left the Worker.
    pub(crate) left: Rc<Notify>,
    /// How often the grant was lost and an administrator agreed anew.
    pub(crate) reconnections: Cell<usize>,
    origin: String,
    account: u64,
    users: Vec<u64>,
    hook: String,
    secret: String,
}

/// A tab that vanishes when it is dropped.
pub(crate) struct Tab(WebSocket);

impl Drop for Tab {
    fn drop(&mut self) {
        self.0.lose();
    }
}

impl Home {
    /// An account that is connected, with the generic provider and the lines 101, 102, … for its users.
    pub(crate) async fn make(seed: u64, has_webhooks: bool) -> Self {
        let config = Config { empty: true, begins: Some(BEGINS as f64), ..Config::default() };
        let origin = config.worker_url.clone();
        let (kommo, mut posts) = Local::start(config.clone());
        let (kommo, left) = (Rc::new(kommo), Rc::new(Notify::new()));
        let world = World::begin(Setup {
            seed,
            begins: BEGINS * 1000,
            variables: variables(&config),
            migrations: migrations(),
            network: Box::new({
                let (kommo, left) = (kommo.clone(), left.clone());
                move |sent| {
                    let (kommo, left) = (kommo.clone(), left.clone());
                    Box::pin(async move {
                        left.notify_one();
                        let path = sent.url[worker_twin::Position::BeforePath..].to_owned();
                        let asked = Asked { method: sent.method, path, headers: sent.headers, body: sent.body };
                        let answer = kommo.ask(asked).await?;
                        Some(Received { status: answer.status, headers: answer.headers, body: answer.body })
                    })
                }
            }),
            fetch: |request, env, context| Box::pin(kommo_voip_worker_native::fetch(request, env, context)),
            object: awake::<kommo_voip_worker_native::account::Account>,
        });
        let there = world.clone();
        spawn_local(async move {
            while let Some(post) = posts.recv().await {
                let there = there.clone();
                spawn_local(async move {
                    let form = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
                    let reply = reply(&there, request("POST", &post.url, form, Some(post.body))).await;
                    // Whom nobody answers hangs up.
                    let _ = reply.map(|reply| post.answer.send(reply.status));
                });
            }
        });
        let mut home = Self {
            world,
            kommo,
            left,
            reconnections: Cell::default(),
            origin,
            account: 0,
            users: Vec::new(),
            hook: String::new(),
            secret: String::new(),
        };
        home.install(has_webhooks).await;
        home.connect_provider().await;
        home.await_subscription(has_webhooks).await;
        home
    }

    async fn install(&mut self, has_webhooks: bool) {
        // A search that never finds what was just created, tabs whose users are known without asking Kommo, and in every
        // other world a grant that is lost with the answer to its renewal.
        let reuse = if self.world.below(2) == 0 { "revoked" } else { "until_new_used" };
        self.control("switches", json!({"searchLag": 120, "tokenIsAdmin": true, "refreshReuse": reuse})).await;
        let made = self.control("accounts", json!({"webhooksPlan": has_webhooks})).await;
        self.account = made["accountId"].as_u64().expect("an account");
        self.users = items(&made, "userIds").iter().filter_map(Value::as_u64).collect();
        self.agree().await;
        for _ in 0..TRIES {
            if self.api(self.users[0], "GET", "/settings", None).await.is_some_and(|reply| reply.status == 200) {
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
        panic!("never connected: {:#?}", self.world.lines());
    }

    /// An administrator agrees, and Kommo tells the Worker.
    async fn agree(&self) {
        let grant = self.control("code", json!({"accountId": self.account})).await;
        let of = |name: &str| grant[name].as_str().expect("text").to_owned();
        let callback =
            format!("{}/oauth/callback?code={}&referer={}&from_widget=1", self.origin, of("code"), of("referer"));
        // Nobody repeats it: whoever sees no change agrees again.
        let _ = reply(&self.world, request("GET", &callback, Vec::new(), None)).await;
    }

    async fn connect_provider(&mut self) {
        let voip = self.put("/voip", json!({"provider": "generic"})).await;
        self.hook = voip["hookUrl"].as_str().expect("a hook").to_owned();
        self.secret = voip["secret"].as_str().expect("a new secret").to_owned();
        let line =
            |(index, user): (usize, &u64)| json!({"extensionId": (101 + index).to_string(), "kommoUserId": user});
        self.put("/extensions", self.users.iter().enumerate().map(line).collect()).await;
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        let reply = self.api(self.users[0], "PUT", path, Some(body)).await.expect("an answer");
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body()
    }

    /// The account webhook is asked for in the background: nothing of that shall happen amid a run.
    async fn await_subscription(&self, has_webhooks: bool) {
        for _ in 0..TRIES {
            let state = self.state().await;
            let is_asked = |request: &Value| request["path"] == "/api/v4/webhooks" && request["status"] != 0;
            if !items(&state, "webhooks").is_empty()
                || (!has_webhooks && items(&state, "requests").iter().any(is_asked))
            {
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
        panic!("no subscription was asked for: {:#?}", self.world.lines());
    }

    async fn kommo_says(&self, method: &str, path: String, body: Value) -> Value {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let asked = Asked { method: method.to_owned(), path, headers, body: body.to_string().into_bytes() };
        let answer = self.kommo.ask(asked).await.expect("an answer");
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What the simulator knows of something.
    pub(crate) async fn look(&self, path: &str) -> Value {
        self.kommo_says("GET", format!("/_sim/{path}"), Value::Null).await
    }
}

impl Place for Home {
    type Tab = Tab;

    const AGAIN: Duration = Duration::from_millis(300);
    // Whoever asks wakes the object; mostly it has to wake up by itself.
    const LOOK_AGAIN: Duration = Duration::from_secs(7);

    fn now(&self) -> i64 {
        now_millis() / 1000
    }

    fn account(&self) -> u64 {
        self.account
    }

    fn users(&self) -> &[u64] {
        &self.users
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        self.kommo_says("POST", format!("/_sim/{path}"), body).await
    }

    async fn state(&self) -> Value {
        self.look(&format!("state?account={}", self.account)).await
    }

    async fn api(&self, user: u64, method: &str, path: &str, body: Option<Value>) -> Option<Reply> {
        let token = self.control("token", json!({"accountId": self.account, "userId": user})).await;
        let token = token["token"].as_str().expect("a token").to_owned();
        let headers =
            vec![("x-auth-token".to_owned(), token), ("content-type".to_owned(), "application/json".to_owned())];
        let url = format!("{}/api/v1{path}", self.origin);
        reply(&self.world, request(method, &url, headers, body.map(|body| body.to_string()))).await
    }

    async fn deliver(&self, id: &str, body: &str) -> Option<Reply> {
        let headers = signed(&self.secret, id, self.now(), body);
        reply(&self.world, request("POST", &self.hook, headers, Some(body.to_owned()))).await
    }

    async fn open_tab(&self, user: u64) -> Option<Tab> {
        let session = self.api(user, "POST", "/session", Some(json!({}))).await?.body();
        let address = format!("{}?ticket={}", session["wsUrl"].as_str()?, session["ticket"].as_str()?);
        let upgrade = vec![("upgrade".to_owned(), "websocket".to_owned())];
        let answer = self.world.ask(request("GET", &address.replacen("ws", "http", 1), upgrade, None)).await?;
        answer.websocket().map(Tab)
    }

    /// Connects again where the grant was lost: what was held meanwhile is delivered then.
    async fn mend(&self) {
        let settings = self.api(self.users[0], "GET", "/settings", None).await;
        if settings.is_some_and(|settings| settings.status == 409) {
            self.reconnections.set(self.reconnections.get() + 1);
            self.agree().await;
        }
    }

    async fn greeting(&self, user: u64) -> Value {
        let tab = self.open_tab(user).await.expect("a tab");
        let first = tab.0.received().into_iter().next().expect("a greeting");
        serde_json::from_str(&first).expect("frames are JSON")
    }
}

fn request(method: &str, url: &str, headers: Vec<(String, String)>, text: Option<String>) -> Request {
    let written = Headers::new();
    for (name, value) in headers {
        written.set(&name, &value).expect("a header");
    }
    if let Some(text) = &text {
        written.set("content-length", &text.len().to_string()).expect("a header");
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(method.to_owned()))
        .with_headers(written)
        .with_body(text.map(|text| body(text.as_bytes())));
    Request::new_with_init(url, &init).expect("an address")
}

async fn reply(world: &Rc<World>, request: Request) -> Option<Reply> {
    let mut answer = world.ask(request).await?;
    Some(Reply { status: answer.status_code(), text: answer.text().await.ok()? })
}

fn variables(config: &Config) -> BTreeMap<String, String> {
    let pairs = [
        ("KOMMO_CLIENT_ID", config.client_id.as_str()),
        ("KOMMO_CLIENT_SECRET", &config.client_secret),
        ("KOMMO_REDIRECT_URI", &config.redirect_uri),
        ("KOMMO_DOMAINS", "kommo.com"),
        // Says which host was meant; nothing is sent there.
        ("KOMMO_ORIGIN_OVERRIDE", "http://127.0.0.1:8790"),
        ("SEALING_KEYS", "one:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// What makes the tables of D1, in its order.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../worker/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("migrations").flatten().map(|file| file.path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("a migration")).collect()
}
