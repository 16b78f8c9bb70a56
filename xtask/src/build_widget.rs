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
    build(&project, &tools).map(drop)
}

/// What an earlier build left, for callers that promised to have built before.
pub(crate) fn built(project: &Project) -> Built {
    let folder = project.output("widget-build");
    Built { glue: folder.join("kommo_voip_widget.js"), wasm: folder.join("small.wasm") }
}

pub(crate) fn build(project: &Project, tools: &Tools) -> Result<Built> {
    let _one_at_a_time = lock(project, "build-widget")?;
    compile(project, WIDGET_PACKAGE)?;

    let folder = project.output("widget-build");
    let built = built(project);
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
