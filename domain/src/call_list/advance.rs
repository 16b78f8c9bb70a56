//! What is due now: facts in, decision out.

use super::{CallList, Entry, Hold, Pause, Progress, Run};
use crate::call::Outcome;
use crate::ids::CallId;
use crate::phone::PhoneKey;
use crate::protocol::CallListResult;
use crate::time::{Millis, Moment};

/// A list whose person has no tab open for so long pauses: nobody is there to talk. A reload takes seconds, and a
/// laptop that changes networks less than a minute.
const AWAY: Millis = Millis::minutes(2);
/// After so many calls in a row that did not come about, the next ones will not either.
const MOST_FAILURES: u32 = 3;
/// How long the list waits after the person turned out to be in another call.
const BUSY: Millis = Millis::seconds(3);

/// What a list's next step may depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The pause between two calls.
    pub interval: Millis,
    /// A tab of the person is open.
    pub is_here: bool,
    /// What became of the call of the entry that is being called.
    pub call: Option<EntryCall>,
    /// The person's line rings or talks, whatever the call.
    pub is_busy: bool,
    /// When that may change by the mere passing of time.
    pub busy_until: Option<Moment>,
    /// When the person's last call ended.
    pub last_end: Option<Moment>,
    /// Until when the person is given time for the last call's summary.
    pub summary_until: Option<Moment>,
}

/// What became of an entry's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryCall {
    /// There is no such call: it was begun, and the account's object died before or after the provider was asked.
    Lost,
    /// It rings or talks; when that may change by the mere passing of time.
    GoesOn(Option<Moment>),
    /// It is over.
    Over(Outcome),
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Call this entry, now.
    Call {
        /// Which.
        entry: u32,
        /// At this number.
        number: PhoneKey,
    },
    /// Nothing, unless something happens; and look again at this moment, if there is one.
    Rest(Option<Moment>),
}

/// Why no call came of an entry that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPlaced {
    /// The person is in another call; the provider was not asked.
    InCall,
    /// No call at all can be placed, for this reason; the provider was not asked.
    Impossible(String),
    /// The provider was asked and did not say yes. It may have called all the same, so the entry has had its turn.
    Refused(String),
}

fn result_of(outcome: Outcome) -> CallListResult {
    match outcome {
        Outcome::Completed => CallListResult::Talked,
        Outcome::Voicemail => CallListResult::Voicemail,
        Outcome::Busy => CallListResult::Busy,
        Outcome::Missed | Outcome::Cancelled => CallListResult::NoAnswer,
        Outcome::Failed => CallListResult::Failed,
    }
}

impl CallList {
    /// Takes in the facts and says what is due. May be asked at any time and as often as one likes.
    pub fn advance(&mut self, facts: &Facts, now: Moment) -> Next {
        self.hold = None;
        if let Some(rest) = self.settle_call(facts, now) {
            return Next::Rest(rest);
        }
        let Some((entry, number)) = self.next_waiting().and_then(|entry| Some((entry.id, entry.chosen.clone()?)))
        else {
            // Through, also where it was paused in its last call.
            self.run = Run::Idle;
            return Next::Rest(None);
        };
        if self.run != Run::Running {
            return Next::Rest(None);
        }
        self.absent_since = if facts.is_here { None } else { self.absent_since.or(Some(now)) };
        let away_at = self.absent_since.map(|since| since + AWAY);
        if away_at.is_some_and(|away_at| away_at <= now) {
            self.run = Run::Paused(Pause::Away);
            return Next::Rest(None);
        }
        let rest = |until: Option<Moment>| Next::Rest([until, away_at].into_iter().flatten().min());
        if facts.is_busy {
            self.hold = Some(Hold::Call);
            return rest(facts.busy_until);
        }
        if let Some(until) = facts.summary_until.filter(|until| *until > now) {
            self.hold = Some(Hold::Summary(until));
            return rest(Some(until));
        }
        if let Some(end) = facts.last_end.filter(|end| *end > self.since) {
            self.not_before = self.not_before.max(end + facts.interval);
        }
        if self.not_before > now {
            self.hold = Some(Hold::Interval(self.not_before));
            return rest(Some(self.not_before));
        }
        Next::Call { entry, number }
    }

    /// Brings the entry that is being called up to date; while its call goes on, nothing else is due.
    fn settle_call(&mut self, facts: &Facts, now: Moment) -> Option<Option<Moment>> {
        let (id, call) = self.calling().map(|(entry, call)| (entry.id, call.clone()))?;
        let (result, reason) = match facts.call {
            None => return Some(None),
            Some(EntryCall::GoesOn(until)) => return Some(until),
            Some(EntryCall::Over(outcome)) => (result_of(outcome), None),
            Some(EntryCall::Lost) => {
                let reason = "It is not known whether the call was placed, so it is not placed again.";
                (CallListResult::Failed, Some(reason.to_owned()))
            }
        };
        if result != CallListResult::Failed {
            self.failures = 0;
        }
        self.not_before = self.not_before.max(facts.last_end.unwrap_or(now) + facts.interval);
        if let Ok(entry) = self.entry_mut(id) {
            entry.progress = Progress::Done { result, call, reason };
        }
        None
    }

    /// Marks an entry as being called; to be stored before the provider is asked. `false`: it is not due (any more).
    pub fn begin(&mut self, entry: u32, call: CallId) -> bool {
        if self.run != Run::Running || self.calling().is_some() {
            return false;
        }
        match self.entry_mut(entry) {
            Ok(entry) if entry.waits() => {
                entry.progress = Progress::Calling(call);
                true
            }
            _ => false,
        }
    }

    /// No call came of what was begun. An entry that was skipped or taken off meanwhile stays so.
    pub fn not_placed(&mut self, call: &CallId, why: NotPlaced, interval: Millis, now: Moment) {
        let is_it = |entry: &&mut Entry| entry.progress == Progress::Calling(call.clone());
        let entry = self.entries.iter_mut().find(is_it);
        let (progress, pause) = match why {
            NotPlaced::InCall => {
                self.not_before = self.not_before.max(now + BUSY);
                (Progress::Waiting, None)
            }
            NotPlaced::Impossible(reason) => (Progress::Waiting, Some(reason)),
            NotPlaced::Refused(reason) => {
                self.failures += 1;
                self.not_before = self.not_before.max(now + interval);
                let pause = (self.failures >= MOST_FAILURES).then(|| reason.clone());
                let result = CallListResult::Failed;
                (Progress::Done { result, call: call.clone(), reason: Some(reason) }, pause)
            }
        };
        if let Some(entry) = entry {
            entry.progress = progress;
        }
        if let Some(reason) = pause.filter(|_| self.run == Run::Running) {
            self.halt(Run::Paused(Pause::Refused(reason)));
        }
    }
}
