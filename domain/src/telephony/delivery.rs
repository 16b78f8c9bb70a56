//! A request of a provider as it arrived, what it says, and what it wants to hear.

use super::credentials::{Credentials, Provider};
use super::out::ProviderRequest;
use super::{CallEvent, Refused};
use crate::ids::ProviderCallId;
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// What the address was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `/webhooks/voip/…`: something happened.
    Report,
    /// `/route/…`: where shall a ringing call go?
    Route,
}

/// A request as it arrived.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// What the address was for.
    pub purpose: Purpose,
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The full public URL: our public origin, then path and query exactly as they were sent.
    pub url: &'a str,
    /// The headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The body, byte for byte.
    pub body: &'a [u8],
}

impl<'a> Delivery<'a> {
    /// A header that must be there at most once.
    pub fn header(&self, name: &'static str) -> Result<Option<&'a str>, Refusal> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (value, None) => Ok(value),
            _ => Err(Refusal::Unsigned(format!("the header {name} came twice"))),
        }
    }
}

/// What an adapter needs to know besides the delivery.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The credentials a delivery may be signed with: the present ones first, then those replaced less than a day
    /// ago. All of one provider.
    pub credentials: &'a [&'a Credentials],
    /// Our own addresses for this connection.
    pub urls: &'a Urls,
    /// Now.
    pub now: Moment,
    /// The zone of the provider's account.
    pub zone: &'a dyn LocalTime,
}

/// A time zone, for providers that tell times without an offset. Zone data belongs to the shell.
pub trait LocalTime {
    /// Reads `YYYY-MM-DD HH:MM:SS`; an hour that happens twice is the earlier one.
    fn read(&self, text: &str) -> Option<Moment>;
    /// Writes a moment as `YYYY-MM-DD HH:MM:SS`.
    fn write(&self, moment: Moment) -> String;
}

/// Our own addresses for one connection, as the provider is told them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// `https://…/webhooks/voip/{provider}/{hook_key}`.
    pub hook: String,
    /// `https://…/route/{provider}/{hook_key}`.
    pub route: String,
}

/// A genuine delivery, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The delivery's id: the same when the provider repeats itself.
    pub delivery_id: String,
    /// A digest of what must not differ between two deliveries of one id; empty where attempts differ anyway.
    pub digest: String,
    /// What it reports; empty for what does not concern calls.
    pub events: Vec<CallEvent>,
    /// Recordings of calls it names by id only.
    pub recordings: Vec<LateRecording>,
    /// It asks where a call shall go; then the answer is made from the decision, not from `answer`.
    pub question: Option<RouteQuestion>,
    /// What the provider has to be told next, such as to connect the second leg of a click-to-call.
    pub commands: Vec<ProviderRequest>,
    /// What the provider wants to hear.
    pub answer: Answer,
}

/// A recording that comes by itself, without the numbers of its call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LateRecording {
    /// The provider's id of the call.
    pub call_id: ProviderCallId,
    /// As in [`CallEvent::recording`].
    pub recording: String,
}

/// A PBX asks where a ringing call shall go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteQuestion {
    /// The provider's id of the call, where it has one by now.
    pub call_id: Option<ProviderCallId>,
    /// Who calls, as the provider writes it.
    pub from: String,
    /// The number that was called.
    pub to: String,
    /// What commands about this call must name (Telnyx `call_control_id`).
    pub handle: Option<String>,
    /// The first choice did not answer: this is the second question of the same call.
    pub is_second: bool,
}

/// What the provider wants to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "application/json", body: body.into() }
    }

    /// An XML answer with status 200.
    pub fn xml(body: impl Into<String>) -> Self {
        Self { status: 200, content_type: "text/xml; charset=utf-8", body: body.into() }
    }

    /// Plain text with status 200.
    pub fn text(body: impl Into<String>) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// Why a delivery is not accepted. The text goes to the provider's log: it names the field, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not signed as it must be; 401.
    #[error("{0}")]
    Unsigned(String),
    /// Genuine, and not of the documented form; 400.
    #[error("{0}")]
    Malformed(#[from] Refused),
    /// The address does not serve this; 404.
    #[error("this provider asks nothing here")]
    NotHere,
}

/// Checks a delivery and reads it. Nothing of the body is believed before the signature holds.
pub fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    let Some(first) = context.credentials.first() else { return Err(Refusal::NotHere) };
    match first.provider() {
        Provider::Generic => super::generic::receive(delivery, context),
        Provider::Twilio => super::twilio::receive(delivery, context),
        Provider::Zadarma => super::zadarma::receive(delivery, context),
        Provider::Telnyx => super::telnyx::receive(delivery, context),
        Provider::Vonage => super::vonage::receive(delivery, context),
        Provider::Plivo => super::plivo::receive(delivery, context),
        Provider::RingCentral => super::ringcentral::receive(delivery, context),
    }
}
