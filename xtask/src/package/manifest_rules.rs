//! The manifest: what Kommo's upload parses first, and what points at everything else.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Files;
use super::rules::{Broken, broken};
use super::text_rules;
use crate::fingerprint::files_under;
use crate::project::Project;

/// Kommo widget guide: locations.
const LOCATIONS: &[&str] = &[
    "lcard",
    "ccard",
    "comcard",
    "llist",
    "clist",
    "tlist",
    "settings",
    "advanced_settings",
    "card_sdk",
    "catalogs",
    "digital_pipeline",
    "lead_sources",
    "widget_page",
    "sms",
    "mobile_card",
    "salesbot_designer",
    "website_chat_button",
    "ai_agent",
    "everywhere",
];
const FIELD_TYPES: &[&str] = &["text", "pass", "users", "users_lp", "custom"];

/// The manifest, texts and images as they stand in the checkout, without anything built: for tidy.
pub(crate) fn check_sources(project: &Project) -> Result<Vec<String>> {
    let mut files = Files::new();
    let manifest = fs::read(project.path("manifest.json")).context("manifest.json is missing")?;
    files.insert("manifest.json".into(), manifest);
    for folder in ["i18n", "images"] {
        for file in files_under(&project.path(folder))? {
            let name = file.strip_prefix(&project.root)?.to_string_lossy().into_owned();
            files.insert(name, fs::read(&file)?);
        }
    }
    let mut found = Vec::new();
    check(&files, &mut found);
    text_rules::check(&files, &mut found);
    super::image_rules::check(&files, &mut found);
    Ok(found.into_iter().map(|Broken { rule, why }| format!("{rule}: {why}")).collect())
}

pub(super) fn check(files: &Files, found: &mut Vec<Broken>) {
    let Some(bytes) = files.get("manifest.json") else {
        return;
    };
    let manifest: Value = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            found.push(broken("manifest", format!("manifest.json: {error}")));
            return;
        }
    };
    widget(&manifest["widget"], found);
    locations(&manifest, found);
    settings(&manifest["settings"], found);
    locales(&manifest["widget"]["locale"], files, found);
    texts(&manifest, files, found);
    images(&manifest["tour"]["tour_images"], files, found);
}

fn widget(widget: &Value, found: &mut Vec<Broken>) {
    let mut want = |is_right: bool, what: &str| {
        if !is_right {
            found.push(broken("manifest", format!("widget.{what}")));
        }
    };
    for key in ["name", "description", "short_description"] {
        want(widget[key].is_string(), &format!("{key} must name a text"));
    }
    let is_version = |text: &str| text.split('.').count() == 3 && text.split('.').all(is_number);
    want(widget["version"].as_str().is_some_and(is_version), "version must be like 1.0.1");
    want(widget["interface_version"] == 2, "interface_version must be 2");
    // A telephony widget keeps its connection while the user walks through the CRM.
    want(widget["init_once"] == true, "init_once must be true");
    want(widget["installation"].is_boolean(), "installation must be true or false");
    want(widget["support"]["link"].is_string(), "support.link is missing");
    want(widget["support"]["email"].is_string(), "support.email is missing");
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn locations(manifest: &Value, found: &mut Vec<Broken>) {
    let mut seen = BTreeSet::new();
    for location in manifest["locations"].as_array().into_iter().flatten() {
        let location = location.as_str().unwrap_or_default();
        let base = location.strip_suffix("-0").or_else(|| location.strip_suffix("-1")).unwrap_or(location);
        if !LOCATIONS.contains(&base) {
            found.push(broken("locations", format!("Kommo knows no location {location:?}")));
        }
        if !seen.insert(base.to_owned()) {
            found.push(broken("locations", format!("{base} is listed twice")));
        }
    }
    if seen.is_empty() {
        found.push(broken("locations", "manifest.json lists none"));
    }
    if !seen.contains("settings") && uses_custom_field(manifest) {
        found.push(broken("locations", "a custom field needs the location settings"));
    }
}

fn uses_custom_field(manifest: &Value) -> bool {
    let fields = manifest["settings"].as_object();
    fields.is_some_and(|fields| fields.values().any(|field| field["type"] == "custom"))
}

fn settings(settings: &Value, found: &mut Vec<Broken>) {
    let Some(fields) = settings.as_object() else {
        found.push(broken("settings", "manifest.json has no settings"));
        return;
    };
    for (key, field) in fields {
        let kind = field["type"].as_str().unwrap_or_default();
        if !field["name"].is_string() || !field["required"].is_boolean() || !FIELD_TYPES.contains(&kind) {
            found.push(broken("settings", format!("settings.{key} needs name, a known type, required")));
        }
        // Every user's browser can read it.
        if kind == "pass" || kind == "users_lp" {
            found.push(broken("no-secrets-in-fields", format!("settings.{key} is of type {kind}")));
        }
    }
}

/// One language file for each locale, none besides.
fn locales(locales: &Value, files: &Files, found: &mut Vec<Broken>) {
    let listed: BTreeSet<String> = locales
        .as_array()
        .into_iter()
        .flatten()
        .map(|locale| format!("i18n/{}.json", locale.as_str().unwrap_or_default()))
        .collect();
    if listed.is_empty() {
        found.push(broken("locales", "widget.locale lists none"));
    }
    let there: BTreeSet<String> = files.keys().filter(|name| name.starts_with("i18n/")).cloned().collect();
    for name in listed.difference(&there) {
        found.push(broken("locales", format!("{name} is missing")));
    }
    for name in there.difference(&listed) {
        found.push(broken("locales", format!("{name} is not in widget.locale")));
    }
}

/// Every text the manifest names exists in every language.
fn texts(manifest: &Value, files: &Files, found: &mut Vec<Broken>) {
    let mut keys = BTreeSet::new();
    let mut named = |value: &Value| {
        if let Some(key) = value.as_str() {
            keys.insert(key.to_owned());
        }
    };
    for key in ["name", "description", "short_description"] {
        named(&manifest["widget"][key]);
    }
    for field in manifest["settings"].as_object().into_iter().flat_map(|fields| fields.values()) {
        named(&field["name"]);
    }
    named(&manifest["advanced"]["title"]);
    named(&manifest["tour"]["tour_description"]);
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("i18n/")) {
        let Ok(texts) = text_rules::read(bytes) else {
            continue;
        };
        for key in keys.iter().filter(|key| !texts.contains_key(*key)) {
            found.push(broken("manifest-texts", format!("{name} lacks {key}, which manifest.json names")));
        }
    }
}

fn images(images: &Value, files: &Files, found: &mut Vec<Broken>) {
    let lists = images.as_object().into_iter().flat_map(|images| images.values());
    for path in lists.filter_map(Value::as_array).flatten() {
        let path = path.as_str().unwrap_or_default();
        if !files.contains_key(path.trim_start_matches('/')) {
            found.push(broken("manifest-paths", format!("{path:?} is not in the archive")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::rules::tests::{names, sound};

    fn changed(change: impl FnOnce(&mut Value)) -> Vec<&'static str> {
        let mut files = sound();
        let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        change(&mut manifest);
        files.insert("manifest.json".into(), manifest.to_string().into());
        names(&files)
    }

    #[test]
    fn each_rule_of_the_manifest_is_named_when_broken() {
        assert_eq!(changed(|m| m["widget"]["interface_version"] = json!(1)), ["manifest"]);
        assert_eq!(changed(|m| m["widget"]["version"] = json!("1.0")), ["manifest"]);
        assert_eq!(changed(|m| m["locations"] = json!([])), ["locations"]);
        assert_eq!(changed(|m| m["locations"] = json!(["settings", "nowhere"])), ["locations"]);
        assert_eq!(changed(|m| m["locations"] = json!(["settings", "lcard-0", "lcard-1"])), ["locations"]);
        assert_eq!(changed(|m| m["settings"]["config"]["type"] = json!("pass")), ["no-secrets-in-fields"]);
        assert_eq!(changed(|m| m["widget"]["locale"] = json!(["en"])), ["locales"]);
        assert_eq!(changed(|m| m["widget"]["locale"] = json!(["en", "es", "pt"])), ["locales"]);
        assert_eq!(changed(|m| m["advanced"] = json!({"title": "advanced.title"})), ["manifest-texts"]);
        assert_eq!(changed(|m| m["tour"] = json!({"tour_images": {"en": ["/images/none.png"]}})), ["manifest-paths"]);
    }

    #[test]
    fn a_custom_field_needs_its_location() {
        assert_eq!(changed(|m| m["locations"] = json!(["everywhere"])), ["locations"]);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_named() {
        let mut files = sound();
        files.insert("manifest.json".into(), b"{".to_vec());
        assert_eq!(names(&files), ["manifest"]);
    }
}
