//! Saving: step after step, and "yes" to the CRM only when the Worker has stored every one of them.
//!
//! Each step stores a whole state, so saving again after a failure in the middle repeats harmlessly.

use super::ask::{ApiRequest, Failure, Outcome, put_active};
use super::form::{Complaint, Form, Part, Phase};
use super::form_settings::mistake;
use super::lines::split;
use super::{Effect, Question, Text};
use crate::ids::{ExtensionId, UserId};
use crate::protocol::{ExtensionAssignment, VoipResponse};

/// Where saving stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Save {
    /// Nobody asked.
    Idle,
    /// Asked while the window was still loading: begins as soon as it has loaded.
    Wanted,
    /// This step is under way.
    Running(Part),
}

impl Save {
    pub(crate) fn runs(self) -> bool {
        matches!(self, Self::Running(_))
    }
}

impl Form {
    /// The CRM asks whether the settings may be stored.
    pub(crate) fn save_asked(&mut self) -> Vec<Effect> {
        self.complaint = None;
        self.done = None;
        // What stood in the window until now has been seen.
        self.connection.news = None;
        let mut effects = vec![Effect::KeepWindowOpen(false)];
        effects.extend(match &self.phase {
            Phase::Loading => {
                self.save = Save::Wanted;
                vec![]
            }
            Phase::NotConnected { .. } => self.refuse(Complaint::ConnectFirst),
            Phase::Failed(failure) => {
                let failure = failure.clone();
                self.refuse(Complaint::Failed(failure))
            }
            Phase::Ready => self.begin(),
        });
        effects
    }

    /// The window has loaded; saving may have been waiting for it.
    pub(crate) fn save_when_ready(&mut self) -> Vec<Effect> {
        if self.save == Save::Wanted { self.begin() } else { vec![] }
    }

    /// The window cannot be loaded; saving may have been waiting for it.
    pub(crate) fn refuse_save(&mut self, complaint: Complaint) -> Vec<Effect> {
        if self.save == Save::Wanted { self.refuse(complaint) } else { vec![] }
    }

    fn refuse(&mut self, complaint: Complaint) -> Vec<Effect> {
        self.save = Save::Idle;
        self.complaint = Some(complaint);
        vec![Effect::FinishSave(false)]
    }

    fn begin(&mut self) -> Vec<Effect> {
        if let Some(mistake) = mistake(&self.settings) {
            return self.refuse(Complaint::Mistake(mistake));
        }
        if let Err(complaint) = self.assignments() {
            return self.refuse(complaint);
        }
        self.run(Part::SaveSettings)
    }

    fn run(&mut self, part: Part) -> Vec<Effect> {
        self.save = Save::Running(part);
        let effect = match part {
            Part::SaveSettings => {
                let request = ApiRequest::put("settings", &self.settings);
                self.ask(part, ApiRequest { if_match: self.etag.clone(), ..request })
            }
            Part::SaveExtensions => {
                self.ask(part, ApiRequest::put("extensions", &self.assignments().unwrap_or_default()))
            }
            Part::SaveVoip => self.ask(part, self.connection.put(false)),
            _ => put_active(Question::Form(self.generation, Part::SaveActive), true),
        };
        vec![effect]
    }

    /// The Worker answered a step.
    pub(crate) fn save_answered(&mut self, part: Part, outcome: &Outcome) -> Vec<Effect> {
        if self.save != Save::Running(part) {
            return vec![];
        }
        match self.take_in(part, outcome) {
            Ok(()) => match part {
                // Before the lines: each provider has lines of its own.
                Part::SaveSettings if self.connection.is_touched() => self.run(Part::SaveVoip),
                Part::SaveSettings | Part::SaveVoip => self.run(Part::SaveExtensions),
                Part::SaveExtensions => {
                    self.proposed.confirm();
                    self.run(Part::SaveActive)
                }
                _ => self.finish(),
            },
            Err(failure) => {
                let mut effects = vec![];
                let wrong_credentials = part == Part::SaveVoip && matches!(failure.status(), Some(400 | 422));
                if wrong_credentials {
                    effects.push(Effect::MarkCredentialsWrong);
                }
                let stale = part == Part::SaveSettings && failure.status() == Some(412);
                if stale {
                    effects.extend(self.begin_conflict(&failure));
                }
                let complaint = if stale { Complaint::Stale } else { self.connection.complaint(failure) };
                effects.extend(self.refuse(complaint));
                effects
            }
        }
    }

    fn take_in(&mut self, part: Part, outcome: &Outcome) -> Result<(), Failure> {
        match part {
            Part::SaveSettings => {
                self.settings = outcome.read()?;
                self.stored.settings.clone_from(&self.settings);
                self.etag = outcome.etag();
                self.conflict = None;
            }
            Part::SaveVoip => {
                let voip = outcome.read::<VoipResponse>()?;
                self.connection.take(voip);
            }
            _ => {
                outcome.read::<serde_json::Value>()?;
                if part == Part::SaveExtensions {
                    self.stored.extensions.clone_from(&self.extensions);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Vec<Effect> {
        self.save = Save::Idle;
        // What saving itself brought nobody has seen yet, so the window must stay.
        let news = self.connection.news.take();
        self.done = Some(news.unwrap_or(Text::FormSaved));
        vec![Effect::KeepWindowOpen(news.is_some()), Effect::FinishSave(true)]
    }

    /// The lines as typed, one assignment each; a line of two users is refused before the Worker has to.
    fn assignments(&self) -> Result<Vec<ExtensionAssignment>, Complaint> {
        let mut found: Vec<(ExtensionId, UserId)> = vec![];
        for (user, text) in self.extensions.iter().flatten() {
            for line in split(text) {
                match found.iter().find(|(other, _)| other.0 == line) {
                    Some((_, owner)) if owner == user => {}
                    Some((_, owner)) => {
                        let (first, second) = (self.user_name(*owner), self.user_name(*user));
                        return Err(Complaint::Duplicate { line: line.to_owned(), first, second });
                    }
                    None => found.push((ExtensionId(line.to_owned()), *user)),
                }
            }
        }
        Ok(found
            .into_iter()
            .map(|(extension_id, kommo_user_id)| ExtensionAssignment { extension_id, kommo_user_id })
            .collect())
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
