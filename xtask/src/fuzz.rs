//! `fuzz`: looks for bytes that break what reads them from outside. `test` runs the same functions over the corpus.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::project::Project;
use crate::{run, setup};

/// Longer inputs find nothing that shorter ones do not.
const LONGEST: u32 = 2048;

pub(crate) fn main(args: &mut Args) -> Result<()> {
    let seconds = args.value("--seconds")?.unwrap_or_else(|| "60".to_owned());
    let seconds: u64 = seconds.parse().context("--seconds needs a whole number")?;
    let keeps = args.flag("--keep");
    let project = Project::find()?;
    let all = targets(&project)?;
    let wanted: Vec<String> = match args.names()? {
        names if names.is_empty() => all,
        names => match names.iter().find(|name| !all.contains(name)) {
            Some(unknown) => bail!("there is no target {unknown:?}; there are {}", all.join(", ")),
            None => names,
        },
    };
    let fuzzer = Fuzzer { cargo_fuzz: setup::cargo_fuzz(&project)?, project };
    let mut broken = Vec::new();
    println!("{:<20}{:>10}{:>14}  found", "target", "seconds", "inputs");
    for name in &wanted {
        let ended = fuzzer.fuzz(name, seconds)?;
        println!("{name:<20}{seconds:>10}{:>14}  {}", ended.inputs, if ended.is_clean { "nothing" } else { "a break" });
        if !ended.is_clean {
            println!("  {} says which input breaks it", ended.log.display());
            broken.push(name.as_str());
        }
        if keeps {
            fuzzer.keep(name)?;
        }
    }
    if !broken.is_empty() {
        bail!("broken: {}", broken.join(", "));
    }
    Ok(())
}

fn targets(project: &Project) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(project.path("fuzz/fuzz_targets"))? {
        names.extend(file?.path().file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

struct Fuzzer {
    project: Project,
    cargo_fuzz: PathBuf,
}

struct Ended {
    inputs: u64,
    is_clean: bool,
    log: PathBuf,
}

impl Fuzzer {
    /// What one target has led to so far on this machine.
    fn found(&self, name: &str) -> Result<PathBuf> {
        let folder = self.project.output("fuzz").join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn corpus(&self, name: &str) -> PathBuf {
        self.project.path("fuzz/corpus").join(name)
    }

    fn fuzz(&self, name: &str, seconds: u64) -> Result<Ended> {
        let log = self.project.output("fuzz").join(format!("{name}.log"));
        let mut command = self.command(name, &[&self.found(name)?, &self.corpus(name)]);
        command
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={LONGEST}"))
            .args(["-dict=fuzz/dictionary.txt", "-print_final_stats=1"])
            .stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?);
        let is_clean = command.status().context("cargo-fuzz cannot be run")?.success();
        let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let inputs = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        let Some(inputs) = inputs.and_then(|number| number.trim().parse().ok()) else {
            bail!("the fuzzer did not run; see {}", log.display());
        };
        Ok(Ended { inputs, is_clean, log })
    }

    /// The corpus becomes the fewest inputs that reach all code that was reached, and those that once broke something,
    /// which have names of their own.
    fn keep(&self, name: &str) -> Result<()> {
        let (found, corpus) = (self.found(name)?, self.corpus(name));
        let smallest = self.project.output("fuzz").join(format!("{name}.smallest"));
        let _ = fs::remove_dir_all(&smallest);
        fs::create_dir_all(&smallest)?;
        let mut command = self.command(name, &[&smallest, &corpus, &found]);
        run::quietly(command.args(["-set_cover_merge=1", "-use_counters=0", &format!("-max_len={LONGEST}")]))?;
        for file in fs::read_dir(&corpus)? {
            let file = file?;
            if is_made_up(&file.file_name().to_string_lossy()) {
                fs::remove_file(file.path())?;
            }
        }
        for file in fs::read_dir(&smallest)? {
            let file = file?;
            fs::copy(file.path(), corpus.join(file.file_name()))?;
        }
        Ok(())
    }

    fn command(&self, name: &str, folders: &[&Path]) -> Command {
        let mut command = run::program(&self.project, &self.cargo_fuzz);
        command
            // Sanitizers want another compiler, and nothing here is unsafe.
            .args(["fuzz", "run", "--sanitizer", "none", name])
            .args(folders)
            .arg("--")
            // The release profile is for small wasm; here inputs a second count.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        command
    }
}

/// The fuzzer names its inputs by their hash.
fn is_made_up(name: &str) -> bool {
    name.len() >= 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
