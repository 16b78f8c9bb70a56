//! Links between our documents lead somewhere.

use std::fs;
use std::path::Path;

use crate::project::Project;

/// Every relative link of a Markdown file whose file or heading does not exist.
pub(super) fn check(project: &Project, name: &str, text: &str) -> Vec<String> {
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    let mut wrong = Vec::new();
    for target in targets(text) {
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let file = project.path(folder).join(path);
        let leads = if path.is_empty() {
            has_heading(text, heading)
        } else if heading.is_empty() {
            file.exists()
        } else {
            fs::read_to_string(&file).is_ok_and(|text| has_heading(&text, heading))
        };
        if !leads {
            wrong.push(format!("{name}: the link to {target} leads nowhere"));
        }
    }
    wrong
}

/// What stands in `](…)` and is not an address on the network; code blocks are not links.
fn targets(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            let Some(end) = rest.find([')', ' ']) else {
                continue;
            };
            let target = &rest[..end];
            if !target.contains("://") && !target.starts_with("mailto:") {
                targets.push(target);
            }
        }
    }
    targets
}

fn has_heading(text: &str, anchor: &str) -> bool {
    text.lines().filter_map(|line| line.strip_prefix('#')).any(|line| slug(line.trim_start_matches('#')) == anchor)
}

/// The anchor that code hosts give a heading.
fn slug(heading: &str) -> String {
    heading
        .trim()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c if c.is_alphanumeric() => Some(c),
            _ => None,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_between_documents_are_followed() {
        let text = "[a](b.md) ![c](d.png \"t\") [e](https://example.com) [f](#g)\n```\n[x](y)\n```";
        assert_eq!(targets(text), ["b.md", "d.png", "#g"]);
    }

    #[test]
    fn a_heading_is_found_by_its_anchor() {
        assert!(has_heading("# One\n## Who calls, and why?\n", "who-calls-and-why"));
        assert!(!has_heading("# One\n", "two"));
    }

    #[test]
    fn a_link_to_nothing_is_named() {
        let project = Project::find().unwrap();
        assert_eq!(check(&project, "docs/y.md", "[a](../Cargo.toml)"), Vec::<String>::new());
        assert_eq!(check(&project, "y.md", "[a](nowhere.md)").len(), 1);
    }
}
