//! What has to be done after a call: the task of a miss, its end once somebody talked, the manager's own follow-up.

use super::{Action, Decided, Decision, Facts, decided, office, owner, texts};
use crate::call::Outcome;
use crate::ids::Entity;
use crate::matching::{Match, OpenTask, Person};
use crate::telephony::Direction;
use crate::time::{Millis, Moment};

/// The manager's follow-up, then the task of a missed call, shared by several misses of one caller, or its end.
pub(super) fn follow_up(
    facts: &Facts<'_>,
    place: Entity,
    person: &Person,
    found: &Option<Match<'_>>,
    outcome: Outcome,
) -> Decided {
    if let Some(decision) = wished(facts, place) {
        return decision;
    }
    let all = || decided(Decision::Delivered, "everything is written");
    if outcome == Outcome::Completed {
        // A late recording of an earlier talk is no talk after the miss, and a talk is none after the miss of a later call.
        let ended = facts.call.ended_at().unwrap_or(facts.call.heard_at);
        let answers =
            |open: &OpenTask| ended >= open.since || facts.done.missed_at.is_some_and(|own| own >= open.since);
        let own = facts.done.task.filter(|_| !facts.done.task_completed);
        let of_person = person.open_task.filter(answers).map(|open| open.id);
        let of_others = person.open_task.filter(|open| !answers(open)).map(|open| open.id);
        return match own.filter(|own| Some(*own) != of_others).or(of_person) {
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
    if facts.talked_since {
        return decided(Decision::Delivered, "somebody has talked with the caller since, so nobody has to call back");
    }
    let missed_at = facts.call.ended_at().unwrap_or(facts.call.started_at);
    if let Some(open) = person.open_task {
        let action = Action::JoinTaskV1 { task: open.id, entity: open.entity, missed_at };
        return decided(Decision::act(action), "an earlier missed call of this number has a follow-up task");
    }
    let contact_owner = found.as_ref().and_then(Match::owner);
    let (due, because) = due(facts);
    let action = Action::CreateTaskV1 {
        entity: place,
        text: texts::missed_call_task(facts),
        due,
        responsible: owner::of_task(facts, contact_owner),
        missed_at,
    };
    decided(Decision::act(action), because)
}

/// When a missed call is to be called back: so long after it ended, or after the next opening.
fn due(facts: &Facts<'_>) -> (Moment, &'static str) {
    let ended = facts.call.ended_at().unwrap_or(facts.call.started_at);
    let wait = Millis::minutes(i64::from(facts.settings.missed.due_minutes));
    match &facts.settings.working_hours {
        Some(hours) if !office::is_open(hours, ended, facts.account.utc_offset_minutes) => (
            office::next_open(hours, ended, facts.account.utc_offset_minutes) + wait,
            "a call missed outside working hours gets a follow-up task for the next opening",
        ),
        _ => (ended + wait, "a missed call gets a follow-up task"),
    }
}

/// What the manager wished in the call summary.
fn wished(facts: &Facts<'_>, place: Entity) -> Option<Decided> {
    let wish = facts.feedback.follow_up()?;
    let (text, due) = (wish.text.trim().to_owned(), Moment::from_seconds(wish.complete_till));
    let action = match &facts.done.follow_up {
        Some(written) if written.text == text && written.due == due => return None,
        Some(written) => Action::ChangeFollowUpV1 { task: written.task, text, due },
        None => {
            let by = facts.feedback.result.as_ref().map(|result| result.by);
            Action::CreateFollowUpV1 { entity: place, text, due, responsible: owner::active(facts, [by, None]) }
        }
    };
    Some(decided(Decision::act(action), "the manager asked for a follow-up"))
}
