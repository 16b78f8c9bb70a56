//! The journal: which calls there were, what is counted over them, and why each landed where it did.
//!
//! Administrators have it as a page of the CRM's settings; from everywhere else it opens as a window over the page, where
//! managers find their own calls.

use super::ask::{ApiRequest, Failure, Outcome, Question, encode};
use super::form::UserOption;
use super::journal_events::{JournalEvent, Part};
use super::journal_filters::{Chosen, DayStarts, End, JournalField};
use super::wire::Wire;
use super::{Effect, Timer, json};
use crate::ids::CallId;
use crate::journal::BOM;
use crate::protocol::{CallView, CallsResponse, FiguresResponse, ReplayResponse, TraceResponse};
use crate::time::{Millis, Moment};

/// How long somebody must have stopped typing before it is looked for.
const TYPING: Millis = Millis(400);

/// The open page.
#[derive(Debug)]
pub(crate) struct Journal {
    generation: u32,
    /// It stands in a window over the page, and not on the administrator's page.
    pub(crate) is_window: bool,
    pub(crate) users: Vec<UserOption>,
    pub(crate) chosen: Chosen,
    /// Grows with every change of the filters, so that an answer to former ones is told apart.
    version: u32,
    /// The query the page shows; what is being typed is not yet part of it.
    shown: String,
    pub(crate) asked_at: Moment,
    pub(crate) figures: Option<FiguresResponse>,
    pub(crate) exporting: bool,
    pub(crate) calls: Vec<CallView>,
    pub(crate) cursor: Option<String>,
    pub(crate) loaded: bool,
    pub(crate) loading_more: bool,
    pub(crate) opened: Option<(CallId, Option<TraceResponse>)>,
    pub(crate) replayed: Option<(CallId, Option<ReplayResponse>)>,
    pub(crate) failure: Option<Failure>,
}

impl Journal {
    /// Opens the page and starts loading.
    pub(crate) fn open(
        generation: u32,
        users: Vec<UserOption>,
        starts: DayStarts,
        is_window: bool,
        now: Moment,
    ) -> (Self, Vec<Effect>) {
        let mut journal = Self {
            generation,
            is_window,
            users,
            chosen: Chosen::new(starts),
            version: 0,
            shown: String::new(),
            asked_at: now,
            figures: None,
            exporting: false,
            calls: vec![],
            cursor: None,
            loaded: false,
            loading_more: false,
            opened: None,
            replayed: None,
            failure: None,
        };
        let effects = journal.look(now);
        (journal, effects)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    fn ask(&self, part: Part, request: ApiRequest) -> Effect {
        Effect::Ask { question: Question::Journal(self.generation, part), request }
    }

    /// Reads the calls that are chosen, and counts them.
    pub(crate) fn look(&mut self, now: Moment) -> Vec<Effect> {
        self.failure = None;
        if self.chosen.is_no_number() || self.chosen.is_backwards() {
            // The filter bar says what is missing; what was shown stays.
            return vec![];
        }
        self.version += 1;
        self.shown = self.chosen.query(now);
        self.asked_at = now;
        self.loading_more = false;
        vec![
            self.ask(Part::Calls(self.version), ApiRequest::get(self.path("calls", ""))),
            self.ask(Part::Figures(self.version), ApiRequest::get(self.path("calls/figures", ""))),
        ]
    }

    /// An address with the filters and one more field.
    fn path(&self, path: &str, more: &str) -> String {
        let between = if self.shown.is_empty() || more.is_empty() { "" } else { "&" };
        let query = [&self.shown, between, more].concat();
        if query.is_empty() { path.to_owned() } else { [path, "?", &query].concat() }
    }

    /// Somebody stopped typing.
    pub(crate) fn filter_due(&mut self, now: Moment) -> Vec<Effect> {
        self.look(now)
    }

    /// A filter was chosen or typed.
    pub(crate) fn typed(&mut self, field: JournalField, text: String, now: Moment) -> Vec<Effect> {
        self.chosen.set(field, text);
        if field == JournalField::Number { vec![look_when_typed()] } else { self.look(now) }
    }

    /// No filter takes anything away.
    pub(crate) fn shows_all(&self) -> bool {
        self.shown.is_empty()
    }

    /// Why, what if, and whose calls is for administrators.
    pub(crate) fn is_whole(&self) -> bool {
        !self.is_window || self.figures.as_ref().is_some_and(|figures| figures.everybody)
    }

    fn ask_trace(&self, id: &CallId) -> Effect {
        let path = ["calls/", &encode(id.as_str()), "/trace"].concat();
        self.ask(Part::Trace(id.clone()), ApiRequest::get(path))
    }

    /// Something was clicked.
    pub(crate) fn act(&mut self, event: JournalEvent, now: Moment) -> Vec<Effect> {
        match event {
            JournalEvent::Refresh => {
                self.failure = None;
                let trace = self.opened.as_ref().map(|(id, _)| self.ask_trace(id));
                self.look(now).into_iter().chain(trace).collect()
            }
            JournalEvent::More => match &self.cursor {
                Some(cursor) if !self.loading_more => {
                    let path = self.path("calls", &["cursor=", &encode(cursor)].concat());
                    self.loading_more = true;
                    vec![self.ask(Part::MoreCalls(self.version), ApiRequest::get(path))]
                }
                _ => vec![],
            },
            JournalEvent::Open(id) => {
                if self.opened.as_ref().is_some_and(|(opened, _)| *opened == id) {
                    self.opened = None;
                    return vec![];
                }
                let effect = self.ask_trace(&id);
                self.opened = Some((id, None));
                vec![effect]
            }
            JournalEvent::Replay(id) => {
                if self.replayed.as_ref().is_some_and(|(replayed, _)| *replayed == id) {
                    self.replayed = None;
                    return vec![];
                }
                let path = ["calls/", &encode(id.as_str()), "/replay"].concat();
                let effect = self.ask(Part::Replay(id.clone()), ApiRequest::post(path));
                self.replayed = Some((id, None));
                vec![effect]
            }
            JournalEvent::Range(range) => {
                self.chosen.choose(range, now);
                self.look(now)
            }
            JournalEvent::Day(end, typed, at) => {
                let day = match end {
                    End::From => &mut self.chosen.from,
                    End::To => &mut self.chosen.to,
                };
                *day = (typed, at);
                vec![look_when_typed()]
            }
            JournalEvent::Clear => {
                self.chosen.clear();
                self.look(now)
            }
            JournalEvent::Export { .. } if self.exporting => vec![],
            JournalEvent::Export { name, language } => {
                self.failure = None;
                self.exporting = true;
                let request = ApiRequest::get(self.path("calls/export", &["lang=", &encode(&language)].concat()));
                vec![self.ask(Part::Export(name), request.patiently())]
            }
            // The window goes with the journal; that is the panel's to do.
            JournalEvent::Close => vec![],
        }
    }

    /// A call was changed in its summary, as the server says.
    pub(crate) fn heard(&mut self, call: &str) {
        let Some(call) = json::read(call).and_then(|json| CallView::read(&json)) else { return };
        if let Some(known) = self.calls.iter_mut().find(|known| known.id == call.id) {
            *known = call;
        }
    }

    /// An answer for this page.
    pub(crate) fn answered(&mut self, part: Part, outcome: &Outcome) -> Vec<Effect> {
        match self.take_in(part, outcome) {
            Ok(effects) => effects,
            Err(failure) => {
                self.failure = Some(failure);
                vec![]
            }
        }
    }

    fn take_in(&mut self, part: Part, outcome: &Outcome) -> Result<Vec<Effect>, Failure> {
        match part {
            // Meanwhile something else was chosen.
            Part::Calls(version) | Part::MoreCalls(version) | Part::Figures(version) if version != self.version => {}
            Part::Calls(_) => {
                let page: CallsResponse = outcome.read()?;
                (self.calls, self.cursor, self.loaded) = (page.calls, page.next_cursor, true);
            }
            Part::MoreCalls(_) => {
                self.loading_more = false;
                let page: CallsResponse = outcome.read()?;
                self.cursor = page.next_cursor;
                // A call may have moved between two pages while they were read.
                for call in page.calls {
                    if !self.calls.iter().any(|known| known.id == call.id) {
                        self.calls.push(call);
                    }
                }
            }
            Part::Figures(_) => self.figures = Some(outcome.read()?),
            Part::Export(name) => {
                self.exporting = false;
                // The browser takes the byte order mark away when it reads; a spreadsheet needs it.
                let text = [BOM, outcome.text()?.trim_start_matches(BOM)].concat();
                return Ok(vec![Effect::SaveFile { name, text }]);
            }
            Part::Trace(id) => {
                let trace: TraceResponse = outcome.read()?;
                if let Some((opened, shown)) = &mut self.opened
                    && *opened == id
                {
                    *shown = Some(trace);
                }
            }
            Part::Replay(id) => {
                let replay = outcome.read::<ReplayResponse>();
                if let Some((replayed, shown)) = &mut self.replayed
                    && *replayed == id
                {
                    match replay {
                        Ok(replay) => *shown = Some(replay),
                        // "Loading" for ever would be a lie.
                        Err(failure) => {
                            self.replayed = None;
                            return Err(failure);
                        }
                    }
                }
            }
        }
        Ok(vec![])
    }
}

fn look_when_typed() -> Effect {
    Effect::StartTimer { timer: Timer::Filter, after: TYPING, spread: Millis(0) }
}
