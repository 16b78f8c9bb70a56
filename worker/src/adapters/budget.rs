//! How many requests one invocation may still send. The platform's free plan stops at 50 sub-requests, in the middle
//! of whatever is going on; stopping at 40 by ourselves leaves room for D1, KV and the Account object.

use std::cell::Cell;
use std::rc::Rc;

/// Requests one invocation may send. Raising it past 49 makes the platform refuse requests halfway through an action.
pub const REQUESTS_PER_INVOCATION: u32 = 40;

/// Counts down; clones share one count.
#[derive(Debug, Clone)]
pub struct Budget(Rc<Cell<u32>>);

impl Budget {
    /// A fresh budget for one invocation (one request, alarm or message).
    pub fn new() -> Self {
        Self::of(REQUESTS_PER_INVOCATION)
    }

    /// A smaller budget, for a slice of work.
    pub fn of(requests: u32) -> Self {
        Self(Rc::new(Cell::new(requests.min(REQUESTS_PER_INVOCATION))))
    }

    /// Takes one request; `false` when none is left.
    pub fn take(&self) -> bool {
        match self.0.get().checked_sub(1) {
            Some(left) => {
                self.0.set(left);
                true
            }
            None => false,
        }
    }

    /// How many are left.
    pub fn left(&self) -> u32 {
        self.0.get()
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_count_that_ends() {
        let budget = Budget::of(2);
        assert!(budget.clone().take() && budget.take());
        assert!(!budget.take());
        assert_eq!(Budget::of(1000).left(), REQUESTS_PER_INVOCATION);
    }
}
