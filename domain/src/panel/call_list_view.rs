//! How the call list looks: a small window beside the page with who is called, how far the list is, and who follows.

use super::call_list::{CallListEvent, List, Window};
use super::card_view::named_or_number;
use super::element::{Element, Handler, element};
use super::form_fields::option;
use super::{Event, Field, Text, Texts};
use crate::protocol::{
    CallListAction, CallListEntry, CallListHold, CallListPause, CallListResult, CallListRun, CallListState,
};
use crate::time::Moment;

const TITLE: &str = "kv-call-list-title";

/// The window, unless it is closed.
pub(crate) fn view(list: &List, texts: &Texts, server_now: Moment) -> Option<Element> {
    if list.window == Window::Closed {
        return None;
    }
    let drawn = Drawn { list, texts, server_now };
    let is_small = list.window == Window::Small;
    let window = element("section")
        .keyed("call-list")
        .class(if is_small { "kv-list kv-small" } else { "kv-list" })
        .named("call-list")
        .with("data-state", run_word(list.list.run))
        .with("aria-labelledby", TITLE)
        .child(drawn.head(is_small))
        .maybe((!list.list.entries.is_empty()).then(|| drawn.progress()))
        .child(drawn.status());
    if is_small {
        return Some(window);
    }
    Some(
        window
            .maybe(drawn.told())
            .maybe(drawn.complaint())
            .maybe(drawn.counts())
            .child(drawn.buttons())
            .child(drawn.entries())
            .maybe(drawn.rest()),
    )
}

struct Drawn<'a> {
    list: &'a List,
    texts: &'a Texts,
    server_now: Moment,
}

fn run_word(run: CallListRun) -> &'static str {
    match run {
        CallListRun::Idle => "idle",
        CallListRun::Running => "running",
        CallListRun::Paused => "paused",
    }
}

fn click(event: CallListEvent) -> Handler {
    Handler::Click(Event::CallList(event))
}

/// Whoever has no name stands there by its number in the CRM.
fn name_of(entry: &CallListEntry) -> String {
    named_or_number(&entry.name, entry.entity)
}

/// What became of an entry.
fn state_of(entry: &CallListEntry) -> (&'static str, Text) {
    match (entry.state, entry.result) {
        (CallListState::Waiting, _) => ("waiting", Text::ListWaiting),
        (CallListState::Calling, _) => ("calling", Text::ListIsCalled),
        (CallListState::Skipped, _) => ("skipped", Text::ListSkipped),
        (CallListState::NoNumber, _) => ("no-number", Text::ListNoNumber),
        (CallListState::Done, Some(CallListResult::Talked)) => ("talked", Text::ListTalked),
        (CallListState::Done, Some(CallListResult::NoAnswer)) => ("no-answer", Text::ListNoAnswer),
        (CallListState::Done, Some(CallListResult::Busy)) => ("busy", Text::ListBusy),
        (CallListState::Done, Some(CallListResult::Voicemail)) => ("voicemail", Text::ListVoicemail),
        (CallListState::Done, Some(CallListResult::Failed) | None) => ("failed", Text::ListFailed),
    }
}

impl Drawn<'_> {
    fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    fn entries_of(&self, state: impl Fn(&CallListEntry) -> bool) -> usize {
        self.list.list.entries.iter().filter(|entry| state(entry)).count()
    }

    /// Entries that count: what cannot be called is neither done nor to be done.
    fn total(&self) -> usize {
        self.entries_of(|entry| entry.state != CallListState::NoNumber)
    }

    fn done(&self) -> usize {
        self.entries_of(|entry| matches!(entry.state, CallListState::Done | CallListState::Skipped))
    }

    fn head(&self, is_small: bool) -> Element {
        let minimise = if is_small { Text::CardExpand } else { Text::CardMinimise };
        let icon = |name: &str, text: Text, glyph: &str, event| {
            let label = [self.words(text), ": ", self.words(Text::ListTitle)].concat();
            element("button")
                .with("type", "button")
                .class("kv-icon")
                .named(name)
                .with("aria-label", label)
                .with("title", self.words(text))
                .child(element("span").class(glyph).with("aria-hidden", "true"))
                .on(click(event))
        };
        element("header")
            .class("kv-head")
            .child(element("h2").class("kv-heading").with("id", TITLE).text(self.words(Text::ListTitle)))
            .child(
                icon("call-list-minimise", minimise, "kv-glyph-minimise", CallListEvent::Minimise)
                    .with("aria-expanded", if is_small { "false" } else { "true" }),
            )
            .child(icon("call-list-close", Text::CardDismiss, "kv-glyph-dismiss", CallListEvent::Close))
    }

    fn progress(&self) -> Element {
        let (done, total) = (self.done().to_string(), self.total().to_string());
        let text = self.texts.with(Text::ListProgress, &[("done", &done), ("total", &total)]);
        // A bar whose length is zero would be one that does not know how far it is.
        let most = if total == "0" { "1".to_owned() } else { total.clone() };
        let bar = element("progress")
            .class("kv-bar")
            .named("call-list-progress")
            .with("role", "progressbar")
            .with("aria-label", self.words(Text::ListTitle))
            .with("aria-valuemin", "0")
            .with("aria-valuemax", most.as_str())
            .with("aria-valuenow", done.as_str())
            .with("aria-valuetext", text.as_str())
            .with("max", most)
            .with("value", done);
        element("div").class("kv-progress").child(bar).child(element("span").class("kv-hint").text(text))
    }

    /// Who is called, who is next and what for it waits. Read out when it changes; the seconds are for the eye.
    fn status(&self) -> Element {
        let named = |text: Text, entry: &CallListEntry| self.texts.with(text, &[("name", &name_of(entry))]);
        let list = &self.list.list;
        let text = match (self.list.calling(), self.list.next(), list.run) {
            (Some(entry), ..) => named(Text::ListCalling, entry),
            _ if self.list.adding => self.words(Text::ListAdding).to_owned(),
            (None, Some(next), CallListRun::Running) => {
                let next = named(Text::ListNext, next);
                match list.hold {
                    Some(CallListHold::Call) => [&next, " ", self.words(Text::ListWaitsCall)].concat(),
                    Some(CallListHold::Summary) => [&next, " ", self.words(Text::ListWaitsSummary)].concat(),
                    Some(CallListHold::Interval) | None => next,
                }
            }
            (None, Some(next), CallListRun::Paused) => {
                let why = match list.pause {
                    Some(CallListPause::Away) => self.words(Text::ListPausedAway),
                    Some(CallListPause::Refused) => list.reason.as_deref().unwrap_or_default(),
                    Some(CallListPause::ByHand) | None => "",
                };
                [self.words(Text::ListPaused), " ", why, " ", &named(Text::ListNext, next)].concat()
            }
            (None, Some(next), CallListRun::Idle) => named(Text::ListNext, next),
            (None, None, _) if self.done() > 0 => self.words(Text::ListThrough).to_owned(),
            (None, None, _) => self.words(Text::ListEmpty).to_owned(),
        };
        let left = self.list.seconds_left(self.server_now).map(|seconds| {
            let text = self.texts.with(Text::ListSeconds, &[("seconds", &seconds.to_string())]);
            element("span").class("kv-timer").named("call-list-seconds").with("aria-hidden", "true").text(text)
        });
        let line = element("p").named("call-list-status").with("role", "status").with("dir", "auto").text(text);
        element("div").class("kv-now").child(line).maybe(left)
    }

    /// What became of the last addition.
    fn told(&self) -> Option<Element> {
        let told = self.list.told?;
        let part = |count: u32, text: Text| {
            if count > 0 { self.texts.with(text, &[("count", &count.to_string())]) } else { String::new() }
        };
        let parts = [
            part(told.added, Text::ListAdded),
            part(told.doubles, Text::ListDoubles),
            part(told.left_out, Text::ListLeftOut),
        ];
        let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Some(element("p").class("kv-hint").named("call-list-told").with("role", "status").text(text))
    }

    fn complaint(&self) -> Option<Element> {
        let text = self.list.complaint.as_ref()?.words(self.texts);
        Some(element("p").class("kv-complaint").named("call-list-complaint").with("role", "alert").text(text))
    }

    /// How the calls so far ended.
    fn counts(&self) -> Option<Element> {
        let kinds = [
            ("talked", Text::ListTalked),
            ("no-answer", Text::ListNoAnswer),
            ("busy", Text::ListBusy),
            ("voicemail", Text::ListVoicemail),
            ("failed", Text::ListFailed),
            ("skipped", Text::ListSkipped),
            ("no-number", Text::ListNoNumber),
        ];
        let counted: Vec<Element> = kinds
            .into_iter()
            .filter_map(|(word, text)| {
                let count = self.entries_of(|entry| state_of(entry).0 == word);
                let label = [self.words(text), " ", &count.to_string()].concat();
                (count > 0).then(|| badge(word, label).keyed(word))
            })
            .collect();
        let list = element("ul").class("kv-counts").named("call-list-counts");
        (!counted.is_empty()).then(|| list.children(counted.into_iter().map(|badge| element("li").child(badge))))
    }

    fn buttons(&self) -> Element {
        let button = |name: &str, text: Text, event| {
            element("button")
                .with("type", "button")
                .class("kv-button")
                .named(["call-list-", name].concat())
                .keyed(name)
                .text(self.words(text))
                .on(click(event))
        };
        let act = |name, text, action| button(name, text, CallListEvent::Act(action));
        let goes_on = self.list.current().is_some();
        let run = self.list.list.run;
        let is_on = run != CallListRun::Idle;
        let (word, text, action) = match run {
            CallListRun::Idle => ("start", Text::ListStart, CallListAction::Start),
            CallListRun::Running => ("pause", Text::ListPause, CallListAction::Pause),
            CallListRun::Paused => ("resume", Text::ListResume, CallListAction::Resume),
        };
        // One button whatever it does now: whoever pressed it with the keyboard stays on it.
        let main = act("run", text, action)
            .with("data-action", word)
            .class(if run == CallListRun::Running { "kv-button" } else { "kv-button kv-primary" })
            .flag("disabled", run == CallListRun::Idle && self.list.next().is_none());
        let row = element("div").class("kv-row").child(main);
        row.maybe((is_on && goes_on).then(|| act("skip", Text::ListSkip, CallListAction::Skip)))
            .maybe(is_on.then(|| act("stop", Text::ListStop, CallListAction::Stop)))
            .maybe(self.list.open_card.map(|_| {
                button("add-card", Text::ListAddCard, CallListEvent::AddOpenCard).flag("disabled", self.list.adding)
            }))
            .maybe(
                (!is_on && !self.list.list.entries.is_empty())
                    .then(|| button("clear", Text::ListClear, CallListEvent::Clear)),
            )
    }

    fn entries(&self) -> Element {
        let entries = self.list.list.entries.iter().take(self.list.drawn);
        element("ol").class("kv-entries").named("call-list-entries").children(entries.map(|entry| self.entry(entry)))
    }

    fn entry(&self, entry: &CallListEntry) -> Element {
        let name = name_of(entry);
        let (word, text) = state_of(entry);
        let link = element("a")
            .class("kv-link js-navigate-link")
            .with("href", entry.entity.card_path())
            .with("dir", "auto")
            .text(name.as_str());
        let remove = self.texts.with(Text::ListRemove, &[("name", &name)]);
        element("li")
            .keyed(entry.id.to_string())
            .class("kv-entry")
            .named("call-list-entry")
            .with("data-result", word)
            .child(
                element("div")
                    .class("kv-names")
                    .child(link)
                    .maybe(self.number(entry, &name))
                    .maybe(entry.reason.as_ref().map(|reason| element("p").class("kv-hint").text(reason.as_str()))),
            )
            .child(badge(word, self.words(text).to_owned()))
            .child(
                element("button")
                    .with("type", "button")
                    .class("kv-icon")
                    .named("call-list-remove")
                    .with("aria-label", remove.as_str())
                    .with("title", remove)
                    .child(element("span").class("kv-glyph-dismiss").with("aria-hidden", "true"))
                    .on(click(CallListEvent::Remove(entry.id))),
            )
    }

    /// The number; where there are several and the turn has not come, to be chosen.
    fn number(&self, entry: &CallListEntry, name: &str) -> Option<Element> {
        let chosen = entry.chosen.as_deref()?;
        if entry.state == CallListState::Waiting && entry.numbers.len() > 1 {
            let options = entry.numbers.iter().map(|number| option(&number.e164, &number.text));
            return Some(
                element("select")
                    .named("call-list-number")
                    .with("aria-label", self.texts.with(Text::ListNumberOf, &[("name", name)]))
                    .value(chosen)
                    .on(Handler::Input(Field::CallListNumber(entry.id)))
                    .children(options),
            );
        }
        let text = entry.numbers.iter().find(|number| number.e164 == chosen).map_or(chosen, |number| &number.text);
        Some(element("span").class("kv-number").text(text))
    }

    fn rest(&self) -> Option<Element> {
        let rest = self.list.list.entries.len().checked_sub(self.list.drawn).filter(|rest| *rest > 0)?;
        Some(
            element("button")
                .with("type", "button")
                .class("kv-button")
                .named("call-list-more")
                .text(self.texts.with(Text::CardMore, &[("count", &rest.to_string())]))
                .on(click(CallListEvent::ShowMore)),
        )
    }
}

fn badge(word: &str, text: String) -> Element {
    element("span").class("kv-mark").with("data-result", word).text(text)
}
