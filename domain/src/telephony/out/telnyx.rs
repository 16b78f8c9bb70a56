//! What we ask of telnyx.

use super::{AnErrand, CallsPage, Learned, PastCalls, PlaceCall, ProviderLine, ProviderRequest, RouteReply};
use crate::ids::ProviderCallId;
use crate::routing::Route;
use crate::telephony::{Answer, Credentials, RouteQuestion, Urls};

/// Where recordings are.
pub(super) const RECORDING_HOSTS: &[&str] = &[];

/// Whether the credentials are good.
pub(super) fn check(_credentials: &Credentials) -> Option<AnErrand<Learned>> {
    None
}

/// Places a call.
pub(super) fn place_call(
    _credentials: &Credentials,
    _call: &PlaceCall,
    _urls: &Urls,
) -> Option<AnErrand<Option<ProviderCallId>>> {
    None
}

/// Finds the request that fetches a recording.
pub(super) fn recording(_credentials: &Credentials, _reference: &str) -> Option<AnErrand<ProviderRequest>> {
    None
}

/// Tells our addresses.
pub(super) fn set_up(_credentials: &Credentials, _urls: &Urls) -> Option<AnErrand<()>> {
    None
}

/// Lists the lines.
pub(super) fn lines(_credentials: &Credentials) -> Option<AnErrand<Vec<ProviderLine>>> {
    None
}

/// One page of past calls.
pub(super) fn past_calls(_credentials: &Credentials, _wanted: PastCalls) -> Option<AnErrand<CallsPage>> {
    None
}

/// Where a call shall go.
pub(super) fn route(_credentials: &Credentials, _question: &RouteQuestion, _route: &Route, _urls: &Urls) -> RouteReply {
    RouteReply::Answer(Answer::text(""))
}
