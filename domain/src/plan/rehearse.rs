//! What today's rules would do with a call that has only begun: once if somebody talks, once if nobody does.
//!
//! For the self-test: nothing here is stored or sent, and what Kommo would answer is imagined as in a replay.

use super::Facts;
use super::replay::replay;
use crate::ids::ExtensionId;
use crate::matching::Person;
use crate::protocol::ReplayStep;
use crate::telephony::{CallEvent, ReportedStatus};
use crate::time::{Millis, Moment};

/// How long the imagined talk lasts.
const TALK: Millis = Millis::seconds(60);
/// By then every leg that still rings is believed to be over.
const LATER: Millis = Millis::minutes(10);

/// What would be done after a talk on `line`, and after a miss.
pub fn rehearse(
    facts: &Facts<'_>,
    person: &Person,
    line: Option<&ExtensionId>,
    now: Moment,
) -> (Vec<ReplayStep>, Vec<ReplayStep>) {
    let end = |status, talked: bool| {
        let call = facts.call;
        let event = CallEvent::new(call.call_id.clone(), &*call.from, &*call.to, status, call.started_at);
        CallEvent {
            extension: line.cloned().filter(|_| talked),
            answered_at: talked.then_some(now),
            ended_at: Some(now + TALK),
            talk_seconds: talked.then_some(TALK.0 / 1000),
            ..event
        }
    };
    let after = |event: CallEvent| {
        let mut call = facts.call.clone();
        call.merge(&event, now + TALK);
        replay(&Facts { call: &call, ..*facts }, person, &[], now + LATER).would
    };
    (after(end(ReportedStatus::Completed, true)), after(end(ReportedStatus::Missed, false)))
}
