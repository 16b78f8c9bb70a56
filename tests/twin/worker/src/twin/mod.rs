//! The rest of the world: time, chance, the network, life and death.
//!
//! A world stands on one thread, in a runtime of `tokio` whose clock is stopped: whatever waits, waits by that clock,
//! which goes on when nobody has anything left to do. How long the platform takes for anything is drawn from the
//! world's seed, and with it the order in which everything interleaves.

mod dice;
mod life;
mod object;
mod platform;
mod setup;

pub use dice::Dice;
pub use life::{Awake, Life, awake};
pub use object::Object;
pub use platform::{
    Bound, body, bound_number, bound_text, fill_random, json_of, now_millis, rows, run, transaction_sync,
};
pub use setup::{Death, Received, Sent, Setup};

use crate::{Context, Env, Request, Response, State, WebSocket};
use futures_util::future::LocalBoxFuture;
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

/// The most the platform takes for something of its own, in milliseconds.
const SLOWEST: u64 = 30;
/// The Worker is away for so long after a death at most, in milliseconds.
const LONGEST_ABSENCE: u64 = 3_000;
/// Lines of the console that are kept.
const LINES_KEPT: usize = 400;

/// A world with one Worker in it.
pub struct World {
    setup: Setup,
    started: Instant,
    dice: RefCell<Dice>,
    life: RefCell<Rc<Life>>,
    is_up: Notify,
    /// The next one first.
    dooms: RefCell<VecDeque<Death>>,
    deaths: Cell<u64>,
    turns: Cell<u64>,
    answers: Cell<u64>,
    console: RefCell<VecDeque<String>>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) shared: Rc<Connection>,
    pub(crate) values: RefCell<BTreeMap<String, String>>,
    objects: RefCell<BTreeMap<String, Rc<Object>>>,
}

thread_local! {
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// The world of this thread.
///
/// # Panics
/// Where none was [begun](World::begin).
pub fn world() -> Rc<World> {
    WORLD.with_borrow(|world| world.clone().expect("a world that began on this thread"))
}

/// Writes a line to the console.
pub fn console(line: &str) {
    let Some(world) = WORLD.with_borrow(Clone::clone) else { return };
    let mut console = world.console.borrow_mut();
    if console.len() == LINES_KEPT {
        console.pop_front();
    }
    console.push_back(format!("{} {line}", now_millis() - world.setup.begins));
}

/// Something that happens outside the Worker, and so happens even if the Worker dies meanwhile.
pub(crate) async fn aside<T: 'static>(work: impl Future<Output = T> + 'static) -> T {
    let there = world();
    let done = spawn_local(async move {
        there.take_a_moment().await;
        let done = work.await;
        there.take_a_moment().await;
        done
    });
    let done = done.await.expect("nothing outside the Worker fails by itself");
    world().answered().await;
    done
}

/// The platform takes its time.
pub(crate) async fn pause() {
    world().take_a_moment().await;
    world().answered().await;
}

impl World {
    /// A new world in place of this thread's former one.
    ///
    /// # Panics
    /// Where D1's tables cannot be made.
    pub fn begin(mut setup: Setup) -> Rc<Self> {
        let shared = Connection::open_in_memory().expect("a database in memory");
        for migration in &setup.migrations {
            shared.execute_batch(migration).expect("tables for D1");
        }
        let world = Rc::new(Self {
            started: Instant::now(),
            dice: RefCell::new(Dice::new(setup.seed)),
            life: RefCell::default(),
            is_up: Notify::new(),
            dooms: RefCell::default(),
            deaths: Cell::default(),
            turns: Cell::default(),
            answers: Cell::default(),
            console: RefCell::default(),
            variables: std::mem::take(&mut setup.variables),
            shared: Rc::new(shared),
            values: RefCell::default(),
            objects: RefCell::default(),
            setup,
        });
        WORLD.set(Some(world.clone()));
        world
    }

    /// Lets go of everything; what still runs runs no more.
    pub fn end(self: Rc<Self>) {
        self.life().die();
        self.objects.borrow_mut().clear();
        WORLD.set(None);
    }

    /// A browser's, a provider's or Kommo's request to the Worker; `None` where nobody answers.
    pub async fn ask(&self, request: Request) -> Option<Response> {
        self.take_a_moment().await;
        let life = self.life();
        if life.is_dead() {
            return None;
        }
        let answer = life.spawn((self.setup.fetch)(request, Env(()), Context(()))).await;
        self.take_a_moment().await;
        answer.ok()?.ok()
    }

    /// From now on the Worker has so long to live, and so long again after each of these deaths.
    pub fn doom(&self, deaths: impl IntoIterator<Item = Death>) {
        *self.dooms.borrow_mut() = deaths.into_iter().collect();
    }

    /// The Worker dies: everything it is doing ends where it is, and what it remembers is gone. It comes back by itself.
    pub fn kill(self: &Rc<Self>) {
        let life = self.life();
        if life.is_dead() {
            return;
        }
        life.die();
        self.deaths.set(self.deaths.get() + 1);
        self.objects.borrow().values().for_each(|object| object.cut_connections());
        let (world, absence) = (self.clone(), self.below(LONGEST_ABSENCE));
        spawn_local(async move {
            sleep(Duration::from_millis(absence)).await;
            *world.life.borrow_mut() = Rc::default();
            world.is_up.notify_waiters();
        });
    }

    /// Waits until the Worker is there.
    pub async fn up(&self) {
        while self.life().is_dead() {
            self.is_up.notified().await;
        }
    }

    /// How often the Worker died.
    pub fn deaths(&self) -> u64 {
        self.deaths.get()
    }

    /// How many turns the Worker took, and how many answers it got.
    pub fn spent(&self) -> (u64, u64) {
        (self.turns.get(), self.answers.get())
    }

    /// The last lines of the console.
    pub fn lines(&self) -> Vec<String> {
        self.console.borrow().iter().cloned().collect()
    }

    /// A number below `limit`, drawn from the seed.
    pub fn below(&self, limit: u64) -> u64 {
        self.dice.borrow_mut().below(limit)
    }

    /// Waits as long as the way from one machine to another takes, drawn from the seed.
    pub async fn take_a_moment(&self) {
        let moment = self.below(SLOWEST);
        sleep(Duration::from_millis(moment)).await;
    }

    pub(crate) fn life(&self) -> Rc<Life> {
        self.life.borrow().clone()
    }

    pub(crate) fn send(&self, sent: Sent) -> LocalBoxFuture<'static, Option<Received>> {
        (self.setup.network)(sent)
    }

    pub(crate) fn new_object(&self, state: State) -> Rc<dyn Awake> {
        (self.setup.object)(state, Env(()))
    }

    pub(crate) fn object(self: &Rc<Self>, name: &str) -> Rc<Object> {
        if let Some(known) = self.objects.borrow().get(name) {
            return known.clone();
        }
        let object = Object::new(name);
        self.objects.borrow_mut().insert(name.to_owned(), object.clone());
        spawn_local(object.clone().ring_when_due(self.clone()));
        object
    }

    /// A browser is gone; the runtime notices after some seconds.
    pub(crate) fn forget_socket(self: &Rc<Self>, socket: &WebSocket) {
        let holds = |object: &&Rc<Object>| object.holds(socket);
        let Some(object) = self.objects.borrow().values().find(holds).cloned() else { return };
        let (world, socket, notices) = (self.clone(), socket.clone(), self.below(10_000));
        spawn_local(async move {
            sleep(Duration::from_millis(notices)).await;
            socket.cut();
            let life = world.life();
            if object.let_go(&socket) && !life.is_dead() {
                let awake = life.wake(&object, None);
                drop(life.spawn(async move { awake.close(socket).await }));
            }
        });
    }

    /// The Worker takes a turn, unless it dies instead.
    pub(crate) fn turn(self: &Rc<Self>) {
        self.turns.set(self.turns.get() + 1);
        let is_last = match self.dooms.borrow_mut().front_mut() {
            Some(Death::Turn(left)) => is_last(left),
            _ => false,
        };
        self.die_if(is_last);
    }

    /// The Worker takes an answer, unless it dies instead.
    async fn answered(self: &Rc<Self>) {
        self.answers.set(self.answers.get() + 1);
        let is_last = match self.dooms.borrow_mut().front_mut() {
            Some(Death::Answer(left)) => is_last(left),
            _ => false,
        };
        self.die_if(is_last);
        if is_last {
            std::future::pending().await
        }
    }

    fn die_if(self: &Rc<Self>, is_due: bool) {
        if is_due {
            self.dooms.borrow_mut().pop_front();
            self.kill();
        }
    }

    fn millis(&self) -> i64 {
        self.setup.begins + i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// Counts down; `true` when nothing was left.
fn is_last(left: &mut u64) -> bool {
    let is_last = *left == 0;
    *left = left.saturating_sub(1);
    is_last
}
