//! What the flows share: a simulator with widgets made of folders, and a browser in front of it.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use kommo_voip_tests::{Config, Running, browser::Browser, serve};
use serde_json::Value;
use zip::{ZipWriter, write::SimpleFileOptions};

/// A simulator, a browser, and the archives made for them.
pub(crate) struct Stage {
    pub(crate) sim: Running,
    pub(crate) browser: Browser,
    archives: Vec<PathBuf>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        for archive in &self.archives {
            let _ = fs::remove_file(archive);
        }
    }
}

impl Stage {
    /// A simulator with these archives. Install hooks go nowhere: a widget page needs no server.
    pub(crate) async fn with(archives: Vec<PathBuf>) -> Self {
        let config = Config {
            port: 0,
            worker_url: "http://127.0.0.1:9".to_owned(),
            widgets: archives.clone(),
            assets: assets(),
            ..Config::default()
        };
        Self {
            sim: serve(config).await.expect("the simulator starts"),
            browser: Browser::start().await.expect("a browser starts"),
            archives,
        }
    }

    /// Signs in as the demo account's administrator and goes there.
    pub(crate) async fn open(&self, path: &str) {
        let to: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let url = format!("{}/login?account=acme&to={to}", self.sim.url());
        self.browser.goto(&url).await.expect("the page loads");
    }
}

/// A control call to the simulator.
pub(crate) async fn control(sim: &Running, path: &str, body: Value) -> Value {
    let url = format!("{}/_sim/{path}", sim.url());
    let answer = reqwest::Client::new().post(url).json(&body).send().await;
    let answer = answer.expect("the simulator answers");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.expect("control calls answer JSON")
}

/// The libraries of the page: `npm ci` puts them at the top of the repository.
pub(crate) fn assets() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules");
    assert!(folder.join("requirejs").is_dir(), "run `npm ci` at the top of the repository first");
    folder
}

/// Packs a folder of `fixtures/` into a widget archive, with the manifest's text changed first.
pub(crate) fn pack(fixture: &str, name: &str, change: impl Fn(String) -> String) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
    let file = std::env::temp_dir().join(format!("kommo-voip-{name}-{}.zip", std::process::id()));
    let mut zip = ZipWriter::new(fs::File::create(&file).expect("a temporary file"));
    add(&mut zip, &folder, "", &change);
    zip.finish().expect("the archive closes");
    file
}

fn add(zip: &mut ZipWriter<fs::File>, folder: &Path, below: &str, change: &impl Fn(String) -> String) {
    for entry in fs::read_dir(folder).expect("the fixture exists").flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            add(zip, &entry.path(), &format!("{name}/"), change);
            continue;
        }
        let mut bytes = fs::read(entry.path()).expect("a readable fixture");
        if name == "manifest.json" {
            bytes = change(String::from_utf8(bytes).expect("UTF-8")).into_bytes();
        }
        zip.start_file(name, SimpleFileOptions::default()).expect("a new file in the archive");
        zip.write_all(&bytes).expect("the archive takes the file");
    }
}
