//! Putting people on the list. Nobody is called twice for standing in two of Kommo's lists: what counts is the number.

use super::{CallList, CallListError, Entry, MOST, Progress};
use crate::ids::Entity;
use crate::phone::PhoneKey;

/// Somebody to be put on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Whose row or card.
    pub entity: Entity,
    /// The name.
    pub name: String,
    /// Its numbers, the one to call first; may be none.
    pub numbers: Vec<PhoneKey>,
}

/// What became of those who were to be added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Put on the list.
    pub added: usize,
    /// On it already, or with the number of somebody who is.
    pub doubles: usize,
}

impl Entry {
    /// It is going to be called at this number, or just is.
    pub(super) fn occupies(&self, number: &PhoneKey) -> bool {
        self.is_open() && self.chosen.as_ref() == Some(number)
    }
}

impl CallList {
    /// Puts people at the end of the list, or nobody where that would make it too long. Whoever had their turn may be
    /// added again.
    pub fn add(&mut self, candidates: Vec<Candidate>) -> Result<Added, CallListError> {
        let (before, last_id) = (self.entries.len(), self.last_id);
        let mut told = Added::default();
        for candidate in candidates {
            let mut numbers: Vec<PhoneKey> = Vec::new();
            for number in candidate.numbers {
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
            let first = numbers.first();
            let is_double = self.entries.iter().any(|entry| {
                (entry.is_open() && entry.entity == candidate.entity)
                    || first.is_some_and(|first| entry.occupies(first))
            });
            if is_double {
                told.doubles += 1;
                continue;
            }
            if self.entries.len() >= MOST {
                self.entries.truncate(before);
                self.last_id = last_id;
                return Err(CallListError::Full);
            }
            self.last_id += 1;
            let chosen = first.cloned();
            let Candidate { entity, name, .. } = candidate;
            self.entries.push(Entry { id: self.last_id, entity, name, numbers, chosen, progress: Progress::Waiting });
            told.added += 1;
        }
        Ok(told)
    }
}
