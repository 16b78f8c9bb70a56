//! Faults a test asked for: what goes wrong, where and how often.

use serde::{Deserialize, Serialize};

use tokio::sync::oneshot;

use super::Id;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// Answered with this status; nothing else happens.
    Status,
    /// Takes effect and is answered properly, but late.
    Delay,
    /// Waits until somebody says whether it takes effect (`POST release`); its client may be gone by then.
    Hold,
    /// The connection is cut before anything happens.
    DropBefore,
    /// The request takes effect, then the connection is cut without an answer.
    DropAfter,
    /// Answered 403 with a page of HTML, as at the edge of a blocked address.
    Html,
    /// The request takes effect, but its answer ends in the middle of the JSON.
    CutJson,
    /// The request takes effect, but its answer is JSON of something else.
    WrongJson,
    /// The access token the request carries has ended.
    Expire,
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
    /// So many fitting requests pass before it strikes.
    #[serde(default)]
    pub(crate) skip: u64,
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

/// A request that waits until somebody says what becomes of it.
pub(crate) struct Held {
    pub(crate) account: Option<Id>,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Told whether it takes effect.
    pub(crate) release: oneshot::Sender<bool>,
}
