//! The domain decides and touches nothing: no clock, no randomness, no input or output, no JavaScript, nothing
//! asynchronous. Only then can every rule be tested in a second.

use std::fs;

use anyhow::Result;

use crate::fingerprint::files_under;
use crate::project::{DOMAIN_PACKAGE, Project};
use crate::run;

/// Packages by the start of their names.
const IMPURE_PACKAGES: &[&str] = &[
    "async-",
    "futures",
    "getrandom",
    "gloo",
    "hyper",
    "js-sys",
    "rand",
    "reqwest",
    "rusqlite",
    "tokio",
    "wasm-bindgen",
    "web-sys",
    "web-time",
    "worker",
];
const IMPURE_CODE: &[&str] = &[
    "async fn",
    ".await",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "println!",
];

pub(super) fn check(project: &Project) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let tree = run::read(run::cargo(project).args([
        "tree",
        "--package",
        DOMAIN_PACKAGE,
        "--edges",
        "normal",
        "--all-features",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]))?;
    let mut packages: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    packages.sort_unstable();
    packages.dedup();
    for package in packages {
        if IMPURE_PACKAGES.iter().any(|impure| package.starts_with(impure)) {
            wrong.push(format!("{DOMAIN_PACKAGE} depends on {package}"));
        }
    }
    for file in files_under(&project.path("domain/src"))? {
        let name = file.strip_prefix(&project.root)?.display().to_string();
        for (number, what) in impure_lines(&fs::read_to_string(&file)?) {
            wrong.push(format!("{name}:{number}: the domain must not use {what}"));
        }
    }
    Ok(wrong)
}

/// Line numbers and what is impure there, comments aside.
fn impure_lines(text: &str) -> Vec<(usize, &'static str)> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.enumerate()
        .filter_map(|(index, line)| {
            let what = IMPURE_CODE.iter().find(|what| stands_in(line, what))?;
            Some((index + 1, *what))
        })
        .collect()
}

/// As a whole: `.awaited` is a field like any other.
fn stands_in(line: &str, what: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    line.match_indices(what).any(|(start, found)| line.get(start + found.len()..).is_none_or(|rest| !goes_on(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impure_code_is_found_and_comments_may_speak_of_it() {
        let text = "// SystemTime panics in wasm\nlet now = SystemTime::now();\n";
        assert_eq!(impure_lines(text), [(2, "SystemTime")]);
        assert_eq!(impure_lines("call.awaited;\ncall().await;\ncall.await_until;"), [(2, ".await")]);
    }
}
