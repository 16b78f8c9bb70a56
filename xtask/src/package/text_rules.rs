//! Texts: every language complete, none too long for the places Kommo shows it in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Files;
use super::rules::{Broken, broken};

/// Text by its dotted key.
type Texts = BTreeMap<String, String>;

/// Characters, with what Kommo shows them in.
const LONGEST: &[(&str, usize)] = &[
    ("widget.name", 30),
    ("widget.short_description", 50),
    ("widget.description", 400),
    ("widget.tour_description", 400),
];
const LONGEST_WORD: usize = 19;
/// Between a name and its author, in the languages Kommo speaks.
const BY: &[&str] = &[" by ", " via ", " por ", " de "];

pub(super) fn check(files: &Files, found: &mut Vec<Broken>) {
    let mut languages: Vec<(String, Texts)> = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("i18n/")) {
        match read(bytes) {
            Ok(texts) => languages.push((name.clone(), texts)),
            Err(why) => found.push(broken("texts", format!("{name}: {why}"))),
        }
    }
    for (name, texts) in &languages {
        for (key, text) in texts {
            if text.trim().is_empty() {
                found.push(broken("texts", format!("{name}: {key} is empty; write it")));
            }
            if let Some(tag) = markup(text) {
                found.push(broken(
                    "only-links",
                    format!("{name}: {key} holds {tag}; only <a> with an https address may"),
                ));
            }
        }
        listing(name, texts, found);
    }
    // Compared with the first in turn, both ways.
    if let Some(((first, expected), others)) = languages.split_first() {
        for (name, texts) in others {
            alike((first, expected), (name, texts), found);
        }
    }
    for (at, (name, texts)) in languages.iter().enumerate() {
        let description = |texts: &Texts| texts.get("widget.description").cloned();
        let others = languages.get(..at).unwrap_or_default().iter();
        for (other, _) in
            others.filter(|(_, other)| description(other).is_some_and(|text| description(texts) == Some(text)))
        {
            found.push(broken("translated", format!("{name}: widget.description reads as in {other}; translate it")));
        }
    }
}

fn alike((first, expected): (&str, &Texts), (name, texts): (&str, &Texts), found: &mut Vec<Broken>) {
    for (one, has, other, lacks) in [(first, expected, name, texts), (name, texts, first, expected)] {
        for key in has.keys().filter(|key| !lacks.contains_key(*key)) {
            found.push(broken("equal-keys", format!("{other} lacks {key}, which {one} has; add it")));
        }
    }
    for (key, text) in texts {
        if expected.get(key).is_some_and(|same| places(same) != places(text)) {
            let why = format!("{name}: {key} has other {{places}} than in {first}; name the same ones");
            found.push(broken("equal-places", why));
        }
    }
}

/// What a text leaves to be filled in.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

/// The first tag that is no link.
fn markup(text: &str) -> Option<&str> {
    let tags = text.match_indices('<').filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        let is_tag = rest.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        is_tag.then(|| rest.find('>').and_then(|end| rest.get(..=end)).unwrap_or(rest))
    });
    tags.into_iter().find(|tag| {
        let is_link =
            *tag == "</a>" || (tag.starts_with("<a ") && tag.contains("href=\"https://") && !tag.contains(" on"));
        !is_link
    })
}

/// What stands in Kommo's list of integrations.
fn listing(name: &str, texts: &Texts, found: &mut Vec<Broken>) {
    for key in ["widget.name", "widget.short_description", "widget.description", "widget.call_action"] {
        if !texts.contains_key(key) {
            found.push(broken("texts", format!("{name} lacks {key}; add it")));
        }
    }
    for (key, longest) in LONGEST {
        if texts.get(*key).is_some_and(|text| text.chars().count() > *longest) {
            found.push(broken("text-length", format!("{name}: {key} is longer than {longest} characters; shorten it")));
        }
    }
    let Some(title) = texts.get("widget.name") else { return };
    if title.split_whitespace().any(|word| word.chars().count() > LONGEST_WORD) {
        let why = format!("{name}: widget.name has a word longer than {LONGEST_WORD} characters; shorten it");
        found.push(broken("text-length", why));
    }
    if !BY.iter().any(|by| title.contains(by)) {
        found.push(broken(
            "name-by-author",
            format!("{name}: widget.name does not end with \"by\" or \"via\" and its author"),
        ));
    }
    let lower = title.to_lowercase();
    if ["kommo", "amocrm"].iter().any(|brand| lower.contains(brand)) {
        found
            .push(broken("no-kommo-in-name", format!("{name}: widget.name contains Kommo's own name; choose another")));
    }
}

/// All texts of a language file; a leaf that is not text is an error.
pub(super) fn read(bytes: &[u8]) -> Result<Texts, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let mut texts = Texts::new();
    flatten("", &value, &mut texts)?;
    Ok(texts)
}

fn flatten(path: &str, value: &Value, texts: &mut Texts) -> Result<(), String> {
    match value {
        Value::String(text) => {
            texts.insert(path.to_owned(), text.clone());
            Ok(())
        }
        Value::Object(children) => children.iter().try_for_each(|(key, child)| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            flatten(&path, child, texts)
        }),
        _ => Err(format!("{path} is neither a text nor a group of texts")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::{names, sound};
    use super::*;
    use serde_json::{Value, json};

    /// The sound archive with its Spanish changed.
    fn changed(change: impl FnOnce(&mut Value)) -> Vec<&'static str> {
        let mut files = sound();
        let mut texts: Value = serde_json::from_slice(&files["i18n/es.json"]).unwrap();
        change(&mut texts);
        files.insert("i18n/es.json".into(), texts.to_string().into());
        names(&files)
    }

    #[test]
    fn languages_are_complete_and_alike() {
        assert_eq!(changed(|t| t["more"] = json!("M")), ["equal-keys"]);
        assert_eq!(changed(|t| t["widget"]["description"] = json!("Llamadas {m}")), ["equal-places"]);
        assert_eq!(changed(|t| t["widget"]["description"] = json!("Calls {n}")), ["translated"]);
        assert_eq!(changed(|t| t["widget"]["short_description"] = json!(" ")), ["texts"]);
        assert_eq!(changed(|t| t["settings"]["config"] = json!(1)), ["texts"]);
    }

    #[test]
    fn names_are_as_kommo_lists_them() {
        for (name, rule) in [
            ("VoIP that goes on and on by Example", "text-length"),
            ("Voiceoverinternetprotocol by X", "text-length"),
            ("VoIP", "name-by-author"),
            ("Kommo VoIP by Example", "no-kommo-in-name"),
        ] {
            assert_eq!(changed(|t| t["widget"]["name"] = json!(name)), [rule], "{name}");
        }
        let long = |key: &str| changed(|t| t["widget"][key] = json!(["{n}", &"a ".repeat(200)].concat()));
        assert_eq!(long("description"), ["text-length"]);
    }

    #[test]
    fn only_links_to_safe_pages_stand_in_texts() {
        for (text, is_fine) in [
            ("<a href=\"https://example.com\">Help</a>", true),
            ("1 < 2 and 3 > 2", true),
            ("<a href=\"javascript:x\">Help</a>", false),
            ("<a href=\"https://example.com\" onclick=\"x\">Help</a>", false),
            ("<script>x</script>", false),
            ("<b>Help</b>", false),
            ("<img src=x", false),
        ] {
            assert_eq!(markup(text).is_none(), is_fine, "{text}");
        }
        assert_eq!(changed(|t| t["settings"]["config"] = json!("<b>Config</b>")), ["only-links"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let mut files = sound();
        files.insert("i18n/es.json".into(), b"{".to_vec());
        assert!(names(&files).contains(&"texts"));
    }
}
