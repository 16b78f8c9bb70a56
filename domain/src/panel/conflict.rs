//! Two administrators changed the settings at once: what was saved meanwhile, what was typed here, and the way to one
//! version, setting by setting. Nothing is overwritten before a person has chosen.

use super::ask::{ApiRequest, Failure, Outcome};
use super::form::{Form, Part};
use super::form_save::Save;
use super::form_settings::{self, GROUPS, Setting, put, shown};
use super::wire::field;
use super::{Effect, Message, json};
use serde_json::Value;

/// The settings of both sides.
#[derive(Debug, PartialEq)]
pub(crate) struct Conflict {
    /// Who saved meanwhile, where the server knows.
    pub(crate) by: Option<String>,
    /// When, Unix seconds.
    pub(crate) at: Option<i64>,
    /// What was typed here.
    pub(crate) mine: Value,
    /// What is saved, with its version; none before it was read.
    pub(crate) theirs: Option<(Value, Option<String>)>,
    /// The window shows what is saved, and what was typed stands beside it.
    pub(crate) loaded: bool,
    /// Nothing was typed here: what is saved simply takes its place.
    pub(crate) is_quiet: bool,
    /// Why what is saved cannot be read.
    pub(crate) failure: Option<Message>,
}

/// The settings in which two versions differ. Where something is switched as a whole, what belongs to it is no
/// difference of its own.
pub(crate) fn differences(one: &Value, other: &Value) -> Vec<&'static Setting> {
    let mut found: Vec<&'static Setting> = vec![];
    for setting in GROUPS.iter().flat_map(|group| group.settings) {
        let is_part = |whole: &Setting| setting.path.strip_prefix(whole.path).is_some_and(|rest| rest.starts_with('-'));
        // A list shows as nothing, so it is compared itself.
        let list = |settings| at(settings, setting.path).and_then(Value::as_array);
        let is_same = shown(one, setting.path) == shown(other, setting.path) && list(one) == list(other);
        if !is_same && !found.iter().copied().any(is_part) {
            found.push(setting);
        }
    }
    found
}

fn at<'v>(settings: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('-').try_fold(settings, |value, name| value.get(name))
}

impl Form {
    /// Saving found another version than the one that was opened.
    pub(crate) fn begin_conflict(&mut self, failure: &Failure) -> Vec<Effect> {
        let (by, at) = match failure {
            Failure::Refused(problem) => (problem.changed_by.clone(), problem.changed_at),
            Failure::Unreachable | Failure::Unexpected { .. } => (None, None),
        };
        vec![self.compare(by, at)]
    }

    fn compare(&mut self, by: Option<String>, at: Option<i64>) -> Effect {
        let (mine, is_quiet) = (self.settings.clone(), self.settings == self.stored.settings);
        self.conflict = Some(Conflict { by, at, mine, theirs: None, loaded: false, is_quiet, failure: None });
        self.ask(Part::Theirs, ApiRequest::get("settings"))
    }

    /// A live message says that an administrator saved the settings: whoever has them open learns of it before saving.
    pub(crate) fn saved_elsewhere(&mut self, message: &str) -> Vec<Effect> {
        let Some(message) = json::read(message) else { return vec![] };
        let is_news = message.get("settings").is_some_and(|settings| *settings != self.stored.settings);
        // What this window saves itself comes back as a message, too.
        if !is_news || !self.is_ready() || self.save != Save::Idle || self.conflict.is_some() {
            return vec![];
        }
        vec![self.compare(field(&message, "by").flatten(), None)]
    }

    /// What is saved was read.
    pub(crate) fn theirs_answered(&mut self, outcome: &Outcome) {
        let Some(conflict) = &mut self.conflict else { return };
        match outcome.read::<Value>() {
            Ok(settings) => conflict.theirs = Some((settings, outcome.etag())),
            Err(failure) => conflict.failure = Some(failure.message()),
        }
        if conflict.is_quiet && conflict.theirs.is_some() {
            self.load_theirs();
            self.conflict = None;
        }
    }

    /// Shows what is saved; what was typed stays beside it.
    pub(crate) fn load_theirs(&mut self) {
        let Some(conflict) = &mut self.conflict else { return };
        let Some((settings, etag)) = &conflict.theirs else { return };
        (self.settings, self.etag) = (settings.clone(), etag.clone());
        self.stored.settings = settings.clone();
        conflict.loaded = true;
        self.complaint = None;
    }

    /// Puts what was typed here back into one setting.
    pub(crate) fn take_mine(&mut self, path: &str) {
        let Some(setting) = form_settings::setting(path) else { return };
        let value = self.conflict.as_ref().and_then(|conflict| at(&conflict.mine, setting.path).cloned());
        put(&mut self.settings, setting.path, value.unwrap_or_default());
    }

    /// The settings in which what was typed differs from what the window shows, or from what is saved.
    pub(crate) fn disputed(&self) -> Vec<&'static Setting> {
        let Some(conflict) = &self.conflict else { return vec![] };
        match &conflict.theirs {
            Some(_) if conflict.loaded => differences(&conflict.mine, &self.settings),
            Some((theirs, _)) => differences(&conflict.mine, theirs),
            None => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Settings, WorkingHours};

    fn paths(one: &Settings, other: &Settings) -> Vec<&'static str> {
        let json = |settings: &Settings| serde_json::to_value(settings).expect("settings are JSON");
        differences(&json(one), &json(other)).iter().map(|setting| setting.path).collect()
    }

    #[test]
    fn only_what_differs_is_named_and_a_whole_once() {
        let before = Settings::default();
        assert!(paths(&before, &before).is_empty());
        let other = Settings { ring_sound: false, retention_days: 30, ..Settings::default() };
        assert_eq!(paths(&before, &other), ["ringSound", "retentionDays"]);
        let hours = Settings { working_hours: Some(WorkingHours::default()), ..Settings::default() };
        assert_eq!(paths(&before, &hours), ["workingHours"], "not each of its parts");
        let weekend = WorkingHours { days: vec![6, 7], ..WorkingHours::default() };
        let weekend = Settings { working_hours: Some(weekend), ..Settings::default() };
        assert_eq!(paths(&hours, &weekend), ["workingHours-days"]);
    }
}
