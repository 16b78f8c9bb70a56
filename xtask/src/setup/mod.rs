//! Installs what a bare machine lacks. Everything here is a no-op of milliseconds the second time.

pub(crate) mod browser;
pub(crate) mod local;
mod node;
mod rust;

use std::path::PathBuf;

use anyhow::Result;

use crate::project::Project;

/// Programs that cargo installed for us.
pub(crate) struct Tools {
    pub(crate) wasm_bindgen: PathBuf,
    pub(crate) worker_build: PathBuf,
}

/// What every command that builds or runs something needs.
pub(crate) fn all(project: &Project) -> Result<Tools> {
    rust::wasm_target(project)?;
    node::packages(project)?;
    let tools = rust::tools(project)?;
    local::variables(project)?;
    Ok(tools)
}

/// What only the tests need.
pub(crate) fn tests(project: &Project) -> Result<()> {
    node::provider_libraries(project)
}

/// What only `ci` needs besides the compiler: it judges the crates we build on.
pub(crate) fn cargo_deny(project: &Project) -> Result<PathBuf> {
    rust::cargo_deny(project)
}

/// What only `fuzz` needs.
pub(crate) fn cargo_fuzz(project: &Project) -> Result<PathBuf> {
    rust::cargo_fuzz(project)
}

/// What `ci` needs of Rust besides the compiler.
pub(crate) fn components(project: &Project) -> Result<()> {
    rust::components(project)
}

/// Set by whoever starts many Workers in a row and has built everything beforehand.
pub(crate) fn is_prebuilt() -> bool {
    std::env::var_os("KOMMO_VOIP_PREBUILT").is_some_and(|value| value == "1")
}
