//! What the widget asks of the Worker and of the CRM, and what may come of it.

use super::dialer::DialerPart;
use super::form::Part;
use super::say::Say;
use super::{CardAsk, Effect, Message, Text, Texts, Wire};
use super::{call_list, health, journal_events, json, summary};
use crate::ids::CallId;
use crate::protocol::{Active, Problem};
use crate::time::Millis;

/// How long an ordinary request may take.
pub(crate) const PATIENCE: Millis = Millis::seconds(15);

/// How long a request may take behind which a provider is asked several things.
const PROVIDER_PATIENCE: Millis = Millis::seconds(40);

/// How long switching off waits for the Worker; the CRM's window hangs meanwhile.
const SWITCH_OFF_PATIENCE: Millis = Millis::seconds(3);

/// What was asked; comes back with the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// A ticket for the live connection.
    Session,
    /// To be switched on, with no settings window open.
    Activate,
    /// To be switched off.
    Deactivate,
    /// Something for the settings window of this generation.
    Form(u32, Part),
    /// Something for the journal of this generation.
    Journal(u32, journal_events::Part),
    /// Something for the call summary of this generation.
    Summary(u32, summary::Part),
    /// Something a card asks for.
    Card(CallId, CardAsk),
    /// To place a call.
    Dial,
    /// Something about the account's health, for the window of this generation.
    Health(u32, health::Part),
    /// Something for the dialer of this generation.
    Dialer(u32, DialerPart),
    /// Something about the call list.
    CallList(call_list::Part),
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The Worker's widget API; the path follows `/api/v1/`.
    Worker,
    /// The CRM the page belongs to, as the signed-in user.
    Crm,
}

/// A request as data.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiRequest {
    /// Who is asked.
    pub target: Target,
    /// The HTTP method.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// The JSON body.
    pub body: Option<String>,
    /// Only if nobody changed it since this version.
    pub if_match: Option<String>,
    /// When to give up.
    pub patience: Millis,
}

impl ApiRequest {
    /// Reads from the Worker.
    #[inline(never)]
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            target: Target::Worker,
            method: "GET",
            path: path.into(),
            body: None,
            if_match: None,
            patience: PATIENCE,
        }
    }

    /// Asks the Worker with nothing but the wish itself.
    pub(crate) fn wish(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, ..Self::get(path) }
    }

    /// Posts nothing but the wish itself to the Worker.
    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::wish("POST", path)
    }

    /// With a JSON body.
    pub(crate) fn with(self, body: &impl Say) -> Self {
        Self { body: Some(body.to_json()), ..self }
    }

    /// Stores something in the Worker.
    pub(crate) fn put(path: &str, body: &impl Say) -> Self {
        Self::wish("PUT", path).with(body)
    }

    /// The Worker has to ask a telephony provider first.
    pub(crate) fn patiently(self) -> Self {
        Self { patience: PROVIDER_PATIENCE, ..self }
    }

    /// Reads from the CRM.
    pub(crate) fn crm(path: &str) -> Self {
        Self { target: Target::Crm, ..Self::get(path) }
    }
}

/// Asks to switch the product on or off.
pub(crate) fn put_active(question: Question, active: bool) -> Effect {
    let patience = if active { PATIENCE } else { SWITCH_OFF_PATIENCE };
    Effect::Ask { question, request: ApiRequest { patience, ..ApiRequest::put("active", &Active { active }) } }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// There is an answer.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
        /// The version of what was read.
        etag: Option<String>,
    },
    /// There is none: no network, no server, too late.
    Unreachable,
}

/// Why a request did not bring what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// Nobody answered.
    Unreachable,
    /// The server says why not.
    Refused(Box<Problem>),
    /// The answer cannot be read.
    Unexpected {
        /// The HTTP status.
        status: u16,
    },
}

impl Outcome {
    /// Reads the answer, or says why there is none.
    pub fn read<T: Wire>(&self) -> Result<T, Failure> {
        let (status, json) = self.json()?;
        T::read(&json).ok_or(Failure::Unexpected { status })
    }

    /// The answer's JSON, if it is one and means success.
    #[inline(never)]
    fn json(&self) -> Result<(u16, serde_json::Value), Failure> {
        let Self::Answered { status, body, .. } = self else { return Err(Failure::Unreachable) };
        let unexpected = Failure::Unexpected { status: *status };
        let Some(json) = json::read(body) else { return Err(unexpected) };
        if (200..300).contains(status) {
            return Ok((*status, json));
        }
        Err(Problem::read(&json).map_or(unexpected, |problem| Failure::Refused(Box::new(problem))))
    }

    /// An answer that is no JSON, or why there is none.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        match self {
            Self::Answered { status: 200..=299, body, .. } => Ok(body.clone()),
            _ => Err(self.json().err().unwrap_or(Failure::Unreachable)),
        }
    }

    /// The version of what was read.
    pub fn etag(&self) -> Option<String> {
        match self {
            Self::Answered { etag, .. } => etag.clone(),
            Self::Unreachable => None,
        }
    }
}

impl Failure {
    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unreachable => None,
            Self::Refused(problem) => Some(problem.status),
            Self::Unexpected { status } => Some(*status),
        }
    }

    /// The account has not been connected to Kommo yet.
    pub fn not_connected(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.kind == "not_connected")
    }

    /// Worth another try without anyone changing anything.
    pub fn passes(&self) -> bool {
        self.status().is_none_or(|status| status >= 500 || status == 429)
    }

    /// What finds it again in the log and in the diagnostics, if the server gave it a name.
    pub(crate) fn reference(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => problem.reference.as_deref(),
            Self::Unreachable | Self::Unexpected { .. } => None,
        }
    }

    /// What happened and what to do. What is always the same stands in the person's language; what names a field or a
    /// reason comes as the server says it.
    pub(crate) fn words(&self, texts: &Texts) -> String {
        match self {
            Self::Unreachable => texts.get(Text::FailureUnreachable).to_owned(),
            Self::Refused(problem) => {
                let own = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
                texts.named("problem", &problem.kind).unwrap_or(own).to_owned()
            }
            Self::Unexpected { status } => texts.with(Text::FailureUnexpected, &[("status", &status.to_string())]),
        }
    }

    /// What to tell the person where there is no place for more than a sentence.
    pub fn message(&self) -> Message {
        Message::Failed(self.clone())
    }
}

impl Message {
    /// The message in the person's language, as far as it is ours.
    pub fn words(&self, texts: &Texts) -> String {
        match self {
            Self::Known(text) => texts.get(*text).to_owned(),
            Self::Plain(text) => text.clone(),
            Self::Failed(failure) => match failure.reference() {
                Some(reference) => {
                    [&failure.words(texts), " ", texts.get(Text::FailureReference), " ", reference].concat()
                }
                None => failure.words(texts),
            },
        }
    }
}

/// Writes text so that it may stand as a value in a URL's query.
pub(crate) fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 15] {
                encoded.push(HEX.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit)));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::super::texts::tests::english;
    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        Outcome::Answered { status, body: body.to_owned(), etag: None }
    }

    #[test]
    fn every_kind_of_refusal_tells_the_person_something() {
        let problem = r#"{"type":"not_connected","title":"Not connected","status":409,"detail":"Connect first."}"#;
        let refused = answered(409, problem).read::<bool>().expect_err("a refusal");
        assert!(refused.not_connected() && !refused.passes());
        let texts = english();
        assert_eq!(refused.message().words(&texts), texts.named("problem", "not_connected").expect("a text"));
        let blocked = answered(403, "<html>").read::<bool>().expect_err("not JSON");
        assert!(blocked.message().words(&texts).contains("403"));
        assert!(!Failure::Unreachable.message().words(&texts).is_empty());
        assert!(answered(200, "<html>").read::<bool>().is_err());
        assert!(Outcome::Unreachable.read::<bool>().expect_err("nobody").passes());
    }

    #[test]
    fn what_names_a_reason_is_told_as_it_is_with_its_reference() {
        let problem =
            r#"{"type":"invalid","title":"Wrong","status":422,"detail":"x: too long.","reference":"AB12-CD34"}"#;
        let refused = answered(422, problem).read::<bool>().expect_err("a refusal");
        assert_eq!(refused.reference(), Some("AB12-CD34"));
        let words = refused.message().words(&english());
        assert!(words.starts_with("x: too long.") && words.ends_with("AB12-CD34"), "{words}");
        let untitled = problem.replace("x: too long.", "");
        let refused = answered(422, &untitled).read::<bool>().expect_err("a refusal");
        assert!(refused.words(&english()).starts_with("Wrong"));
    }

    #[test]
    fn a_number_is_encoded_for_a_query() {
        assert_eq!(encode("+49 30&x=1"), "%2B49%2030%26x%3D1");
    }
}
