//! The open call summary: what the manager says about a call, and where it belongs (Kommo VoIP guide: call result).
//!
//! What was typed is kept as a draft on each change, so that neither a reload nor a second summary loses a word.

use super::ask::{ApiRequest, Failure, Outcome, Question, encode};
use super::say::Say;
use super::summary_draft::Draft;
use super::summary_search::Search;
use super::wire::Rules;
use super::{Effect, Text};
use crate::ids::{CallId, EntityKind};
use crate::protocol::{CallView, EntityView, PutRatingRequest};
use crate::settings::RateQuality;
use crate::time::{Millis, Moment};

const DAY: Millis = Millis::minutes(24 * 60);

/// What the window asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The call.
    Call,
    /// Whether a rating is wanted.
    Rules,
    /// What the person looks for; the number tells a late answer apart.
    Search(u32),
    /// The rating, to be stored.
    Rating,
    /// The result, to be stored.
    Result,
}

/// A field of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryField {
    /// The result status.
    Status,
    /// The note.
    Text,
    /// The words to look for.
    Search,
    /// What to look among.
    Kind,
    /// Whether a follow-up is wanted.
    Task,
    /// What is to be done.
    TaskText,
    /// One of the five ratings.
    Score(u8),
    /// Why this rating.
    Reason,
}

/// Something done with the window.
#[derive(Debug, Clone, PartialEq)]
pub enum SummaryEvent {
    /// Open it for this call.
    Open(CallId),
    /// Link the call to this.
    Choose(EntityView),
    /// The moment of the follow-up, as typed and in Unix seconds of the browser's time zone.
    TaskTime(String, Option<i64>),
    /// Look whether anything new is known of the call.
    Refresh,
    /// Store it.
    Save,
    /// Store nothing.
    Cancel,
    /// Drafts of before a reload, each by its call.
    Found(Vec<(CallId, String)>),
}

/// Why saving has to wait, or what came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Complaint {
    Missing(Text),
    Failed(Failure),
}

/// What a window to be opened has to know of the tab.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Its own number.
    pub(crate) generation: u32,
    /// Whether a rating is wanted, as far as the tab knows.
    pub(crate) rate: RateQuality,
}

/// The open window.
#[derive(Debug)]
pub(crate) struct Summary {
    generation: u32,
    pub(crate) id: CallId,
    pub(crate) call: Option<CallView>,
    pub(crate) draft: Draft,
    pub(crate) search: Search,
    pub(crate) rate: RateQuality,
    /// Why the call cannot be shown.
    pub(crate) failure: Option<Failure>,
    pub(crate) complaint: Option<Complaint>,
    pub(crate) saving: bool,
    /// The card waits for this result.
    pub(crate) asked: bool,
    /// The card's version the call was read at.
    pub(crate) version: Option<u64>,
}

impl Summary {
    /// Opens a window and starts loading.
    pub(crate) fn open(id: CallId, draft: Draft, window: Window) -> (Self, Vec<Effect>) {
        let open = Self {
            generation: window.generation,
            id,
            call: None,
            draft,
            search: Search::default(),
            rate: window.rate,
            failure: None,
            complaint: None,
            saving: false,
            asked: false,
            version: None,
        };
        let effects = vec![open.ask_call(), open.ask(Part::Rules, ApiRequest::get("settings"))];
        (open, effects)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    fn path(&self, more: &str) -> String {
        ["calls/", &encode(self.id.as_str()), more].concat()
    }

    fn ask(&self, part: Part, request: ApiRequest) -> Effect {
        Effect::Ask { question: Question::Summary(self.generation, part), request }
    }

    /// Reads the call, again or for the first time.
    pub(crate) fn ask_call(&self) -> Effect {
        self.ask(Part::Call, ApiRequest::get(self.path("")))
    }

    /// A field has new text.
    pub(crate) fn typed(&mut self, field: SummaryField, text: String) -> Vec<Effect> {
        match field {
            SummaryField::Status => self.draft.status = text.parse().ok(),
            SummaryField::Text => self.draft.text = Some(text),
            SummaryField::TaskText => self.draft.task_text = Some(text),
            SummaryField::Reason => self.draft.reason = Some(text),
            SummaryField::Search => {
                self.search.text = text;
                return self.search.changed();
            }
            SummaryField::Kind => {
                let kinds = [EntityKind::Leads, EntityKind::Contacts, EntityKind::Companies];
                self.search.kind = kinds.into_iter().find(|kind| kind.as_str() == text);
                return self.search.changed();
            }
            SummaryField::Task | SummaryField::Score(_) => {}
        }
        self.touched()
    }

    /// A tick box was switched, or one of the ratings chosen.
    pub(crate) fn toggled(&mut self, field: SummaryField, on: bool, now: Moment) -> Vec<Effect> {
        match field {
            SummaryField::Task => {
                self.draft.task = Some(on);
                let is_open = self.call.as_ref().is_some_and(|call| self.draft.task_at(call).is_none());
                if on && is_open && self.draft.task_typed.is_none() {
                    // Tomorrow at this time, in whole minutes as the field shows it.
                    self.draft.task_at = Some((now + DAY).seconds().div_euclid(60) * 60);
                }
            }
            SummaryField::Score(score) if on => self.draft.score = Some(score),
            _ => return vec![],
        }
        self.touched()
    }

    /// The person paused typing what to look for.
    pub(crate) fn search_due(&self) -> Vec<Effect> {
        self.search.ask().map(|(number, request)| self.ask(Part::Search(number), request)).into_iter().collect()
    }

    fn touched(&mut self) -> Vec<Effect> {
        self.complaint = None;
        vec![Effect::KeepDraft { call: self.id.clone(), draft: Some(self.draft.to_json()) }]
    }

    /// Something was done in the window; what ends it is for the tab to see.
    pub(crate) fn act(&mut self, event: SummaryEvent) -> Vec<Effect> {
        match event {
            SummaryEvent::Choose(view) => {
                self.draft.entity = Some(view);
                self.touched()
            }
            SummaryEvent::TaskTime(typed, at) => {
                (self.draft.task_typed, self.draft.task_at) = (Some(typed), at);
                self.touched()
            }
            SummaryEvent::Refresh => {
                self.failure = None;
                vec![self.ask_call()]
            }
            SummaryEvent::Save => self.save(),
            _ => vec![],
        }
    }

    /// An answer for this window.
    pub(crate) fn answered(&mut self, part: Part, outcome: &Outcome) -> Vec<Effect> {
        match part {
            Part::Call => match outcome.read() {
                Ok(call) => (self.call, self.failure) = (Some(call), None),
                // What is shown already stays: the newer state comes with the next card.
                Err(failure) if self.call.is_none() => self.failure = Some(failure),
                Err(_) => {}
            },
            // Unanswered, what the tab knew before holds.
            Part::Rules => self.rate = outcome.read::<Rules>().map_or(self.rate, |rules| rules.rate_quality),
            Part::Search(number) => self.search.answered(number, outcome),
            Part::Rating | Part::Result => match outcome.read::<CallView>() {
                Ok(call) => {
                    let path = self.path("/result");
                    let call = self.call.insert(call);
                    if part == Part::Rating {
                        let request = ApiRequest::put(&path, &self.draft.result(call));
                        return vec![self.ask(Part::Result, request)];
                    }
                }
                Err(failure) => {
                    self.saving = false;
                    self.complaint = Some(Complaint::Failed(failure));
                }
            },
        }
        vec![]
    }

    /// The rating first, then the result, so that one write to the CRM holds both. Each stores a whole state, so
    /// saving again after a failure in the middle repeats harmlessly.
    fn save(&mut self) -> Vec<Effect> {
        let Some(call) = self.call.as_ref().filter(|_| !self.saving) else { return vec![] };
        self.complaint = missing(&self.draft, call, self.rate).map(Complaint::Missing);
        if self.complaint.is_some() {
            return vec![];
        }
        let reason = Some(self.draft.reason(call).trim()).filter(|reason| !reason.is_empty()).map(str::to_owned);
        let score = self.draft.score(call).filter(|_| self.rate != RateQuality::Off);
        let rating = score.map(|score| PutRatingRequest { score, reason });
        let is_news =
            |rating: &PutRatingRequest| (Some(rating.score), &rating.reason) != (call.rating, &call.rating_reason);
        let effect = match rating.filter(is_news) {
            Some(rating) => self.ask(Part::Rating, ApiRequest::put(&self.path("/rating"), &rating)),
            None => self.ask(Part::Result, ApiRequest::put(&self.path("/result"), &self.draft.result(call))),
        };
        self.saving = true;
        vec![effect]
    }
}

/// What the person still has to fill in.
fn missing(draft: &Draft, call: &CallView, rate: RateQuality) -> Option<Text> {
    let is_rated = draft.score(call).is_some();
    let says_why = draft.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    let wants_rating = rate == RateQuality::Required || (rate == RateQuality::Optional && says_why);
    if wants_rating && !is_rated {
        return Some(Text::SummaryRateFirst);
    }
    if !draft.wants_task(call) {
        return None;
    }
    if draft.task_text(call).trim().is_empty() {
        return Some(Text::SummarySayTask);
    }
    draft.task_at(call).is_none().then_some(Text::SummarySayTime)
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
