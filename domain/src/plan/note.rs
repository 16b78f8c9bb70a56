//! What the call note says.

use super::{Facts, SOURCE, credited_user, texts};
use crate::call::Outcome;
use crate::kommo::notes::CallNote;
use crate::phone::PhoneKey;
use crate::telephony::Direction;

/// Kommo's `call_status` values that follow from the call itself (Kommo API reference: calls).
const CONVERSATION: u8 = 4;
const NOT_REACHED: u8 = 6;
const BUSY: u8 = 7;

/// The note of a call that is over.
pub fn note_for(
    facts: &Facts<'_>,
    number: &PhoneKey,
    outcome: Outcome,
    timed_out: bool,
    several_numbers: bool,
) -> CallNote {
    let manager = credited_user(facts.call, facts.lines);
    let inbound = facts.side.direction == Direction::Inbound;
    let mut result = Vec::new();
    if inbound && several_numbers && facts.settings.inbound_known.number_in_note {
        result.push(facts.formatted.to_owned());
    }
    let unmapped: Vec<&str> =
        facts.call.legs.keys().filter(|line| !facts.lines.contains_key(line)).map(|line| line.0.as_str()).collect();
    if manager.is_none() && !unmapped.is_empty() {
        result.push(texts::unmapped_line(facts, &unmapped.join(", ")));
    }
    if timed_out {
        result.push(texts::end_not_reported(facts));
    }
    CallNote {
        inbound,
        uniq: facts.call.call_id.0.clone(),
        duration: if outcome == Outcome::Completed { facts.call.talk_seconds() } else { 0 },
        source: SOURCE.to_owned(),
        phone: number.to_string(),
        link: facts.call.recording.clone().filter(|_| facts.settings.recordings),
        call_result: (!result.is_empty()).then(|| result.join(". ")),
        call_status: Some(match outcome {
            Outcome::Completed => CONVERSATION,
            Outcome::Busy => BUSY,
            Outcome::Failed | Outcome::Cancelled | Outcome::Missed | Outcome::Voicemail => NOT_REACHED,
        }),
        call_responsible: manager,
        created_by: manager,
        responsible_user_id: manager,
        created_at: Some(facts.call.started_at.seconds()),
    }
}
