//! A copy of the built Worker for `--no-watch`: Wrangler follows every file it has loaded, and would restart the
//! Worker whenever another command builds it anew.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::build_worker;
use crate::project::Project;

/// Copies what is built and answers the configuration that runs the copy.
pub(super) fn worker(project: &Project, port: u16) -> Result<PathBuf> {
    let folder = project.output(format!("dev/{port}/frozen"));
    // Nothing builds while we copy, so that glue and wasm belong together.
    let _one_at_a_time = build_worker::lock(project, "build-worker")?;
    for file in build_worker::products(project) {
        let copy = folder.join(file.strip_prefix(&project.root)?);
        fs::create_dir_all(copy.parent().context("a product has no folder")?)?;
        fs::copy(&file, &copy).with_context(|| format!("{} is not built", file.display()))?;
    }
    let text = fs::read_to_string(project.path("wrangler.toml")).context("wrangler.toml is missing")?;
    let config = folder.join("wrangler.toml");
    fs::write(&config, without_build(&text))?;
    Ok(config)
}

/// The configuration without its table of what to run before and what to watch.
fn without_build(text: &str) -> String {
    let mut kept = String::new();
    let mut is_build = false;
    for line in text.lines() {
        if line.starts_with('[') {
            is_build = line.trim() == "[build]";
        }
        if !is_build {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_build_table_is_left_out() {
        let text = "main = \"a\"\n[build]\ncommand = \"b\"\n[vars]\nC = \"d\"\n";
        assert_eq!(super::without_build(text), "main = \"a\"\n[vars]\nC = \"d\"\n");
    }
}
