//! `test`: everything there is, on a machine that may have nothing yet.
//!
//! The parts that need no network and no browser run first and together; then the whole flows, which start
//! the real edge runtime, the simulator and a browser themselves. A failure in one does not hide the other.

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::build_widget::Purpose;
use crate::dev::services;
use crate::project::{
    DOMAIN_PACKAGE, FUZZ_PACKAGE, Project, TESTS_PACKAGE, TWIN_PACKAGE, WIDGET_PACKAGE, WORKER_PACKAGE,
};
use crate::setup;
use crate::setup::browser::{self, Browser};
use crate::{build_worker, package, run};

/// The address baked into the archive that the browser tests load, unless they package their own.
const WORKER_PORT: u16 = 8787;

pub(crate) fn main(args: &mut Args) -> Result<()> {
    args.finish()?;
    all(&Project::find()?, &args.rest)
}

/// `rest` goes to the whole-flow tests, such as a name to look for.
pub(crate) fn all(project: &Project, rest: &[String]) -> Result<()> {
    let browser = build(project)?;

    let mut failed = Vec::new();
    run::say("unit tests");
    let mut units = run::cargo(project);
    units.args(["test", "--no-fail-fast"]);
    for package in [DOMAIN_PACKAGE, WORKER_PACKAGE, WIDGET_PACKAGE, TWIN_PACKAGE, FUZZ_PACKAGE, "xtask"] {
        units.args(["--package", package]);
    }
    units.arg(format!("--features={DOMAIN_PACKAGE}/phone-metadata"));
    if run::check(&mut units).is_err() {
        failed.push("unit tests");
    }

    run::say("whole flows: edge runtime and browser");
    if run::check(&mut flows(project, &browser, rest)?).is_err() {
        failed.push("whole flows");
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// `screens`: a picture of every screen into `docs/screens/`, each checked for barriers on the way.
pub(crate) fn screens(args: &mut Args) -> Result<()> {
    args.finish_without_rest()?;
    let project = Project::find()?;
    let browser = build(&project)?;
    let folder = project.path("docs/screens");
    fs::create_dir_all(&folder)?;
    run::check(flows(&project, &browser, &["widget::screens".to_owned()])?.env("KOMMO_VOIP_PICTURES", folder))
}

/// Everything that whole flows start.
fn build(project: &Project) -> Result<Browser> {
    let tools = setup::all(project)?;
    setup::tests(project)?;
    let browser = browser::install(project)?;
    build_worker::build(project, &tools)?;
    services::build_simulator(project)?;
    package::build_local(project, &tools, WORKER_PORT, Purpose::Release)?;
    Ok(browser)
}

fn flows(project: &Project, browser: &Browser, rest: &[String]) -> Result<Command> {
    let mut flows = run::cargo(project);
    flows
        .args(["test", "--no-fail-fast", "--package", TESTS_PACKAGE, "--features", "it", "--"])
        .args(rest)
        .env("KOMMO_VOIP_ROOT", &project.root)
        // Packages the widget for a Worker on any port: `$KOMMO_VOIP_XTASK package --worker-url … --out …`.
        .env("KOMMO_VOIP_XTASK", std::env::current_exe()?)
        // As many as a small machine has processors: the local runtime's front loses requests under more.
        .env("RUST_TEST_THREADS", std::env::var("RUST_TEST_THREADS").unwrap_or_else(|_| "2".to_owned()))
        // All is built: the many Workers that follow need not look again.
        .env("KOMMO_VOIP_PREBUILT", "1")
        .env("CHROME", &browser.chrome)
        .env("CHROMEDRIVER", &browser.driver);
    Ok(flows)
}
