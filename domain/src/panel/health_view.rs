//! How the account's health looks: a line a fact, the next step beside what is not well, and the self-test.

use super::element::{Element, Handler, element};
use super::form_fields::section;
use super::health::{Health, HealthEvent};
use super::health_facts::{Fact, Level, Place};
use super::{Event, Locale, Text, Texts, failure_view, self_test_view};
use crate::protocol::{ActionView, CatchUpView, FailureView};

/// What an administrator should see first, in the settings window and on the page alike.
pub(crate) fn view(health: &Health, texts: &Texts, locale: &dyn Locale) -> Element {
    let page = Page { health, texts, locale };
    let facts = health.facts();
    let other = health.found.iter().flat_map(|found| &found.problems);
    let worst = facts.iter().map(|fact| fact.level).chain(other.clone().map(|_| Level::Attention)).max();
    let count = facts.iter().filter(|fact| fact.level != Level::Good).count() + other.clone().count();
    let verdict = match worst {
        None => texts.get(Text::FormLoading).to_owned(),
        Some(Level::Good) => texts.get(Text::HealthAllGood).to_owned(),
        Some(_) => texts.with(Text::HealthSome, &[("count", &count.to_string())]),
    };
    let verdict = if health.failure.is_some() { String::new() } else { verdict };
    let heading = element("div")
        .class("kv-row kv-spread")
        .child(element("h3").class("kv-heading").text(texts.get(Text::HealthHeading)))
        .child(page.button("health-refresh", Text::JournalRefresh, HealthEvent::Refresh));
    let (is_good, is_bad) = (worst == Some(Level::Good), worst == Some(Level::Problem));
    element("section")
        .class("kv-section kv-health")
        .named("health")
        .with("data-level", worst.map_or("loading", word))
        .child(heading)
        .child(
            element("p")
                .class(if is_good {
                    "kv-connected"
                } else if is_bad {
                    "kv-complaint"
                } else {
                    "kv-hint"
                })
                .named("health-verdict")
                .with("role", "status")
                .text(verdict),
        )
        .maybe(health.failure.as_ref().map(|failure| failure_view::view(failure, texts).keyed("failure")))
        .child(
            element("ul")
                .class("kv-checks")
                .children(facts.iter().map(|fact| page.fact(fact)))
                .children(other.map(|problem| page.other(problem))),
        )
        .maybe(page.actions())
        .child(self_test_view::view(&health.test, texts))
}

/// What the page adds: past calls and what people were refused.
pub(crate) fn more(health: &Health, texts: &Texts, locale: &dyn Locale) -> Vec<Element> {
    let page = Page { health, texts, locale };
    let Some(found) = &health.found else { return vec![] };
    vec![page.catch_up(found.catch_up.as_ref()), page.failures(&found.failures)]
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Attention => "attention",
        Level::Problem => "problem",
    }
}

struct Page<'a> {
    health: &'a Health,
    texts: &'a Texts,
    locale: &'a dyn Locale,
}

impl Page<'_> {
    fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    fn button(&self, name: &str, label: Text, event: HealthEvent) -> Element {
        element("button")
            .with("type", "button")
            .class("kv-button")
            .named(name)
            .text(self.words(label))
            .on(Handler::Click(Event::Health(event)))
    }

    /// The judgement in words as well: colour alone tells not everybody.
    fn level(&self, level: Level) -> Element {
        let (text, looks) = match level {
            Level::Good => (Text::HealthGood, "good"),
            Level::Attention => (Text::HealthAttention, "wait"),
            Level::Problem => (Text::HealthProblem, "bad"),
        };
        badge(self.words(text), looks)
    }

    fn fact(&self, fact: &Fact) -> Element {
        let places: Vec<(&str, String)> = fact
            .places
            .iter()
            .map(|(name, place)| {
                let text = match place {
                    Place::Plain(words) => words.clone(),
                    Place::Time(at) => self.locale.date_time(*at),
                };
                (*name, text)
            })
            .collect();
        let places: Vec<(&str, &str)> = places.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let step = fact.step.map(|step| element("div").class("kv-hint kv-step-next").text(self.words(step)));
        let button = fact.button.as_ref().map(|(label, event)| {
            self.button(["step-", fact.name].concat().as_str(), *label, event.clone())
                .flag("disabled", self.health.is_busy())
        });
        element("li")
            .keyed(fact.name)
            .class("kv-check")
            .named(["health-", fact.name].concat())
            .with("data-level", word(fact.level))
            .child(self.level(fact.level))
            .child(
                element("div")
                    .class("kv-grow")
                    .child(element("div").with("dir", "auto").text(self.texts.with(fact.text, &places)))
                    .maybe(step),
            )
            .maybe(button)
    }

    fn other(&self, problem: &str) -> Element {
        element("li")
            .keyed(problem)
            .class("kv-check")
            .named("health-other")
            .with("data-level", "attention")
            .child(self.level(Level::Attention))
            .child(element("div").class("kv-grow").with("dir", "auto").text(problem))
    }

    /// What waits or was refused; without any there is nothing to say.
    fn actions(&self) -> Option<Element> {
        let actions = &self.health.found.as_ref()?.actions;
        (!actions.is_empty()).then(|| {
            element("div")
                .named("actions")
                .child(element("h4").class("kv-label").text(self.words(Text::JournalActions)))
                .child(element("ul").class("kv-actions").children(actions.iter().map(|action| self.action(action))))
        })
    }

    fn action(&self, action: &ActionView) -> Element {
        let state = match action.state.as_str() {
            "waiting" => self.words(Text::JournalWaiting),
            "sending" => self.words(Text::JournalSending),
            "parked" => self.words(Text::JournalParked),
            other => other,
        };
        let attempts = self.texts.with(Text::JournalAttempts, &[("count", &action.attempts.to_string())]);
        let next = action.due_at.map(|at| self.texts.with(Text::JournalNext, &[("time", &self.locale.date_time(at))]));
        let facts = match next {
            Some(next) => [&attempts, " · ", &next].concat(),
            None => attempts,
        };
        let parked = action.state == "parked";
        let reason = action.reason.as_ref();
        element("li")
            .keyed(action.id.to_string())
            .class("kv-action")
            .named("action")
            .with("data-state", action.state.as_str())
            .child(badge(state, if parked { "bad" } else { "wait" }))
            .child(
                element("div")
                    .class("kv-grow")
                    .child(element("div").class("kv-what").with("dir", "auto").text(action.what.as_str()))
                    .maybe(reason.map(|why| element("div").class("kv-reason").with("dir", "auto").text(why.as_str())))
                    .child(element("div").class("kv-hint").text(facts)),
            )
            .maybe(parked.then(|| {
                self.button("retry", Text::JournalRetry, HealthEvent::Retry(action.id))
                    .flag("disabled", self.health.is_busy())
            }))
    }

    /// Past calls, for when webhooks were lost.
    fn catch_up(&self, view: Option<&CatchUpView>) -> Element {
        let spans = [
            ("catch-up-hour", Text::JournalCatchUpHour, 3_600),
            ("catch-up-day", Text::JournalCatchUpDay, 86_400),
            ("catch-up-week", Text::JournalCatchUpWeek, 604_800),
        ];
        let runs = self.health.catches_up();
        let buttons = spans
            .map(|(name, label, span)| self.button(name, label, HealthEvent::CatchUp(span)).flag("disabled", runs));
        let progress = view.map(|view| {
            let text = if runs { Text::JournalCatchUpRuns } else { Text::JournalCatchUpDone };
            let (found, added) = (view.found.to_string(), view.added.to_string());
            let from = self.locale.date_time(view.from);
            self.texts.with(text, &[("found", &found), ("added", &added), ("time", &from)])
        });
        let problem = view.and_then(|view| view.problem.as_deref());
        section(self.words(Text::JournalCatchUp))
            .named("catch-up")
            .child(element("div").class("kv-row").children(buttons))
            .child(
                element("p")
                    .class("kv-hint")
                    .named("catch-up-progress")
                    .with("role", "status")
                    .text(progress.unwrap_or_default()),
            )
            .maybe(problem.map(|problem| element("p").class("kv-complaint").with("dir", "auto").text(problem)))
    }

    /// What people were refused, so that a reference somebody reads out is found.
    fn failures(&self, failures: &[FailureView]) -> Element {
        let part = section(self.words(Text::HealthFailures)).named("failures");
        if failures.is_empty() {
            return part.child(element("p").class("kv-hint").text(self.words(Text::HealthNoFailures)));
        }
        let line = |failure: &FailureView| {
            let known = self.health.users.iter().find(|user| user.id == failure.user);
            let who = known.map_or_else(|| ["#", &failure.user.to_string()].concat(), |user| user.name.clone());
            let when = self.locale.date_time(failure.at);
            element("li")
                .keyed(failure.reference.as_str())
                .class("kv-action")
                .named("failure")
                .child(element("code").class("kv-code").text(failure.reference.as_str()))
                .child(
                    element("div")
                        .class("kv-grow")
                        .child(element("div").with("dir", "auto").text(failure.text.as_str()))
                        .child(
                            element("div")
                                .class("kv-hint")
                                .with("dir", "auto")
                                .text([&when, " · ", &who, " · ", &failure.what].concat()),
                        ),
                )
        };
        part.child(element("ul").class("kv-actions").children(failures.iter().map(line)))
    }
}

/// A word in a frame.
pub(crate) fn badge(text: &str, looks: &str) -> Element {
    element("span").class(&["kv-badge kv-badge-", looks].concat()).text(text)
}
