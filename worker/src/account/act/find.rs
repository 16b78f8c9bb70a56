//! Looking for what a write may have done whose answer was lost.

use super::super::Hub;
use super::super::client::Errand;
use super::super::store::ActionRow;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::contacts::NewestContacts;
use kommo_voip_domain::kommo::leads::NewestLeads;
use kommo_voip_domain::kommo::notes::ListCallNotes;
use kommo_voip_domain::kommo::tasks::NewestTasks;
use kommo_voip_domain::kommo::unsorted::NewestIncomingLeads;
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::plan::{Action, ActionResult};
use kommo_voip_domain::time::Moment;

/// Clocks of Kommo and ours may differ by this much when things are compared by creation time.
const CLOCK_SLACK: i64 = 120;

impl Hub {
    /// Looks for what an action may have done, in lists that do not lag, compared by us.
    pub(super) async fn find(
        &self,
        row: &ActionRow,
        key: Option<&PhoneKey>,
        errand: &Errand,
    ) -> Result<Option<ActionResult>, KommoError> {
        let since = row.attempt.sent_at.map_or(0, Moment::seconds) - CLOCK_SLACK;
        let region = self.settings().map_err(|_| KommoError::Deferred)?.settings.default_region.clone();
        Ok(match &row.action {
            Action::CreateContactAndLeadV1 { .. } => {
                let contacts = self.ask(errand, &NewestContacts).await?;
                let ours = contacts.into_iter().find(|contact| {
                    !contact.is_deleted
                        && contact.phones.iter().any(|phone| phone::key_of(phone, &region).as_ref() == key)
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
            Action::WriteNoteV1 { entity, note } | Action::MoveNoteV1 { entity, note } => {
                let notes = self.ask(errand, &ListCallNotes { entity: *entity }).await?;
                let ours = notes.into_iter().find(|stored| stored.uniq.as_deref() == Some(note.uniq.as_str()));
                ours.map(|stored| ActionResult::Note { id: stored.id })
            }
            Action::CreateTaskV1 { entity, text, due, .. } | Action::CreateFollowUpV1 { entity, text, due, .. } => {
                let tasks = self.ask(errand, &NewestTasks { entity: Some(*entity) }).await?;
                let same = tasks.into_iter().filter(|task| {
                    task.entity == Some(*entity) && task.text == *text && task.complete_till == due.seconds()
                });
                let mut same = same.map(|task| ActionResult::Task { id: task.id });
                // Another call may have wished for the very same; that task is not ours.
                same.find(|found| self.store.is_nobodys_result(found).unwrap_or(false))
            }
            Action::AcceptIncomingLeadV1 { .. }
            | Action::DeclineIncomingLeadV1 { .. }
            | Action::NotifyV1 { .. }
            | Action::AddNumberV1 { .. }
            | Action::ChangeFollowUpV1 { .. }
            | Action::AmendNoteV1 { .. }
            | Action::JoinTaskV1 { .. }
            | Action::CompleteTaskV1 { .. } => None,
        })
    }
}
