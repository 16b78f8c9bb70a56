//! How the journal's calls look.

use super::card_view::{named_or_number, span_text};
use super::element::{Element, Handler, element};
use super::journal_events::JournalEvent;
use super::journal_filters_view::date;
use super::journal_view::{Page, badge, joined};
use super::replay_view::view as replay_view;
use super::summary_view::{STATUSES, may_play};
use super::{Event, SummaryEvent, Text};
use crate::protocol::{CallType, CallView, DeliveryStatus, TraceResponse};

/// A file holds no more calls than this; the server says the same.
const LONGEST_EXPORT: u32 = 10_000;

impl Page<'_> {
    /// The section of the calls.
    pub(crate) fn calls(&self) -> Element {
        let journal = self.journal;
        let heading = element("div")
            .class("kv-row kv-spread")
            .child(element("h3").class("kv-heading").text(self.words(Text::JournalCalls)))
            .child(element("div").class("kv-row").child(self.export()).child(self.button(
                "refresh",
                Text::JournalRefresh,
                JournalEvent::Refresh,
            )));
        let is_long = journal.figures.as_ref().is_some_and(|figures| figures.calls > LONGEST_EXPORT);
        let section = element("section").class("kv-section").named("calls").child(heading).maybe(is_long.then(|| {
            let most = self.locale.number(f64::from(LONGEST_EXPORT));
            element("p")
                .class("kv-hint")
                .named("export-limit")
                .text(self.texts.with(Text::ExportLimit, &[("most", &most)]))
        }));
        if journal.calls.is_empty() {
            return section.child(self.nothing());
        }
        let columns = [
            Text::JournalTime,
            Text::JournalWho,
            Text::JournalState,
            Text::JournalTalk,
            Text::JournalLogged,
            Text::JournalActs,
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

    /// The file is named by the days that are in it.
    fn export(&self) -> Element {
        let (journal, chosen) = (self.journal, &self.journal.chosen);
        let (from, to) = chosen.span(journal.asked_at);
        let until = to.map_or(chosen.today(journal.asked_at), |to| to - 1);
        let mut name = String::from("calls");
        for at in from.into_iter().chain([until]) {
            name.push('_');
            name.push_str(&date(self.locale, at));
        }
        name.push_str(".csv");
        let language = self.words(Text::Locale).to_owned();
        self.button("export", Text::ExportCsv, JournalEvent::Export { name, language })
            .flag("disabled", journal.exporting || journal.calls.is_empty())
    }

    /// There is no call to show: none yet, none found, or none there.
    fn nothing(&self) -> Element {
        let journal = self.journal;
        if journal.failure.is_some() {
            return element("p");
        }
        let hint =
            |text: Text| element("p").class("kv-hint").named("no-calls").with("role", "status").text(self.words(text));
        if !journal.loaded {
            return hint(Text::FormLoading);
        }
        if journal.shows_all() {
            return hint(Text::JournalNoCalls);
        }
        element("div").class("kv-row").child(hint(Text::FilterNothing)).child(self.button(
            "filter-clear",
            Text::FilterClear,
            JournalEvent::Clear,
        ))
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
            let link = element("a")
                .class("kv-link js-navigate-link")
                .with("href", view.entity.card_path())
                .with("dir", "auto")
                .text(name);
            // The card opens in the page below the window.
            if self.journal.is_window { link.on(Handler::Click(Event::Journal(JournalEvent::Close))) } else { link }
        });
        let cell = || element("td");
        let is_whole = self.journal.is_whole();
        let why = is_whole.then(|| {
            self.button("open-trace", Text::JournalTrace, JournalEvent::Open(call.id.clone()))
                .with("aria-expanded", if opened { "true" } else { "false" })
        });
        let what_if = is_whole.then(|| {
            self.button("open-replay", Text::JournalReplay, JournalEvent::Replay(call.id.clone()))
                .with("aria-expanded", if replayed { "true" } else { "false" })
        });
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
            .child(cell().child(element("div").text(span_text(call.duration.max(0)))).maybe(self.player(call)))
            .child(
                cell()
                    .child(badge(self.words(word), looks))
                    .maybe(logged)
                    .maybe(call.delivery_reason.clone().map(small)),
            )
            .child(
                cell().child(
                    element("div").class("kv-row").maybe(why).maybe(what_if).child(
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

    /// The recording, if there is one. Nothing is fetched before somebody wants to hear it.
    fn player(&self, call: &CallView) -> Option<Element> {
        let link = call.record_link.as_deref().filter(|link| may_play(link))?;
        let label = [self.words(Text::SummaryRecording), ", ", &self.locale.date_time(call.started_at)].concat();
        Some(
            element("audio")
                .keyed(link)
                .named("player")
                .with("controls", "")
                .with("preload", "none")
                .with("aria-label", label)
                .with("src", link),
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
