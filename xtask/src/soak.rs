//! `soak`: runs of calls under faults and kills, each drawn from a seed, against the real edge runtime.
//!
//! The runs themselves are the whole-flow test that `test` runs with a few fixed seeds; here it is given others. With
//! `--virtual` it is the test of the Worker's sources under a stopped clock, which needs no runtime and no browser.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};

use crate::args::Args;
use crate::project::{Project, TESTS_PACKAGE};
use crate::{build_worker, run, setup};

/// Runs when neither their number nor a seed is given.
const USUAL: u64 = 100;
/// The same under a stopped clock.
const USUAL_VIRTUAL: u64 = 1_000;

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let (seed, runs, is_virtual) = (number(args, "--seed")?, number(args, "--runs")?, args.flag("--virtual"));
    args.finish_without_rest()?;
    let (seed, runs) = match (seed, runs) {
        (Some(seed), runs) => (seed, runs.unwrap_or(1)),
        // New ground every time.
        (None, runs) => (
            SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
            runs.unwrap_or(if is_virtual { USUAL_VIRTUAL } else { USUAL }),
        ),
    };
    let project = Project::find()?;
    if is_virtual {
        return virtually(&project, seed, runs);
    }
    let tools = setup::all(&project)?;
    setup::tests(&project)?;
    if !setup::is_prebuilt() {
        build_worker::build(&project, &tools)?;
    }
    run::say(format!("{runs} runs from seed {seed}"));
    run::check(
        run::cargo(&project)
            .args(["test", "--quiet", "--package", TESTS_PACKAGE, "--features", "it", "--test", "it", "--"])
            .args(["faults::whatever_goes_wrong", "--nocapture"])
            .env("KOMMO_VOIP_ROOT", &project.root)
            .env("KOMMO_VOIP_SEEDS", format!("{seed}+{runs}")),
    )
}

fn virtually(project: &Project, seed: u64, runs: u64) -> Result<()> {
    run::say(format!("{runs} runs from seed {seed} under a stopped clock"));
    run::check(
        run::cargo(project)
            .args(["test", "--quiet", "--profile", "soak", "--package", TESTS_PACKAGE, "--test", "virtual", "--"])
            .args(["whatever_goes_wrong", "--nocapture"])
            .env("KOMMO_VOIP_VIRTUAL_SEEDS", format!("{seed}+{runs}")),
    )
}

fn number(args: &mut Args, name: &str) -> Result<Option<u64>> {
    let Some(text) = args.value(name)? else { return Ok(None) };
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => bail!("{name} needs a whole number, not {text:?}"),
    }
}
