//! The settings window: what it loads, what a person changes in it, and the webhook's key.
//!
//! Nothing about the provider is sent unless one of its fields was touched or none is connected yet (invariant 11).
//! The webhook's secret is shown once, in the answer that made it, and kept only in this window.

use super::ask::{ApiRequest, Failure, Question};
use super::form_save::Save;
use super::form_settings::{self, Mistake};
use super::wire::{Rules, Wire};
use super::{Effect, Field, Text};
use crate::ids::UserId;
use crate::protocol::{PutVoipRequest, VoipResponse};
use serde_json::Value;

/// The provider whose webhook anyone can send.
pub(crate) const GENERIC: &str = "generic";

/// A user of the account, as the CRM page knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserOption {
    /// The user.
    pub id: UserId,
    /// The user's name.
    pub name: String,
}

/// What the window asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The settings; also tells whether Kommo is connected.
    Settings,
    /// The provider.
    Voip,
    /// Who has which line.
    Extensions,
    /// Pipelines and stages to choose from.
    Pipelines,
    /// Who is still there to be chosen.
    Users,
    /// Whether the account takes incoming leads.
    Account,
    /// A webhook or a new secret, by its own button.
    MakeHook,
    /// The settings, to be stored.
    SaveSettings,
    /// The lines, to be stored.
    SaveExtensions,
    /// The provider, to be stored.
    SaveVoip,
    /// To be switched on.
    SaveActive,
}

impl Part {
    /// The CRM waits for the outcome.
    pub(crate) fn saves(self) -> bool {
        matches!(self, Self::SaveSettings | Self::SaveExtensions | Self::SaveVoip | Self::SaveActive)
    }
}

/// A button of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormEvent {
    /// Connect to Kommo.
    Connect,
    /// Load again after a failure.
    Reload,
    /// Make the webhook.
    CreateHook,
    /// Make a new secret: ask first.
    AskRotate,
    /// Do not make a new secret.
    KeepSecret,
    /// Make a new secret.
    Rotate,
    /// Copy the webhook's address.
    CopyHookUrl,
    /// Copy the secret.
    CopySecret,
}

/// Where the window stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Phase {
    Loading,
    NotConnected { waiting: bool },
    Failed(Failure),
    Ready,
}

/// A sentence about what the person should put right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Complaint {
    Failed(Failure),
    Stale,
    ConnectFirst,
    Mistake(Mistake),
    Duplicate { line: String, first: String, second: String },
}

/// A pipeline to choose from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pipeline {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) stages: Vec<(i64, String)>,
}

/// The open settings window.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) generation: u32,
    pub(crate) phase: Phase,
    pub(crate) users: Vec<UserOption>,
    pub(crate) settings: Value,
    pub(crate) etag: Option<String>,
    pub(crate) voip: Option<VoipResponse>,
    /// The lines of each user as typed; none before they are loaded.
    pub(crate) extensions: Option<Vec<(UserId, String)>>,
    /// None as long as Kommo has not named them: then nothing can be said to be deleted.
    pub(crate) pipelines: Option<Vec<Pipeline>>,
    /// All users of the account and whether they are active; none as long as Kommo has not named them all.
    pub(crate) all_users: Option<Vec<(UserId, bool)>>,
    /// Incoming leads are switched off in the account.
    pub(crate) no_incoming_leads: bool,
    pub(crate) own_secret: String,
    pub(crate) secret: Option<String>,
    pub(crate) making_hook: bool,
    pub(crate) rotate_asked: bool,
    pub(crate) copied: Option<FormEvent>,
    pub(crate) complaint: Option<Complaint>,
    pub(crate) done: Option<Text>,
    pub(crate) save: Save,
}

impl Form {
    /// Opens the window and starts loading.
    pub(crate) fn open(generation: u32, users: Vec<UserOption>) -> (Self, Vec<Effect>) {
        let form = Self {
            generation,
            phase: Phase::Loading,
            users,
            settings: Value::Null,
            etag: None,
            voip: None,
            extensions: None,
            pipelines: None,
            all_users: None,
            no_incoming_leads: false,
            own_secret: String::new(),
            secret: None,
            making_hook: false,
            rotate_asked: false,
            copied: None,
            complaint: None,
            done: None,
            save: Save::Idle,
        };
        let effects = vec![form.ask(Part::Settings, ApiRequest::get("settings"))];
        (form, effects)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// What the settings mean for this tab.
    pub(crate) fn rules(&self) -> Option<Rules> {
        Rules::read(&self.settings)
    }

    pub(crate) fn ask(&self, part: Part, request: ApiRequest) -> Effect {
        Effect::Ask { question: Question::Form(self.generation, part), request }
    }

    /// Looks again whether Kommo is connected, if that is what the window waits for.
    pub(crate) fn poll(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::NotConnected { .. } => vec![self.ask(Part::Settings, ApiRequest::get("settings"))],
            _ => vec![],
        }
    }

    /// A button was pressed.
    pub(crate) fn act(&mut self, event: FormEvent) -> Vec<Effect> {
        self.copied = None;
        match event {
            FormEvent::Connect => {
                self.phase = Phase::NotConnected { waiting: true };
                vec![Effect::OpenAuthorisation]
            }
            FormEvent::Reload => {
                self.phase = Phase::Loading;
                vec![self.ask(Part::Settings, ApiRequest::get("settings"))]
            }
            FormEvent::CreateHook => self.make_hook(false),
            FormEvent::AskRotate => {
                self.rotate_asked = true;
                vec![]
            }
            FormEvent::KeepSecret => {
                self.rotate_asked = false;
                vec![]
            }
            FormEvent::Rotate => {
                self.rotate_asked = false;
                self.make_hook(true)
            }
            FormEvent::CopyHookUrl | FormEvent::CopySecret => {
                let text = match event {
                    FormEvent::CopySecret => self.secret.clone(),
                    _ => self.voip.as_ref().and_then(|voip| voip.hook_url.clone()),
                };
                self.copied = text.is_some().then_some(event);
                text.map(Effect::Copy).into_iter().collect()
            }
        }
    }

    fn make_hook(&mut self, rotate: bool) -> Vec<Effect> {
        if self.making_hook || self.save.runs() {
            return vec![];
        }
        self.making_hook = true;
        self.complaint = None;
        let request = self.voip_request(rotate);
        vec![self.ask(Part::MakeHook, ApiRequest::put("voip", &request))]
    }

    /// The provider as the window knows it; credentials only where something is to change.
    pub(crate) fn voip_request(&self, rotate: bool) -> PutVoipRequest {
        let own = self.own_secret.trim();
        let credentials = (self.no_provider() || !own.is_empty()).then(|| {
            let mut credentials = serde_json::Map::new();
            credentials.insert("scheme".to_owned(), Value::from("standard"));
            if !own.is_empty() {
                credentials.insert("secret".to_owned(), Value::from(own));
            }
            credentials
        });
        PutVoipRequest { provider: GENERIC.to_owned(), credentials, rotate }
    }

    pub(crate) fn no_provider(&self) -> bool {
        self.voip.as_ref().is_none_or(|voip| voip.provider.is_none())
    }

    /// A field has new text.
    pub(crate) fn typed(&mut self, field: &Field, text: String) -> Vec<Effect> {
        match field {
            Field::Setting(path) => {
                if let Some(setting) = form_settings::setting(path) {
                    form_settings::store(&mut self.settings, setting, text);
                }
                // A stage belongs to its pipeline: with another pipeline the old stage means nothing.
                if *path == "newLeads-pipelineId" {
                    form_settings::put(&mut self.settings, "newLeads-statusId", Value::Null);
                }
            }
            Field::Extensions(user) => {
                if let Some(extensions) = &mut self.extensions {
                    match extensions.iter_mut().find(|(owner, _)| owner == user) {
                        Some((_, lines)) => *lines = text,
                        None => extensions.push((*user, text)),
                    }
                }
            }
            Field::Credential(_) => self.own_secret = text,
            Field::WorkingDay(day) => form_settings::put_day(&mut self.settings, *day, text == "true"),
            Field::Provider | Field::Summary(_) => {}
        }
        self.changed()
    }

    /// A tick box was switched.
    pub(crate) fn toggled(&mut self, field: &Field, on: bool) -> Vec<Effect> {
        self.typed(field, on.to_string())
    }

    fn changed(&mut self) -> Vec<Effect> {
        self.complaint = None;
        self.done = None;
        vec![Effect::MarkChanged]
    }

    /// A user's name, for sentences.
    pub(crate) fn user_name(&self, id: UserId) -> String {
        let known = self.users.iter().find(|user| user.id == id);
        known.map_or_else(|| id.to_string(), |user| user.name.clone())
    }
}
