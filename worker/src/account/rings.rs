//! Looking up whoever rings, beside the answer to the provider. The alarm stands behind it: each of these calls is due.
//!
//! A provider may report hundreds of rings in a second, and Kommo answers seven requests. So a few look-ups run side
//! by side and take what rings next; what has waited too long to be of use to a ringing phone is left to the alarm.

use super::Hub;
use super::work::Slice;
use crate::adapters::clock;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// Look-ups side by side; more would only wait for the seven slots.
const AT_ONCE: usize = 12;
/// Lanes that wait for a look-up. At two requests each the last one is looked up in about ten seconds: longer hardly
/// a phone rings.
const WAITING: usize = 36;

/// The lanes that ring and wait for a look-up. They stand here in memory alone.
#[derive(Default)]
pub struct Rings {
    waiting: RefCell<VecDeque<String>>,
    at_work: Cell<usize>,
}

/// A look-up at work; dropping it makes room for the next.
struct AtWork(Rc<Hub>);

impl Drop for AtWork {
    fn drop(&mut self) {
        let at_work = &self.0.rings.at_work;
        at_work.set(at_work.get().saturating_sub(1));
    }
}

impl Rings {
    fn add(&self, lane: String) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.contains(&lane) {
            return;
        }
        waiting.push_back(lane);
        if waiting.len() > WAITING {
            waiting.pop_front();
        }
    }

    fn next(&self) -> Option<String> {
        self.waiting.borrow_mut().pop_front()
    }
}

impl Hub {
    /// Starts the look-up of a lane that rings, now or as soon as one of those under way has ended. While Kommo is not
    /// asked, there is nothing to start; the card says so.
    pub(super) fn look_up_ringing(self: &Rc<Self>, lane: String) {
        if self.breaker.paused_until(clock::now()).is_some() {
            return;
        }
        self.rings.add(lane);
        if self.rings.at_work.get() >= AT_ONCE {
            return;
        }
        self.rings.at_work.set(self.rings.at_work.get() + 1);
        let at_work = AtWork(self.clone());
        self.state.wait_until(async move {
            let hub = at_work.0.clone();
            let slice = Slice::of_ring();
            while !slice.is_spent()
                && let Some(lane) = hub.rings.next()
            {
                hub.work_off_lane(lane, &slice).await;
            }
            drop(at_work);
            hub.wake_for_calls().await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_wait_in_the_order_in_which_they_ring_each_once_and_the_oldest_give_way() {
        let rings = Rings::default();
        for lane in ["one", "two", "one"] {
            rings.add(lane.to_owned());
        }
        assert_eq!([rings.next(), rings.next(), rings.next()], [Some("one".to_owned()), Some("two".to_owned()), None]);
        (0..=WAITING).for_each(|lane| rings.add(lane.to_string()));
        assert_eq!(rings.next(), Some("1".to_owned()));
    }
}
