//! The settings window: what it loads, and what a person changes in it.
//!
//! The provider's part stands in `connection`, that of the lines in `lines`.

use super::ask::{ApiRequest, Failure, Question};
use super::conflict::Conflict;
use super::connection::Connection;
use super::form_draft::{Draft, Stored};
use super::form_save::Save;
use super::form_settings::{self, Mistake};
use super::lines::Proposed;
use super::{Effect, Field, Text};
use crate::ids::UserId;
use serde_json::Value;

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
    /// Whether the provider takes the credentials.
    Check,
    /// The address of the provider's own window.
    Oauth,
    /// A former connection, to be forgotten.
    Former,
    /// The provider's lines.
    Proposals,
    /// What another administrator saved meanwhile.
    Theirs,
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
    /// Copy the address that says where a call shall ring.
    CopyRouteUrl,
    /// Copy the secret.
    CopySecret,
    /// Ask the provider whether it takes the credentials.
    Check,
    /// Open the provider's own window.
    ConnectProvider,
    /// Forget a former connection: ask first.
    AskForget(String),
    /// Do not forget it.
    KeepFormer,
    /// Forget it.
    Forget(String),
    /// Ask the provider for its lines.
    Propose,
    /// Show what another administrator saved, beside what was typed here.
    LoadTheirs,
    /// Put what was typed back into this setting.
    TakeMine(&'static str),
    /// What was typed is not needed any more.
    DropMine,
    /// Put back what was typed before the window was closed without saving.
    Restore,
    /// Forget it.
    ForgetDraft,
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
    /// What is wrong with a field of the credentials.
    Credential(&'static str, String),
    Duplicate {
        line: String,
        first: String,
        second: String,
    },
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
    pub(crate) connection: Connection,
    /// The lines of each user as typed; none before they are loaded.
    pub(crate) extensions: Option<Vec<(UserId, String)>>,
    pub(crate) proposed: Proposed,
    /// None as long as Kommo has not named them: then nothing can be said to be deleted.
    pub(crate) pipelines: Option<Vec<Pipeline>>,
    /// All users of the account and whether they are active; none as long as Kommo has not named them all.
    pub(crate) all_users: Option<Vec<(UserId, bool)>>,
    /// Incoming leads are switched off in the account.
    pub(crate) no_incoming_leads: bool,
    pub(crate) copied: Option<FormEvent>,
    pub(crate) complaint: Option<Complaint>,
    pub(crate) done: Option<Text>,
    pub(crate) save: Save,
    pub(crate) stored: Stored,
    pub(crate) conflict: Option<Conflict>,
    /// What the last window was closed on, if that was not saved.
    pub(crate) draft: Option<Draft>,
    /// The browser asks before the page goes.
    pub(crate) guarded: bool,
}

impl Form {
    /// Opens the window and starts loading.
    pub(crate) fn open(generation: u32, users: Vec<UserOption>, draft: Option<Draft>) -> (Self, Vec<Effect>) {
        let form = Self {
            generation,
            phase: Phase::Loading,
            users,
            settings: Value::Null,
            etag: None,
            connection: Connection::default(),
            extensions: None,
            proposed: Proposed::default(),
            pipelines: None,
            all_users: None,
            no_incoming_leads: false,
            copied: None,
            complaint: None,
            done: None,
            save: Save::Idle,
            stored: Stored::default(),
            conflict: None,
            draft,
            guarded: false,
        };
        let effects = vec![form.ask(Part::Settings, ApiRequest::get("settings"))];
        (form, effects)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    pub(crate) fn ask(&self, part: Part, request: ApiRequest) -> Effect {
        Effect::Ask { question: Question::Form(self.generation, part), request }
    }

    /// Looks again whether Kommo or the provider is connected, if that is what the window waits for.
    pub(crate) fn poll(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::NotConnected { .. } => vec![self.ask(Part::Settings, ApiRequest::get("settings"))],
            Phase::Ready if self.connection.window.is_some() => vec![self.ask(Part::Voip, ApiRequest::get("voip"))],
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
            FormEvent::Propose => self.propose(),
            FormEvent::LoadTheirs => {
                self.load_theirs();
                vec![]
            }
            FormEvent::TakeMine(path) => {
                self.take_mine(path);
                self.changed()
            }
            FormEvent::DropMine => {
                self.conflict = None;
                vec![]
            }
            FormEvent::Restore => self.restore(),
            FormEvent::ForgetDraft => {
                self.draft = None;
                vec![]
            }
            event => self.act_on_connection(event),
        }
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
            Field::Extensions(user) => self.type_lines(*user, text),
            Field::Line(line) => self.give_line(line, &text),
            Field::Provider => self.connection.choose(&text),
            Field::Credential(name) => self.connection.type_credential(name, text),
            Field::WorkingDay(day) => form_settings::put_day(&mut self.settings, *day, text == "true"),
            Field::Summary(_)
            | Field::CardResult(_)
            | Field::RingVolume
            | Field::TestNumber
            | Field::Number
            | Field::CallListNumber(_)
            | Field::Journal(_) => return vec![],
        }
        self.changed()
    }

    /// A tick box was switched.
    pub(crate) fn toggled(&mut self, field: &Field, on: bool) -> Vec<Effect> {
        self.typed(field, on.to_string())
    }

    pub(crate) fn changed(&mut self) -> Vec<Effect> {
        self.complaint = None;
        self.done = None;
        vec![Effect::MarkChanged]
    }

    /// The window has loaded.
    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// A user's name, for sentences.
    pub(crate) fn user_name(&self, id: UserId) -> String {
        let known = self.users.iter().find(|user| user.id == id);
        known.map_or_else(|| id.to_string(), |user| user.name.clone())
    }
}
