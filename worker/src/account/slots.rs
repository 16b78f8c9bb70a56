//! Waiting for one of the seven slots for requests to Kommo, a ringing phone first. When a slot is free is decided
//! by [`Pace`], or by the deployment's gate where all accounts share one limit.

use super::client::Breaker;
use super::shared_slots::SharedSlots;
use crate::adapters::clock;
use crate::config::{Config, RateScope};
use kommo_voip_domain::pace::{Leases, Pace};
use kommo_voip_domain::time::Moment;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use worker::{Delay, Env};

pub use kommo_voip_domain::pace::Purpose;

/// How often a waiting request looks again; far below what a person notices.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// The slots this account may use.
pub struct Slots {
    limit: Limit,
    waiting: [Cell<usize>; 4],
}

/// Whom Kommo's limit counts, as the deployment believes.
enum Limit {
    /// This account by itself.
    Own(RefCell<Pace>),
    /// All accounts of the deployment.
    Shared(Rc<SharedSlots>),
}

/// A taken slot; dropping it starts the rest.
pub struct Slot<'a> {
    slots: &'a Slots,
    lease: i64,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        match &self.slots.limit {
            Limit::Own(pace) => pace.borrow_mut().end(clock::now()),
            Limit::Shared(shared) => shared.end(self.lease),
        }
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
    pub fn new(config: &Config, env: &Env, object: i64, recent: Vec<Moment>, breaker: &Rc<Breaker>) -> Self {
        let limit = match config.rate_scope {
            RateScope::Account => Limit::Own(RefCell::new(Pace::resume(recent))),
            RateScope::Deployment => {
                let leases = Leases::new(object, recent, clock::now());
                Limit::Shared(Rc::new(SharedSlots::new(env, leases, breaker)))
            }
        };
        Self { limit, waiting: Default::default() }
    }

    /// Waits for a slot; `None` when all accounts are paused meanwhile.
    pub async fn take(&self, purpose: Purpose) -> Option<Slot<'_>> {
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
            let more_urgent = queue.iter().take(purpose as usize).any(|cell| cell.get() > 0);
            if !more_urgent && let Some(slot) = self.start() {
                return Some(slot);
            }
            if let Limit::Shared(shared) = &self.limit {
                if shared.is_paused() {
                    return None;
                }
                if shared.ask(purpose, mine.get()).await {
                    continue;
                }
            }
            Delay::from(LOOK_AGAIN).await;
        }
    }

    fn start(&self) -> Option<Slot<'_>> {
        let lease = match &self.limit {
            Limit::Own(pace) => pace.borrow_mut().start(clock::now()).then_some(0),
            Limit::Shared(shared) => shared.start(),
        };
        lease.map(|lease| Slot { slots: self, lease })
    }

    /// A request for this account was sent elsewhere and ended at `now`: it rests like our own. Where accounts share
    /// their slots it had one.
    pub fn count_outside(&self, now: Moment) {
        if let Limit::Own(pace) = &self.limit {
            pace.borrow_mut().count_outside(now);
        }
    }

    /// Kommo blocks us: so it does all who share our address, if its limit is believed to count that.
    pub fn stop(&self, until: Moment) {
        if let Limit::Shared(shared) = &self.limit {
            shared.stop(until);
        }
    }

    /// What goes on beside the answer: the gate is told what became of its leases.
    pub fn report(&self) -> Option<impl Future<Output = ()> + 'static> {
        match &self.limit {
            Limit::Own(_) => None,
            Limit::Shared(shared) => shared.report(),
        }
    }
}
