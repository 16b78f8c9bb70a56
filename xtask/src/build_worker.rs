//! Builds the Worker's wasm and its glue into `worker/build`.
//!
//! Wrangler runs this at every start and after every change, so it must end at once when cargo has nothing
//! new, and must not touch files that have not changed: Wrangler would restart the Worker for them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::args::Args;
use crate::fingerprint::{self, Fingerprint};
use crate::project::{Project, WASM_TARGET, WORKER_PACKAGE};
use crate::run;
use crate::setup::{self, Tools};

const GLUE: &str = "index.js";
const WASM: &str = "index_bg.wasm";

pub(crate) fn main(args: &mut Args) -> Result<()> {
    args.finish_without_rest()?;
    let project = Project::find()?;
    if setup::is_prebuilt() && project.path("worker/build").join(GLUE).is_file() {
        return Ok(());
    }
    let tools = setup::all(&project)?;
    build(&project, &tools)
}

pub(crate) fn build(project: &Project, tools: &Tools) -> Result<()> {
    let _one_at_a_time = lock(project, "build-worker")?;
    compile(project, WORKER_PACKAGE, &[])?;

    let folder = project.path("worker/build");
    let stamp = folder.join(".built");
    let wanted = Fingerprint::new("worker 2")
        .file(&project.wasm("kommo_voip_worker"))
        .file(&project.path("package-lock.json"))
        .text(&tools.wasm_bindgen.to_string_lossy())
        .text(&tools.worker_build.to_string_lossy())
        .hex();
    let is_there = folder.join(GLUE).is_file() && folder.join(WASM).is_file();
    if is_there && fingerprint::is_done(&stamp, &wanted) {
        return Ok(());
    }

    run::say("finishing the Worker's wasm");
    let staging = project.output("worker-build");
    run::quietly(
        run::program(project, &tools.worker_build)
            // It looks for these on the network unless it is told where they are.
            .env("WASM_BINDGEN_BIN", &tools.wasm_bindgen)
            .env("ESBUILD_BIN", project.npm_program("esbuild"))
            .args(["--release", "--no-opt", "--out-dir", "../target/worker-build"])
            .current_dir(project.path("worker")),
    )?;
    optimise(project, &staging.join(WASM), &staging.join("small.wasm"))?;
    // The wasm first: the glue is what Wrangler follows to it.
    fs::create_dir_all(&folder)?;
    for (from, to) in [("small.wasm", WASM), (GLUE, GLUE)] {
        let bytes = fs::read(staging.join(from)).with_context(|| format!("no {from} was built"))?;
        fingerprint::write_if_changed(&folder.join(to), &bytes)?;
    }
    fingerprint::done(&stamp, &wanted)
}

/// Everything of the Worker that is uploaded.
pub(crate) fn products(project: &Project) -> Vec<std::path::PathBuf> {
    ["worker/entry.mjs", "worker/build/index.js", "worker/build/index_bg.wasm"].map(|file| project.path(file)).to_vec()
}

/// Builds a package's library for wasm, as it is shipped, with these features and no others.
pub(crate) fn compile(project: &Project, package: &str, features: &[&str]) -> Result<()> {
    let mut command = run::cargo(project);
    command
        .args(["build", "--quiet", "--release", "--lib", "--target", WASM_TARGET])
        .args(["--no-default-features", "--package", package])
        .args(features.iter().map(|feature| format!("--features={feature}")));
    if package == WORKER_PACKAGE {
        // worker-build expands the same macros with this set; without it cargo would build twice.
        command.env("WASM_BINDGEN_USE_JS_SYS", "1");
    }
    run::check(&mut command)
}

/// Debug information goes here and not in the compiler, because wasm-bindgen needs the target's feature
/// section, which stripping in the compiler would take along.
pub(crate) fn optimise(project: &Project, from: &Path, to: &Path) -> Result<()> {
    run::quietly(
        run::program(project, project.npm_program("wasm-opt"))
            // Last, so that what was made of one generic function stands together: packed, that saves a fortieth.
            .args(["-Oz", "--strip-debug", "--strip-producers", "--reorder-functions-by-name"])
            // wasm-bindgen's catch wrappers use these without saying so in the feature section.
            .args(["--enable-exception-handling", "--enable-reference-types"])
            .arg(from)
            .arg("--output")
            .arg(to),
    )
}

/// Two commands at once wait for each other instead of mixing their files.
pub(crate) fn lock(project: &Project, name: &str) -> Result<fs::File> {
    let path = project.output(format!(".{name}.lock"));
    fs::create_dir_all(project.output(""))?;
    let file = fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    file.lock().context("cannot wait for the other build")?;
    Ok(file)
}
