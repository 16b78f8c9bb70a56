//! Everything a call passes, for real: the Worker in workerd, and a simulated Kommo in front of it.
//!
//! Starting a Worker costs seconds, so flows share [`shared`] and each makes its own account there. Whoever kills the
//! Worker, makes it panic or turns a switch of the whole simulator takes a [`Stack`] of its own.

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use kommo_voip_tests::{Config, Running, serve};
use reqwest::{Client, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
use tokio::{
    runtime::{Builder, Runtime},
    sync::OnceCell,
    time::{Instant, sleep},
};

use crate::worker::{Worker, free_port, tail};

/// How often something is looked at that takes its time.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// One runtime for all flows: the shared simulator has to outlive the test that started it.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));

/// Runs a flow to its end.
pub(crate) fn flow<F: Future>(test: F) -> F::Output {
    RUNTIME.block_on(test)
}

/// A simulated Kommo and a Worker that know each other.
pub(crate) struct Stack {
    /// Both addresses, and a client.
    pub(crate) ends: Ends,
    worker: Worker,
    _sim: Running,
}

/// The stack of all who neither kill it nor turn its switches. Search never finds what was just created.
pub(crate) async fn shared() -> &'static Stack {
    static SHARED: OnceCell<Stack> = OnceCell::const_new();
    SHARED.get_or_init(|| Stack::with(json!({"searchLag": 120}))).await
}

impl Stack {
    /// A stack whose simulator has these switches.
    pub(crate) async fn with(switches: Value) -> Self {
        Self::dressed(switches, |_| {}).await
    }

    /// A stack whose simulator is told more before it starts, such as which widgets its page offers.
    pub(crate) async fn dressed(switches: Value, dress: impl FnOnce(&mut Config)) -> Self {
        Self::prepared(switches, dress, |_| {}).await
    }

    /// A stack whose Worker finds files that somebody else left.
    pub(crate) async fn on_state(switches: Value, leave: impl FnOnce(&Path)) -> Self {
        Self::prepared(switches, |_| {}, leave).await
    }

    async fn prepared(switches: Value, dress: impl FnOnce(&mut Config), leave: impl FnOnce(&Path)) -> Self {
        let port = free_port();
        let worker_url = format!("http://127.0.0.1:{port}");
        let redirect_uri = format!("{worker_url}/oauth/callback");
        let mut config = Config { port: 0, worker_url, redirect_uri, empty: true, ..Config::default() };
        dress(&mut config);
        let sim = serve(config.clone()).await.expect("the simulator starts");
        let mut worker = Worker::new(port, &sim.url(), &config);
        leave(&worker.state());
        worker.start().await;
        let http = Client::builder()
            // The runtime closes an idle connection after five seconds: a request must not meet the closing.
            .pool_idle_timeout(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client");
        let ends = Ends { http, sim: sim.url(), worker: worker.url.clone(), log: worker.log.clone(), config };
        ends.control("switches", switches).await;
        Self { ends, worker, _sim: sim }
    }

    /// Kills the Worker without a warning.
    pub(crate) fn kill(&mut self) {
        self.worker.kill();
    }

    /// Starts the Worker again with another value of a variable.
    pub(crate) async fn start_with(&mut self, name: &'static str, value: &str) {
        self.worker.set(name, value);
        self.worker.start().await;
    }

    /// The Worker's files.
    pub(crate) fn state(&self) -> PathBuf {
        self.worker.state()
    }

    /// What `cargo xtask keys` says.
    pub(crate) fn keys_needed(&self) -> String {
        self.worker.keys_needed()
    }

    /// Changes the shared database of the dead Worker.
    pub(crate) fn in_database(&self, sql: &str) {
        self.worker.in_database(sql);
    }

    /// Starts the Worker if it is dead.
    pub(crate) async fn ensure_running(&mut self) {
        if !self.worker.is_running() {
            self.worker.start().await;
        }
    }

    /// Starts the Worker again, and it does not find the gate all accounts share.
    pub(crate) async fn start_without_gate(&mut self) {
        self.worker.set_gate(false);
        self.worker.start().await;
    }

    /// Starts the Worker again on the same state and port.
    pub(crate) async fn start_again(&mut self) {
        self.worker.set_gate(true);
        self.worker.start().await;
    }
}

/// The two ends of a stack, as a client sees them.
#[derive(Clone)]
pub(crate) struct Ends {
    pub(crate) http: Client,
    pub(crate) sim: String,
    pub(crate) worker: String,
    pub(crate) config: Config,
    log: PathBuf,
}

/// An answer; its body is null when it is empty or no JSON.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Reply {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer is a problem a person can act on.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        for part in ["type", "title", "detail", "reference"] {
            assert!(self.body[part].as_str().is_some_and(|text| !text.is_empty()), "{part} in {}", self.text);
        }
        assert_eq!(self.body["status"], status, "{}", self.text);
    }
}

/// Sends a request that is answered, whatever the answer.
pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    try_reply(request).await.expect("an answer")
}

/// Sends a request that may find nobody.
pub(crate) async fn try_reply(request: RequestBuilder) -> reqwest::Result<Reply> {
    let answer = request.send().await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await?;
    Ok(Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text })
}

impl Ends {
    /// A control call to the simulator.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let reply = reply(self.http.post(format!("{}/_sim/{path}", self.sim)).json(&body)).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.body
    }

    /// What the simulator knows of something.
    pub(crate) async fn look(&self, path: &str) -> Value {
        let reply = reply(self.http.get(format!("{}/_sim/{path}", self.sim))).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.body
    }

    /// The Worker's schedule runs, as every minute in production.
    pub(crate) async fn run_schedule(&self) {
        let ran = reply(self.http.get(format!("{}/cdn-cgi/handler/scheduled", self.worker))).await;
        assert_eq!(ran.status, 200, "{}", ran.text);
    }

    /// What the Worker said last, for whoever reads a failure.
    pub(crate) fn log(&self) -> String {
        format!("--- the Worker's log ends so:\n{}", tail(&self.log))
    }

    /// Everything the Worker said so far. What the local runtime says of requests is not the Worker's: in production there
    /// is no such line.
    pub(crate) fn whole_log(&self) -> String {
        let text = std::fs::read(&self.log).expect("the log is there");
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().filter(|line| !line.starts_with("[wrangler:info]")).flat_map(|line| [line, "\n"]).collect()
    }

    /// Asks again and again until there is something, and fails with `what` was waited for.
    pub(crate) async fn until<T, F, Fut>(&self, what: &str, within: Duration, mut ask: F) -> T
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, String>>,
    {
        let deadline = Instant::now() + within;
        loop {
            match ask().await {
                Ok(found) => return found,
                Err(seen) if Instant::now() > deadline => {
                    panic!("waited {within:?} for {what}; seen: {seen}\n{}", self.log())
                }
                Err(_) => sleep(LOOK_AGAIN).await,
            }
        }
    }
}
