//! Builds the widget's wasm and its glue into `target/widget-build`, from where `package` takes them.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::args::Args;
use crate::build_worker::{compile, lock, optimise};
use crate::fingerprint::{self, Fingerprint};
use crate::project::{Project, WIDGET_PACKAGE};
use crate::run;
use crate::setup::{self, Tools};

/// What the widget is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A developer's page: panics speak in its console.
    Development,
    /// A customer's page, and the tests, which must see what the customer sees.
    Release,
}

/// What the build leaves behind.
pub(crate) struct Built {
    /// JavaScript that declares `wasm_bindgen` and nothing else.
    pub(crate) glue: PathBuf,
    pub(crate) wasm: PathBuf,
}

pub(crate) fn main(args: &mut Args) -> Result<()> {
    args.finish_without_rest()?;
    let project = Project::find()?;
    let tools = setup::all(&project)?;
    build(&project, &tools, Purpose::Release).map(drop)
}

/// What an earlier build left, for callers that promised to have built before.
pub(crate) fn built(project: &Project, purpose: Purpose) -> Built {
    let folder = folder(project, purpose);
    Built { glue: folder.join("kommo_voip_widget.js"), wasm: folder.join("small.wasm") }
}

fn folder(project: &Project, purpose: Purpose) -> PathBuf {
    project.output(match purpose {
        Purpose::Development => "widget-build/development",
        Purpose::Release => "widget-build/release",
    })
}

pub(crate) fn build(project: &Project, tools: &Tools, purpose: Purpose) -> Result<Built> {
    let _one_at_a_time = lock(project, "build-widget")?;
    let features: &[&str] = match purpose {
        Purpose::Development => &["dev"],
        Purpose::Release => &[],
    };
    compile(project, WIDGET_PACKAGE, features)?;

    let folder = folder(project, purpose);
    let built = built(project, purpose);
    let stamp = folder.join(".built");
    let wanted = Fingerprint::new("widget 1")
        .file(&project.wasm("kommo_voip_widget"))
        .file(&project.path("package-lock.json"))
        .text(&tools.wasm_bindgen.to_string_lossy())
        .hex();
    let is_there = built.glue.is_file() && built.wasm.is_file();
    if is_there && fingerprint::is_done(&stamp, &wanted) {
        return Ok(built);
    }

    run::say("finishing the widget's wasm");
    fs::create_dir_all(&folder)?;
    // The page's loader is AMD: an ES module cannot be loaded there, a plain script can be wrapped.
    run::quietly(
        run::program(project, &tools.wasm_bindgen)
            .args(["--target", "no-modules", "--no-typescript", "--out-dir"])
            .arg(&folder)
            .arg(project.wasm("kommo_voip_widget")),
    )?;
    optimise(project, &folder.join("kommo_voip_widget_bg.wasm"), &built.wasm)?;
    fingerprint::done(&stamp, &wanted)?;
    Ok(built)
}
