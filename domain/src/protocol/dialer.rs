//! What the dialer asks: about a number while it is typed, and for the person's own latest calls.

use super::CallType;
use crate::ids::{CallId, Entity};
use serde::{Deserialize, Serialize};

/// Answer of `GET numbers?text=`: what was typed, in any spelling, as a number of the account's country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NumberView {
    /// As people read it; empty if it is nothing that can be called.
    pub formatted: String,
    /// The number in E.164 form, if it is one.
    pub e164: Option<String>,
    /// The numbering plan of its country has such numbers.
    pub valid: bool,
    /// It may be a line of the telephone system or a service code.
    pub internal: bool,
}

/// Answer of `GET calls/recent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentResponse {
    /// The latest first.
    pub calls: Vec<RecentCall>,
}

/// A call of one's own, as far as it matters for calling back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentCall {
    /// Our id.
    pub id: CallId,
    /// The other side's number as people read it; empty if it was withheld.
    pub number: String,
    /// What `POST dial` takes to call there; none if nobody can be called.
    pub dial: Option<String>,
    /// Who it is, as far as the reader may see it in Kommo.
    pub name: Option<String>,
    /// Where the call was logged.
    pub entity: Option<Entity>,
    /// When it started.
    pub at: i64,
    /// Its direction.
    pub call_type: CallType,
    /// It came in and nobody talked to the caller.
    pub missed: bool,
}
