//! The call list of one person, as widget and Account object speak of it.

use crate::ids::{CallId, Entity};
use serde::{Deserialize, Serialize};

/// Answer of `GET call-list` and of every change to it, part of `hello`, and the live message `callList`: the whole
/// list, so that a repeat or a lost message does no harm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallListView {
    /// Grows with every change; what is older than what is shown is passed over.
    pub version: u64,
    /// Whether it calls.
    pub run: CallListRun,
    /// Why it is paused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pause: Option<CallListPause>,
    /// What went wrong, as a sentence, where that is why it is paused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What the next call waits for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hold: Option<CallListHold>,
    /// When the next call is placed at the earliest, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_at_ms: Option<i64>,
    /// Everybody on it, in the order in which they are called.
    pub entries: Vec<CallListEntry>,
}

/// Whether a call list calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallListRun {
    /// Not started, stopped, or through.
    #[default]
    Idle,
    /// One call after the other.
    Running,
    /// It goes on where it stands when somebody says so.
    Paused,
}

/// Why a call list is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallListPause {
    /// Its person paused it.
    ByHand,
    /// Its person had no tab open for a while.
    Away,
    /// No call can be placed; the reason says why.
    Refused,
}

/// What the next call of a running list waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallListHold {
    /// The pause between two calls.
    Interval,
    /// Another call of the person.
    Call,
    /// The call summary of the last call.
    Summary,
}

/// Somebody on a call list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallListEntry {
    /// Names it within the list.
    pub id: u32,
    /// Whose card it came from; the call's note goes there.
    pub entity: Entity,
    /// The name; empty where Kommo could not be asked for it.
    pub name: String,
    /// The numbers to choose from.
    pub numbers: Vec<CallListNumber>,
    /// The chosen one, E.164.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chosen: Option<String>,
    /// Where it stands.
    pub state: CallListState,
    /// How the call ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<CallListResult>,
    /// Why no call came of it, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Our id of the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call: Option<CallId>,
}

/// A number somebody on the list can be called at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallListNumber {
    /// The number in E.164.
    pub e164: String,
    /// The number as people read it.
    pub text: String,
}

/// Where an entry of a call list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallListState {
    /// Its turn has not come.
    Waiting,
    /// It is being called.
    Calling,
    /// It was called.
    Done,
    /// Its person skipped it.
    Skipped,
    /// There is no number to call; the list passes it over.
    NoNumber,
}

/// How a call of the list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallListResult {
    /// There was a talk.
    Talked,
    /// Nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// A voicemail answered.
    Voicemail,
    /// No call came about.
    Failed,
}

/// Body of `POST call-list`: puts people on the asking user's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddToCallListRequest {
    /// Who, in the order in which they are to be called.
    pub rows: Vec<CallListRow>,
}

/// A row ticked in one of Kommo's lists, or an open card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallListRow {
    /// Whose row or card.
    pub entity: Entity,
    /// The numbers the row showed, in its order; what Kommo holds besides is added.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub phones: Vec<String>,
}

/// Answer of `POST call-list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddToCallListResponse {
    /// The list as it is now.
    pub list: CallListView,
    /// How many were put on it.
    pub added: u32,
    /// How many are on it already, or have the number of somebody who is.
    pub doubles: u32,
    /// How many Kommo does not show to the user, or does not have any more.
    pub left_out: u32,
}

/// Body of `PUT call-list/state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutCallListStateRequest {
    /// What shall happen.
    pub action: CallListAction,
    /// Who is skipped; left out: whoever is called or comes next. Naming the entry makes a repeat harmless.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry: Option<u32>,
}

/// What a person does with a call list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallListAction {
    /// Call one after the other.
    Start,
    /// Place no further call for now.
    Pause,
    /// Go on.
    Resume,
    /// Pass somebody over.
    Skip,
    /// Place no further call. Whoever waits stays on the list.
    Stop,
}

/// Body of `PUT call-list/{id}`: chooses the number to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutCallListEntryRequest {
    /// One of the entry's numbers, E.164.
    pub number: String,
}
