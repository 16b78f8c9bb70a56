//! Doing one action in Kommo exactly once.
//!
//! Why every awaited step may run twice:
//! 1. The action's row exists once per key; whoever comes second finds its result.
//! 2. Before the request leaves, the row says `sending`. Dying after that leaves the row uncertain.
//! 3. An uncertain row is left alone for 30 s, because a slow write may still land, then looked for in lists that do
//!    not lag (newest first), and sent again only if it is not there (see [`kommo_voip_domain::plan::outbox`]).
//! 4. The result and what follows from it are stored in one transaction.

mod find;
mod number;
mod perform;

use super::Hub;
use super::client::Errand;
use super::store::{ActionRow, CallRow, StoreError};
use crate::adapters::{clock, random};
use kommo_voip_domain::ids::Entity;
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::plan::outbox::{self, Aftermath, Doubt, Turn};
use kommo_voip_domain::plan::{self, Action, ActionResult};
use kommo_voip_domain::retry;
use kommo_voip_domain::time::Moment;

/// How an action ended for now.
pub enum Acted {
    /// It is done and its result is stored.
    Done,
    /// Not before this moment.
    Later(Moment),
    /// Kommo does not accept us; everything waits for a new grant.
    Held,
    /// Kommo refused it; an administrator has to act.
    Parked(String),
}

impl Hub {
    /// Does an action, or finds that it is done. `key` is none when the number is withheld.
    pub(super) async fn act(
        &self,
        call: &CallRow,
        key: Option<&PhoneKey>,
        action: Action,
        because: &str,
        errand: &Errand,
    ) -> Result<Acted, StoreError> {
        let now = clock::now();
        let (person, epoch) = match key {
            Some(key) => self.store.person(key)?,
            None => (None, 0),
        };
        let name = action.key(&call.call.id, key, epoch, call.done.amended);
        let row = self.store.action(&name, call.id, &action, now)?;
        match row.attempt.turn(&row.action, now) {
            Turn::Finish(result) => {
                self.apply(call.id, key, &row, &row.action, &result)?;
                return Ok(Acted::Done);
            }
            Turn::Parked => return Ok(Acted::Parked(row.reason.unwrap_or_default())),
            Turn::NotBefore(moment) => return Ok(Acted::Later(moment)),
            // What is uncertain was settled before anything was decided.
            Turn::Send | Turn::LookFor => {}
        }
        if let Some(paused) = self.breaker.paused_until(now).filter(|_| !action.is_momentary()) {
            return Ok(Acted::Later(paused));
        }
        if errand.budget.left() < 2 {
            return Ok(Acted::Later(now));
        }
        // What is sent is what is wanted now: a call may have grown since the action was first written down.
        self.store.tx(|| {
            if row.attempt.attempts == 0 {
                self.store.trace(call.id, "rule", sentence(because), now)?;
            }
            if let Some(person) = person.filter(|_| !action.is_momentary()) {
                self.store.set_basis(call.id, &person)?;
            }
            self.store.mark_sending(row.id, &action, now)?;
            self.store.trace(call.id, "action", sentence(action.words()), now)
        })?;
        self.send_action(call.id, key, &row, &action, errand).await
    }

    /// Sends an action whose row says so, and stores what came of it.
    async fn send_action(
        &self,
        call: i64,
        key: Option<&PhoneKey>,
        row: &ActionRow,
        action: &Action,
        errand: &Errand,
    ) -> Result<Acted, StoreError> {
        match self.perform(action, errand).await {
            Ok(result) => {
                self.note_own_write(action, &result);
                self.apply(call, key, row, action, &result)?;
                Ok(Acted::Done)
            }
            Err(error) => self.failed(call, key, row, action, &error),
        }
    }

    /// Settles what became of a write of this lane whose answer was lost, whichever call it was for: before that is
    /// known, nothing else is decided in the lane, or the next call would do it a second time. None: nothing is open.
    pub(super) async fn settle(
        &self,
        lane: &str,
        key: Option<&PhoneKey>,
        errand: &Errand,
    ) -> Result<Option<Acted>, StoreError> {
        let now = clock::now();
        let Some(row) = self.store.uncertain_action(lane)? else { return Ok(None) };
        Ok(Some(match row.attempt.turn(&row.action, now) {
            Turn::Finish(result) => {
                self.apply(row.call, key, &row, &row.action, &result)?;
                Acted::Done
            }
            Turn::Parked => Acted::Done,
            Turn::NotBefore(moment) => Acted::Later(moment),
            Turn::Send => {
                self.store.mark_sending(row.id, &row.action, now)?;
                self.send_action(row.call, key, &row, &row.action, errand).await?
            }
            Turn::LookFor => match self.find(&row, key, errand).await {
                Ok(Some(result)) => {
                    const FOUND: &str = "The answer to the earlier request was lost; what it did was found.";
                    self.store.trace(row.call, "result", FOUND, now)?;
                    self.apply(row.call, key, &row, &row.action, &result)?;
                    Acted::Done
                }
                Ok(None) => {
                    self.store.mark_ready(row.id, now, row.reason.as_deref())?;
                    Acted::Done
                }
                // Whatever it was written on is gone, and took it along.
                Err(KommoError::NotFound) => {
                    self.store.tx(|| {
                        self.forget_reading(key)?;
                        self.store.mark_ready(row.id, now, row.reason.as_deref())
                    })?;
                    Acted::Done
                }
                Err(error) => {
                    let due = now + retry::backoff(row.attempt.attempts, random::unit(), error.retry_after());
                    self.store.mark_uncertain(row.id, due, &error.to_string())?;
                    if error.kind() == ErrorKind::Fatal { Acted::Held } else { Acted::Later(due) }
                }
            },
        }))
    }

    /// Stores the result of an action together with everything that follows from it.
    fn apply(
        &self,
        call: i64,
        key: Option<&PhoneKey>,
        row: &ActionRow,
        action: &Action,
        result: &ActionResult,
    ) -> Result<(), StoreError> {
        let now = clock::now();
        self.store.tx(|| {
            self.store.mark_done(row.id, result)?;
            let Some(mut current) = self.store.call(call)? else { return Ok(()) };
            let before = match key {
                Some(key) => self.store.person(key)?.0.unwrap_or_default(),
                None => Person::default(),
            };
            let mut person = before.clone();
            let words = plan::apply(action, result, &mut current.done, &mut person, now);
            current.journal.entity = current.done.place(&current.feedback);
            current.journal.unsorted_uid = current.done.incoming.as_ref().map(|uid| uid.0.clone());
            if let Some(key) = key.filter(|_| person != before) {
                self.store.set_person(key, &person)?;
                if matches!(action, Action::DeclineIncomingLeadV1 { .. }) {
                    // Whoever is created for this number next is somebody new.
                    self.store.person_vanished(key)?;
                }
            }
            self.store.update_call(&current)?;
            self.store.trace(call, "result", words, now)
        })
    }

    /// Sorts a failure: again later, look for it later, read the person again, or park it with the reason.
    fn failed(
        &self,
        call: i64,
        key: Option<&PhoneKey>,
        row: &ActionRow,
        action: &Action,
        error: &KommoError,
    ) -> Result<Acted, StoreError> {
        let now = clock::now();
        let attempts = row.attempt.attempts.saturating_add(1);
        let on_incoming_lead = self.is_on_incoming_lead(key, action)?;
        let paused = self.breaker.paused_until(now);
        let words = error.to_string();
        let acted = match outbox::after_failure(action, error, attempts, on_incoming_lead, paused, now, random::unit())
        {
            Aftermath::NotSent { due } => {
                self.store.mark_ready(row.id, due, row.reason.as_deref())?;
                return Ok(Acted::Later(due));
            }
            Aftermath::Held => {
                self.store.mark_ready(row.id, now, Some(&words))?;
                Acted::Held
            }
            Aftermath::Uncertain { due } => {
                self.store.mark_uncertain(row.id, due, &words)?;
                Acted::Later(due)
            }
            Aftermath::Again { due, doubt } => {
                let reason = if on_incoming_lead { WAITS_FOR_ACCEPTANCE } else { &words };
                self.store.tx(|| {
                    if doubt != Doubt::Nothing {
                        self.forget_reading(key)?;
                    }
                    if doubt == Doubt::Everything {
                        self.doubt_directory()?;
                    }
                    self.store.mark_ready(row.id, due, Some(reason))
                })?;
                Acted::Later(due)
            }
            Aftermath::Parked => {
                self.store.mark_parked(row.id, &words)?;
                Acted::Parked(words.clone())
            }
            Aftermath::Finish(result) => {
                self.store.trace(call, "result", words, now)?;
                self.apply(call, key, row, action, &result)?;
                return Ok(Acted::Done);
            }
        };
        self.store.trace(call, "result", words, now)?;
        Ok(acted)
    }

    fn is_on_incoming_lead(&self, key: Option<&PhoneKey>, action: &Action) -> Result<bool, StoreError> {
        let (Action::WriteNoteV1 { entity, .. }, Some(key)) = (action, key) else { return Ok(false) };
        let incoming = self.store.person(key)?.0.and_then(|person| person.incoming);
        Ok(incoming.is_some_and(|incoming| Entity::Leads(incoming.lead) == *entity))
    }

    /// What is known about a number is read again before it decides anything.
    fn forget_reading(&self, key: Option<&PhoneKey>) -> Result<(), StoreError> {
        let Some(key) = key else { return Ok(()) };
        match self.store.person(key)?.0 {
            Some(person) => self.store.set_person(key, &Person { read_at: Moment(0), ..person }),
            None => Ok(()),
        }
    }
}

const WAITS_FOR_ACCEPTANCE: &str = "Kommo takes the note once the incoming lead is accepted.";

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
