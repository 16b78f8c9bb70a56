//! Kommo's published rules for an archive, each with a name, all checked before anything is written. What
//! Kommo's upload or moderation would refuse days later is refused here within a second.

use anyhow::{Result, bail};

use super::{Files, code_rules, image_rules, manifest_rules, text_rules};

/// A rule that the archive breaks.
#[derive(Debug, PartialEq)]
pub(super) struct Broken {
    /// The rule's short name, to search for.
    pub(super) rule: &'static str,
    /// Where, and what to do.
    pub(super) why: String,
}

pub(super) fn broken(rule: &'static str, why: impl Into<String>) -> Broken {
    let why = why.into();
    Broken { rule, why }
}

pub(super) fn check(files: &Files) -> Result<()> {
    let found = all(files);
    if found.is_empty() {
        return Ok(());
    }
    for Broken { rule, why } in &found {
        eprintln!("  {rule}: {why}");
    }
    bail!("the widget breaks {} of Kommo's rules for archives", found.len());
}

fn all(files: &Files) -> Vec<Broken> {
    let mut found = Vec::new();
    layout(files, &mut found);
    encoding(files, &mut found);
    manifest_rules::check(files, &mut found);
    text_rules::check(files, &mut found);
    image_rules::check(files, &mut found);
    code_rules::check(files, &mut found);
    found
}

/// Everything lies at the root, and nothing lies there that nobody loads.
fn layout(files: &Files, found: &mut Vec<Broken>) {
    for name in ["manifest.json", "script.js", "app.js", "office.js"] {
        if !files.contains_key(name) {
            found.push(broken("root-layout", format!("{name} is missing at the root of the archive")));
        }
    }
    for name in files.keys() {
        let is_known = matches!(name.as_str(), "manifest.json" | "script.js" | "app.js" | "office.js")
            || (name.starts_with("i18n/") && name.ends_with(".json"))
            || name.starts_with("images/");
        if !is_known {
            found.push(broken("no-unused-files", format!("{name} is loaded by nothing")));
        }
    }
}

/// Text is UTF-8 without a byte order mark, with Unix line ends.
fn encoding(files: &Files, found: &mut Vec<Broken>) {
    for (name, bytes) in files {
        if name.starts_with("images/") && !name.ends_with(".svg") {
            continue;
        }
        match std::str::from_utf8(bytes) {
            Err(_) => found.push(broken("utf-8", format!("{name} is not UTF-8"))),
            Ok(text) => {
                if text.starts_with('\u{feff}') {
                    found.push(broken("no-byte-order-mark", format!("{name} starts with one")));
                }
                if text.contains('\r') {
                    found.push(broken("unix-line-ends", format!("{name} has carriage returns")));
                }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The smallest archive that breaks no rule.
    pub(in crate::package) fn sound() -> Files {
        let mut files = Files::new();
        let mut add = |name: &str, text: &str| files.insert(name.into(), text.into());
        add(
            "manifest.json",
            r#"{"widget": {"name": "widget.name", "description": "widget.description",
                "short_description": "widget.short_description", "version": "1.0.0",
                "interface_version": 2, "init_once": true, "locale": ["en", "es"],
                "installation": true, "support": {"link": "https://example.com", "email": "a@example.com"}},
              "locations": ["everywhere", "settings", "lcard-0"],
              "settings": {"config": {"name": "settings.config", "type": "custom", "required": false}}}"#,
        );
        let texts = r#"{"widget": {"name": "Kommo VoIP", "short_description": "Calls", "description": "Calls"},
            "settings": {"config": "Settings"}}"#;
        add("i18n/en.json", texts);
        add("i18n/es.json", texts);
        add("script.js", "define(['./app.js?v=1'], function (app) { return app.boot; });\n");
        for name in ["app.js", "office.js"] {
            add(name, "define(function () { return {}; });\n");
        }
        for (name, width, height) in image_rules::LOGOS {
            files.insert((*name).into(), image_rules::tests::png(*width, *height));
        }
        files
    }

    /// The names of the rules that a changed archive breaks.
    pub(in crate::package) fn names(files: &Files) -> Vec<&'static str> {
        let mut names: Vec<_> = all(files).into_iter().map(|broken| broken.rule).collect();
        names.dedup();
        names
    }

    #[test]
    fn a_sound_archive_breaks_nothing() {
        assert_eq!(all(&sound()), []);
    }

    #[test]
    fn a_missing_script_and_a_stray_file_are_named() {
        let mut files = sound();
        files.remove("script.js");
        files.insert("notes.txt".into(), b"x".to_vec());
        assert_eq!(names(&files), ["root-layout", "no-unused-files"]);
    }

    #[test]
    fn byte_order_marks_and_carriage_returns_are_named() {
        let mut files = sound();
        files.insert("script.js".into(), "\u{feff}define(1);\r\n".into());
        assert_eq!(names(&files), ["no-byte-order-mark", "unix-line-ends"]);
    }
}
