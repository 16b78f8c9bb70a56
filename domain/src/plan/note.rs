//! What the call note says.

use super::{Facts, SOURCE, credited_user, texts};
use crate::call::Outcome;
use crate::ids::Entity;
use crate::kommo::notes::CallNote;
use crate::phone::PhoneKey;
use crate::telephony::Direction;

/// Kommo's `call_status` values that follow from the call itself (Kommo API reference: calls).
const CONVERSATION: u8 = 4;
const NOT_REACHED: u8 = 6;
const BUSY: u8 = 7;

/// The note of a call that is over.
pub(super) fn note_for(
    facts: &Facts<'_>,
    number: Option<&PhoneKey>,
    outcome: Outcome,
    timed_out: bool,
    several_numbers: bool,
) -> CallNote {
    let manager = credited_user(facts.call, facts.lines);
    let inbound = facts.side.direction == Direction::Inbound;
    let result = facts.feedback.result.as_ref().map(|result| &result.saved);
    let mut text = Vec::new();
    if inbound && several_numbers && facts.settings.inbound_known.number_in_note {
        text.push(facts.formatted.to_owned());
    }
    text.extend(result.map(|result| result.text.clone()).filter(|text| !text.is_empty()));
    let unmapped: Vec<&str> =
        facts.call.legs.keys().filter(|line| !facts.lines.contains_key(line)).map(|line| line.0.as_str()).collect();
    if manager.is_none() && !unmapped.is_empty() {
        text.push(texts::unmapped_line(facts, &unmapped.join(", ")));
    }
    if timed_out {
        text.push(texts::end_not_reported(facts));
    }
    text.extend(facts.feedback.rating.as_ref().map(|rating| texts::rating(facts, rating)));
    let by_itself = match outcome {
        Outcome::Completed => CONVERSATION,
        Outcome::Busy => BUSY,
        Outcome::Failed | Outcome::Cancelled | Outcome::Missed | Outcome::Voicemail => NOT_REACHED,
    };
    CallNote {
        inbound,
        uniq: facts.call.call_id.0.clone(),
        duration: if outcome == Outcome::Completed { facts.call.talk_seconds() } else { 0 },
        source: SOURCE.to_owned(),
        phone: number.map(ToString::to_string).unwrap_or_default(),
        link: facts.recording.filter(|_| facts.settings.recordings).map(str::to_owned),
        call_result: sentences(&text),
        call_status: Some(result.map_or(by_itself, |result| result.call_status)),
        call_responsible: manager,
        created_by: manager,
        responsible_user_id: manager,
        created_at: Some(facts.call.started_at.seconds()),
    }
}

/// What remains of a note once the call was moved: where it is now, and no recording.
pub(super) fn moved_note(facts: &Facts<'_>, note: &CallNote, place: Entity) -> CallNote {
    CallNote { link: None, call_result: Some(texts::moved(facts, place)), ..note.clone() }
}

/// What takes the place of something that was said and is not any more: Kommo refuses `null`, and sources disagree on
/// whether what is left out of a change stays.
pub(super) fn emptied(said: &Option<String>) -> Option<String> {
    said.as_ref().map(|_| String::new())
}

fn sentences(parts: &[String]) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push_str(if text.ends_with(['.', '!', '?', '…']) { " " } else { ". " });
        }
        text.push_str(part);
    }
    (!text.is_empty()).then_some(text)
}
