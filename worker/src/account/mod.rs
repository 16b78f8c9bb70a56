//! The Account object: one per Kommo account, the only writer of that account's data.
//!
//! It takes in what providers report ([`hook`]), decides and writes what Kommo gets ([`work`]), asks Kommo at a
//! measured pace ([`client`], [`slots`]), shows open widgets what happens ([`cards`], [`live`], [`missed`]), learns
//! what changed in Kommo ([`changes`], [`sweep`]), and works through call lists ([`call_list`]). Requests to one object interleave at every await; the unit of
//! atomicity is a stretch of code without one.

mod access;
mod act;
mod api;
mod call_list;
mod cards;
mod catch_up;
mod changes;
mod client;
mod directory;
mod grant;
mod history;
mod hook;
mod host;
mod identity;
mod intake;
mod limits;
mod live;
mod lookup;
mod missed;
mod provider;
mod provider_oauth;
mod reading;
mod recordings;
mod reply;
mod reseal;
mod restore;
mod rings;
mod route;
mod schedule;
mod self_test;
mod shared_slots;
mod single;
mod slots;
mod store;
mod subject;
mod sweep;
mod tokens;
pub mod uninstall;
mod voip;
mod work;

use crate::adapters::clock;
use crate::config::{Config, ConfigError};
use crate::gate::{self, Gate};
use crate::log;
use changes::OwnWrites;
use client::Breaker;
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::time::Moment;
use limits::Limits;
use rings::Rings;
use schedule::Schedule;
use self_test::AwaitedTests;
use single::Single;
use slots::Slots;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use store::{Store, StoreError};
use subject::NamedState;
use worker::{
    DurableObject, Env, Error, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage, durable_object,
};

/// What one awake object holds in memory. Everything here can be lost at any moment; what must not be is in `store`.
pub struct Hub {
    state: NamedState,
    env: Env,
    config: Rc<Config>,
    store: Store,
    slots: Slots,
    schedule: Schedule,
    breaker: Rc<Breaker>,
    /// Lanes that ring and wait for a look-up.
    rings: Rings,
    /// Lanes that are being worked off right now.
    busy: RefCell<HashSet<String>>,
    /// People whose call list is being worked on right now.
    dialling: RefCell<HashSet<UserId>>,
    /// One token renewal at a time.
    renewing: Single,
    /// When a renewal last failed although the access token still worked.
    renewal_failed: Cell<Moment>,
    /// One renewal of the telephony provider's tokens at a time.
    renewing_provider: Single,
    /// One reading of account, pipelines and users at a time.
    reading: Single,
    /// What we wrote to Kommo a moment ago.
    own_writes: OwnWrites,
    /// When the sweep last asked Kommo.
    last_sweep: Cell<Moment>,
    /// When a refused webhook was last written down.
    last_refusal: Cell<Moment>,
    /// What each sender has asked lately.
    limits: Limits,
    /// Test calls whose card a tab has not confirmed yet.
    awaited_tests: AwaitedTests,
}

/// Why the object cannot serve at all.
#[derive(Debug, thiserror::Error)]
enum WakeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hub {
    /// Opens everything the object works with; what it was opened from comes back when that fails.
    fn wake(state: State, env: Env) -> std::result::Result<Self, (WakeError, State, Env)> {
        match Self::open(&state, &env) {
            Ok((config, store, slots, breaker)) => Ok(Self {
                state: NamedState::of(state),
                env,
                limits: Limits::new(config.webhooks_per_second),
                config,
                store,
                slots,
                schedule: Schedule::default(),
                breaker,
                rings: Rings::default(),
                busy: RefCell::default(),
                dialling: RefCell::default(),
                renewing: Single::default(),
                renewal_failed: Cell::default(),
                renewing_provider: Single::default(),
                reading: Single::default(),
                own_writes: OwnWrites::default(),
                last_sweep: Cell::default(),
                last_refusal: Cell::default(),
                awaited_tests: AwaitedTests::default(),
            }),
            Err(error) => Err((error, state, env)),
        }
    }

    fn open(state: &State, env: &Env) -> std::result::Result<(Rc<Config>, Store, Slots, Rc<Breaker>), WakeError> {
        let config = Config::of_isolate(env)?;
        let store = Store::open(state)?;
        let breaker = Rc::<Breaker>::default();
        let recent = store.recent_sends(clock::now())?;
        let slots = Slots::new(&config, env, own_number(state), recent, &breaker);
        Ok((config, store, slots, breaker))
    }
}

/// Tells this object from the others at the gate: the beginning of its id, of which no two share 60 bits.
fn own_number(state: &State) -> i64 {
    let digit = |byte: u8| i64::from(if byte > b'9' { byte.wrapping_sub(87) } else { byte.wrapping_sub(b'0') } & 15);
    state.id().to_string().bytes().take(15).fold(0, |number, byte| (number << 4) | digit(byte))
}

/// The Durable Object; all it does is hand over to [`Hub`].
#[durable_object]
pub struct Account {
    parts: RefCell<Option<(State, Env)>>,
    hub: OnceCell<Rc<Hub>>,
    gate: OnceCell<Gate>,
}

impl Account {
    /// Everything is opened with the first event, not while the object is constructed: a wrong variable then fails
    /// that event with a clear answer instead of the whole object.
    fn hub(&self) -> Result<Rc<Hub>> {
        if let Some(hub) = self.hub.get() {
            return Ok(hub.clone());
        }
        let Some((state, env)) = self.parts.borrow_mut().take() else {
            return Err(Error::RustError("the account object could not wake".to_owned()));
        };
        match Hub::wake(state, env) {
            Ok(hub) => {
                live::answer_pings(&hub.state);
                Ok(self.hub.get_or_init(|| Rc::new(hub)).clone())
            }
            Err((error, state, env)) => {
                let account = state.id().name().and_then(|name| name.parse::<i64>().ok());
                let fields = [(log::ACCOUNT, account.into()), ("error", error.to_string().into())];
                log::error("the account object cannot wake", &fields);
                *self.parts.borrow_mut() = Some((state, env));
                Err(Error::RustError(error.to_string()))
            }
        }
    }

    /// The one object of the runtime's other class, which nothing else asks for.
    fn gate(&self) -> Result<&Gate> {
        if let Some((state, _)) = self.parts.borrow_mut().take() {
            return Ok(self.gate.get_or_init(|| Gate::new(state)));
        }
        self.gate.get().ok_or_else(|| Error::RustError("this object is no gate".to_owned()))
    }

    async fn closed(&self, socket: &WebSocket) -> Result<()> {
        let hub = self.hub()?;
        log::about(hub.subject(), async { hub.on_close(socket) }).await;
        Ok(())
    }
}

impl DurableObject for Account {
    fn new(state: State, env: Env) -> Self {
        Self { parts: RefCell::new(Some((state, env))), hub: OnceCell::new(), gate: OnceCell::new() }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        if request.path() == gate::PATH {
            return self.gate()?.serve(request).await;
        }
        let hub = self.hub()?;
        log::about(hub.subject(), hub.serve(request)).await
    }

    /// Never an error: the platform repeats a failing alarm seven times and then never again.
    async fn alarm(&self) -> Result<Response> {
        match self.hub() {
            Ok(hub) => log::about(hub.subject(), hub.on_alarm()).await,
            Err(error) => log::error("an alarm could not run", &[("error", error.to_string().into())]),
        }
        Response::empty()
    }

    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        let hub = self.hub()?;
        log::about(hub.subject(), async { hub.on_message(&socket, message) }).await;
        Ok(())
    }

    async fn websocket_close(&self, socket: WebSocket, _code: usize, _reason: String, _was_clean: bool) -> Result<()> {
        // The answering close is the platform's wish; a socket that is gone already refuses it, which is fine.
        let _ = socket.close(Some(1000), Some("bye"));
        self.closed(&socket).await
    }

    async fn websocket_error(&self, socket: WebSocket, _error: Error) -> Result<()> {
        self.closed(&socket).await
    }

    async fn connect(&self, _socket: worker::Socket) -> Result<()> {
        Err(Error::RustError("not a TCP service".to_owned()))
    }
}
