//! `package`: the archive that is uploaded to Kommo, checked before Kommo checks it.

mod app;
mod archive;
mod code_rules;
mod image_rules;
mod manifest_rules;
mod rules;
mod sizes;
mod text_rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::args::Args;
use crate::fingerprint::{Fingerprint, files_under, write_if_changed};
use crate::project::Project;
use crate::{build_widget, build_worker, run, setup};

pub(crate) use manifest_rules::check_sources as check_manifest_sources;

/// The archive's files by their path in it.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let url = args.value("--worker-url")?.context("package needs --worker-url, the address of your Worker")?;
    let out = args.value("--out")?.map(PathBuf::from);
    args.finish_without_rest()?;
    let project = Project::find()?;
    let worker_url = WorkerUrl::parse(&url)?;
    let out = match out {
        Some(out) => std::path::absolute(out)?,
        None => project.output("widget.zip"),
    };

    let built = if setup::is_prebuilt() {
        build_widget::built(&project)
    } else {
        let tools = setup::all(&project)?;
        build_worker::build(&project, &tools)?;
        build_widget::build(&project, &tools)?
    };
    let files = assemble(&project, &built, &worker_url)?;
    rules::check(&files)?;
    archive::write(&files, &out)?;
    sizes::check(&sizes::measure(&project, &files)?)?;
    println!("{}", out.strip_prefix(&project.root).unwrap_or(&out).display());
    Ok(())
}

/// Builds and writes the archive for local use: the rules hold here too, the sizes are not printed.
pub(crate) fn local(project: &Project, built: &build_widget::Built, worker_url: &str, out: &Path) -> Result<()> {
    let files = assemble(project, built, &WorkerUrl::parse(worker_url)?)?;
    rules::check(&files)?;
    archive::write(&files, out)
}

/// Where the Worker answers: an origin, so that paths can be put behind it.
struct WorkerUrl {
    origin: String,
    /// On this machine: development, where a panic may speak in the console.
    is_local: bool,
}

impl WorkerUrl {
    fn parse(text: &str) -> Result<Self> {
        let origin = text.trim_end_matches('/').to_owned();
        let (scheme, rest) = origin.split_once("://").unwrap_or(("", &origin));
        let host = rest.split(':').next().unwrap_or_default();
        let is_local = host == "127.0.0.1" || host == "localhost";
        let is_plain =
            !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        if !is_plain || !(scheme == "https" || (scheme == "http" && is_local)) {
            bail!("{text:?} is not an https address of a host without a path");
        }
        Ok(Self { origin, is_local })
    }
}

fn assemble(project: &Project, built: &build_widget::Built, worker_url: &WorkerUrl) -> Result<Files> {
    let mut files = Files::new();
    let read = |name: &str| fs::read(project.path(name)).with_context(|| format!("{name} is missing at the root"));
    files.insert("manifest.json".into(), read("manifest.json")?);
    let script = String::from_utf8(read("script.js")?).context("script.js is not UTF-8")?;
    let app = app::wrap(project, built, worker_url.is_local)?;
    for folder in ["i18n", "images"] {
        for file in files_under(&project.path(folder))? {
            let name = file.strip_prefix(&project.root)?.to_string_lossy().into_owned();
            files.insert(name, fs::read(&file)?);
        }
    }
    if let Ok(style) = fs::read(project.path("widget/style.css")) {
        files.insert("style.css".into(), style);
    }

    let version = version(&files, &script, &app, &worker_url.origin)?;
    for (name, text) in [("script.js", script), ("app.js", app)] {
        let text = text.replace("__WORKER_URL__", &worker_url.origin).replace("__VERSION__", &version);
        files.insert(name.into(), text.into_bytes());
    }
    Ok(files)
}

/// The manifest's version with a mark of the content: Kommo puts a version only behind script.js, and a
/// browser must never run an old app.js with a new script.js.
fn version(files: &Files, script: &str, app: &str, origin: &str) -> Result<String> {
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).context("manifest.json is not valid JSON")?;
    let version = manifest["widget"]["version"].as_str().context("manifest.json has no widget.version")?;
    let mut mark = Fingerprint::new("version").text(script).text(app).text(origin);
    for (name, bytes) in files {
        mark = mark.text(name).text(&String::from_utf8_lossy(bytes));
    }
    Ok(format!("{version}-{}", &mark.hex()[..8]))
}

/// Packages only if something changed, so that whoever reads the archive is not disturbed.
pub(crate) fn write_archive(out: &Path, bytes: &[u8]) -> Result<()> {
    write_if_changed(out, bytes)
}

/// Where `dev` keeps the archive of one Worker port; several may run side by side.
pub(crate) fn local_archive(project: &Project, worker_port: u16) -> PathBuf {
    project.output(format!("dev/{worker_port}/widget.zip"))
}

/// Builds what the archive needs and writes it for the Worker on a local port.
pub(crate) fn build_local(project: &Project, tools: &setup::Tools, worker_port: u16) -> Result<PathBuf> {
    let built = if setup::is_prebuilt() { build_widget::built(project) } else { build_widget::build(project, tools)? };
    let url = format!("http://127.0.0.1:{worker_port}");
    let own = local_archive(project, worker_port);
    local(project, &built, &url, &own)?;
    fs::copy(&own, project.output("widget.zip")).context("cannot write target/widget.zip")?;
    run::say(format!("packaged the widget for {url}"));
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::WorkerUrl;

    #[test]
    fn only_origins_are_baked_in() {
        for good in ["https://voip.example.com", "https://voip.example.com/", "http://127.0.0.1:8787"] {
            assert!(WorkerUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "voip.example.com",
            "http://voip.example.com",
            "https://voip.example.com/path",
            "https://",
            "https://a'b",
            "javascript://127.0.0.1",
        ] {
            assert!(WorkerUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_local_address_is_a_development_build() {
        assert!(WorkerUrl::parse("http://localhost:8787").unwrap().is_local);
        assert!(!WorkerUrl::parse("https://localhost.example.com").unwrap().is_local);
    }
}
