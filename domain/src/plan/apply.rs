//! What follows from an action that is done: for the call, and for what is known of the person.

use super::{Action, ActionResult, Done, WrittenFollowUp, WrittenNote};
use crate::ids::{ContactId, Entity, GroupId, LeadId, PipelineId, StatusId, UserId};
use crate::matching::{Incoming, KnownContact, KnownLead, OpenTask, Person};
use crate::time::Moment;

/// Writes the result of an action into what was done for its call and into what is known of the person, and says in
/// a sentence what happened. Applying the same result twice changes nothing more.
pub fn apply(action: &Action, result: &ActionResult, done: &mut Done, person: &mut Person, now: Moment) -> String {
    match (result, action) {
        (
            ActionResult::ContactAndLead { contact, lead },
            Action::CreateContactAndLeadV1 { contact_name, responsible, .. },
        ) => {
            *person = Person { read_at: now, open_task: person.open_task, ..Person::default() };
            let leads: Vec<LeadId> = lead.iter().copied().collect();
            person.contacts.extend(contact.map(|id| contact_of(id, contact_name.clone(), *responsible, leads, now)));
            person.leads.extend(lead.map(|id| new_lead(id, action)));
            done.created = true;
            let id_words = |what: &str, id: Option<i64>| id.map_or_else(String::new, |id| format!("{what} {id}"));
            format!(
                "Created {}{}.",
                id_words("contact", contact.map(|id| id.0)),
                id_words(" and lead", lead.map(|id| id.0))
            )
        }
        (
            ActionResult::IncomingLead { uid, lead, contact },
            Action::CreateIncomingLeadV1 { contact_name, lead_name, .. },
        ) => {
            *person = Person {
                read_at: now,
                incoming: Some(Incoming {
                    uid: uid.clone(),
                    lead: *lead,
                    contact: *contact,
                    contact_name: contact_name.clone(),
                    lead_name: lead_name.clone(),
                }),
                open_task: person.open_task,
                ..Person::default()
            };
            done.incoming = Some(uid.clone());
            "Created the incoming lead.".to_owned()
        }
        (ActionResult::IncomingLeadDecided, Action::DeclineIncomingLeadV1 { .. }) => {
            person.incoming = None;
            person.read_at = Moment(0);
            "Declined the incoming lead.".to_owned()
        }
        (ActionResult::IncomingLeadAccepted { lead, contact }, _) => {
            accepted(action, *lead, Some(*contact), person, now);
            person.read_at = now;
            "Accepted the incoming lead.".to_owned()
        }
        (ActionResult::IncomingLeadDecided, _) => {
            // Most likely an ordinary contact with a lead now; read again by id, since it may have been declined.
            if let Some(incoming) = person.incoming.clone() {
                accepted(action, incoming.lead, incoming.contact, person, now);
            }
            person.read_at = Moment(0);
            "The incoming lead is decided.".to_owned()
        }
        (ActionResult::Lead { lead }, Action::CreateLeadV1 { contact, company, .. }) => {
            if !person.leads.iter().any(|known| known.id == *lead) {
                person.leads.push(new_lead(*lead, action));
            }
            let of_contact = person.contacts.iter_mut().filter(|known| Some(known.id) == *contact);
            let of_company =
                person.companies.iter_mut().filter(|known| contact.is_none() && Some(known.id) == *company);
            for leads in of_contact.map(|known| &mut known.leads).chain(of_company.map(|known| &mut known.leads)) {
                if !leads.contains(lead) {
                    leads.push(*lead);
                }
            }
            format!("Created lead {lead}.")
        }
        (ActionResult::Note { id }, Action::WriteNoteV1 { entity, note } | Action::MoveNoteV1 { entity, note }) => {
            let written = WrittenNote { entity: *entity, id: *id, note: note.clone() };
            if matches!(action, Action::WriteNoteV1 { .. }) {
                done.note = Some(written);
            } else if !done.moved.iter().any(|moved| moved.id == *id) {
                done.moved.push(written);
            }
            format!("Wrote note {id} on {} {}.", entity.kind().as_str(), entity.id())
        }
        (ActionResult::Task { id }, Action::CreateTaskV1 { entity, missed_at, .. }) => {
            (done.task, done.missed_at) = (Some(*id), Some(*missed_at));
            person.open_task = Some(OpenTask { id: *id, entity: *entity, since: *missed_at });
            format!("Created task {id}.")
        }
        (ActionResult::Task { id }, Action::CreateFollowUpV1 { text, due, .. }) => {
            done.follow_up = Some(WrittenFollowUp { task: *id, text: text.clone(), due: *due });
            format!("Created task {id}.")
        }
        (ActionResult::Task { id }, shared) => {
            done.task = Some(*id);
            // A talk before this miss, told of only now, does not answer it.
            if let Action::JoinTaskV1 { missed_at, .. } = shared {
                done.missed_at = Some(*missed_at);
                if let Some(open) = &mut person.open_task {
                    open.since = open.since.max(*missed_at);
                }
            }
            format!("Task {id} is still open and serves this call as well.")
        }
        (ActionResult::TaskIsOver, _) => {
            person.open_task = None;
            "That task is done already.".to_owned()
        }
        (ActionResult::Changed, Action::AmendNoteV1 { id, note, .. }) => {
            let notes = done.note.iter_mut().chain(&mut done.moved);
            notes.filter(|written| written.id == *id).for_each(|written| written.note = note.clone());
            done.amended += 1;
            "Completed the note.".to_owned()
        }
        (ActionResult::Changed, Action::ChangeFollowUpV1 { task, text, due }) => {
            done.follow_up = Some(WrittenFollowUp { task: *task, text: text.clone(), due: *due });
            done.amended += 1;
            "Changed the follow-up.".to_owned()
        }
        (ActionResult::Changed, Action::CompleteTaskV1 { task, .. }) => {
            done.task_completed = done.task.is_some();
            person.open_task = person.open_task.filter(|open| open.id != *task);
            "Completed the task.".to_owned()
        }
        (ActionResult::Changed, Action::AddNumberV1 { entity, .. }) => {
            done.number_added.push(*entity);
            if let Entity::Contacts(id) = entity
                && !person.contacts.iter().any(|known| known.id == *id)
            {
                // Kommo's search would not find it for a while; known by its id, it is read without a search.
                person.contacts.push(contact_of(*id, String::new(), None, vec![], now));
            }
            // Whoever has the number now is read again before the next call.
            person.read_at = Moment(0);
            "Added the number.".to_owned()
        }
        (ActionResult::Changed, Action::NotifyV1 { users, .. }) => {
            done.notified.extend(users);
            "Kommo shows the call.".to_owned()
        }
        _ => "Done.".to_owned(),
    }
}

/// What was an incoming lead is an ordinary lead with its contact.
fn accepted(action: &Action, lead: LeadId, contact: Option<ContactId>, person: &mut Person, now: Moment) {
    let (contact_name, lead_name) =
        person.incoming.take().map(|incoming| (incoming.contact_name, incoming.lead_name)).unwrap_or_default();
    let owner = match action {
        Action::AcceptIncomingLeadV1 { user, .. } => Some(*user),
        _ => None,
    };
    let known = contact.filter(|id| !person.contacts.iter().any(|known| known.id == *id));
    person.contacts.extend(known.map(|id| contact_of(id, contact_name, owner, vec![lead], now)));
    if !person.leads.iter().any(|known| known.id == lead) {
        let name = KnownLead { name: lead_name, owner: owner.unwrap_or(UserId(0)), ..new_lead(lead, action) };
        person.leads.push(name);
    }
}

fn contact_of(id: ContactId, name: String, owner: Option<UserId>, leads: Vec<LeadId>, now: Moment) -> KnownContact {
    KnownContact {
        id,
        name,
        owner: owner.unwrap_or(UserId(0)),
        group: GroupId(0),
        company: None,
        leads,
        phone_count: 1,
        updated_at: now.seconds(),
    }
}

fn new_lead(id: LeadId, action: &Action) -> KnownLead {
    let (name, responsible, pipeline, status) = match action {
        Action::CreateContactAndLeadV1 { lead_name: name, responsible, pipeline, status, .. }
        | Action::CreateLeadV1 { name, responsible, pipeline, status, .. } => {
            (name.clone(), *responsible, *pipeline, *status)
        }
        _ => (String::new(), None, None, None),
    };
    KnownLead {
        id,
        name,
        price: 0,
        status: status.unwrap_or(StatusId(0)),
        pipeline: pipeline.unwrap_or(PipelineId(0)),
        owner: responsible.unwrap_or(UserId(0)),
        group: GroupId(0),
        next_task_at: None,
    }
}
