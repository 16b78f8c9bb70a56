//! Seven slots for requests to Kommo, each free again one second after its answer.
//!
//! Counting from the answer, not from the sending, keeps slow requests from bunching up at Kommo's door: a request
//! arrives somewhere between its sending and its answer, so two that share a slot are at least the rest apart, and
//! however long each took on its way, no second ever sees more than seven arrive (Kommo API reference: limits).

mod gate;
mod leases;
mod numbers;

pub use gate::{Gate, GateAnswer, GateRequest, LEASE, Wish};
pub use leases::{Leases, USE_WITHIN};
pub use numbers::Numbers;

use crate::time::{Millis, Moment};
use std::collections::VecDeque;

/// Kommo's limit. An eighth request in a second is answered 429, and insisting is answered by a block.
pub const SLOTS: usize = 7;
/// A slot's rest after its answer: Kommo's second, and a little for clocks that do not tick together.
pub const REST: Millis = Millis(1020);

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
    /// All of them, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Ring, Self::Admin, Self::Log, Self::Sweep];

    /// The word of the diagnostics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Admin => "admin",
            Self::Log => "log",
            Self::Sweep => "sweep",
        }
    }
}

/// The slots of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    in_flight: usize,
    /// When the slots that rest had their answers, the earliest first.
    answered: VecDeque<Moment>,
}

impl Pace {
    /// Slots of an object that just woke: what its former life sent still rests. What was sent and never seen to end
    /// counts as ended at the waking, since nobody knows when it arrived.
    pub fn resume(ended: Vec<Moment>) -> Self {
        let mut ended = ended;
        ended.sort_unstable();
        Self { in_flight: 0, answered: ended.into() }
    }

    /// Takes a slot for a request that leaves now; `false` when none is free.
    #[must_use = "without a slot nothing may be sent"]
    pub fn start(&mut self, now: Moment) -> bool {
        let free = self.is_free(now);
        if free {
            self.in_flight += 1;
        }
        free
    }

    /// A request is over: answered, failed or given up. Its slot begins to rest.
    pub fn end(&mut self, now: Moment) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.answered.push_back(now);
    }

    /// A request for this account was sent elsewhere and ended now: it rests like our own.
    pub fn count_outside(&mut self, now: Moment) {
        self.answered.push_back(now);
    }

    /// Whether a slot is free.
    pub fn is_free(&mut self, now: Moment) -> bool {
        while self.answered.front().is_some_and(|moment| now - *moment >= REST) {
            self.answered.pop_front();
        }
        self.in_flight + self.answered.len() < SLOTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_one_second_after_its_answer() {
        let mut pace = Pace::resume(vec![Moment(5_000); SLOTS]);
        assert!(!pace.is_free(Moment(6_019)));
        assert!(pace.is_free(Moment(6_020)));
    }

    #[test]
    fn requests_under_way_hold_their_slots_however_long_they_take() {
        let mut pace = Pace::default();
        for _ in 0..SLOTS {
            assert!(pace.start(Moment(0)));
        }
        assert!(!pace.start(Moment(60_000)));
        pace.end(Moment(60_000));
        assert!(!pace.start(Moment(61_019)));
        assert!(pace.start(Moment(61_020)));
    }

    #[test]
    fn what_was_sent_elsewhere_rests_like_our_own() {
        let mut pace = Pace::resume(vec![Moment(0); SLOTS - 1]);
        assert!(pace.is_free(Moment(500)));
        pace.count_outside(Moment(500));
        assert!(!pace.is_free(Moment(1_019)));
        assert!(pace.is_free(Moment(1_020)));
    }
}
