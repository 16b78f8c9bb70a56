//! Waiting for one of the seven slots for requests to Kommo, a ringing phone first. When a slot is free is decided
//! by [`Pace`].

use crate::adapters::clock;
use kommo_voip_domain::pace::Pace;
use kommo_voip_domain::time::Moment;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use worker::Delay;

/// How often a waiting request looks again; far below what a person notices.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Who goes first when slots are short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A phone rings and somebody wants to know who it is.
    Ring,
    /// An administrator or the token itself waits.
    Admin,
    /// Calls are written down.
    Log,
    /// What changed in Kommo is read again.
    Sweep,
}

impl Purpose {
    /// The word of the diagnostics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Admin => "admin",
            Self::Log => "log",
            Self::Sweep => "sweep",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// The slots of one account.
pub struct Slots {
    pace: RefCell<Pace>,
    waiting: [Cell<usize>; 4],
}

/// A taken slot; dropping it starts the rest.
pub struct Slot<'a>(&'a Slots);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.pace.borrow_mut().end(clock::now());
    }
}

struct Waiting<'a>(&'a Cell<usize>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl Slots {
    /// Slots of an object that just woke: what its former life sent in the last second still rests.
    pub fn new(recent: Vec<Moment>) -> Self {
        Self { pace: RefCell::new(Pace::resume(recent)), waiting: Default::default() }
    }

    /// Waits for a slot.
    pub async fn take(&self, purpose: Purpose) -> Slot<'_> {
        let [ring, admin, log, sweep] = &self.waiting;
        let queue = [ring, admin, log, sweep];
        let mine = match purpose {
            Purpose::Ring => ring,
            Purpose::Admin => admin,
            Purpose::Log => log,
            Purpose::Sweep => sweep,
        };
        mine.set(mine.get() + 1);
        let _waiting = Waiting(mine);
        loop {
            let more_urgent = queue.iter().take(purpose.index()).any(|cell| cell.get() > 0);
            if !more_urgent && self.pace.borrow_mut().start(clock::now()) {
                return Slot(self);
            }
            Delay::from(LOOK_AGAIN).await;
        }
    }

    /// A request for this account was sent elsewhere and ended at `now`: it rests like our own.
    pub fn count_outside(&self, now: Moment) {
        self.pace.borrow_mut().count_outside(now);
    }
}
