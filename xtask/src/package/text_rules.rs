//! Texts: every language complete, none too long for the places Kommo shows it in.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Files;
use super::rules::{Broken, broken};

/// Text by its dotted key.
type Texts = BTreeMap<String, String>;

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
                found.push(broken("texts", format!("{name}: {key} is empty")));
            }
            if text.contains("<script") {
                found.push(broken("texts", format!("{name}: {key} contains a script element")));
            }
        }
        lengths(name, texts, found);
    }
    // Compared with the first in turn, both ways.
    if let Some(((first, expected), others)) = languages.split_first() {
        for (name, texts) in others {
            for key in expected.keys().filter(|key| !texts.contains_key(*key)) {
                found.push(broken("equal-keys", format!("{name} lacks {key}, which {first} has")));
            }
            for key in texts.keys().filter(|key| !expected.contains_key(*key)) {
                found.push(broken("equal-keys", format!("{first} lacks {key}, which {name} has")));
            }
        }
    }
}

fn lengths(name: &str, texts: &Texts, found: &mut Vec<Broken>) {
    for key in ["widget.name", "widget.short_description", "widget.description"] {
        if !texts.contains_key(key) {
            found.push(broken("texts", format!("{name} lacks {key}")));
        }
    }
    for (key, longest) in [("widget.name", 30), ("widget.short_description", 50)] {
        if texts.get(key).is_some_and(|text| text.chars().count() > longest) {
            found.push(broken("text-length", format!("{name}: {key} is longer than {longest} characters")));
        }
    }
    let longest_word = 19;
    let is_long = |text: &String| text.split_whitespace().any(|word| word.chars().count() > longest_word);
    if texts.get("widget.name").is_some_and(is_long) {
        found.push(broken(
            "text-length",
            format!("{name}: widget.name has a word longer than {longest_word} characters"),
        ));
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

    fn with_spanish(text: &str) -> Vec<&'static str> {
        let mut files = sound();
        files.insert("i18n/es.json".into(), text.into());
        names(&files)
    }

    #[test]
    fn languages_must_share_their_keys() {
        let lacks = r#"{"widget": {"name": "N", "short_description": "S", "description": "D"}, "settings": {"config": "C"}, "more": "M"}"#;
        assert_eq!(with_spanish(lacks), ["equal-keys"]);
    }

    #[test]
    fn empty_texts_and_broken_files_are_named() {
        let empty =
            r#"{"widget": {"name": "N", "short_description": " ", "description": "D"}, "settings": {"config": "C"}}"#;
        assert_eq!(with_spanish(empty), ["texts"]);
        // Nor can the manifest's key be found in a file that cannot be read.
        assert!(with_spanish("{").contains(&"texts"));
        assert!(with_spanish(r#"{"widget": 1}"#).contains(&"texts"));
    }

    #[test]
    fn names_longer_than_the_list_shows_are_refused() {
        let long = r#"{"widget": {"name": "A name that goes on and on and on", "short_description": "S", "description": "D"}, "settings": {"config": "C"}}"#;
        assert_eq!(with_spanish(long), ["text-length"]);
    }
}
