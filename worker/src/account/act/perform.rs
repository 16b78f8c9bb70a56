//! Sending an action to Kommo, and reading what came of it.

use super::super::Hub;
use super::super::client::Errand;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::leads::{CreateContactAndLead, CreateLead};
use kommo_voip_domain::kommo::notes::{AddCallNote, PatchCallNote};
use kommo_voip_domain::kommo::tasks::{CompleteTask, CreateTask, NewestTasks};
use kommo_voip_domain::kommo::unsorted::{AcceptIncomingLead, CreateIncomingCallLead, GetIncomingLead};
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::plan::{Action, ActionResult, SOURCE};

/// Identifies our incoming leads at Kommo; the integration is one source.
const SOURCE_UID: &str = "kommo-voip";

impl Hub {
    /// Sends an action to Kommo.
    pub(super) async fn perform(
        &self,
        action: &Action,
        key: &PhoneKey,
        errand: &Errand,
    ) -> Result<ActionResult, KommoError> {
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
            Action::JoinTaskV1 { task, entity } => {
                let tasks = self.ask(errand, &NewestTasks { entity }).await?;
                let is_open = tasks.iter().any(|known| known.id == task && !known.is_completed);
                if is_open { ActionResult::Task { id: task } } else { ActionResult::TaskIsOver }
            }
            Action::CompleteTaskV1 { task, result } => {
                match self.ask(errand, &CompleteTask { id: task, result }).await {
                    // Somebody deleted it: nobody has to do it any more.
                    Ok(_) | Err(KommoError::NotFound) => ActionResult::Changed,
                    Err(error) => return Err(error),
                }
            }
        })
    }
}
