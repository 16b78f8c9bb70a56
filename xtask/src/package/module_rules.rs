//! Which file loads which (Kommo widget guide: script.js, loading further files): everything comes by `define`, from
//! the archive or from the page itself, and nothing lies in the archive that nobody loads.

use std::collections::BTreeSet;

use super::image_rules;
use super::javascript::{Kind, Source, Token};
use super::rules::{Broken, Checked, broken};

/// What the page offers besides its libraries.
const PAGE_MODULES: &[&str] = &["lib/components/base/modal", "lib/common/router", "lib/common/cookie", "lib/common/fn"];
/// Libraries of the page (Kommo widget guide: vendor modules).
const PAGE_LIBRARIES: &[&str] = &[
    "accounting",
    "backbone",
    "chartjs",
    "clipboard",
    "google-libphonenumber",
    "intl_tel_input",
    "jplayer",
    "jquery",
    "js-uuid",
    "moment",
    "pubsub",
    "quill",
    "store",
    "twigjs",
    "underscore",
];
/// Pictures that Kommo or a reviewer takes by their name.
const KNOWN_IMAGES: &[&str] = &["images/logo_dp.png", "images/logo.svg"];
const PLACEHOLDERS: &[&str] = &["__WORKER_URL__", "__VERSION__", "__GLUE__", "__WASM__"];

pub(super) fn check(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    if !checked.files.contains_key("manifest.json") {
        found.push(broken("root-layout", "manifest.json is missing at the root of the archive"));
    }
    let mut used: BTreeSet<String> = ["manifest.json", "script.js"].map(str::to_owned).into();
    used.extend(image_rules::LOGOS.iter().map(|(name, ..)| (*name).to_owned()));
    used.extend(KNOWN_IMAGES.iter().map(|name| (*name).to_owned()));
    used.extend(checked.files.keys().filter(|name| name.starts_with("i18n/") && name.ends_with(".json")).cloned());
    used.extend(super::manifest_rules::tour_images(&checked.manifest).map(str::to_owned));
    for (name, source) in &checked.code {
        module(name, source, found);
        for wanted in wanted(source) {
            match own_file(wanted) {
                Some(file) if checked.files.contains_key(&file) => drop(used.insert(file)),
                Some(file) => {
                    let why =
                        format!("{name} loads {file}, which is not in the archive; put it there or do not load it");
                    found.push(broken("root-layout", why));
                }
                None if is_of_the_page(wanted) => {}
                None => {
                    let why = format!(
                        "{name} loads {wanted:?}, which neither the archive nor Kommo's page has; put the file into the archive"
                    );
                    found.push(broken("no-foreign-code", why));
                }
            }
        }
    }
    if !checked.files.contains_key("script.js") {
        found.push(broken("root-layout", "script.js is missing at the root of the archive"));
    }
    for name in checked.files.keys().filter(|name| !used.contains(*name) && !is_named(checked, name)) {
        let is_nested = name.ends_with("/manifest.json") || name.ends_with("/script.js");
        let (rule, why) = if is_nested {
            ("root-layout", format!("{name} lies in a folder; pack the folder's content instead"))
        } else {
            ("no-unused-files", format!("{name} is loaded by nothing; leave it out"))
        };
        found.push(broken(rule, why));
    }
}

fn module(name: &str, source: &Source<'_>, found: &mut Vec<Broken>) {
    if !source.words().any(|(at, word)| word == "define" && source.is(at + 1, "(")) {
        found.push(broken("amd-module", format!("{name} does not call define(); wrap it")));
    }
    for token in source.tokens.iter().filter(|token| token.kind != Kind::Mark) {
        for placeholder in PLACEHOLDERS.iter().filter(|placeholder| token.text.contains(**placeholder)) {
            let why =
                format!("{name}, line {}, still contains {placeholder}; it should have been filled in", token.line);
            found.push(broken("placeholders", why));
        }
    }
}

/// The names in `define([...])`, `require([...])` and `require('...')`, and every name of a script of our own.
fn wanted<'a>(source: &Source<'a>) -> BTreeSet<&'a str> {
    let loads = |(at, word): (usize, &'a str)| {
        (matches!(word, "define" | "require" | "requirejs") && source.is(at + 1, "(")).then_some(at + 1)
    };
    let mut names = vec![];
    for open in source.words().filter_map(loads) {
        let Some(first) = source.arguments(open).into_iter().next() else { continue };
        if source.is(first.start, "[") {
            let items = source.arguments(first.start).into_iter();
            names.extend(items.filter(|item| item.len() == 1).filter_map(|item| source.text(item.start)));
        } else if first.len() == 1 && source.is(first.end, ")") {
            names.extend(source.text(first.start));
        }
    }
    // What is fetched later may have a name in the code first; it carries a version, since the loader gives it none.
    let is_own =
        |token: &&Token<'_>| token.kind == Kind::Text && token.text.starts_with("./") && token.text.contains(".js?");
    names.extend(source.tokens.iter().filter(is_own).map(|token| token.text));
    // A plugin of the loader stands before what it loads.
    names.into_iter().map(|name| name.rsplit_once('!').map_or(name, |(_, file)| file)).collect()
}

/// The archive's path of a relative name.
fn own_file(name: &str) -> Option<String> {
    let path = name.strip_prefix("./")?;
    Some(path.split('?').next().unwrap_or(path).to_owned())
}

fn is_of_the_page(name: &str) -> bool {
    // The loader's own three come without a file.
    PAGE_LIBRARIES.contains(&name) || PAGE_MODULES.contains(&name) || matches!(name, "require" | "exports" | "module")
}

/// Whether some code or style names a file of the archive, such as a sound or a template.
fn is_named(checked: &Checked<'_>, file: &str) -> bool {
    let is_code = file.ends_with(".js") || file.ends_with(".json");
    let by_text = checked
        .code
        .values()
        .any(|source| source.tokens.iter().any(|token| token.kind == Kind::Text && token.text.contains(file)));
    !is_code && (by_text || checked.packed.iter().any(|(_, packed)| packed.holds(file)))
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::{names, sound, with_script};
    use super::*;

    #[test]
    fn what_is_loaded_is_found_in_lists_and_alone() {
        let source = Source::read(
            "define(['./a.js?v=1', 'jquery', 'text!./b.html', one + two], function (require) {
               var LATER = './e.js?v=1'; require('./c.js'); require(['./d.js'], f); require([LATER], f); });",
        )
        .unwrap();
        let found: Vec<_> = wanted(&source).into_iter().collect();
        assert_eq!(found, ["./a.js?v=1", "./b.html", "./c.js", "./d.js", "./e.js?v=1", "jquery"]);
    }

    #[test]
    fn a_file_nobody_loads_and_one_that_is_not_there_are_named() {
        for stray in ["notes.txt", "old.js", "images/left_over.png", ".DS_Store"] {
            let mut files = sound();
            files.insert(stray.into(), if stray.ends_with(".js") { files["app.js"].clone() } else { b"x".to_vec() });
            assert_eq!(names(&files), ["no-unused-files"], "{stray}");
        }
        for gone in ["script.js", "app.js"] {
            let mut files = sound();
            files.remove(gone);
            assert!(names(&files).contains(&"root-layout"), "{gone}");
        }
        let mut files = sound();
        files.insert("widget/manifest.json".into(), files["manifest.json"].clone());
        assert_eq!(names(&files), ["root-layout"]);
    }

    #[test]
    fn code_comes_from_the_archive_or_the_page() {
        for foreign in ["https://cdn.example.com/a.js", "//cdn.example.com/a", "react"] {
            assert_eq!(
                names(&with_script(&format!("require(['{foreign}'], app.run);"))),
                ["no-foreign-code"],
                "{foreign}"
            );
        }
        assert_eq!(names(&with_script("require(['google-libphonenumber'], app.run);")), [""; 0]);
    }

    #[test]
    fn a_file_without_define_and_a_forgotten_placeholder_are_named() {
        let mut files = sound();
        let app = String::from_utf8(files["app.js"].clone()).unwrap();
        files.insert("app.js".into(), app.replace("define(", "run(").into());
        assert_eq!(names(&files), ["amd-module"]);
        for placeholder in PLACEHOLDERS {
            assert_eq!(names(&with_script(&format!("app.run('{placeholder}');"))), ["placeholders"]);
        }
    }
}
