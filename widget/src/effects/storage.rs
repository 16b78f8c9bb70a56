//! What a person's browser keeps for all tabs, by keys that carry account and user. A page that forbids storage keeps
//! nothing, and nothing else is lost.

use crate::js;
use wasm_bindgen::JsValue;

fn storage() -> Option<JsValue> {
    js::get(&js::window(), "localStorage")
}

/// What is kept under a key.
pub(crate) fn read(key: &str) -> Option<String> {
    js::call(&storage()?, "getItem", &[key.into()]).ok()?.as_string()
}

/// Keeps a value under a key, or drops it.
pub(crate) fn keep(key: &str, value: Option<&str>) {
    let Some(storage) = storage() else { return };
    let done = match value {
        Some(value) => js::call(&storage, "setItem", &[key.into(), value.into()]),
        None => js::call(&storage, "removeItem", &[key.into()]),
    };
    done.map(drop).unwrap_or_default();
}
