//! What code of a widget must leave alone in Kommo's page: its objects, its controls, its limits (Kommo widget guide:
//! marketplace rules that shape code, globals).

use std::ops::Range;

use super::code_rules::{File, GLOBAL};
use super::javascript::{ASSIGNMENTS, Source};
use super::rules::{Broken, Checked, broken};

/// Objects of the page that a widget only reads.
const PAGE_OBJECTS: &[&str] = &["APP", "AMOCRM"];
/// Members of `APP` that Kommo's documents and its own widget name; each new one needs a place in the facts.
const DOCUMENTED: &[&str] = &[
    "addNotificationCallback",
    "cf_types",
    "constant",
    "data",
    "element_types",
    "getBaseEntity",
    "getWidgetsArea",
    "isCard",
    "lang_id",
    "notifications",
    "sdk",
    "system",
    "widgets",
];
/// The CRM's own controls that no code may press.
const INSTALL_CONTROLS: &[&str] = &["js-widget-install", "js-widget-uninstall", "widget_active__sw"];
/// Ways to Kommo that must not be taken in a loop.
const KOMMO_CALLS: &[&str] = &["crm_post", "$authorizedAjax"];

pub(super) fn check(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    for (name, source) in &checked.code {
        let mut file = File { name, source, found };
        file.loops_over_kommo();
        file.page_objects();
        file.globals();
        file.foreign_controls();
    }
    for (name, packed) in &checked.packed {
        for control in INSTALL_CONTROLS.iter().filter(|control| packed.holds(control)) {
            let why = format!("the module inside {name} names {control}; leave it to the person");
            found.push(broken("no-virtual-clicks", why));
        }
    }
}

impl File<'_> {
    fn loops_over_kommo(&mut self) {
        let loops = repeated(self.source);
        for at in self.any_calls(KOMMO_CALLS) {
            if loops.iter().any(|range| range.contains(&at)) {
                self.broken(
                    "no-loops-over-kommo",
                    at,
                    "asks Kommo once for each item; ask once for all, or let the Worker ask",
                );
            }
        }
    }

    fn page_objects(&mut self) {
        let source = self.source;
        for (at, word) in source.words() {
            let is_page = PAGE_OBJECTS.contains(&word)
                && (!source.is_member(at) || source.word(at.wrapping_sub(2)).is_some_and(|o| GLOBAL.contains(&o)));
            if !is_page {
                continue;
            }
            let end = chain(source, at);
            let is_set =
                source.get(end).is_some_and(|next| ASSIGNMENTS.contains(&next.text) && source.text(end).is_none());
            let is_changed = is_set || source.is(end, "++") || source.is(end, "--");
            let is_deleted = at > 0 && source.is(at - 1, "delete");
            let is_merged = at > 1
                && source.is(at - 1, "(")
                && source
                    .word(at.wrapping_sub(2))
                    .is_some_and(|name| matches!(name, "assign" | "defineProperty" | "extend"));
            let sets_constant =
                source.is(end, "(") && source.is(end - 1, "constant") && source.arguments(end).len() > 1;
            if is_changed || is_deleted || is_merged || sets_constant {
                self.broken("app-is-read-only", at, "changes the page's own object; only read it");
            }
            let member = source.is(at + 1, ".").then(|| source.word(at + 2)).flatten();
            if member.is_some_and(|member| !DOCUMENTED.contains(&member)) {
                self.broken(
                    "documented-app",
                    at,
                    "reads a member of APP that Kommo does not document; use one that it does",
                );
            }
        }
    }

    /// Everything is declared and nothing is left in the page's global object.
    fn globals(&mut self) {
        let source = self.source;
        for (at, word) in source.words().filter(|(_, word)| GLOBAL.contains(word)) {
            let is_object = word != "self" && !source.is_member(at) && source.is(at + 1, ".");
            if is_object
                && source
                    .get(at + 3)
                    .is_some_and(|next| ASSIGNMENTS.contains(&next.text) && source.text(at + 3).is_none())
            {
                self.broken("no-globals", at, "sets a global variable; keep it inside define()");
            }
        }
        if !source.tokens.is_empty()
            && !source.tokens.iter().enumerate().any(|(at, _)| source.text(at) == Some("use strict"))
        {
            self.broken(
                "no-globals",
                0,
                "is not strict, so a forgotten declaration makes a global variable; say 'use strict'",
            );
        }
    }

    fn foreign_controls(&mut self) {
        let source = self.source;
        for at in 0..source.tokens.len() {
            let Some(text) = source.text(at) else { continue };
            if text.contains("switcher_on") || text.contains("switcher_off") {
                self.broken("no-system-classes", at, "uses Kommo's switch; draw an own one");
            }
            if INSTALL_CONTROLS.iter().any(|control| text.contains(control)) {
                self.broken("no-virtual-clicks", at, "names a control of the installation; leave it to the person");
            }
        }
    }
}

/// The end of `APP.a.b[c]`.
fn chain(source: &Source<'_>, at: usize) -> usize {
    let mut end = at + 1;
    loop {
        if source.is(end, ".") || source.is(end, "?.") && source.word(end + 1).is_some() {
            end += 2;
        } else if source.is(end, "[") {
            end = source.closing(end) + 1;
        } else {
            return end;
        }
    }
}

/// Where code runs again and again: bodies of loops, and what is given to a function that repeats it.
fn repeated(source: &Source<'_>) -> Vec<Range<usize>> {
    const REPEATING: &[&str] = &["forEach", "map", "each", "filter", "reduce", "setInterval"];
    let range = |(at, word): (usize, &str)| match word {
        "for" | "while" => {
            let head = if source.is(at + 1, "await") { at + 2 } else { at + 1 };
            let body = source.closing(head) + 1;
            Some(body..if source.is(body, "{") { source.closing(body) } else { statement(source, body) })
        }
        "do" => Some(at..source.closing(at + 1)),
        _ if REPEATING.contains(&word) && source.is(at + 1, "(") => Some(at..source.closing(at + 1)),
        _ => None,
    };
    source.words().filter_map(range).collect()
}

fn statement(source: &Source<'_>, from: usize) -> usize {
    (from..source.tokens.len()).find(|at| source.is(*at, ";")).unwrap_or(source.tokens.len())
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::names_with_code;

    #[test]
    fn what_is_the_pages_is_left_to_it() {
        for (code, rule) in [
            ("ids.forEach(function (id) { self.crm_post('x', id); });", "no-loops-over-kommo"),
            ("while (more) { self.$authorizedAjax({ url: 'x' }); }", "no-loops-over-kommo"),
            ("for (var id of ids) self.$authorizedAjax(id);", "no-loops-over-kommo"),
            ("setInterval(function () { self.crm_post('x'); }, 9);", "no-loops-over-kommo"),
            ("APP.widgets.mine = 1;", "app-is-read-only"),
            ("window.APP.data['x'] += 1;", "app-is-read-only"),
            ("delete APP.data.x;", "app-is-read-only"),
            ("Object.assign(APP.data, { x: 1 });", "app-is-read-only"),
            ("APP.constant('user', {});", "app-is-read-only"),
            ("APP.router.navigate('x');", "documented-app"),
            ("window.mine = 1;", "no-globals"),
            ("document.querySelector('.js-widget-install').click();", "no-virtual-clicks"),
            ("element.className = 'switcher_on';", "no-system-classes"),
        ] {
            for file in ["script.js", "app.js"] {
                assert_eq!(names_with_code(file, code), [rule], "{code} in {file}");
            }
        }
    }

    #[test]
    fn reading_the_page_is_fine() {
        for code in [
            "self.$authorizedAjax({ url: 'x' });",
            "if (APP.data.current_card === false) { run(APP.constant('user')); }",
            "APP.notifications.show_message_error({ header: 'x', text: 'y' });",
        ] {
            assert_eq!(names_with_code("script.js", code), [""; 0], "{code}");
        }
    }
}
