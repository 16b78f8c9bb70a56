//! What the code of a widget must not do (Kommo widget guide: marketplace rules that shape code). Every `.js` file of
//! the archive is held to it, the generated ones too.

use std::ops::Range;

use super::javascript::Source;
use super::rules::{Broken, Checked, broken};
use crate::build_widget::Purpose;

/// Names of the page's global object.
pub(super) const GLOBAL: &[&str] = &["window", "globalThis", "self", "top", "parent"];

pub(super) fn check(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    for (name, source) in &checked.code {
        let mut file = File { name, source, found };
        file.evaluation();
        file.script_elements();
        file.dialogs();
        file.debug_code(checked.purpose);
        file.synchronous_requests();
    }
}

/// One script, and what is found in it.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) source: &'a Source<'a>,
    pub(super) found: &'a mut Vec<Broken>,
}

impl File<'_> {
    pub(super) fn broken(&mut self, rule: &'static str, at: usize, why: &str) {
        let line = self.source.get(at).map_or(0, |token| token.line);
        self.found.push(broken(rule, format!("{}, line {line}: {why}", self.name)));
    }

    /// Where one of these is called: by itself or as a member of the page's global object.
    fn calls(&self, names: &[&str]) -> Vec<usize> {
        let source = self.source;
        let is_global = |at: usize| {
            !source.is_member(at) || source.word(at.wrapping_sub(2)).is_some_and(|object| GLOBAL.contains(&object))
        };
        let is_called = |at: usize| source.is(at + 1, "(") || source.is(at + 1, "?.");
        source
            .words()
            .filter(|(at, word)| names.contains(word) && is_called(*at) && is_global(*at))
            .map(|(at, _)| at)
            .collect()
    }

    /// Where a member or a function of one of these names is called, whosever it is.
    pub(super) fn any_calls(&self, names: &[&str]) -> Vec<usize> {
        let source = self.source;
        source.words().filter(|(at, word)| names.contains(word) && source.is(at + 1, "(")).map(|(at, _)| at).collect()
    }

    fn evaluation(&mut self) {
        let source = self.source;
        for (at, word) in source.words() {
            let is_computed = |text: &str| source.is(at + 1, "[") && source.text(at + 2) == Some(text);
            if word == "eval" && !source.is(at + 1, ":") || GLOBAL.contains(&word) && is_computed("eval") {
                self.broken("no-eval", at, "takes eval; write what it would evaluate as code");
            }
            let is_made = at > 0 && source.is(at - 1, "new") || source.is(at + 1, "(") && !source.is_member(at);
            if word == "Function" && is_made {
                self.broken("no-eval", at, "makes a function of text; write it as code");
            }
            let is_timer = matches!(word, "setTimeout" | "setInterval") && source.is(at + 1, "(");
            if is_timer && source.text(at + 2).is_some() {
                self.broken("no-eval", at, "gives a timer text to run; give it a function");
            }
        }
    }

    fn script_elements(&mut self) {
        let source = self.source;
        for at in self.any_calls(&["createElement", "createElementNS"]) {
            let named = source.arguments(at + 1).last().and_then(|last| source.text(last.start));
            if named.is_some_and(|tag| tag.eq_ignore_ascii_case("script")) {
                self.broken("no-script-elements", at, "makes a script element; name the file in define()");
            }
        }
        for at in self.any_calls(&["getScript", "importScripts", "import"]) {
            self.broken("no-script-elements", at, "loads code by itself; name the file in define()");
        }
        for (at, token) in source.tokens.iter().enumerate() {
            if source.text(at).is_some() && token.text.to_ascii_lowercase().contains("<script") {
                self.broken("no-script-elements", at, "writes a script element; name the file in define()");
            }
        }
    }

    fn dialogs(&mut self) {
        for at in self.calls(&["alert", "confirm", "prompt"]) {
            self.broken("no-alerts", at, "opens the browser's own dialog; show a message of the CRM instead");
        }
    }

    /// `console.trace` may stand where something went wrong; everything else is clutter. A developer's archive keeps
    /// its console, since it is never uploaded.
    fn debug_code(&mut self, purpose: Purpose) {
        let source = self.source;
        for (at, word) in source.words().filter(|(at, _)| !source.is_member(*at)) {
            if word == "debugger" {
                self.broken("no-debug-code", at, "stops in the debugger; take it out");
            }
            let is_console = word == "console" && (source.is(at + 1, ".") || source.is(at + 1, "?."));
            let traces_failure = source.is(at + 2, "trace") && rescues(source).iter().any(|range| range.contains(&at));
            if is_console && purpose == Purpose::Release && !traces_failure {
                let why = "writes to the console; take it out, or use console.trace where an error is caught";
                self.broken("no-debug-code", at, why);
            }
        }
        for (line, comment) in &source.comments {
            if ["TODO", "FIXME", "XXX"].iter().any(|mark| comment.contains(mark)) {
                let why = format!("{}, line {line}: the comment speaks of unfinished work; finish it", self.name);
                self.found.push(broken("no-debug-code", why));
            }
        }
    }

    fn synchronous_requests(&mut self) {
        let source = self.source;
        for (at, word) in source.words() {
            if word == "async" && source.are(at + 1, &[":", "false"]) {
                self.broken("no-synchronous-requests", at, "asks for a synchronous request; wait for the answer");
            }
            let arguments = if word == "open" && source.is(at + 1, "(") { source.arguments(at + 1) } else { vec![] };
            if arguments.get(2).is_some_and(|third| source.is(third.start, "false")) {
                self.broken("no-synchronous-requests", at, "opens a synchronous request; wait for the answer");
            }
        }
    }
}

/// Where code runs because something failed: `catch` blocks and what is given to `.catch()`.
fn rescues(source: &Source<'_>) -> Vec<Range<usize>> {
    let caught = source.words().filter(|(_, word)| *word == "catch");
    caught
        .map(|(at, _)| {
            if source.is_member(at) {
                return at..source.closing(at + 1);
            }
            let body = if source.is(at + 1, "(") { source.closing(at + 1) + 1 } else { at + 1 };
            body..source.closing(body)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::names_with_code;

    #[test]
    fn every_forbidden_call_is_named_in_every_file() {
        for (code, rule) in [
            ("eval('1');", "no-eval"),
            ("window\n  .eval('1');", "no-eval"),
            ("window['eval']('1');", "no-eval"),
            ("var run = eval; run('1');", "no-eval"),
            ("new Function('return 1')();", "no-eval"),
            ("setTimeout('run()', 1);", "no-eval"),
            ("document.createElement('script');", "no-script-elements"),
            ("document.createElement(\n  \"SCRIPT\"\n);", "no-script-elements"),
            ("document.createElementNS('x', 'script');", "no-script-elements"),
            ("$.getScript('x');", "no-script-elements"),
            ("import('x');", "no-script-elements"),
            ("document.body.innerHTML = '<script src=x>';", "no-script-elements"),
            ("alert('x');", "no-alerts"),
            ("window.confirm('x');", "no-alerts"),
            ("console.log('x');", "no-debug-code"),
            ("console.trace('x');", "no-debug-code"),
            ("debugger;", "no-debug-code"),
            ("// TODO: finish", "no-debug-code"),
            ("$.ajax({ url: 'x', async: false });", "no-synchronous-requests"),
            ("request.open('GET', 'x', false);", "no-synchronous-requests"),
        ] {
            for file in ["script.js", "app.js"] {
                assert_eq!(names_with_code(file, code), [rule], "{code} in {file}");
            }
        }
    }

    #[test]
    fn code_that_only_looks_alike_is_fine() {
        for code in [
            "// eval(), alert() and console.log() stand in a comment.",
            "var text = 'alert(1); console.log(2)';",
            "retrieval('x'); my.alert('x'); widget.confirm();",
            "var words = { eval: 1 };",
            "try { run(); } catch (error) { console.trace(error); }",
            "run().catch(function (error) { console.trace(error); });",
            "window.open('https://example.com', '_blank', 'popup');",
            "document.createElement('div');",
        ] {
            assert_eq!(names_with_code("script.js", code), [""; 0], "{code}");
        }
    }
}
