//! Whether a fact about the account is a problem, and what the next step is. The server tells facts; they are judged here
//! so that the sentences stand in the person's language.

use super::Text;
use super::health::HealthEvent;
use crate::protocol::DiagnosticsResponse;
use crate::time::{Millis, Moment};

/// A provider that says nothing for so long may have lost our address; a long weekend is no reason to worry.
const QUIET: Millis = Millis::minutes(4 * 24 * 60);

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// As it should be.
    Good,
    /// Worth a look.
    Attention,
    /// Calls suffer until somebody acts.
    Problem,
}

/// What fills a place of a fact's sentence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    /// Words or a number.
    Plain(String),
    /// A moment, Unix seconds.
    Time(i64),
}

/// One fact with its judgement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    /// Its stable name in the page.
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    pub(crate) text: Text,
    pub(crate) places: Vec<(&'static str, Place)>,
    /// What to do, as a sentence.
    pub(crate) step: Option<Text>,
    /// And as a button.
    pub(crate) button: Option<(Text, HealthEvent)>,
}

fn fact(name: &'static str, level: Level, text: Text) -> Fact {
    Fact { name, level, text, places: vec![], step: None, button: None }
}

impl Fact {
    fn time(mut self, at: i64) -> Self {
        self.places.push(("time", Place::Time(at)));
        self
    }

    fn plain(mut self, place: &'static str, words: impl ToString) -> Self {
        self.places.push((place, Place::Plain(words.to_string())));
        self
    }

    fn step(self, step: Text) -> Self {
        Self { step: Some(step), ..self }
    }

    fn button(self, label: Text, event: HealthEvent) -> Self {
        Self { button: Some((label, event)), ..self }
    }
}

/// The facts with their judgements, in the order of the window.
pub(crate) fn facts(found: &DiagnosticsResponse, now: Moment) -> Vec<Fact> {
    [Some(kommo(found)), Some(token(found, now)), switch(found), Some(provider(found, now))]
        .into_iter()
        .flatten()
        .chain([sockets(found), parked(found), requests(found)])
        .collect()
}

fn kommo(found: &DiagnosticsResponse) -> Fact {
    if found.connected {
        return fact("kommo", Level::Good, Text::HealthKommo).plain("host", &found.host);
    }
    fact("kommo", Level::Problem, Text::HealthNoKommo)
        .plain("reason", found.trouble.as_deref().unwrap_or_default())
        .step(Text::HealthNoKommoStep)
        .button(Text::FormConnect, HealthEvent::Connect)
}

fn token(found: &DiagnosticsResponse, now: Moment) -> Fact {
    match found.token_expires_at {
        Some(at) if at > now.seconds() => fact("token", Level::Good, Text::HealthToken).time(at),
        Some(at) if found.connected => {
            fact("token", Level::Attention, Text::HealthTokenEnded).time(at).step(Text::HealthTokenStep)
        }
        _ => fact("token", Level::Problem, Text::HealthNoToken)
            .step(Text::HealthNoKommoStep)
            .button(Text::FormConnect, HealthEvent::Connect),
    }
}

/// Switched off is worth a word only where something could be switched on.
fn switch(found: &DiagnosticsResponse) -> Option<Fact> {
    (found.provider.is_some() && !found.active)
        .then(|| fact("switch", Level::Problem, Text::HealthOff).step(Text::HealthOffStep))
}

fn provider(found: &DiagnosticsResponse, now: Moment) -> Fact {
    if found.provider.is_none() {
        return fact("provider", Level::Problem, Text::HealthNoProvider).step(Text::HealthNoProviderStep);
    }
    if let Some(refused) = &found.refused {
        return fact("provider", Level::Problem, Text::HealthRefused)
            .time(refused.at)
            .plain("reason", &refused.reason)
            .plain("reference", refused.reference.as_deref().unwrap_or("–"))
            .step(Text::HealthRefusedStep);
    }
    match found.last_event_at {
        None => fact("provider", Level::Attention, Text::HealthNoEvent).step(Text::HealthNoEventStep),
        Some(at) if now - Moment::from_seconds(at) > QUIET => {
            fact("provider", Level::Attention, Text::HealthQuiet).time(at).step(Text::HealthNoEventStep)
        }
        Some(at) => fact("provider", Level::Good, Text::HealthLastEvent).time(at),
    }
}

fn sockets(found: &DiagnosticsResponse) -> Fact {
    match found.open_sockets {
        0 => fact("sockets", Level::Attention, Text::HealthNoSockets).step(Text::HealthNoSocketsStep),
        count => fact("sockets", Level::Good, Text::HealthSockets).plain("count", count),
    }
}

fn parked(found: &DiagnosticsResponse) -> Fact {
    let count = found.actions.iter().filter(|action| action.state == "parked").count();
    match count {
        0 => fact("parked", Level::Good, Text::HealthNothingParked).plain("count", found.actions.len()),
        _ => fact("parked", Level::Problem, Text::HealthParked)
            .plain("count", count)
            .step(Text::HealthParkedStep)
            .button(Text::HealthRetryAll, HealthEvent::RetryAll),
    }
}

fn requests(found: &DiagnosticsResponse) -> Fact {
    let count: u32 = found.requests_per_minute.iter().map(|purpose| purpose.count).sum();
    if let Some(until) = found.paused_until {
        return fact("requests", Level::Problem, Text::HealthPaused).time(until).step(Text::HealthPausedStep);
    }
    let is_much = found.requests_allowed > 0 && count.saturating_mul(5) >= found.requests_allowed.saturating_mul(4);
    let level = if is_much { Level::Attention } else { Level::Good };
    let told =
        fact("requests", level, Text::HealthRequests).plain("count", count).plain("limit", found.requests_allowed);
    if is_much { told.step(Text::HealthBusyStep) } else { told }
}
