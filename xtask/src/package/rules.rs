//! Kommo's published rules for an archive, each with a name, all checked before anything is written. What
//! Kommo's upload or moderation would refuse days later is refused here within a second.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

use super::javascript::Source;
use super::packed::{self, Packed};
use super::{
    Files, callback_rules, code_rules, css_rules, image_rules, manifest_rules, module_rules, page_rules,
    readable_rules, secret_rules, text_rules,
};
use crate::build_widget::Purpose;

/// The rules by name, and what each demands. Whatever is found names one of them.
pub(super) const RULES: &[(&str, &str)] = &[
    ("root-layout", "manifest, script and what it loads lie at the root of the archive"),
    ("no-unused-files", "every file is loaded by something"),
    ("utf-8", "texts are UTF-8"),
    ("no-byte-order-mark", "and begin with their first letter"),
    ("unix-line-ends", "lines end with a line feed alone"),
    ("manifest", "the manifest has what Kommo reads first, in the right form"),
    ("support", "people find help: a page and an address"),
    ("no-legacy-keys", "code and key are Kommo's to give"),
    ("locations", "only places that Kommo has, with what they need"),
    ("undeclared-locations", "no callback or block for a place that is not listed"),
    ("no-unused-locations", "no place listed that nothing is done with"),
    ("mandatory-callbacks", "the loader's callbacks are there, and the one that ends the widget"),
    ("settings", "fields have a name and a known type"),
    ("no-secrets-in-fields", "no field whose secret every user's browser could read"),
    ("locales", "one file for each language of the manifest, none besides"),
    ("manifest-texts", "every text the manifest names exists in every language"),
    ("manifest-paths", "every picture the manifest names is there"),
    ("tour", "one to five pictures a language, in Kommo's size"),
    ("texts", "texts can be read and none is empty"),
    ("equal-keys", "all languages have the same texts"),
    ("equal-places", "with the same places to fill in"),
    ("translated", "and in their own words"),
    ("text-length", "names and descriptions fit where Kommo shows them"),
    ("name-by-author", "the name ends with its author"),
    ("no-kommo-in-name", "and does not pretend to be Kommo"),
    ("only-links", "texts hold no markup but links"),
    ("logos", "every logo is there as PNG"),
    ("logo-size", "in exactly Kommo's size"),
    ("logo-weight", "and not too heavy"),
    ("icon-contrast", "the icon is seen on light and on dark"),
    ("javascript", "scripts can be read"),
    ("amd-module", "and are modules of the page's loader"),
    ("placeholders", "nothing is left to be filled in"),
    ("no-foreign-code", "code comes from the archive or the page"),
    ("no-eval", "no text is run as code"),
    ("no-script-elements", "no script is loaded past the loader"),
    ("no-alerts", "no dialogs of the browser"),
    ("no-debug-code", "no console, debugger or unfinished work"),
    ("no-synchronous-requests", "no request that stops the page"),
    ("no-loops-over-kommo", "no requests to Kommo in loops"),
    ("app-is-read-only", "the page's own object is only read"),
    ("documented-app", "and only what is documented of it"),
    ("no-globals", "everything is declared, nothing global is left behind"),
    ("no-virtual-clicks", "installing and removing is the person's to do"),
    ("readable-code", "code is as it was written"),
    ("no-hidden-code", "nothing unreadable but WebAssembly"),
    ("compiled-code-named", "which says what it is and where its source is"),
    ("no-source-maps", "and no map that leads back to it"),
    ("no-secrets", "nothing in it opens anything"),
    ("css", "style sheets can be read"),
    ("no-global-css", "every rule stands under a root of the widget"),
    ("no-system-classes", "no class of Kommo is restyled or used"),
    ("css-prefix", "variables and animations carry the widget's prefix"),
    ("dark-theme", "there are colours for the dark theme"),
];

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

/// The archive as the rules look at it: read once.
pub(super) struct Checked<'a> {
    pub(super) files: &'a Files,
    /// Style sheets by their place in the checkout or the archive.
    pub(super) styles: BTreeMap<&'a str, &'a str>,
    /// Every script that can be read.
    pub(super) code: BTreeMap<&'a str, Source<'a>>,
    /// What lies inside a script as text, and whose.
    pub(super) packed: Vec<(&'a str, Packed)>,
    /// Null if it cannot be read.
    pub(super) manifest: Value,
    pub(super) purpose: Purpose,
}

impl<'a> Checked<'a> {
    /// `styles` are the sheets that lie inside the compiled modules, as they stand in the checkout.
    pub(super) fn new(files: &'a Files, styles: &'a Files, purpose: Purpose, found: &mut Vec<Broken>) -> Self {
        let mut code = BTreeMap::new();
        for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".js")) {
            match Source::read(std::str::from_utf8(bytes).unwrap_or_default()) {
                Ok(source) => drop(code.insert(name.as_str(), source)),
                Err(error) => found.push(broken("javascript", format!("{name}: {error}"))),
            }
        }
        let packed = code
            .iter()
            .flat_map(|(name, source)| packed::inside(source).into_iter().map(|packed| (*name, packed)))
            .collect();
        let sheets = files.iter().chain(styles).filter(|(name, _)| name.ends_with(".css"));
        let styles = sheets.filter_map(|(name, bytes)| Some((name.as_str(), std::str::from_utf8(bytes).ok()?)));
        let manifest = files.get("manifest.json").and_then(|bytes| serde_json::from_slice(bytes).ok());
        Self { files, styles: styles.collect(), code, packed, manifest: manifest.unwrap_or_default(), purpose }
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.files.get(name)?).ok()
    }
}

pub(super) fn check(files: &Files, styles: &Files, purpose: Purpose) -> Result<()> {
    let found = all(files, styles, purpose);
    if found.is_empty() {
        return Ok(());
    }
    for Broken { rule, why } in &found {
        let demand = RULES.iter().find(|(name, _)| name == rule).map_or("", |(_, demand)| demand);
        eprintln!("  {rule} ({demand}): {why}");
    }
    bail!("the widget breaks {} of Kommo's rules for archives", found.len());
}

fn all(files: &Files, styles: &Files, purpose: Purpose) -> Vec<Broken> {
    let mut found = Vec::new();
    let checked = Checked::new(files, styles, purpose, &mut found);
    module_rules::check(&checked, &mut found);
    encoding(files, &mut found);
    sources(&checked, &mut found);
    readable_rules::check(&checked, &mut found);
    secret_rules::check(&checked, &mut found);
    found
}

/// What can be judged without anything built: for tidy, and first of all here.
pub(super) fn sources(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    manifest_rules::check(checked, found);
    text_rules::check(checked.files, found);
    image_rules::check(checked.files, found);
    callback_rules::check(checked, found);
    code_rules::check(checked, found);
    page_rules::check(checked, found);
    css_rules::check(checked, found);
}

/// Text is UTF-8 without a byte order mark, with Unix line ends.
fn encoding(files: &Files, found: &mut Vec<Broken>) {
    for (name, bytes) in files {
        if name.starts_with("images/") && !name.ends_with(".svg") {
            continue;
        }
        match std::str::from_utf8(bytes) {
            Err(_) => found.push(broken("utf-8", format!("{name} is not UTF-8; save it as such"))),
            Ok(text) => {
                if text.starts_with('\u{feff}') {
                    found.push(broken("no-byte-order-mark", format!("{name} starts with one; save it without")));
                }
                if text.contains('\r') {
                    let why = format!("{name} has carriage returns; save it with line feeds alone");
                    found.push(broken("unix-line-ends", why));
                }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SCRIPT: &str = "\
// What the CRM loads: it passes every callback on to the application.
define(['./app.js?v=1'], function (app) {
  'use strict';
  return function () {
    var self = this;
    this.callbacks = {
      /* more */
      render: function () { return true; },
      init: function () {
        self.add_action('phone', app.dial);
        return true;
      },
      bind_actions: function () { return true; },
      settings: function () { return true; },
      onSave: function () { return true; },
      destroy: function () { return true; }
    };
    return this;
  };
});
";
    const APP: &str = "\
// The application, so small here that nothing has to be compiled.
define(function () {
  'use strict';
  return { dial: function () { return true; } };
});
";

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
        let texts = |calls: &str| {
            format!(
                r#"{{"widget": {{"name": "VoIP by Example", "short_description": "{calls}", "description": "{calls} {{n}}",
                "call_action": "{calls}"}}, "settings": {{"config": "{calls}"}}}}"#
            )
        };
        add("i18n/en.json", &texts("Calls"));
        add("i18n/es.json", &texts("Llamadas"));
        add("script.js", SCRIPT);
        add("app.js", APP);
        for (name, width, height) in image_rules::LOGOS {
            files.insert((*name).into(), image_rules::tests::png(*width, *height));
        }
        files
    }

    pub(in crate::package) fn sound_style() -> &'static str {
        ":root[data-color-scheme=\"dark\"] [data-kv=\"root\"] { color: #fff; } "
    }

    fn found(files: &Files, style: &str, purpose: Purpose) -> Vec<&'static str> {
        let styles = Files::from([("widget/src/style.css".to_owned(), style.as_bytes().to_vec())]);
        let mut names: Vec<_> = all(files, &styles, purpose).into_iter().map(|broken| broken.rule).collect();
        names.dedup();
        assert!(names.iter().all(|name| RULES.iter().any(|(known, _)| known == name)), "{names:?} are all in the list");
        names
    }

    /// The names of the rules that a changed archive breaks.
    pub(in crate::package) fn names(files: &Files) -> Vec<&'static str> {
        found(files, sound_style(), Purpose::Release)
    }

    pub(in crate::package) fn names_with_style(style: &str) -> Vec<&'static str> {
        found(&sound(), style, Purpose::Release)
    }

    /// The sound archive with its manifest changed.
    pub(in crate::package) fn changed(change: impl FnOnce(&mut Value)) -> Vec<&'static str> {
        let mut files = sound();
        let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        change(&mut manifest);
        files.insert("manifest.json".into(), manifest.to_string().into());
        names(&files)
    }

    fn with(file: &str, old: &str, new: &str) -> Files {
        let mut files = sound();
        let text = String::from_utf8(files[file].clone()).unwrap();
        assert!(text.contains(old));
        files.insert(file.into(), text.replacen(old, new, 1).into());
        files
    }

    /// The sound archive with a further callback.
    pub(in crate::package) fn with_callback(code: &str) -> Files {
        with("script.js", "/* more */", code)
    }

    /// The sound archive with further code in its script.
    pub(in crate::package) fn with_script(code: &str) -> Files {
        with("script.js", "'use strict';", &format!("'use strict';\n{code}\n"))
    }

    pub(in crate::package) fn names_with_code(file: &str, code: &str) -> Vec<&'static str> {
        names(&with(file, "'use strict';", &format!("'use strict';\n{code}\n")))
    }

    #[test]
    fn a_sound_archive_breaks_nothing() {
        assert_eq!(all(&sound(), &Files::new(), Purpose::Release), []);
    }

    #[test]
    fn a_developers_archive_may_speak_in_the_console() {
        let files = with_script("console.log(1);");
        assert_eq!(found(&files, sound_style(), Purpose::Development), [""; 0]);
        assert_eq!(found(&files, sound_style(), Purpose::Release), ["no-debug-code"]);
    }

    #[test]
    fn byte_order_marks_carriage_returns_and_other_encodings_are_named() {
        let mut files = sound();
        files.insert("app.js".into(), ["\u{feff}", APP].concat().replace('\n', "\r\n").into());
        assert_eq!(names(&files), ["no-byte-order-mark", "unix-line-ends"]);
        files.insert("i18n/es.json".into(), b"{\"a\": \"\xff\"}".to_vec());
        assert!(names(&files).contains(&"utf-8"));
    }

    #[test]
    fn a_script_that_cannot_be_read_is_named() {
        assert!(names(&with_script("'")).contains(&"javascript"));
    }

    #[test]
    fn every_rule_has_one_name_and_says_what_it_demands() {
        let once: BTreeSet<_> = RULES.iter().map(|(name, _)| name).collect();
        assert_eq!(once.len(), RULES.len());
        // A rule that is no longer asked for would be a promise nobody keeps.
        let code = [
            include_str!("rules.rs"),
            include_str!("callback_rules.rs"),
            include_str!("code_rules.rs"),
            include_str!("css_rules.rs"),
            include_str!("image_rules.rs"),
            include_str!("manifest_rules.rs"),
            include_str!("module_rules.rs"),
            include_str!("page_rules.rs"),
            include_str!("readable_rules.rs"),
            include_str!("secret_rules.rs"),
            include_str!("text_rules.rs"),
        ];
        for (name, demand) in RULES {
            let asked = code.iter().flat_map(|text| text.split("#[cfg(test)]").next());
            let tested = code.iter().filter_map(|text| text.split_once("#[cfg(test)]"));
            let quoted = format!("\"{name}\"");
            let times: usize = asked.map(|text| text.matches(&quoted).count()).sum();
            assert!(times > 1, "{name} is in the list and asked for");
            assert!(tested.map(|(_, tests)| tests).any(|tests| tests.contains(&quoted)), "a test breaks {name}");
            assert!(!demand.is_empty());
        }
    }
}
