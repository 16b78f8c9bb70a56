//! What somebody works in now and then: the settings window and the journal.
//!
//! Neither needs the live connection, and neither is there while nobody looks at it. Calls and their summaries are
//! the [`super::Panel`]'s; each tells the other what it has to know by [`Effect::ShowSummary`] and
//! [`Effect::TellCall`].

use super::ask::{self, Outcome, Question};
use super::{Effect, Element, Event, Field, FigureLocale, JournalEvent, Locale, SummaryEvent, Texts, Timer};
use super::{form, form_draft, form_view, health, journal, journal_view};
use crate::protocol::NoticeLevel;
use crate::time::Moment;

/// The windows of one tab.
#[derive(Debug, Default)]
pub struct Office {
    form: Option<form::Form>,
    journal: Option<journal::Journal>,
    /// Of whichever window was opened last.
    health: Option<health::Health>,
    /// What the settings window was closed on without saving.
    draft: Option<form_draft::Draft>,
    /// Grows with every window opened, so that a late answer to a closed one is told apart.
    generation: u32,
}

impl Office {
    /// Takes in what happened and says what is to be done about it.
    pub fn update(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        let was_ready = self.form_is_ready();
        let mut effects = self.step(event, now);
        effects.extend(self.form.as_mut().map(form::Form::guard).unwrap_or_default());
        // Before the account is connected there is nothing to look at, and what was saved may have put things right.
        let saved = effects.contains(&Effect::KeepWindowOpen(true));
        if self.form_is_ready() && (saved || !was_ready) {
            effects.extend(self.health.iter().flat_map(health::Health::look));
        }
        effects
    }

    fn form_is_ready(&self) -> bool {
        self.form.as_ref().is_some_and(form::Form::is_ready)
    }

    fn step(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        match event {
            Event::FormOpened { users } => {
                let mut closed = self.close_form();
                self.generation += 1;
                self.health = Some(health::Health::new(self.generation, users.clone()));
                let (form, effects) = form::Form::open(self.generation, users, self.draft.take());
                self.form = Some(form);
                closed.extend(effects);
                closed
            }
            Event::FormClosed => self.close_form(),
            Event::TimerFired(Timer::ConnectPoll) | Event::ConnectedElsewhere => {
                self.form.as_mut().map(form::Form::poll).unwrap_or_default()
            }
            Event::Form(event) => self.form.as_mut().map(|form| form.act(event)).unwrap_or_default(),
            Event::Typed(Field::TestNumber, text) => {
                if let Some(health) = &mut self.health {
                    health.test.typed(text);
                }
                vec![]
            }
            Event::SettingsChanged(message) => {
                self.form.as_mut().map(|form| form.saved_elsewhere(&message)).unwrap_or_default()
            }
            Event::Health(event) => self.health.as_mut().map(|health| health.act(event, now)).unwrap_or_default(),
            Event::Typed(Field::Journal(field), text) => {
                self.journal.as_mut().map(|journal| journal.typed(field, text, now)).unwrap_or_default()
            }
            Event::Typed(field, text) => self.form.as_mut().map(|form| form.typed(&field, text)).unwrap_or_default(),
            Event::Toggled(field, on) => self.form.as_mut().map(|form| form.toggled(&field, on)).unwrap_or_default(),
            Event::SaveAsked { active: true } => match &mut self.form {
                Some(form) => form.save_asked(),
                None => vec![ask::put_active(Question::Activate, true)],
            },
            Event::SaveAsked { active: false } => vec![ask::put_active(Question::Deactivate, false)],
            Event::JournalOpened { users, starts, window } => {
                self.generation += 1;
                let health = (!window).then(|| health::Health::new(self.generation, users.clone()));
                let (journal, mut effects) = journal::Journal::open(self.generation, users, starts, window, now);
                self.journal = Some(journal);
                if let Some(health) = health {
                    effects.extend(health.look());
                    self.health = Some(health);
                }
                effects
            }
            Event::JournalClosed | Event::Journal(JournalEvent::Close) => {
                self.journal = None;
                vec![Effect::StopTimer(Timer::CatchUp), Effect::StopTimer(Timer::Filter)]
            }
            Event::TimerFired(Timer::Filter) => {
                self.journal.as_mut().map(|journal| journal.filter_due(now)).unwrap_or_default()
            }
            Event::TimerFired(Timer::Watch) => self.form.as_ref().map(form::Form::watched).unwrap_or_default(),
            Event::TimerFired(Timer::CatchUp) => self.health.as_ref().map(health::Health::look).unwrap_or_default(),
            Event::Journal(event) => self.journal.as_mut().map(|journal| journal.act(event, now)).unwrap_or_default(),
            Event::CallChanged(call) => {
                if let Some(journal) = &mut self.journal {
                    journal.heard(&call);
                }
                vec![]
            }
            Event::Summary(SummaryEvent::Open(id)) => vec![Effect::ShowSummary(id)],
            Event::Answered { question, outcome } => self.answered(question, &outcome, now),
            // The panel's.
            Event::Started
            | Event::Saved { .. }
            | Event::JournalAsked
            | Event::SocketOpened
            | Event::SocketText(_)
            | Event::SocketClosed { .. }
            | Event::TimerFired(
                Timer::Reconnect
                | Timer::Ping
                | Timer::Tick
                | Timer::Search
                | Timer::Offline
                | Timer::TestCard
                | Timer::Number
                | Timer::Notify,
            )
            | Event::Ticked { .. }
            | Event::Online
            | Event::PresenceChanged { .. }
            | Event::Card(_)
            | Event::Alert(_)
            | Event::Told(_)
            | Event::CallList(_)
            | Event::Summary(_)
            | Event::TestDismissed
            | Event::Dialer(_)
            | Event::NumberClicked { .. } => vec![],
        }
    }

    fn answered(&mut self, question: Question, outcome: &Outcome, now: Moment) -> Vec<Effect> {
        match question {
            // Switching off must work although the Worker cannot be reached (invariant 11): every answer is a yes.
            Question::Deactivate => vec![Effect::FinishSave(true)],
            Question::Activate => match outcome.read::<serde_json::Value>() {
                Ok(_) => vec![Effect::FinishSave(true)],
                Err(failure) => vec![
                    Effect::Notify { level: NoticeLevel::Error, message: failure.message() },
                    Effect::FinishSave(false),
                ],
            },
            Question::Form(generation, part) => match &mut self.form {
                Some(form) if form.generation() == generation => form.answered(part, outcome),
                // The window is gone: nobody is left to read the answer, but the CRM still waits for its own.
                _ if part.saves() => vec![Effect::FinishSave(false)],
                _ => vec![],
            },
            Question::Journal(generation, part) => match &mut self.journal {
                Some(journal) if journal.generation() == generation => journal.answered(part, outcome),
                _ => vec![],
            },
            Question::Health(generation, part) => match &mut self.health {
                Some(health) if health.generation() == generation => {
                    let (mut effects, has_more_calls) = health.answered(&part, outcome, now);
                    if let (true, Some(journal)) = (has_more_calls, &mut self.journal) {
                        effects.extend(journal.look(now));
                    }
                    effects
                }
                _ => vec![],
            },
            Question::Session
            | Question::Summary(..)
            | Question::Card(..)
            | Question::Dial
            | Question::Dialer(..)
            | Question::CallList(_) => vec![],
        }
    }

    fn close_form(&mut self) -> Vec<Effect> {
        let Some(form) = self.form.take() else { return vec![] };
        let (draft, effects) = form.close();
        self.draft = draft;
        effects
    }

    /// The settings window, while it is open.
    pub fn form_view(&self, texts: &Texts, locale: &dyn Locale) -> Option<Element> {
        self.form.as_ref().map(|form| form_view::view(form, self.health.as_ref(), texts, locale))
    }

    /// The journal, while it is open.
    pub fn journal_view(&self, texts: &Texts, locale: &dyn FigureLocale) -> Option<Element> {
        self.journal.as_ref().map(|journal| journal_view::view(journal, self.health.as_ref(), texts, locale))
    }
}
