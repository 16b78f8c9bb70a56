//! The object's one alarm. Nobody else sets it.
//!
//! The platform tries a failing alarm seven times within about two minutes and then never again, and there is only
//! one. So the alarm first arms itself anew a little ahead, never fails, works a slice, and arms itself for whatever
//! is due earliest. Nothing a ringing phone waits for depends on it alone.
//!
//! An alarm that ends halfway (the process died, or another account's panic replaced the wasm instance) is not tried
//! again by the platform, because a new one is set already: how far ahead that is, is how long this account stands
//! still. A second does not start before the first ended, so it may be as near as we like.

use super::Hub;
use super::identity::names;
use super::reply::Refusal;
use super::store::StoreError;
use super::work::Slice;
use crate::adapters::clock;
use crate::internal::Wake;
use crate::log;
use kommo_voip_domain::time::{Millis, Moment};
use std::cell::Cell;
use std::rc::Rc;

/// Should everything below fail, the object looks again after this.
const SAFETY_NET: Millis = Millis::seconds(2);
/// The most that grows to: an alarm that takes the instance down every time must not do so every other second.
const WIDEST_NET: Millis = Millis::minutes(1);
/// Tokens, tickets and journals are looked after at least this often while an account is in use.
const UPKEEP: Millis = Millis::minutes(6 * 60);

/// Providers repeat a delivery for a day or so at most.
const DELIVERIES_KEPT: Millis = Millis::minutes(7 * 24 * 60);

/// A call list nobody has touched for so long is forgotten: it holds names and numbers.
const LISTS_KEPT: Millis = Millis::minutes(30 * 24 * 60);

/// An alarm this late does not come any more.
const LOST: Millis = Millis::seconds(15);
/// A provider's list of past calls goes back a month: so long an erased call must not come back from it.
const ERASED_KEPT: Millis = Millis::minutes(32 * 24 * 60);

/// How long a lane that is being worked on is left alone by the alarm.
const BUSY_LANE: Millis = Millis::seconds(5);

/// What the alarm was last set to, as far as this life of the object knows.
#[derive(Default)]
pub struct Schedule {
    armed: Cell<Option<Moment>>,
    /// This life has made sure that what its former life left behind has an alarm.
    has_taken_over: Cell<bool>,
    /// The alarm runs and will look once more at what is due before it arms itself for the rest.
    runs: Cell<bool>,
}

/// The alarm up to where it arms itself for what is left.
struct Running<'a>(&'a Cell<bool>);

impl<'a> Running<'a> {
    fn begin(schedule: &'a Schedule) -> Self {
        schedule.runs.set(true);
        Self(&schedule.runs)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Hub {
    /// Makes sure the object wakes up no later than `due`.
    pub(super) async fn wake_by(&self, due: Moment) {
        let armed = self.schedule.armed.get().filter(|_| !self.is_alarm_lost());
        if armed.is_some_and(|armed| armed <= due) {
            return;
        }
        self.arm(due).await;
    }

    /// Sets the alarm, earlier or later than before.
    async fn arm(&self, due: Moment) {
        let now = clock::now();
        // Always ahead: an alarm set for the very millisecond whose alarm is running counts as the one that runs, and is
        // gone with it. Within an event the clock stands still, so the running alarm's millisecond may well be `now`.
        let due = due.max(now + Millis(1));
        self.schedule.armed.set(Some(due));
        if let Err(error) = self.state.storage().set_alarm(due.0 - now.0).await {
            self.schedule.armed.set(None);
            log::error("the alarm could not be set", &[("error", error.to_string().into())]);
        }
    }

    /// Takes the alarm back: nothing will ever be due here, unless somebody installs again.
    async fn sleep(&self) {
        self.schedule.armed.set(None);
        if let Err(error) = self.state.storage().delete_alarm().await {
            log::error("the alarm could not be taken back", &[("error", error.to_string().into())]);
        }
    }

    /// Wakes up for calls of which something was reported just now. Most often there is nothing to do: the alarm that
    /// runs goes on until no lane is due, and while Kommo is not asked, nothing is. `looked_up`: of these calls all is
    /// under way already.
    pub(super) async fn wake_for_news(&self, looked_up: bool) {
        if self.schedule.runs.get() && !self.is_alarm_lost() {
            return;
        }
        let now = clock::now();
        let due = if looked_up { now + SAFETY_NET } else { now };
        self.wake_by(self.breaker.paused_until(now).map_or(due, |paused| due.max(paused))).await;
    }

    /// Wakes up for whatever is due next among the calls.
    pub(super) async fn wake_for_calls(&self) {
        match self.next_call_due() {
            Ok(Some(due)) => self.wake_by(due).await,
            Ok(None) => {}
            Err(error) => log::error("the schedule could not be read", &[("error", error.to_string().into())]),
        }
    }

    /// Wakes up for whatever is due next among the call lists.
    pub(super) async fn wake_for_lists(&self) {
        match self.next_list_due() {
            Ok(Some(due)) => self.wake_by(due).await,
            Ok(None) => {}
            Err(error) => log::error("the schedule could not be read", &[("error", error.to_string().into())]),
        }
    }

    /// An alarm that should have run long ago is not there any more, whatever we remember.
    fn is_alarm_lost(&self) -> bool {
        self.schedule.armed.get().is_some_and(|armed| clock::now() - armed > LOST)
    }

    /// Once per life: sees to it that what a former life left behind is woken for. Its alarm may be gone, when the
    /// process died between storing the work and arming, and nothing else would notice before the next new event.
    /// The same where this life's own alarm should have run.
    pub(super) async fn take_over(&self) {
        if !self.schedule.has_taken_over.replace(true) || self.is_alarm_lost() {
            if self.wants_reseal() {
                self.want_upkeep();
                self.wake_by(clock::now()).await;
            }
            self.wake_for_calls().await;
            self.wake_for_lists().await;
        }
    }

    /// The alarm.
    pub(super) async fn on_alarm(self: &Rc<Self>) {
        self.schedule.has_taken_over.set(true);
        let running = Running::begin(&self.schedule);
        self.arm(clock::now() + self.begin_alarm()).await;
        // Beside the rest: a provider that is slow to answer must not hold up what Kommo gets.
        self.work_on_due_lists();
        self.upkeep_if_due().await;
        self.fetch_page().await;
        let slice = Slice::of_alarm();
        self.work_off(&slice).await;
        self.sweep(&slice).await;
        if let Err(error) = self.store.forget_value(names::ALARMS_UNFINISHED) {
            log::error("the end of an alarm could not be stored", &[("error", error.to_string().into())]);
        }
        // From here on to the arming nothing waits: what is reported later arms by itself.
        drop(running);
        if self.is_erased() {
            return self.sleep().await;
        }
        match self.next_alarm() {
            Ok(next) => self.arm(next).await,
            Err(error) => log::error("the schedule could not be read", &[("error", error.to_string().into())]),
        }
    }

    /// Counts the alarms that began and did not end; the wait for the next one doubles with each.
    fn begin_alarm(&self) -> Millis {
        let counted = self.store.value::<u32>(names::ALARMS_UNFINISHED).and_then(|unfinished| {
            let unfinished = unfinished.unwrap_or(0);
            self.store.set_value(names::ALARMS_UNFINISHED, &unfinished.saturating_add(1))?;
            Ok(unfinished)
        });
        match counted {
            Ok(unfinished) => Millis((SAFETY_NET.0 << unfinished.min(10)).min(WIDEST_NET.0)),
            Err(error) => {
                log::error("an alarm could not be counted", &[("error", error.to_string().into())]);
                WIDEST_NET
            }
        }
    }

    fn next_alarm(&self) -> Result<Moment, StoreError> {
        let now = clock::now();
        let upkeep = self.next_upkeep().unwrap_or(now + UPKEEP);
        let calls = self.next_call_due()?.map(|due| match self.breaker.paused_until(now) {
            Some(paused) => due.max(paused),
            None => due,
        });
        Ok([calls, self.next_page()?, self.next_list_due()?]
            .into_iter()
            .flatten()
            .min()
            .map_or(upkeep, |due| due.min(upkeep)))
    }

    /// The earliest moment at which a call has to be looked at, or somebody who changed. For a lane somebody works on that is a little later:
    /// whoever does sees to its next moment, but may die before. While Kommo does not accept us nothing is due; the
    /// next grant wakes everything.
    fn next_call_due(&self) -> Result<Option<Moment>, StoreError> {
        if self.connected().is_err() {
            return Ok(None);
        }
        let (busy, later) = (self.busy.borrow(), clock::now() + BUSY_LANE);
        let (free, in_work) = self.store.next_due(&busy)?;
        Ok([free, in_work.map(|due| due.max(later)), self.next_sweep()?].into_iter().flatten().min())
    }

    async fn upkeep_if_due(self: &Rc<Self>) {
        let now = clock::now();
        if self.next_upkeep().is_some_and(|due| due > now) {
            return;
        }
        self.set_next_upkeep(Some(now + UPKEEP));
        let swept = self.store.sweep_sends(now).and_then(|()| self.store.drop_tickets(Some(now))).and_then(|()| {
            let (kept, since) = (self.retention()?, |kept: Millis| Moment(now.0 - kept.0));
            self.store.sweep_deliveries(since(DELIVERIES_KEPT))?;
            self.store.sweep_recordings(since(DELIVERIES_KEPT.min(kept)))?;
            self.store.sweep_failures(since(kept))?;
            self.store.sweep_call_lists(since(LISTS_KEPT.min(kept)))?;
            self.store.sweep_calls(since(kept))?;
            self.store.sweep_people(since(kept))?;
            self.store.sweep_erased(since(ERASED_KEPT))
        });
        if let Err(error) = swept {
            log::error("sweeping failed", &[("error", error.to_string().into())]);
        }
        self.look_after_uninstall().await;
        self.reseal().await;
        self.verify_pending_grant().await;
        self.keep_tokens_fresh().await;
        self.look_after_access().await;
        self.keep_subscription().await;
        self.keep_provider_subscription().await;
    }

    /// How long this account keeps its calls and what belongs to them.
    pub(super) fn retention(&self) -> Result<Millis, StoreError> {
        Ok(Millis::minutes(i64::from(self.settings()?.settings.retention_days) * 24 * 60))
    }

    /// `POST /internal/wake`: an alarm looks after everything, at once or when it is this object's turn among many.
    pub(super) async fn on_wake(&self, wake: Wake) -> Result<(), Refusal> {
        if let Some(account) = wake.account {
            self.identity_or_restore(account).await?;
        }
        self.want_upkeep();
        let due = if wake.after == Millis(0) { Moment(0) } else { clock::now() + wake.after };
        self.wake_by(due).await;
        Ok(())
    }

    /// The next alarm looks after tokens and grants, whatever the hour.
    pub(super) fn want_upkeep(&self) {
        self.set_next_upkeep(None);
    }

    /// Tokens and grants are looked after no later than `due`.
    pub(super) fn want_upkeep_by(&self, due: Moment) {
        if self.next_upkeep().is_some_and(|known| known > due) {
            self.set_next_upkeep(Some(due));
        }
    }

    /// When the upkeep is due; none: at once. Stored, so that an object that wakes does not ask Kommo again what its
    /// former life asked an hour ago.
    fn next_upkeep(&self) -> Option<Moment> {
        *self.store.shared::<Option<Moment>>(names::NEXT_UPKEEP).ok()?
    }

    fn set_next_upkeep(&self, due: Option<Moment>) {
        if let Err(error) = self.store.set_value(names::NEXT_UPKEEP, &due) {
            log::error("the next upkeep could not be stored", &[("error", error.to_string().into())]);
        }
    }
}
