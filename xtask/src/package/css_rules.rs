//! Style sheets: each rule stands under one of the widget's own roots (Kommo widget guide: marketplace rules, CSS).
//!
//! The widget's sheets lie inside its compiled modules, so they are read where they are written.

use super::rules::{Broken, Checked, broken};
use super::stylesheet::{Rule, Sheet, split};

/// What every root of the widget carries, with a name or whatever its name is.
const ROOTS: [&str; 2] = ["[data-kv=", "[data-kv]"];
/// Before the names of classes, variables and animations; the widget's code is given by Kommo at upload.
const PREFIX: &str = "kv-";
const DARK: &str = ":root[data-color-scheme=\"dark\"]";

pub(super) fn check(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    let mut is_dark = checked.styles.is_empty();
    for (name, text) in &checked.styles {
        match Sheet::read(text) {
            Ok(sheet) => {
                is_dark |= sheet.rules.iter().flat_map(|rule| &rule.selectors).any(|one| one.starts_with(DARK));
                one(name, &sheet, found);
            }
            Err(error) => {
                is_dark = true;
                found.push(broken("css", format!("{name}: {error}")));
            }
        }
    }
    if !is_dark {
        found.push(broken(
            "dark-theme",
            format!("no style sheet has colours for the dark theme; set them under {DARK}"),
        ));
    }
}

fn one(name: &str, sheet: &Sheet, found: &mut Vec<Broken>) {
    for rule in &sheet.page_wide {
        let why =
            format!("{name}: {rule:?} works on the whole page; put what it brings into rules under a root of ours");
        found.push(broken("no-global-css", why));
    }
    for animation in sheet.animations.iter().filter(|animation| !animation.starts_with(PREFIX)) {
        let why =
            format!("{name}: the animation {animation:?} belongs to the whole page; begin its name with {PREFIX}");
        found.push(broken("css-prefix", why));
    }
    for rule in &sheet.rules {
        rooted(name, rule, found);
        for variable in rule.sets.iter().filter_map(|set| set.strip_prefix("--")) {
            if !variable.starts_with(PREFIX) {
                let why = format!("{name}: the variable --{variable} may be another's; begin its name with --{PREFIX}");
                found.push(broken("css-prefix", why));
            }
        }
    }
}

fn rooted(name: &str, rule: &Rule, found: &mut Vec<Broken>) {
    for selector in &rule.selectors {
        if !is_rooted(selector) {
            let why = format!(
                "{name}: {selector:?} reaches outside the widget; begin it with an element of ours ({}…])",
                ROOTS[0]
            );
            found.push(broken("no-global-css", why));
        }
        for class in classes(selector).filter(|class| !class.starts_with(PREFIX)) {
            let why =
                format!("{name}: the class {class:?} may be Kommo's or another widget's; begin its name with {PREFIX}");
            found.push(broken("no-system-classes", why));
        }
    }
}

/// Whether everything the selector can match is one of our roots or stands inside one.
fn is_rooted(selector: &str) -> bool {
    let selector = selector.strip_prefix(DARK).map_or(selector, str::trim_start);
    let first = compound(selector);
    let behind = selector.get(first.len()..).unwrap_or_default().trim_start();
    // A neighbour of a root is not ours.
    is_ours(first) && !behind.starts_with(['+', '~'])
}

/// The selector up to its first combinator.
fn compound(selector: &str) -> &str {
    let cut = |mark: char| split(selector, mark).first().map_or(selector.len(), |part| part.len());
    let end = [' ', '>', '+', '~'].map(cut).into_iter().min().unwrap_or(selector.len());
    selector.get(..end).unwrap_or(selector)
}

fn is_ours(compound: &str) -> bool {
    let is_root = |one: &str| ROOTS.iter().any(|root| one.trim().starts_with(root));
    match compound.strip_prefix(":is(").map(|rest| split(rest, ')')) {
        Some(parts) => parts.first().is_some_and(|alternatives| split(alternatives, ',').into_iter().all(is_root)),
        None => is_root(compound),
    }
}

fn classes(selector: &str) -> impl Iterator<Item = &str> {
    // What stands in quotes and brackets is no class.
    let plain = selector.split(['[', ']']).step_by(2);
    plain.flat_map(|part| part.split('.').skip(1)).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::{names_with_style, sound_style};
    use super::*;

    #[test]
    fn only_what_stands_under_a_root_is_ours() {
        for good in [
            "[data-kv=\"root\"]",
            "[data-kv=\"root\"] .kv-a:hover",
            "[data-kv] > a ~ b",
            ":is([data-kv=\"a\"], [data-kv=\"b\"]) input:not([type=\"checkbox\"], [type=\"radio\"])",
            ":root[data-color-scheme=\"dark\"] [data-kv=\"root\"] p",
        ] {
            assert!(is_rooted(good), "{good}");
        }
        for bad in [
            "a",
            ".kv-card",
            "*",
            ":root",
            ":root[data-color-scheme=\"dark\"]",
            ":root[data-color-scheme=\"dark\"] p",
            "body [data-kv=\"root\"]",
            ":is([data-kv=\"a\"], p) b",
            ":is([data-kv=\"a\"]:not(.kv-b), p) b",
            "[data-kvx]",
            "[data-kv=\"root\"] ~ p",
            "[data-kv=\"root\"]+p",
            "body:has([data-kv=\"root\"])",
            ":not([data-kv=\"root\"])",
        ] {
            assert!(!is_rooted(bad), "{bad}");
        }
    }

    #[test]
    fn each_rule_about_style_is_named_when_broken() {
        for (css, rule) in [
            ("p { color: red }", "no-global-css"),
            ("@media print { p { color: red } }", "no-global-css"),
            ("@import url(a.css);", "no-global-css"),
            ("@font-face { font-family: X }", "no-global-css"),
            ("[data-kv] .button-input { color: red }", "no-system-classes"),
            ("[data-kv] .kv-a.switcher_on { color: red }", "no-system-classes"),
            ("[data-kv] { --accent: red }", "css-prefix"),
            ("@keyframes pulse { from { color: red } }", "css-prefix"),
            ("[data-kv] { color: red", "css"),
        ] {
            assert_eq!(names_with_style(&[sound_style(), css].concat()), [rule], "{css}");
        }
        assert_eq!(names_with_style("[data-kv] { color: red }"), ["dark-theme"]);
    }
}
