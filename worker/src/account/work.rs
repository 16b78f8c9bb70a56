//! Working off what calls still need, lane by lane.
//!
//! A lane is an outside number: what two calls with one person need is done one after the other, and the facts of
//! the later call are gathered after the earlier one's results are stored. Different lanes run side by side. Every
//! step may run twice, because
//! 1. what to do is decided anew from what is stored each time, never remembered;
//! 2. a write to Kommo has a key that exists once (see [`super::act`]);
//! 3. the result of a write is stored in the same transaction as its effect on what we know;
//! 4. a lane is worked off by one invocation at a time; when the object dies, the lane is free again.

use super::Hub;
use super::act::Acted;
use super::client::Errand;
use super::slots::Purpose;
use super::store::{CallRow, StoreError};
use crate::adapters::budget::Budget;
use crate::adapters::{clock, random};
use crate::log;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use kommo_voip_domain::call::Phase;
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::phone::{self, Dialled};
use kommo_voip_domain::plan::{self, Decision, Facts};
use kommo_voip_domain::protocol::DeliveryStatus;
use kommo_voip_domain::retry;
use kommo_voip_domain::time::{Millis, Moment};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use worker::Delay;

/// Requests of one slice of an alarm; leaves room for token and host requests below the invocation's limit.
const REQUESTS_PER_SLICE: u32 = 30;
/// How long one slice of an alarm may work.
const SLICE: Millis = Millis::seconds(10);
/// Lanes worked off side by side; more would only queue for the seven slots.
const LANES: usize = 6;
/// How often a running slice looks for lanes that became due.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Steps of one call in one go; a decision that never settles must not spin.
const MOST_STEPS: usize = 12;
/// How long a call waits when Kommo refuses to be asked.
const REFUSED: Millis = Millis::minutes(10);
/// How long a call waits while Kommo does not accept us; a new grant wakes it at once.
const HELD: Millis = Millis::minutes(60);

/// How much one invocation may do.
pub struct Slice {
    budget: Budget,
    ends: Moment,
}

impl Slice {
    /// A slice of the alarm.
    pub fn of_alarm() -> Self {
        Self { budget: Budget::of(REQUESTS_PER_SLICE), ends: clock::now() + SLICE }
    }

    /// The look-up of a ringing call.
    pub fn of_ring() -> Self {
        Self { budget: Budget::of(10), ends: clock::now() + SLICE }
    }

    /// What it may still ask of Kommo.
    pub fn left(&self) -> u32 {
        self.budget.left()
    }

    /// The requests it may still send.
    pub fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// Nothing more may be begun in it.
    pub fn is_spent(&self) -> bool {
        self.budget.left() < 2 || clock::now() >= self.ends
    }
}

struct Lane<'a> {
    hub: &'a Hub,
    name: String,
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.hub.busy.borrow_mut().remove(&self.name);
    }
}

impl Hub {
    /// Works off every due lane until none is left or the slice is spent.
    pub(super) async fn work_off(self: &Rc<Self>, slice: &Slice) {
        if self.connected().is_err() {
            return;
        }
        let mut running = FuturesUnordered::new();
        loop {
            if !slice.is_spent() && self.breaker.paused_until(clock::now()).is_none() {
                for lane in self.free_lanes(LANES.saturating_sub(running.len())) {
                    running.push(self.work_off_lane(lane, slice));
                }
            }
            if running.is_empty() {
                return;
            }
            match select(running.next(), pin!(Delay::from(LOOK_AGAIN))).await {
                Either::Left(_) | Either::Right(_) => {}
            }
        }
    }

    fn free_lanes(&self, most: usize) -> Vec<String> {
        let mut due = self.store.due_lanes(clock::now(), &self.busy.borrow()).unwrap_or_else(|error| {
            log::error("due lanes could not be read", &[("error", error.to_string().into())]);
            Vec::new()
        });
        due.truncate(most);
        due
    }

    /// Works off one lane, if nobody else does.
    pub(super) async fn work_off_lane(&self, name: String, slice: &Slice) {
        if !self.busy.borrow_mut().insert(name.clone()) {
            return;
        }
        let lane = Lane { hub: self, name };
        let calls = self.store.due_calls(&lane.name, clock::now()).unwrap_or_default();
        for id in calls {
            if slice.is_spent() {
                return;
            }
            if let Err(error) = self.work_off_call(id, slice).await {
                log::error(
                    "a call could not be worked off",
                    &[("call_row", id.into()), ("error", error.to_string().into())],
                );
                let _ = self.store.set_due(id, Some(clock::now() + Millis::seconds(30)));
            }
        }
    }

    async fn work_off_call(&self, id: i64, slice: &Slice) -> Result<(), StoreError> {
        for _ in 0..MOST_STEPS {
            let Some(row) = self.store.call(id)? else { return Ok(()) };
            let rings = row.call.phase(clock::now()) == Phase::Ringing;
            let purpose = if rings { Purpose::Ring } else { Purpose::Log };
            let errand = Errand { purpose, call: Some(id), budget: slice.budget.clone() };
            let subject = vec![(log::CALL, row.call.id.0.clone().into())];
            match log::about(subject, self.step(row, &errand)).await? {
                Step::Again if slice.is_spent() => return Ok(()),
                Step::Again => {}
                Step::Rest => return Ok(()),
            }
        }
        self.store.set_due(id, Some(clock::now() + Millis::seconds(10)))
    }

    /// Decides and does the one next thing for a call.
    async fn step(&self, row: CallRow, errand: &Errand) -> Result<Step, StoreError> {
        let directory = match self.directory_for_call(errand).await {
            Ok(directory) => directory,
            Err(error) => return self.postpone(&row, &error, 0),
        };
        // A ringing phone is shown who calls; nothing that could be doubled is decided before the talk, but for a contact
        // somebody asks for.
        if row.call.phase(clock::now()) != Phase::Ringing || row.feedback.contact_wanted.is_some() {
            let side = self.side_of(&row.call, self.store.lines()?.of(&row.call.provider), &self.settings()?.settings);
            match self.settle(&row.lane, side.other.number(), errand).await? {
                None => {}
                Some(Acted::Done) => return Ok(Step::Again),
                Some(Acted::Later(due)) => return self.rest(row, Some(due), DeliveryStatus::Waiting, None),
                Some(Acted::Held) => return self.rest(row, Some(clock::now() + HELD), DeliveryStatus::Waiting, None),
                // Parked is what another call wanted; this one goes on.
                Some(Acted::Parked(_)) => return Ok(Step::Again),
            }
        }
        // Read again: meanwhile something may have been reported or said. From here to the decision nothing waits.
        let Some(row) = self.store.call(row.id)? else { return Ok(Step::Rest) };
        let now = clock::now();
        let stored = self.settings()?;
        let all_lines = self.store.lines()?;
        let lines = all_lines.of(&row.call.provider);
        let side = self.side_of(&row.call, lines, &stored.settings);
        let (person, formatted) = match side.other.number() {
            Some(key) => (self.store.person(key)?.0, phone::format(key)),
            None => (None, String::new()),
        };
        let (here, manager) = (self.open_users(), plan::credited_user(&row.call, lines));
        let away: Vec<UserId> = plan::rung_users(&row.call, lines)
            .into_iter()
            .filter(|user| !here.contains(user) && directory.user(*user).is_some_and(|user| user.is_active))
            .collect();
        let recording = self.recording_link(&row.call)?;
        let talked_since = self.store.talked_since(&row)?;
        let facts = Facts {
            settings: &stored.settings,
            call: &row.call,
            side: &side,
            recording: recording.as_deref(),
            formatted: &formatted,
            lines,
            users: &directory.users,
            account: &directory.account,
            person: person.as_ref(),
            done: &row.done,
            feedback: &row.feedback,
            manager_is_here: manager.is_some_and(|manager| here.contains(&manager)),
            away: &away,
            told_of_changes: self.is_told_of_changes(person.as_ref())?,
            talked_since,
            switched_off: row.switched_off || !stored.active,
        };
        let decided = plan::decide(&facts, now);
        match (decided.next, side.other) {
            (Decision::LookUp, Dialled::Number(key)) => {
                match self.look_up(errand, &key, &stored.settings.default_region, person.as_ref(), now).await {
                    Ok(found) => {
                        self.store.tx(|| {
                            self.store.set_person(&key, &found.person)?;
                            self.store.set_basis(row.id, &found.person)?;
                            if found.vanished {
                                self.store.person_vanished(&key)?;
                            }
                            self.store.trace(row.id, "candidates", describe(&found.person), clock::now())
                        })?;
                        self.push_card(row.id);
                        Ok(Step::Again)
                    }
                    Err(error) => self.postpone(&row, &error, 0),
                }
            }
            (Decision::LookUp, _) => self.rest(row, None, DeliveryStatus::NotWritten, Some("no number".to_owned())),
            (Decision::Act(action), other) => {
                match self.act(&row, other.number(), *action, &decided.because, errand).await? {
                    Acted::Done => {
                        self.push_cards_of(&row.lane);
                        Ok(Step::Again)
                    }
                    Acted::Later(due) => self.rest(row, Some(due), DeliveryStatus::Waiting, None),
                    Acted::Held => self.rest(row, Some(clock::now() + HELD), DeliveryStatus::Waiting, None),
                    Acted::Parked(reason) => self.rest(row, None, DeliveryStatus::Parked, Some(reason)),
                }
            }
            (Decision::AwaitResult, _) => self.await_result(row, decided.because, now),
            (Decision::Wait(until), _) => self.rest(row, until, DeliveryStatus::Waiting, None),
            (Decision::Delivered, _) => {
                self.tell_of_miss(&row)?;
                self.rest(row, None, DeliveryStatus::Delivered, None)
            }
            (Decision::NotWritten(reason), _) => {
                if row.delivery.reason.as_deref() != Some(reason) {
                    self.store.trace(row.id, "rule", decided.because, now)?;
                }
                // A call that is still going on may yet turn out to be something else; its card has to end, too.
                let until = row.call.next_change(now);
                self.rest(row, until, DeliveryStatus::NotWritten, Some(reason.to_owned()))
            }
        }
    }

    /// The manager is asked, and the note waits a while for the answer.
    fn await_result(&self, mut row: CallRow, because: String, now: Moment) -> Result<Step, StoreError> {
        if row.feedback.awaited.is_none() {
            row.feedback.awaited = Some(now);
            self.store.tx(|| {
                self.store.set_feedback(row.id, &row.feedback, now)?;
                self.store.trace(row.id, "rule", because, now)
            })?;
            self.push_card(row.id);
        }
        let until = row.feedback.waits_until(now);
        let reason = "The manager is asked for the call’s result.".to_owned();
        self.rest(row, until, DeliveryStatus::Waiting, Some(reason))
    }

    /// Kommo could not be asked now.
    fn postpone(&self, row: &CallRow, error: &KommoError, attempts: u32) -> Result<Step, StoreError> {
        let now = clock::now();
        let due = match (error, error.kind()) {
            (KommoError::Deferred, _) => self.breaker.paused_until(now).unwrap_or(now + Millis(50)),
            (_, ErrorKind::Fatal) => now + HELD,
            // Not even reading is allowed: an administrator has to act, and is told in the journal.
            (_, ErrorKind::Refuse) => now + REFUSED,
            _ => now + retry::backoff(attempts.max(1), random::unit(), error.retry_after()),
        };
        self.push_card(row.id);
        let reason = (error.kind() != ErrorKind::Retry).then(|| error.to_string());
        self.rest(row.clone(), Some(due), DeliveryStatus::Waiting, reason)
    }

    /// Stores where the call stands and lets it rest, unless something new arrived meanwhile.
    fn rest(
        &self,
        row: CallRow,
        due: Option<Moment>,
        status: DeliveryStatus,
        reason: Option<String>,
    ) -> Result<Step, StoreError> {
        let Some(mut current) = self.store.call(row.id)? else { return Ok(Step::Rest) };
        if current.call.version != row.call.version || current.feedback != row.feedback {
            return Ok(Step::Again);
        }
        current.delivery.status = status;
        current.delivery.reason = reason;
        current.due_at = due;
        self.store.update_call(&current)?;
        if current.due_at.is_none() {
            log_delivery(&current);
            // What merely time has ended leaves the page, too.
            self.push_card(row.id);
        }
        Ok(Step::Rest)
    }
}

/// How far a call came, with what it cost; its reasons stay in its trace, since they may name people.
fn log_delivery(row: &CallRow) {
    let fields = [
        ("provider", row.call.provider.as_str().into()),
        ("outcome", row.journal.status.as_str().into()),
        ("kommo_requests", row.kommo_requests.into()),
    ];
    match row.delivery.status {
        DeliveryStatus::Waiting => {}
        DeliveryStatus::Delivered => log::info("a call is in Kommo", &fields),
        DeliveryStatus::NotWritten => log::info("a call is not written to Kommo", &fields),
        DeliveryStatus::Parked => log::warn("a call is parked: Kommo refused what it needs", &fields),
    }
}

enum Step {
    /// Something was done: decide again.
    Again,
    /// Nothing more now; the call says when it is looked at next.
    Rest,
}

/// What a look-up found, as a sentence for the trace.
fn describe(person: &kommo_voip_domain::matching::Person) -> String {
    if person.is_nobody() {
        return match person.incoming {
            Some(_) => "An incoming lead of this number waits for acceptance.".to_owned(),
            None => "Nobody in Kommo has this number.".to_owned(),
        };
    }
    let contacts: Vec<String> = person.contacts.iter().map(|contact| format!("contact {}", contact.id)).collect();
    let companies: Vec<String> = person
        .companies
        .iter()
        .map(|company| format!("company {}{}", company.id, if company.has_number { "" } else { " (employer)" }))
        .collect();
    let leads: Vec<String> = person.leads.iter().map(|lead| format!("active lead {}", lead.id)).collect();
    format!("Found {}.", [contacts, companies, leads].concat().join(", "))
}
