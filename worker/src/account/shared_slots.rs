//! Slots leased from the deployment's gate, where all accounts share one limit.
//!
//! One question is under way for each purpose at most, and asks for as many slots as wait; what became of the last leases
//! goes along with it, or by itself a little later. Where the gate does not answer nothing is sent.

use super::client::Breaker;
use crate::adapters::{clock, gate};
use crate::log;
use kommo_voip_domain::pace::{Leases, Purpose};
use kommo_voip_domain::time::{Millis, Moment};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use worker::{Delay, Env};

/// Requests that end within this time are told together; a slot rests longer anyway.
const REPORT_AFTER: Duration = Duration::from_millis(250);
/// A gate that does not take a report is told as often; by then every lease has ended by itself.
const REPORTS: u32 = 80;
/// While the gate does not answer it is asked again after this.
const HELD: Millis = Millis::seconds(3);

/// The account's leases.
pub struct SharedSlots {
    env: Env,
    leases: RefCell<Leases>,
    asking: [Cell<bool>; 4],
    reporting: Cell<bool>,
    breaker: Rc<Breaker>,
}

/// Something only one may do at a time; dropping it ends it.
struct Busy<'a>(&'a Cell<bool>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl SharedSlots {
    /// Slots of an object that just woke.
    pub fn new(env: &Env, leases: Leases, breaker: &Rc<Breaker>) -> Self {
        let (asking, reporting) = Default::default();
        Self { env: env.clone(), leases: RefCell::new(leases), asking, reporting, breaker: breaker.clone() }
    }

    /// Nobody may send.
    pub fn is_paused(&self) -> bool {
        self.breaker.paused_until(clock::now()).is_some()
    }

    /// Takes a lease for a request that leaves now.
    pub fn start(&self) -> Option<i64> {
        self.leases.borrow_mut().start(clock::now())
    }

    /// The request of a lease is over.
    pub fn end(&self, lease: i64) {
        self.leases.borrow_mut().end(lease, clock::now());
    }

    /// Kommo blocks us until then.
    pub fn stop(&self, until: Moment) {
        self.leases.borrow_mut().stop(until);
    }

    /// Asks for slots, unless somebody asks for this purpose already or they are here; `true` when there are some.
    pub async fn ask(&self, purpose: Purpose, waiting: usize) -> bool {
        let wanted = waiting.saturating_sub(self.leases.borrow().ready());
        let Some(asking) = self.asking.get(purpose as usize) else { return false };
        if wanted == 0 || asking.replace(true) {
            return false;
        }
        let _asking = Busy(asking);
        self.say(purpose, wanted).await;
        self.leases.borrow().ready() > 0
    }

    /// Tells the gate what it should know, for as long as there is something; none when somebody does already.
    pub fn report(self: &Rc<Self>) -> Option<impl Future<Output = ()> + 'static> {
        if self.reporting.replace(true) {
            return None;
        }
        let shared = self.clone();
        Some(async move {
            let _reporting = Busy(&shared.reporting);
            for _ in 0..REPORTS {
                if !shared.leases.borrow().is_urgent() {
                    Delay::from(REPORT_AFTER).await;
                }
                let has_news = shared.leases.borrow_mut().has_news(clock::now());
                if has_news {
                    shared.say(Purpose::Sweep, 0).await;
                } else if shared.leases.borrow().ready() == 0 {
                    return;
                }
            }
        })
    }

    async fn say(&self, purpose: Purpose, wanted: usize) {
        let said = self.leases.borrow().say(purpose, wanted, clock::now());
        let answered = gate::say(&self.env, &said).await;
        let now = clock::now();
        match answered {
            Ok(answer) => {
                self.leases.borrow_mut().answered(&said, &answer, now);
                if let Some(pause) = answer.paused {
                    self.breaker.pause(now + pause);
                }
            }
            Err(error) => {
                if !self.is_paused() {
                    log::error(gate::UNREACHABLE, &[("error", error.to_string().into())]);
                }
                self.breaker.pause(now + HELD);
            }
        }
    }
}
