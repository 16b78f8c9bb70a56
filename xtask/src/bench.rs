//! `bench`: what our Worker costs, beside the least that could be done and beside plain JavaScript doing the same.
//!
//! The measuring itself is JavaScript, because the edge runtime is a library there: through `wrangler dev` one would
//! measure its proxy.

use anyhow::{Result, bail};

use crate::args::Args;
use crate::build_widget::Purpose;
use crate::dev::services;
use crate::project::Project;
use crate::setup::browser;
use crate::{build_widget, build_worker, run, setup};

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let rounds = number(args, "--rounds", "5")?;
    let seconds = number(args, "--seconds", "4")?;
    args.finish_without_rest()?;
    let project = Project::find()?;
    let tools = setup::all(&project)?;
    if !setup::is_prebuilt() {
        build_worker::build(&project, &tools)?;
        services::build_simulator(&project)?;
        build_widget::build(&project, &tools, Purpose::Release)?;
    }
    let browser = browser::install(&project)?;
    run::say("measuring; leave the machine alone meanwhile");
    run::check(
        run::program(&project, "node")
            // All is built: the archive that is packaged for the measured Worker need not look again.
            .env("KOMMO_VOIP_PREBUILT", "1")
            .arg("xtask/bench/main.mjs")
            .arg(&project.root)
            .arg(project.simulator())
            .arg(project.output("bench.json"))
            .arg(std::env::current_exe()?)
            .arg(&browser.chrome)
            .args([rounds, seconds]),
    )
}

fn number(args: &mut Args, name: &str, usual: &str) -> Result<String> {
    let value = args.value(name)?.unwrap_or_else(|| usual.to_owned());
    match value.parse::<u32>() {
        Ok(number) if number > 0 => Ok(value),
        _ => bail!("{name} needs a whole number above zero, not {value:?}"),
    }
}
