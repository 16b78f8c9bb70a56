//! The two services: what each needs beforehand, and how it is started.

use anyhow::Result;

use super::child::Child;
use super::frozen;
use super::log::Log;
use super::options::Options;
use crate::build_widget::Purpose;
use crate::fingerprint::{self, Fingerprint, files_under};
use crate::project::{Project, TESTS_PACKAGE};
use crate::setup::local::{self, Local};
use crate::{build_worker, package, run, setup};

/// Installs, builds and migrates.
pub(super) fn prepare(project: &Project, options: &Options) -> Result<()> {
    let tools = setup::all(project)?;
    if options.worker {
        if !setup::is_prebuilt() {
            build_worker::build(project, &tools)?;
        }
        migrate(project, options)?;
    }
    if options.sim {
        if !setup::is_prebuilt() {
            build_simulator(project)?;
        }
        package::build_local(project, &tools, options.worker_port, Purpose::Development)?;
    }
    Ok(())
}

pub(crate) fn build_simulator(project: &Project) -> Result<()> {
    run::check(run::cargo(project).args(["build", "--quiet", "--package", TESTS_PACKAGE, "--bin", "kommo-sim"]))
}

/// Brings the local D1 up to date; the mark lies beside the data, so that it goes when the data goes.
fn migrate(project: &Project, options: &Options) -> Result<()> {
    let folder = project.path("worker/migrations");
    let mut wanted = Fingerprint::new("migrate").file(&project.path("wrangler.toml"));
    for file in files_under(&folder)? {
        wanted = wanted.text(&file.to_string_lossy()).file(&file);
    }
    let wanted = wanted.hex();
    let mark = options.state.join(".kommo-voip-migrated");
    if fingerprint::is_done(&mark, &wanted) {
        return Ok(());
    }
    run::say("migrating the local database");
    run::quietly(
        run::wrangler(project).args(["d1", "migrations", "apply", "DB", "--local", "--persist-to"]).arg(&options.state),
    )?;
    fingerprint::done(&mark, &wanted)
}

pub(super) fn start_simulator(project: &Project, options: &Options, log: &Log) -> Result<Child> {
    let Local { client_id, client_secret } = local::read(project);
    let worker = format!("http://127.0.0.1:{}", options.worker_port);
    let mut command = run::program(project, project.simulator());
    command
        .args(["--port", &options.sim_port.to_string()])
        .args(["--worker-url", &worker])
        .args(["--redirect-uri", &format!("{worker}/oauth/callback")])
        .args(["--uninstall-url", &format!("{worker}/oauth/uninstalled")])
        .arg("--widget")
        .arg(package::local_archive(project, options.worker_port))
        .arg("--assets")
        .arg(project.path("node_modules"))
        // By environment: a command line can be read by every user of the machine.
        .env("KOMMO_CLIENT_ID", client_id)
        .env("KOMMO_CLIENT_SECRET", client_secret);
    let log_file = project.output(format!("dev/{}/sim.log", options.worker_port));
    Child::start("sim", &command, log, log_file)
}

pub(super) fn start_worker(project: &Project, options: &Options, log: &Log) -> Result<Child> {
    let sim = format!("http://127.0.0.1:{}", options.sim_port);
    let worker = format!("http://127.0.0.1:{}", options.worker_port);
    let mut command = run::wrangler(project);
    command
        .args(["dev", "--ip", "127.0.0.1"])
        .args(["--port", &options.worker_port.to_string()])
        // Any free one: several Workers may run side by side.
        .args(["--inspector-port", "0"])
        .arg("--show-interactive-dev-session=false")
        .arg("--persist-to")
        .arg(&options.state)
        // These win over .dev.vars, so that other ports than the usual ones work.
        .args(["--var", &format!("KOMMO_REDIRECT_URI:{worker}/oauth/callback")])
        .args(["--var", &format!("KOMMO_ORIGIN_OVERRIDE:{sim}")])
        .args(["--var", &format!("PROVIDER_ORIGIN_OVERRIDE:{sim}")]);
    // Workers of one name that run side by side must not find each other.
    command.env("WRANGLER_REGISTRY_PATH", project.output(format!("dev/{}/registry", options.worker_port)));
    if !options.watch {
        // Otherwise found beside the configuration.
        command.arg("--config").arg(frozen::worker(project, options.worker_port)?);
        command.arg("--env-file").arg(project.path(".dev.vars"));
    }
    let log_file = project.output(format!("dev/{}/worker.log", options.worker_port));
    Child::start("worker", &command, log, log_file)
}
