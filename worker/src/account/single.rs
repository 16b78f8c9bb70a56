//! One at a time: what several requests want at once is done by the first, and the others find it done.

use crate::adapters::clock;
use kommo_voip_domain::time::Millis;
use std::cell::Cell;
use std::time::Duration;
use worker::Delay;

/// How long somebody else is waited for; longer than one of Kommo's slowest answers with its repetition.
const PATIENCE: Millis = Millis::seconds(40);
/// How often a waiting request looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Lets one in at a time. It lives in the object's memory: whoever was inside when the object died is gone with it.
#[derive(Default)]
pub struct Single {
    taken: Cell<bool>,
}

/// The right to be inside; dropping it lets the next one in.
pub struct Turn<'a>(&'a Single);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.taken.set(false);
    }
}

impl Single {
    /// Waits for a turn; `None` when nobody came out for too long.
    pub async fn turn(&self) -> Option<Turn<'_>> {
        let deadline = clock::now() + PATIENCE;
        while self.taken.replace(true) {
            if clock::now() > deadline {
                return None;
            }
            Delay::from(LOOK_AGAIN).await;
        }
        Some(Turn(self))
    }
}
