//! The widget's whole behaviour: what it knows, what happens to it, and what it wants done, all pure.
//!
//! The browser shell turns callbacks, clicks, answers and timers into [`Event`]s, gives them to [`Panel::update`] or
//! [`Office::update`], carries out the [`Effect`]s and draws the views. Nothing here touches a page, a clock or a
//! socket, so every rule of the card, the settings window and the journal is tested in a second without a browser.
//!
//! There are two of them because they are two modules in the browser: every page load pays for the [`Panel`], which
//! is what a manager needs while the phone rings; the [`Office`] is fetched when somebody opens a window of it.

mod alerts;
mod ask;
mod call_list;
mod call_list_view;
mod card_bell;
mod card_rows;
mod card_view;
mod cards;
mod chart;
mod conflict;
mod conflict_view;
mod credential_check;
mod connection;
mod connection_view;
mod dial;
mod dialer;
#[cfg(test)]
mod dialer_tests;
mod dialer_view;
mod element;
mod failure_view;
mod figures_view;
mod form;
mod form_draft;
mod form_fields;
mod form_load;
mod form_save;
mod form_settings;
mod form_view;
mod health;
mod health_facts;
mod health_view;
mod journal;
mod journal_calls_view;
mod journal_events;
mod journal_filters;
mod journal_filters_view;
#[cfg(test)]
mod journal_tests;
mod journal_view;
mod json;
mod lines;
mod lines_view;
pub mod lead;
mod live;
mod office;
mod offline;
mod opening;
pub mod place;
mod replay_view;
mod say;
mod self_test;
mod self_test_view;
mod summaries;
mod summary;
mod summary_draft;
mod summary_link;
mod summary_search;
mod summary_view;
mod test_card;
mod texts;
mod tidings;
mod wire;
mod wire_health;

pub use alerts::{AlertEvent, Permission};
pub use ask::{ApiRequest, Failure, Outcome, Question, Target};
pub use call_list::CallListEvent;
pub use cards::{CardAsk, CardEvent};
pub use dialer::{DialerEvent, DialerPart};
pub use element::{Child, Element, Handler};
pub use form::{FormEvent, Part, UserOption};
pub use health::HealthEvent;
pub use journal_events::JournalEvent;
pub use journal_filters::{DayStarts, End, JournalField, Range};
pub use json::read as read_json;
pub use office::Office;
pub use summary::{SummaryEvent, SummaryField};
pub use texts::{FigureLocale, Locale, Text, Texts};
pub use tidings::{Sound, Tidings};
pub use wire::Wire;

use crate::ids::{CallId, ExtensionId, UserId};
use crate::protocol::{CallView, CardView, MissedCallView, NoticeLevel};
use crate::time::{Millis, Moment};

/// Everything the widget of one tab knows without being asked: calls, their cards and summaries.
#[derive(Debug, Default)]
pub struct Panel {
    cards: cards::Cards,
    live: live::Live,
    summaries: summaries::Summaries,
    opening: opening::Opening,
    dial: dial::Dial,
    dialer: Option<dialer::Dialer>,
    alerts: alerts::Alerts,
    list: call_list::List,
    /// Grows with every window opened, so that a late answer to a closed one is told apart.
    generation: u32,
    rules: wire::Rules,
    ticks: bool,
    offline: offline::Offline,
    /// The card of a test call, never one of `cards`.
    test: Option<CardView>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The CRM started the widget on this page; may come again.
    Started,
    /// The server answered, or did not.
    Answered {
        /// What was asked.
        question: Question,
        /// How it went.
        outcome: Outcome,
    },
    /// The live connection stands.
    SocketOpened,
    /// A live message came.
    SocketText(String),
    /// The live connection ended, or never came to be.
    SocketClosed {
        /// The WebSocket close code.
        code: u16,
    },
    /// A timer that was asked for has run out.
    TimerFired(Timer),
    /// A moment passed while cards are shown; these cards are hovered or focused just now.
    Ticked {
        /// Cards that must not vanish under the person's hands.
        held: Vec<CallId>,
    },
    /// The browser found the network again.
    Online,
    /// The tab came to the front, went to the back, won or lost the focus.
    PresenceChanged {
        /// The tab can be seen.
        visible: bool,
        /// The tab has the focus.
        focused: bool,
    },
    /// Something done on a card.
    Card(CardEvent),
    /// Something about sound and notifications.
    Alert(AlertEvent),
    /// Another tab of the same person said something.
    Told(String),
    /// The CRM opened the settings window.
    FormOpened {
        /// The account's users.
        users: Vec<UserOption>,
    },
    /// The settings window is gone.
    FormClosed,
    /// A button of the settings window.
    Form(FormEvent),
    /// A form field has new text.
    Typed(Field, String),
    /// A tick box was switched.
    Toggled(Field, bool),
    /// The CRM asks whether the settings may be stored.
    SaveAsked {
        /// `false`: the widget is being switched off.
        active: bool,
    },
    /// The page of the authorisation window says that Kommo is connected.
    ConnectedElsewhere,
    /// The CRM opened the journal's page.
    JournalOpened {
        /// The account's users.
        users: Vec<UserOption>,
        /// When the user's days begin.
        starts: DayStarts,
        /// In a window over the page, and not on the administrator's page.
        window: bool,
    },
    /// Somebody wants to see the journal over the page.
    JournalAsked,
    /// The journal's page is gone.
    JournalClosed,
    /// Something done in the journal.
    Journal(JournalEvent),
    /// Something done with a call summary.
    Summary(SummaryEvent),
    /// The settings were stored, or the widget was switched off.
    Saved {
        /// Whether it is switched on now.
        active: bool,
    },
    /// The server said this of a call whose summary was saved, as JSON.
    CallChanged(String),
    /// An administrator saved the settings: the live message that says so.
    SettingsChanged(String),
    /// Something done about the account's health.
    Health(HealthEvent),
    /// The card of the test call was closed by hand.
    TestDismissed,
    /// Something done with the dialer.
    Dialer(DialerEvent),
    /// Something happens to the call list.
    CallList(CallListEvent),
    /// A number in the page was clicked.
    NumberClicked {
        /// The number as the page shows it.
        phone: String,
        /// The path of the page it stands on.
        page: String,
    },
}

/// What is to be done in the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask a server; the answer comes back as [`Event::Answered`].
    Ask {
        /// Comes back with the answer.
        question: Question,
        /// What to send.
        request: ApiRequest,
    },
    /// Open the live connection; an older one is let go.
    OpenSocket(String),
    /// Send on the live connection.
    SendSocket(String),
    /// Let the live connection go.
    CloseSocket,
    /// Start a timer, or start it again.
    StartTimer {
        /// Which.
        timer: Timer,
        /// At least this long.
        after: Millis,
        /// And up to this much longer, by chance, so that a thousand tabs do not come back in one second.
        spread: Millis,
    },
    /// Stop a timer.
    StopTimer(Timer),
    /// Ring at this volume (1 to 100), or stop ringing.
    Ring(Option<u8>),
    /// Keep how loud the person wants the ring.
    KeepSound(Sound),
    /// Tell the person's other tabs in this browser.
    TellTabs(Tidings),
    /// Ask the person whether the browser may show notifications.
    AskToNotify,
    /// Show a ringing call on the desktop, once for all tabs.
    ShowNotification(CallId),
    /// Take that back.
    CloseNotification(CallId),
    /// Put text on the clipboard.
    Copy(String),
    /// Open the Worker's authorisation page in a window of its own.
    OpenAuthorisation,
    /// Open a provider's page in a window of its own.
    OpenWindow(String),
    /// Tell the CRM that the settings have unsaved changes.
    MarkChanged,
    /// Have the browser ask before the page goes, or let it go again.
    WarnBeforeLeaving(bool),
    /// Whether the CRM may close the settings window after saving.
    KeepWindowOpen(bool),
    /// Answer the CRM's question whether the settings may be stored.
    FinishSave(bool),
    /// Tell the CRM that the provider's credentials are wrong.
    MarkCredentialsWrong,
    /// Show a message in the CRM's own way.
    Notify {
        /// How urgent.
        level: NoticeLevel,
        /// A known message, or the text itself.
        message: Message,
    },
    /// Put a missed call into the CRM's notification centre.
    AddMissedCall(MissedCallView),
    /// Look for drafts of before a reload; they come back as [`SummaryEvent::Found`].
    FindDrafts,
    /// Keep a draft over a reload, or drop it.
    KeepDraft {
        /// Whose summary it is.
        call: CallId,
        /// The draft.
        draft: Option<String>,
    },
    /// Let the page's own number library judge a text, if there is one; comes back as [`DialerEvent::Judged`].
    JudgeNumber {
        /// Comes back with the judgement.
        version: u32,
        /// What is typed.
        text: String,
        /// The country of numbers without a country code; empty if unknown.
        region: String,
    },
    /// Lead the focus into the call summary or the dialer, and back.
    Focus(FocusOn),
    /// Show the journal over the page; the office does it.
    ShowJournal,
    /// Give the person a file.
    SaveFile {
        /// Its name.
        name: String,
        /// What is in it.
        text: String,
    },
    /// Go to a card of the CRM, unless something typed into the page would be lost, and in one tab only.
    OpenCard {
        /// For which call.
        call: CallId,
        /// The card's path.
        path: String,
    },
    /// Open the summary of a call, which stands in the page and not in the window that asks for it.
    ShowSummary(CallId),
    /// Hand what the server said of a call, as JSON, to whoever lists calls: [`Event::CallChanged`].
    TellCall(String),
    /// Hand the live message about changed settings to whoever has them open: [`Event::SettingsChanged`].
    TellSettings(String),
}

/// Where the focus belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FocusOn {
    /// The call summary opened.
    Opened {
        /// The person opened it; else it must not take the focus from anything.
        by_hand: bool,
    },
    /// The dialer opened, always by hand.
    Dialer,
    /// One of them closed: back to where the focus was.
    Closed,
}

/// The text of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// One of the widget's own texts.
    Known(Text),
    /// A sentence from the server.
    Plain(String),
    /// Something that could not be done.
    Failed(Failure),
}

/// The timers of a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Time to connect again.
    Reconnect,
    /// Time to ping, or to give the connection up.
    Ping,
    /// Time to draw the running times; it repeats until stopped and fires as [`Event::Ticked`].
    Tick,
    /// Time to look whether Kommo is connected by now.
    ConnectPoll,
    /// Time to look for what was typed into the summary's search.
    Search,
    /// Time to let a typed number be judged.
    Number,
    /// Time to look how far fetching past calls has come.
    CatchUp,
    /// The live connection has been lost for a while.
    Offline,
    /// The card of a test call has stood long enough.
    TestCard,
    /// Time to see whether the CRM has closed the settings window: it says so to nobody.
    Watch,
    /// Time to show on the desktop what rings in a hidden tab.
    Notify,
    /// Time to look for what was typed into the journal's filters.
    Filter,
}

/// A field a person can fill in.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// A setting, by its path with dashes.
    Setting(&'static str),
    /// The lines of a user.
    Extensions(UserId),
    /// Whose a line of nobody is.
    Line(ExtensionId),
    /// The provider.
    Provider,
    /// A credential of the provider.
    Credential(&'static str),
    /// A day of the working hours, 1 (Monday) to 7 (Sunday).
    WorkingDay(u8),
    /// A field of the call summary.
    Summary(SummaryField),
    /// Who shall call in the self-test.
    TestNumber,
    /// The number in the dialer.
    Number,
    /// The result of an ended call, on its card.
    CardResult(CallId),
    /// How loud it rings.
    RingVolume,
    /// The number to call of an entry of the call list.
    CallListNumber(u32),
    /// A list or field of the journal's filter bar.
    Journal(JournalField),
}

impl Panel {
    /// Takes in what happened and says what is to be done about it.
    pub fn update(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        let mut effects = self.step(event, now);
        self.settle(now, &mut effects);
        effects
    }

    fn step(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        match event {
            Event::Started => {
                let mut effects = self.live.start();
                effects.push(Effect::FindDrafts);
                effects
            }
            Event::SocketText(text) => self.socket_text(&text, now),
            Event::SocketClosed { code } => self.live.closed(code),
            Event::Online => self.live.look_alive(),
            Event::PresenceChanged { visible, focused } => self.live.presence(visible, focused),
            Event::TimerFired(Timer::Reconnect) => self.live.connect(),
            Event::TimerFired(Timer::Ping) => self.live.ping_due(),
            Event::TimerFired(Timer::Search) => {
                self.summaries.open.as_ref().map(summary::Summary::search_due).unwrap_or_default()
            }
            Event::TimerFired(Timer::Offline) => self.offline.lasts(now).into_iter().collect(),
            Event::TimerFired(Timer::TestCard) | Event::TestDismissed => {
                self.test = None;
                vec![Effect::StopTimer(Timer::TestCard)]
            }
            Event::Ticked { held } => {
                self.cards.tick(&held, now);
                vec![]
            }
            Event::TimerFired(Timer::Number) => {
                self.dialer.as_ref().map(dialer::Dialer::number_due).unwrap_or_default()
            }
            Event::Typed(Field::Number, text) => {
                let region = self.rules.region;
                self.dialer.as_mut().map(|open| open.typed(&text, region.as_str())).unwrap_or_default()
            }
            Event::Dialer(event) => self.dialer_event(event),
            Event::TimerFired(Timer::Notify) => self.alerts.notify(&self.cards, self.live.visible()),
            Event::Card(event) => self.cards.act(event),
            Event::Alert(event) => self.alerts.act(event),
            Event::Told(text) => self.told(&text),
            Event::Typed(Field::CardResult(id), text) => self.cards.result_chosen(&id, &text),
            Event::Typed(Field::RingVolume, text) => self.alerts.volume_chosen(&text),
            Event::Typed(Field::Summary(field), text) => {
                self.summaries.open.as_mut().map(|open| open.typed(field, text)).unwrap_or_default()
            }
            Event::Toggled(Field::Summary(field), on) => {
                self.summaries.open.as_mut().map(|open| open.toggled(field, on, now)).unwrap_or_default()
            }
            Event::Typed(Field::CallListNumber(entry), number) => self.list.choose(entry, number),
            Event::CallList(event) => self.list.act(event),
            Event::Saved { active: true } => self.live.start(),
            Event::Saved { active: false } => {
                self.cards.clear();
                self.dial = dial::Dial::default();
                self.test = None;
                self.list.clear();
                let mut effects = self.live.stop();
                effects.push(Effect::StopTimer(Timer::TestCard));
                effects
            }
            Event::NumberClicked { phone, page } => self.dial.clicked(phone, &page),
            Event::Summary(event) => {
                let window = self.window();
                let effects = self.summaries.act(event, &mut self.cards, window);
                self.count_windows();
                effects
            }
            Event::Answered { question, outcome } => self.answered(question, outcome),
            Event::JournalAsked => {
                let mut effects = self.close_dialer();
                effects.push(Effect::ShowJournal);
                effects
            }
            // The office's, or only worth knowing for what follows from it.
            Event::SocketOpened
            | Event::TimerFired(Timer::Tick | Timer::ConnectPoll | Timer::CatchUp | Timer::Watch | Timer::Filter)
            | Event::FormOpened { .. }
            | Event::FormClosed
            | Event::Form(_)
            | Event::Typed(..)
            | Event::Toggled(..)
            | Event::SaveAsked { .. }
            | Event::ConnectedElsewhere
            | Event::JournalOpened { .. }
            | Event::JournalClosed
            | Event::Journal(_)
            | Event::Health(_)
            | Event::SettingsChanged(_)
            | Event::CallChanged(_) => vec![],
        }
    }

    /// What a call summary that opens now has to know.
    fn window(&self) -> summary::Window {
        summary::Window { generation: self.generation + 1, rate: self.rules.rate_quality }
    }

    fn count_windows(&mut self) {
        let opened = self.summaries.open.as_ref().map_or(0, summary::Summary::generation);
        self.generation = self.generation.max(opened);
    }

    fn answered(&mut self, question: Question, outcome: Outcome) -> Vec<Effect> {
        match question {
            Question::Session => self.live.session_answered(&outcome),
            Question::Summary(generation, part) => {
                let mut effects = self.summaries.answered(generation, part, &outcome);
                if let (summary::Part::Rating | summary::Part::Result, Outcome::Answered { body, .. }) = (part, outcome)
                {
                    effects.push(Effect::TellCall(body));
                }
                effects
            }
            Question::Dial => {
                let told = self.dial.answered(&outcome);
                self.dialled(told)
            }
            Question::Dialer(generation, part) => {
                if let Some(open) = self.dialer.as_mut().filter(|open| open.generation() == generation) {
                    open.answered(part, &outcome);
                }
                vec![]
            }
            Question::CallList(part) => self.list.answered(part, &outcome),
            Question::Card(id, what) => {
                let failure = outcome.read::<CallView>().err();
                self.cards.answered(&id, what, failure.is_none());
                failure
                    .map(|failure| Effect::Notify { level: NoticeLevel::Error, message: failure.message() })
                    .into_iter()
                    .collect()
            }
            Question::Activate
            | Question::Deactivate
            | Question::Form(..)
            | Question::Journal(..)
            | Question::Health(..) => vec![],
        }
    }

    fn dialer_event(&mut self, event: DialerEvent) -> Vec<Effect> {
        let region = self.rules.region;
        if event == DialerEvent::Toggled && self.dialer.is_none() {
            self.generation += 1;
            let (open, effects) = dialer::Dialer::open(self.generation);
            self.dialer = Some(open);
            return effects;
        }
        let Some(open) = &mut self.dialer else { return vec![] };
        let wanted = match event {
            DialerEvent::Toggled | DialerEvent::Closed => return self.close_dialer(),
            DialerEvent::Key(key) => return open.key(key, region.as_str()),
            DialerEvent::Erased => return open.erased(region.as_str()),
            DialerEvent::Judged { version, view } => return open.judged(version, view),
            DialerEvent::Listed { missed } => return open.list(missed),
            DialerEvent::Refreshed => return open.list(open.missed),
            DialerEvent::Called => open.wanted(),
            DialerEvent::CalledBack { phone, entity } => {
                open.complaint = None;
                Some(dialer::Wanted { phone, entity })
            }
        };
        wanted.map(|wanted| self.dial.call(wanted.phone, wanted.entity)).unwrap_or_default()
    }

    /// What came of a wish to call. The call's card takes over from the dialer; a refusal stands where the person looks.
    fn dialled(&mut self, told: Vec<Effect>) -> Vec<Effect> {
        let Some(open) = &mut self.dialer else { return told };
        let complaint = told.into_iter().find_map(|effect| match effect {
            Effect::Notify { message, .. } => Some(message),
            _ => None,
        });
        if complaint.is_none() {
            return self.close_dialer();
        }
        open.complaint = complaint;
        vec![]
    }

    fn close_dialer(&mut self) -> Vec<Effect> {
        self.dialer = None;
        vec![Effect::StopTimer(Timer::Number), Effect::Focus(FocusOn::Closed)]
    }

    /// Another tab said something. One of another version may say what we do not understand.
    fn told(&mut self, text: &str) -> Vec<Effect> {
        match json::read(text).and_then(|json| tidings::Heard::read(&json)) {
            Some(tidings::Heard { tidings: Tidings::Dismissed(id), told }) => self.cards.dismissed_elsewhere(&id, told),
            Some(tidings::Heard { tidings: Tidings::Seen(id), .. }) => self.alerts.seen_elsewhere(&id),
            Some(tidings::Heard { tidings: Tidings::Sound(sound), .. }) => self.alerts.act(AlertEvent::Kept(sound)),
            None => vec![],
        }
    }

    fn socket_text(&mut self, text: &str, now: Moment) -> Vec<Effect> {
        let mut effects = self.live.heard();
        let message = json::read(text).and_then(|json| wire::Live::read(&json));
        match message {
            Some(wire::Live::Hello { server_time_ms, resume_ticket, rules, cards, call_list }) => {
                self.rules = rules;
                effects.extend(self.live.hello(resume_ticket));
                effects.extend(self.cards.replace(cards, Moment(server_time_ms) - now, now));
                self.opening.greet(&self.cards);
                self.list.greet(call_list);
            }
            Some(wire::Live::CallList(list)) => self.list.hear(list),
            Some(wire::Live::Card(card)) => self.cards.hear(*card, now),
            Some(wire::Live::Closed { id, version }) => {
                self.cards.close(&id, version);
                // The call that is over is the latest one of the list.
                effects.extend(self.dialer.as_ref().map(dialer::Dialer::ask_calls));
            }
            Some(wire::Live::Settings(rules)) => {
                self.rules = rules;
                effects.push(Effect::TellSettings(text.to_owned()));
            }
            Some(wire::Live::SelfTest { id, card }) => {
                self.test = Some(*card);
                effects.extend(test_card::shown(id));
            }
            Some(wire::Live::Notice { call: Some(call), code, .. }) if code == "missed_call" => {
                effects.push(Effect::AddMissedCall(call));
            }
            Some(wire::Live::Notice { level, code, text, call: _ }) => {
                let message =
                    if code == "signed_out" { Message::Known(Text::NoticeSignedOut) } else { Message::Plain(text) };
                effects.push(Effect::Notify { level, message });
            }
            // A pong, or a message of a newer server: its arrival is all that counts.
            None => {}
        }
        effects
    }

    /// Brings summary, sound and clock in line with the cards, whatever the event was.
    fn settle(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        effects.extend(self.offline.settle(self.live.is_lost(), now));
        let window = self.window();
        effects.extend(self.summaries.settle(&self.cards, window));
        self.count_windows();
        let may = self.rules.open_card && self.live.focused() && !self.summaries.has_unsaved();
        effects.extend(self.opening.decide(&self.cards, may));
        let volume = Some(self.rules.ring_volume).filter(|_| self.rules.ring_sound);
        self.alerts.settle(&self.cards, volume, self.live.visible(), now, effects);
        let ticks = !self.cards.is_empty() || self.list.ticks();
        if ticks != self.ticks {
            self.ticks = ticks;
            effects.push(if ticks {
                Effect::StartTimer { timer: Timer::Tick, after: cards::TICK, spread: Millis(0) }
            } else {
                Effect::StopTimer(Timer::Tick)
            });
        }
    }

    /// The call cards: the children of the page's one root element.
    pub fn card_view(&self, texts: &Texts, locale: &dyn Locale, now: Moment) -> Element {
        let open = self.summaries.open.as_ref();
        let summary = open.map(|open| summary_view::view(open, &self.cards, texts, locale));
        let dialling = self.dial.number().is_some();
        let list = call_list_view::view(&self.list, texts, self.cards.server_now(now));
        let around = card_view::Around {
            alerts: &self.alerts,
            rules: self.rules,
            summary: open.map(|open| &open.id),
            dialling: self.dial.number(),
        };
        card_view::view(&self.cards, texts, locale, now, &around)
            .maybe(self.test.as_ref().map(|card| test_card::view(card, texts)))
            .maybe(self.offline.view(texts))
            .maybe(self.dialer.as_ref().map(|open| dialer_view::view(open, dialling, texts, locale)))
            .maybe(summary)
            .maybe(list)
    }

    /// What stands before the tab's title, while it rings.
    pub fn title(&self, texts: &Texts, now: Moment) -> Option<String> {
        self.cards.ringing(now).next().map(|view| alerts::title(view, texts))
    }

    /// What the notification of a ringing call says: a heading and a line.
    pub fn notification(&self, call: &CallId, texts: &Texts) -> Option<(String, String)> {
        self.cards.get(call).map(|view| alerts::notification(view, texts))
    }

    /// Whether the server is being heard, so that what a tab tells it arrives.
    pub fn is_live(&self) -> bool {
        self.live.is_open()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switched_on_the_tab_connects_at_once_and_switched_off_it_lets_go() {
        let mut panel = Panel::default();
        let asked = panel.update(Event::Saved { active: true }, Moment(0));
        assert!(matches!(&asked[..], [Effect::Ask { question: Question::Session, .. }]));
        assert!(panel.update(Event::Saved { active: true }, Moment(0)).is_empty(), "it is connecting already");
        assert!(panel.update(Event::Saved { active: false }, Moment(0)).contains(&Effect::CloseSocket));
    }
}
