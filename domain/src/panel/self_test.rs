//! The self-test as the administrator starts and reads it: one test call, hop by hop.

use super::ask::{Failure, Outcome};
use crate::protocol::{SelfTestRequest, SelfTestResponse};
use crate::time::{Millis, Moment};

/// What the window knows of the self-test.
#[derive(Debug, Default)]
pub(crate) struct SelfTest {
    /// Who shall call, as typed; empty: a number nobody has.
    pub(crate) number: String,
    /// Since when it runs.
    running: Option<Moment>,
    pub(crate) found: Option<SelfTestResponse>,
    /// What it took besides the hops: the way from here to the server and back.
    pub(crate) way: Millis,
    pub(crate) failure: Option<Failure>,
}

impl SelfTest {
    /// A number was typed.
    pub(crate) fn typed(&mut self, number: String) {
        self.number = number;
    }

    pub(crate) fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Begins, unless it runs already; what to ask for.
    pub(crate) fn start(&mut self, now: Moment) -> Option<SelfTestRequest> {
        if self.running.is_some() {
            return None;
        }
        self.running = Some(now);
        (self.found, self.failure) = (None, None);
        let number = self.number.trim();
        Some(SelfTestRequest { from: (!number.is_empty()).then(|| number.to_owned()) })
    }

    /// It is over.
    pub(crate) fn answered(&mut self, outcome: &Outcome, now: Moment) {
        let Some(since) = self.running.take() else { return };
        match outcome.read::<SelfTestResponse>() {
            Ok(found) => {
                let hops: i64 = found.hops.iter().map(|hop| hop.ms).sum();
                self.way = Millis(((now - since).0 - hops).max(0));
                self.found = Some(found);
            }
            Err(failure) => self.failure = Some(failure),
        }
    }
}
