//! The rules, from the first ring to the last amendment.

use super::create::{accept, create, creates, new_lead};
use super::{Action, Decided, Decision, Facts, WrittenNote, credited_user, decided, note_for, owner, texts};
use crate::call::{Outcome, Phase};
use crate::ids::Entity;
use crate::matching::{Match, Person};
use crate::phone::{Dialled, PhoneKey};
use crate::settings::{Accept, CreateFor};
use crate::telephony::Direction;
use crate::time::{Millis, Moment};

/// What has to happen next for the call of `facts`.
pub fn decide(facts: &Facts<'_>, now: Moment) -> Decided {
    if facts.switched_off {
        return decided(Decision::NotWritten("switched off"), "the product was switched off when the call came");
    }
    let key = match (&facts.side.direction, &facts.side.other) {
        (Direction::Internal, _) | (_, Dialled::Short(_)) => {
            return decided(Decision::NotWritten("internal call"), "both sides are lines of the company");
        }
        (_, Dialled::Withheld) => {
            return decided(Decision::NotWritten("number withheld"), "without a number nobody can be found or created");
        }
        (_, Dialled::Number(key)) => key,
    };
    // What is only amended needs no fresh look at who it belongs to: it stays where it is.
    let Some(person) = facts.person.filter(|person| facts.done.note.is_some() || person.may_decide(now)) else {
        return decided(Decision::LookUp, "Kommo has to be asked who has the number");
    };
    match facts.call.phase(now) {
        Phase::Ringing => wait(facts, now, "the call rings"),
        Phase::Settling { .. } => wait(facts, now, "a late answer is still possible"),
        Phase::Talking => while_talking(facts, key, person, now),
        Phase::Over { outcome, timed_out } => when_over(facts, key, person, outcome, timed_out),
    }
}

fn wait(facts: &Facts<'_>, now: Moment, because: &str) -> Decided {
    decided(Decision::Wait(facts.call.next_change(now)), because)
}

/// An unknown number gets its contact as soon as someone talks with it, so that the manager has a card to write on.
fn while_talking(facts: &Facts<'_>, key: &PhoneKey, person: &Person, now: Moment) -> Decided {
    if let Some(decision) = accept(facts, person) {
        return decision;
    }
    let early = facts.side.direction == Direction::Outbound
        || creates(facts) == CreateFor::ContactAndLead
        || facts.settings.inbound_unknown.accept == Accept::OnAnswer;
    if early
        && person.is_nobody()
        && person.incoming.is_none()
        && let Some(create) = create(facts, key)
    {
        return create;
    }
    wait(facts, now, "the talk goes on")
}

fn when_over(facts: &Facts<'_>, key: &PhoneKey, person: &Person, outcome: Outcome, timed_out: bool) -> Decided {
    let manager = credited_user(facts.call, facts.lines);
    let found = person.choose(manager);
    if facts.done.note.is_none() {
        if outcome == Outcome::Completed
            && let Some(decision) = accept(facts, person)
        {
            return decision;
        }
        if found.is_none() && person.incoming.is_none() {
            if facts.done.incoming.is_some() {
                return decided(
                    Decision::NotWritten("its incoming lead was declined"),
                    "the incoming lead of this call was declined, so nobody is created again",
                );
            }
            let failed_outbound = facts.side.direction == Direction::Outbound && outcome == Outcome::Failed;
            return match create(facts, key).filter(|_| !failed_outbound) {
                Some(create) => create,
                None => decided(
                    Decision::NotWritten("nobody in Kommo has this number"),
                    "nobody has the number, and the settings create nobody for such a call",
                ),
            };
        }
        if let Some(found) = &found
            && facts.side.direction == Direction::Inbound
            && facts.settings.inbound_known.lead_if_none_active
            && found.leads.is_empty()
        {
            return decided(
                Decision::act(new_lead(facts, found)),
                "the caller has no active lead, and the settings want one",
            );
        }
    }
    let Some(written) = &facts.done.note else {
        let Some((entity, several_numbers, because)) = destination(&found, person) else {
            return decided(Decision::LookUp, "who has the number has to be asked again");
        };
        let note = note_for(facts, key, outcome, timed_out, several_numbers);
        return decided(Decision::act(Action::WriteNoteV1 { entity, note }), because);
    };
    let named_number = written.note.call_result.as_deref().is_some_and(|text| text.starts_with(facts.formatted));
    let note = note_for(facts, key, outcome, timed_out, named_number);
    if written.note != note {
        return decided(
            Decision::act(Action::AmendNoteV1 { entity: written.entity, id: written.id, note }),
            "something about the call became known after its note was written",
        );
    }
    follow_up(facts, written, person, &found, outcome)
}

/// Where the note goes.
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

/// The task of a missed call, shared by several misses of one caller, and its end once somebody talked.
fn follow_up(
    facts: &Facts<'_>,
    written: &WrittenNote,
    person: &Person,
    found: &Option<Match<'_>>,
    outcome: Outcome,
) -> Decided {
    let all = || decided(Decision::Delivered, "everything is written");
    if outcome == Outcome::Completed {
        let own = facts.done.task.filter(|_| !facts.done.task_completed);
        return match own.or(person.open_task.map(|open| open.id)) {
            Some(task) => {
                let action = Action::CompleteTaskV1 { task, result: texts::talked_after_all(facts) };
                decided(Decision::act(action), "somebody talked with the caller, so the follow-up task is done")
            }
            None => all(),
        };
    }
    if facts.side.direction != Direction::Inbound || facts.done.task.is_some() || !facts.settings.missed.task {
        return all();
    }
    if let Some(open) = person.open_task {
        let action = Action::JoinTaskV1 { task: open.id, entity: open.entity };
        return decided(Decision::act(action), "an earlier missed call of this number has a follow-up task");
    }
    let contact_owner = found.as_ref().and_then(Match::owner);
    let action = Action::CreateTaskV1 {
        entity: written.entity,
        text: texts::missed_call_task(facts),
        due: facts.call.ended_at().unwrap_or(facts.call.started_at)
            + Millis::minutes(i64::from(facts.settings.missed.due_minutes)),
        responsible: owner::of_task(facts, contact_owner),
    };
    decided(Decision::act(action), "a missed call gets a follow-up task")
}
