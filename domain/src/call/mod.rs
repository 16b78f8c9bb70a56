//! The life of one call as a state machine that merges reports in any order and any number of times.
//!
//! A call keeps facts per leg, and every fact only ever grows (a leg that ended does not ring again), so the order
//! in which reports arrive cannot change what the call is in the end. What it *is* (ringing, talking, over) is
//! worked out from the facts each time it is asked.

mod credit;
mod leg;
mod side;

pub use leg::{Leg, Outcome};
pub use side::Side;

use crate::ids::{CallId, ExtensionId, ProviderCallId};
use crate::telephony::{CallEvent, Direction};
use crate::time::{Millis, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A miss is believed after this much quiet: in a ring group the answer may be a moment behind the first "missed".
pub const SETTLE: Millis = Millis::seconds(3);
/// Once someone talked, a leg that is still said to ring is believed to have stopped after this much quiet.
const SIBLING_QUIET: Millis = Millis::seconds(10);
/// A leg that rings this long without a word has been forgotten by the provider.
const LONGEST_RING: Millis = Millis::minutes(3);
/// A talk without a word for this long has been forgotten by the provider.
const LONGEST_TALK: Millis = Millis::minutes(6 * 60);

/// Everything the reports said about one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Our id.
    pub id: CallId,
    /// The provider it came through.
    pub provider: String,
    /// The provider's id.
    pub call_id: ProviderCallId,
    /// Who calls, as the provider writes it.
    pub from: String,
    /// Who is called, as the provider writes it.
    pub to: String,
    /// The direction the provider stated, if it did.
    pub stated_direction: Option<Direction>,
    /// Start of the call.
    pub started_at: Moment,
    /// What was said about the call as a whole.
    pub whole: Leg,
    /// What was said about each line.
    pub legs: BTreeMap<ExtensionId, Leg>,
    /// Where the recording can be fetched.
    pub recording: Option<String>,
    /// When we last heard something new.
    pub heard_at: Moment,
    /// Grows with every report that said something new.
    pub version: u64,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// At least one line rings and nobody talks.
    Ringing,
    /// Someone talks.
    Talking,
    /// Nobody talked, and a late answer is still possible until the given moment.
    Settling {
        /// When the miss is believed.
        until: Moment,
    },
    /// Over.
    Over {
        /// How it ended.
        outcome: Outcome,
        /// The end was not reported but assumed after a long silence.
        timed_out: bool,
    },
}

impl Call {
    /// A call as its first report tells it.
    pub fn begin(id: CallId, provider: &str, event: &CallEvent, now: Moment) -> Self {
        let mut call = Self {
            id,
            provider: provider.to_owned(),
            call_id: event.call_id.clone(),
            from: event.from.clone(),
            to: event.to.clone(),
            stated_direction: None,
            started_at: event.started_at,
            whole: Leg::default(),
            legs: BTreeMap::new(),
            recording: None,
            heard_at: now,
            version: 0,
        };
        call.merge(event, now);
        call
    }

    /// Adds a report; `true` when it said something new.
    pub fn merge(&mut self, event: &CallEvent, now: Moment) -> bool {
        let before = (self.whole, self.legs.clone(), self.recording.clone(), self.started_at, self.stated_direction);
        let leg = match &event.extension {
            None => &mut self.whole,
            Some(extension) => self.legs.entry(extension.clone()).or_default(),
        };
        leg.merge(event, now);
        self.started_at = self.started_at.min(event.started_at);
        self.stated_direction = self.stated_direction.or(event.direction);
        if let Some(recording) = &event.recording {
            self.recording = Some(recording.clone());
        }
        let after = (self.whole, self.legs.clone(), self.recording.clone(), self.started_at, self.stated_direction);
        let is_new = self.version == 0 || before != after;
        if is_new {
            self.version += 1;
            self.heard_at = now;
        }
        is_new
    }

    /// A recording that came by itself.
    pub fn add_recording(&mut self, recording: &str, now: Moment) {
        self.recording = Some(recording.to_owned());
        self.version += 1;
        self.heard_at = now;
    }

    fn all_legs(&self) -> impl Iterator<Item = &Leg> {
        std::iter::once(&self.whole).chain(self.legs.values())
    }

    /// Someone has talked, or talks.
    pub fn talked(&self) -> bool {
        self.all_legs().any(Leg::talked)
    }

    /// Someone talks now. What was said of the whole call gives way to a leg that is known to have ended its talk.
    fn talks(&self) -> bool {
        self.legs.values().any(Leg::talks)
            || (self.whole.talks() && !self.legs.values().any(|leg| leg.outcome == Some(Outcome::Completed)))
    }

    /// Where the call stands at `now`.
    pub fn phase(&self, now: Moment) -> Phase {
        let quiet = now - self.heard_at;
        if !self.whole.is_over() {
            let talking = self.talks();
            if talking && quiet < LONGEST_TALK {
                return Phase::Talking;
            }
            let ringing = self.legs.values().any(Leg::rings) || (self.legs.is_empty() && !self.whole.talked());
            let patience = if self.talked() { SIBLING_QUIET } else { LONGEST_RING };
            if !talking && ringing && quiet < patience {
                return if self.talked() { Phase::Talking } else { Phase::Ringing };
            }
            if talking || (ringing && !self.talked()) {
                return Phase::Over { outcome: self.outcome(), timed_out: true };
            }
        }
        if !self.talked() && quiet < SETTLE {
            return Phase::Settling { until: self.heard_at + SETTLE };
        }
        Phase::Over { outcome: self.outcome(), timed_out: false }
    }

    /// When [`Call::phase`] may next change by the mere passing of time.
    pub fn next_change(&self, now: Moment) -> Option<Moment> {
        match self.phase(now) {
            Phase::Ringing => Some(self.heard_at + LONGEST_RING),
            Phase::Talking if self.talks() => Some(self.heard_at + LONGEST_TALK),
            Phase::Talking => Some(self.heard_at + SIBLING_QUIET),
            Phase::Settling { until } => Some(until),
            Phase::Over { .. } => None,
        }
    }

    /// How the call ended, taken over all legs: a talk wins over everything, then what was said of the whole call,
    /// then the most telling leg.
    pub fn outcome(&self) -> Outcome {
        if self.talked() {
            return Outcome::Completed;
        }
        self.whole.outcome.or_else(|| self.legs.values().filter_map(|leg| leg.outcome).max()).unwrap_or(Outcome::Missed)
    }

    /// Start of the first talk.
    pub fn answered_at(&self) -> Option<Moment> {
        self.all_legs().filter_map(|leg| leg.answered_at).min()
    }

    /// The last end that was reported.
    pub fn ended_at(&self) -> Option<Moment> {
        self.all_legs().filter_map(|leg| leg.ended_at).max()
    }

    /// It was a talk that ended no sooner than another call did.
    pub fn talked_after(&self, missed: &Self) -> bool {
        let end = |call: &Self| call.ended_at().unwrap_or(call.started_at);
        self.talked() && end(self) >= end(missed)
    }

    /// Seconds of talk: as stated for the whole call, else the sum over the legs.
    pub fn talk_seconds(&self) -> i64 {
        match self.whole.talk_seconds(None) {
            Some(stated) if stated > 0 || self.legs.is_empty() => stated,
            whole => {
                let legs: i64 = self.legs.values().filter_map(|leg| leg.talk_seconds(self.whole.ended_at)).sum();
                if legs > 0 { legs } else { whole.unwrap_or(0) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
