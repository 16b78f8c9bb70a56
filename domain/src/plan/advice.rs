//! Settings that name something which is not there any more, and what happens instead.

use super::{AccountFacts, Colleague};
use crate::ids::UserId;
use crate::settings::{CreateFor, Settings, TaskOwner};

/// Something an administrator should choose anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The setting, as its path in the JSON.
    pub field: &'static str,
    /// What is wrong with it and what happens meanwhile, as a sentence.
    pub text: String,
    /// It names something that does not exist, and cannot be chosen anew.
    pub is_wrong: bool,
}

/// What is wrong with the settings in this account. What is not known of the account is not complained about.
pub fn advice(settings: &Settings, account: &AccountFacts, users: &[Colleague]) -> Vec<Advice> {
    let mut found = vec![];
    let mut say = |field, text: String| found.push(Advice { field, text, is_wrong: true });
    let chosen = &settings.new_leads;
    if let (Some(id), false) = (chosen.pipeline_id, account.pipelines.is_empty()) {
        match account.pipelines.iter().find(|pipeline| pipeline.id == id) {
            None => say(
                "newLeads.pipelineId",
                format!(
                    "The pipeline {id} chosen for new leads does not exist any more; new leads start in the main pipeline."
                ),
            ),
            Some(pipeline) => {
                let is_there = |stage| pipeline.statuses.iter().any(|known| known.id == stage);
                if let Some(stage) = chosen.status_id.filter(|stage| !is_there(*stage)) {
                    say(
                        "newLeads.statusId",
                        format!(
                            "The stage {stage} chosen for new leads does not exist any more; new leads start at the first stage of {}.",
                            pipeline.name
                        ),
                    );
                }
            }
        }
    }
    let mut user = |field, rule, id: Option<UserId>| {
        let Some(id) = id.filter(|_| rule == Some(TaskOwner::Fixed) && !users.is_empty()) else { return };
        let instead = "tasks go to whoever was called, else to an administrator";
        match users.iter().find(|user| user.id == id) {
            None => say(field, format!("The user {id} chosen for missed calls does not exist any more; {instead}.")),
            Some(user) if !user.is_active => {
                say(field, format!("{}, chosen for missed calls, is deactivated; {instead}.", user.name));
            }
            Some(_) => {}
        }
    };
    user("missed.fixedUserId", Some(settings.missed.responsible), settings.missed.fixed_user_id);
    if let Some(hours) = &settings.working_hours {
        user("workingHours.fixedUserId", hours.responsible, hours.fixed_user_id);
    }
    if settings.inbound_unknown.create == CreateFor::IncomingLead && !users.is_empty() && !account.incoming_leads {
        let text =
            "Incoming leads are switched off in the account; a contact and a lead are created instead.".to_owned();
        found.push(Advice { field: "inboundUnknown.create", text, is_wrong: false });
    }
    found
}
