//! Widgets as the page is told about them: what the archive says, and how far this account got.

use serde_json::{Map, Value, json};

use super::archive::{Archive, text_at};
use crate::state::{Account, InstallStatus, InstalledWidget};

/// How far the account got with a widget. The integration may have been installed without anyone
/// opening the widget's window; then it waits for its settings.
pub(super) fn installation(account: &Account, code: &str, uuid: &str) -> InstalledWidget {
    let kept = account.widgets.get(code).cloned();
    kept.unwrap_or_else(|| InstalledWidget {
        code: code.to_owned(),
        uuid: uuid.to_owned(),
        status: if account.installed { InstallStatus::NotConfigured } else { InstallStatus::Install },
        active: false,
        fields: Map::new(),
    })
}

/// One line of the widget list.
pub(super) fn entry(archive: &mut Archive, installed: &InstalledWidget, lang: &str, with_secrets: bool) -> Value {
    let words = archive.words(lang);
    let widget = archive.manifest["widget"].clone();
    let said = |key: &Value| {
        let key = key.as_str().unwrap_or_default();
        text_at(&words, key).unwrap_or_else(|| key.to_owned())
    };
    let fields = archive.fields();
    let titles: Map<String, Value> = fields
        .values()
        .map(|field| {
            let key = field["name"].as_str().unwrap_or_default();
            (key.to_owned(), json!(said(&field["name"])))
        })
        .collect();
    let path = format!("/widgets/{}", archive.code);
    let settings = if with_secrets || installed.active { installed.fields.clone() } else { Map::new() };
    json!({
        "code": archive.code, "id": archive.id, "uuid": installed.uuid,
        "status": installed.status, "active": if installed.active { "Y" } else { "N" },
        "version": widget["version"].as_str().unwrap_or("1.0.0"),
        "init_once": if widget["init_once"] == json!(true) { "Y" } else { "N" },
        "name": said(&widget["name"]), "description": said(&widget["description"]),
        "short_description": said(&widget["short_description"]),
        "advanced_title": archive.manifest["advanced"]["title"].as_str()
            .map(|key| text_at(&words, key).unwrap_or_else(|| key.to_owned())),
        "locations": archive.manifest["locations"].as_array().cloned().unwrap_or_default(),
        "support": if widget["support"].is_object() { widget["support"].clone() } else { json!({}) },
        "fields": fields, "order": archive.field_order(), "titles": titles, "settings": settings,
        "path": path, "images_path": format!("{path}/images"),
        "lang": format!("{path}/i18n/{}.json", archive.locale(lang)),
    })
}

/// The values the CRM keeps of those a save hands over: declared fields only, and of a `custom`
/// field only a number or a JSON object or list; any other text is silently lost there.
pub(super) fn stored(declared: &Map<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, field) in declared {
        let Some(value) = given.get(key) else {
            continue;
        };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        if field["type"] != json!("custom") || is_data(&text) {
            kept.insert(key.clone(), json!(text));
        }
    }
    kept
}

fn is_data(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object() || value.is_array() || value.is_number())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn custom_fields_keep_data_and_lose_plain_text() {
        let declared = object(json!({"conf": {"type": "custom"}, "login": {"type": "text"}}));
        let cases = [("{\"a\":1}", true), ("7", true), ("plain", false), ("\"quoted\"", false), ("", false)];
        for (value, is_kept) in cases {
            let kept = stored(&declared, &object(json!({"conf": value, "login": "x"})));
            assert_eq!(kept.contains_key("conf"), is_kept, "{value}");
            assert_eq!(kept["login"], "x");
        }
    }

    #[test]
    fn undeclared_fields_are_not_stored() {
        let declared = object(json!({"login": {"type": "text"}}));
        let kept = stored(&declared, &object(json!({"login": "a", "extra": "b"})));
        assert_eq!(kept.len(), 1);
    }
}
