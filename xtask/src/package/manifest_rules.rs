//! The manifest: what Kommo's upload parses first, and what points at everything else.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::rules::{self, Broken, Checked, broken};
use super::{Files, image_rules, text_rules};
use crate::build_widget::Purpose;
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

/// Languages that Kommo's documents name.
const LANGUAGES: &[&str] = &["en", "es", "pt", "tr", "id", "ru"];
/// The only locations that come in two kinds: shown in the page's own place, or only started there.
const TWO_KINDS: &[&str] = &["lcard", "ccard", "comcard", "llist", "clist", "tlist"];
const TOUR_SIZE: (u32, u32) = (1188, 616);

/// What can be judged of the checkout without anything built: for tidy.
pub(crate) fn check_sources(project: &Project) -> Result<Vec<String>> {
    let mut files = Files::new();
    for name in ["manifest.json", "script.js"] {
        files.insert(name.into(), fs::read(project.path(name)).with_context(|| format!("{name} is missing"))?);
    }
    for folder in ["i18n", "images"] {
        for file in files_under(&project.path(folder))? {
            let name = file.strip_prefix(&project.root)?.to_string_lossy().into_owned();
            files.insert(name, fs::read(&file)?);
        }
    }
    let mut found = Vec::new();
    let styles = super::styles(project)?;
    let checked = Checked::new(&files, &styles, Purpose::Release, &mut found);
    rules::sources(&checked, &mut found);
    Ok(found.into_iter().map(|Broken { rule, why }| format!("{rule}: {why}")).collect())
}

pub(super) fn check(checked: &Checked<'_>, found: &mut Vec<Broken>) {
    let (manifest, files) = (&checked.manifest, checked.files);
    if let Some(Err(error)) = files.get("manifest.json").map(|bytes| serde_json::from_slice::<Value>(bytes)) {
        found.push(broken("manifest", format!("manifest.json: {error}")));
    }
    if manifest.is_null() {
        return;
    }
    widget(&manifest["widget"], found);
    locations(manifest, found);
    settings(&manifest["settings"], found);
    locales(&manifest["widget"]["locale"], files, found);
    texts(manifest, files, found);
    tour(manifest, files, found);
}

/// The places the manifest lists, without their kind.
pub(super) fn located(manifest: &Value) -> BTreeSet<String> {
    let listed = manifest["locations"].as_array().into_iter().flatten().filter_map(Value::as_str);
    listed.map(|location| base(location).to_owned()).collect()
}

fn base(location: &str) -> &str {
    location.strip_suffix("-0").or_else(|| location.strip_suffix("-1")).unwrap_or(location)
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
    let link = widget["support"]["link"].as_str().unwrap_or_default();
    if !link.starts_with("https://") {
        found.push(broken(
            "support",
            "manifest.json: widget.support.link must be the https address of a page that helps",
        ));
    }
    let email = widget["support"]["email"].as_str().unwrap_or_default();
    if email.split('@').filter(|part| !part.is_empty()).count() != 2 {
        found.push(broken("support", "manifest.json: widget.support.email must be an address people can write to"));
    }
    for key in ["code", "secret_key"] {
        if widget.get(key).is_some() {
            let why = format!("manifest.json has widget.{key}, which Kommo gives by itself at upload; drop it");
            found.push(broken("no-legacy-keys", why));
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn locations(manifest: &Value, found: &mut Vec<Broken>) {
    let mut seen = BTreeSet::new();
    for location in manifest["locations"].as_array().into_iter().flatten() {
        let location = location.as_str().unwrap_or_default();
        let base = base(location);
        if !LOCATIONS.contains(&base) {
            found.push(broken("locations", format!("Kommo knows no location {location:?}; drop it")));
        }
        if base != location && !TWO_KINDS.contains(&base) {
            found.push(broken("locations", format!("{base} comes in one kind only; write it without -0 or -1")));
        }
        if !seen.insert(base.to_owned()) {
            found.push(broken("locations", format!("{base} is listed twice; drop one")));
        }
    }
    if seen.is_empty() {
        found.push(broken("locations", "manifest.json lists none; without one the widget runs nowhere"));
    }
    if !seen.contains("settings") && uses_custom_field(manifest) {
        found.push(broken("locations", "a custom field needs the location settings; list it"));
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
            found.push(broken(
                "no-secrets-in-fields",
                format!("settings.{key} is of type {kind}; keep secrets in the Worker"),
            ));
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
        found.push(broken("locales", format!("{name} is missing; write it or drop the language")));
    }
    for name in there.difference(&listed) {
        found.push(broken("locales", format!("{name} is not in widget.locale; list it there")));
    }
    let known = |name: &&String| !LANGUAGES.iter().any(|language| **name == format!("i18n/{language}.json"));
    for name in listed.iter().filter(known) {
        found.push(broken("locales", format!("Kommo has no language for {name}; drop it")));
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
            found.push(broken("manifest-texts", format!("{name} lacks {key}, which manifest.json names; add it")));
        }
    }
}

/// The pictures of the tour by their paths in the archive.
pub(super) fn tour_images(manifest: &Value) -> impl Iterator<Item = &str> {
    let lists = manifest["tour"]["tour_images"].as_object().into_iter().flat_map(|images| images.values());
    lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str).map(|path| path.trim_start_matches('/'))
}

fn tour(manifest: &Value, files: &Files, found: &mut Vec<Broken>) {
    let Some(images) = manifest["tour"]["tour_images"].as_object() else { return };
    for locale in manifest["widget"]["locale"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let count = images.get(locale).and_then(Value::as_array).map_or(0, Vec::len);
        if !(1..=5).contains(&count) {
            found.push(broken("tour", format!("{locale} has {count} pictures in tour_images; give it one to five")));
        }
    }
    for path in tour_images(manifest) {
        let Some(bytes) = files.get(path) else {
            found.push(broken("manifest-paths", format!("{path:?} is not in the archive; put it there")));
            continue;
        };
        // Only the size of a PNG is read here; Kommo takes JPG as well.
        if let Some((width, height)) = image_rules::size(bytes).filter(|size| *size != TOUR_SIZE) {
            let (w, h) = TOUR_SIZE;
            found.push(broken("tour", format!("{path} is {width}x{height}; Kommo wants {w}x{h}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::image_rules::tests::png;
    use super::super::rules::tests::{changed, names, sound};

    #[test]
    fn each_rule_of_the_manifest_is_named_when_broken() {
        assert_eq!(changed(|m| m["widget"]["interface_version"] = json!(1)), ["manifest"]);
        assert_eq!(changed(|m| m["widget"]["version"] = json!("1.0")), ["manifest"]);
        assert_eq!(changed(|m| m["widget"]["init_once"] = json!(false)), ["manifest"]);
        assert_eq!(changed(|m| m["widget"]["support"] = json!({"email": "a@b.example"})), ["support"]);
        assert_eq!(changed(|m| m["widget"]["support"]["email"] = json!("nobody")), ["support"]);
        assert_eq!(changed(|m| m["widget"]["secret_key"] = json!("x")), ["no-legacy-keys"]);
        assert!(changed(|m| m["locations"] = json!([])).contains(&"locations"));
        assert_eq!(changed(|m| m["locations"] = json!(["settings", "everywhere", "nowhere"])), ["locations"]);
        assert_eq!(changed(|m| m["locations"] = json!(["settings", "everywhere-1"])), ["locations"]);
        assert_eq!(changed(|m| m["locations"] = json!(["settings", "lcard-0", "lcard-1"])), ["locations"]);
        assert_eq!(changed(|m| m["settings"]["config"]["type"] = json!("pass")), ["no-secrets-in-fields"]);
        assert_eq!(changed(|m| m["widget"]["locale"] = json!(["en"])), ["locales"]);
        assert_eq!(changed(|m| m["widget"]["locale"] = json!(["en", "es", "pt"])), ["locales"]);
        assert_eq!(changed(|m| m["settings"]["config"] = json!({"type": "text"})), ["settings"]);
        assert_eq!(changed(|m| m["settings"]["config"]["name"] = json!("settings.none")), ["manifest-texts"]);
    }

    #[test]
    fn a_custom_field_needs_its_location() {
        assert_eq!(changed(|m| m["locations"] = json!(["everywhere"])), ["locations", "undeclared-locations"]);
    }

    #[test]
    fn a_language_kommo_does_not_speak_is_named() {
        let mut files = sound();
        let manifest = String::from_utf8(files["manifest.json"].clone()).unwrap();
        files.insert("manifest.json".into(), manifest.replace("\"es\"", "\"xx\"").into());
        let texts = files.remove("i18n/es.json").unwrap();
        files.insert("i18n/xx.json".into(), texts);
        assert_eq!(names(&files), ["locales"]);
    }

    #[test]
    fn a_tour_has_its_pictures_in_every_language_and_in_their_size() {
        let tour = |en: &[&str], es: &[&str], size: (u32, u32)| {
            let mut files = sound();
            let mut manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
            manifest["tour"] = json!({"is_tour": true, "tour_images": {"en": en, "es": es}});
            files.insert("manifest.json".into(), manifest.to_string().into());
            files.insert("images/tour_1.png".into(), png(size.0, size.1));
            names(&files)
        };
        let one = ["/images/tour_1.png"];
        assert_eq!(tour(&one, &one, (1188, 616)), [""; 0]);
        assert_eq!(tour(&one, &one, (1188, 600)), ["tour"]);
        assert_eq!(tour(&one, &[], (1188, 616)), ["tour"]);
        assert_eq!(tour(&one, &["/images/none.png"], (1188, 616)), ["manifest-paths"]);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_named() {
        let mut files = sound();
        files.insert("manifest.json".into(), b"{".to_vec());
        assert_eq!(names(&files), ["manifest"]);
    }
}
