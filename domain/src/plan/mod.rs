//! Facts in, decision out: what has to happen next for one call.
//!
//! [`decide`] is level-triggered. It looks at everything known about the call, including what was already written
//! to Kommo, and names the one thing to do next; the shell does it, stores the result and asks again. So it makes
//! no difference in which order reports arrived, how often a step was repeated, or where a crash fell in between.

mod action;
mod note;
mod owner;
mod texts;

pub use action::{Action, ActionResult};
pub use note::note_for;
pub use owner::{Colleague, credited_user, rung_user};

use crate::call::{Call, Outcome, Phase, Side};
use crate::ids::{Entity, ExtensionId, IncomingLeadUid, NoteId, PipelineId, StatusId, TaskId, UserId};
use crate::kommo::notes::CallNote;
use crate::kommo::pipelines::Pipeline;
use crate::matching::{Match, Person};
use crate::phone::{Dialled, PhoneKey};
use crate::settings::{Accept, CreateFor, Settings};
use crate::telephony::Direction;
use crate::time::{Millis, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name under which Kommo shows our calls.
pub const SOURCE: &str = "Kommo VoIP";

/// Everything a decision may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the administrator chose.
    pub settings: &'a Settings,
    /// The call.
    pub call: &'a Call,
    /// Its direction and outside party.
    pub side: &'a Side,
    /// The outside number as people read it.
    pub formatted: &'a str,
    /// Which line belongs to whom.
    pub lines: &'a BTreeMap<ExtensionId, UserId>,
    /// Everybody in the account.
    pub users: &'a [Colleague],
    /// The account itself.
    pub account: &'a AccountFacts,
    /// What Kommo is known to hold about the number; none: not asked yet.
    pub person: Option<&'a Person>,
    /// What was already written for this call.
    pub done: &'a Done,
    /// The product was switched off when the call came.
    pub switched_off: bool,
}

/// What must be known of the account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountFacts {
    /// The account's language, such as `en`.
    pub language: String,
    /// The account's currency.
    pub currency: Option<String>,
    /// Incoming leads are switched on.
    pub incoming_leads: bool,
    /// The pipelines with their stages.
    pub pipelines: Vec<Pipeline>,
}

/// What was already written for a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// The call note.
    pub note: Option<WrittenNote>,
    /// The incoming lead this call created.
    #[serde(default)]
    pub incoming: Option<IncomingLeadUid>,
    /// The follow-up task of the miss.
    pub task: Option<TaskId>,
    /// The task was completed because somebody answered after all.
    pub task_completed: bool,
}

/// A call note as it stands in Kommo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenNote {
    /// Where it is.
    pub entity: Entity,
    /// Which.
    pub id: NoteId,
    /// What it says.
    pub note: CallNote,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Ask Kommo who has the number, then decide again.
    LookUp,
    /// Do this, store the result, then decide again.
    Act(Box<Action>),
    /// Nothing until the next report, or until the given moment.
    Wait(Option<Moment>),
    /// Everything that belongs to the call is in Kommo.
    Delivered,
    /// By decision nothing is written; the reason is for people.
    NotWritten(&'static str),
}

impl Decision {
    fn act(action: Action) -> Self {
        Self::Act(Box::new(action))
    }
}

/// A decision with its reason, for the trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// What to do next.
    pub next: Decision,
    /// Why, as a sentence.
    pub because: String,
}

fn decided(next: Decision, because: impl Into<String>) -> Decided {
    Decided { next, because: because.into() }
}

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
    follow_up(facts, written, &found, outcome)
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

/// The task of a missed call, and its end when somebody answered after all.
fn follow_up(facts: &Facts<'_>, written: &WrittenNote, found: &Option<Match<'_>>, outcome: Outcome) -> Decided {
    let missed = facts.side.direction == Direction::Inbound && outcome != Outcome::Completed;
    match facts.done.task {
        None if missed && facts.settings.missed.task => {
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
        Some(task) if outcome == Outcome::Completed && !facts.done.task_completed => {
            let action = Action::CompleteTaskV1 { task, result: texts::answered_after_all(facts) };
            decided(Decision::act(action), "somebody answered after all, so the task is done")
        }
        _ => decided(Decision::Delivered, "everything is written"),
    }
}

fn creates(facts: &Facts<'_>) -> CreateFor {
    match facts.settings.inbound_unknown.create {
        CreateFor::IncomingLead if !facts.account.incoming_leads => CreateFor::ContactAndLead,
        chosen => chosen,
    }
}

/// What an unknown number gets, if the settings want anything for it.
fn create(facts: &Facts<'_>, key: &PhoneKey) -> Option<Decided> {
    let contact_and_lead = || {
        let (pipeline, status) = first_stage(facts);
        Action::CreateContactAndLeadV1 {
            number: key.clone(),
            contact_name: facts.formatted.to_owned(),
            lead_name: texts::lead_name(facts),
            responsible: owner::of_new(facts),
            pipeline,
            status,
        }
    };
    match (facts.side.direction, creates(facts)) {
        (Direction::Inbound, CreateFor::ContactAndLead) => Some(decided(
            Decision::act(contact_and_lead()),
            if facts.settings.inbound_unknown.create == CreateFor::IncomingLead {
                "nobody has the number; incoming leads are switched off in the account, so a contact and a lead are created"
            } else {
                "nobody has the number; the settings create a contact and a lead"
            },
        )),
        (Direction::Inbound, CreateFor::IncomingLead) => {
            let action = Action::CreateIncomingLeadV1 {
                number: key.clone(),
                contact_name: facts.formatted.to_owned(),
                lead_name: texts::lead_name(facts),
                uniq: facts.call.call_id.0.clone(),
                called_at: facts.call.started_at,
                duration: facts.call.talk_seconds(),
                responsible: owner::of_new(facts),
                pipeline: first_stage(facts).0,
            };
            Some(decided(Decision::act(action), "nobody has the number; the settings create an incoming lead"))
        }
        (Direction::Outbound, _) if facts.settings.outbound_unknown.contact_and_lead => Some(decided(
            Decision::act(contact_and_lead()),
            "nobody has the dialled number; the settings create a contact and a lead",
        )),
        (Direction::Outbound | Direction::Internal, _) => None,
    }
}

/// Accepting an incoming lead once a manager talked with its caller, where the settings want that.
fn accept(facts: &Facts<'_>, person: &Person) -> Option<Decided> {
    let incoming = person.incoming.as_ref()?;
    if facts.settings.inbound_unknown.accept != Accept::OnAnswer || facts.side.direction != Direction::Inbound {
        return None;
    }
    let action = Action::AcceptIncomingLeadV1 {
        uid: incoming.uid.clone(),
        user: owner::of_new(facts)?,
        status: first_stage(facts).1,
    };
    Some(decided(Decision::act(action), "the call was answered, and the settings accept the incoming lead then"))
}

fn new_lead(facts: &Facts<'_>, found: &Match<'_>) -> Action {
    let (pipeline, status) = first_stage(facts);
    Action::CreateLeadV1 {
        name: texts::lead_name(facts),
        contact: found.contact.map(|contact| contact.id),
        company: found.company.map(|company| company.id),
        responsible: owner::of_known(facts, found.owner()),
        pipeline,
        status,
    }
}

/// The chosen pipeline and stage; what was deleted since gives way to the main pipeline and its first regular stage.
fn first_stage(facts: &Facts<'_>) -> (Option<PipelineId>, Option<StatusId>) {
    let chosen = &facts.settings.new_leads;
    let pipelines = &facts.account.pipelines;
    let Some(pipeline) = chosen
        .pipeline_id
        .and_then(|id| pipelines.iter().find(|pipeline| pipeline.id == id))
        .or_else(|| pipelines.iter().find(|pipeline| pipeline.is_main))
    else {
        return (None, None);
    };
    let status = chosen
        .status_id
        .filter(|id| pipeline.statuses.iter().any(|status| status.id == *id))
        .or_else(|| pipeline.first_regular_status().map(|status| status.id));
    (Some(pipeline.id), status)
}

#[cfg(test)]
mod tests;
