//! The rules, from the first ring to the last amendment.

use super::create::{accept, create, creates, wanted};
use super::log::log;
use super::{Action, Decided, Decision, Facts, credited_user, decided};
use crate::call::{Outcome, Phase};
use crate::matching::Person;
use crate::phone::{Dialled, PhoneKey};
use crate::settings::{Accept, CreateFor};
use crate::telephony::Direction;
use crate::time::Moment;

/// What has to happen next for the call of `facts`.
pub fn decide(facts: &Facts<'_>, now: Moment) -> Decided {
    if facts.switched_off {
        return decided(Decision::NotWritten("switched off"), "the product was switched off when the call came");
    }
    let phase = facts.call.phase(now);
    let key = match (&facts.side.direction, &facts.side.other) {
        (Direction::Internal, _) | (_, Dialled::Short(_)) => {
            return decided(Decision::NotWritten("internal call"), "both sides are lines of the company");
        }
        (_, Dialled::Withheld) => return withheld(facts, phase, now),
        (_, Dialled::Number(key)) => key,
    };
    if let Some(notify) = notify(facts, key, phase) {
        return notify;
    }
    // What is only amended needs no fresh look at who it belongs to: it stays where it is.
    let is_fresh = |person: &&Person| facts.done.note.is_some() || person.may_decide(now, facts.told_of_changes);
    let Some(person) = facts.person.filter(is_fresh) else {
        return decided(Decision::LookUp, "Kommo has to be asked who has the number");
    };
    if let Some(accepting) = accepted_from_the_card(facts, person) {
        return accepting;
    }
    if let Some(creating) = wanted(facts, key, person) {
        return creating;
    }
    match phase {
        Phase::Ringing => wait(facts, now, "the call rings"),
        Phase::Settling { .. } => wait(facts, now, "a late answer is still possible"),
        Phase::Talking => while_talking(facts, key, person, now),
        Phase::Over { outcome, timed_out } => {
            if waits_for_result(facts, outcome, timed_out, now) {
                return decided(Decision::AwaitResult, "the manager is asked for the call's result");
            }
            log(facts, Some(key), person, outcome, timed_out)
        }
    }
}

fn wait(facts: &Facts<'_>, now: Moment, because: &str) -> Decided {
    decided(Decision::Wait(facts.call.next_change(now)), because)
}

/// Without a number nobody can be found or created. A manager who knows who it was may still say so.
fn withheld(facts: &Facts<'_>, phase: Phase, now: Moment) -> Decided {
    if let Phase::Over { outcome, timed_out } = phase {
        if waits_for_result(facts, outcome, timed_out, now) {
            return decided(Decision::AwaitResult, "the manager is asked who called");
        }
        if facts.feedback.chosen().is_some() {
            return log(facts, None, &Person::default(), outcome, timed_out);
        }
    }
    decided(Decision::NotWritten("number withheld"), "without a number nobody can be found or created")
}

/// Kommo's own call notice, for everybody whose line rings and who would see no card of ours.
fn notify(facts: &Facts<'_>, key: &PhoneKey, phase: Phase) -> Option<Decided> {
    if phase != Phase::Ringing || facts.side.direction != Direction::Inbound {
        return None;
    }
    let users: Vec<_> = facts.away.iter().copied().filter(|user| !facts.done.notified.contains(user)).collect();
    let action = Action::NotifyV1 { number: key.clone(), users: users.clone() };
    (!users.is_empty())
        .then(|| decided(Decision::act(action), "a line rings whose manager has no tab open, so Kommo shows the call"))
}

fn accepted_from_the_card(facts: &Facts<'_>, person: &Person) -> Option<Decided> {
    let (incoming, user) = (person.incoming.as_ref()?, facts.feedback.accepted_by?);
    let status = super::create::first_stage(facts).1;
    let action = Action::AcceptIncomingLeadV1 { uid: incoming.uid.clone(), user, status };
    Some(decided(Decision::act(action), "the manager accepted the incoming lead"))
}

/// The note waits for the call summary after a talk, where the settings want one and its manager could answer.
fn waits_for_result(facts: &Facts<'_>, outcome: Outcome, timed_out: bool, now: Moment) -> bool {
    let feedback = facts.feedback;
    if outcome != Outcome::Completed || timed_out || facts.done.note.is_some() || !facts.settings.call_feedback {
        return false;
    }
    match feedback.awaited {
        Some(_) => feedback.waits_until(now).is_some(),
        None => {
            facts.manager_is_here
                && !feedback.cancelled
                && feedback.result.is_none()
                && credited_user(facts.call, facts.lines).is_some()
        }
    }
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
        && facts.feedback.chosen().is_none()
        && let Some(create) = create(facts, key)
    {
        return create;
    }
    wait(facts, now, "the talk goes on")
}
