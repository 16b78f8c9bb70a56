//! The administrator's page: which calls there were, why each landed where it did, and what still waits.

use super::ask::{ApiRequest, Failure, Outcome, Question, encode};
use super::form::UserOption;
use super::wire::Wire;
use super::{Effect, Timer, json};
use crate::ids::CallId;
use crate::protocol::{
    CallView, CallsResponse, CatchUpRequest, CatchUpView, DiagnosticsResponse, ReplayResponse, TraceResponse,
};
use crate::time::{Millis, Moment};

/// How often it is looked how far fetching past calls has come.
const LOOK_EVERY: Millis = Millis::seconds(2);

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
    /// Health, and what still waits.
    Diagnostics,
    /// Another try of a parked action.
    Retry,
    /// Past calls, from the provider.
    CatchUp,
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
    /// Try a parked action again.
    Retry(i64),
    /// Fetch the calls of the last so many seconds from the provider.
    CatchUp(i64),
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
    pub(crate) diagnostics: Option<DiagnosticsResponse>,
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
            diagnostics: None,
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

    fn load(&self) -> Vec<Effect> {
        vec![
            self.ask(Part::Diagnostics, ApiRequest::get("diagnostics")),
            self.ask(Part::Calls, ApiRequest::get("calls")),
        ]
    }

    fn ask_trace(&self, id: &CallId) -> Effect {
        let path = ["calls/", &encode(id.as_str()), "/trace"].concat();
        self.ask(Part::Trace(id.clone()), ApiRequest::get(path))
    }

    /// Looks again how far fetching past calls has come.
    pub(crate) fn look_again(&self) -> Vec<Effect> {
        vec![self.ask(Part::Diagnostics, ApiRequest::get("diagnostics"))]
    }

    /// Whether past calls are being fetched.
    pub(crate) fn catches_up(&self) -> bool {
        self.diagnostics.as_ref().and_then(|health| health.catch_up.as_ref()).is_some_and(|view| view.running)
    }

    /// Something was clicked.
    pub(crate) fn act(&mut self, event: JournalEvent, now: Moment) -> Vec<Effect> {
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
            JournalEvent::Retry(id) => {
                let path = ["outbox/", &id.to_string(), "/retry"].concat();
                vec![self.ask(Part::Retry, ApiRequest::post(path))]
            }
            JournalEvent::CatchUp(span) => {
                self.failure = None;
                let wanted = CatchUpRequest { from: now.seconds() - span };
                vec![self.ask(Part::CatchUp, ApiRequest::post("catch-up").with(&wanted))]
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
            Part::Diagnostics => {
                let caught_up = self.catches_up();
                self.diagnostics = Some(outcome.read()?);
                if self.catches_up() {
                    return Ok(vec![look_soon()]);
                }
                if caught_up {
                    return Ok(vec![self.ask(Part::Calls, ApiRequest::get("calls"))]);
                }
            }
            Part::CatchUp => {
                let view: CatchUpView = outcome.read()?;
                if let Some(health) = &mut self.diagnostics {
                    health.catch_up = Some(view);
                }
                return Ok(vec![look_soon()]);
            }
            Part::Retry => match outcome {
                // The answer's body is of no interest; the fresh list shows what became of the action.
                Outcome::Answered { status: 200..=299, .. } => return Ok(self.load()),
                _ => {
                    outcome.read::<serde_json::Value>()?;
                }
            },
        }
        Ok(vec![])
    }
}

fn look_soon() -> Effect {
    Effect::StartTimer { timer: Timer::CatchUp, after: LOOK_EVERY, spread: Millis(0) }
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
    fn calls_trace_and_parked_actions_are_shown_with_their_reasons() {
        let mut office = Office::default();
        let users = vec![UserOption { id: crate::ids::UserId(2), name: "Max".into() }];
        office.update(Event::JournalOpened { users }, Moment(0));
        answer(&mut office, Part::Calls, &json!({"calls": [call("a")], "nextCursor": "n&1"}));
        answer(
            &mut office,
            Part::Diagnostics,
            &json!({"connected": true, "host": "acme.kommo.com",
            "tokenExpiresAt": 500, "lastEventAt": null, "openSockets": 1, "requestsPerMinute": [],
            "problems": ["Connect again."],
            "actions": [{"id": 9, "call": "a", "what": "Write the call note", "state": "parked",
                "reason": "403", "attempts": 3, "dueAt": null}]}),
        );
        let row = text(&office, "call-row");
        assert!(row.contains("<b>Solar</b>") && row.contains("Max") && row.contains("Kommo refused."), "{row}");
        assert!(text(&office, "actions").contains("Write the call note"));
        assert!(text(&office, "health").contains("Connect again."));

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

        let again = answer(&mut office, Part::Retry, &json!(null));
        assert_eq!(again.len(), 2, "the lists are read again");
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
    fn past_calls_are_fetched_with_progress_and_shown_at_the_end() {
        let mut office = Office::default();
        office.update(Event::JournalOpened { users: vec![] }, Moment(0));
        let health = |catch_up: serde_json::Value| {
            json!({"connected": true, "host": "h", "openSockets": 0, "requestsPerMinute": [], "problems": [],
                "actions": [], "catchUp": catch_up})
        };
        answer(&mut office, Part::Diagnostics, &health(json!(null)));
        let asked = office.update(Event::Journal(JournalEvent::CatchUp(3600)), Moment(10_000_000));
        let [Effect::Ask { request, .. }] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!((request.method, request.path.as_str()), ("POST", "catch-up"));
        assert_eq!(request.body.as_deref(), Some(r#"{"from":6400}"#));
        let view = |running, problem: Option<&str>| {
            json!({"from": 6400, "until": 10_000, "running": running, "found": 12, "added": 3,
                "problem": problem})
        };
        let looks = answer(&mut office, Part::CatchUp, &view(true, None));
        assert!(matches!(&looks[..], [Effect::StartTimer { timer: Timer::CatchUp, .. }]));
        assert!(text(&office, "catch-up-progress").contains("12"));
        let again = office.update(Event::TimerFired(Timer::CatchUp), Moment(0));
        assert!(matches!(&again[..], [Effect::Ask { request, .. }] if request.path == "diagnostics"));
        assert_eq!(answer(&mut office, Part::Diagnostics, &health(view(true, None))).len(), 1);
        let ended = answer(&mut office, Part::Diagnostics, &health(view(false, Some("Zadarma says no."))));
        assert!(matches!(&ended[..], [Effect::Ask { request, .. }] if request.path == "calls"));
        let said = text(&office, "catch-up");
        assert!(said.contains('3') && said.contains("Zadarma says no."), "{said}");
        assert!(answer(&mut office, Part::Diagnostics, &health(view(false, None))).is_empty());
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
