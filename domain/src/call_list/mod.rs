//! The call list of one person: who is called one after the other (Kommo VoIP guide: call list).
//!
//! [`CallList::advance`] is told the facts and says what is due now; [`CallList::begin`] marks an entry before the
//! provider is asked for its call. What must stay true, whatever happens in whatever order and however often: at
//! most one entry is being called, an entry that was begun is never begun again unless it is certain that nobody was
//! asked to call it, and the order of the list is kept.

mod add;
mod advance;

pub use add::{Added, Candidate};
pub use advance::{EntryCall, Facts, Next, NotPlaced};

use crate::ids::{CallId, Entity};
use crate::phone::PhoneKey;
use crate::protocol::{CallListAction, CallListResult};
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// The most entries of one list. The whole list goes to each of its person's tabs with every step.
pub const MOST: usize = 500;

/// The call list of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallList {
    /// Grows with every change that is stored.
    pub version: u64,
    /// Whether it calls.
    pub run: Run,
    /// What the next call waits for.
    pub hold: Option<Hold>,
    /// Everybody on it, in the order in which they are called.
    pub entries: Vec<Entry>,
    /// The number of the last entry ever added: none is used twice.
    last_id: u32,
    /// When it was started or resumed: calls that ended before need no pause.
    since: Moment,
    /// No call before this moment.
    not_before: Moment,
    /// Since when its person has no tab open.
    absent_since: Option<Moment>,
    /// Calls in a row that did not come about.
    failures: u32,
}

/// Whether a list calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Run {
    /// Not started, stopped, or through.
    #[default]
    Idle,
    /// One call after the other.
    Running,
    /// It goes on where it stands when somebody says so.
    Paused(Pause),
}

/// Why a list is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pause {
    /// Its person paused it.
    ByHand,
    /// Its person had no tab open for a while.
    Away,
    /// No call can be placed, for this reason.
    Refused(String),
}

/// What the next call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Hold {
    /// The pause between two calls, until then.
    Interval(Moment),
    /// Another call of the person.
    Call,
    /// The call summary of the last call, until then at the longest.
    Summary(Moment),
}

/// Somebody on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Names it within the list.
    pub id: u32,
    /// Whose card it came from.
    pub entity: Entity,
    /// The name, as Kommo showed it to the person when it was added.
    pub name: String,
    /// The numbers to choose from; without any the list passes it over.
    pub numbers: Vec<PhoneKey>,
    /// The chosen one.
    pub chosen: Option<PhoneKey>,
    /// Where it stands.
    pub progress: Progress,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
    /// Its turn has not come.
    Waiting,
    /// It is being called: stored before the provider is asked.
    Calling(CallId),
    /// It was called.
    Done {
        /// How that ended.
        result: CallListResult,
        /// The call.
        call: CallId,
        /// Why no call came about, as a sentence.
        reason: Option<String>,
    },
    /// Its person passed it over, perhaps while it was being called.
    Skipped,
}

/// Why something cannot be done with a list; the text is shown to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallListError {
    /// It would get too long.
    #[error("A call list holds at most 500 entries. Clear the list, or add fewer at a time.")]
    Full,
    /// Nobody is left to be called.
    #[error("Nobody on the call list is left to be called. Add contacts or leads first.")]
    NobodyLeft,
    /// There is no such entry.
    #[error("There is no such entry on the call list any more.")]
    NoSuchEntry,
    /// The entry does not have this number.
    #[error("number: this is not one of the entry's numbers.")]
    NotItsNumber,
    /// Another entry that waits has this number.
    #[error("This number is on the call list already.")]
    Double,
    /// It has been called, or is just being called.
    #[error("The number cannot be changed any more: the entry has had its turn.")]
    HadItsTurn,
}

impl Entry {
    /// It can be called and its turn has not come.
    pub fn waits(&self) -> bool {
        self.progress == Progress::Waiting && self.chosen.is_some()
    }

    /// Waiting or being called, with a number or without: not over yet.
    fn is_open(&self) -> bool {
        matches!(self.progress, Progress::Waiting | Progress::Calling(_))
    }
}

impl CallList {
    /// The entry that is being called.
    pub fn calling(&self) -> Option<(&Entry, &CallId)> {
        self.entries.iter().find_map(|entry| match &entry.progress {
            Progress::Calling(call) => Some((entry, call)),
            _ => None,
        })
    }

    /// Whoever comes next.
    pub fn next_waiting(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.waits())
    }

    /// It has to be looked at when something happens.
    pub fn is_under_way(&self) -> bool {
        self.run == Run::Running || self.calling().is_some()
    }

    /// A person does something with the list as a whole; `entry` is who is skipped. Doing it again changes nothing.
    pub fn act(&mut self, action: CallListAction, entry: Option<u32>, now: Moment) -> Result<(), CallListError> {
        match action {
            CallListAction::Start | CallListAction::Resume => self.start(now),
            CallListAction::Pause => {
                if self.run == Run::Running {
                    self.halt(Run::Paused(Pause::ByHand));
                }
                Ok(())
            }
            CallListAction::Stop => {
                self.halt(Run::Idle);
                Ok(())
            }
            CallListAction::Skip => self.skip(entry),
        }
    }

    fn start(&mut self, now: Moment) -> Result<(), CallListError> {
        if self.run == Run::Running {
            return Ok(());
        }
        if self.next_waiting().is_none() {
            return Err(CallListError::NobodyLeft);
        }
        self.run = Run::Running;
        (self.since, self.not_before, self.absent_since, self.failures) = (now, now, None, 0);
        Ok(())
    }

    fn halt(&mut self, run: Run) {
        (self.run, self.hold) = (run, None);
    }

    /// Passes an entry over. A call that is under way is the person's to end; the next one waits for its end.
    fn skip(&mut self, entry: Option<u32>) -> Result<(), CallListError> {
        let named = entry.or_else(|| self.calling().map(|(entry, _)| entry.id));
        let id = named.or_else(|| self.next_waiting().map(|entry| entry.id)).ok_or(CallListError::NobodyLeft)?;
        let entry = self.entry_mut(id)?;
        if entry.is_open() {
            entry.progress = Progress::Skipped;
        }
        Ok(())
    }

    /// Chooses the number of an entry whose turn has not come.
    pub fn choose(&mut self, id: u32, number: &PhoneKey) -> Result<(), CallListError> {
        let is_double = self.entries.iter().any(|entry| entry.id != id && entry.occupies(number));
        let entry = self.entry_mut(id)?;
        if !entry.numbers.contains(number) {
            return Err(CallListError::NotItsNumber);
        }
        if entry.progress != Progress::Waiting {
            return Err(CallListError::HadItsTurn);
        }
        if is_double {
            return Err(CallListError::Double);
        }
        entry.chosen = Some(number.clone());
        Ok(())
    }

    /// Takes an entry off the list; one that is gone already is no mistake.
    pub fn remove(&mut self, id: u32) {
        self.entries.retain(|entry| entry.id != id);
    }

    /// Takes everybody with this number off the list; gives how many that were.
    pub fn forget_number(&mut self, number: &PhoneKey) -> usize {
        let before = self.entries.len();
        self.entries.retain(|entry| !entry.numbers.contains(number) && entry.chosen.as_ref() != Some(number));
        before - self.entries.len()
    }

    /// Ends the list and takes everybody off it.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.halt(Run::Idle);
    }

    fn entry_mut(&mut self, id: u32) -> Result<&mut Entry, CallListError> {
        self.entries.iter_mut().find(|entry| entry.id == id).ok_or(CallListError::NoSuchEntry)
    }
}

#[cfg(test)]
mod any_order;
#[cfg(test)]
mod tests;
