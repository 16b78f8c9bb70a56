//! What is built on others' code: licences, sources and duplicates of the crates that are shipped, and known
//! advisories against any of them (`deny.toml`).

use anyhow::Result;

use crate::project::Project;
use crate::{run, setup};

pub(super) fn check(project: &Project) -> Result<()> {
    let cargo_deny = setup::cargo_deny(project)?;
    run::check(run::program(project, &cargo_deny).args(["check", "licenses", "bans", "sources"]))?;
    // Everything else needs no network, so being without it fails nothing.
    if run::succeeds(run::program(project, &cargo_deny).args(["fetch", "db"])) {
        run::check(run::program(project, &cargo_deny).args(["check", "advisories"]))
    } else {
        run::say("the database of advisories cannot be reached from here, so it is not asked");
        Ok(())
    }
}
