//! What somebody works in now and then: the settings window and the journal.
//!
//! Neither needs the live connection, and neither is there while nobody looks at it. Calls and their summaries are
//! the [`super::Panel`]'s; each tells the other what it has to know by [`Effect::ShowSummary`] and
//! [`Effect::TellCall`].

use super::ask::{self, Outcome, Question};
use super::{Effect, Element, Event, Locale, SummaryEvent, Texts, Timer};
use super::{form, form_view, journal, journal_view};
use crate::protocol::NoticeLevel;
use crate::time::Moment;

/// The windows of one tab.
#[derive(Debug, Default)]
pub struct Office {
    form: Option<form::Form>,
    journal: Option<journal::Journal>,
    /// Grows with every window opened, so that a late answer to a closed one is told apart.
    generation: u32,
}

impl Office {
    /// Takes in what happened and says what is to be done about it.
    pub fn update(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        match event {
            Event::FormOpened { users } => {
                self.generation += 1;
                let (form, effects) = form::Form::open(self.generation, users);
                self.form = Some(form);
                effects
            }
            Event::FormClosed => {
                self.form = None;
                vec![Effect::StopTimer(Timer::ConnectPoll)]
            }
            Event::TimerFired(Timer::ConnectPoll) | Event::ConnectedElsewhere => {
                self.form.as_mut().map(form::Form::poll).unwrap_or_default()
            }
            Event::Form(event) => self.form.as_mut().map(|form| form.act(event)).unwrap_or_default(),
            Event::Typed(field, text) => self.form.as_mut().map(|form| form.typed(&field, text)).unwrap_or_default(),
            Event::Toggled(field, on) => self.form.as_mut().map(|form| form.toggled(&field, on)).unwrap_or_default(),
            Event::SaveAsked { active: true } => match &mut self.form {
                Some(form) => form.save_asked(),
                None => vec![ask::put_active(Question::Activate, true)],
            },
            Event::SaveAsked { active: false } => vec![ask::put_active(Question::Deactivate, false)],
            Event::JournalOpened { users } => {
                self.generation += 1;
                let (journal, effects) = journal::Journal::open(self.generation, users);
                self.journal = Some(journal);
                effects
            }
            Event::JournalClosed => {
                self.journal = None;
                vec![Effect::StopTimer(Timer::CatchUp)]
            }
            Event::TimerFired(Timer::CatchUp) => {
                self.journal.as_ref().map(journal::Journal::look_again).unwrap_or_default()
            }
            Event::Journal(event) => self.journal.as_mut().map(|journal| journal.act(event, now)).unwrap_or_default(),
            Event::CallChanged(call) => {
                if let Some(journal) = &mut self.journal {
                    journal.heard(&call);
                }
                vec![]
            }
            Event::Summary(SummaryEvent::Open(id)) => vec![Effect::ShowSummary(id)],
            Event::Answered { question, outcome } => self.answered(question, &outcome),
            // The panel's.
            Event::Started
            | Event::Saved { .. }
            | Event::SocketOpened
            | Event::SocketText(_)
            | Event::SocketClosed { .. }
            | Event::TimerFired(Timer::Reconnect | Timer::Ping | Timer::Tick | Timer::Search)
            | Event::Ticked { .. }
            | Event::Online
            | Event::PresenceChanged { .. }
            | Event::Card(_)
            | Event::Summary(_)
            | Event::NumberClicked { .. } => vec![],
        }
    }

    fn answered(&mut self, question: Question, outcome: &Outcome) -> Vec<Effect> {
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
            Question::Session | Question::Summary(..) | Question::Accept(_) | Question::Dial => vec![],
        }
    }

    /// The settings window, while it is open.
    pub fn form_view(&self, texts: &Texts, locale: &dyn Locale) -> Option<Element> {
        self.form.as_ref().map(|form| form_view::view(form, texts, locale))
    }

    /// The journal, while it is open.
    pub fn journal_view(&self, texts: &Texts, locale: &dyn Locale) -> Option<Element> {
        self.journal.as_ref().map(|journal| journal_view::view(journal, texts, locale))
    }
}
