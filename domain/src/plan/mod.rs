//! Facts in, decision out: what has to happen next for one call.
//!
//! [`decide()`] is level-triggered. It looks at everything known about the call, including what was already written
//! to Kommo, and names the one thing to do next; the shell does it, stores the result and asks again. So it makes
//! no difference in which order reports arrived, how often a step was repeated, or where a crash fell in between.

mod decide;
mod create;
mod log;
mod follow_up;
mod owner;
mod office;
mod note;
mod texts;
mod action;
mod apply;
mod feedback;
mod propose;
mod rehearse;

pub mod advice;
pub mod outbox;
pub mod replay;

pub use action::{Action, ActionResult};
pub use apply::apply;
pub use decide::decide;
pub use feedback::{
    CallResult, ContactWanted, DialledFrom, Feedback, FeedbackError, PATIENCE as RESULT_PATIENCE, Place, Rating,
};
pub use office::{is_open, next_open};
pub use owner::{Colleague, called_users, credited_user, engaged_users, lines_of, rung_user, rung_users};
pub use propose::propose;
pub use rehearse::rehearse;

use crate::call::{Call, Side};
use crate::ids::{Entity, ExtensionId, IncomingLeadUid, NoteId, TaskId, UserId};
use crate::kommo::notes::CallNote;
use crate::kommo::pipelines::Pipeline;
use crate::matching::Person;
use crate::settings::Settings;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name under which Kommo shows our calls.
pub const SOURCE: &str = "Kommo VoIP";

/// Everything a decision may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the administrator chose.
    pub settings: &'a Settings,
    /// The call.
    pub call: &'a Call,
    /// Its direction and outside party.
    pub side: &'a Side,
    /// The link to the recording, as Kommo's player opens it.
    pub recording: Option<&'a str>,
    /// The outside number as people read it.
    pub formatted: &'a str,
    /// Which line belongs to whom.
    pub lines: &'a BTreeMap<ExtensionId, UserId>,
    /// Everybody in the account.
    pub users: &'a [Colleague],
    /// The account itself.
    pub account: &'a AccountFacts,
    /// What Kommo is known to hold about the number; none: not asked yet.
    pub person: Option<&'a Person>,
    /// What was already written for this call.
    pub done: &'a Done,
    /// What people said about the call.
    pub feedback: &'a Feedback,
    /// The manager the call is credited to has a tab open and could be asked for a result.
    pub manager_is_here: bool,
    /// People whose lines ring and who have no tab open.
    pub away: &'a [UserId],
    /// Kommo tells us when somebody we know changes, so what was read holds longer.
    pub told_of_changes: bool,
    /// Somebody talked with this number since the call, and all of that talk is in Kommo: whoever missed the call need
    /// not call back, and nobody would finish the task.
    pub talked_since: bool,
    /// The product was switched off when the call came.
    pub switched_off: bool,
}

/// What must be known of the account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountFacts {
    /// The account's language, such as `en`.
    pub language: String,
    /// The account's currency.
    pub currency: Option<String>,
    /// Incoming leads are switched on.
    pub incoming_leads: bool,
    /// The pipelines with their stages.
    pub pipelines: Vec<Pipeline>,
    /// How far the account's time zone is ahead of UTC today, in minutes.
    #[serde(default)]
    pub utc_offset_minutes: i64,
    /// The time zone's name, such as `Europe/Berlin`, where other days than today matter.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// What was already written for a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Done {
    /// The call note.
    pub note: Option<WrittenNote>,
    /// Notes written since because the manager moved the call; all but the one where it belongs now only say so.
    pub moved: Vec<WrittenNote>,
    /// This call created the person.
    pub created: bool,
    /// The incoming lead this call created.
    pub incoming: Option<IncomingLeadUid>,
    /// The follow-up task of the miss.
    pub task: Option<TaskId>,
    /// When the miss was that it is for.
    pub missed_at: Option<Moment>,
    /// The task was completed because somebody talked with the caller.
    pub task_completed: bool,
    /// The follow-up of the call summary.
    pub follow_up: Option<WrittenFollowUp>,
    /// To whom the caller's number was added because the manager chose them.
    pub number_added: Vec<Entity>,
    /// Who got Kommo's own call notice.
    pub notified: Vec<UserId>,
    /// How often something already written was changed.
    pub amended: u32,
}

/// A follow-up task as it stands in Kommo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenFollowUp {
    /// Which.
    pub task: TaskId,
    /// Its text.
    pub text: String,
    /// When it is due.
    pub due: Moment,
}

impl Done {
    /// Every note of the call, the first one first.
    pub fn notes(&self) -> impl Iterator<Item = &WrittenNote> {
        self.note.iter().chain(&self.moved)
    }

    /// Where the call stands in Kommo.
    pub fn place(&self, feedback: &Feedback) -> Option<Entity> {
        let chosen = feedback.chosen();
        self.notes().map(|note| note.entity).find(|entity| Some(*entity) == chosen).or(self
            .note
            .as_ref()?
            .entity
            .into())
    }
}

/// A call note as it stands in Kommo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenNote {
    /// Where it is.
    pub entity: Entity,
    /// Which.
    pub id: NoteId,
    /// What it says.
    pub note: CallNote,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Ask Kommo who has the number, then decide again.
    LookUp,
    /// Do this, store the result, then decide again.
    Act(Box<Action>),
    /// Nothing until the next report, or until the given moment.
    Wait(Option<Moment>),
    /// The note waits for the manager's result, which may change where it goes.
    AwaitResult,
    /// Everything that belongs to the call is in Kommo.
    Delivered,
    /// By decision nothing is written; the reason is for people.
    NotWritten(&'static str),
}

impl Decision {
    fn act(action: Action) -> Self {
        Self::Act(Box::new(action))
    }
}

/// A decision with its reason, for the trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// What to do next.
    pub next: Decision,
    /// Why, as a sentence.
    pub because: String,
}

fn decided(next: Decision, because: impl Into<String>) -> Decided {
    Decided { next, because: because.into() }
}

#[cfg(test)]
mod tests;
