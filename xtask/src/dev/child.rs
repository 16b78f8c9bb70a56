//! One guarded service.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::log::Log;

/// Wrangler takes about two seconds to close its databases.
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) struct Child {
    pub(super) name: &'static str,
    pub(super) log_file: PathBuf,
    guard: std::process::Child,
    /// Dropped, it tells the guard to end its group.
    lifeline: Option<ChildStdin>,
}

impl Child {
    /// Starts the command behind a guard, its output going to the log.
    pub(super) fn start(name: &'static str, command: &Command, log: &Log, log_file: PathBuf) -> Result<Self> {
        let me = std::env::current_exe().context("cannot find this program's own file")?;
        let mut guarded = Command::new(me);
        guarded.arg("guard").arg(command.get_program()).args(command.get_args());
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => guarded.env(variable, value),
                None => guarded.env_remove(variable),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            guarded.current_dir(folder);
        }
        let mut guard = guarded
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let lifeline = guard.stdin.take();
        log.follow(name, &log_file, guard.stdout.take(), guard.stderr.take())?;
        Ok(Self { name, log_file, guard, lifeline })
    }

    pub(super) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.guard.try_wait()?.is_some())
    }

    /// Asks the service, not the guard, which ignores it.
    pub(super) fn ask_to_stop(&self) {
        if let Ok(id) = i32::try_from(self.guard.id()) {
            // Already gone is as good.
            let _ = killpg(Pid::from_raw(id), Signal::SIGTERM);
        }
    }

    /// Waits for the end, and forces it if the service takes too long.
    pub(super) fn stop(mut self) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if !matches!(self.has_ended(), Ok(false)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        drop(self.lifeline.take());
        let _ = self.guard.wait();
    }
}
