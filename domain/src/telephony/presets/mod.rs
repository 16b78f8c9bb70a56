//! Payloads of systems that the generic webhook understands as they are.

mod aircall;
mod freeswitch;
mod quo;
mod yeastar;

use super::credentials::Preset;
use super::{CallEvent, Context, LateRecording, Refused};
use serde_json::Value;

/// What a payload says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct News {
    /// About calls.
    pub(super) events: Vec<CallEvent>,
    /// Recordings of calls it names by id only.
    pub(super) recordings: Vec<LateRecording>,
}

/// Reads a payload that is known to be genuine.
pub(super) fn read(preset: Preset, body: &[u8], context: &Context<'_>) -> Result<News, Refused> {
    let json = |body: &[u8]| -> Result<Value, Refused> {
        crate::utf8::json(body).map_err(|error| Refused::Malformed(error.to_string()))
    };
    match preset {
        Preset::Yeastar => yeastar::read(&json(body)?, context),
        Preset::Aircall => aircall::read(&json(body)?, context),
        Preset::Quo => quo::read(&json(body)?, context),
        Preset::FreeSwitch => freeswitch::read(&freeswitch::unwrap(body)?, context),
    }
}
