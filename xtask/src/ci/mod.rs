//! `ci`: the whole of continuous integration, the same on every machine. What is quick and often wrong comes
//! first; everything is run even after a failure, so that one round shows all there is to mend.

mod comparisons;
mod dependencies;
mod links;
mod purity;
mod shipped;
mod tidy;

use std::process::Command;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::project::{Project, WASM_TARGET, WIDGET_PACKAGE, WORKER_PACKAGE};
use crate::{run, setup, test};

/// The crates are not libraries for others: their docs may lead to what is private, and are made of it too.
const DOC_RULES: &str = "--deny warnings --allow rustdoc::private_intra_doc_links";

pub(crate) fn main(args: &mut Args) -> Result<()> {
    args.finish_without_rest()?;
    let project = Project::find()?;
    setup::components(&project)?;
    setup::all(&project)?;

    let mut failed = Vec::new();
    let mut step = |name: &'static str, result: Result<()>| {
        if let Err(error) = result {
            eprintln!("error: {name}: {error:#}");
            failed.push(name);
        }
    };
    run::say("format");
    step("format", run::check(&mut cargo(&project, &["fmt", "--all", "--check"])));
    run::say("tidy");
    step("tidy", tidy::check(&project));
    run::say("dependencies");
    step("dependencies", dependencies::check(&project));
    run::say("Clippy");
    let deny = ["--", "--deny", "warnings"];
    let mut host = cargo(&project, &["clippy", "--quiet", "--workspace", "--all-targets", "--all-features"]);
    step("Clippy", run::check(host.args(deny)));
    for package in [WORKER_PACKAGE, WIDGET_PACKAGE] {
        run::say(format!("Clippy for wasm: {package}"));
        let mut wasm = cargo(&project, &["clippy", "--quiet", "--lib", "--target", WASM_TARGET]);
        step("Clippy for wasm", run::check(wasm.args(["--package", package]).args(deny)));
    }
    run::say("docs");
    let mut docs = cargo(&project, &["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    step("docs", run::check(docs.env("RUSTDOCFLAGS", DOC_RULES)));
    run::say("test");
    step("test", test::all(&project, &[]));

    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

pub(crate) fn tidy_alone(args: &mut Args) -> Result<()> {
    args.finish_without_rest()?;
    tidy::check(&Project::find()?)
}

fn cargo(project: &Project, args: &[&str]) -> Command {
    let mut command = run::cargo(project);
    command.args(args);
    command
}
