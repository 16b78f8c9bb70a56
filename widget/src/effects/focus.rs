//! Leads the focus into the call summary and back to where it was.

use crate::js;
use kommo_voip_domain::panel::FocusOn;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// What is to be focused once it is drawn, and what was focused before.
#[derive(Default)]
pub(crate) struct Focus {
    wanted: Cell<Option<FocusOn>>,
    before: RefCell<Option<HtmlElement>>,
}

impl Focus {
    pub(crate) fn wish(&self, on: FocusOn) {
        self.wanted.set(Some(on));
    }

    /// After drawing, since before there may be nothing to focus.
    pub(crate) fn settle(&self, root: &Element) {
        match self.wanted.take() {
            Some(FocusOn::Opened { by_hand }) => {
                let active = active();
                let idle = active.as_ref().is_none_or(|active| active.tag_name() == "BODY");
                let window = root.query_selector("[data-kv=\"summary\"]").ok().flatten();
                let window = window.and_then(|window| window.dyn_into::<HtmlElement>().ok());
                // Whoever is typing goes on typing; the window is announced and waits.
                if let Some(window) = window.filter(|_| by_hand || idle) {
                    self.before.replace(active);
                    window.focus().unwrap_or_default();
                }
            }
            Some(FocusOn::Dialer) => {
                let field = root.query_selector("[data-kv=\"dialer\"] input").ok().flatten();
                if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
                    self.before.replace(active());
                    field.focus().unwrap_or_default();
                }
            }
            Some(FocusOn::Closed) => {
                // With the window its focus went; elsewhere the person may have put it somewhere since.
                let lost = active().is_none_or(|active| active.tag_name() == "BODY");
                if let Some(before) = self.before.take().filter(|before| lost && before.is_connected()) {
                    before.focus().unwrap_or_default();
                }
            }
            None => {}
        }
    }
}

fn active() -> Option<HtmlElement> {
    js::document().active_element().and_then(|active| active.dyn_into().ok())
}
