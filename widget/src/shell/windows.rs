//! The CRM's own windows: the settings window with its Save button, and the administrator's page.
//!
//! What the CRM promises about them is little (Kommo widget guide: saving settings), so each element of theirs is
//! looked for when it is needed and may be missing.

use super::Shell;
use crate::host;
use crate::js;
use crate::render::Mount;
use js_sys::{Function, Promise};
use kommo_voip_domain::panel::Event;
use wasm_bindgen::JsValue;
use web_sys::EventInit;

/// The manifest's settings field, and what the CRM keeps in it: proof that the settings were saved, nothing more.
const FIELD: &str = "voip";
const FIELD_VALUE: &str = r#"{"v":1}"#;

/// The CRM's open question whether the settings may be stored.
pub(super) struct Saving {
    fields: JsValue,
    answer: Function,
}

impl Shell {
    /// Opens the settings in the place the CRM made for them.
    pub(crate) fn open_form(&self, body: &web_sys::Element) {
        let place = ["#", &self.host.borrow().code(), "_custom_content"].concat();
        let place = body.query_selector(&place).ok().flatten().unwrap_or_else(|| body.clone());
        self.form.take();
        self.form.replace(Mount::new(&place, "settings", self.dispatcher()));
        self.dispatch(Event::FormOpened { users: host::users() });
    }

    /// Opens the journal in the place the CRM made for it.
    pub(crate) fn open_journal(&self) {
        let id = ["work-area-", &self.host.borrow().code()].concat();
        let Some(place) = js::document().get_element_by_id(&id) else { return };
        self.journal.take();
        self.journal.replace(Mount::new(&place, "journal", self.dispatcher()));
        self.dispatch(Event::JournalOpened { users: host::users() });
    }

    /// Takes the CRM's question whether the settings may be stored.
    pub(crate) fn save(&self, argument: &JsValue) -> Promise {
        let active = js::text(argument, "active").is_none_or(|active| !active.eq_ignore_ascii_case("n"));
        let fields = js::get(argument, "fields").unwrap_or_default();
        // Asked again before the first answer: the first question is void.
        self.finish_save(false);
        let promise = Promise::new(&mut |answer, _| {
            self.save.replace(Some(Saving { fields: fields.clone(), answer }));
        });
        self.dispatch(Event::SaveAsked { active });
        promise
    }

    pub(super) fn finish_save(&self, good: bool) {
        let Some(saving) = self.save.take() else { return };
        if good {
            js::set(&saving.fields, FIELD, &FIELD_VALUE.into());
        } else if let Some(button) = self.save_button() {
            // Stops the button's spinner and lets the person try again.
            for kind in ["button:save:error", "button:save:enable"] {
                tell(&button, kind);
            }
        }
        saving.answer.call1(&JsValue::UNDEFINED, &good.into()).map(drop).unwrap_or_default();
    }

    pub(super) fn save_button(&self) -> Option<web_sys::Element> {
        let form = self.form.borrow();
        let window = form.as_ref()?.root.closest(".modal").ok().flatten();
        match window {
            Some(window) => window.query_selector(".js-widget-save").ok().flatten(),
            None => js::document().get_element_by_id(&["save_", &self.host.borrow().code()].concat()),
        }
    }

    /// The CRM enables Save when a declared field changes; ours is the hidden one beside the form.
    pub(super) fn mark_changed(&self) {
        let id = [&self.host.borrow().code(), "_custom"].concat();
        if let Some(field) = js::document().get_element_by_id(&id) {
            tell(&field, "change");
        }
    }
}

/// Fires a bubbling event; the page's jQuery hears real events as well as its own.
fn tell(target: &web_sys::Element, kind: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    if let Ok(event) = web_sys::Event::new_with_event_init_dict(kind, &init) {
        target.dispatch_event(&event).map(drop).unwrap_or_default();
    }
}
