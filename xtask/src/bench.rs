//! `bench`: what our Worker costs, beside the least that could be done and beside plain JavaScript doing the same.
//!
//! The measuring itself is JavaScript, because the edge runtime is a library there: through `wrangler dev` one would
//! measure its proxy.

use anyhow::{Result, bail};
use serde_json::json;

use crate::args::Args;
use crate::build_widget::Purpose;
use crate::dev::services;
use crate::project::Project;
use crate::setup::browser;
use crate::{build_widget, build_worker, run, setup};

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let rounds = number(args, "--rounds", 5)?;
    let seconds = number(args, "--seconds", 2)?;
    let calls = number(args, "--calls", 1000)?;
    let held = number(args, "--held", 10_000)?;
    let accounts = args.value("--accounts")?.unwrap_or_else(|| "1,10,100,1000".to_owned());
    let accounts = accounts.split(',').map(|many| above_zero("--accounts", many)).collect::<Result<Vec<_>>>()?;
    let only = args.value("--only")?.unwrap_or_default();
    let only: Vec<&str> = only.split(',').filter(|section| !section.is_empty()).collect();
    args.finish_without_rest()?;
    let project = Project::find()?;
    let tools = setup::all(&project)?;
    if !setup::is_prebuilt() {
        build_worker::build(&project, &tools)?;
        services::build_simulator(&project)?;
        build_widget::build(&project, &tools, Purpose::Release)?;
    }
    let browser = browser::install(&project)?;
    let options = json!({
        "root": project.root,
        "simulator": project.simulator(),
        "out": project.output("bench.json"),
        "packager": std::env::current_exe()?,
        "browser": browser.chrome,
        "rounds": rounds,
        "seconds": seconds,
        "accounts": accounts,
        "calls": calls,
        "held": held,
        "only": only,
    });
    run::say("measuring; leave the machine alone meanwhile");
    run::check(
        run::program(&project, "node")
            // All is built: the archive that is packaged for the measured Worker need not look again.
            .env("KOMMO_VOIP_PREBUILT", "1")
            .arg("xtask/bench/main.mjs")
            .arg(options.to_string()),
    )
}

fn number(args: &mut Args, name: &str, usual: u32) -> Result<u32> {
    args.value(name)?.map_or(Ok(usual), |value| above_zero(name, &value))
}

fn above_zero(name: &str, value: &str) -> Result<u32> {
    match value.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("{name} needs a whole number above zero, not {value:?}"),
    }
}
