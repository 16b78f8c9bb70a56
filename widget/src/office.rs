//! What somebody opens now and then: the CRM's settings window with its Save button, and the administrator's page.
//!
//! What the CRM promises about them is little (Kommo widget guide: saving settings), so each element of theirs is
//! looked for when it is needed and may be missing.

use crate::effects::overlay::Overlay;
use crate::effects::{clipboard, file, navigation};
use crate::host::{self, JsHost};
use crate::js;
use crate::locale::day_starts;
use crate::render::Mount;
use crate::shell::{self, Front, Shell, Slot, now, worker};
use gloo::events::{EventListener, EventListenerOptions};
use js_sys::{Function, Promise};
use kommo_voip_domain::panel::{Effect, Event, Office as Model};
use kommo_voip_domain::time::Moment;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use web_sys::EventInit;

/// The manifest's settings field, and what the CRM keeps in it: proof that the settings were saved, nothing more.
const FIELD: &str = "voip";
const FIELD_VALUE: &str = r#"{"v":1}"#;

thread_local! {
    static OFFICE: RefCell<Option<std::rc::Rc<Shell<Office>>>> = const { RefCell::new(None) };
}

/// The CRM opened the settings window with this body.
#[wasm_bindgen]
pub fn settings(host: JsHost, body: web_sys::Element) {
    let shell = Shell::<Office>::of(host);
    let place = ["#", &shell.host().code(), "_custom_content"].concat();
    let place = body.query_selector(&place).ok().flatten().unwrap_or(body);
    shell.front.form.take();
    shell.front.form.replace(Mount::new(&place, "settings", shell.dispatcher()));
    shell.dispatch(Event::FormOpened { users: host::users() });
}

/// The CRM asks whether the settings may be stored; resolves to yes or no, and never rejects.
#[wasm_bindgen]
pub fn on_save(host: JsHost, argument: JsValue) -> Promise {
    let shell = Shell::<Office>::of(host);
    let active = js::text(&argument, "active").is_none_or(|active| !active.eq_ignore_ascii_case("n"));
    let fields = js::get(&argument, "fields").unwrap_or_default();
    // Asked again before the first answer: the first question is void.
    shell.front.finish_save(&shell, false);
    let promise = Promise::new(&mut |answer, _| {
        shell.front.save.replace(Some(Saving { fields: fields.clone(), answer }));
    });
    shell.dispatch(Event::SaveAsked { active });
    promise
}

/// The CRM opened the administrator's page.
#[wasm_bindgen]
pub fn advanced_settings(host: JsHost) {
    let shell = Shell::<Office>::of(host);
    let id = ["work-area-", &shell.host().code()].concat();
    let Some(place) = js::document().get_element_by_id(&id) else { return };
    shell.front.overlay.take();
    shell.front.journal.take();
    shell.front.journal.replace(Mount::new(&place, "journal", shell.dispatcher()));
    shell.dispatch(Event::JournalOpened { users: host::users(), starts: day_starts(), window: false });
}

/// Somebody wants to see the journal, on whatever page they are: it opens in a window over it. One that is open
/// already, or the administrator's page, stays.
#[wasm_bindgen]
pub fn journal(host: JsHost) {
    let shell = Shell::<Office>::of(host);
    let is_open = shell.front.journal.borrow().as_ref().is_some_and(Mount::stands);
    let Some(body) = js::document().body().filter(|_| !is_open) else { return };
    shell.front.overlay.replace(Some(Overlay::begin()));
    shell.front.journal.replace(Mount::new(&body, "journal", shell.dispatcher()));
    shell.dispatch(Event::JournalOpened { users: host::users(), starts: day_starts(), window: true });
    if let (Some(overlay), Some(mount)) = (&*shell.front.overlay.borrow(), &*shell.front.journal.borrow()) {
        overlay.enter(&mount.root);
    }
}

/// The other module says what the server said of a call.
#[wasm_bindgen]
pub fn call_changed(call: String) {
    if let Some(shell) = Shell::<Office>::running() {
        shell.dispatch(Event::CallChanged(call));
    }
}

/// The other module heard that an administrator saved the settings.
#[wasm_bindgen]
pub fn settings_changed(message: String) {
    if let Some(shell) = Shell::<Office>::running() {
        shell.dispatch(Event::SettingsChanged(message));
    }
}

/// The CRM takes the widget away.
#[wasm_bindgen]
pub fn destroy_office(host: JsHost) {
    Shell::<Office>::end(host);
}

/// The windows' part of the tab.
#[derive(Default)]
pub(crate) struct Office {
    model: RefCell<Model>,
    form: RefCell<Option<Mount>>,
    journal: RefCell<Option<Mount>>,
    /// Where the focus was, and what keeps it, while the journal is a window over the page.
    overlay: RefCell<Option<Overlay>>,
    file: RefCell<Option<file::Given>>,
    save: RefCell<Option<Saving>>,
    /// Has the browser ask before the page goes; there only while something would be lost.
    leaving: RefCell<Option<EventListener>>,
    /// Secret and addresses stand far above the Save button that made them: show them once they are drawn.
    reveal: Cell<bool>,
}

/// The CRM's open question whether the settings may be stored.
struct Saving {
    fields: JsValue,
    answer: Function,
}

impl Front for Office {
    const STYLE: &'static str =
        concat!(include_str!("style/shared.css"), include_str!("style/office.css"), include_str!("style/health.css"));

    fn slot() -> &'static Slot<Self> {
        &OFFICE
    }

    fn listen(shell: &Shell<Self>) -> Vec<EventListener> {
        vec![navigation::hear_connected(&worker(), shell.dispatcher())]
    }

    fn update(&self, event: Event, now: Moment) -> Vec<Effect> {
        self.model.borrow_mut().update(event, now)
    }

    fn carry_out(&self, effect: Effect, shell: &Shell<Self>) {
        match effect {
            Effect::Copy(text) => clipboard::copy(text),
            Effect::OpenAuthorisation => navigation::open_window(&[&worker(), "/oauth/start"].concat()),
            Effect::OpenWindow(url) => navigation::open_window(&url),
            Effect::MarkChanged => mark_changed(shell),
            Effect::WarnBeforeLeaving(warn) => drop(self.leaving.replace(warn.then(warn_before_leaving))),
            Effect::KeepWindowOpen(keep) => {
                self.reveal.set(keep);
                if let Some(button) = self.save_button(shell) {
                    let closes = if keep { "false" } else { "true" };
                    button.set_attribute("data-onsave-destroy-modal", closes).unwrap_or_default();
                }
            }
            Effect::FinishSave(good) => self.finish_save(shell, good),
            Effect::MarkCredentialsWrong => shell.host().mark_wrong(),
            Effect::SaveFile { name, text } => drop(self.file.replace(file::Given::save(&name, &text))),
            Effect::ShowSummary(call) => shell::tell_other("show_summary", call.as_str()),
            // Done by every module, or asked for by the other one only.
            Effect::Ask { .. }
            | Effect::StartTimer { .. }
            | Effect::StopTimer(_)
            | Effect::Notify { .. }
            | Effect::OpenSocket(_)
            | Effect::SendSocket(_)
            | Effect::CloseSocket
            | Effect::Ring(_)
            | Effect::KeepSound(_)
            | Effect::TellTabs(_)
            | Effect::AskToNotify
            | Effect::ShowNotification(_)
            | Effect::CloseNotification(_)
            | Effect::AddMissedCall(_)
            | Effect::FindDrafts
            | Effect::KeepDraft { .. }
            | Effect::JudgeNumber { .. }
            | Effect::Focus(_)
            | Effect::OpenCard { .. }
            | Effect::ShowJournal
            | Effect::TellCall(_)
            | Effect::TellSettings(_) => {}
        }
    }

    /// A window the CRM threw away is forgotten.
    fn draw(&self, shell: &Shell<Self>) {
        for (mount, closed) in [(&self.form, Event::FormClosed), (&self.journal, Event::JournalClosed)] {
            if mount.borrow().as_ref().is_some_and(|mount| !mount.stands()) {
                mount.take();
                let effects = self.update(closed, now());
                shell.carry_out_all(effects);
            }
        }
        let model = self.model.borrow();
        let form = shell.with_words(|texts, locale| model.form_view(texts, locale));
        if let (Some(mount), Some(view)) = (&*self.form.borrow(), form) {
            mount.show(view);
            let news = mount.root.query_selector(".kv-hook").ok().flatten();
            if let Some(news) = news.filter(|_| self.reveal.take()) {
                news.scroll_into_view_with_bool(false);
            }
        }
        let journal = shell.with_words(|texts, locale| model.journal_view(texts, locale));
        match journal {
            Some(view) => {
                if let Some(mount) = &*self.journal.borrow() {
                    mount.show(view);
                }
            }
            // Closed: the window goes, and the focus goes back to where it was.
            None => {
                self.journal.take();
                self.overlay.take();
            }
        }
    }

    fn end(&self, shell: &Shell<Self>) {
        self.finish_save(shell, false);
        self.leaving.take();
    }
}

impl Office {
    fn finish_save(&self, shell: &Shell<Self>, good: bool) {
        let Some(saving) = self.save.take() else { return };
        if good {
            js::set(&saving.fields, FIELD, &FIELD_VALUE.into());
        } else if let Some(button) = self.save_button(shell) {
            // Stops the button's spinner and lets the person try again.
            for kind in ["button:save:error", "button:save:enable"] {
                tell(&button, kind);
            }
        }
        saving.answer.call1(&JsValue::UNDEFINED, &good.into()).map(drop).unwrap_or_default();
    }

    fn save_button(&self, shell: &Shell<Self>) -> Option<web_sys::Element> {
        let form = self.form.borrow();
        let window = form.as_ref()?.root.closest(".modal").ok().flatten();
        match window {
            Some(window) => window.query_selector(".js-widget-save").ok().flatten(),
            None => js::document().get_element_by_id(&["save_", &shell.host().code()].concat()),
        }
    }
}

/// Browsers show words of their own; all a page may do is ask them to ask.
fn warn_before_leaving() -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&js::window(), "beforeunload", options, |event| {
        event.prevent_default();
        // What older browsers listen to.
        js::set(event, "returnValue", &"".into());
    })
}

/// The CRM enables Save when a declared field changes; ours is the hidden one beside the form.
fn mark_changed(shell: &Shell<Office>) {
    let id = [&shell.host().code(), "_custom"].concat();
    if let Some(field) = js::document().get_element_by_id(&id) {
        tell(&field, "change");
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
