//! What the settings create: contact and lead, incoming lead and its acceptance, or a lead for somebody known.

use super::{Action, Decided, Decision, Facts, decided, owner, texts};
use crate::ids::{PipelineId, StatusId, UserId};
use crate::matching::{Match, Person};
use crate::phone::PhoneKey;
use crate::settings::{Accept, CreateFor};
use crate::telephony::Direction;

pub(super) fn creates(facts: &Facts<'_>) -> CreateFor {
    match facts.settings.inbound_unknown.create {
        CreateFor::IncomingLead if !facts.account.incoming_leads => CreateFor::ContactAndLead,
        chosen => chosen,
    }
}

fn contact_and_lead(facts: &Facts<'_>, key: &PhoneKey, name: Option<&str>, responsible: Option<UserId>) -> Action {
    let (pipeline, status) = first_stage(facts);
    Action::CreateContactAndLeadV1 {
        number: key.clone(),
        contact_name: name.unwrap_or(facts.formatted).to_owned(),
        lead_name: texts::lead_name(facts),
        responsible,
        pipeline,
        status,
    }
}

/// The contact somebody asked for from the card, whatever the settings would create and when. It is the same action
/// as theirs, under the same key, so whichever comes first is the only one.
pub(super) fn wanted(facts: &Facts<'_>, key: &PhoneKey, person: &Person) -> Option<Decided> {
    let wanted = facts.feedback.contact_wanted.as_ref()?;
    let is_new = person.is_nobody() && person.incoming.is_none() && !facts.done.created;
    if !is_new || facts.feedback.chosen().is_some() {
        return None;
    }
    let responsible = owner::active(facts, [Some(wanted.by), None]);
    let action = contact_and_lead(facts, key, wanted.name.as_deref(), responsible);
    Some(decided(Decision::act(action), "nobody has the number, and the manager asked for its contact"))
}

/// What an unknown number gets, if the settings want anything for it.
pub(super) fn create(facts: &Facts<'_>, key: &PhoneKey) -> Option<Decided> {
    let contact_and_lead = || contact_and_lead(facts, key, None, owner::of_new(facts));
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
pub(super) fn accept(facts: &Facts<'_>, person: &Person) -> Option<Decided> {
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

pub(super) fn new_lead(facts: &Facts<'_>, found: &Match<'_>) -> Action {
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
pub(super) fn first_stage(facts: &Facts<'_>) -> (Option<PipelineId>, Option<StatusId>) {
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
