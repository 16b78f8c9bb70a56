//! What we ask of any PBX.

use super::{AnErrand, PlaceCall, ProviderRequest, RouteReply};
use crate::ids::ProviderCallId;
use crate::routing::Route;
use crate::telephony::{Answer, Credentials};

/// Asks the PBX to place a call.
pub(super) fn place_call(_credentials: &Credentials, _call: &PlaceCall) -> Option<AnErrand<Option<ProviderCallId>>> {
    None
}

/// Finds the request that fetches a recording.
pub(super) fn recording(_credentials: &Credentials, _reference: &str) -> Option<AnErrand<ProviderRequest>> {
    None
}

/// Where a call shall go: lines separated by commas.
pub(super) fn route(_route: &Route) -> RouteReply {
    RouteReply::Answer(Answer::text(""))
}
