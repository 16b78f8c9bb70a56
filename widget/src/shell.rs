//! What both modules are made of: events go to the model, its effects are carried out, its views are drawn.
//!
//! Everything that lives in the browser on our behalf is owned by a [`Shell`]; when it goes, all of it goes. Whatever
//! the browser calls later (a listener, a timer, an answer) holds only a weak reference and finds nobody.

use crate::effects::http::{self, Tokens};
use crate::effects::style::Style;
use crate::effects::timers::Timers;
use crate::host::{self, Host, JsHost};
use crate::js;
use crate::locale::BrowserLocale;
use gloo::events::EventListener;
use js_sys::Function;
use kommo_voip_domain::panel::{ApiRequest, Effect, Event, Question, Text, Texts, Timer};
use kommo_voip_domain::time::Moment;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::thread::LocalKey;
use wasm_bindgen::JsValue;

thread_local! {
    static WORKER: RefCell<String> = const { RefCell::new(String::new()) };
    static TELL: RefCell<Option<Function>> = const { RefCell::new(None) };
}

pub(crate) fn configure(worker: &str, tell: Function) {
    WORKER.with_borrow_mut(|known| *known = worker.to_owned());
    TELL.with_borrow_mut(|known| *known = Some(tell));
}

/// Where the Worker is.
pub(crate) fn worker() -> String {
    WORKER.with_borrow(String::clone)
}

/// Calls an export of the other module, if that is there.
pub(crate) fn tell_other(export: &str, argument: &str) {
    let tell = TELL.with_borrow(Clone::clone);
    if let Some(tell) = tell {
        tell.call2(&JsValue::UNDEFINED, &export.into(), &argument.into()).map(drop).unwrap_or_default();
    }
}

/// Where a tab keeps its shell.
pub(crate) type Slot<F> = LocalKey<RefCell<Option<Rc<Shell<F>>>>>;

/// What a module does differently from the other one.
pub(crate) trait Front: Default + Sized + 'static {
    /// The module's own rules.
    const STYLE: &'static str;

    /// Where the tab keeps it.
    fn slot() -> &'static Slot<Self>;

    /// Listens to the browser; called once.
    fn listen(shell: &Shell<Self>) -> Vec<EventListener>;

    /// Lets the model take in what happened.
    fn update(&self, event: Event, now: Moment) -> Vec<Effect>;

    /// What a timer that ran out means.
    fn fired(&self, timer: Timer) -> Event {
        Event::TimerFired(timer)
    }

    /// Carries out what not every module does.
    fn carry_out(&self, effect: Effect, shell: &Shell<Self>);

    /// Shows everything as it is now.
    fn draw(&self, shell: &Shell<Self>);

    /// The module ends.
    fn end(&self, _shell: &Shell<Self>) {}
}

/// The running module of a tab.
pub(crate) struct Shell<F: Front> {
    me: Weak<Shell<F>>,
    pub(crate) front: F,
    host: RefCell<Host>,
    texts: RefCell<Texts>,
    locale: RefCell<BrowserLocale>,
    queue: RefCell<VecDeque<Event>>,
    busy: Cell<bool>,
    over: Cell<bool>,
    timers: RefCell<Timers>,
    tokens: Rc<Tokens>,
    listeners: RefCell<Vec<EventListener>>,
    _style: Style,
}

impl<F: Front> Shell<F> {
    /// The tab's module, made when there is none; a new instance of the widget object takes over the old one's.
    pub(crate) fn of(host: JsHost) -> Rc<Self> {
        let host = Host::new(host);
        let shell = Self::running().unwrap_or_else(|| Self::start(host.clone()));
        if !shell.host.borrow().is(&host) {
            shell.host.replace(host);
        }
        shell.learn_language();
        shell
    }

    /// The tab's module, if it runs.
    pub(crate) fn running() -> Option<Rc<Self>> {
        F::slot().with_borrow(Clone::clone)
    }

    /// Ends the tab's module, if this instance is the one it belongs to.
    pub(crate) fn end(host: JsHost) {
        let host = Host::new(host);
        let mine = F::slot().with_borrow(|shell| shell.as_ref().is_some_and(|shell| shell.host.borrow().is(&host)));
        if !mine {
            return;
        }
        if let Some(shell) = F::slot().with_borrow_mut(Option::take) {
            shell.over.set(true);
            shell.listeners.borrow_mut().clear();
            shell.front.end(&shell);
        }
    }

    fn start(host: Host) -> Rc<Self> {
        let shell = Rc::new_cyclic(|me| Self {
            me: me.clone(),
            front: F::default(),
            host: RefCell::new(host),
            texts: RefCell::default(),
            locale: RefCell::new(BrowserLocale(String::new())),
            queue: RefCell::default(),
            busy: Cell::new(false),
            over: Cell::new(false),
            timers: RefCell::default(),
            tokens: Rc::default(),
            listeners: RefCell::default(),
            _style: Style::adopt(F::STYLE),
        });
        let listeners = F::listen(&shell);
        shell.listeners.replace(listeners);
        F::slot().with_borrow_mut(|known| *known = Some(Rc::clone(&shell)));
        shell
    }

    fn learn_language(&self) {
        let texts = self.host.borrow().texts();
        self.locale.replace(BrowserLocale(host::language(texts.get(Text::Locale))));
        self.texts.replace(texts);
    }

    /// The CRM's widget object.
    pub(crate) fn host(&self) -> Host {
        self.host.borrow().clone()
    }

    /// Shows something in the person's language.
    pub(crate) fn with_words<T>(&self, show: impl FnOnce(&Texts, &BrowserLocale) -> T) -> T {
        show(&self.texts.borrow(), &self.locale.borrow())
    }

    /// A way back to this module that does nothing once it is over.
    pub(crate) fn dispatcher(&self) -> impl Fn(Event) + Clone + 'static {
        let me = self.me.clone();
        move |event| {
            if let Some(shell) = me.upgrade() {
                shell.dispatch(event);
            }
        }
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
            let effects = self.front.update(event, now());
            self.carry_out_all(effects);
        }
        self.busy.set(false);
        self.draw();
    }

    /// Carries out what is to be done.
    pub(crate) fn carry_out_all(&self, effects: Vec<Effect>) {
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Ask { question, request } => self.ask(question, request),
            Effect::StartTimer { timer, after, spread } => {
                let me = self.me.clone();
                self.timers.borrow_mut().start(timer, after, spread, move || {
                    if let Some(shell) = me.upgrade() {
                        shell.dispatch(shell.front.fired(timer));
                    }
                });
            }
            Effect::StopTimer(timer) => self.timers.borrow_mut().stop(timer),
            Effect::Notify { level, message } => self.with_words(|texts, _| {
                host::notify(texts.get(Text::NoticeTitle), &message.words(texts), level);
            }),
            other => self.front.carry_out(other, self),
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

    /// Shows everything as it is now.
    pub(crate) fn draw(&self) {
        if !self.over.get() && !self.busy.get() {
            self.front.draw(self);
        }
    }
}

/// The browser's clock.
pub(crate) fn now() -> Moment {
    Moment(js_sys::Date::now() as i64)
}

/// Account and user, for names that several of them share a browser with.
pub(crate) fn who() -> String {
    let host = js::window().location().host().unwrap_or_default();
    let user = js::get(&js::window(), "APP")
        .and_then(|app| js::call(&app, "constant", &["user".into()]).ok())
        .and_then(|user| js::get(&user, "id"))
        .map(|id| id.as_string().or_else(|| id.as_f64().map(|id| (id as i64).to_string())).unwrap_or_default());
    [host.as_str(), ":", &user.unwrap_or_default()].concat()
}
