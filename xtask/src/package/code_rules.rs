//! What the code of a widget must not do (Kommo widget guide: requirements for publication).

use super::Files;
use super::rules::{Broken, broken};

/// Rule, what is looked for (a word boundary goes before it), and the files it holds in.
const FORBIDDEN: &[(&str, &str, &[&str])] = &[
    ("no-eval", "eval(", &["script.js", "app.js", "office.js"]),
    ("no-eval", "new Function(", &["script.js", "app.js", "office.js"]),
    ("no-script-elements", "createElement('script'", &["script.js", "app.js", "office.js"]),
    ("no-script-elements", "createElement(\"script\"", &["script.js", "app.js", "office.js"]),
    ("no-script-elements", "getScript(", &["script.js", "app.js", "office.js"]),
    ("no-script-elements", "<script", &["script.js"]),
    ("no-alerts", "alert(", &["script.js", "app.js", "office.js"]),
    ("no-alerts", "confirm(", &["script.js"]),
    ("no-debug-code", "console.", &["script.js"]),
    ("no-debug-code", "debugger", &["script.js"]),
    ("no-synchronous-requests", "async: false", &["script.js"]),
    ("no-global-css", "switcher_on", &["script.js"]),
];
const PLACEHOLDERS: &[&str] = &["__WORKER_URL__", "__VERSION__", "__WHAT__", "__FEATURE__", "__GLUE__", "__WASM__"];

pub(super) fn check(files: &Files, found: &mut Vec<Broken>) {
    let text = |name: &str| files.get(name).map(|bytes| String::from_utf8_lossy(bytes));
    for (rule, what, names) in FORBIDDEN {
        for name in *names {
            if text(name).is_some_and(|text| has_word(&text, what)) {
                found.push(broken(rule, format!("{name} contains {what:?}")));
            }
        }
    }
    for name in ["script.js", "app.js", "office.js"] {
        let Some(text) = text(name) else { continue };
        if !has_word(&text, "define(") {
            found.push(broken("amd-module", format!("{name} does not call define()")));
        }
        for placeholder in PLACEHOLDERS {
            if text.contains(placeholder) {
                found.push(broken("placeholders", format!("{name} still contains {placeholder}")));
            }
        }
    }
}

/// Whether the text has this at the start of a word: `retrieval(` is not `eval(`.
fn has_word(text: &str, what: &str) -> bool {
    text.match_indices(what)
        .any(|(at, _)| !text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$'))
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::{names, sound};
    use super::*;

    #[test]
    fn every_forbidden_call_is_named() {
        for (rule, what, files_it_holds_in) in FORBIDDEN {
            for name in *files_it_holds_in {
                let mut files = sound();
                files.insert((*name).into(), format!("define(function () {{ {what}'x') }});").into());
                assert_eq!(names(&files), [*rule], "{what} in {name}");
            }
        }
    }

    #[test]
    fn words_that_only_end_alike_are_fine() {
        assert!(!has_word("retrieval(x); my_alert(y)", "eval("));
        assert!(!has_word("my_alert(y)", "alert("));
        assert!(has_word("window.eval(x)", "eval("));
    }

    #[test]
    fn a_forgotten_placeholder_is_named() {
        let mut files = sound();
        files.insert("script.js".into(), b"define(['./app.js?v=__VERSION__']);".to_vec());
        assert_eq!(names(&files), ["placeholders"]);
    }
}
