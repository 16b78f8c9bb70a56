//! Reading and calling what JavaScript left lying about, without ever letting it throw through us.
//!
//! Everything undocumented in the CRM's page is reached this way: if it is not there, nothing happens.

use js_sys::{Array, Function, Reflect};
use kommo_voip_domain::panel::read_json;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Why a piece of JavaScript did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsFailure {
    /// The page has no such thing; another browser or another version of the CRM.
    #[error("the page has no {0}")]
    Missing(&'static str),
    /// It is there and threw.
    #[error("{0} failed")]
    Threw(&'static str),
}

/// A property, unless it is missing.
pub(crate) fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    if object.is_undefined() || object.is_null() {
        return None;
    }
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A property of a property of …
pub(crate) fn path(object: &JsValue, names: &[&str]) -> Option<JsValue> {
    names.iter().try_fold(object.clone(), |object, name| get(&object, name))
}

/// The value as JSON, read in. By way of text: the reader of text is in the widget anyway.
pub(crate) fn json(value: &JsValue) -> Option<serde_json::Value> {
    let text = js_sys::JSON::stringify(value).ok()?.as_string()?;
    read_json(&text)
}

/// A property that is text.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name)?.as_string()
}

/// Calls a method.
pub(crate) fn call(object: &JsValue, name: &'static str, arguments: &[JsValue]) -> Result<JsValue, JsFailure> {
    let method: Function = get(object, name).and_then(|value| value.dyn_into().ok()).ok_or(JsFailure::Missing(name))?;
    method.apply(object, &arguments.iter().collect::<Array>()).map_err(|_| JsFailure::Threw(name))
}

/// Makes an object of plain values.
pub(crate) fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (name, value) in fields {
        set(&object, name, value);
    }
    object.into()
}

/// Sets a property; a frozen object stays as it is.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    Reflect::set(object, &JsValue::from_str(name), value).unwrap_or_default();
}

/// A module of the page's loader, if the page has loaded it; asking for another would load it.
pub(crate) fn page_module(name: &str) -> Option<JsValue> {
    let name = JsValue::from_str(name);
    let require = get(&window(), "require")?;
    let loaded = call(&require, "defined", std::slice::from_ref(&name)).is_ok_and(|loaded| loaded.is_truthy());
    let require = require.dyn_ref::<Function>().filter(|_| loaded)?;
    require.call1(&JsValue::NULL, &name).ok()
}

/// Waits for a promise whose outcome is of no interest, so that its failure does not reach the page as unhandled.
pub(crate) fn let_go(promise: Result<JsValue, JsFailure>) {
    if let Some(promise) = promise.ok().and_then(|value| value.dyn_into::<js_sys::Promise>().ok()) {
        wasm_bindgen_futures::spawn_local(async move {
            JsFuture::from(promise).await.unwrap_or_default();
        });
    }
}

/// The browser's window. It always exists: the CRM runs widgets in pages, not in workers.
pub(crate) fn window() -> web_sys::Window {
    gloo::utils::window()
}

/// The page's document.
pub(crate) fn document() -> web_sys::Document {
    gloo::utils::document()
}
