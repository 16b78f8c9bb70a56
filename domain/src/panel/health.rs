//! How the account is doing, and what to do about it: read when the settings window or the administrator's page opens.
//!
//! The server tells facts; what they mean is decided in `health_facts`.

use super::ask::{ApiRequest, Failure, Outcome, Question};
use super::form::UserOption;
use super::health_facts::{Fact, facts};
use super::self_test::SelfTest;
use super::{Effect, Timer};
use crate::protocol::{CatchUpRequest, CatchUpView, DiagnosticsResponse};
use crate::time::{Millis, Moment};

/// How often it is looked how far fetching past calls has come.
const LOOK_EVERY: Millis = Millis::seconds(2);

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The facts.
    Diagnostics,
    /// Another try of a parked action.
    Retry,
    /// Past calls, from the provider.
    CatchUp,
    /// A test call through the chain.
    Test,
}

/// Something done about the account's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthEvent {
    /// Look again.
    Refresh,
    /// Connect to Kommo again.
    Connect,
    /// Try a parked action again.
    Retry(i64),
    /// Try every parked action again.
    RetryAll,
    /// Fetch the calls of the last so many seconds from the provider.
    CatchUp(i64),
    /// Send a test call through the chain.
    Test,
}

/// What the window knows of the account's health.
#[derive(Debug)]
pub(crate) struct Health {
    generation: u32,
    pub(crate) users: Vec<UserOption>,
    pub(crate) found: Option<DiagnosticsResponse>,
    /// When that was.
    pub(crate) read_at: Moment,
    pub(crate) failure: Option<Failure>,
    /// Actions that are being tried again.
    retrying: usize,
    pub(crate) test: SelfTest,
}

impl Health {
    /// Starts without having looked: before the account is connected there is nothing to see.
    pub(crate) fn new(generation: u32, users: Vec<UserOption>) -> Self {
        Self {
            generation,
            users,
            found: None,
            read_at: Moment(0),
            failure: None,
            retrying: 0,
            test: SelfTest::default(),
        }
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    fn ask(&self, part: Part, request: ApiRequest) -> Effect {
        Effect::Ask { question: Question::Health(self.generation, part), request }
    }

    /// Looks how things are.
    pub(crate) fn look(&self) -> Vec<Effect> {
        vec![self.ask(Part::Diagnostics, ApiRequest::get("diagnostics"))]
    }

    /// Whether past calls are being fetched.
    pub(crate) fn catches_up(&self) -> bool {
        self.found.as_ref().and_then(|found| found.catch_up.as_ref()).is_some_and(|view| view.running)
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.retrying > 0
    }

    /// Something was pressed.
    pub(crate) fn act(&mut self, event: HealthEvent, now: Moment) -> Vec<Effect> {
        self.failure = None;
        match event {
            HealthEvent::Refresh => self.look(),
            HealthEvent::Connect => vec![Effect::OpenAuthorisation],
            HealthEvent::Retry(id) => self.retry(&[id]),
            HealthEvent::RetryAll => {
                let actions = self.found.iter().flat_map(|found| &found.actions);
                let parked: Vec<i64> =
                    actions.filter(|action| action.state == "parked").map(|action| action.id).collect();
                self.retry(&parked)
            }
            HealthEvent::CatchUp(span) => {
                let wanted = CatchUpRequest { from: now.seconds() - span };
                vec![self.ask(Part::CatchUp, ApiRequest::post("catch-up").with(&wanted))]
            }
            HealthEvent::Test => match self.test.start(now) {
                Some(wanted) => {
                    vec![self.ask(Part::Test, ApiRequest::post("self-test").with(&wanted).patiently())]
                }
                None => vec![],
            },
        }
    }

    fn retry(&mut self, ids: &[i64]) -> Vec<Effect> {
        if self.is_busy() {
            return vec![];
        }
        self.retrying = ids.len();
        let path = |id: &i64| ["outbox/", &id.to_string(), "/retry"].concat();
        ids.iter().map(|id| self.ask(Part::Retry, ApiRequest::post(path(id)))).collect()
    }

    /// An answer; `true` when past calls have been fetched, so that lists of calls should be read again.
    pub(crate) fn answered(&mut self, part: &Part, outcome: &Outcome, now: Moment) -> (Vec<Effect>, bool) {
        match self.take_in(part, outcome, now) {
            Ok(answer) => answer,
            Err(failure) => {
                self.failure = Some(failure);
                (vec![], false)
            }
        }
    }

    fn take_in(&mut self, part: &Part, outcome: &Outcome, now: Moment) -> Result<(Vec<Effect>, bool), Failure> {
        match part {
            Part::Diagnostics => {
                let caught_up = self.catches_up();
                self.found = Some(outcome.read()?);
                self.read_at = now;
                let soon = if self.catches_up() { vec![look_soon()] } else { vec![] };
                return Ok((soon, caught_up && !self.catches_up()));
            }
            Part::CatchUp => {
                let view: CatchUpView = outcome.read()?;
                if let Some(found) = &mut self.found {
                    found.catch_up = Some(view);
                }
                return Ok((vec![look_soon()], false));
            }
            Part::Retry => {
                self.retrying = self.retrying.saturating_sub(1);
                // The answer's body is of no interest; the fresh list shows what became of the action.
                if !matches!(outcome, Outcome::Answered { status: 200..=299, .. }) {
                    outcome.read::<serde_json::Value>()?;
                }
                if self.retrying == 0 {
                    return Ok((self.look(), false));
                }
            }
            Part::Test => self.test.answered(outcome, now),
        }
        Ok((vec![], false))
    }

    /// The facts with their judgements, in the order of the window.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        self.found.as_ref().map(|found| facts(found, self.read_at)).unwrap_or_default()
    }
}

fn look_soon() -> Effect {
    Effect::StartTimer { timer: Timer::CatchUp, after: LOOK_EVERY, spread: Millis(0) }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
