//! What follows from an action that is done: for the call, and for what is known of the person.

use super::super::Hub;
use super::super::store::{ActionRow, CallRow, StoreError};
use crate::adapters::clock;
use kommo_voip_domain::ids::{GroupId, LeadId, PipelineId, StatusId, UserId};
use kommo_voip_domain::matching::{Incoming, KnownContact, KnownLead, OpenTask, Person};
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::plan::{Action, ActionResult, WrittenNote};
use kommo_voip_domain::time::Moment;

impl Hub {
    /// Stores the result of an action together with everything that follows from it.
    pub(super) fn apply(
        &self,
        call: &CallRow,
        key: &PhoneKey,
        row: &ActionRow,
        action: &Action,
        result: ActionResult,
    ) -> Result<(), StoreError> {
        let now = clock::now();
        self.store.tx(|| {
            self.store.mark_done(row.id, &result)?;
            let Some(mut current) = self.store.call(call.id)? else { return Ok(()) };
            let mut person = self.store.person(key)?.0.unwrap_or_default();
            let words = match (&result, action) {
                (
                    ActionResult::ContactAndLead { contact, lead },
                    Action::CreateContactAndLeadV1 { contact_name, responsible, .. },
                ) => {
                    person = Person { read_at: now, open_task: person.open_task, ..Person::default() };
                    person.contacts.extend(contact.map(|id| KnownContact {
                        id,
                        name: contact_name.clone(),
                        owner: responsible.unwrap_or(UserId(0)),
                        group: GroupId(0),
                        company: None,
                        leads: lead.iter().copied().collect(),
                        phone_count: 1,
                        updated_at: now.seconds(),
                    }));
                    person.leads.extend(lead.map(|id| new_lead(id, action)));
                    format!(
                        "Created {}{}.",
                        id_words("contact", contact.map(|id| id.0)),
                        id_words(" and lead", lead.map(|id| id.0))
                    )
                }
                (ActionResult::IncomingLead { uid, lead, contact }, _) => {
                    person = Person {
                        read_at: now,
                        incoming: Some(Incoming { uid: uid.clone(), lead: *lead, contact: *contact }),
                        open_task: person.open_task,
                        ..Person::default()
                    };
                    current.journal.unsorted_uid = Some(uid.0.clone());
                    current.done.incoming = Some(uid.clone());
                    "Created the incoming lead.".to_owned()
                }
                (ActionResult::IncomingLeadDecided, _) => {
                    // Read again, by id: it is an ordinary contact with a lead now, or it was declined.
                    person.read_at = Moment(0);
                    "The incoming lead is decided.".to_owned()
                }
                (ActionResult::Lead { lead }, Action::CreateLeadV1 { contact, company, .. }) => {
                    person.leads.push(new_lead(*lead, action));
                    for known in person.contacts.iter_mut().filter(|known| Some(known.id) == *contact) {
                        known.leads.push(*lead);
                    }
                    for known in
                        person.companies.iter_mut().filter(|known| contact.is_none() && Some(known.id) == *company)
                    {
                        known.leads.push(*lead);
                    }
                    format!("Created lead {lead}.")
                }
                (ActionResult::Note { id }, Action::WriteNoteV1 { entity, note }) => {
                    current.done.note = Some(WrittenNote { entity: *entity, id: *id, note: note.clone() });
                    current.journal.entity = Some(*entity);
                    format!("Wrote note {id} on {} {}.", entity.kind().as_str(), entity.id())
                }
                (ActionResult::Task { id }, Action::CreateTaskV1 { entity, .. }) => {
                    current.done.task = Some(*id);
                    person.open_task = Some(OpenTask { id: *id, entity: *entity });
                    format!("Created task {id}.")
                }
                (ActionResult::Task { id }, _) => {
                    current.done.task = Some(*id);
                    format!("Task {id} is still open and serves this call as well.")
                }
                (ActionResult::TaskIsOver, _) => {
                    person.open_task = None;
                    "That task is done already.".to_owned()
                }
                (ActionResult::Changed, Action::AmendNoteV1 { note, .. }) => {
                    if let Some(written) = &mut current.done.note {
                        written.note = note.clone();
                    }
                    "Completed the note.".to_owned()
                }
                (ActionResult::Changed, Action::CompleteTaskV1 { task, .. }) => {
                    current.done.task_completed = current.done.task.is_some();
                    person.open_task = person.open_task.filter(|open| open.id != *task);
                    "Completed the task.".to_owned()
                }
                _ => "Done.".to_owned(),
            };
            self.store.set_person(key, &person)?;
            self.store.update_call(&current)?;
            self.store.trace(call.id, "result", words, now)
        })
    }
}

fn new_lead(id: LeadId, action: &Action) -> KnownLead {
    let (name, responsible, pipeline, status) = match action {
        Action::CreateContactAndLeadV1 { lead_name, responsible, pipeline, status, .. } => {
            (lead_name, responsible, pipeline, status)
        }
        Action::CreateLeadV1 { name, responsible, pipeline, status, .. } => (name, responsible, pipeline, status),
        _ => {
            return KnownLead {
                id,
                name: String::new(),
                price: 0,
                status: StatusId(0),
                pipeline: PipelineId(0),
                owner: UserId(0),
                group: GroupId(0),
            };
        }
    };
    KnownLead {
        id,
        name: name.clone(),
        price: 0,
        status: status.unwrap_or(StatusId(0)),
        pipeline: pipeline.unwrap_or(PipelineId(0)),
        owner: responsible.unwrap_or(UserId(0)),
        group: GroupId(0),
    }
}

fn id_words(what: &str, id: Option<i64>) -> String {
    id.map_or_else(String::new, |id| format!("{what} {id}"))
}
