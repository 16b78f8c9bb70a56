//! Callbacks, locations and the manifest's blocks belong together: a callback without its location is never called, a
//! location without its callback shows an empty place, and moderation refuses both (Kommo widget guide: locations,
//! callbacks, requirements for publication).

use std::collections::BTreeSet;

use super::javascript::{Kind, Source};
use super::manifest_rules::located;
use super::rules::{Broken, Checked, broken};

/// Without these the loader drops the widget; without the last one nobody could be rid of it.
const MANDATORY: &[&str] = &["render", "init", "bind_actions", "destroy"];

/// A callback and the locations of which it needs one.
const NEEDS: &[(&str, &[&str])] = &[
    ("settings", &["settings"]),
    ("advancedSettings", &["advanced_settings"]),
    ("dpSettings", &["digital_pipeline"]),
    ("contacts.selected", &["clist"]),
    ("leads.selected", &["llist"]),
    ("todo.selected", &["tlist"]),
    ("tasks.selected", &["tlist"]),
    ("onSource", &["sms", "lead_sources"]),
    ("onAddAsSource", &["lead_sources"]),
    ("onSalesbotDesignerSave", &["salesbot_designer"]),
    ("salesbotDesignerSettings", &["salesbot_designer"]),
    ("initMenuPage", &["widget_page"]),
    ("loadPreloadedData", &["card_sdk"]),
    ("loadElements", &["card_sdk"]),
    ("linkCard", &["card_sdk"]),
    ("searchDataInCard", &["card_sdk"]),
    ("loadCatalogElement", &["catalogs"]),
];

/// Where a click on a number can happen: click to call needs one of them, and uses all of them.
const PHONE_PLACES: &[&str] = &["ccard", "clist", "lcard", "llist", "comcard", "everywhere"];

/// A location, the block of the manifest that says what it shows, and whether the one is useless without the other.
const BLOCKS: &[(&str, &str)] = &[
    ("advanced_settings", "advanced"),
    ("digital_pipeline", "dp"),
    ("salesbot_designer", "salesbot_designer"),
    ("sms", "sms"),
    ("mobile_card", "mobile"),
    ("widget_page", "left_menu"),
];

pub(super) fn check(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    if checked.manifest.is_null() {
        return;
    }
    let declared = located(&checked.manifest);
    blocks(checked, &declared, found);
    let Some(script) = checked.code.get("script.js") else { return };
    let callbacks = callbacks(script);
    for name in MANDATORY.iter().filter(|name| !callbacks.contains(**name)) {
        found.push(broken(
            "mandatory-callbacks",
            format!("script.js has no callback {name}; add it and let it return true"),
        ));
    }
    for (callback, places) in NEEDS.iter().filter(|(callback, _)| callbacks.contains(*callback)) {
        if !places.iter().any(|place| declared.contains(*place)) {
            let why = format!(
                "script.js has the callback {callback}, but manifest.json lists no location {}; add it or drop the callback",
                places.join(" or ")
            );
            found.push(broken("undeclared-locations", why));
        }
    }
    let takes_clicks = script.words().any(|(_, word)| word == "add_action");
    if takes_clicks && !PHONE_PLACES.iter().any(|place| declared.contains(*place)) {
        let why =
            "script.js calls add_action, which works only where the location is listed; list everywhere or a card";
        found.push(broken("undeclared-locations", why));
    }
    for place in &declared {
        let needed_by: Vec<_> = NEEDS.iter().filter(|(_, places)| places.contains(&place.as_str())).collect();
        let is_phone_place = takes_clicks && PHONE_PLACES.contains(&place.as_str());
        let is_used =
            is_phone_place || needed_by.is_empty() || needed_by.iter().any(|(name, _)| callbacks.contains(*name));
        if !is_used {
            let why = format!("manifest.json lists {place}, but script.js has no callback for it; drop the location");
            found.push(broken("no-unused-locations", why));
        }
    }
}

fn blocks(checked: &Checked<'_>, declared: &BTreeSet<String>, found: &mut Vec<Broken>) {
    for (place, block) in BLOCKS {
        match (declared.contains(*place), checked.manifest.get(block).is_some()) {
            (true, false) => {
                found.push(broken(
                    "locations",
                    format!("the location {place} needs the block {block:?} in manifest.json"),
                ));
            }
            (false, true) => {
                let why = format!(
                    "manifest.json has the block {block:?} without the location {place}; list it or drop the block"
                );
                found.push(broken("undeclared-locations", why));
            }
            _ => {}
        }
    }
    let has_card = ["lcard", "ccard", "comcard"].iter().any(|card| declared.contains(*card));
    if declared.contains("card_sdk") && !has_card {
        found.push(broken("locations", "card_sdk needs lcard, ccard or comcard beside it"));
    }
}

/// Names of what `this.callbacks` is set to; those inside a group with the group's name before them.
fn callbacks(script: &Source<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in script.words().filter(|(_, word)| *word == "callbacks") {
        if script.are(at + 1, &["=", "{"]) {
            members(script, at + 2, "", &mut names);
        } else if script.is(at + 1, ".")
            && let Some(name) = script.word(at + 2)
        {
            names.insert(name.to_owned());
        }
    }
    names
}

fn members(script: &Source<'_>, open: usize, before: &str, names: &mut BTreeSet<String>) {
    for member in script.arguments(open) {
        let Some(token) = script.get(member.start) else { continue };
        if token.kind != Kind::Word && token.kind != Kind::Text {
            continue;
        }
        let name = format!("{before}{}", token.text);
        if script.are(member.start + 1, &[":", "{"]) {
            members(script, member.start + 2, &format!("{name}."), names);
        }
        names.insert(name);
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::{changed, names, sound, with_callback};
    use super::*;
    use serde_json::json;

    #[test]
    fn callbacks_are_found_however_they_are_written() {
        let script = Source::read(
            "this.callbacks = { render: function () { return { a: 1 }; }, 'init': f, bind_actions() {},
             contacts: { selected: function () {} } }; this.callbacks.destroy = f;",
        )
        .unwrap();
        let expected = ["bind_actions", "contacts", "contacts.selected", "destroy", "init", "render"];
        assert_eq!(callbacks(&script).iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_callback_needs_its_location() {
        for (callback, _) in NEEDS.iter().filter(|(callback, _)| *callback != "settings") {
            let code = match callback.split_once('.') {
                Some((group, name)) => format!("{group}: {{ {name}: function () {{ return true; }} }},"),
                None => format!("{callback}: function () {{ return true; }},"),
            };
            assert_eq!(names(&with_callback(&code)), ["undeclared-locations"], "{callback}");
        }
        assert_eq!(changed(|m| m["locations"] = json!(["settings"])), ["undeclared-locations"], "add_action");
    }

    #[test]
    fn every_location_needs_its_use() {
        for place in ["tlist", "catalogs", "lead_sources"] {
            assert_eq!(changed(|m| m["locations"] = json!(["everywhere", "settings", place])), ["no-unused-locations"]);
        }
        let unused = changed(|m| {
            m["locations"] = json!(["everywhere", "settings", "advanced_settings"]);
            m["advanced"] = json!({"title": "settings.config"});
        });
        assert_eq!(unused, ["no-unused-locations"]);
    }

    #[test]
    fn every_location_needs_its_block_and_every_block_its_location() {
        let page = "advancedSettings: function () { return true; },";
        let mut files = with_callback(page);
        let mut manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        manifest["locations"] = json!(["everywhere", "settings", "advanced_settings"]);
        files.insert("manifest.json".into(), manifest.to_string().into());
        assert_eq!(names(&files), ["locations"]);
        assert_eq!(changed(|m| m["advanced"] = json!({"title": "settings.config"})), ["undeclared-locations"]);
    }

    #[test]
    fn a_widget_that_cannot_be_started_or_ended_is_refused() {
        for callback in MANDATORY {
            let mut files = sound();
            let script = String::from_utf8(files["script.js"].clone()).unwrap();
            files.insert("script.js".into(), script.replace(&format!("{callback}:"), "other:").into());
            assert_eq!(names(&files), ["mandatory-callbacks"], "{callback}");
        }
    }
}
