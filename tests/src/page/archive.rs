//! Widget archives as they were handed to the simulator. They are read anew at every use, so a
//! rebuilt one counts from the next page load.

use std::{
    collections::BTreeSet,
    fmt, fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use zip::ZipArchive;

/// A widget archive that could be read.
pub(super) struct Archive {
    /// The code the CRM gives the widget at upload; here it follows from the widget's name.
    pub(super) code: String,
    /// Its number in the account.
    pub(super) id: usize,
    pub(super) manifest: Value,
    zip: ZipArchive<Cursor<Vec<u8>>>,
}

/// Every archive in the order given; the error is a sentence for the person who gave it.
pub(super) fn all(paths: &[PathBuf]) -> Vec<Result<Archive, String>> {
    let mut taken = BTreeSet::new();
    paths
        .iter()
        .enumerate()
        .map(|(index, path)| {
            let mut archive = open(path, index).map_err(|why| format!("{}: {why}", path.display()))?;
            while !taken.insert(archive.code.clone()) {
                archive.code.push_str("_2");
            }
            Ok(archive)
        })
        .collect()
}

fn open(path: &Path, index: usize) -> Result<Archive, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut archive = Archive { code: String::new(), id: 4001 + index, manifest: Value::Null, zip };
    archive.manifest =
        archive.json("manifest.json").ok_or("manifest.json is missing at the root of the archive, or is not JSON")?;
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    archive.code = archive.named_code(&stem);
    Ok(archive)
}

impl Archive {
    fn named_code(&mut self, stem: &str) -> String {
        let declared = self.manifest["widget"]["code"].as_str().map(slug);
        let words = self.words("en");
        declared
            .or_else(|| text_at(&words, "widget.name").map(|name| slug(&name)))
            .filter(|code| !code.is_empty())
            .unwrap_or_else(|| slug(stem))
    }

    /// A file of the archive.
    pub(super) fn file(&mut self, path: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.zip.by_name(path).ok()?.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn json(&mut self, path: &str) -> Option<Value> {
        serde_json::from_slice(&self.file(path)?).ok()
    }

    /// The locale a user with this language gets: theirs if the widget has it, else its first.
    pub(super) fn locale(&self, wanted: &str) -> String {
        let locales: Vec<&str> = self.manifest["widget"]["locale"]
            .as_array()
            .map(|all| all.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        locales
            .iter()
            .find(|locale| **locale == wanted)
            .or_else(|| locales.first())
            .map_or_else(|| "en".to_owned(), |locale| (*locale).to_owned())
    }

    /// The words of a language, empty if there are none.
    pub(super) fn words(&mut self, lang: &str) -> Value {
        let locale = self.locale(lang);
        self.json(&format!("i18n/{locale}.json")).unwrap_or_default()
    }

    /// `settings` of the manifest: the declared fields.
    pub(super) fn fields(&self) -> Map<String, Value> {
        self.manifest["settings"].as_object().cloned().unwrap_or_default()
    }

    /// The declared fields in the order of the manifest, which is the order of the form.
    pub(super) fn field_order(&mut self) -> Vec<String> {
        self.file("manifest.json")
            .and_then(|bytes| serde_json::from_slice::<Ordered>(&bytes).ok())
            .map_or_else(Vec::new, |ordered| ordered.settings.0)
    }
}

/// The keys of an object in the order they were written, which a map does not keep.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Keys;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The part of the manifest whose order people see.
#[derive(Deserialize)]
struct Ordered {
    settings: Keys,
}

/// The text a dotted key names in a dictionary.
pub(super) fn text_at(words: &Value, key: &str) -> Option<String> {
    key.split('.').try_fold(words, |from, part| from.get(part))?.as_str().map(str::to_owned)
}

fn slug(name: &str) -> String {
    let parts: Vec<String> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    parts.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn codes_are_fit_for_class_names() {
        assert_eq!(slug("Kommo VoIP – by Acme!"), "kommo_voip_by_acme");
    }

    #[test]
    fn fields_keep_the_order_of_the_manifest() {
        let text = r#"{"settings": {"z": {}, "a": {"b": 1}, "m": 2}}"#;
        let ordered: Ordered = serde_json::from_str(text).unwrap();
        assert_eq!(ordered.settings.0, ["z", "a", "m"]);
    }

    #[test]
    fn dotted_keys_reach_nested_words() {
        let words = json!({"widget": {"name": "Hello"}});
        assert_eq!(text_at(&words, "widget.name").as_deref(), Some("Hello"));
        assert_eq!(text_at(&words, "widget.nothing"), None);
    }
}
