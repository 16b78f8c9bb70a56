//! A guard stands between `dev` and each service, as the leader of a process group of its own.
//!
//! Wrangler is a tree of processes, and killing one leaves the others holding the port. The guard ends the
//! whole group when the service ends, and also when `dev` itself is gone, however it went: it then reads the
//! end of its input, which even SIGKILL cannot prevent.

use std::ffi::OsString;
use std::io::Read;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::getpgrp;

pub(crate) fn main(line: Vec<OsString>) -> Result<ExitCode> {
    let mut words = line.into_iter();
    let Some(program) = words.next() else {
        bail!("guard needs a program to run");
    };
    // Signals to the group are for the service. The guard stays until the service is gone.
    ctrlc::set_handler(|| {}).context("cannot take signals")?;
    let mut service = Command::new(&program)
        .args(words)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run {}", program.to_string_lossy()))?;
    thread::spawn(|| {
        let mut nothing = Vec::new();
        // An error is an end as well.
        let _ = std::io::stdin().read_to_end(&mut nothing);
        end_group();
    });
    let status = service.wait()?;
    eprintln!("ended ({status})");
    end_group();
    Ok(ExitCode::SUCCESS)
}

/// Ends every process of the group, this one among them.
fn end_group() {
    if let Err(error) = killpg(getpgrp(), Signal::SIGKILL) {
        eprintln!("cannot end the process group: {error}");
    }
}
