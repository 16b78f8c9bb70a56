//! Sending an action to Kommo, and reading what came of it.

use super::super::Hub;
use super::super::client::Errand;
use kommo_voip_domain::ids::IncomingLeadUid;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::call_notices::NotifyOfCall;
use kommo_voip_domain::kommo::leads::{CreateContactAndLead, CreateLead};
use kommo_voip_domain::kommo::notes::{AddCallNote, PatchCallNote};
use kommo_voip_domain::kommo::tasks::{ChangeTask, CompleteTask, CreateTask, NewestTasks};
use kommo_voip_domain::kommo::unsorted::{
    AcceptIncomingLead, CreateIncomingCallLead, DeclineIncomingLead, GetIncomingLead,
};
use kommo_voip_domain::plan::{Action, ActionResult, SOURCE};

/// Identifies our incoming leads at Kommo; the integration is one source.
const SOURCE_UID: &str = "kommo-voip";

impl Hub {
    /// Sends an action to Kommo.
    pub(super) async fn perform(&self, action: &Action, errand: &Errand) -> Result<ActionResult, KommoError> {
        Ok(match action.clone() {
            Action::CreateContactAndLeadV1 { number, contact_name, lead_name, responsible, pipeline, status } => {
                let phone = number.to_string();
                let request_id = format!("person-{number}");
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
                let asked = self.ask(errand, &AcceptIncomingLead { uid: uid.clone(), user, status }).await;
                match asked.as_ref().ok().and_then(|accepted| accepted.lead.zip(accepted.contact)) {
                    Some((lead, contact)) => ActionResult::IncomingLeadAccepted { lead, contact },
                    None => self.decided(asked.map(drop), uid, errand).await?,
                }
            }
            Action::DeclineIncomingLeadV1 { uid, user } => {
                let asked = self.ask(errand, &DeclineIncomingLead { uid: uid.clone(), user }).await;
                self.decided(asked.map(drop), uid, errand).await?
            }
            Action::CreateLeadV1 { name, contact, company, responsible, pipeline, status } => ActionResult::Lead {
                lead: self.ask(errand, &CreateLead { name, contact, company, responsible, pipeline, status }).await?,
            },
            Action::WriteNoteV1 { entity, note } | Action::MoveNoteV1 { entity, note } => {
                ActionResult::Note { id: self.ask(errand, &AddCallNote { entity, note }).await? }
            }
            Action::AmendNoteV1 { entity, id, note } => {
                self.ask(errand, &PatchCallNote { entity, id, note }).await?;
                ActionResult::Changed
            }
            Action::AddNumberV1 { entity, number } => {
                self.add_number(entity, &number, errand).await?;
                ActionResult::Changed
            }
            Action::ChangeFollowUpV1 { task, text, due } => {
                self.ask(errand, &ChangeTask { id: task, text, complete_till: due.seconds() }).await?;
                ActionResult::Changed
            }
            Action::NotifyV1 { number, users } => {
                self.ask(errand, &NotifyOfCall { number: number.to_string(), users }).await?;
                ActionResult::Changed
            }
            Action::CreateTaskV1 { entity, text, due, responsible, .. }
            | Action::CreateFollowUpV1 { entity, text, due, responsible } => {
                let request_id = format!("task-{}", errand.call.unwrap_or_default());
                let ask =
                    CreateTask { text, complete_till: due.seconds(), entity: Some(entity), responsible, request_id };
                ActionResult::Task { id: self.ask(errand, &ask).await? }
            }
            Action::JoinTaskV1 { task, entity, .. } => {
                let tasks = self.ask(errand, &NewestTasks { entity: Some(entity) }).await?;
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

    /// Accepting or declining is refused when somebody decided already, or because it is too young: only a look tells.
    async fn decided(
        &self,
        asked: Result<(), KommoError>,
        uid: IncomingLeadUid,
        errand: &Errand,
    ) -> Result<ActionResult, KommoError> {
        match asked {
            Ok(()) | Err(KommoError::NotFound) => {}
            Err(refused) => {
                if self.ask(errand, &GetIncomingLead { uid }).await?.is_some() {
                    return Err(refused);
                }
            }
        }
        Ok(ActionResult::IncomingLeadDecided)
    }
}
