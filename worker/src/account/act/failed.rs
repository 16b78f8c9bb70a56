//! What follows from an action that failed: again later, a look for it later, or an administrator's turn.

use super::super::Hub;
use super::super::store::{ActionRow, CallRow, StoreError};
use super::{Acted, MAY_STILL_LAND};
use crate::adapters::{clock, random};
use kommo_voip_domain::ids::Entity;
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::plan::Action;
use kommo_voip_domain::retry;
use kommo_voip_domain::time::{Millis, Moment};

/// How often it is looked whether an incoming lead was accepted.
const ACCEPTANCE: Millis = Millis::minutes(5);
/// How often something is tried again that Kommo refuses although it may come right by itself.
const PATIENCE: u32 = 5;

impl Hub {
    /// Sorts a failure: again later, look for it later, read the person again, or park it with the reason.
    pub(super) fn failed(
        &self,
        call: &CallRow,
        key: &PhoneKey,
        row: &ActionRow,
        action: &Action,
        error: &KommoError,
    ) -> Result<Acted, StoreError> {
        let now = clock::now();
        let attempts = row.attempts.saturating_add(1);
        let words = error.to_string();
        let acted = match (error, error.kind()) {
            (KommoError::Deferred, _) => {
                let due = self.breaker.paused_until(now).unwrap_or(now + Millis(50));
                self.store.mark_ready(row.id, due, row.reason.as_deref())?;
                return Ok(Acted::Later(due));
            }
            (_, ErrorKind::Fatal) => {
                self.store.mark_ready(row.id, now, Some(&words))?;
                Acted::Held
            }
            _ if error.may_have_landed() => {
                let due = now + MAY_STILL_LAND;
                self.store.mark_uncertain(row.id, due, &words)?;
                Acted::Later(due)
            }
            (_, ErrorKind::Retry) => {
                let due = now + retry::backoff(attempts, random::unit(), error.retry_after());
                self.store.mark_ready(row.id, due, Some(&words))?;
                Acted::Later(due)
            }
            // Some accounts take no note on an incoming lead before it is accepted.
            (_, ErrorKind::Refuse) if self.waits_for_acceptance(key, action)? => {
                let due = now + ACCEPTANCE;
                self.store.mark_ready(row.id, due, Some("Kommo takes the note once the incoming lead is accepted."))?;
                Acted::Later(due)
            }
            // Its target vanished, or cannot be accepted yet: read again what is there, and decide anew.
            (_, ErrorKind::Refuse) if attempts < PATIENCE && may_come_right(action, error) => {
                let due = now + retry::backoff(attempts, random::unit(), None);
                self.store.tx(|| {
                    self.forget_reading(key)?;
                    self.doubt_directory()?;
                    self.store.mark_ready(row.id, due, Some(&words))
                })?;
                Acted::Later(due)
            }
            (_, ErrorKind::Refuse) => {
                self.store.mark_parked(row.id, &words)?;
                Acted::Parked(words.clone())
            }
        };
        self.store.trace(call.id, "result", words, now)?;
        Ok(acted)
    }

    fn waits_for_acceptance(&self, key: &PhoneKey, action: &Action) -> Result<bool, StoreError> {
        let Action::WriteNoteV1 { entity, .. } = action else { return Ok(false) };
        let incoming = self.store.person(key)?.0.and_then(|person| person.incoming);
        let waits = incoming.is_some_and(|incoming| Entity::Leads(incoming.lead) == *entity);
        if waits {
            // Read anew next time: somebody may have accepted or declined it.
            self.forget_reading(key)?;
        }
        Ok(waits)
    }

    /// What is known about a number is read again before it decides anything.
    fn forget_reading(&self, key: &PhoneKey) -> Result<(), StoreError> {
        match self.store.person(key)?.0 {
            Some(person) => self.store.set_person(key, &Person { read_at: Moment(0), ..person }),
            None => Ok(()),
        }
    }
}

/// What Kommo refuses for the moment: a target that was deleted or merged, an incoming lead that is not ready.
fn may_come_right(action: &Action, error: &KommoError) -> bool {
    match action {
        Action::AcceptIncomingLeadV1 { .. } => matches!(error, KommoError::Invalid { .. } | KommoError::NotFound),
        Action::WriteNoteV1 { .. } | Action::CreateTaskV1 { .. } | Action::CreateLeadV1 { .. } => {
            matches!(error, KommoError::NotFound | KommoError::Invalid { .. })
        }
        // A user, pipeline or stage that was deleted since we looked.
        Action::CreateContactAndLeadV1 { .. } | Action::CreateIncomingLeadV1 { .. } => {
            matches!(error, KommoError::Invalid { .. })
        }
        Action::AmendNoteV1 { .. } | Action::JoinTaskV1 { .. } | Action::CompleteTaskV1 { .. } => false,
    }
}
