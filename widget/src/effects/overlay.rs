//! The focus while a window of ours stands over the page: it begins in the window, stays in it, and goes back to where
//! it was.
//!
//! Cards and call summary stand above the window and stay within reach: a call can be taken at any time.

use crate::js;
use gloo::events::{EventListener, EventListenerOptions};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// What the person can go to while the window is open: what is ours, and what the CRM opens above it.
const WITHIN_REACH: &str = "[data-kv=\"root\"], [role=\"dialog\"], .modal";

/// Dropping it lets the focus go.
pub(crate) struct Overlay {
    before: Option<HtmlElement>,
    window: Rc<RefCell<Option<HtmlElement>>>,
    _listener: EventListener,
}

impl Overlay {
    /// Remembers where the focus is.
    pub(crate) fn begin() -> Self {
        let window = Rc::new(RefCell::new(None::<HtmlElement>));
        let kept = Rc::clone(&window);
        let options = EventListenerOptions::run_in_capture_phase();
        let document = js::document();
        let listener = EventListener::new_with_options(&document, "focusin", options, move |event| {
            let to = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let strays = to.is_some_and(|to| to.closest(WITHIN_REACH).ok().flatten().is_none());
            if let Some(window) = kept.borrow().clone().filter(|_| strays) {
                // Not at once: the browser is still moving the focus, and would call this listener within itself.
                wasm_bindgen_futures::spawn_local(async move { window.focus().unwrap_or_default() });
            }
        });
        let before = js::document().active_element().and_then(|active| active.dyn_into().ok());
        Self { before, window, _listener: listener }
    }

    /// Leads the focus into the window, which is drawn by now.
    pub(crate) fn enter(&self, root: &Element) {
        let found = root.query_selector("[role=\"dialog\"]").ok().flatten();
        if let Some(window) = found.and_then(|window| window.dyn_into::<HtmlElement>().ok()) {
            window.focus().unwrap_or_default();
            self.window.replace(Some(window));
        }
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        self.window.take();
        if let Some(before) = self.before.take().filter(|before| before.is_connected()) {
            before.focus().unwrap_or_default();
        }
    }
}
