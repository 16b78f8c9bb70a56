//! How the call summary looks: a small window beside the page, never over it all, that works with the keyboard.

use super::ask::Failure;
use super::card_view::{caller_text, number_text, span_text};
use super::cards::Cards;
use super::element::{Element, Handler, element};
use super::summary::{Complaint, Summary, SummaryEvent, SummaryField};
use super::{Event, Field, Locale, Text, Texts};
use crate::protocol::{CallType, CallView};
use crate::settings::RateQuality;

/// Kommo's results, in the order of their numbers (Kommo API reference: calls).
pub(crate) const STATUSES: [Text; 7] = [
    Text::SummaryStatus1,
    Text::SummaryStatus2,
    Text::SummaryStatus3,
    Text::SummaryStatus4,
    Text::SummaryStatus5,
    Text::SummaryStatus6,
    Text::SummaryStatus7,
];

const TITLE: &str = "kv-summary-title";

/// The window.
pub(crate) fn view(open: &Summary, cards: &Cards, texts: &Texts, locale: &dyn Locale) -> Element {
    let window = Window { open, cards, texts, locale };
    let content = match (&open.call, &open.failure) {
        (Some(call), _) => window.content(call),
        (None, Some(failure)) => window.failed(failure),
        (None, None) => vec![element("p").class("kv-hint").text(texts.get(Text::FormLoading))],
    };
    element("section")
        .keyed("summary")
        .class("kv-summary")
        .named("summary")
        .with("role", "dialog")
        .with("aria-modal", "false")
        .with("aria-labelledby", TITLE)
        .with("tabindex", "-1")
        .with("data-call-id", open.id.as_str())
        .on(Handler::Escape(Event::Summary(SummaryEvent::Cancel)))
        .child(element("h2").class("kv-heading").with("id", TITLE).text(texts.get(Text::CardSummary)))
        .child(window.who())
        .children(content)
        .child(window.buttons())
}

/// What every part of the window is drawn from.
pub(crate) struct Window<'a> {
    pub(crate) open: &'a Summary,
    pub(crate) cards: &'a Cards,
    pub(crate) texts: &'a Texts,
    locale: &'a dyn Locale,
}

pub(crate) fn button(name: &str, event: SummaryEvent) -> Element {
    element("button").with("type", "button").class("kv-button").named(name).on(Handler::Click(Event::Summary(event)))
}

pub(crate) fn labelled(name: &str, label: &str, control: Element) -> Element {
    let id = ["kv-", name].concat();
    element("div")
        .class("kv-field")
        .keyed(name)
        .child(element("label").class("kv-label").with("for", id.as_str()).text(label))
        .child(control.named(name).with("id", id))
}

pub(crate) fn hint(text: impl Into<String>) -> Element {
    element("p").class("kv-hint").text(text)
}

impl Window<'_> {
    pub(crate) fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    pub(crate) fn input(&self, field: SummaryField) -> Handler {
        Handler::Input(Field::Summary(field))
    }

    /// Who it was, before anything is loaded by the card, afterwards by the call.
    fn who(&self) -> Element {
        let card = self.cards.get(&self.open.id);
        let call = self.open.call.as_ref();
        let name = card.map(|card| caller_text(card, self.texts));
        let number = card.map(|card| number_text(card, self.texts)).or(call.map(|call| self.number(call)));
        let when = call
            .map(|call| [&self.locale.date_time(call.started_at), " · ", &span_text(call.duration.max(0))].concat());
        let line = |class: &str, name: &str, text: String| {
            element("div").class(class).named(name).with("dir", "auto").text(text)
        };
        element("div")
            .class("kv-names")
            .maybe(name.map(|name| line("kv-caller", "summary-caller", name)))
            .maybe(number.map(|number| line("kv-number", "summary-number", number)))
            .maybe(when.map(|when| line("kv-line", "summary-when", when)))
    }

    fn number(&self, call: &CallView) -> String {
        let number = match call.call_type {
            CallType::Incoming => call.from_number.clone(),
            CallType::Outgoing => call.to_number.clone(),
            CallType::Internal => [call.from_number.as_str(), " → ", &call.to_number].concat(),
        };
        if number.is_empty() { self.words(Text::CardWithheld).to_owned() } else { number }
    }

    fn failed(&self, failure: &Failure) -> Vec<Element> {
        vec![
            element("p")
                .class("kv-complaint")
                .named("summary-failed")
                .with("role", "alert")
                .text(failure.message().words(self.texts)),
            button("summary-retry", SummaryEvent::Refresh).text(self.words(Text::FormRetry)),
        ]
    }

    fn content(&self, call: &CallView) -> Vec<Element> {
        let draft = &self.open.draft;
        let statuses = STATUSES.iter().zip(1_u8..).map(|(text, number)| {
            let number = number.to_string();
            element("option").keyed(number.as_str()).with("value", number).text(self.words(*text))
        });
        let status = element("select")
            .value(draft.status(call).to_string())
            .on(self.input(SummaryField::Status))
            .children(statuses);
        let text = element("textarea")
            .with("rows", "3")
            .with("maxlength", "2000")
            .value(draft.text(call))
            .on(self.input(SummaryField::Text));
        let mut content = vec![
            self.linked(call),
            labelled("summary-status", self.words(Text::SummaryStatus), status),
            labelled("summary-text", self.words(Text::SummaryText), text),
        ];
        content.extend(self.rating(call));
        content.push(self.task(call));
        content.push(self.recording(call));
        content.push(self.link(call));
        content
    }

    fn rating(&self, call: &CallView) -> Option<Element> {
        let label = match self.open.rate {
            RateQuality::Off => return None,
            RateQuality::Optional => self.words(Text::SummaryRating).to_owned(),
            RateQuality::Required => {
                self.texts.with(Text::SummaryRequired, &[("field", self.words(Text::SummaryRating))])
            }
        };
        let chosen = self.open.draft.score(call);
        let scores = (1_u8..=5).map(|score| {
            let radio = element("input")
                .named(["rating-", &score.to_string()].concat())
                .with("type", "radio")
                .with("name", "kv-rating")
                .checked(chosen == Some(score))
                .on(Handler::Toggle(Field::Summary(SummaryField::Score(score))));
            element("label").class("kv-score").keyed(score.to_string()).child(radio).text(score.to_string())
        });
        let reason = element("input")
            .with("type", "text")
            .with("maxlength", "500")
            .value(self.open.draft.reason(call))
            .on(self.input(SummaryField::Reason));
        Some(
            element("fieldset")
                .class("kv-group")
                .named("rating")
                .child(element("legend").class("kv-label").text(label))
                .child(element("div").class("kv-row").children(scores))
                .child(hint(self.words(Text::SummaryRatingScale)))
                .child(labelled("rating-reason", self.words(Text::SummaryReason), reason)),
        )
    }

    fn task(&self, call: &CallView) -> Element {
        let draft = &self.open.draft;
        let wanted = draft.wants_task(call);
        let tick = element("input")
            .with("type", "checkbox")
            .with("id", "kv-summary-task")
            .named("summary-task")
            .checked(wanted)
            .on(Handler::Toggle(Field::Summary(SummaryField::Task)));
        let group = element("div").class("kv-group").child(
            element("div")
                .class("kv-tick")
                .child(tick)
                .child(element("label").with("for", "kv-summary-task").text(self.words(Text::SummaryTask))),
        );
        if !wanted {
            return group;
        }
        let text = element("input")
            .with("type", "text")
            .with("maxlength", "500")
            .value(draft.task_text(call))
            .on(self.input(SummaryField::TaskText));
        // As typed, so that drawing never takes a half-typed moment away.
        let shown = draft.task_typed.clone();
        let shown = shown.or_else(|| draft.task_at(call).map(|at| self.locale.field_time(at))).unwrap_or_default();
        let time = element("input").with("type", "datetime-local").value(shown).on(Handler::Time);
        group.child(labelled("summary-task-text", self.words(Text::SummaryTaskText), text)).child(labelled(
            "summary-task-time",
            self.words(Text::SummaryTaskTime),
            time,
        ))
    }

    fn recording(&self, call: &CallView) -> Element {
        let label = self.words(Text::SummaryRecording);
        let field = element("div").class("kv-field").keyed("recording");
        let field = field.child(element("span").class("kv-label").text(label));
        match call.record_link.as_deref().filter(|link| may_play(link)) {
            Some(link) => field.child(
                element("audio")
                    .keyed(link)
                    .named("recording")
                    .with("controls", "")
                    .with("preload", "none")
                    .with("aria-label", label)
                    .with("src", link),
            ),
            None => field.child(
                element("div")
                    .class("kv-row kv-spread")
                    .child(hint(self.words(Text::SummaryNoRecording)).named("no-recording"))
                    .child(button("summary-refresh", SummaryEvent::Refresh).text(self.words(Text::JournalRefresh))),
            ),
        }
    }

    fn complaint(&self) -> String {
        match &self.open.complaint {
            Some(Complaint::Missing(text)) => self.words(*text).to_owned(),
            Some(Complaint::Failed(failure)) => failure.message().words(self.texts),
            None => String::new(),
        }
    }

    fn buttons(&self) -> Element {
        let open = self.open;
        let label = if open.saving { Text::FormSaving } else { Text::SummarySave };
        let row = element("div")
            .class("kv-row")
            .child(
                button("summary-save", SummaryEvent::Save)
                    .class("kv-button kv-primary")
                    .flag("disabled", open.saving || open.call.is_none())
                    .text(self.words(label)),
            )
            .child(
                button("summary-cancel", SummaryEvent::Cancel)
                    .flag("disabled", open.saving)
                    .text(self.words(Text::FormCancel)),
            );
        // Beside the buttons, which are always seen: what stands above may be scrolled away.
        let complaint =
            element("p").class("kv-complaint").named("summary-error").with("role", "alert").text(self.complaint());
        element("div").class("kv-buttons").child(complaint).child(row)
    }
}

/// Only what is fetched in safety, or from this very machine, as developers do.
pub(crate) fn may_play(link: &str) -> bool {
    let local = |host: &str| {
        link.strip_prefix(["http://", host].concat().as_str()).is_some_and(|rest| rest.starts_with([':', '/']))
    };
    link.starts_with("https://") || ["127.0.0.1", "localhost", "[::1]"].into_iter().any(local)
}

#[cfg(test)]
mod tests {
    use super::may_play;

    #[test]
    fn only_safe_links_are_played() {
        for good in ["https://rec.example/1.mp3", "http://127.0.0.1:8787/recordings/a.mp3", "http://localhost/a.mp3"] {
            assert!(may_play(good), "{good}");
        }
        for bad in
            ["http://rec.example/1.mp3", "javascript:alert(1)", "http://127.0.0.1.evil.example/", "data:audio/mp3,"]
        {
            assert!(!may_play(bad), "{bad}");
        }
    }
}
