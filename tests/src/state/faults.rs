//! Faults a test asked for: what goes wrong, where and how often.

use serde::{Deserialize, Serialize};

use super::Id;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// Answered with this status; nothing else happens.
    Status,
    /// Answered properly, but late.
    Delay,
    /// The connection is cut before anything happens.
    DropBefore,
    /// The request takes effect, then the connection is cut without an answer.
    DropAfter,
    /// Answered 403 with a page of HTML, as at the edge of a blocked address.
    Html,
}

/// A fault on a route, used up after `times` requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Fault {
    /// Any method when absent.
    #[serde(default)]
    pub(crate) method: Option<String>,
    /// A path prefix.
    pub(crate) path: String,
    /// How the path ends, for those that differ only there.
    #[serde(default)]
    pub(crate) ends: Option<String>,
    pub(crate) kind: FaultKind,
    #[serde(default = "once")]
    pub(crate) times: u64,
    /// For `status` (default 503) and `html` (default 403).
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// For `delay`, milliseconds.
    #[serde(default)]
    pub(crate) ms: Option<u64>,
    /// Only requests of this account.
    #[serde(default)]
    pub(crate) account: Option<Id>,
    /// Also requests of the CRM page itself; by default only those of integrations.
    #[serde(default)]
    pub(crate) browser: bool,
}

fn once() -> u64 {
    1
}
