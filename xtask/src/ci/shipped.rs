//! Nothing from npm is shipped: its packages build and test, and what the Worker and the widget are made of comes from
//! this repository and from the crates in Cargo.lock.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::project::Project;

/// The JavaScript written by hand that is shipped, and what it may take in from other files.
const SHIPPED: &[(&str, &[&str])] = &[("worker/entry.mjs", &["./build/index.js"]), ("script.js", &[])];

/// Every way in for an npm package.
pub(super) fn check(project: &Project) -> Result<Vec<String>> {
    let package = fs::read_to_string(project.path("package.json")).context("package.json is missing")?;
    let package: Value = serde_json::from_str(&package).context("package.json")?;
    let mut wrong = Vec::new();
    for kind in ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"] {
        if package.get(kind).is_some() {
            wrong.push(format!("package.json: {kind} would be shipped; tools are devDependencies"));
        }
    }
    for (name, allowed) in SHIPPED {
        let text = fs::read_to_string(project.path(name)).with_context(|| format!("{name} is missing"))?;
        let foreign = imports(&text).into_iter().filter(|from| !allowed.contains(from));
        wrong.extend(foreign.map(|from| format!("{name}: takes in {from}, which would be shipped")));
    }
    Ok(wrong)
}

/// What stands between quotes behind `from`, `import` or `require(`.
fn imports(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for word in ["from", "import", "import(", "require("] {
        for (at, _) in text.match_indices(word) {
            let rest = text[at + word.len()..].trim_start();
            let quoted = rest.strip_prefix(['"', '\'']).and_then(|rest| rest.split(['"', '\'']).next());
            found.extend(quoted);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_take_something_in_is_seen() {
        let text = "import a from \"./a.js\";\nimport 'b';\nconst c = await import(\"c\");\nvar d = require('d');\n";
        let mut found = imports(text);
        found.sort_unstable();
        assert_eq!(found, ["./a.js", "b", "c", "d"]);
    }

    #[test]
    fn this_project_ships_nothing_from_npm() {
        let wrong = check(&Project::find().unwrap()).unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
