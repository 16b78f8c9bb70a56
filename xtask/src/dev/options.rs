//! What `dev` was asked for.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::project::Project;

pub(super) struct Options {
    pub(super) worker_port: u16,
    pub(super) sim_port: u16,
    /// Local D1, KV and Durable Object files, kept between runs.
    pub(super) state: PathBuf,
    pub(super) watch: bool,
    pub(super) sim: bool,
    pub(super) worker: bool,
    /// Install, build and migrate, then stop.
    pub(super) setup_only: bool,
}

impl Options {
    pub(super) fn read(args: &mut Args, project: &Project) -> Result<Self> {
        let only = args.value("--only")?;
        let (sim, worker) = match only.as_deref() {
            None => (true, true),
            Some("sim") => (true, false),
            Some("worker") => (false, true),
            Some(other) => bail!("--only takes sim or worker, not {other:?}"),
        };
        let options = Self {
            worker_port: args.port("--worker-port", 8787)?,
            sim_port: args.port("--sim-port", 8790)?,
            state: match args.value("--state")? {
                Some(folder) => std::path::absolute(folder)?,
                // Wrangler's own, so that plain `npx wrangler dev` finds the same data.
                None => project.path(".wrangler/state"),
            },
            watch: !args.flag("--no-watch"),
            sim,
            worker,
            setup_only: args.flag("--setup"),
        };
        args.finish_without_rest()?;
        if options.worker_port == options.sim_port {
            bail!("--worker-port and --sim-port must differ");
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn read(words: &[&str]) -> Result<Options> {
        let mut args = Args::new(words.iter().map(OsString::from))?;
        Options::read(&mut args, &Project::find()?)
    }

    #[test]
    fn without_options_both_run_on_the_usual_ports() {
        let options = read(&[]).unwrap();
        assert!(options.sim && options.worker && options.watch && !options.setup_only);
        assert_eq!((options.worker_port, options.sim_port), (8787, 8790));
        assert!(options.state.ends_with(".wrangler/state"));
    }

    #[test]
    fn one_of_the_two_can_run_alone() {
        let options = read(&["--only", "worker", "--no-watch", "--state", "x"]).unwrap();
        assert!(!options.sim && options.worker && !options.watch);
        assert!(options.state.is_absolute());
        assert!(read(&["--only", "both"]).is_err());
    }

    #[test]
    fn two_services_cannot_share_a_port() {
        assert!(read(&["--worker-port", "8790"]).is_err());
    }
}
