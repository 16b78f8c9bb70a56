//! Calls that are over, told leg by leg as their webhooks would have told of them.
//!
//! What a leg means hangs on the leg that made it: one that was made for a caller reaches a line of ours, one that
//! was made after we rang a manager reaches the client. That other leg may stand on another page of the list.

use crate::ids::ExtensionId;
use crate::telephony::legs::{Part, event};
use crate::telephony::{CallEvent, Direction, ReportedStatus};
use crate::time::{Millis, Moment};
use std::collections::BTreeMap;

/// Legs that stand on another page are asked for one by one, so only a few may be.
const MOST_MISSING: usize = 10;

/// One leg of a provider's list.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    /// Its id.
    pub(super) id: String,
    /// The leg that made it.
    pub(super) parent: Option<String>,
    /// We made it by ourselves, to ring a manager.
    pub(super) is_ours: bool,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) status: ReportedStatus,
    pub(super) started_at: Moment,
    pub(super) ended_at: Option<Moment>,
    /// Seconds since somebody, or our instructions, answered.
    pub(super) seconds: Option<i64>,
}

/// The legs of a page, and those that made them.
pub(super) struct Legs {
    page: Vec<Leg>,
    known: BTreeMap<String, Leg>,
    missing: Vec<String>,
}

impl Legs {
    /// Takes a page.
    pub(super) fn new(page: Vec<Leg>) -> Self {
        let known: BTreeMap<String, Leg> = crate::short::map(page.iter().map(|leg| (leg.id.clone(), leg.clone())));
        let mut missing: Vec<String> =
            page.iter().filter_map(|leg| leg.parent.clone()).filter(|parent| !known.contains_key(parent)).collect();
        crate::short::sort(&mut missing);
        missing.dedup();
        missing.truncate(MOST_MISSING);
        Self { page, known, missing }
    }

    /// The id of a leg that has to be asked for, each once.
    pub(super) fn take_missing(&mut self) -> Option<String> {
        self.missing.pop()
    }

    /// Takes a leg that was missing. One that is gone leaves those it made to speak for themselves.
    pub(super) fn add(&mut self, leg: Option<Leg>) {
        self.known.extend(leg.map(|leg| (leg.id.clone(), leg)));
    }

    /// What the page tells about calls of a time.
    pub(super) fn events(&self, from: Moment, until: Moment) -> Vec<CallEvent> {
        let mut events: Vec<CallEvent> = self.page.iter().filter_map(|leg| self.report(leg)).collect();
        events.retain(|event| event.started_at >= from && event.started_at < until);
        // Lists run backwards; as told live, a call's own leg comes before those it made.
        let key = |event: &CallEvent| (event.started_at, event.extension.is_some());
        crate::short::sort_by(&mut events, |one, other| key(one) < key(other));
        events
    }

    fn report(&self, leg: &Leg) -> Option<CallEvent> {
        let origin = leg.parent.as_ref().and_then(|parent| self.known.get(parent)).unwrap_or(leg);
        let line = ExtensionId(origin.to.clone());
        let (part, from, to) = match (&leg.parent, origin.is_ours) {
            (Some(_), true) => (Part::Person(Some(line)), &origin.to, &leg.to),
            (Some(_), false) => (Part::Person(Some(ExtensionId(leg.to.clone()))), &leg.from, &leg.to),
            (None, false) => (Part::Cloud, &leg.from, &leg.to),
            (None, true) => {
                // Without a second leg the manager never picked up, and nothing here says whom they meant to call.
                let client = self.page.iter().find(|other| other.parent.as_ref() == Some(&leg.id))?;
                (Part::Manager(line), &leg.to, &client.to)
            }
        };
        let call_id = leg.parent.clone().unwrap_or_else(|| leg.id.clone());
        let mut event = event(call_id, from.clone(), to.clone(), part.says(leg.status), origin.started_at);
        event.direction = Some(if origin.is_ours { Direction::Outbound } else { Direction::Inbound });
        event.ended_at = leg.ended_at;
        if event.status == ReportedStatus::Completed {
            event.talk_seconds = leg.seconds;
            let talk = Millis::seconds(-leg.seconds.unwrap_or(0));
            event.answered_at = leg.ended_at.map(|end| end + talk);
        }
        Some(event)
    }
}
