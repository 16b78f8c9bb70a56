//! `dev`: from a fresh clone to a ringing phone with one command, and nothing left behind after Ctrl-C.

mod child;
mod cron;
mod frozen;
pub(crate) mod guard;
mod log;
mod options;
mod ready;
pub(crate) mod services;
mod watch;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::project::Project;
use child::Child;
use cron::Cron;
use log::Log;
use options::Options;
use watch::Watch;

/// How often children, signals and sources are looked at.
const TICK: Duration = Duration::from_millis(100);

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let project = Project::find()?;
    let options = Options::read(args, &project)?;
    services::prepare(&project, &options)?;
    if options.setup_only {
        println!("Everything is in place. `npx wrangler dev` serves the Worker, `cargo xtask dev` the whole.");
        return Ok(());
    }

    let is_stopping = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&is_stopping);
    ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")?;
    let log = Log::start();
    let mut running = Vec::new();
    let result = serve(&project, &options, &log, &mut running, &is_stopping);
    // All are asked first, then waited for: they stop side by side.
    running.iter().for_each(Child::ask_to_stop);
    running.into_iter().for_each(Child::stop);
    result
}

fn serve(
    project: &Project,
    options: &Options,
    log: &Log,
    running: &mut Vec<Child>,
    is_stopping: &AtomicBool,
) -> Result<()> {
    let mut waiting_for = Vec::new();
    if options.sim {
        ready::wait_until_free(options.sim_port, "--sim-port")?;
        running.push(services::start_simulator(project, options, log)?);
        waiting_for.push((options.sim_port, "/"));
    }
    if options.worker {
        ready::wait_until_free(options.worker_port, "--worker-port")?;
        running.push(services::start_worker(project, options, log)?);
        waiting_for.push((options.worker_port, "/health"));
    }
    for (port, path) in waiting_for {
        let mut probe = ready::Probe::new(port, path);
        while !probe.answers()? {
            if is_stopping.load(Ordering::Relaxed) {
                return Ok(());
            }
            complain_of_the_dead(running)?;
            thread::sleep(TICK);
        }
    }
    announce(options);

    let mut watch = (options.watch && options.sim).then(|| Watch::new(project, options));
    let mut cron = options.worker.then(|| Cron::new(options.worker_port));
    while !is_stopping.load(Ordering::Relaxed) {
        complain_of_the_dead(running)?;
        if let Some(cron) = &mut cron {
            cron.look(log);
        }
        if let Some(watch) = &mut watch {
            watch.look(project, log);
        }
        thread::sleep(TICK);
    }
    Ok(())
}

/// One part without the other is worse than none: whoever dies takes the rest along, by name.
fn complain_of_the_dead(running: &mut [Child]) -> Result<()> {
    for child in running {
        if child.has_ended()? {
            bail!("{} stopped by itself; its last words are in {}", child.name, child.log_file.display());
        }
    }
    Ok(())
}

fn announce(options: &Options) {
    let sim = format!("http://127.0.0.1:{}", options.sim_port);
    let worker = format!("http://127.0.0.1:{}", options.worker_port);
    let text = match (options.sim, options.worker) {
        (true, true) => format!(
            "ready {sim}\nOpen {sim} in a browser: sign in, install the widget, then press \"Incoming call\" on the phone panel. Ctrl-C stops everything.\n"
        ),
        (true, false) => {
            format!("ready {sim}\nThe simulator runs alone; it expects the Worker at {worker}.\n")
        }
        _ => format!("ready {worker}\nThe Worker runs alone; it expects the simulator at {sim}.\n"),
    };
    let mut out = std::io::stdout().lock();
    // Whoever reads this may be gone already; the services are up all the same.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
