//! How the administrator's page looks.

use super::card_view::{named_or_number, span_text};
use super::element::{Element, Handler, element};
use super::health::Health;
use super::journal::{Journal, JournalEvent};
use super::replay_view::view as replay_view;
use super::summary_view::STATUSES;
use super::{Event, Locale, SummaryEvent, Text, Texts, failure_view, health_view};
use crate::protocol::{CallType, CallView, DeliveryStatus, TraceResponse};

/// The content of the page.
pub(crate) fn view(journal: &Journal, health: Option<&Health>, texts: &Texts, locale: &dyn Locale) -> Element {
    let page = Page { journal, texts, locale };
    element("div")
        .class("kv-journal")
        .with("lang", texts.get(Text::Locale))
        .maybe(health.map(|health| health_view::view(health, texts, locale)))
        .child(
            element("div")
                .named("journal-error")
                .maybe(journal.failure.as_ref().map(|failure| failure_view::view(failure, texts))),
        )
        .child(page.calls())
        .children(health.iter().flat_map(|health| health_view::more(health, texts, locale)))
}

struct Page<'a> {
    journal: &'a Journal,
    texts: &'a Texts,
    locale: &'a dyn Locale,
}

impl Page<'_> {
    fn words(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    fn button(&self, name: &str, label: Text, event: JournalEvent) -> Element {
        element("button")
            .with("type", "button")
            .class("kv-button")
            .named(name)
            .text(self.words(label))
            .on(Handler::Click(Event::Journal(event)))
    }

    fn calls(&self) -> Element {
        let journal = self.journal;
        let heading = element("div")
            .class("kv-row kv-spread")
            .child(element("h3").class("kv-heading").text(self.words(Text::JournalCalls)))
            .child(self.button("refresh", Text::JournalRefresh, JournalEvent::Refresh));
        let section = element("section").class("kv-section").named("calls").child(heading);
        if journal.calls.is_empty() {
            let text = if journal.loaded { Text::JournalNoCalls } else { Text::FormLoading };
            let text = if journal.failure.is_some() { String::new() } else { self.words(text).to_owned() };
            return section.child(element("p").class("kv-hint").text(text));
        }
        let columns = [
            Text::JournalTime,
            Text::JournalWho,
            Text::JournalState,
            Text::JournalTalk,
            Text::JournalLogged,
            Text::JournalTrace,
        ];
        let head =
            element("tr").children(columns.map(|column| element("th").with("scope", "col").text(self.words(column))));
        let rows = journal.calls.iter().flat_map(|call| {
            let opened = journal.opened.as_ref().filter(|(id, _)| *id == call.id);
            let trace = opened.map(|(_, trace)| self.trace(call, trace.as_ref()));
            let replayed = journal.replayed.as_ref().filter(|(id, _)| *id == call.id);
            let replay =
                replayed.map(|(_, replay)| self.below(call, "replay", replay_view(replay.as_ref(), self.texts)));
            let row = self.row(call, opened.is_some(), replayed.is_some());
            [Some(row), trace, replay].into_iter().flatten()
        });
        section
            .child(
                element("div").class("kv-scroll").child(
                    element("table")
                        .class("kv-table")
                        .child(element("thead").child(head))
                        .child(element("tbody").children(rows)),
                ),
            )
            .maybe(journal.cursor.is_some().then(|| {
                self.button("load-more", Text::JournalMore, JournalEvent::More).flag("disabled", journal.loading_more)
            }))
    }

    /// What the manager said about the call.
    fn said(&self, call: &CallView) -> Vec<String> {
        let result = call.result.as_ref();
        let status = result.and_then(|result| STATUSES.get(usize::from(result.call_status).checked_sub(1)?));
        let words = result.map(|result| result.text.clone()).filter(|text| !text.is_empty());
        let rated = call.rating.map(|score| self.texts.with(Text::JournalRated, &[("score", &score.to_string())]));
        [status.map(|status| self.words(*status).to_owned()), words, rated].into_iter().flatten().collect()
    }

    fn row(&self, call: &CallView, opened: bool, replayed: bool) -> Element {
        let (word, looks) = match call.delivery_status {
            DeliveryStatus::Waiting => (Text::JournalWaiting, "wait"),
            DeliveryStatus::Delivered => (Text::JournalDelivered, "good"),
            DeliveryStatus::Parked => (Text::JournalParked, "bad"),
            DeliveryStatus::NotWritten => (Text::JournalNotWritten, "off"),
        };
        let direction = self.words(match call.call_type {
            CallType::Incoming => Text::JournalIncoming,
            CallType::Outgoing => Text::JournalOutgoing,
            CallType::Internal => Text::JournalInternal,
        });
        let numbers = [call.from_number.as_str(), " → ", &call.to_number].concat();
        let manager = call.responsible_user.map(|id| {
            let known = self.journal.users.iter().find(|user| user.id == id);
            known.map_or_else(|| id.to_string(), |user| user.name.clone())
        });
        let unmapped: Vec<String> = call.unmapped_extensions.iter().map(|line| line.0.clone()).collect();
        let unmapped = (!unmapped.is_empty())
            .then(|| self.texts.with(Text::JournalUnmapped, &[("lines", &joined(unmapped, ", "))]));
        let small = |text: String| element("div").class("kv-hint").with("dir", "auto").text(text);
        let logged = call.entity.as_ref().map(|view| {
            let name = named_or_number(view.name.as_deref().unwrap_or_default(), view.entity);
            element("a")
                .class("kv-link js-navigate-link")
                .with("href", view.entity.card_path())
                .with("dir", "auto")
                .text(name)
        });
        let cell = || element("td");
        element("tr")
            .keyed(call.id.as_str())
            .named("call-row")
            .with("data-call-id", call.id.as_str())
            .with("data-delivery", looks)
            .child(cell().text(self.locale.date_time(call.started_at)))
            .child(
                cell()
                    .child(element("div").with("dir", "ltr").text(numbers))
                    .maybe(manager.map(small))
                    .maybe(unmapped.map(small)),
            )
            .child(
                cell()
                    .text([direction, ", ", self.status(&call.status)].concat())
                    .children(self.said(call).into_iter().map(small)),
            )
            .child(cell().text(span_text(call.duration.max(0))))
            .child(
                cell()
                    .child(badge(self.words(word), looks))
                    .maybe(logged)
                    .maybe(call.delivery_reason.clone().map(small)),
            )
            .child(
                cell().child(
                    element("div")
                        .class("kv-row")
                        .child(
                            self.button("open-trace", Text::JournalTrace, JournalEvent::Open(call.id.clone()))
                                .with("aria-expanded", if opened { "true" } else { "false" }),
                        )
                        .child(
                            self.button("open-replay", Text::JournalReplay, JournalEvent::Replay(call.id.clone()))
                                .with("aria-expanded", if replayed { "true" } else { "false" }),
                        )
                        .child(
                            element("button")
                                .with("type", "button")
                                .class("kv-button")
                                .named("open-summary")
                                .text(self.words(Text::JournalSummary))
                                .on(Handler::Click(Event::Summary(SummaryEvent::Open(call.id.clone())))),
                        ),
                ),
            )
    }

    fn status<'s>(&'s self, status: &'s str) -> &'s str {
        self.words(match status {
            "ringing" => Text::JournalRinging,
            "answered" => Text::JournalAnswered,
            "completed" => Text::JournalCompleted,
            "missed" => Text::JournalMissed,
            "busy" => Text::JournalBusy,
            "failed" => Text::JournalFailed,
            "cancelled" => Text::JournalCancelled,
            "voicemail" => Text::JournalVoicemail,
            _ => return status,
        })
    }

    fn trace(&self, call: &CallView, trace: Option<&TraceResponse>) -> Element {
        let content = match trace {
            None => element("p").class("kv-hint").text(self.words(Text::FormLoading)),
            Some(trace) => {
                let steps = trace.steps.iter().map(|step| {
                    element("li")
                        .class("kv-step")
                        .child(element("span").class("kv-step-time").text(self.locale.clock(step.at_ms)))
                        .child(element("span").class("kv-step-kind").text(step.kind.as_str()))
                        .child(element("span").class("kv-grow").with("dir", "auto").text(step.text.as_str()))
                });
                let spent = self.texts.with(Text::JournalSpent, &[("count", &trace.kommo_requests.to_string())]);
                element("div")
                    .child(element("ol").class("kv-steps").children(steps))
                    .child(element("p").class("kv-hint").text(spent))
            }
        };
        self.below(call, "trace", content)
    }

    /// A row of its own below the call's.
    fn below(&self, call: &CallView, name: &str, content: Element) -> Element {
        element("tr")
            .keyed([call.id.as_str(), " ", name].concat())
            .named(name)
            .child(element("td").with("colspan", "6").child(content))
    }
}

/// All parts with something between them; the library's own way weighs a kilobyte for each kind of text.
fn joined(parts: Vec<String>, between: &str) -> String {
    let mut all = String::new();
    for part in parts {
        if !all.is_empty() {
            all.push_str(between);
        }
        all.push_str(&part);
    }
    all
}

fn badge(text: &str, looks: &str) -> Element {
    element("span").class(&["kv-badge kv-badge-", looks].concat()).text(text)
}
