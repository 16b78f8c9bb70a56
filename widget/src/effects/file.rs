//! Gives a file to the person, as if it had been downloaded: it came with a token in a header, which no link can send.

use crate::js;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

/// A file that was given. Some browsers take it over only after a while, so it is kept until the next one, or the end.
pub(crate) struct Given {
    address: JsValue,
}

impl Given {
    /// Saves a text for spreadsheets under this name.
    pub(crate) fn save(name: &str, text: &str) -> Option<Self> {
        let constructor: Function = js::get(&js::window(), "Blob")?.dyn_into().ok()?;
        let kind = js::object(&[("type", "text/csv;charset=utf-8".into())]);
        let blob = Reflect::construct(&constructor, &Array::of2(&Array::of1(&text.into()), &kind)).ok()?;
        let address = js::call(&addresses()?, "createObjectURL", &[blob]).ok()?;
        let given = Self { address };
        let link: HtmlElement = js::document().create_element("a").ok()?.dyn_into().ok()?;
        link.set_attribute("href", &given.address.as_string()?).ok()?;
        link.set_attribute("download", name).ok()?;
        link.click();
        Some(given)
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if let Some(addresses) = addresses() {
            js::call(&addresses, "revokeObjectURL", std::slice::from_ref(&self.address)).map(drop).unwrap_or_default();
        }
    }
}

fn addresses() -> Option<JsValue> {
    js::get(&js::window(), "URL")
}
