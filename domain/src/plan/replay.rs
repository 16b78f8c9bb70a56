//! What today's rules would do with a stored call, beside what was done. Nothing is written.

use super::{Action, ActionResult, Decision, Done, Facts, apply, decide};
use crate::ids::{ContactId, Entity, IncomingLeadUid, LeadId, NoteId, TaskId};
use crate::matching::Person;
use crate::protocol::{ReplayResponse, ReplayStep};
use crate::time::Moment;

/// A decision that never settles must not spin.
const MOST_STEPS: usize = 20;

/// What was once done: the action, and what Kommo answered.
pub type Past = (Action, ActionResult);

/// Decides a stored call anew. `facts` hold today's rules; `basis` is what Kommo was known to hold about the number
/// when the call was first decided; `past` are the call's actions in the order in which they were done.
pub fn replay(facts: &Facts<'_>, basis: &Person, past: &[Past], now: Moment) -> ReplayResponse {
    let would = would(facts, basis, past, now);
    let was = was(facts, past);
    let differs = was.iter().ne(would.iter().map(|step| &step.what));
    ReplayResponse { was, would, differs }
}

fn was(facts: &Facts<'_>, past: &[Past]) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for (action, _) in past {
        let line = match action {
            // Told once by its last state.
            Action::WriteNoteV1 { entity, note } => {
                let place = facts.done.place(facts.feedback).unwrap_or(*entity);
                let written = facts.done.notes().find(|written| written.entity == place);
                let note = written.map_or(note, |written| &written.note);
                Some(describe(facts, &Action::WriteNoteV1 { entity: place, note: note.clone() }))
            }
            Action::CreateFollowUpV1 { entity, responsible, .. } => facts.done.follow_up.as_ref().map(|written| {
                let (text, due, entity) = (written.text.clone(), written.due, *entity);
                describe(facts, &Action::CreateFollowUpV1 { entity, text, due, responsible: *responsible })
            }),
            Action::MoveNoteV1 { .. }
            | Action::AmendNoteV1 { .. }
            | Action::ChangeFollowUpV1 { .. }
            | Action::NotifyV1 { .. } => None,
            told => Some(describe(facts, told)),
        };
        lines.extend(line);
    }
    if lines.is_empty() { vec![NOTHING.to_owned()] } else { lines }
}

const NOTHING: &str = "Nothing is written.";

fn would(facts: &Facts<'_>, basis: &Person, past: &[Past], now: Moment) -> Vec<ReplayStep> {
    let mut done = Done::default();
    let mut person = Person { read_at: now, ..basis.clone() };
    let mut steps = vec![];
    for _ in 0..MOST_STEPS {
        let step = Facts { done: &done, person: Some(&person), manager_is_here: false, away: &[], ..*facts };
        let decided = decide(&step, now);
        match decided.next {
            Decision::Act(action) => {
                steps.push(ReplayStep { what: describe(facts, &action), why: decided.because });
                let known =
                    past.iter().find(|(did, _)| std::mem::discriminant(did) == std::mem::discriminant(&*action));
                let result = known.map_or_else(|| imagined(&action), |(_, result)| result.clone());
                apply(&action, &result, &mut done, &mut person, now);
                person.read_at = now;
            }
            Decision::NotWritten(_) => {
                steps.push(ReplayStep { what: NOTHING.to_owned(), why: decided.because });
                break;
            }
            Decision::LookUp | Decision::Wait(_) | Decision::AwaitResult | Decision::Delivered => break,
        }
    }
    steps
}

/// What Kommo might answer; zero stands for "the new one".
fn imagined(action: &Action) -> ActionResult {
    match action {
        Action::CreateContactAndLeadV1 { .. } => {
            ActionResult::ContactAndLead { contact: Some(ContactId(0)), lead: Some(LeadId(0)) }
        }
        Action::CreateIncomingLeadV1 { .. } => {
            ActionResult::IncomingLead { uid: IncomingLeadUid(String::new()), lead: LeadId(0), contact: None }
        }
        Action::AcceptIncomingLeadV1 { .. } | Action::DeclineIncomingLeadV1 { .. } => ActionResult::IncomingLeadDecided,
        Action::CreateLeadV1 { .. } => ActionResult::Lead { lead: LeadId(0) },
        Action::WriteNoteV1 { .. } | Action::MoveNoteV1 { .. } => ActionResult::Note { id: NoteId(0) },
        Action::CreateTaskV1 { .. } | Action::CreateFollowUpV1 { .. } => ActionResult::Task { id: TaskId(0) },
        Action::JoinTaskV1 { task, .. } => ActionResult::Task { id: *task },
        Action::AmendNoteV1 { .. }
        | Action::AddNumberV1 { .. }
        | Action::CompleteTaskV1 { .. }
        | Action::ChangeFollowUpV1 { .. }
        | Action::NotifyV1 { .. } => ActionResult::Changed,
    }
}

/// An action as a sentence, with all that an administrator could have chosen otherwise.
fn describe(facts: &Facts<'_>, action: &Action) -> String {
    let user = |id: &Option<_>| match id {
        Some(id) => facts.users.iter().find(|user| user.id == *id).map_or(id.to_string(), |user| user.name.clone()),
        None => "nobody in particular".to_owned(),
    };
    let stage = |pipeline: &Option<crate::ids::PipelineId>, status: &Option<crate::ids::StatusId>| {
        let pipeline = facts.account.pipelines.iter().find(|known| Some(known.id) == *pipeline);
        let status = pipeline.and_then(|known| known.statuses.iter().find(|stage| Some(stage.id) == *status));
        match (pipeline, status) {
            (Some(pipeline), Some(status)) => format!("{}, {}", pipeline.name, status.name),
            (Some(pipeline), None) => pipeline.name.clone(),
            (None, _) => "the main pipeline".to_owned(),
        }
    };
    let on = |entity: &Entity| match (entity, entity.id()) {
        (Entity::Leads(_), 0) => "the new lead".to_owned(),
        (_, 0) => "the new contact".to_owned(),
        (Entity::Leads(id), _) => format!("lead {id}"),
        (Entity::Contacts(id), _) => format!("contact {id}"),
        (Entity::Companies(id), _) => format!("company {id}"),
    };
    let wait = |due: &Moment| {
        let ended = facts.call.ended_at().unwrap_or(facts.call.started_at);
        (*due - ended).0.div_euclid(60_000)
    };
    match action {
        Action::CreateContactAndLeadV1 { responsible, pipeline, status, .. } => {
            format!("Create a contact and a lead in {}; responsible: {}.", stage(pipeline, status), user(responsible))
        }
        Action::CreateIncomingLeadV1 { responsible, pipeline, .. } => {
            format!("Create an incoming lead in {}; responsible: {}.", stage(pipeline, &None), user(responsible))
        }
        Action::AcceptIncomingLeadV1 { user: by, .. } => format!("Accept the incoming lead as {}.", user(&Some(*by))),
        Action::DeclineIncomingLeadV1 { user: by, .. } => format!("Decline the incoming lead as {}.", user(&Some(*by))),
        Action::CreateLeadV1 { responsible, pipeline, status, .. } => {
            format!("Create a lead in {}; responsible: {}.", stage(pipeline, status), user(responsible))
        }
        Action::WriteNoteV1 { entity, note }
        | Action::MoveNoteV1 { entity, note }
        | Action::AmendNoteV1 { entity, note, .. } => {
            let note = note.as_read();
            let mut line = format!("Write the call note on {}: {} s of talk", on(entity), note.duration);
            line.push_str(&note.call_status.map_or_else(String::new, |status| format!(", result {status}")));
            line.push_str(&note.call_result.as_ref().map_or_else(String::new, |text| format!(", “{text}”")));
            line.push_str(if note.link.is_some() { ", with the recording" } else { "" });
            format!("{line}; credited to {}.", user(&note.call_responsible))
        }
        Action::AddNumberV1 { entity, .. } => format!("Add the number to {}.", on(entity)),
        Action::CreateTaskV1 { entity, text, due, responsible, .. } => format!(
            "Create the task “{text}” on {} for {}, due {} min after the call.",
            on(entity),
            user(responsible),
            wait(due)
        ),
        Action::CreateFollowUpV1 { entity, text, responsible, .. } => {
            format!("Create the manager’s follow-up “{text}” on {} for {}.", on(entity), user(responsible))
        }
        Action::ChangeFollowUpV1 { text, .. } => format!("Change the manager’s follow-up to “{text}”."),
        Action::JoinTaskV1 { task, .. } => format!("Share the open task {task} of an earlier missed call."),
        Action::CompleteTaskV1 { task, .. } => format!("Complete task {task}, since somebody talked with the caller."),
        Action::NotifyV1 { .. } => "Show Kommo’s call notice.".to_owned(),
    }
}
