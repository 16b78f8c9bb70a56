//! Rules that no compiler knows.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{comparisons, links, purity, shipped};
use crate::package::check_manifest_sources;
use crate::project::Project;

/// Paths of one machine; the pieces are apart so that this file passes its own rule.
const FORBIDDEN: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/t", "mp/"),
    concat!("/wo", "rk/"),
    concat!("../sha", "red"),
];

pub(super) fn check(project: &Project) -> Result<()> {
    let mut wrong = purity::check(project)?;
    wrong.extend(shipped::check(project)?);
    wrong.extend(check_manifest_sources(project)?);
    for name in committed(project)? {
        let Ok(text) = fs::read_to_string(project.path(&name)) else {
            // An image.
            continue;
        };
        wrong.extend(words(&name, &text));
        wrong.extend(comparisons::plain(&name, &text));
        if name.ends_with(".md") {
            wrong.extend(links::check(project, &name, &text));
        }
    }
    for line in &wrong {
        eprintln!("  {line}");
    }
    if !wrong.is_empty() {
        bail!("{} things to mend", wrong.len());
    }
    Ok(())
}

/// Every file that is or would be committed. Without git, which a build machine may lack: .gitignore names whole
/// folders and files at the root, and nothing else.
fn committed(project: &Project) -> Result<Vec<String>> {
    let ignored = fs::read_to_string(project.path(".gitignore")).context(".gitignore is missing")?;
    let is_ignored = |path: &str| path == "/.git" || ignored.lines().any(|line| line.trim_end() == path);
    let mut names = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(project.path(&folder))? {
            let entry = entry?;
            let name = folder.join(entry.file_name());
            if is_ignored(&format!("/{}", name.display())) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(name);
            } else {
                names.push(name.display().to_string());
            }
        }
    }
    names.sort();
    Ok(names)
}

fn words(name: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = format!("{name}:{}", number + 1);
        if let Some(word) = FORBIDDEN.iter().find(|word| names_path(line, word)) {
            wrong.push(format!("{at}: {word} is a path of one machine"));
        }
        if name.ends_with(".rs") && line.trim_start().starts_with(concat!("#[ig", "nore")) {
            wrong.push(format!("{at}: an ignored test tests nothing"));
        }
        if name == "package-lock.json" && line.contains("\"resolved\"") {
            wrong.push(format!("{at}: names the server a package came from"));
        }
    }
    wrong
}

/// Whether the line has the path at its start, not within a longer one such as `https://example.com/home/`.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found_with_their_line() {
        let text = format!("first\nsee {}someone/notes", FORBIDDEN[0]);
        assert_eq!(words("a.md", &text).len(), 1);
        assert!(words("a.md", &text)[0].starts_with("a.md:2: "));
    }

    #[test]
    fn the_path_of_an_address_is_no_path_of_a_machine() {
        assert_eq!(words("a.md", &format!("https://example.com{}x", FORBIDDEN[0])).len(), 0);
    }

    #[test]
    fn ignored_tests_and_servers_of_packages_are_found() {
        assert_eq!(words("a.rs", &format!("    {}]", concat!("#[ig", "nore"))).len(), 1);
        assert_eq!(words("package-lock.json", "\"resolved\": \"x\"").len(), 1);
        assert_eq!(words("a.json", "\"resolved\": \"x\"").len(), 0);
    }
}
