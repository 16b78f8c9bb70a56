//! How the administrator's page looks.

use super::card_view::{named_or_number, span_text};
use super::element::{Element, Handler, element};
use super::journal::{Journal, JournalEvent};
use super::replay_view::view as replay_view;
use super::summary_view::STATUSES;
use super::{Event, Locale, SummaryEvent, Text, Texts};
use crate::protocol::{
    ActionView, CallType, CallView, CatchUpView, DeliveryStatus, DiagnosticsResponse, TraceResponse,
};

/// The content of the page.
pub(crate) fn view(journal: &Journal, texts: &Texts, locale: &dyn Locale) -> Element {
    let page = Page { journal, texts, locale };
    element("div")
        .class("kv-journal")
        .with("lang", texts.get(Text::Locale))
        .child(
            element("p")
                .class("kv-complaint")
                .named("journal-error")
                .with("role", "alert")
                .text(journal.failure.as_ref().map(|failure| failure.message().words(texts)).unwrap_or_default()),
        )
        .maybe(journal.diagnostics.as_ref().map(|health| page.health(health)))
        .maybe(journal.diagnostics.as_ref().map(|health| page.actions(&health.actions)))
        .maybe(journal.diagnostics.as_ref().map(|health| page.catch_up(health.catch_up.as_ref())))
        .child(page.calls())
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

    fn section(&self, heading: Text) -> Element {
        element("section").class("kv-section").child(element("h3").class("kv-heading").text(self.words(heading)))
    }

    fn health(&self, health: &DiagnosticsResponse) -> Element {
        let connection = if health.connected { Text::JournalConnected } else { Text::JournalDisconnected };
        let event = match health.last_event_at {
            Some(at) => self.texts.with(Text::JournalLastEvent, &[("time", &self.locale.date_time(at))]),
            None => self.words(Text::JournalNoEvent).to_owned(),
        };
        let token = health
            .token_expires_at
            .map(|at| self.texts.with(Text::JournalToken, &[("time", &self.locale.date_time(at))]));
        let requests: u32 = health.requests_per_minute.iter().map(|purpose| purpose.count).sum();
        let by_purpose: Vec<String> = health
            .requests_per_minute
            .iter()
            .filter(|purpose| purpose.count > 0)
            .map(|purpose| [purpose.purpose.as_str(), " ", &purpose.count.to_string()].concat())
            .collect();
        let mut requests = self.texts.with(Text::JournalRequests, &[("count", &requests.to_string())]);
        if !by_purpose.is_empty() {
            requests = [&requests, " (", &joined(by_purpose, ", "), ")"].concat();
        }
        let lines = [
            Some(self.texts.with(connection, &[("host", &health.host)])),
            Some(event),
            token,
            Some(self.texts.with(Text::JournalSockets, &[("count", &health.open_sockets.to_string())])),
            Some(requests),
        ];
        let line = |text: String| element("li").text(text);
        self.section(Text::JournalHealth)
            .named("health")
            .children(
                health
                    .problems
                    .iter()
                    .map(|problem| element("p").class("kv-complaint").with("dir", "auto").text(problem.as_str())),
            )
            .child(
                element("ul")
                    .class(if health.connected { "kv-facts kv-good" } else { "kv-facts kv-bad" })
                    .children(lines.into_iter().flatten().map(line)),
            )
    }

    fn actions(&self, actions: &[ActionView]) -> Element {
        let section = self.section(Text::JournalActions).named("actions");
        if actions.is_empty() {
            return section.child(element("p").class("kv-hint").text(self.words(Text::JournalNoActions)));
        }
        section.child(element("ul").class("kv-actions").children(actions.iter().map(|action| self.action(action))))
    }

    fn action(&self, action: &ActionView) -> Element {
        let state = match action.state.as_str() {
            "waiting" => self.words(Text::JournalWaiting),
            "sending" => self.words(Text::JournalSending),
            "parked" => self.words(Text::JournalParked),
            other => other,
        };
        let mut facts = vec![self.texts.with(Text::JournalAttempts, &[("count", &action.attempts.to_string())])];
        facts.extend(
            action.due_at.map(|at| self.texts.with(Text::JournalNext, &[("time", &self.locale.date_time(at))])),
        );
        let parked = action.state == "parked";
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
                    .maybe(
                        action
                            .reason
                            .as_ref()
                            .map(|reason| element("div").class("kv-reason").with("dir", "auto").text(reason.as_str())),
                    )
                    .child(element("div").class("kv-hint").text(joined(facts, " · "))),
            )
            .maybe(parked.then(|| self.button("retry", Text::JournalRetry, JournalEvent::Retry(action.id))))
    }

    /// Past calls, for when webhooks were lost.
    fn catch_up(&self, view: Option<&CatchUpView>) -> Element {
        let spans = [
            ("catch-up-hour", Text::JournalCatchUpHour, 3_600),
            ("catch-up-day", Text::JournalCatchUpDay, 86_400),
            ("catch-up-week", Text::JournalCatchUpWeek, 604_800),
        ];
        let runs = self.journal.catches_up();
        let buttons = spans
            .map(|(name, label, span)| self.button(name, label, JournalEvent::CatchUp(span)).flag("disabled", runs));
        let progress = view.map(|view| {
            let text = if runs { Text::JournalCatchUpRuns } else { Text::JournalCatchUpDone };
            let (found, added) = (view.found.to_string(), view.added.to_string());
            let from = self.locale.date_time(view.from);
            self.texts.with(text, &[("found", &found), ("added", &added), ("time", &from)])
        });
        let problem = view.and_then(|view| view.problem.as_deref());
        self.section(Text::JournalCatchUp)
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
