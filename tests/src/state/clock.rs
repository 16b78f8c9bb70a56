//! What time it is in the simulated CRM.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Whose clock counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// The machine's.
    Machine,
    /// The runtime's, which may be stopped: this moment, in Unix seconds, was then.
    Runtime(f64, Instant),
}

impl Clock {
    /// The runtime's clock, at which it is this moment now.
    pub(super) fn runtime(begins: f64) -> Self {
        Self::Runtime(begins, Instant::now())
    }

    /// Unix seconds with fractions.
    pub(super) fn now(self) -> f64 {
        match self {
            Self::Machine => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |elapsed| elapsed.as_secs_f64()),
            Self::Runtime(begins, then) => begins + then.elapsed().as_secs_f64(),
        }
    }
}
