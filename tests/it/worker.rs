//! One Worker under `wrangler dev`, as a process group that can be killed at any moment.
//!
//! It runs from a copy of what was built, made once: rebuilding the Worker while tests run does not restart it under
//! their hands.

use std::{
    fs,
    io::{self, Read as _, Seek as _, SeekFrom},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use kommo_voip_tests::Config;

/// Wrangler takes some three seconds to start; many at once on a small machine take longer.
const START: Duration = Duration::from_secs(90);
/// The settings as they are.
const SETTINGS: &str = "wrangler.toml";
/// The same without the binding of the gate.
const WITHOUT_GATE: &str = "without_gate.toml";
/// A key for tests only: 32 zero bytes.
pub(crate) const SEALING_KEYS: &str = "test1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// Ends the whole group as soon as nobody holds the other end of its input, however the test ended.
const GUARD: &str = r#""$@" </dev/null & cat >/dev/null; kill -KILL 0"#;

/// A Worker with its state, which outlives a kill.
pub(crate) struct Worker {
    /// Where it listens.
    pub(crate) url: String,
    /// What it wrote.
    pub(crate) log: PathBuf,
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
    port: u16,
    /// Its settings' file, beside the built Worker.
    settings: &'static str,
    process: Option<Child>,
}

impl Worker {
    /// A Worker that is not started yet, for the integration of `sim` at this address.
    pub(crate) fn new(port: u16, sim: &str, integration: &Config) -> Self {
        let folder = temporary("stack");
        copy(&template().join("state"), &folder.join("state"));
        let variables = vec![
            ("KOMMO_CLIENT_ID", integration.client_id.clone()),
            ("KOMMO_CLIENT_SECRET", integration.client_secret.clone()),
            ("KOMMO_REDIRECT_URI", integration.redirect_uri.clone()),
            ("KOMMO_ORIGIN_OVERRIDE", sim.to_owned()),
            ("PROVIDER_ORIGIN_OVERRIDE", sim.to_owned()),
            ("SEALING_KEYS", SEALING_KEYS.to_owned()),
            ("RINGCENTRAL_CLIENT_ID", "ringcentral-app-of-the-tests".to_owned()),
        ];
        let log = folder.join("worker.log");
        Self {
            url: format!("http://127.0.0.1:{port}"),
            log,
            folder,
            variables,
            port,
            settings: SETTINGS,
            process: None,
        }
    }

    /// Its files: D1, KV and the objects'.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log).expect("a log");
        let mut command = Command::new("sh");
        command
            .args(["-c", GUARD, "worker"])
            .arg(wrangler())
            .args([
                "dev",
                "--config",
                self.settings,
                "--ip",
                "127.0.0.1",
                "--port",
                &self.port.to_string(),
                "--inspector-port",
                "0",
            ])
            .args(["--show-interactive-dev-session=false", "--persist-to"])
            .arg(self.folder.join("state"))
            .current_dir(template().join("app"))
            .envs(quiet())
            // Workers of one name must not find each other.
            .env("WRANGLER_REGISTRY_PATH", self.folder.join("registry"))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        for (name, value) in &self.variables {
            command.args(["--var", &format!("{name}:{value}")]);
        }
        self.process = Some(command.spawn().expect("`sh` starts"));
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let started = std::time::Instant::now();
        while !self.answers(&http).await {
            let has_ended = self.process.as_mut().is_some_and(|process| !matches!(process.try_wait(), Ok(None)));
            assert!(!has_ended && started.elapsed() < START, "the Worker did not start:\n{}", tail(&self.log));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// It was started and not killed since.
    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    async fn answers(&self, http: &reqwest::Client) -> bool {
        let asked = http.get(format!("{}/health", self.url)).timeout(Duration::from_secs(5)).send().await;
        let Ok(answer) = asked else { return false };
        // Whatever it says of itself, it is the Worker that says it.
        answer.json::<serde_json::Value>().await.is_ok_and(|health| health["status"].is_string())
    }

    /// The next start has the gate's binding, or not.
    pub(crate) fn set_gate(&mut self, is_bound: bool) {
        self.settings = if is_bound { SETTINGS } else { WITHOUT_GATE };
    }

    /// The next start has another value of this variable.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
    }

    /// What `cargo xtask keys` says of this Worker's data.
    pub(crate) fn keys_needed(&self) -> String {
        let xtask = std::env::var_os("KOMMO_VOIP_XTASK").expect("run by `cargo xtask test`");
        let said = Command::new(xtask)
            .args(["keys", "--local"])
            .arg(self.folder.join("state"))
            .envs(quiet())
            .stdin(Stdio::null())
            .output()
            .expect("the command starts");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).into_owned()
    }

    /// Changes the shared database of a Worker that does not run.
    pub(crate) fn in_database(&self, sql: &str) {
        assert!(!self.is_running(), "the database has one writer");
        let said = Command::new(wrangler())
            .args(["d1", "execute", "DB", "--local", "--command", sql, "--persist-to"])
            .arg(self.folder.join("state"))
            .current_dir(template().join("app"))
            .envs(quiet())
            .stdin(Stdio::null())
            .output()
            .expect("wrangler starts");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    /// SIGKILL to the whole group, as when the machine dies. The state stays.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            let _ = process.wait();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The end of a log, for whoever reads a failure.
pub(crate) fn tail(log: &Path) -> String {
    let read = || -> io::Result<String> {
        let mut file = fs::File::open(log)?;
        let start = file.metadata()?.len().saturating_sub(60_000);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        // Who asked what is known to the test; what the Worker itself said is not.
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("[wrangler:info]")).collect();
        Ok(lines[lines.len().saturating_sub(40)..].join("\n"))
    };
    read().unwrap_or_default()
}

/// A port nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The built Worker without its build step, and a migrated, empty state.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        sweep();
        let folder = temporary("template");
        let (app, root) = (folder.join("app"), root());
        let built = root.join("worker/build");
        assert!(built.join("index.js").is_file(), "run `cargo xtask build-worker` first");
        for part in ["worker/build", "worker/migrations"] {
            copy(&root.join(part), &app.join(part));
        }
        fs::copy(root.join("worker/entry.mjs"), app.join("worker/entry.mjs")).expect("the entry is there");
        let settings = fs::read_to_string(root.join("wrangler.toml")).expect("wrangler.toml is there");
        let settings = without_build(&settings);
        let gate = "[[durable_objects.bindings]]\nname = \"GATE\"\nclass_name = \"Gate\"\n";
        assert!(settings.contains(gate), "wrangler.toml binds the gate");
        fs::write(app.join(WITHOUT_GATE), settings.replace(gate, "")).expect("a temporary file");
        fs::write(app.join(SETTINGS), settings).expect("a temporary file");
        d1(&app, &folder.join("state"), &["migrations", "apply", "DB"]);
        folder
    })
}

/// What `wrangler d1` says of this state.
fn d1(app: &Path, state: &Path, command: &[&str]) -> String {
    let said = Command::new(wrangler())
        .arg("d1")
        .args(command)
        .args(["--local", "--persist-to"])
        .arg(state)
        .current_dir(app)
        .envs(quiet())
        .stdin(Stdio::null())
        .output()
        .expect("wrangler starts");
    assert!(said.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).into_owned()
}

/// The same for any state.
pub(crate) fn d1_of(state: &Path, command: &[&str]) -> String {
    d1(&template().join("app"), state, command)
}

fn without_build(settings: &str) -> String {
    let mut is_build = false;
    let kept = settings.lines().filter(|line| {
        if line.starts_with('[') {
            is_build = *line == "[build]";
        }
        !is_build
    });
    kept.flat_map(|line| [line, "\n"]).collect()
}

fn quiet() -> [(&'static str, &'static str); 3] {
    [("CI", "1"), ("WRANGLER_SEND_METRICS", "false"), ("NO_COLOR", "1")]
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn wrangler() -> PathBuf {
    let program = root().join("node_modules/.bin/wrangler");
    assert!(program.exists(), "run `npm ci` at the top of the repository first");
    program.canonicalize().expect("a program")
}

/// What the folders of all runs begin with; the number of the process follows.
const FOLDERS: &str = "kommo-voip-it-";

/// Removes what former runs left behind: what is shared by all tests lives as long as the process.
fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDERS));
        if process.is_some_and(|process| Path::new("/proc/self").exists() && !Path::new("/proc").join(process).exists())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A new folder below the one of this run.
pub(crate) fn temporary(name: &str) -> PathBuf {
    let number: u64 = rand::random();
    let folder = std::env::temp_dir().join(format!("{FOLDERS}{}", std::process::id()));
    let folder = folder.join(format!("{name}-{number:016x}"));
    fs::create_dir_all(&folder).expect("a temporary folder");
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a temporary folder");
    for entry in fs::read_dir(from).expect("a folder to copy").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file is copied");
        }
    }
}
