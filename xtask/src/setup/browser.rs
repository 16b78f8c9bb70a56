//! Chromium and its driver, which only the browser tests need.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::project::Project;
use crate::run;

/// A browser and the program that steers it.
pub(crate) struct Browser {
    pub(crate) chrome: PathBuf,
    pub(crate) driver: PathBuf,
}

pub(crate) fn install(project: &Project) -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if !(nix::unistd::geteuid().is_root() && run::on_path("apt-get").is_some()) {
        bail!(
            "the browser tests need Chromium and ChromeDriver of the same version: install the packages `chromium` and `chromium-driver` (Debian, Ubuntu), or set CHROME and CHROMEDRIVER to their paths"
        );
    }
    run::say("installing Chromium and its driver");
    let apt = |args: &[&str]| {
        run::quietly(run::program(project, "apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", "chromium", "chromium-driver"])?;
    match find() {
        Some(browser) => Ok(browser),
        None => bail!("the packages were installed, but chromium or chromedriver is not on PATH"),
    }
}

fn find() -> Option<Browser> {
    Some(Browser {
        chrome: chosen("CHROME", &["chromium", "chromium-browser", "google-chrome"])?,
        driver: chosen("CHROMEDRIVER", &["chromedriver"])?,
    })
}

fn chosen(variable: &str, names: &[&str]) -> Option<PathBuf> {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(path) => Some(PathBuf::from(path)),
        None => names.iter().find_map(|name| run::on_path(name)),
    }
}
