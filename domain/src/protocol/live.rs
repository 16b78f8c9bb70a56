//! Messages of the live connection between the Account object and the widget.

use super::{CallListView, PutRatingRequest, PutResultRequest, UserView};
use crate::ids::{CallId, Entity, ExtensionId};
use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// From the Account object to the widget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ServerMessage {
    /// The whole truth for this user, sent first on every connection: whatever the tab showed before is replaced.
    #[serde(rename_all = "camelCase")]
    Hello {
        /// The server's clock in Unix milliseconds, so that running times do not depend on the browser's.
        server_time_ms: i64,
        /// Reconnects without asking Kommo, for 12 hours.
        resume_ticket: String,
        /// Who this connection belongs to.
        user: UserView,
        /// The settings at this moment.
        settings: Settings,
        /// Every card this user should see now.
        cards: Vec<CardView>,
        /// The user's call list, where there is one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        call_list: Option<CallListView>,
    },
    /// The user's whole call list; may repeat, an older `version` is ignored.
    CallList(CallListView),
    /// The full state of one call's card; may repeat, an older `version` is ignored.
    Card(Box<CardView>),
    /// The card is over for this user: dismissed in another tab, answered by someone else.
    Closed {
        /// The call.
        id: CallId,
        /// Orders it against cards of the same call.
        version: u64,
    },
    /// An administrator changed the settings; they count from the next event on.
    Settings {
        /// The settings from now on.
        settings: Settings,
        /// The administrator's name.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        by: Option<String>,
    },
    /// The card of a test call, for the tab that asked for it. It is never mixed with the cards of calls.
    SelfTest {
        /// Goes back in [`ClientMessage::SelfTestShown`].
        id: String,
        /// The card.
        card: Box<CardView>,
    },
    /// Something the person should read.
    Notice {
        /// How urgent.
        level: NoticeLevel,
        /// A key of the widget's texts, such as `signed_out`; unknown keys fall back to `text`.
        code: String,
        /// What happened and what to do.
        text: String,
        /// The call of `missed_call`: it goes into the CRM's notification centre. Only one tab of a person gets it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        call: Option<MissedCallView>,
    },
}

/// How urgent a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something needs attention.
    Error,
    /// Something needs attention until somebody acts: it stays in the CRM's notification centre.
    Lasting,
}

/// A missed call, as far as its person may see whose it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissedCallView {
    /// Our call id.
    pub id: CallId,
    /// Who called: the name where the person may see it, else the number.
    pub from: String,
    /// The line that was called.
    pub to: Option<String>,
    /// When, Unix seconds.
    pub at: i64,
    /// Where the call was logged, if the person may see it.
    pub entity: Option<Entity>,
}

/// From the widget to the Account object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ClientMessage {
    /// Keeps the connection; must be exactly `{"type":"ping"}` and is answered `{"type":"pong"}` without waking
    /// the object.
    Ping,
    /// Whether this tab can be seen and has the focus.
    Presence {
        /// The tab is visible.
        visible: bool,
        /// The tab has the focus.
        focused: bool,
    },
    /// The person closed the card of this call, in every tab. After the talk it also means that no result is to be
    /// waited for.
    Dismiss {
        /// The call.
        id: CallId,
    },
    /// The card of a test call is shown.
    SelfTestShown {
        /// Which.
        id: String,
    },
}

/// One call as the card shows it to one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CardView {
    /// Our call id.
    pub id: CallId,
    /// Grows with every change of the call.
    pub version: u64,
    /// Where the call stands.
    pub state: CardState,
    /// `true` for a call from outside.
    pub inbound: bool,
    /// The other side's number, formatted for reading; none when withheld.
    pub number: Option<String>,
    /// The other side's number in E.164, for links.
    pub e164: Option<String>,
    /// The line that rings or talks for this user.
    pub extension: Option<ExtensionId>,
    /// Start of the call, Unix seconds.
    pub started_at: i64,
    /// Start of the talk, Unix seconds.
    pub answered_at: Option<i64>,
    /// End of the call, Unix seconds.
    pub ended_at: Option<i64>,
    /// Seconds of talk, once ended.
    pub duration: Option<i64>,
    /// Who it is.
    pub caller: CallerView,
    /// A result is waited for from this user: the call summary opens by itself.
    #[serde(default)]
    pub summary: bool,
    /// An incoming lead of the caller waits for acceptance: `POST calls/{id}/accept` accepts it.
    #[serde(default)]
    pub acceptable: bool,
    /// Nobody has the number, and this user may add contacts: `POST calls/{id}/contact` creates one now.
    #[serde(default)]
    pub creatable: bool,
    /// The last calls with this number, the newest first, as far as the user may know of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub recent: Vec<RecentCallView>,
    /// What was noted about the last talk with this number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_note: Option<LastNoteView>,
    /// What was saved as the result of an ended call; where it was put and what follows stay out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<PutResultRequest>,
    /// How an ended call was rated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rating: Option<PutRatingRequest>,
}

/// An earlier call with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentCallView {
    /// Start, Unix seconds.
    pub at: i64,
    /// `true` for a call from outside.
    pub inbound: bool,
    /// Seconds of talk; 0 when nobody talked.
    pub duration: i64,
    /// The manager's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
}

/// What a manager noted about an earlier call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastNoteView {
    /// Start of that call, Unix seconds.
    pub at: i64,
    /// The words; a long text ends with an ellipsis.
    pub text: String,
    /// Whose words they are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
}

/// Where a call stands on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CardState {
    /// Ringing.
    Ringing,
    /// Talking.
    Answered,
    /// Over.
    Ended,
}

/// What is known about the other side, as far as the receiving user may see it.
#[allow(clippy::large_enum_variant, reason = "one stands in each card, and most calls are from somebody known")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum CallerView {
    /// Kommo is being asked.
    Searching,
    /// Nobody in Kommo has this number.
    Unknown,
    /// Kommo could not be asked; the number is all there is.
    Unavailable,
    /// Someone the user may not see: only whose client it is.
    #[serde(rename_all = "camelCase")]
    ClientOf {
        /// The responsible manager's name.
        owner: String,
    },
    /// A known person or company.
    #[serde(rename_all = "camelCase")]
    Known {
        /// The contact's name.
        contact: Option<NamedEntity>,
        /// The company.
        company: Option<NamedEntity>,
        /// The lead the call belongs to.
        lead: Option<LeadView>,
        /// What "open the card" opens.
        open: Entity,
        /// Everybody else who has the number, as far as the user may see them.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        others: Vec<NamedEntity>,
        /// All open leads of the person or company the user may see, the one the call belongs to first.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        leads: Vec<LeadView>,
    },
}

/// An entity with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedEntity {
    /// What and which.
    #[serde(flatten)]
    pub entity: Entity,
    /// Its name.
    pub name: String,
}

/// A lead on the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadView {
    /// What and which.
    #[serde(flatten)]
    pub entity: Entity,
    /// The lead's name.
    pub name: String,
    /// The stage's name.
    pub stage: Option<String>,
    /// The budget in the account's currency.
    pub price: i64,
    /// The account's currency (ISO 4217).
    pub currency: Option<String>,
    /// When its next task is due, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_task_at: Option<i64>,
}
