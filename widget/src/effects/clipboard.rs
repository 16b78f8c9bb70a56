//! Puts text on the clipboard.

use crate::js;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

/// Copies, by the browser's own way if the page may use it, else by way of a field that is selected for a moment.
pub(crate) fn copy(text: String) {
    let clipboard = js::get(&js::window().navigator(), "clipboard");
    let promise = clipboard
        .and_then(|clipboard| js::call(&clipboard, "writeText", &[text.as_str().into()]).ok())
        .and_then(|promise| promise.dyn_into::<js_sys::Promise>().ok());
    match promise {
        Some(promise) => wasm_bindgen_futures::spawn_local(async move {
            if JsFuture::from(promise).await.is_err() {
                by_selection(&text);
            }
        }),
        None => by_selection(&text),
    }
}

fn by_selection(text: &str) {
    let document = js::document();
    let field = document.create_element("input").ok().and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    let (Some(field), Some(body)) = (field, document.body()) else { return };
    field.set_value(text);
    if body.append_child(&field).is_ok() {
        field.select();
        js::call(&document, "execCommand", &["copy".into()]).map(drop).unwrap_or_default();
        field.remove();
    }
}
