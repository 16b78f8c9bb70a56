//! One file per provider: its webhook becomes our [`CallEvent`]s, or a named reason why not.
//!
//! An adapter is pure: headers, URL, body, secret and now go in; events or a [`Refusal`] come out. Nothing behind
//! this module knows which provider a call came through. What we ask of providers in turn (place a call, list the
//! lines, fetch a recording) stands in [`out`].

pub mod credentials;
pub mod delivery;
pub mod generic;
pub mod out;
pub mod rehearsal;

mod clock;
mod fields;
mod form;
mod legs;
mod presets;
mod proof;
mod signature;

mod plivo;
mod ringcentral;
mod telnyx;
mod twilio;
mod vonage;
mod zadarma;

pub use credentials::{Credentials, Provider};
pub use delivery::{
    Answer, Context, Delivery, LateRecording, LocalTime, Purpose, Received, Refusal, RouteQuestion, Urls, receive,
};

use crate::ids::{CallId, ExtensionId, ProviderCallId};
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// One report of a provider about one call, or about one leg of it when it names an extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEvent {
    /// The provider's id of the call.
    pub call_id: ProviderCallId,
    /// Who calls, as the provider writes it.
    pub from: String,
    /// Who is called, as the provider writes it.
    pub to: String,
    /// Given by the provider; otherwise worked out from the known lines.
    pub direction: Option<Direction>,
    /// The leg this report is about; none: the whole call.
    pub extension: Option<ExtensionId>,
    /// What happened.
    pub status: ReportedStatus,
    /// Start of the call.
    pub started_at: Moment,
    /// Start of the talk.
    pub answered_at: Option<Moment>,
    /// End of the leg or call.
    pub ended_at: Option<Moment>,
    /// Seconds of talk.
    pub talk_seconds: Option<i64>,
    /// Where the recording can be fetched: an https URL, or `provider:id` where the provider's links soon die and a
    /// fresh one is asked for each time.
    pub recording: Option<String>,
    /// Our own id of a click-to-call, where the provider carries it through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial: Option<CallId>,
}

impl CallEvent {
    /// A report that says no more than it must; of the call as a whole until an extension is set.
    pub fn new(
        call_id: ProviderCallId,
        from: impl Into<String>,
        to: impl Into<String>,
        status: ReportedStatus,
        started_at: Moment,
    ) -> Self {
        Self {
            call_id,
            from: from.into(),
            to: to.into(),
            direction: None,
            extension: None,
            status,
            started_at,
            answered_at: None,
            ended_at: None,
            talk_seconds: None,
            recording: None,
            dial: None,
        }
    }
}

/// Which side is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Someone calls us.
    Inbound,
    /// We call someone.
    Outbound,
    /// Two of our own lines.
    Internal,
}

/// The statuses a provider's report is reduced to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReportedStatus {
    /// The line rings.
    Ringing,
    /// A person picked up.
    Answered,
    /// The talk is over.
    Completed,
    /// Nobody picked up.
    Missed,
    /// The line was busy.
    Busy,
    /// The call could not be set up.
    Failed,
    /// The caller hung up before anyone answered.
    Cancelled,
    /// The caller reached a voicemail.
    Voicemail,
    /// It is over, and this report does not know how: the provider's own leg of a call ends after the talk and after
    /// a miss alike. The other legs say what became of it.
    Ended,
}

/// Why a webhook is not accepted. The text goes to the provider's log, so it names the field, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not the format this hook expects.
    #[error("the body is not valid JSON of the documented form: {0}")]
    Malformed(String),
    /// A field the format requires is missing.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// A field has a value that cannot be.
    #[error("the field {field} {reason}")]
    Invalid {
        /// The field's name in the format.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}
