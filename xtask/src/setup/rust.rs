//! The wasm target, and the two build tools that come from cargo. They are kept in the user's cache, keyed
//! by version, so that neither a clean build folder nor another checkout installs them again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Tools;
use crate::project::{CARGO_DENY_VERSION, CARGO_FUZZ_VERSION, Project, WASM_TARGET, WORKER_BUILD_VERSION};
use crate::run;

pub(super) fn wasm_target(project: &Project) -> Result<()> {
    let sysroot = run::read(run::program(project, "rustc").args(["--print", "sysroot"]))
        .context("Rust is not installed; see https://rustup.rs")?;
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET);
    if libraries.is_dir() {
        return Ok(());
    }
    if run::on_path("rustup").is_none() {
        bail!(
            "Rust has no {WASM_TARGET} target here, and rustup, which installs it, is missing; install rustup from https://rustup.rs"
        );
    }
    run::say(format!("installing Rust's {WASM_TARGET} target"));
    run::check(run::program(project, "rustup").args(["target", "add", WASM_TARGET]))
}

pub(super) fn components(project: &Project) -> Result<()> {
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let mut version = run::program(project, program);
        if version.arg("--version").output().is_ok_and(|output| output.status.success()) {
            continue;
        }
        run::say(format!("installing {component}"));
        run::check(run::program(project, "rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

pub(super) fn tools(project: &Project) -> Result<Tools> {
    // The tool and the library must agree to the digit, or the generated code does not load.
    let wasm_bindgen_version = locked_version(project, "wasm-bindgen")?;
    Ok(Tools {
        wasm_bindgen: tool(
            project,
            "wasm-bindgen-cli",
            "wasm-bindgen",
            &wasm_bindgen_version,
            // Its own lock file names a package that was withdrawn.
            false,
        )?,
        worker_build: tool(project, "worker-build", "worker-build", WORKER_BUILD_VERSION, true)?,
    })
}

pub(super) fn cargo_deny(project: &Project) -> Result<PathBuf> {
    tool(project, "cargo-deny", "cargo-deny", CARGO_DENY_VERSION, true)
}

pub(super) fn cargo_fuzz(project: &Project) -> Result<PathBuf> {
    tool(project, "cargo-fuzz", "cargo-fuzz", CARGO_FUZZ_VERSION, true)
}

fn tool(project: &Project, package: &str, program: &str, version: &str, locked: bool) -> Result<PathBuf> {
    let folder = cache()?.join(format!("{program}-{version}"));
    let file = folder.join("bin").join(program);
    if file.is_file() {
        return Ok(file);
    }
    run::say(format!("installing {package} {version} (once; this takes a few minutes)"));
    let mut command = run::cargo(project);
    command
        .args(["install", package, "--version", version, "--root"])
        .arg(&folder)
        // The project's own settings (target folder, flags) are not meant for tools.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .current_dir(cache()?);
    if locked {
        command.arg("--locked");
    }
    run::check(&mut command)?;
    Ok(file)
}

/// The version of a package in Cargo.lock.
fn locked_version(project: &Project, package: &str) -> Result<String> {
    let metadata =
        run::read(run::cargo(project).args(["metadata", "--format-version=1", "--filter-platform", WASM_TARGET]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|found| found["name"] == package)
        .find_map(|found| found["version"].as_str().map(str::to_owned))
        .with_context(|| format!("no package depends on {package}"))
}

fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    let folder = base.join("kommo-voip");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}
