//! Whether the CRM's page holds input that a change of the page would lose.
//!
//! What the page has saved cannot be seen from outside, so this errs on the side of the person: whatever was typed
//! into and still stands there with text counts as unsaved (Kommo widget guide: the page's own card, whose id is 0
//! while it is new).

use crate::js;
use gloo::events::{EventListener, EventListenerOptions, EventListenerPhase};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// The fields of the page a person has typed into.
#[derive(Clone, Default)]
pub(crate) struct Typed {
    fields: Rc<RefCell<Vec<Element>>>,
}

impl Typed {
    /// Notes which fields are typed into; our own know themselves what is unsaved.
    pub(crate) fn listen(&self) -> EventListener {
        let fields = Rc::clone(&self.fields);
        let options = EventListenerOptions { phase: EventListenerPhase::Capture, passive: true };
        EventListener::new_with_options(&js::document(), "input", options, move |event| {
            let field = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let Some(field) = field.filter(|field| !matches!(field.closest("[data-kv]"), Ok(Some(_)))) else { return };
            let mut fields = fields.borrow_mut();
            fields.retain(|known| known.is_connected() && *known != field);
            fields.push(field);
        })
    }

    /// Whether going elsewhere would lose something.
    pub(crate) fn is_unsaved(&self) -> bool {
        let focused = js::document().active_element().filter(is_field);
        is_new_card() || focused.iter().chain(&*self.fields.borrow()).any(has_text)
    }
}

fn is_field(element: &Element) -> bool {
    let editable = js::get(element, "isContentEditable").is_some_and(|editable| editable.is_truthy());
    editable || matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA")
}

fn has_text(field: &Element) -> bool {
    let text = js::text(field, "value").or_else(|| field.text_content());
    field.is_connected() && text.is_some_and(|text| !text.trim().is_empty())
}

fn is_new_card() -> bool {
    let id = js::path(&js::window(), &["APP", "data", "current_card", "id"]);
    id.is_some_and(|id: JsValue| id.as_f64() == Some(0.0) || id.as_string().as_deref() == Some("0"))
}
