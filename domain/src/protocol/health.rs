//! How an account is doing: the diagnostics, and the self-test.

use super::{CatchUpView, ReplayStep};
use crate::ids::{CallId, UserId};
use serde::{Deserialize, Serialize};

/// Answer of `GET diagnostics`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticsResponse {
    /// Whether Kommo accepts our tokens.
    pub connected: bool,
    /// The account's host.
    pub host: String,
    /// Why not, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trouble: Option<String>,
    /// When the access token ends; it is renewed before.
    pub token_expires_at: Option<i64>,
    /// The connected provider, such as `twilio`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
    /// Whether the product is switched on.
    #[serde(default)]
    pub active: bool,
    /// When the provider last sent an event.
    pub last_event_at: Option<i64>,
    /// The last webhook that was refused, unless one was accepted since.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<RefusedView>,
    /// Open live connections.
    pub open_sockets: u32,
    /// Requests to Kommo in the last minute, by purpose.
    pub requests_per_minute: Vec<PurposeCount>,
    /// How many Kommo allows in a minute.
    #[serde(default)]
    pub requests_allowed: u32,
    /// Kommo asked for a pause until then, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paused_until: Option<i64>,
    /// Actions that wait or are parked.
    pub actions: Vec<ActionView>,
    /// What an administrator should act on besides, as sentences.
    pub problems: Vec<String>,
    /// What the widget was last refused, the newest first, each with the reference that was shown.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failures: Vec<FailureView>,
    /// The last fetching of past calls.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub catch_up: Option<CatchUpView>,
}

/// Requests spent on one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PurposeCount {
    /// `ring`, `log`, `sweep`, `token` or `admin`.
    pub purpose: String,
    /// How many.
    pub count: u32,
}

/// A CRM action that is not done yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionView {
    /// For `POST outbox/{id}/retry`.
    pub id: i64,
    /// The call it belongs to.
    pub call: CallId,
    /// What is to be done, in words.
    pub what: String,
    /// `waiting`, `sending` or `parked`.
    pub state: String,
    /// The reason, for parked and repeatedly failing ones.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, Unix seconds.
    pub due_at: Option<i64>,
}

/// A webhook that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedView {
    /// Whose address it came to.
    pub provider: String,
    /// Why, as a sentence part.
    pub reason: String,
    /// When, Unix seconds.
    pub at: i64,
    /// Finds it in the Worker's log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<String>,
}

/// Something the widget asked for and did not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureView {
    /// What the person was shown.
    pub reference: String,
    /// When, Unix seconds.
    pub at: i64,
    /// Who asked.
    pub user: UserId,
    /// What was asked, such as `PUT settings`.
    pub what: String,
    /// The HTTP status.
    pub status: u16,
    /// Why not, as a sentence.
    pub text: String,
}

/// Body of `POST self-test`: sends a test call through the chain to the asking tab; Kommo is read and never written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelfTestRequest {
    /// Who calls; left out: a number nobody has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
}

/// Answer of `POST self-test`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelfTestResponse {
    /// Every hop was passed.
    pub ok: bool,
    /// The provider in whose way the call was reported.
    pub provider: String,
    /// Who called, formatted for reading.
    pub number: String,
    /// The hops in their order, up to the first that failed.
    pub hops: Vec<HopView>,
    /// What today's rules would do after a talk with this caller.
    pub talked: Vec<ReplayStep>,
    /// What they would do after a miss.
    pub missed: Vec<ReplayStep>,
}

/// One hop of the self-test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HopView {
    /// `address`, `signature`, `kommo`, `intake`, `rules` or `card`.
    pub hop: String,
    /// How long it took, in milliseconds.
    pub ms: i64,
    /// `passed`, `skipped` or `failed`.
    pub state: String,
    /// Why it failed or was skipped, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}
