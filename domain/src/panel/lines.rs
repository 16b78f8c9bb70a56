//! Who has which line, as typed in the settings window or proposed by the provider.
//!
//! A proposal only fills what is empty, and counts once the administrator has saved it.

use super::Effect;
use super::ask::{ApiRequest, Outcome};
use super::form::{Complaint, Form, Part};
use super::{Message, Text};
use crate::ids::{ExtensionId, UserId};
use crate::protocol::{ProposalsResponse, ProposedLine};

/// What the provider proposed.
#[derive(Debug, Default)]
pub(crate) struct Proposed {
    /// It is being asked.
    pub(crate) asking: bool,
    /// Users whose lines were filled in and are not saved yet.
    pub(crate) users: Vec<UserId>,
    /// Lines of nobody.
    pub(crate) lines: Vec<ProposedLine>,
    /// Why there is nothing to see.
    pub(crate) note: Option<Message>,
}

impl Proposed {
    /// The administrator has saved what was proposed.
    pub(crate) fn confirm(&mut self) {
        self.users.clear();
    }
}

impl Form {
    pub(crate) fn propose(&mut self) -> Vec<Effect> {
        if std::mem::replace(&mut self.proposed.asking, true) {
            return vec![];
        }
        vec![self.ask(Part::Proposals, ApiRequest::get("extensions/proposals"))]
    }

    pub(crate) fn proposals_answered(&mut self, outcome: &Outcome) -> Vec<Effect> {
        let ProposalsResponse { reason, lines, .. } = match outcome.read() {
            Ok(found) => found,
            Err(failure) => {
                self.proposed.asking = false;
                self.complaint = Some(Complaint::Failed(failure));
                return vec![];
            }
        };
        self.proposed = Proposed::default();
        let empty: Vec<UserId> =
            self.users.iter().map(|user| user.id).filter(|user| self.lines_of(*user).trim().is_empty()).collect();
        for line in lines {
            if self.is_held(&line.extension_id) {
                continue;
            }
            match line.kommo_user_id.filter(|user| empty.contains(user)) {
                Some(user) => self.fill_in(user, &line.extension_id),
                None => self.proposed.lines.push(line),
            }
        }
        if self.proposed.users.is_empty() && self.proposed.lines.is_empty() {
            self.proposed.note = Some(reason.map_or(Message::Known(Text::FormNoNewLines), Message::Plain));
        }
        if self.proposed.users.is_empty() { vec![] } else { self.changed() }
    }

    pub(crate) fn lines_of(&self, user: UserId) -> &str {
        let found = self.extensions.iter().flatten().find(|(owner, _)| *owner == user);
        found.map(|(_, lines)| lines.as_str()).unwrap_or_default()
    }

    /// A line of this user that another one has as well, and whose that is.
    pub(crate) fn twice(&self, user: UserId) -> Option<(String, String)> {
        let others = || self.extensions.iter().flatten().filter(|(owner, _)| *owner != user);
        split(self.lines_of(user)).find_map(|line| {
            let (owner, _) = others().find(|(_, text)| split(text).any(|held| held == line))?;
            Some((line.to_owned(), self.user_name(*owner)))
        })
    }

    fn is_held(&self, line: &ExtensionId) -> bool {
        self.extensions.iter().flatten().any(|(_, text)| split(text).any(|held| held == line.0))
    }

    fn fill_in(&mut self, user: UserId, line: &ExtensionId) {
        let before = self.lines_of(user).trim();
        let lines = [before, if before.is_empty() { "" } else { ", " }, &line.0].concat();
        self.type_lines(user, lines);
        self.proposed.users.push(user);
    }

    /// A person typed the lines of a user.
    pub(crate) fn type_lines(&mut self, user: UserId, text: String) {
        self.proposed.users.retain(|proposed| *proposed != user);
        let Some(extensions) = &mut self.extensions else { return };
        match extensions.iter_mut().find(|(owner, _)| *owner == user) {
            Some((_, lines)) => *lines = text,
            None => extensions.push((user, text)),
        }
    }

    /// A person says whose a line is.
    pub(crate) fn give_line(&mut self, line: &ExtensionId, user: &str) {
        if let Ok(user) = user.parse() {
            self.proposed.lines.retain(|proposed| proposed.extension_id != *line);
            self.fill_in(UserId(user), line);
        }
    }
}

/// The lines in a text as people type it.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';']).map(str::trim).filter(|line| !line.is_empty())
}
