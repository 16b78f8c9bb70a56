//! `package`: the archive that is uploaded to Kommo, checked before Kommo checks it.

mod app;
mod archive;
mod callback_rules;
mod code_rules;
mod css_rules;
mod head;
mod image_rules;
mod javascript;
mod manifest_rules;
mod module_rules;
mod packed;
mod page_rules;
mod readable_rules;
mod secret_rules;
mod rules;
mod sizes;
mod stylesheet;
mod text_rules;
mod worker_url;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::args::Args;
use crate::build_widget::{Built, Purpose};
use crate::fingerprint::{Fingerprint, files_under};
use crate::project::Project;
use crate::setup::Tools;
use crate::{build_widget, build_worker, run, setup};
use worker_url::WorkerUrl;

pub(crate) use manifest_rules::check_sources as check_manifest_sources;

/// The archive's files by their path in it.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let url = args.value("--worker-url")?.context("package needs --worker-url, the address of your Worker")?;
    let out = args.value("--out")?.map(PathBuf::from);
    // What `dev` asks for when the widget changes under it.
    let purpose = if args.flag("--development") { Purpose::Development } else { Purpose::Release };
    args.finish_without_rest()?;
    let project = Project::find()?;
    let worker_url = WorkerUrl::parse(&url)?;
    let out = match out {
        Some(out) => std::path::absolute(out)?,
        None => project.output("widget.zip"),
    };

    let built = if setup::is_prebuilt() {
        build_widget::built(&project, purpose)
    } else {
        let tools = setup::all(&project)?;
        build_worker::build(&project, &tools)?;
        build_widget::build(&project, &tools, purpose)?
    };
    let files = assemble(&project, &built, &worker_url, purpose)?;
    rules::check(&files, &styles(&project)?, purpose)?;
    archive::write(&files, &out)?;
    sizes::check(&sizes::measure(&project, &files)?)?;
    println!("{}", out.strip_prefix(&project.root).unwrap_or(&out).display());
    Ok(())
}

fn assemble(project: &Project, built: &[Built], worker_url: &WorkerUrl, purpose: Purpose) -> Result<Files> {
    let mut files = Files::new();
    let read = |name: &str| fs::read(project.path(name)).with_context(|| format!("{name} is missing at the root"));
    files.insert("manifest.json".into(), read("manifest.json")?);
    let manifest = manifest(&files)?;
    let contact = manifest["widget"]["support"]["link"].as_str().unwrap_or_default();
    let script = String::from_utf8(read("script.js")?).context("script.js is not UTF-8")?;
    let mut code = vec![("script.js", script)];
    for module in built {
        code.push((module.module.file(), app::wrap(project, module, contact, purpose)?));
    }
    for folder in ["i18n", "images"] {
        for file in files_under(&project.path(folder))? {
            let name = file.strip_prefix(&project.root)?.to_string_lossy().into_owned();
            files.insert(name, fs::read(&file)?);
        }
    }

    let version = version(&files, &code, &worker_url.origin)?;
    for (name, text) in code {
        let text = text.replace("__WORKER_URL__", &worker_url.origin).replace("__VERSION__", &version);
        files.insert(name.into(), text.into_bytes());
    }
    Ok(files)
}

fn manifest(files: &Files) -> Result<Value> {
    serde_json::from_slice(&files["manifest.json"]).context("manifest.json is not valid JSON")
}

/// The manifest's version with a mark of the content: Kommo puts a version only behind script.js, and a
/// browser must never run an old module with a new script.js.
fn version(files: &Files, code: &[(&str, String)], origin: &str) -> Result<String> {
    let manifest = manifest(files)?;
    let version = manifest["widget"]["version"].as_str().context("manifest.json has no widget.version")?;
    let mut mark = Fingerprint::new("version").text(origin);
    for (_, text) in code {
        mark = mark.text(text);
    }
    for (name, bytes) in files {
        mark = mark.text(name).text(&String::from_utf8_lossy(bytes));
    }
    Ok(format!("{version}-{}", &mark.hex()[..8]))
}

/// The style sheets that lie inside the compiled modules, by their place in the checkout.
fn styles(project: &Project) -> Result<Files> {
    let mut styles = Files::new();
    for file in files_under(&project.path("widget/src"))? {
        if file.extension().is_some_and(|kind| kind == "css") {
            let name = file.strip_prefix(&project.root)?.to_string_lossy().into_owned();
            styles.insert(name, fs::read(&file)?);
        }
    }
    Ok(styles)
}

/// Where `dev` keeps the archive of one Worker port; several may run side by side.
pub(crate) fn local_archive(project: &Project, worker_port: u16) -> PathBuf {
    project.output(format!("dev/{worker_port}/widget.zip"))
}

/// Builds what the archive needs and writes it for the Worker on a local port. The rules hold here too.
pub(crate) fn build_local(project: &Project, tools: &Tools, worker_port: u16, purpose: Purpose) -> Result<()> {
    let built = if setup::is_prebuilt() {
        build_widget::built(project, Purpose::Release)
    } else {
        build_widget::build(project, tools, purpose)?
    };
    let url = format!("http://127.0.0.1:{worker_port}");
    let files = assemble(project, &built, &WorkerUrl::parse(&url)?, purpose)?;
    rules::check(&files, &styles(project)?, purpose)?;
    archive::write(&files, &local_archive(project, worker_port))?;
    archive::write(&files, &project.output("widget.zip"))?;
    run::say(format!("packaged the widget for {url}"));
    Ok(())
}
