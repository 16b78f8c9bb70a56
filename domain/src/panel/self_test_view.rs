//! How the self-test looks: the number, each hop with its time, and what the rules would do.

use super::element::{Element, Handler, element};
use super::failure_view;
use super::form_fields::field;
use super::health::HealthEvent;
use super::health_view::badge;
use super::self_test::SelfTest;
use super::{Event, Field, Text, Texts};
use crate::protocol::{HopView, ReplayStep, SelfTestResponse};

/// The test and what it found.
pub(crate) fn view(test: &SelfTest, texts: &Texts) -> Element {
    Page { test, texts }.self_test()
}

struct Page<'a> {
    test: &'a SelfTest,
    texts: &'a Texts,
}

impl Page<'_> {
    fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    fn self_test(&self) -> Element {
        let test = self.test;
        let number = element("input")
            .named("self-test-number")
            .with("id", "kv-self-test-number")
            .with("type", "tel")
            .with("autocomplete", "off")
            .with("placeholder", self.words(Text::TestNobody))
            .with("aria-describedby", "kv-self-test-about")
            .with("maxlength", "40")
            .value(test.number.as_str())
            .on(Handler::Input(Field::TestNumber));
        let run = element("button")
            .with("type", "button")
            .class("kv-button")
            .named("run-self-test")
            .flag("disabled", test.runs())
            .text(self.words(Text::TestRun))
            .on(Handler::Click(Event::Health(HealthEvent::Test)));
        let status = if test.runs() { self.words(Text::TestRuns) } else { "" };
        element("div")
            .class("kv-test")
            .named("self-test")
            .child(element("h4").class("kv-label").text(self.words(Text::TestHeading)))
            .child(element("p").class("kv-hint").with("id", "kv-self-test-about").text(self.words(Text::TestAbout)))
            .child(
                element("div")
                    .class("kv-row kv-test-start")
                    .child(field("kv-self-test-number", self.words(Text::TestNumber), None, number))
                    .child(run),
            )
            .child(element("p").class("kv-hint").named("self-test-status").with("role", "status").text(status))
            .maybe(test.failure.as_ref().map(|failure| failure_view::view(failure, self.texts).keyed("failure")))
            .maybe(test.found.as_ref().map(|found| self.tested(found)))
    }

    fn tested(&self, found: &SelfTestResponse) -> Element {
        let whole = found.hops.iter().map(|hop| hop.ms).sum::<i64>() + self.test.way.0;
        let whole = whole.to_string();
        let verdict = if found.ok { Text::TestPassed } else { Text::TestFailed };
        let way = HopView { hop: "way".to_owned(), ms: self.test.way.0, state: "passed".to_owned(), text: None };
        let hops = std::iter::once(&way).chain(&found.hops).map(|hop| self.hop(hop));
        let places = [("number", found.number.as_str()), ("time", whole.as_str())];
        element("div")
            .named("self-test-result")
            .with("data-ok", if found.ok { "true" } else { "false" })
            .child(
                element("p")
                    .class(if found.ok { "kv-connected" } else { "kv-complaint" })
                    .named("self-test-verdict")
                    .with("role", "status")
                    .text(self.texts.with(verdict, &places)),
            )
            .child(element("ol").class("kv-hops").children(hops))
            .maybe(self.outcome("self-test-talked", Text::TestTalked, &found.talked))
            .maybe(self.outcome("self-test-missed", Text::TestMissed, &found.missed))
    }

    fn hop(&self, hop: &HopView) -> Element {
        let (text, looks) = match hop.state.as_str() {
            "passed" => (Text::TestHopPassed, "good"),
            "skipped" => (Text::TestHopSkipped, "wait"),
            _ => (Text::TestHopFailed, "bad"),
        };
        let name = self.texts.named("hop", &hop.hop).unwrap_or(&hop.hop);
        // The only hop that can be skipped is Telnyx's signature, and why is known.
        let why = if hop.state == "skipped" { Some(self.words(Text::TestNoKey)) } else { hop.text.as_deref() };
        element("li")
            .keyed(hop.hop.as_str())
            .class("kv-check")
            .named("hop")
            .with("data-hop", hop.hop.as_str())
            .with("data-state", hop.state.as_str())
            .child(badge(self.words(text), looks))
            .child(
                element("div")
                    .class("kv-grow")
                    .child(element("div").text(name))
                    .maybe(why.map(|why| element("div").class("kv-hint").with("dir", "auto").text(why))),
            )
            .child(element("span").class("kv-ms").text([&hop.ms.to_string(), " ms"].concat()))
    }

    fn outcome(&self, name: &str, heading: Text, steps: &[ReplayStep]) -> Option<Element> {
        let line = |step: &ReplayStep| {
            element("li")
                .child(element("div").with("dir", "auto").text(step.what.as_str()))
                .child(element("div").class("kv-hint").with("dir", "auto").text(step.why.as_str()))
        };
        (!steps.is_empty()).then(|| {
            element("div")
                .named(name)
                .child(element("h4").class("kv-label").text(self.words(heading)))
                .child(element("ul").class("kv-list").children(steps.iter().map(line)))
        })
    }
}
