//! Seven slots for requests to Kommo, each free again one second after its answer.
//!
//! Counting from the answer, not from the sending, keeps slow requests from bunching up at Kommo's door: however
//! long each took on its way, no second ever sees more than seven arrive (Kommo API reference: limits).

use crate::adapters::clock;
use kommo_voip_domain::time::{Millis, Moment};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;
use worker::Delay;

/// Kommo's limit. An eighth request in a second is answered 429, and insisting is answered by a block.
const SLOTS: usize = 7;
/// A slot's rest after its answer: Kommo's second, and a little for clocks that do not tick together.
const REST: Millis = Millis(1020);
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
}

impl Purpose {
    /// The word of the diagnostics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Admin => "admin",
            Self::Log => "log",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// The slots of one account.
pub struct Slots {
    in_flight: Cell<usize>,
    answered: RefCell<VecDeque<Moment>>,
    waiting: [Cell<usize>; 3],
}

/// A taken slot; dropping it starts the rest.
pub struct Slot<'a>(&'a Slots);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get().saturating_sub(1));
        self.0.answered.borrow_mut().push_back(clock::now());
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
        Self { in_flight: Cell::new(0), answered: RefCell::new(recent.into()), waiting: Default::default() }
    }

    /// Waits for a slot.
    pub async fn take(&self, purpose: Purpose) -> Slot<'_> {
        let [ring, admin, log] = &self.waiting;
        let queue = [ring, admin, log];
        let mine = match purpose {
            Purpose::Ring => ring,
            Purpose::Admin => admin,
            Purpose::Log => log,
        };
        mine.set(mine.get() + 1);
        let _waiting = Waiting(mine);
        loop {
            let more_urgent = queue.iter().take(purpose.index()).any(|cell| cell.get() > 0);
            if !more_urgent && self.is_free(clock::now()) {
                self.in_flight.set(self.in_flight.get() + 1);
                return Slot(self);
            }
            Delay::from(LOOK_AGAIN).await;
        }
    }

    /// A request for this account was sent elsewhere and ended at `now`: it rests like our own.
    pub fn count_outside(&self, now: Moment) {
        self.answered.borrow_mut().push_back(now);
    }

    fn is_free(&self, now: Moment) -> bool {
        let mut answered = self.answered.borrow_mut();
        while answered.front().is_some_and(|moment| now - *moment >= REST) {
            answered.pop_front();
        }
        self.in_flight.get() + answered.len() < SLOTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_one_second_after_its_answer() {
        let slots = Slots::new(vec![Moment(5_000); SLOTS]);
        assert!(!slots.is_free(Moment(6_019)));
        assert!(slots.is_free(Moment(6_020)));
    }

    #[test]
    fn requests_under_way_hold_their_slots_however_long_they_take() {
        let slots = Slots::new(vec![]);
        slots.in_flight.set(SLOTS);
        assert!(!slots.is_free(Moment(60_000)));
        slots.in_flight.set(SLOTS - 1);
        assert!(slots.is_free(Moment(60_000)));
    }
}
