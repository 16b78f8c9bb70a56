//! What every page of the CRM carries: the live connection, the call cards and the call summary.

mod alerts;

use crate::effects::focus::Focus;
use crate::effects::numbers;
use crate::effects::phone_button::PhoneButton;
use crate::effects::socket::Socket;
use crate::effects::unsaved::Typed;
use crate::effects::{drafts, navigation};
use crate::host::{self, JsHost};
use crate::js;
use crate::render::Mount;
use crate::shell::{self, Front, Shell, Slot, now, who};
use alerts::Alerts;
use gloo::events::EventListener;
use kommo_voip_domain::ids::{CallId, EntityKind};
use kommo_voip_domain::panel::{CallListEvent, DialerEvent, Effect, Event, Panel, SummaryEvent, Text, Timer};
use kommo_voip_domain::time::Moment;
use std::cell::{OnceCell, RefCell};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

thread_local! {
    static PAGE: RefCell<Option<std::rc::Rc<Shell<Page>>>> = const { RefCell::new(None) };
}

/// The CRM draws a page: at the first one, and again after every navigation.
#[wasm_bindgen]
pub fn render(host: JsHost) {
    let shell = Shell::<Page>::of(host);
    // Whose card the page shows decides what can be put on the call list from here.
    shell.dispatch(Event::CallList(CallListEvent::PageShown(path())));
    shell.draw();
}

/// The CRM starts the widget: from here on calls are shown.
#[wasm_bindgen]
pub fn init(host: JsHost) {
    let shell = Shell::<Page>::of(host);
    shell.front.offer_dialer(&shell);
    Page::learn_alerts(&shell);
    shell.dispatch(presence());
    shell.dispatch(Event::Started);
}

/// The settings were stored, or the widget was switched off.
#[wasm_bindgen]
pub fn saved(host: JsHost, active: bool) {
    Shell::<Page>::of(host).dispatch(Event::Saved { active });
}

/// A number in the page was clicked; the CRM says which. It keeps calling after the widget went: then nobody is there.
#[wasm_bindgen]
pub fn dial(_host: JsHost, data: JsValue) {
    let Some(shell) = Shell::<Page>::running() else { return };
    let phone = js::get(&data, "value").and_then(|value| value.as_string()).unwrap_or_default();
    shell.dispatch(Event::NumberClicked { phone, page: path() });
}

/// The menu of a list of contacts or leads was used; the CRM says which rows are ticked.
#[wasm_bindgen]
pub fn selected(host: JsHost, told: JsValue) {
    let area = match js::text(&told, "area").as_deref() {
        Some("contacts") => EntityKind::Contacts,
        Some("leads") => EntityKind::Leads,
        _ => return,
    };
    let rows = js::get(&told, "rows").and_then(|rows| js::json(&rows)).unwrap_or_default();
    Shell::<Page>::of(host).dispatch(Event::CallList(CallListEvent::Ticked { area, rows }));
}

/// The other module asks for the summary of a call.
#[wasm_bindgen]
pub fn show_summary(call: String) {
    if let Some(shell) = Shell::<Page>::running() {
        shell.dispatch(Event::Summary(SummaryEvent::Open(CallId(call))));
    }
}

/// The CRM takes the widget away. An older instance that goes after a newer one came takes nothing with it.
#[wasm_bindgen]
pub fn destroy(host: JsHost) {
    Shell::<Page>::end(host);
}

/// The page's part of the tab.
#[derive(Default)]
pub(crate) struct Page {
    panel: RefCell<Panel>,
    root: RefCell<Option<Mount>>,
    button: RefCell<Option<PhoneButton>>,
    socket: RefCell<Option<Socket>>,
    alerts: OnceCell<Alerts>,
    focus: Focus,
    typed: Typed,
}

impl Front for Page {
    const STYLE: &'static str =
        concat!(include_str!("style/shared.css"), include_str!("style/page.css"), include_str!("style/dialer.css"));

    fn slot() -> &'static Slot<Self> {
        &PAGE
    }

    fn listen(shell: &Shell<Self>) -> Vec<EventListener> {
        let (window, document) = (js::window(), js::document());
        let online = shell.dispatcher();
        let mut listeners = vec![
            EventListener::new(&window, "online", move |_| online(Event::Online)),
            navigation::follow_links(),
            shell.front.typed.listen(),
        ];
        for kind in ["focus", "blur"] {
            let told = shell.dispatcher();
            listeners.push(EventListener::new(&window, kind, move |_| told(presence())));
        }
        let told = shell.dispatcher();
        listeners.push(EventListener::new(&document, "visibilitychange", move |_| {
            told(alerts::permission());
            told(presence());
        }));
        listeners
    }

    fn update(&self, event: Event, now: Moment) -> Vec<Effect> {
        self.panel.borrow_mut().update(event, now)
    }

    fn fired(&self, timer: Timer) -> Event {
        if timer == Timer::Tick { Event::Ticked { held: self.held() } } else { Event::TimerFired(timer) }
    }

    fn carry_out(&self, effect: Effect, shell: &Shell<Self>) {
        match effect {
            Effect::OpenSocket(url) => {
                let socket = Socket::open(&url, shell.dispatcher());
                if socket.is_none() {
                    shell.dispatch(Event::SocketClosed { code: 0 });
                }
                self.socket.replace(socket);
            }
            Effect::SendSocket(text) => {
                if let Some(socket) = &*self.socket.borrow() {
                    socket.send(&text);
                }
            }
            Effect::CloseSocket => drop(self.socket.take()),
            Effect::Ring(volume) => self.alerts(shell).set_volume(volume),
            Effect::KeepSound(sound) => alerts::keep_sound(sound),
            Effect::TellTabs(tidings) => {
                let told = self.panel.borrow().is_live();
                self.alerts(shell).tell(&tidings, told);
            }
            Effect::AskToNotify => Self::ask_to_notify(shell),
            Effect::ShowNotification(call) => self.show_notification(call, shell),
            Effect::CloseNotification(call) => self.alerts(shell).close_notification(&call),
            Effect::AddMissedCall(call) => shell.with_words(|texts, _| {
                host::add_call(&texts.with(Text::NoticeMissed, &[("from", &call.from)]), &call);
            }),
            Effect::FindDrafts => shell.dispatch(Event::Summary(SummaryEvent::Found(drafts::find(&who())))),
            Effect::KeepDraft { call, draft } => drafts::keep(&who(), &call, draft),
            Effect::Focus(on) => self.focus.wish(on),
            Effect::JudgeNumber { version, text, region } => {
                let view = numbers::judge(&text, &region);
                shell.dispatch(Event::Dialer(DialerEvent::Judged { version, view }));
            }
            Effect::OpenCard { call, path } => {
                let root = self.root.borrow();
                if let Some(mount) = root.as_ref().filter(|_| !self.typed.is_unsaved() && !settings_stand()) {
                    self.alerts(shell).open_card(&mount.root, &call, path);
                }
            }
            Effect::ShowJournal => shell::tell_other("journal", ""),
            Effect::TellCall(call) => shell::tell_other("call_changed", &call),
            Effect::TellSettings(message) => shell::tell_other("settings_changed", &message),
            // Done by every module, or asked for by the other one only.
            Effect::Ask { .. }
            | Effect::StartTimer { .. }
            | Effect::StopTimer(_)
            | Effect::Notify { .. }
            | Effect::Copy(_)
            | Effect::OpenAuthorisation
            | Effect::OpenWindow(_)
            | Effect::MarkChanged
            | Effect::WarnBeforeLeaving(_)
            | Effect::KeepWindowOpen(_)
            | Effect::FinishSave(_)
            | Effect::MarkCredentialsWrong
            | Effect::SaveFile { .. }
            | Effect::ShowSummary(_) => {}
        }
    }

    /// The CRM may have thrown away what we had in its page: then the root comes back.
    fn draw(&self, shell: &Shell<Self>) {
        let stands = self.root.borrow().as_ref().is_some_and(Mount::stands);
        if let (false, Some(body)) = (stands, js::document().body()) {
            self.root.replace(Mount::new(&body, "root", shell.dispatcher()));
        }
        if let Some(mount) = &*self.root.borrow() {
            mount.show(shell.with_words(|texts, locale| self.panel.borrow().card_view(texts, locale, now())));
            self.focus.settle(&mount.root);
            self.alerts(shell).drag.settle(&mount.root);
        }
        self.alerts(shell).title.show(shell.with_words(|texts, _| self.panel.borrow().title(texts, now())));
        self.tend_ring(shell);
    }
}

impl Page {
    /// Puts the telephone button into the CRM's menu, once; an older one of ours goes first.
    fn offer_dialer(&self, shell: &Shell<Self>) {
        drop(self.button.take());
        self.button.replace(PhoneButton::show(&shell.host(), shell.dispatcher()));
    }

    /// The cards under the person's pointer or focus.
    fn held(&self) -> Vec<CallId> {
        let root = self.root.borrow();
        let query = "[data-kv=\"call-card\"]:hover, [data-kv=\"call-card\"]:focus-within";
        let found = root.as_ref().and_then(|mount| mount.root.query_selector_all(query).ok());
        let ids = found.into_iter().flat_map(|list| (0..list.length()).filter_map(move |index| list.get(index)));
        ids.filter_map(|card| card.dyn_into::<web_sys::Element>().ok())
            .filter_map(|card| card.get_attribute("data-call-id"))
            .map(CallId)
            .collect()
    }
}

/// Whether the settings window is open: somebody works in it.
fn settings_stand() -> bool {
    js::document().query_selector("[data-kv=\"settings\"]").is_ok_and(|found| found.is_some())
}

/// The path of the CRM's page.
fn path() -> String {
    js::window().location().pathname().unwrap_or_default()
}

fn presence() -> Event {
    let document = js::document();
    Event::PresenceChanged { visible: !document.hidden(), focused: document.has_focus().unwrap_or(false) }
}
