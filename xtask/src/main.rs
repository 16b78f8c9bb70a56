//! The project's commands: one way to run, test, check, package, measure and deploy it.
//!
//! A newcomer with nothing but Rust and Node must get from a fresh clone to a ringing phone with one
//! command, so every command installs what it lacks, and does nothing twice that has not changed.

mod args;
mod bench;
mod build_widget;
mod build_worker;
mod ci;
mod deploy;
mod dev;
mod fingerprint;
mod fuzz;
mod keys;
mod package;
mod project;
mod run;
mod setup;
mod soak;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::args::Args;

const USAGE: &str = "\
Usage: cargo xtask <command>

  dev      start everything on this machine and print where it is ready
             --worker-port N (8787)  --sim-port N (8790)  --state DIR (.wrangler/state)
             --no-watch              do not rebuild when sources change
             --only sim|worker       start one of the two
             --setup                 install, build and migrate, then stop
  test     every test: domain, edge runtime, browser
             anything after -- goes to the whole-flow tests
  soak     calls under faults and kills drawn from seeds, judged by what Kommo holds afterwards
             --runs N (100)  --seed S (from the clock); --seed alone runs that one
             --virtual               the Worker's sources under a stopped clock; --runs N (1000)
  fuzz     [TARGET...]  look for bytes that break what reads them from outside
             --seconds N (60)        for each target
             --keep                  make fuzz/corpus the fewest inputs that reach what was reached
  ci       format, tidy, dependencies, Clippy, docs, then test
  package  --worker-url URL [--out FILE]   build and check target/widget.zip
  screens  a picture of every screen into docs/screens
  bench    what Worker and widget cost, beside what they are compared with; tables, and target/bench.json
             --only SECTION,…  --rounds N (5)  --seconds N (2)  --accounts N,… (1,10,100,1000)
             --calls N (1000)  in the catch-up;  --held N (10000)  calls of one account in memory
  keys     which sealing keys are still needed
             --local DIR             of the local data in DIR, not of the deployed Worker
  deploy   checks, migrations, then the Worker
             --dry-run               check everything and say what would be done; change nothing
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let Some(command) = words.next() else {
        eprint!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    // The guard takes a foreign command line as it stands.
    if command == "guard" {
        return dev::guard::main(words.collect());
    }
    let Some(command) = command.to_str() else {
        bail!("the command is not valid text");
    };
    let mut args = Args::new(words)?;
    match command {
        "dev" => dev::main(&mut args)?,
        "test" => test::main(&mut args)?,
        "fuzz" => fuzz::main(&mut args)?,
        "soak" => soak::main(&mut args)?,
        "ci" => ci::main(&mut args)?,
        "package" => package::main(&mut args)?,
        "screens" => test::screens(&mut args)?,
        "bench" => bench::main(&mut args)?,
        "keys" => keys::main(&mut args)?,
        "deploy" => deploy::main(&mut args)?,
        // The quick part of `ci`, for a look before a commit.
        "tidy" => ci::tidy_alone(&mut args)?,
        // For Wrangler's [build] and for working on one part alone.
        "build-worker" => build_worker::main(&mut args)?,
        "build-widget" => build_widget::main(&mut args)?,
        "help" | "--help" | "-h" => print!("{USAGE}"),
        other => {
            eprint!("{USAGE}");
            bail!("there is no command {other:?}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
