//! The tab's one widget: events go to the panel, its effects are carried out, its views are drawn.
//!
//! Everything that lives in the browser on our behalf is owned by the [`Shell`]; when it goes, all of it goes.
//! Whatever the browser calls later (a listener, a timer, an answer) holds only a weak reference and finds nobody.

mod windows;

use crate::effects::focus::Focus;
use crate::effects::http::{self, Tokens};
use crate::effects::ring::Ring;
use crate::effects::socket::Socket;
use crate::effects::style::Style;
use crate::effects::timers::Timers;
use crate::effects::unsaved::Typed;
use crate::effects::{clipboard, drafts, navigation};
use crate::host::{self, Host, JsHost};
use crate::js;
use crate::locale::BrowserLocale;
use crate::render::Mount;
use gloo::events::EventListener;
use kommo_voip_domain::ids::CallId;
use kommo_voip_domain::panel::{ApiRequest, Effect, Event, Panel, Question, SummaryEvent, Text, Texts, Timer};
use kommo_voip_domain::protocol::NoticeLevel;
use kommo_voip_domain::time::Moment;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use wasm_bindgen::{JsCast, JsValue};
use windows::Saving;

thread_local! {
    static WORKER: RefCell<String> = const { RefCell::new(String::new()) };
    static SHELL: RefCell<Option<Rc<Shell>>> = const { RefCell::new(None) };
}

/// Where the Worker is.
pub(crate) fn set_worker(url: &str) {
    WORKER.with_borrow_mut(|worker| *worker = url.to_owned());
}

fn worker() -> String {
    WORKER.with_borrow(String::clone)
}

/// The running widget.
pub(crate) struct Shell {
    me: Weak<Shell>,
    host: RefCell<Host>,
    texts: RefCell<Texts>,
    locale: RefCell<BrowserLocale>,
    panel: RefCell<Panel>,
    queue: RefCell<VecDeque<Event>>,
    busy: Cell<bool>,
    over: Cell<bool>,
    /// Secret and addresses stand far above the Save button that made them: show them once they are drawn.
    reveal: Cell<bool>,
    cards: RefCell<Option<Mount>>,
    form: RefCell<Option<Mount>>,
    journal: RefCell<Option<Mount>>,
    save: RefCell<Option<Saving>>,
    socket: RefCell<Option<Socket>>,
    timers: RefCell<Timers>,
    ring: RefCell<Option<Ring>>,
    tokens: Rc<Tokens>,
    focus: Focus,
    typed: Typed,
    listeners: RefCell<Vec<EventListener>>,
    _style: Style,
}

impl Shell {
    /// The tab's widget, made when there is none; a new instance of the widget object takes over the old one's.
    pub(crate) fn of(host: JsHost) -> Rc<Self> {
        let host = Host::new(host);
        let known = SHELL.with_borrow(Clone::clone);
        let shell = known.unwrap_or_else(|| Self::start(host.clone()));
        if !shell.host.borrow().is(&host) {
            shell.host.replace(host);
        }
        shell.learn_language();
        shell
    }

    /// Takes a click on a number in the page. The CRM keeps calling after the widget went: then nobody is there.
    pub(crate) fn click_number(data: &JsValue) {
        let Some(shell) = SHELL.with_borrow(Clone::clone) else { return };
        let phone = js::get(data, "value").and_then(|value| value.as_string()).unwrap_or_default();
        let page = js::window().location().pathname().unwrap_or_default();
        shell.dispatch(Event::NumberClicked { phone, page });
    }

    /// Ends the tab's widget, if this instance is the one it belongs to.
    pub(crate) fn end(host: &Host) {
        let mine = SHELL.with_borrow(|shell| shell.as_ref().is_some_and(|shell| shell.host.borrow().is(host)));
        if !mine {
            return;
        }
        if let Some(shell) = SHELL.with_borrow_mut(Option::take) {
            shell.over.set(true);
            shell.listeners.borrow_mut().clear();
            shell.finish_save(false);
        }
    }

    fn start(host: Host) -> Rc<Self> {
        let shell = Rc::new_cyclic(|me| Self {
            me: me.clone(),
            host: RefCell::new(host),
            texts: RefCell::default(),
            locale: RefCell::new(BrowserLocale(String::new())),
            panel: RefCell::default(),
            queue: RefCell::default(),
            busy: Cell::new(false),
            over: Cell::new(false),
            reveal: Cell::new(false),
            cards: RefCell::default(),
            form: RefCell::default(),
            journal: RefCell::default(),
            save: RefCell::default(),
            socket: RefCell::default(),
            timers: RefCell::default(),
            ring: RefCell::default(),
            tokens: Rc::default(),
            focus: Focus::default(),
            typed: Typed::default(),
            listeners: RefCell::default(),
            _style: Style::adopt(),
        });
        shell.listen();
        SHELL.with_borrow_mut(|known| *known = Some(Rc::clone(&shell)));
        shell.dispatch(presence());
        shell
    }

    fn learn_language(&self) {
        let texts = self.host.borrow().texts();
        self.locale.replace(BrowserLocale(host::language(texts.get(Text::Locale))));
        self.texts.replace(texts);
    }

    /// A way back to this widget that does nothing once it is over.
    fn dispatcher(&self) -> impl Fn(Event) + Clone + 'static {
        let me = self.me.clone();
        move |event| {
            if let Some(shell) = me.upgrade() {
                shell.dispatch(event);
            }
        }
    }

    fn listen(&self) {
        let (window, document) = (js::window(), js::document());
        let online = self.dispatcher();
        let mut listeners = vec![
            EventListener::new(&window, "online", move |_| online(Event::Online)),
            navigation::hear_connected(&worker(), self.dispatcher()),
            navigation::follow_links(),
            self.typed.listen(),
        ];
        for kind in ["focus", "blur"] {
            let told = self.dispatcher();
            listeners.push(EventListener::new(&window, kind, move |_| told(presence())));
        }
        let told = self.dispatcher();
        listeners.push(EventListener::new(&document, "visibilitychange", move |_| told(presence())));
        self.listeners.replace(listeners);
    }

    /// Takes an event in; one that comes while another is worked on waits its turn.
    pub(crate) fn dispatch(&self, event: Event) {
        self.queue.borrow_mut().push_back(event);
        if self.busy.replace(true) {
            return;
        }
        loop {
            // Not in the loop's head: the queue must be free while the event is worked on.
            let next = self.queue.borrow_mut().pop_front();
            let Some(event) = next.filter(|_| !self.over.get()) else { break };
            let effects = self.panel.borrow_mut().update(event, now());
            for effect in effects {
                self.carry_out(effect);
            }
        }
        self.busy.set(false);
        self.draw();
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Ask { question, request } => self.ask(question, request),
            Effect::OpenSocket(url) => {
                let socket = Socket::open(&url, self.dispatcher());
                if socket.is_none() {
                    self.dispatch(Event::SocketClosed { code: 0 });
                }
                self.socket.replace(socket);
            }
            Effect::SendSocket(text) => {
                if let Some(socket) = &*self.socket.borrow() {
                    socket.send(&text);
                }
            }
            Effect::CloseSocket => drop(self.socket.take()),
            Effect::StartTimer { timer, after, spread } => {
                let me = self.me.clone();
                self.timers.borrow_mut().start(timer, after, spread, move || {
                    if let Some(shell) = me.upgrade() {
                        shell.dispatch(shell.fired(timer));
                    }
                });
            }
            Effect::StopTimer(timer) => self.timers.borrow_mut().stop(timer),
            Effect::Ring(on) => {
                let name = ["kommo-voip-ring:", &who()].concat();
                drop(self.ring.replace(if on { Ring::start(&name) } else { None }));
            }
            Effect::Copy(text) => clipboard::copy(text),
            Effect::OpenAuthorisation => navigation::open_window(&[&worker(), "/oauth/start"].concat()),
            Effect::OpenWindow(url) => navigation::open_window(&url),
            Effect::MarkChanged => self.mark_changed(),
            Effect::KeepWindowOpen(keep) => {
                self.reveal.set(keep);
                if let Some(button) = self.save_button() {
                    let closes = if keep { "false" } else { "true" };
                    button.set_attribute("data-onsave-destroy-modal", closes).unwrap_or_default();
                }
            }
            Effect::FinishSave(good) => self.finish_save(good),
            Effect::MarkCredentialsWrong => self.host.borrow().mark_wrong(),
            Effect::Notify { level, message } => {
                let texts = self.texts.borrow();
                let is_error = level == NoticeLevel::Error;
                host::notify(texts.get(Text::NoticeTitle), &message.words(&texts), is_error);
            }
            Effect::AddMissedCall(call) => {
                let text = self.texts.borrow().with(Text::NoticeMissed, &[("from", &call.from)]);
                host::add_call(&text, &call);
            }
            Effect::FindDrafts => {
                self.queue.borrow_mut().push_back(Event::Summary(SummaryEvent::Found(drafts::find(&who()))));
            }
            Effect::KeepDraft { call, draft } => drafts::keep(&who(), &call, draft),
            Effect::Focus(on) => self.focus.wish(on),
            Effect::OpenCard(path) => {
                let cards = self.cards.borrow();
                if let Some(mount) = cards.as_ref().filter(|_| !self.typed.is_unsaved()) {
                    navigation::open_card(&mount.root, &path);
                }
            }
        }
    }

    fn ask(&self, question: Question, request: ApiRequest) {
        let dispatch = self.dispatcher();
        let (tokens, integration) = (Rc::clone(&self.tokens), self.host.borrow().integration());
        wasm_bindgen_futures::spawn_local(async move {
            let outcome = http::ask(request, &worker(), integration, &tokens).await;
            dispatch(Event::Answered { question, outcome });
        });
    }

    fn fired(&self, timer: Timer) -> Event {
        if timer == Timer::Tick { Event::Ticked { held: self.held() } } else { Event::TimerFired(timer) }
    }

    /// The cards under the person's pointer or focus.
    fn held(&self) -> Vec<CallId> {
        let cards = self.cards.borrow();
        let query = "[data-kv=\"call-card\"]:hover, [data-kv=\"call-card\"]:focus-within";
        let found = cards.as_ref().and_then(|mount| mount.root.query_selector_all(query).ok());
        let ids = found.into_iter().flat_map(|list| (0..list.length()).filter_map(move |index| list.get(index)));
        ids.filter_map(|card| card.dyn_into::<web_sys::Element>().ok())
            .filter_map(|card| card.get_attribute("data-call-id"))
            .map(CallId)
            .collect()
    }

    /// Shows everything as it is now. The CRM may have thrown away what we had in its page: the root comes back, a
    /// closed window is forgotten.
    pub(crate) fn draw(&self) {
        if self.over.get() || self.busy.get() {
            return;
        }
        let (texts, locale) = (self.texts.borrow(), self.locale.borrow());
        self.ensure_root();
        if let Some(mount) = &*self.cards.borrow() {
            mount.show(self.panel.borrow().card_view(&texts, &*locale, now()));
            self.focus.settle(&mount.root);
        }
        if gone(&self.form) {
            self.form.take();
            let effects = self.panel.borrow_mut().update(Event::FormClosed, now());
            effects.into_iter().for_each(|effect| self.carry_out(effect));
        }
        if gone(&self.journal) {
            self.journal.take();
            self.panel.borrow_mut().update(Event::JournalClosed, now());
        }
        if let (Some(mount), Some(view)) = (&*self.form.borrow(), self.panel.borrow().form_view(&texts, &*locale)) {
            mount.show(view);
            let news = mount.root.query_selector(".kv-hook").ok().flatten();
            if let Some(news) = news.filter(|_| self.reveal.take()) {
                news.scroll_into_view_with_bool(false);
            }
        }
        if let (Some(mount), Some(view)) = (&*self.journal.borrow(), self.panel.borrow().journal_view(&texts, &*locale))
        {
            mount.show(view);
        }
    }

    fn ensure_root(&self) {
        let stands = self.cards.borrow().as_ref().is_some_and(Mount::stands);
        if let (false, Some(body)) = (stands, js::document().body()) {
            self.cards.replace(Mount::new(&body, "root", self.dispatcher()));
        }
    }
}

fn gone(mount: &RefCell<Option<Mount>>) -> bool {
    mount.borrow().as_ref().is_some_and(|mount| !mount.stands())
}

fn presence() -> Event {
    let document = js::document();
    Event::PresenceChanged { visible: !document.hidden(), focused: document.has_focus().unwrap_or(false) }
}

fn now() -> Moment {
    Moment(js_sys::Date::now() as i64)
}

/// Account and user, for names that several of them share a browser with.
fn who() -> String {
    let host = js::window().location().host().unwrap_or_default();
    let user = js::get(&js::window(), "APP")
        .and_then(|app| js::call(&app, "constant", &["user".into()]).ok())
        .and_then(|user| js::get(&user, "id"))
        .map(|id| id.as_string().or_else(|| id.as_f64().map(|id| (id as i64).to_string())).unwrap_or_default());
    [host.as_str(), ":", &user.unwrap_or_default()].concat()
}
