//! The record of a call that is over: who it belongs to, its note, and what the manager changed about it since.

use super::create::{accept, create, new_lead};
use super::follow_up::follow_up;
use super::note::{emptied, moved_note, note_for};
use super::{Action, Decided, Decision, Facts, WrittenNote, credited_user, decided, owner};
use crate::call::Outcome;
use crate::ids::Entity;
use crate::kommo::notes::CallNote;
use crate::matching::{Match, Person};
use crate::phone::PhoneKey;
use crate::telephony::Direction;

/// The next step towards the record of a call that is over. `key` is none when the number is withheld.
pub(super) fn log(
    facts: &Facts<'_>,
    key: Option<&PhoneKey>,
    person: &Person,
    outcome: Outcome,
    timed_out: bool,
) -> Decided {
    let found = person.choose(credited_user(facts.call, facts.lines));
    let Some(first) = &facts.done.note else {
        return write(facts, key, person, &found, outcome, timed_out);
    };
    let named_number = first.note.call_result.as_deref().is_some_and(|text| text.starts_with(facts.formatted));
    let note = note_for(facts, key, outcome, timed_out, named_number && key.is_some());
    let place = facts.feedback.chosen().unwrap_or(first.entity);
    if !facts.done.notes().any(|written| written.entity == place) {
        return decided(
            Decision::act(Action::MoveNoteV1 { entity: place, note }),
            "the manager chose where the call belongs",
        );
    }
    for written in facts.done.notes() {
        let is_here = written.entity == place;
        let mut wanted = if is_here { note.clone() } else { moved_note(facts, &note, place) };
        wanted.link = wanted.link.or(emptied(&written.note.link));
        wanted.call_result = wanted.call_result.or(emptied(&written.note.call_result));
        if written.note != wanted {
            return amend(written, wanted, is_here);
        }
    }
    if let Some(settled) = settle_choice(facts, key, person) {
        return settled;
    }
    follow_up(facts, place, person, &found, outcome)
}

fn amend(written: &WrittenNote, note: CallNote, is_here: bool) -> Decided {
    let because = if is_here {
        "something about the call became known after its note was written"
    } else {
        "the call was moved, so its former note says where it is"
    };
    decided(Decision::act(Action::AmendNoteV1 { entity: written.entity, id: written.id, note }), because)
}

/// The first note, and before it whoever has to exist for it.
fn write(
    facts: &Facts<'_>,
    key: Option<&PhoneKey>,
    person: &Person,
    found: &Option<Match<'_>>,
    outcome: Outcome,
    timed_out: bool,
) -> Decided {
    let (entity, several_numbers, because) = match facts.feedback.chosen() {
        Some(chosen) => (chosen, false, "the manager chose where the call belongs".to_owned()),
        None => match prepare(facts, key, person, found, outcome) {
            Some(first) => return first,
            None => match destination(found, person) {
                Some(destination) => destination,
                None => return decided(Decision::LookUp, "who has the number has to be asked again"),
            },
        },
    };
    let note = note_for(facts, key, outcome, timed_out, several_numbers);
    decided(Decision::act(Action::WriteNoteV1 { entity, note }), because)
}

/// Accepting, creating a person, creating a lead: what the settings want before the note.
fn prepare(
    facts: &Facts<'_>,
    key: Option<&PhoneKey>,
    person: &Person,
    found: &Option<Match<'_>>,
    outcome: Outcome,
) -> Option<Decided> {
    if outcome == Outcome::Completed
        && let Some(accepting) = accept(facts, person)
    {
        return Some(accepting);
    }
    let Some(found) = found else {
        return if person.incoming.is_none() { Some(somebody_new(facts, key, outcome)) } else { None };
    };
    let wants_lead = facts.side.direction == Direction::Inbound
        && facts.settings.inbound_known.lead_if_none_active
        && found.leads.is_empty();
    wants_lead.then(|| {
        decided(Decision::act(new_lead(facts, found)), "the caller has no active lead, and the settings want one")
    })
}

fn somebody_new(facts: &Facts<'_>, key: Option<&PhoneKey>, outcome: Outcome) -> Decided {
    if facts.done.incoming.is_some() {
        return decided(
            Decision::NotWritten("its incoming lead was declined"),
            "the incoming lead of this call was declined, so nobody is created again",
        );
    }
    let failed_outbound = facts.side.direction == Direction::Outbound && outcome == Outcome::Failed;
    let creation = key.and_then(|key| create(facts, key)).filter(|_| !failed_outbound);
    creation.unwrap_or_else(|| {
        decided(
            Decision::NotWritten("nobody in Kommo has this number"),
            "nobody has the number, and the settings create nobody for such a call",
        )
    })
}

/// Where the note goes by the rules.
fn destination(found: &Option<Match<'_>>, person: &Person) -> Option<(Entity, bool, String)> {
    match (found, &person.incoming) {
        (Some(found), _) => Some((found.target, found.phone_count() > 1, found.because.clone())),
        (None, Some(incoming)) => Some((
            Entity::Leads(incoming.lead),
            false,
            "the incoming lead of this number waits for acceptance".to_owned(),
        )),
        (None, None) => None,
    }
}

/// What follows when the manager chose somebody else than the number suggests (Kommo VoIP guide: call result): who
/// had no number of this caller gets it, and an incoming lead that was only made for the number is declined.
fn settle_choice(facts: &Facts<'_>, key: Option<&PhoneKey>, person: &Person) -> Option<Decided> {
    let ((chosen, by), key) = (facts.feedback.choice()?, key?);
    let incoming = person.incoming.as_ref();
    let of_incoming = incoming.is_some_and(|incoming| {
        chosen == Entity::Leads(incoming.lead) || incoming.contact.map(Entity::Contacts) == Some(chosen)
    });
    let was_theirs = person.holds(chosen) && !facts.done.number_added.contains(&chosen);
    if was_theirs || of_incoming {
        return None;
    }
    // A number that belongs to somebody stays theirs alone; only a stranger's finds its owner this way.
    let was_stranger = facts.done.created || incoming.is_some() || person.is_nobody();
    if was_stranger && !facts.done.number_added.contains(&chosen) {
        let action = Action::AddNumberV1 { entity: chosen, number: key.clone() };
        return Some(decided(Decision::act(action), "the manager said whose number it is"));
    }
    let user = owner::active(facts, [Some(by), None])?;
    let action = Action::DeclineIncomingLeadV1 { uid: incoming?.uid.clone(), user };
    Some(decided(Decision::act(action), "the manager chose somebody else, so the incoming lead is not needed"))
}
