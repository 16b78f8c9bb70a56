//! The npm packages: Wrangler, the tools that finish the wasm, and the simulated page's libraries; for tests also the
//! telephony providers' own libraries.

use anyhow::{Result, bail};

use crate::fingerprint::{self, Fingerprint};
use crate::project::Project;
use crate::run;

/// Wrangler's pinned version needs it.
const OLDEST_NODE: u32 = 20;

pub(super) fn packages(project: &Project) -> Result<()> {
    install(project, ".", "the npm packages")
}

/// They weigh 80 MB and only tests need them.
pub(super) fn provider_libraries(project: &Project) -> Result<()> {
    install(project, "tests/sdk", "the providers' libraries")
}

fn install(project: &Project, folder: &str, what: &str) -> Result<()> {
    if run::on_path("node").is_none() || run::on_path("npm").is_none() {
        bail!("Node.js and npm are missing; install Node.js {OLDEST_NODE} or newer");
    }
    let inside = |file: &str| project.path(folder).join(file);
    let stamp = inside("node_modules/.kommo-voip-installed");
    let wanted = Fingerprint::new("npm ci").file(&inside("package.json")).file(&inside("package-lock.json")).hex();
    if fingerprint::is_done(&stamp, &wanted) {
        return Ok(());
    }
    let version = run::read(run::program(project, "node").arg("--version"))?;
    if major(&version).is_none_or(|major| major < OLDEST_NODE) {
        bail!("Node.js {} is too old; install Node.js {OLDEST_NODE} or newer", version.trim());
    }
    run::say(format!("installing {what}"));
    run::quietly(run::program(project, "npm").args(["ci", "--prefix", folder]))?;
    fingerprint::done(&stamp, &wanted)
}

fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_major_version_is_read_from_what_node_prints() {
        assert_eq!(super::major("v20.20.2\n"), Some(20));
        assert_eq!(super::major("nonsense"), None);
    }
}
