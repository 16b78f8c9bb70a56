//! The provider in the settings window: which one, its credentials, its own window, and former ones.
//!
//! Nothing about the provider is sent unless one of its fields was touched or another one chosen (invariant 11). A
//! secret that was made is shown once, in the answer that made it, and kept only in this window.

use super::ask::{ApiRequest, Failure, Outcome, Question, encode};
use super::form::{Complaint, Form, FormEvent, Part};
use super::form_load::POLL_EVERY;
use super::{Effect, Message, Text, Timer, credential_check};
use crate::protocol::{
    CredentialField, PutVoipRequest, VoipOauthRequest, VoipOauthResponse, VoipResponse, VoipTestResponse,
};
use crate::telephony::Provider;
use crate::telephony::credentials::FieldSpec;
use crate::time::Millis;
use serde_json::{Map, Value};

/// Systems whose payload the generic webhook reads: word, name, and the scheme and header they sign with.
pub(crate) const PRESETS: [[&str; 4]; 4] = [
    ["yeastar", "Yeastar P-Series", "hmac-body", "X-Signature"],
    ["aircall", "Aircall", "static-secret", ""],
    ["quo", "Quo", "standard", ""],
    ["freeswitch", "FreeSWITCH", "static-secret", ""],
];

/// What the window knows of the connection to the provider.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// As the server has it; none before it is loaded.
    pub(crate) voip: Option<VoipResponse>,
    /// Chosen in the window, if it was touched.
    chosen: Option<Provider>,
    /// The fields that were touched.
    typed: Vec<(&'static str, String)>,
    /// The secret that was just made.
    pub(crate) secret: Option<String>,
    /// Something is asked by a button of its own.
    pub(crate) busy: bool,
    pub(crate) rotate_asked: bool,
    /// What the check found.
    pub(crate) checked: Option<Message>,
    /// The provider's own window, while it is waited for.
    pub(crate) window: Option<String>,
    /// The former connection that may be forgotten, if that is what the person wants.
    pub(crate) forgetting: Option<String>,
    /// What the answer to saving brought that has to be copied.
    pub(crate) news: Option<Text>,
}

impl Connection {
    /// The connected provider.
    pub(crate) fn stored(&self) -> Option<Provider> {
        Provider::parse(self.voip.as_ref()?.provider.as_deref()?)
    }

    /// The provider whose fields are shown.
    pub(crate) fn chosen(&self) -> Provider {
        self.chosen.or_else(|| self.stored()).unwrap_or(Provider::Generic)
    }

    /// Whether the provider that is shown is the connected one.
    pub(crate) fn is_stored(&self) -> bool {
        self.stored() == Some(self.chosen())
    }

    /// Whether a field was touched and not saved yet.
    pub(crate) fn has_typed(&self) -> bool {
        !self.typed.is_empty() || self.chosen.is_some_and(|chosen| Some(chosen) != self.stored())
    }

    /// What is wrong with the shape of what was typed into a field.
    pub(crate) fn typed_mistake(&self, name: &str) -> Option<Text> {
        credential_check::mistake(self.chosen(), name, self.typed(name)?, self.value("scheme"))
    }

    /// Whether saving has to say something about the provider.
    pub(crate) fn is_touched(&self) -> bool {
        !self.typed.is_empty() || !self.is_stored()
    }

    pub(crate) fn choose(&mut self, word: &str) {
        self.chosen = Provider::parse(word);
        self.typed.clear();
        (self.window, self.checked) = (None, None);
    }

    pub(crate) fn type_credential(&mut self, name: &'static str, text: String) {
        self.checked = None;
        if name == "preset"
            && let Some([_, _, scheme, header]) = PRESETS.iter().find(|[word, ..]| *word == text)
        {
            self.put_typed("scheme", (*scheme).to_owned());
            self.put_typed("header", (*header).to_owned());
        }
        self.put_typed(name, text);
    }

    fn put_typed(&mut self, name: &'static str, text: String) {
        self.typed.retain(|(known, _)| *known != name);
        self.typed.push((name, text));
    }

    fn typed(&self, name: &str) -> Option<&str> {
        self.typed.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    /// What is stored of a field of the provider that is shown.
    pub(crate) fn stored_field(&self, name: &str) -> Option<&CredentialField> {
        let fields = &self.voip.as_ref().filter(|_| self.is_stored())?.fields;
        fields.iter().find(|field| field.name == name)
    }

    /// Whether the stored secret stays when nothing is typed. Another scheme needs another one.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        let same = self.stored_field("scheme").is_none_or(|field| field.value.as_deref() == Some(self.value("scheme")));
        same && self.stored_field(name).is_some_and(|field| field.stored)
    }

    /// What a field shows: what was typed, else what is stored, else what goes without saying.
    pub(crate) fn value(&self, name: &str) -> &str {
        let stored = || self.stored_field(name)?.value.as_deref();
        self.typed(name).or_else(stored).unwrap_or(match name {
            "scheme" => "standard",
            "record" => "off",
            _ => "",
        })
    }

    /// What is to be sent: the touched fields; of a provider that is not connected yet, all that say something.
    fn request(&self, rotate: bool) -> PutVoipRequest {
        let mut credentials = Map::new();
        for FieldSpec { name, secret, .. } in self.chosen().fields() {
            let text = self.value(name).trim();
            let is_typed = if *secret { !text.is_empty() } else { self.typed(name).is_some() };
            if !rotate && (is_typed || !(self.is_stored() || text.is_empty())) {
                credentials.insert((*name).to_owned(), Value::from(text));
            }
        }
        let credentials = (!credentials.is_empty()).then_some(credentials);
        PutVoipRequest { provider: self.chosen().as_str().to_owned(), credentials, rotate }
    }

    /// Connects the provider, changes its credentials, or makes a new secret.
    pub(crate) fn put(&self, rotate: bool) -> ApiRequest {
        ApiRequest::put("voip", &self.request(rotate)).patiently()
    }

    /// What became of it.
    pub(crate) fn take(&mut self, voip: VoipResponse) {
        if voip.secret.is_some() {
            self.news = Some(Text::FormSavedSecret);
        } else if !self.is_stored() && !voip.is_set_up {
            self.news = Some(Text::FormSavedAddresses);
        }
        if voip.secret.is_some() || self.typed("secret").is_some() {
            self.secret.clone_from(&voip.secret);
        }
        self.typed.clear();
        self.chosen = None;
        self.voip = Some(VoipResponse { secret: None, ..voip });
    }

    /// The complaint at the field it is about, if it is about one.
    pub(crate) fn complaint(&self, failure: Failure) -> Complaint {
        let about = match &failure {
            Failure::Refused(problem) => self.about_field(&problem.detail),
            _ => None,
        };
        about.unwrap_or(Complaint::Failed(failure))
    }

    fn about_field(&self, detail: &str) -> Option<Complaint> {
        let (name, reason) = detail.strip_prefix("credentials.")?.split_once(' ')?;
        let spec = self.chosen().fields().iter().find(|spec| spec.name == name)?;
        Some(Complaint::Credential(spec.name, reason.to_owned()))
    }
}

impl Form {
    /// A button of the provider's part was pressed.
    pub(crate) fn act_on_connection(&mut self, event: FormEvent) -> Vec<Effect> {
        let connection = &mut self.connection;
        match event {
            FormEvent::CreateHook => return self.button_asks(Part::MakeHook, self.connection.put(false)),
            FormEvent::AskRotate => connection.rotate_asked = true,
            FormEvent::KeepSecret => connection.rotate_asked = false,
            FormEvent::Rotate => {
                connection.rotate_asked = false;
                return self.button_asks(Part::MakeHook, self.connection.put(true));
            }
            FormEvent::Check => {
                connection.checked = None;
                let request = ApiRequest::post("voip/test").with(&connection.request(false)).patiently();
                return self.button_asks(Part::Check, request);
            }
            FormEvent::ConnectProvider => {
                let wanted = VoipOauthRequest { provider: connection.chosen().as_str().to_owned() };
                return self.button_asks(Part::Oauth, ApiRequest::post("voip/oauth").with(&wanted).patiently());
            }
            FormEvent::AskForget(id) => connection.forgetting = Some(id),
            FormEvent::KeepFormer => connection.forgetting = None,
            FormEvent::Forget(id) => {
                connection.forgetting = None;
                let path = ["voip/former/", &encode(&id)].concat();
                return self.button_asks(Part::Former, ApiRequest::wish("DELETE", path));
            }
            event => {
                let voip = connection.voip.as_ref();
                let text = match event {
                    FormEvent::CopySecret => connection.secret.clone(),
                    FormEvent::CopyRouteUrl => voip.and_then(|voip| voip.route_url.clone()),
                    _ => voip.and_then(|voip| voip.hook_url.clone()),
                };
                self.copied = text.is_some().then_some(event);
                return text.map(Effect::Copy).into_iter().collect();
            }
        }
        vec![]
    }

    fn button_asks(&mut self, part: Part, request: ApiRequest) -> Vec<Effect> {
        if self.connection.busy || self.save.runs() {
            return vec![];
        }
        self.connection.busy = true;
        self.complaint = None;
        vec![Effect::Ask { question: Question::Form(self.generation, part), request }]
    }

    /// What a button of the provider's part asked for is answered.
    pub(crate) fn connection_answered(&mut self, part: Part, outcome: &Outcome) -> Vec<Effect> {
        self.connection.busy = false;
        match self.take_answer(part, outcome) {
            Ok(effects) => effects,
            Err(failure) => {
                self.complaint = Some(self.connection.complaint(failure));
                vec![]
            }
        }
    }

    fn take_answer(&mut self, part: Part, outcome: &Outcome) -> Result<Vec<Effect>, Failure> {
        let connection = &mut self.connection;
        Ok(match part {
            Part::Check => {
                let found = outcome.read::<VoipTestResponse>()?;
                let reason = found.reason.unwrap_or_default();
                self.complaint = connection.about_field(&reason);
                connection.checked = match &self.complaint {
                    Some(_) => None,
                    None if found.ok => Some(Message::Known(Text::FormWorks)),
                    None => Some(Message::Plain(reason)),
                };
                vec![]
            }
            Part::Oauth => {
                let VoipOauthResponse { url } = outcome.read()?;
                connection.window = Some(url.clone());
                vec![Effect::OpenWindow(url), look_again()]
            }
            Part::Former => {
                connection.voip = Some(outcome.read()?);
                vec![]
            }
            _ => {
                connection.take(outcome.read()?);
                // The CRM keeps Save disabled until something changed, and something did.
                vec![Effect::MarkChanged]
            }
        })
    }

    /// The server said which provider is connected, while the provider's own window may be open.
    pub(crate) fn provider_looked(&mut self) -> Vec<Effect> {
        if self.connection.window.is_none() {
            return vec![];
        }
        if !self.connection.is_stored() {
            return vec![look_again()];
        }
        self.connection.choose("");
        vec![Effect::StopTimer(Timer::ConnectPoll), Effect::MarkChanged]
    }
}

fn look_again() -> Effect {
    Effect::StartTimer { timer: Timer::ConnectPoll, after: POLL_EVERY, spread: Millis(0) }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
