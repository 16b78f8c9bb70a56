//! Where things stand, so that no other file spells a path twice.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The newest Wrangler that runs on Node 20 and the tools it needs are pinned by package.json; these
/// are ours to install because they come from cargo.
pub(crate) const WORKER_BUILD_VERSION: &str = "0.8.7";
pub(crate) const CARGO_DENY_VERSION: &str = "0.20.2";
pub(crate) const CARGO_FUZZ_VERSION: &str = "0.13.1";
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
pub(crate) const WORKER_PACKAGE: &str = "kommo-voip-worker";
pub(crate) const WIDGET_PACKAGE: &str = "kommo-voip-widget";
pub(crate) const TESTS_PACKAGE: &str = "kommo-voip-tests";
/// The platform the Worker's sources stand on under a stopped clock.
pub(crate) const TWIN_PACKAGE: &str = "worker-twin";
pub(crate) const DOMAIN_PACKAGE: &str = "kommo-voip-domain";
pub(crate) const FUZZ_PACKAGE: &str = "kommo-voip-fuzz";

/// The checkout this command works on.
pub(crate) struct Project {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Where cargo builds; ours unless the person set another.
    pub(crate) cargo_target: PathBuf,
}

impl Project {
    pub(crate) fn find() -> Result<Self> {
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = here.parent().context("the commands do not stand inside the project")?.to_owned();
        let cargo_target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => std::path::absolute(PathBuf::from(dir))?,
            None => root.join("target"),
        };
        Ok(Self { root, cargo_target })
    }

    /// A file or folder given relative to the root.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Our own products, as opposed to cargo's.
    pub(crate) fn output(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join("target").join(relative)
    }

    /// The wasm that cargo built of a package, by its library name.
    pub(crate) fn wasm(&self, library: &str) -> PathBuf {
        let folder = self.cargo_target.join(WASM_TARGET).join("release");
        folder.join(format!("{library}.wasm"))
    }

    /// A program that npm brought.
    pub(crate) fn npm_program(&self, name: &str) -> PathBuf {
        self.path("node_modules/.bin").join(name)
    }

    /// The simulator.
    pub(crate) fn simulator(&self) -> PathBuf {
        self.cargo_target.join("debug").join("kommo-sim")
    }
}
