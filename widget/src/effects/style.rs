//! The widget's looks: one style sheet made by code, which even a page that forbids style elements accepts.

use crate::js;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The adopted style sheet; dropping takes it away.
pub(crate) enum Style {
    Adopted(JsValue),
    /// For browsers older than adopted style sheets.
    Element(web_sys::Element),
    Missing,
}

impl Style {
    pub(crate) fn adopt(rules: &str) -> Self {
        adopted(rules).map(Self::Adopted).or_else(|| element(rules).map(Self::Element)).unwrap_or(Self::Missing)
    }
}

fn sheets() -> Option<Array> {
    js::get(&js::document(), "adoptedStyleSheets").map(|sheets| Array::from(&sheets))
}

fn adopted(rules: &str) -> Option<JsValue> {
    let sheets = sheets()?;
    let constructor: Function = js::get(&js::window(), "CSSStyleSheet")?.dyn_into().ok()?;
    let sheet = Reflect::construct(&constructor, &Array::new()).ok()?;
    js::call(&sheet, "replaceSync", &[rules.into()]).ok()?;
    sheets.push(&sheet);
    js::set(&js::document(), "adoptedStyleSheets", &sheets);
    Some(sheet)
}

fn element(rules: &str) -> Option<web_sys::Element> {
    let style = js::document().create_element("style").ok()?;
    style.set_text_content(Some(rules));
    js::document().body()?.append_child(&style).ok()?;
    Some(style)
}

impl Drop for Style {
    fn drop(&mut self) {
        match self {
            Self::Adopted(sheet) => {
                if let Some(sheets) = sheets() {
                    let others: Array = sheets.iter().filter(|other| !js_sys::Object::is(other, sheet)).collect();
                    js::set(&js::document(), "adoptedStyleSheets", &others);
                }
            }
            Self::Element(element) => element.remove(),
            Self::Missing => {}
        }
    }
}
