//! What the settings window loads, and what it makes of the answers.

use super::ask::{ApiRequest, Failure, Outcome};
use super::form::{Complaint, Form, Part, Phase, Pipeline};
use super::wire::field;
use super::{Effect, Timer};
use crate::ids::UserId;
use crate::protocol::ExtensionAssignment;
use crate::time::Millis;
use serde_json::Value;

/// How often the window looks whether the account is connected by now.
pub(crate) const POLL_EVERY: Millis = Millis::seconds(2);

impl Form {
    /// An answer for this window.
    pub(crate) fn answered(&mut self, part: Part, outcome: &Outcome) -> Vec<Effect> {
        match part {
            Part::Settings => self.settings_loaded(outcome),
            Part::Voip => match outcome.read() {
                Ok(voip) => {
                    self.connection.voip = Some(voip);
                    let mut effects = self.loaded();
                    effects.extend(self.provider_looked());
                    effects
                }
                // While the provider's window is open a lost answer is no reason to stop looking.
                Err(_) if self.connection.window.is_some() => self.provider_looked(),
                Err(failure) => self.failed(failure),
            },
            Part::Extensions => match outcome.read::<Vec<ExtensionAssignment>>() {
                Ok(assignments) => {
                    self.extensions = Some(lines_by_user(assignments));
                    self.stored.extensions.clone_from(&self.extensions);
                    self.loaded()
                }
                Err(failure) => self.failed(failure),
            },
            // Without pipelines the stored choice stays as it is; nothing else suffers.
            Part::Pipelines => {
                self.pipelines = outcome.read().ok().and_then(|json| pipelines(&json));
                vec![]
            }
            Part::Users => {
                self.all_users = outcome.read().ok().and_then(|json| all_users(&json));
                vec![]
            }
            Part::Account => {
                let is_on = outcome.read::<Value>().ok().and_then(|json| json.get("is_unsorted_on")?.as_bool());
                self.no_incoming_leads = is_on == Some(false);
                vec![]
            }
            Part::MakeHook | Part::Check | Part::Oauth | Part::Former => self.connection_answered(part, outcome),
            Part::Proposals => self.proposals_answered(outcome),
            Part::Theirs => {
                self.theirs_answered(outcome);
                vec![]
            }
            Part::SaveSettings | Part::SaveExtensions | Part::SaveVoip | Part::SaveActive => {
                self.save_answered(part, outcome)
            }
        }
    }

    fn settings_loaded(&mut self, outcome: &Outcome) -> Vec<Effect> {
        if !matches!(self.phase, Phase::Loading | Phase::NotConnected { .. }) {
            return vec![];
        }
        match outcome.read::<Value>() {
            Ok(settings) => {
                self.stored.settings = settings.clone();
                self.settings = settings;
                self.etag = outcome.etag();
                self.phase = Phase::Loading;
                vec![
                    Effect::StopTimer(Timer::ConnectPoll),
                    self.ask(Part::Voip, ApiRequest::get("voip")),
                    self.ask(Part::Extensions, ApiRequest::get("extensions")),
                    self.ask(Part::Pipelines, ApiRequest::crm("/api/v4/leads/pipelines")),
                    self.ask(Part::Users, ApiRequest::crm("/api/v4/users?limit=250")),
                    self.ask(Part::Account, ApiRequest::crm("/api/v4/account")),
                ]
            }
            Err(failure) if failure.not_connected() => {
                let waiting = matches!(self.phase, Phase::NotConnected { waiting: true });
                self.phase = Phase::NotConnected { waiting };
                let poll = Effect::StartTimer { timer: Timer::ConnectPoll, after: POLL_EVERY, spread: Millis(0) };
                let mut effects = vec![poll];
                effects.extend(self.refuse_save(Complaint::ConnectFirst));
                effects
            }
            // While the account is being connected a lost answer is no reason to stop looking.
            Err(failure) if failure.passes() && matches!(self.phase, Phase::NotConnected { .. }) => {
                vec![Effect::StartTimer { timer: Timer::ConnectPoll, after: POLL_EVERY, spread: POLL_EVERY }]
            }
            Err(failure) => self.failed(failure),
        }
    }

    fn failed(&mut self, failure: Failure) -> Vec<Effect> {
        self.phase = Phase::Failed(failure.clone());
        self.refuse_save(Complaint::Failed(failure))
    }

    fn loaded(&mut self) -> Vec<Effect> {
        if self.phase != Phase::Loading || self.connection.voip.is_none() || self.extensions.is_none() {
            return vec![];
        }
        self.phase = Phase::Ready;
        // What is as it was typed then needs no bringing back.
        let is_old = |draft: &super::form_draft::Draft| draft.is_as(&self.settings, self.extensions.as_ref());
        self.draft = self.draft.take().filter(|draft| !is_old(draft));
        self.save_when_ready()
    }
}

fn lines_by_user(assignments: Vec<ExtensionAssignment>) -> Vec<(UserId, String)> {
    let mut lines: Vec<(UserId, String)> = vec![];
    for ExtensionAssignment { extension_id, kommo_user_id } in assignments {
        match lines.iter_mut().find(|(owner, _)| *owner == kommo_user_id) {
            Some((_, text)) => {
                text.push_str(", ");
                text.push_str(&extension_id.0);
            }
            None => lines.push((kommo_user_id, extension_id.0)),
        }
    }
    lines
}

/// How many users Kommo names at once.
const PAGE_OF_USERS: usize = 250;

/// Reads Kommo's users. A full page may not be all of them, and whoever is missing would look deleted.
fn all_users(json: &Value) -> Option<Vec<(UserId, bool)>> {
    let list = json.get("_embedded")?.get("users")?.as_array()?;
    let user = |user: &Value| {
        let active = user.get("rights").and_then(|rights| rights.get("is_active")).and_then(Value::as_bool);
        Some((field(user, "id")?, active.unwrap_or(true)))
    };
    (list.len() < PAGE_OF_USERS).then(|| list.iter().filter_map(user).collect())
}

/// Reads Kommo's pipelines. Only stages where a new lead may start: not the one of incoming leads (type 1), not
/// won and lost.
fn pipelines(json: &Value) -> Option<Vec<Pipeline>> {
    let list = json.get("_embedded")?.get("pipelines")?.as_array()?;
    Some(list.iter().filter_map(pipeline).collect())
}

fn pipeline(json: &Value) -> Option<Pipeline> {
    let stages = json.get("_embedded").and_then(|inside| inside.get("statuses")).and_then(Value::as_array);
    let may_start = |stage: &&Value| {
        field(stage, "type") != Some(1_i64) && field(stage, "id").is_some_and(|id: i64| ![142, 143].contains(&id))
    };
    let named = |stage: &Value| Some((field(stage, "id")?, field(stage, "name")?));
    Some(Pipeline {
        id: field(json, "id")?,
        name: field(json, "name")?,
        stages: stages.into_iter().flatten().filter(may_start).filter_map(named).collect(),
    })
}
