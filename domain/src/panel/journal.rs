//! The administrator's page: which calls there were, why each landed where it did, and what still waits.

use super::ask::{ApiRequest, Failure, Outcome, Question, encode};
use super::form::UserOption;
use super::wire::Wire;
use super::{Effect, json};
use crate::ids::CallId;
use crate::protocol::{CallView, CallsResponse, ReplayResponse, TraceResponse};

/// What the page asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The newest calls.
    Calls,
    /// Older calls.
    MoreCalls,
    /// Why a call landed where it did.
    Trace(CallId),
    /// What today's rules would do with a call.
    Replay(CallId),
}

/// Something done on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalEvent {
    /// Read everything again.
    Refresh,
    /// Read older calls.
    More,
    /// Show a call's trace, or hide it.
    Open(CallId),
    /// Show what today's rules would do with a call, or hide it.
    Replay(CallId),
}

/// The open page.
#[derive(Debug)]
pub(crate) struct Journal {
    generation: u32,
    pub(crate) users: Vec<UserOption>,
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
    pub(crate) fn open(generation: u32, users: Vec<UserOption>) -> (Self, Vec<Effect>) {
        let journal = Self {
            generation,
            users,
            calls: vec![],
            cursor: None,
            loaded: false,
            loading_more: false,
            opened: None,
            replayed: None,
            failure: None,
        };
        let effects = journal.load();
        (journal, effects)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    fn ask(&self, part: Part, request: ApiRequest) -> Effect {
        Effect::Ask { question: Question::Journal(self.generation, part), request }
    }

    pub(crate) fn load(&self) -> Vec<Effect> {
        vec![self.ask(Part::Calls, ApiRequest::get("calls"))]
    }

    fn ask_trace(&self, id: &CallId) -> Effect {
        let path = ["calls/", &encode(id.as_str()), "/trace"].concat();
        self.ask(Part::Trace(id.clone()), ApiRequest::get(path))
    }

    /// Something was clicked.
    pub(crate) fn act(&mut self, event: JournalEvent) -> Vec<Effect> {
        match event {
            JournalEvent::Refresh => {
                self.failure = None;
                let trace = self.opened.as_ref().map(|(id, _)| self.ask_trace(id));
                self.load().into_iter().chain(trace).collect()
            }
            JournalEvent::More => match &self.cursor {
                Some(cursor) if !self.loading_more => {
                    let path = ["calls?cursor=", &encode(cursor)].concat();
                    self.loading_more = true;
                    vec![self.ask(Part::MoreCalls, ApiRequest::get(path))]
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
            Part::Calls => {
                let page: CallsResponse = outcome.read()?;
                (self.calls, self.cursor, self.loaded) = (page.calls, page.next_cursor, true);
            }
            Part::MoreCalls => {
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

#[cfg(test)]
mod tests {
    use super::super::texts::tests::{PlainLocale, english};
    use super::super::{Event, Office};
    use super::*;
    use crate::time::Moment;
    use serde_json::json;

    fn call(id: &str) -> serde_json::Value {
        json!({"id": id, "callId": id, "fromNumber": "+49305550100", "toNumber": "+49305550199", "duration": 30,
            "recordLink": null, "startedAt": 100, "callResult": null, "callType": "incoming", "status": "completed",
            "responsibleUser": 2, "entity": {"type": "leads", "id": 7, "name": "<b>Solar</b>"}, "rating": null,
            "deliveryStatus": "parked", "deliveryReason": "Kommo refused."})
    }

    fn answer(office: &mut Office, part: Part, body: &serde_json::Value) -> Vec<Effect> {
        let outcome = Outcome::Answered { status: 200, body: body.to_string(), etag: None };
        office.update(Event::Answered { question: Question::Journal(1, part), outcome }, Moment(0))
    }

    fn text(office: &Office, name: &str) -> String {
        let view = office.journal_view(&english(), &PlainLocale);
        view.and_then(|view| view.find(name).map(|element| element.all_text())).unwrap_or_default()
    }

    #[test]
    fn calls_and_traces_are_shown_with_their_reasons() {
        let mut office = Office::default();
        let users = vec![UserOption { id: crate::ids::UserId(2), name: "Max".into() }];
        office.update(Event::JournalOpened { users }, Moment(0));
        answer(&mut office, Part::Calls, &json!({"calls": [call("a")], "nextCursor": "n&1"}));
        let row = text(&office, "call-row");
        assert!(row.contains("<b>Solar</b>") && row.contains("Max") && row.contains("Kommo refused."), "{row}");

        let more = office.update(Event::Journal(JournalEvent::More), Moment(0));
        assert!(matches!(&more[..], [Effect::Ask { request, .. }] if request.path == "calls?cursor=n%261"));
        answer(&mut office, Part::MoreCalls, &json!({"calls": [call("a"), call("b")], "nextCursor": null}));
        assert!(text(&office, "load-more").is_empty());

        office.update(Event::Journal(JournalEvent::Open(CallId("a".into()))), Moment(0));
        let steps = json!([{"atMs": 1, "kind": "rule", "text": "One active lead."}]);
        answer(
            &mut office,
            Part::Trace(CallId("a".into())),
            &json!({"call": call("a"), "steps": steps, "kommoRequests": 4}),
        );
        assert!(text(&office, "trace").contains("One active lead."));
    }

    #[test]
    fn a_replay_marks_in_words_what_today_would_differ() {
        let mut office = Office::default();
        office.update(Event::JournalOpened { users: vec![] }, Moment(0));
        answer(&mut office, Part::Calls, &json!({"calls": [call("a")], "nextCursor": null}));
        let replay = Event::Journal(JournalEvent::Replay(CallId("a".into())));
        let asked = office.update(replay.clone(), Moment(0));
        assert!(matches!(&asked[..], [Effect::Ask { request, .. }] if request.path == "calls/a/replay"));
        let part = || Part::Replay(CallId("a".into()));
        let would = json!([{"what": "Write the note on lead 7", "why": "one active lead"},
            {"what": "Create a task", "why": "missed"}]);
        let was = json!(["Write the note on lead 7", "Create a lead"]);
        answer(&mut office, part(), &json!({"was": was, "would": would, "differs": true}));
        assert_eq!(text(&office, "replay-was"), "Write the note on lead 7Create a leadOnly then");
        let would_text = text(&office, "replay-would");
        assert_eq!(would_text, "Write the note on lead 7one active leadCreate a taskOnly todaymissed");
        assert!(text(&office, "replay-verdict").contains("something else"));
        office.update(replay.clone(), Moment(0));
        assert!(text(&office, "replay").is_empty(), "a second click hides it");
        office.update(replay, Moment(0));
        answer(&mut office, part(), &json!({"was": ["x"], "would": [], "differs": false}));
        assert!(text(&office, "replay-verdict").contains("the same"));
        assert_eq!(text(&office, "replay-was"), "x", "without a difference nothing is marked");
    }

    #[test]
    fn a_saved_summary_shows_in_its_row() {
        let mut office = Office::default();
        office.update(Event::JournalOpened { users: vec![] }, Moment(0));
        answer(&mut office, Part::Calls, &json!({"calls": [call("a")], "nextCursor": null}));
        let mut saved = call("a");
        saved["rating"] = json!(4);
        saved["result"] = json!({"callStatus": 2, "text": "Ask <Nora>"});
        office.update(Event::CallChanged(saved.to_string()), Moment(0));
        let row = text(&office, "call-row");
        for part in ["Call back later", "Ask <Nora>", "Rated 4 of 5"] {
            assert!(row.contains(part), "{part} in {row}");
        }
    }

    #[test]
    fn a_failure_is_said_and_keeps_what_is_shown() {
        let mut office = Office::default();
        office.update(Event::JournalOpened { users: vec![] }, Moment(0));
        answer(&mut office, Part::Calls, &json!({"calls": [call("a")], "nextCursor": null}));
        let question = Question::Journal(1, Part::Calls);
        office.update(Event::Answered { question, outcome: Outcome::Unreachable }, Moment(0));
        assert!(!text(&office, "journal-error").is_empty());
        assert!(!text(&office, "call-row").is_empty());
    }
}
