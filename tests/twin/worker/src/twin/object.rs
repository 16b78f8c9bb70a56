//! What of an object outlives its lives: its database, its alarm, and its connections while it is not in memory.

use super::{World, now_millis};
use crate::WebSocket;
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// An alarm that fails comes again after so many milliseconds.
const AGAIN: i64 = 2_000;
/// How often it does, and then never again.
const TRIES: u32 = 7;

/// One object.
pub struct Object {
    pub(crate) name: String,
    pub(crate) database: Connection,
    pub(crate) depth: Cell<u32>,
    pub(crate) sockets: RefCell<Vec<WebSocket>>,
    /// When it rings, milliseconds since 1970.
    alarm: Cell<Option<i64>>,
    is_set: Notify,
}

impl Object {
    pub(crate) fn new(name: &str) -> Rc<Self> {
        let database = Connection::open_in_memory().expect("a database in memory");
        // The platform's way: nobody has to ask for it.
        database.execute_batch("PRAGMA foreign_keys = ON").expect("foreign keys");
        database.set_prepared_statement_cache_capacity(256);
        Rc::new(Self {
            name: name.to_owned(),
            database,
            depth: Cell::default(),
            sockets: RefCell::default(),
            alarm: Cell::default(),
            is_set: Notify::new(),
        })
    }

    pub(crate) fn set_alarm(&self, due: Option<i64>) {
        self.alarm.set(due);
        self.is_set.notify_one();
    }

    pub(crate) fn holds(&self, socket: &WebSocket) -> bool {
        self.sockets.borrow().iter().any(|held| Rc::ptr_eq(&held.0, &socket.0))
    }

    /// `true` if it had this connection.
    pub(crate) fn let_go(&self, socket: &WebSocket) -> bool {
        let held = self.holds(socket);
        self.sockets.borrow_mut().retain(|held| !Rc::ptr_eq(&held.0, &socket.0));
        held
    }

    pub(crate) fn cut_connections(&self) {
        self.sockets.take().iter().for_each(WebSocket::cut);
    }

    /// Runs the alarm whenever it is due, one at a time. It is there until it has run to its end, so after a death in the
    /// middle it comes again; setting it to the moment that runs is as if it had not been set.
    pub(crate) async fn ring_when_due(self: Rc<Self>, world: Rc<World>) {
        let mut failures = 0;
        loop {
            let Some(due) = self.alarm.get() else {
                self.is_set.notified().await;
                continue;
            };
            let wait = Duration::from_millis(u64::try_from(due - now_millis()).unwrap_or(0));
            tokio::select! {
                biased;
                () = self.is_set.notified() => continue,
                () = sleep(wait) => {}
            }
            world.take_a_moment().await;
            world.up().await;
            if self.alarm.get() != Some(due) {
                continue;
            }
            let life = world.life();
            let awake = life.wake(&self, None);
            let ran = life.spawn(async move { awake.alarm().await }).await;
            let is_still_set = self.alarm.get() == Some(due);
            match ran {
                Ok(Err(_)) if failures < TRIES => {
                    failures += 1;
                    if is_still_set {
                        self.alarm.set(Some(now_millis() + AGAIN));
                    }
                }
                Ok(_) => {
                    failures = 0;
                    if is_still_set {
                        self.alarm.set(None);
                    }
                }
                // It died on the way: what is set is set.
                Err(_) => {}
            }
        }
    }
}
