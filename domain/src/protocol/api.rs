//! Requests and answers of the widget API under `/api/v1`.

use crate::ids::{AccountId, CallId, Entity, ExtensionId, ProviderCallId, UserId};
use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// The header that carries Kommo's one-time token.
pub const AUTH_HEADER: &str = "X-Auth-Token";

/// Every error body, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A short machine word, such as `not_connected`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do, as a sentence a person can act on.
    pub detail: String,
    /// Finds this error in the Worker's log and among the failures of the diagnostics.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<String>,
    /// Who changed meanwhile what was to be stored.
    #[serde(rename = "changedBy", skip_serializing_if = "Option::is_none", default)]
    pub changed_by: Option<String>,
    /// When, Unix seconds.
    #[serde(rename = "changedAt", skip_serializing_if = "Option::is_none", default)]
    pub changed_at: Option<i64>,
}

/// Answer of `POST session`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionResponse {
    /// Opens the live connection once, within 60 seconds.
    pub ticket: String,
    /// Where the live connection is, without the ticket.
    pub ws_url: String,
    /// Who is asking.
    pub user: UserView,
    /// The account's settings.
    pub settings: Settings,
    /// Whether the product is switched on for the account.
    pub active: bool,
}

/// The user behind a token, as far as the widget needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    /// The Kommo user.
    pub id: UserId,
    /// The account.
    pub account_id: AccountId,
    /// The user's name in Kommo.
    pub name: String,
    /// May change settings and see every call.
    pub is_admin: bool,
    /// The lines mapped to this user.
    pub extensions: Vec<ExtensionId>,
}

/// Body and answer of `PUT active`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Active {
    /// Whether calls are written to Kommo and cards are shown.
    pub active: bool,
}

/// Answer of `GET voip` and `PUT voip`. Secrets never come back, except `secret` in the one answer that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoipResponse {
    /// The connected provider, such as `generic`; none before the first `PUT`.
    pub provider: Option<String>,
    /// Whether the product is switched on for the account.
    pub active: bool,
    /// Where the provider posts its webhooks.
    pub hook_url: Option<String>,
    /// Where the PBX asks for a call's route.
    pub route_url: Option<String>,
    /// The credential fields of the provider and what is stored of them.
    pub fields: Vec<CredentialField>,
    /// The signing secret, only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<String>,
    /// The provider was told our addresses by itself; otherwise an administrator copies them.
    #[serde(default)]
    pub is_set_up: bool,
    /// Former connections whose late events and recordings still work.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub former: Vec<FormerConnection>,
}

/// A provider that was replaced. `DELETE voip/former/{id}` forgets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormerConnection {
    /// Names it.
    pub id: String,
    /// The provider, such as `twilio`.
    pub provider: String,
    /// Since when it is replaced, Unix seconds.
    pub replaced_at: i64,
}

/// Body of `POST voip/oauth`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VoipOauthRequest {
    /// A provider that is connected by a window of its own, such as `ringcentral`.
    pub provider: String,
}

/// Answer of `POST voip/oauth`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoipOauthResponse {
    /// The window to open; good once, for ten minutes.
    pub url: String,
}

/// Answer of `GET extensions/proposals`: the provider's lines and whose each seems to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalsResponse {
    /// The provider lists its lines; otherwise they are typed.
    pub listed: bool,
    /// Why there is no list, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The lines.
    pub lines: Vec<ProposedLine>,
}

/// One line of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposedLine {
    /// What calls name it by.
    pub extension_id: ExtensionId,
    /// Its name at the provider.
    pub name: String,
    /// The Kommo user with the same e-mail address or name; an administrator confirms it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kommo_user_id: Option<UserId>,
}

/// Body of `POST dial`: calls the asking user's line first, then the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DialRequest {
    /// The number, as it stands in Kommo.
    pub phone: String,
    /// Whose card it was clicked on; the call's note goes there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entity: Option<Entity>,
}

/// Answer of `POST dial`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DialResponse {
    /// Our id of the call.
    pub id: CallId,
}

/// Body of `POST catch-up`: fetches calls of that time from the provider, in case webhooks were lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatchUpRequest {
    /// From then on, Unix seconds; at most 31 days ago.
    pub from: i64,
}

/// How far fetching past calls has come: answer of `POST catch-up`, and part of the diagnostics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatchUpView {
    /// From then on, Unix seconds.
    pub from: i64,
    /// Up to then, Unix seconds.
    pub until: i64,
    /// It goes on by itself.
    pub running: bool,
    /// Reports the provider listed so far.
    pub found: u32,
    /// Calls among them that were new to us.
    pub added: u32,
    /// Why it stopped or waits, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<String>,
}

/// One credential field of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialField {
    /// The key in `credentials`.
    pub name: String,
    /// Never sent back once stored.
    pub secret: bool,
    /// Must be filled.
    pub required: bool,
    /// A value is stored.
    pub stored: bool,
    /// The stored value, for fields that are not secret.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
}

/// Body of `PUT voip` and `POST voip/test`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutVoipRequest {
    /// The provider to connect.
    pub provider: String,
    /// The provider's credential fields; left out: what is stored stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<serde_json::Map<String, serde_json::Value>>,
    /// Make a new secret; the old one is accepted for 24 hours more.
    #[serde(default)]
    pub rotate: bool,
}

/// Answer of `POST voip/test`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoipTestResponse {
    /// The provider takes the credentials.
    pub ok: bool,
    /// Why not, as a sentence a person can act on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// One item of `GET extensions` and `PUT extensions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExtensionAssignment {
    /// The line.
    pub extension_id: ExtensionId,
    /// Who has it.
    pub kommo_user_id: UserId,
}

/// Answer of `GET calls`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallsResponse {
    /// Newest first.
    pub calls: Vec<CallView>,
    /// Pass as `cursor` to read on; none at the end.
    pub next_cursor: Option<String>,
}

/// One call of the journal (the VoIP guide's `Call` and what we add).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallView {
    /// Our id.
    pub id: CallId,
    /// The provider's id.
    pub call_id: ProviderCallId,
    /// Who called, E.164 where the number is valid.
    pub from_number: String,
    /// Who was called.
    pub to_number: String,
    /// Seconds of talk.
    pub duration: i64,
    /// Link to the recording.
    pub record_link: Option<String>,
    /// Start of the call.
    pub started_at: i64,
    /// What the manager noted.
    pub call_result: Option<String>,
    /// `incoming`, `outgoing` or `internal`.
    pub call_type: CallType,
    /// `ringing`, `answered`, `completed`, `missed`, `busy`, `failed`, `cancelled` or `voicemail`.
    pub status: String,
    /// The manager the call is credited to.
    pub responsible_user: Option<UserId>,
    /// The lines that took part and are mapped to nobody.
    #[serde(default)]
    pub unmapped_extensions: Vec<ExtensionId>,
    /// Where the call was logged.
    pub entity: Option<EntityView>,
    /// What was saved in the call summary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<PutResultRequest>,
    /// The quality rating, 1 to 5.
    pub rating: Option<u8>,
    /// Why this rating.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rating_reason: Option<String>,
    /// Whom the call may belong to, as far as the reader may see them; only in the answer for a single call.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub candidates: Vec<EntityView>,
    /// An incoming lead of the caller waits for acceptance: `POST calls/{id}/accept` accepts it.
    #[serde(default)]
    pub acceptable: bool,
    /// `waiting`, `delivered`, `parked`, `not_written` and why is in `deliveryReason`.
    pub delivery_status: DeliveryStatus,
    /// Why the call is parked or was not written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delivery_reason: Option<String>,
}

/// Body of `PUT calls/{id}/result`: what the manager saved in the call summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutResultRequest {
    /// Kommo's result: 1 left a message, 2 call back later, 3 not there, 4 talked, 5 wrong number, 6 not reached,
    /// 7 busy (Kommo API reference: calls).
    pub call_status: u8,
    /// The result in words; may be empty.
    #[serde(default)]
    pub text: String,
    /// Where the call belongs, if not where our rules put it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entity: Option<Entity>,
    /// A follow-up to create.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task: Option<FollowUp>,
}

/// A follow-up task from the call summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowUp {
    /// What to do.
    pub text: String,
    /// By when, Unix seconds.
    pub complete_till: i64,
}

/// Body of `POST calls/{id}/contact`: creates the contact of an unknown caller now, with the lead the settings give it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CreateContactRequest {
    /// The name; left out: the number stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Body of `PUT calls/{id}/rating`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutRatingRequest {
    /// The call's quality, 1 to 5.
    pub score: u8,
    /// Why; may be left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Answer of `POST calls/{id}/replay`: what was done, and what today's rules would do with the same facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayResponse {
    /// What was done, as sentences in the order in which it was done.
    pub was: Vec<String>,
    /// What would be done today.
    pub would: Vec<ReplayStep>,
    /// The two differ.
    pub differs: bool,
}

/// One step today's rules would take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayStep {
    /// What would be done.
    pub what: String,
    /// The rule that wants it.
    pub why: String,
}

/// Direction in the VoIP guide's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallType {
    /// From outside.
    Incoming,
    /// To outside.
    Outgoing,
    /// Between two of our own lines.
    Internal,
}

/// How far a call has come on its way into Kommo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Still under way, or waiting for Kommo.
    Waiting,
    /// Everything that belongs to the call is in Kommo.
    Delivered,
    /// Kommo refused; an administrator has to act.
    Parked,
    /// By decision nothing was written.
    NotWritten,
}

/// A CRM entity with its name, as far as the receiving user may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityView {
    /// What and which.
    #[serde(flatten)]
    pub entity: Entity,
    /// Its name; none when the user may not see it.
    pub name: Option<String>,
}

/// Answer of `GET calls/{id}/trace`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceResponse {
    /// The call.
    pub call: CallView,
    /// What happened, oldest first.
    pub steps: Vec<TraceStep>,
    /// Requests to Kommo spent on this call.
    pub kommo_requests: u32,
}

/// One step of a call's trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceStep {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// A short word: `event`, `number`, `candidates`, `rule`, `action`, `request`, `result`.
    pub kind: String,
    /// What happened, as a sentence.
    pub text: String,
}
