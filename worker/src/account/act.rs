//! Doing one action in Kommo exactly once.
//!
//! Why every awaited step may run twice:
//! 1. The action's row exists once per key; whoever comes second finds its result.
//! 2. Before the request leaves, the row says `sending`. Dying after that leaves the row uncertain.
//! 3. An uncertain row is left alone for 30 s, because a slow write may still land, then looked for in lists that do
//!    not lag (newest first), and sent again only if it is not there.
//! 4. The result and what follows from it are stored in one transaction.

use super::Hub;
use super::client::Errand;
use super::store::{ActionRow, ActionState, CallRow, StoreError};
use crate::adapters::{clock, random};
use kommo_voip_domain::ids::{CallId, Entity, GroupId, UserId};
use kommo_voip_domain::kommo::contacts::NewestContacts;
use kommo_voip_domain::kommo::leads::{CreateContactAndLead, CreateLead, NewestLeads};
use kommo_voip_domain::kommo::notes::{AddCallNote, ListCallNotes, PatchCallNote};
use kommo_voip_domain::kommo::tasks::{CompleteTask, CreateTask, NewestTasks};
use kommo_voip_domain::kommo::unsorted::{
    AcceptIncomingLead, CreateIncomingCallLead, GetIncomingLead, NewestIncomingLeads,
};
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::matching::{Incoming, KnownContact, KnownLead, Person};
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::plan::{Action, ActionResult, SOURCE, WrittenNote};
use kommo_voip_domain::retry;
use kommo_voip_domain::time::{Millis, Moment};

/// How long a write whose answer was lost may still land.
const MAY_STILL_LAND: Millis = Millis::seconds(30);
/// Clocks of Kommo and ours may differ by this much when things are compared by creation time.
const CLOCK_SLACK: i64 = 120;
/// How often it is looked whether an incoming lead was accepted.
const ACCEPTANCE: Millis = Millis::minutes(5);
/// How often something is tried again that Kommo refuses although it may come right by itself.
const PATIENCE: u32 = 5;
/// Identifies our incoming leads at Kommo; the integration is one source.
const SOURCE_UID: &str = "kommo-voip";

/// How an action ended for now.
pub enum Acted {
    /// It is done and its result is stored.
    Done,
    /// Not before this moment.
    Later(Moment),
    /// Kommo does not accept us; everything waits for a new grant.
    Held,
    /// Kommo refused it; an administrator has to act.
    Parked(String),
}

impl Hub {
    /// Does an action, or finds that it is done.
    pub(super) async fn act(
        &self,
        call: &CallRow,
        key: &PhoneKey,
        action: Action,
        because: &str,
        errand: &Errand,
    ) -> Result<Acted, StoreError> {
        let now = clock::now();
        let epoch = self.store.person(key)?.1;
        let name = action.key(&CallId(call.call.id.0.clone()), key, epoch);
        let row = self.store.action(&name, call.id, &action, now)?;
        match &row.state {
            ActionState::Done(result) => {
                self.apply(call, key, &row, &row.action, result.clone())?;
                return Ok(Acted::Done);
            }
            ActionState::Parked => return Ok(Acted::Parked(row.reason.unwrap_or_default())),
            ActionState::Ready if row.due_at > now => return Ok(Acted::Later(row.due_at)),
            ActionState::Ready => {}
            ActionState::Sending => {
                let may_look = row.due_at.max(row.sent_at.unwrap_or(now) + MAY_STILL_LAND);
                if now < may_look && !row.action.is_repeatable() {
                    return Ok(Acted::Later(may_look));
                }
                match self.find(&row, key, errand).await {
                    Ok(Some(result)) => {
                        self.store.trace(
                            call.id,
                            "result",
                            "The answer to the earlier request was lost; what it did was found.",
                            now,
                        )?;
                        self.apply(call, key, &row, &row.action, result)?;
                        return Ok(Acted::Done);
                    }
                    Ok(None) => {}
                    Err(error) => {
                        let due = now + retry::backoff(row.attempts, random::unit(), error.retry_after());
                        self.store.mark_uncertain(row.id, due, &error.to_string())?;
                        return Ok(if error.kind() == ErrorKind::Fatal { Acted::Held } else { Acted::Later(due) });
                    }
                }
            }
        }
        if let Some(paused) = self.breaker.paused_until(now) {
            return Ok(Acted::Later(paused));
        }
        if errand.budget.left() < 2 {
            return Ok(Acted::Later(now));
        }
        // What is sent is what is wanted now: a call may have grown since the action was first written down.
        self.store.tx(|| {
            if row.attempts == 0 {
                self.store.trace(call.id, "rule", sentence(because), now)?;
            }
            self.store.mark_sending(row.id, &action, now)?;
            self.store.trace(call.id, "action", sentence(action.words()), now)
        })?;
        match self.perform(&action, key, errand).await {
            Ok(result) => {
                self.apply(call, key, &row, &action, result)?;
                Ok(Acted::Done)
            }
            Err(error) => self.failed(call, key, &row, &action, &error),
        }
    }

    /// Stores the result of an action together with everything that follows from it.
    fn apply(
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
                    person = Person { read_at: now, ..Person::default() };
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
                (ActionResult::Task { id }, _) => {
                    current.done.task = Some(*id);
                    format!("Created task {id}.")
                }
                (ActionResult::Changed, Action::AmendNoteV1 { note, .. }) => {
                    if let Some(written) = &mut current.done.note {
                        written.note = note.clone();
                    }
                    "Completed the note.".to_owned()
                }
                (ActionResult::Changed, Action::CompleteTaskV1 { .. }) => {
                    current.done.task_completed = true;
                    "Completed the task.".to_owned()
                }
                _ => "Done.".to_owned(),
            };
            self.store.set_person(key, &person)?;
            self.store.update_call(&current)?;
            self.store.trace(call.id, "result", words, now)
        })
    }

    /// Sorts a failure: again later, look for it later, read the person again, or park it with the reason.
    fn failed(
        &self,
        call: &CallRow,
        key: &PhoneKey,
        row: &ActionRow,
        action: &Action,
        error: &KommoError,
    ) -> Result<Acted, StoreError> {
        let now = clock::now();
        let attempts = row.attempts.saturating_add(1);
        let words = error.to_string();
        let acted = match (error, error.kind()) {
            (KommoError::Deferred, _) => {
                let due = self.breaker.paused_until(now).unwrap_or(now + Millis(50));
                self.store.mark_ready(row.id, due, row.reason.as_deref())?;
                return Ok(Acted::Later(due));
            }
            (_, ErrorKind::Fatal) => {
                self.store.mark_ready(row.id, now, Some(&words))?;
                Acted::Held
            }
            _ if error.may_have_landed() => {
                let due = now + MAY_STILL_LAND;
                self.store.mark_uncertain(row.id, due, &words)?;
                Acted::Later(due)
            }
            (_, ErrorKind::Retry) => {
                let due = now + retry::backoff(attempts, random::unit(), error.retry_after());
                self.store.mark_ready(row.id, due, Some(&words))?;
                Acted::Later(due)
            }
            // Some accounts take no note on an incoming lead before it is accepted.
            (_, ErrorKind::Refuse) if self.waits_for_acceptance(key, action)? => {
                let due = now + ACCEPTANCE;
                self.store.mark_ready(row.id, due, Some("Kommo takes the note once the incoming lead is accepted."))?;
                Acted::Later(due)
            }
            // Its target vanished, or cannot be accepted yet: read again what is there, and decide anew.
            (_, ErrorKind::Refuse) if attempts < PATIENCE && may_come_right(action, error) => {
                let due = now + retry::backoff(attempts, random::unit(), None);
                self.store.tx(|| {
                    self.forget_reading(key)?;
                    self.doubt_directory()?;
                    self.store.mark_ready(row.id, due, Some(&words))
                })?;
                Acted::Later(due)
            }
            (_, ErrorKind::Refuse) => {
                self.store.mark_parked(row.id, &words)?;
                Acted::Parked(words.clone())
            }
        };
        self.store.trace(call.id, "result", words, now)?;
        Ok(acted)
    }

    fn waits_for_acceptance(&self, key: &PhoneKey, action: &Action) -> Result<bool, StoreError> {
        let Action::WriteNoteV1 { entity, .. } = action else { return Ok(false) };
        let incoming = self.store.person(key)?.0.and_then(|person| person.incoming);
        let waits = incoming.is_some_and(|incoming| Entity::Leads(incoming.lead) == *entity);
        if waits {
            // Read anew next time: somebody may have accepted or declined it.
            self.forget_reading(key)?;
        }
        Ok(waits)
    }

    /// What is known about a number is read again before it decides anything.
    fn forget_reading(&self, key: &PhoneKey) -> Result<(), StoreError> {
        match self.store.person(key)?.0 {
            Some(person) => self.store.set_person(key, &Person { read_at: Moment(0), ..person }),
            None => Ok(()),
        }
    }

    /// Sends an action to Kommo.
    async fn perform(&self, action: &Action, key: &PhoneKey, errand: &Errand) -> Result<ActionResult, KommoError> {
        Ok(match action.clone() {
            Action::CreateContactAndLeadV1 { number, contact_name, lead_name, responsible, pipeline, status } => {
                let phone = number.to_string();
                let request_id = format!("person-{key}");
                let ask =
                    CreateContactAndLead { lead_name, contact_name, phone, responsible, pipeline, status, request_id };
                let created = self.ask(errand, &ask).await?;
                // Without the contact nobody would be known under this number: it is looked for as after a lost answer.
                let missing = || KommoError::Unreadable { detail: "a lead without its contact".to_owned() };
                let contact = created.contact.ok_or_else(missing)?;
                ActionResult::ContactAndLead { contact: Some(contact), lead: Some(created.lead) }
            }
            Action::CreateIncomingLeadV1 {
                number,
                contact_name,
                lead_name,
                uniq,
                called_at,
                duration,
                responsible,
                pipeline,
            } => {
                let ask = CreateIncomingCallLead {
                    source_uid: SOURCE_UID.to_owned(),
                    source_name: SOURCE.to_owned(),
                    service_code: SOURCE_UID.replace('-', "_"),
                    request_id: uniq.clone(),
                    uniq,
                    phone: number.to_string(),
                    called_at: called_at.seconds(),
                    duration,
                    link: None,
                    call_responsible: responsible,
                    lead_name,
                    contact_name,
                    responsible,
                    pipeline,
                };
                let made = self.ask(errand, &ask).await?;
                let lead = made
                    .lead
                    .ok_or_else(|| KommoError::Unreadable { detail: "an incoming lead without a lead".to_owned() })?;
                ActionResult::IncomingLead { uid: made.uid, lead, contact: made.contact }
            }
            Action::AcceptIncomingLeadV1 { uid, user, status } => {
                match self.ask(errand, &AcceptIncomingLead { uid: uid.clone(), user, status }).await {
                    Ok(_) | Err(KommoError::NotFound) => {}
                    // Refused because somebody decided it already, or because it is too young: only a look tells.
                    Err(refused) => {
                        if self.ask(errand, &GetIncomingLead { uid }).await?.is_some() {
                            return Err(refused);
                        }
                    }
                }
                ActionResult::IncomingLeadDecided
            }
            Action::CreateLeadV1 { name, contact, company, responsible, pipeline, status } => ActionResult::Lead {
                lead: self.ask(errand, &CreateLead { name, contact, company, responsible, pipeline, status }).await?,
            },
            Action::WriteNoteV1 { entity, note } => {
                ActionResult::Note { id: self.ask(errand, &AddCallNote { entity, note }).await? }
            }
            Action::AmendNoteV1 { entity, id, note } => {
                self.ask(errand, &PatchCallNote { entity, id, note }).await?;
                ActionResult::Changed
            }
            Action::CreateTaskV1 { entity, text, due, responsible } => {
                let request_id = format!("task-{}", errand.call.unwrap_or_default());
                let ask =
                    CreateTask { text, complete_till: due.seconds(), entity: Some(entity), responsible, request_id };
                ActionResult::Task { id: self.ask(errand, &ask).await? }
            }
            Action::CompleteTaskV1 { task, result } => {
                self.ask(errand, &CompleteTask { id: task, result }).await?;
                ActionResult::Changed
            }
        })
    }

    /// Looks for what an action may have done, in lists that do not lag, compared by us.
    async fn find(&self, row: &ActionRow, key: &PhoneKey, errand: &Errand) -> Result<Option<ActionResult>, KommoError> {
        let since = row.sent_at.map_or(0, Moment::seconds) - CLOCK_SLACK;
        let region = self.settings().map_err(|_| KommoError::Deferred)?.settings.default_region;
        Ok(match &row.action {
            Action::CreateContactAndLeadV1 { .. } => {
                let contacts = self.ask(errand, &NewestContacts).await?;
                let ours = contacts.into_iter().find(|contact| {
                    !contact.is_deleted
                        && contact.phones.iter().any(|phone| phone::key_of(phone, &region).as_ref() == Some(key))
                });
                ours.map(|contact| ActionResult::ContactAndLead {
                    contact: Some(contact.id),
                    lead: contact.leads.into_iter().max(),
                })
            }
            Action::CreateIncomingLeadV1 { uniq, .. } => {
                let waiting = self.ask(errand, &NewestIncomingLeads).await?;
                let ours = waiting.into_iter().find(|incoming| incoming.uniq.as_ref() == Some(uniq));
                ours.and_then(|found| {
                    Some(ActionResult::IncomingLead { uid: found.uid, lead: found.lead?, contact: found.contact })
                })
            }
            Action::CreateLeadV1 { name, contact, .. } => {
                let leads = self.ask(errand, &NewestLeads).await?;
                let ours = leads.into_iter().find(|lead| {
                    lead.created_at >= since
                        && lead.name == *name
                        && contact.is_none_or(|contact| lead.contacts.contains(&contact))
                });
                ours.map(|lead| ActionResult::Lead { lead: lead.id })
            }
            Action::WriteNoteV1 { entity, note } => {
                let notes = self.ask(errand, &ListCallNotes { entity: *entity }).await?;
                let ours = notes.into_iter().find(|stored| stored.uniq.as_deref() == Some(note.uniq.as_str()));
                ours.map(|stored| ActionResult::Note { id: stored.id })
            }
            Action::CreateTaskV1 { entity, text, due, .. } => {
                let tasks = self.ask(errand, &NewestTasks { entity: *entity }).await?;
                let ours = tasks.into_iter().find(|task| {
                    task.entity == Some(*entity) && task.text == *text && task.complete_till == due.seconds()
                });
                ours.map(|task| ActionResult::Task { id: task.id })
            }
            Action::AcceptIncomingLeadV1 { .. } | Action::AmendNoteV1 { .. } | Action::CompleteTaskV1 { .. } => None,
        })
    }
}

/// What Kommo refuses for the moment: a target that was deleted or merged, an incoming lead that is not ready.
fn may_come_right(action: &Action, error: &KommoError) -> bool {
    match action {
        Action::AcceptIncomingLeadV1 { .. } => matches!(error, KommoError::Invalid { .. } | KommoError::NotFound),
        Action::WriteNoteV1 { .. } | Action::CreateTaskV1 { .. } | Action::CreateLeadV1 { .. } => {
            matches!(error, KommoError::NotFound | KommoError::Invalid { .. })
        }
        // A user, pipeline or stage that was deleted since we looked.
        Action::CreateContactAndLeadV1 { .. } | Action::CreateIncomingLeadV1 { .. } => {
            matches!(error, KommoError::Invalid { .. })
        }
        Action::AmendNoteV1 { .. } | Action::CompleteTaskV1 { .. } => false,
    }
}

fn new_lead(id: kommo_voip_domain::ids::LeadId, action: &Action) -> KnownLead {
    use kommo_voip_domain::ids::{PipelineId, StatusId};
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

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
