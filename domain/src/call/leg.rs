//! What the reports said about one line of a call, or about the call as a whole.

use crate::telephony::{CallEvent, ReportedStatus};
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// Facts that only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leg {
    /// It rang.
    pub rang: bool,
    /// A person picked up.
    pub answered: bool,
    /// When, as the provider says, else when we heard.
    pub answered_at: Option<Moment>,
    /// It is over.
    pub outcome: Option<Outcome>,
    /// When, as the provider says, else when we heard.
    pub ended_at: Option<Moment>,
    /// The provider said when it ended.
    #[serde(default)]
    pub end_is_stated: bool,
    /// The provider said when somebody picked up.
    #[serde(default)]
    pub answer_is_stated: bool,
    /// Seconds of talk, as stated.
    pub stated_talk: Option<i64>,
    /// It is over, and the provider could not say how.
    #[serde(default)]
    pub ended: bool,
}

/// How a leg or call ended, from the least to the most telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The call could not be set up.
    Failed,
    /// The caller hung up before anyone answered.
    Cancelled,
    /// The line was busy.
    Busy,
    /// Nobody picked up.
    Missed,
    /// The caller reached a voicemail.
    Voicemail,
    /// There was a talk.
    Completed,
}

impl Outcome {
    /// The word of the widget API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Busy => "busy",
            Self::Missed => "missed",
            Self::Voicemail => "voicemail",
            Self::Completed => "completed",
        }
    }
}

impl Leg {
    pub(super) fn merge(&mut self, event: &CallEvent, now: Moment) {
        let outcome = match event.status {
            ReportedStatus::Ringing => {
                self.rang = true;
                None
            }
            ReportedStatus::Answered => {
                self.answered = true;
                self.answered_at.get_or_insert(now);
                None
            }
            ReportedStatus::Completed => Some(Outcome::Completed),
            ReportedStatus::Missed => Some(Outcome::Missed),
            ReportedStatus::Busy => Some(Outcome::Busy),
            ReportedStatus::Failed => Some(Outcome::Failed),
            ReportedStatus::Cancelled => Some(Outcome::Cancelled),
            ReportedStatus::Voicemail => Some(Outcome::Voicemail),
            ReportedStatus::Ended => {
                self.ended = true;
                None
            }
        };
        // Of several statements the earliest answer and the latest end count, so that their order does not.
        if let Some(stated) = event.answered_at
            && (event.status == ReportedStatus::Answered || outcome == Some(Outcome::Completed))
        {
            let earlier = self.answered_at.filter(|_| self.answer_is_stated);
            self.answered_at = Some(earlier.map_or(stated, |earlier| earlier.min(stated)));
            self.answer_is_stated = true;
        }
        self.outcome = self.outcome.max(outcome);
        if outcome.is_some() || event.status == ReportedStatus::Ended {
            if let Some(stated) = event.ended_at {
                self.ended_at = self.ended_at.filter(|_| self.end_is_stated).max(Some(stated));
                self.end_is_stated = true;
            }
            self.ended_at.get_or_insert(now);
        }
        self.stated_talk = self.stated_talk.max(event.talk_seconds);
    }

    /// It is over, however it ended.
    pub fn is_over(&self) -> bool {
        self.ended || self.outcome.is_some()
    }

    /// It rings now.
    pub fn rings(&self) -> bool {
        self.rang && !self.answered && !self.is_over()
    }

    /// There is a talk now.
    pub fn talks(&self) -> bool {
        self.answered && !self.is_over()
    }

    /// There is or was a talk.
    pub fn talked(&self) -> bool {
        self.answered || self.outcome == Some(Outcome::Completed)
    }

    /// Seconds of talk: as stated, else from answer to end. A talk whose end was not reported ended with the call.
    pub fn talk_seconds(&self, end_of_call: Option<Moment>) -> Option<i64> {
        if !self.talked() {
            return None;
        }
        self.stated_talk.or_else(|| match (self.answered_at, self.ended_at.or(end_of_call)) {
            (Some(answered), Some(ended)) => Some((ended - answered).0.max(0) / 1000),
            _ => None,
        })
    }
}
