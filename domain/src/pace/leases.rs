//! The account's side of the [`Gate`](super::Gate): what it was leased, and what it still has to say about it.
//!
//! What is to be said is kept until the gate has answered, since it may be said twice and must be said once.

use super::gate::{GateAnswer, GateRequest};
use super::{Purpose, SLOTS};
use crate::time::{Millis, Moment};
use std::collections::VecDeque;

/// A request that has a lease begins this soon after the gate's answer, or not at all.
pub const USE_WITHIN: Millis = Millis::seconds(1);

/// The leases of one life of an object, or of one request of the Worker.
#[derive(Debug, Clone)]
pub struct Leases {
    holder: i64,
    life: Moment,
    /// When requests of former lives ended, until the gate knows.
    recent: Vec<Moment>,
    /// Not used yet, and until when they may be.
    ready: VecDeque<(i64, Moment)>,
    ended: Vec<(i64, Moment)>,
    unused: Vec<i64>,
    /// Until when Kommo blocks, until the gate knows.
    stop: Option<Moment>,
}

impl Leases {
    /// Leases of an object that just woke; `recent` is when the requests of its former lives ended that still rest.
    pub fn new(holder: i64, recent: Vec<Moment>, now: Moment) -> Self {
        let (ready, ended, unused) = Default::default();
        Self { holder, life: now, recent, ready, ended, unused, stop: None }
    }

    /// Takes a lease for a request that leaves now.
    pub fn start(&mut self, now: Moment) -> Option<i64> {
        while let Some((lease, use_by)) = self.ready.pop_front() {
            if now < use_by {
                return Some(lease);
            }
            self.unused.push(lease);
        }
        None
    }

    /// The request of a lease is over.
    pub fn end(&mut self, lease: i64, now: Moment) {
        self.ended.push((lease, now));
    }

    /// Kommo blocks, as it does all who come from our address.
    pub fn stop(&mut self, until: Moment) {
        self.stop = self.stop.max(Some(until));
    }

    /// How many leases wait to be used.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// The gate should know at once.
    pub fn is_urgent(&self) -> bool {
        self.stop.is_some()
    }

    /// There is something the gate should know.
    pub fn has_news(&mut self, now: Moment) -> bool {
        let late = self.ready.iter().position(|(_, use_by)| now < *use_by).unwrap_or(self.ready.len());
        self.unused.extend(self.ready.drain(..late).map(|(lease, _)| lease));
        !self.ended.is_empty() || !self.unused.is_empty() || self.stop.is_some()
    }

    /// What to say to the gate: everything it should know, and what is wanted.
    pub fn say(&self, purpose: Purpose, wanted: usize, now: Moment) -> GateRequest {
        GateRequest {
            holder: self.holder,
            life: self.life,
            recent: self.recent.iter().map(|ended| now - *ended).collect(),
            purpose,
            wanted: u32::try_from(wanted.min(SLOTS)).unwrap_or(0),
            ended: self.ended.iter().map(|(lease, ended)| (*lease, now - *ended)).collect(),
            unused: self.unused.clone(),
            stop: self.stop.map(|until| until - now).filter(|pause| pause.0 > 0),
        }
    }

    /// The gate has taken in what was said, and answered.
    pub fn answered(&mut self, said: &GateRequest, answer: &GateAnswer, now: Moment) {
        self.recent.clear();
        self.ended.retain(|(lease, _)| !said.ended.iter().any(|(known, _)| known == lease));
        self.unused.retain(|lease| !said.unused.contains(lease));
        if said.stop.is_some() || self.stop.is_some_and(|until| until <= now) {
            self.stop = None;
        }
        self.ready.extend(answer.leases.iter().map(|lease| (*lease, now + USE_WITHIN)));
    }
}
