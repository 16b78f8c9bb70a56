//! A real browser for tests: Chromium through its driver, spoken to in plain WebDriver over HTTP,
//! which takes fewer lines than a client library would take to build.
//!
//! Every browser has a profile of its own and a process group of its own; dropping it ends both.
//! Waiting is always for a condition, never for a while.

use std::{
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// A condition that is not met by then fails the test.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);
/// Key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What went wrong, with what the browser said about it.
#[derive(Debug)]
pub struct BrowserError(String);

impl std::fmt::Display for BrowserError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for BrowserError {}

impl From<io::Error> for BrowserError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<reqwest::Error> for BrowserError {
    fn from(error: reqwest::Error) -> Self {
        Self(error.to_string())
    }
}

/// What every step answers.
pub type Result<T> = std::result::Result<T, BrowserError>;

/// One Chromium with one session.
pub struct Browser {
    http: reqwest::Client,
    /// `http://127.0.0.1:<port>/session/<id>`.
    session: String,
    driver: Driver,
}

/// The driver's process group and the profile folder, both gone when it is dropped.
struct Driver {
    child: Child,
    /// Kept open: a driver that cannot write any more dies.
    _output: Option<BufReader<ChildStdout>>,
    profile: PathBuf,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The browser is a child of the driver and in its group.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// How often a driver is started before we give up: it wants its port in IPv4 and IPv6 alike, and gives up itself when
/// somebody else has one of the two.
const STARTS: u32 = 5;

/// Starts the driver on a port it chooses itself.
fn start_driver() -> Result<(Driver, u16)> {
    let mut last = try_driver();
    for _ in 1..STARTS {
        if last.is_ok() {
            break;
        }
        last = try_driver();
    }
    last
}

/// Starts the driver once and reads its port from what it prints.
fn try_driver() -> Result<(Driver, u16)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let profile = std::env::temp_dir().join(format!("kommo-voip-browser-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&profile)?;
    let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    let mut child = Command::new(&program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| BrowserError(format!("{program} does not start: {error}")))?;
    let mut output = child.stdout.take().map(BufReader::new);
    let port = output
        .as_mut()
        .into_iter()
        .flat_map(|reader| reader.lines().map_while(io::Result::ok))
        .find_map(|line| line.rsplit_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
    let driver = Driver { child, _output: output, profile };
    let port = port.ok_or_else(|| BrowserError("chromedriver named no port".to_owned()))?;
    Ok((driver, port))
}

impl Browser {
    /// Opens a browser with an empty profile and a window of 1440 x 900.
    pub async fn start() -> Result<Self> {
        let (driver, port) =
            tokio::task::spawn_blocking(start_driver).await.map_err(|error| BrowserError(error.to_string()))??;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let profile = format!("--user-data-dir={}", driver.profile.display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1440,900",
            &profile,
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }}});
        let base = format!("http://127.0.0.1:{port}/session");
        let answer = call(&http, reqwest::Method::POST, &base, Some(wanted)).await?;
        let id = answer["sessionId"].as_str().ok_or_else(|| BrowserError(format!("no session: {answer}")))?;
        Ok(Self { http, session: format!("{base}/{id}"), driver })
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let url = format!("{}{path}", self.session);
        call(&self.http, reqwest::Method::POST, &url, Some(body)).await
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.session);
        call(&self.http, reqwest::Method::GET, &url, None).await
    }

    /// Loads a page.
    pub async fn goto(&self, url: &str) -> Result<()> {
        self.post("/url", json!({"url": url})).await.map(drop)
    }

    /// Runs a function body in the page and returns what it returns. `arguments` is a JSON array.
    pub async fn execute(&self, script: &str, arguments: Value) -> Result<Value> {
        let body = json!({"script": script, "args": arguments});
        self.post("/execute/sync", body).await
    }

    /// The value of an expression in the page.
    pub async fn value(&self, expression: &str) -> Result<Value> {
        self.execute(&format!("return {expression}"), json!([])).await
    }

    /// Waits until the expression is truthy in the page, and returns it.
    pub async fn wait_for(&self, expression: &str) -> Result<Value> {
        let end = Instant::now() + DEADLINE;
        loop {
            // A page that is just being replaced has nothing to evaluate in: ask again.
            let found = self.value(expression).await;
            if let Ok(value) = &found
                && !matches!(value, Value::Null | Value::Bool(false))
                && value != &json!(0)
                && value != &json!("")
            {
                return found;
            }
            if Instant::now() > end {
                let logs = self.logs().await.unwrap_or_default().join("\n");
                let last = found.map_or_else(|error| error.to_string(), |value| value.to_string());
                return Err(BrowserError(format!("never came true: {expression}\nlast: {last}\n{logs}")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits for an element and names it for WebDriver.
    async fn find(&self, css: &str) -> Result<String> {
        let quoted = json!(css);
        self.wait_for(&format!("document.querySelector({quoted}) !== null")).await?;
        let body = json!({"using": "css selector", "value": css});
        let answer = self.post("/element", body).await?;
        answer[ELEMENT]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| BrowserError(format!("{css} is no element: {answer}")))
    }

    /// Waits until the first such element is there and twice in the same place: what still glides in is missed by a
    /// click where it was.
    async fn rests(&self, css: &str) -> Result<()> {
        let place = format!(
            "(function (one) {{ var at = one && one.getBoundingClientRect(); \
             return at && [at.left, at.top, at.width, at.height].join(); }})(document.querySelector({}))",
            json!(css)
        );
        let end = Instant::now() + DEADLINE;
        let mut before = self.wait_for(&place).await?;
        loop {
            tokio::time::sleep(POLL).await;
            let now = self.wait_for(&place).await?;
            if now == before || Instant::now() > end {
                return Ok(());
            }
            before = now;
        }
    }

    /// Clicks the first such element as a person would, once it is there and can be clicked.
    pub async fn click(&self, css: &str) -> Result<()> {
        let end = Instant::now() + DEADLINE;
        loop {
            self.rests(css).await?;
            let element = self.find(css).await?;
            let clicked = self.post(&format!("/element/{element}/click"), json!({})).await;
            // Redrawn between finding and clicking, or still covered by something that is leaving.
            if clicked.is_ok() || Instant::now() > end {
                return clicked.map(drop);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Replaces an input's text by typing, then leaves the field so that `change` fires.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let element = self.find(css).await?;
        self.post(&format!("/element/{element}/clear"), json!({})).await?;
        self.post(&format!("/element/{element}/value"), json!({"text": text})).await?;
        let blur = "document.activeElement && document.activeElement.blur()";
        self.execute(blur, json!([])).await.map(drop)
    }

    /// The visible text of the first such element, once it is there.
    pub async fn text(&self, css: &str) -> Result<String> {
        let element = self.find(css).await?;
        let answer = self.get(&format!("/element/{element}/text")).await?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    /// Opens another tab in the same profile, switches to it and returns its handle.
    pub async fn new_tab(&self) -> Result<String> {
        let answer = self.post("/window/new", json!({"type": "tab"})).await?;
        let handle = answer["handle"].as_str().unwrap_or_default().to_owned();
        self.switch_to(&handle).await?;
        Ok(handle)
    }

    /// The handle of the tab in use.
    pub async fn tab(&self) -> Result<String> {
        let answer = self.get("/window").await?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    /// Uses another tab from now on.
    pub async fn switch_to(&self, handle: &str) -> Result<()> {
        self.post("/window", json!({"handle": handle})).await.map(drop)
    }

    /// The handles of all open tabs and windows.
    pub async fn tabs(&self) -> Result<Vec<String>> {
        let answer = self.get("/window/handles").await?;
        serde_json::from_value(answer).map_err(|error| BrowserError(error.to_string()))
    }

    /// A command of the browser's own protocol, for what WebDriver has no word for.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// Writes what is visible into a PNG file.
    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        let answer = self.get("/screenshot").await?;
        let bytes =
            STANDARD.decode(answer.as_str().unwrap_or_default()).map_err(|error| BrowserError(error.to_string()))?;
        std::fs::write(file, bytes)?;
        Ok(())
    }

    /// What the page wrote to the console since the last time this was asked, with its level.
    pub async fn logs(&self) -> Result<Vec<String>> {
        let answer = self.post("/se/log", json!({"type": "browser"})).await?;
        let lines = answer.as_array().cloned().unwrap_or_default();
        let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        Ok(lines.iter().map(|line| format!("{} {}", text(line, "level"), text(line, "message"))).collect())
    }

    /// Ends the session politely. Dropping ends it too, only less so.
    pub async fn quit(self) -> Result<()> {
        call(&self.http, reqwest::Method::DELETE, &self.session, None).await.map(drop)?;
        drop(self.driver);
        Ok(())
    }
}

async fn call(http: &reqwest::Client, method: reqwest::Method, url: &str, body: Option<Value>) -> Result<Value> {
    let mut request = http.request(method, url).timeout(Duration::from_secs(60));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await?;
    let is_success = answer.status().is_success();
    let mut body: Value = answer.json().await?;
    let value = body["value"].take();
    if is_success {
        Ok(value)
    } else {
        let message = value["message"].as_str().unwrap_or("no message");
        let first = message.lines().next().unwrap_or_default();
        Err(BrowserError(format!("{}: {first}", value["error"])))
    }
}
