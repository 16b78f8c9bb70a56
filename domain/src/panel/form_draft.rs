//! What stands in the settings window and is not saved: warned of, and kept when the CRM closes the window.

use super::form::Form;
use super::{Effect, Message, Text, Timer};
use crate::ids::UserId;
use crate::protocol::NoticeLevel;
use crate::time::Millis;
use serde_json::Value;

/// How soon a closed window is noticed.
const WATCH_EVERY: Millis = Millis::seconds(1);

/// What a person had typed when the CRM closed the window without a word. It lives in this tab only, and holds no
/// credentials.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    settings: Value,
    extensions: Option<Vec<(UserId, String)>>,
}

impl Draft {
    /// Whether it says nothing new.
    pub(crate) fn is_as(&self, settings: &Value, extensions: Option<&Vec<(UserId, String)>>) -> bool {
        self.settings == *settings && self.extensions.as_ref() == extensions
    }
}

/// What is stored of what the window shows: what differs from it is unsaved.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Stored {
    pub(crate) settings: Value,
    pub(crate) extensions: Option<Vec<(UserId, String)>>,
}

impl Form {
    /// Puts back what was typed before the last window was closed.
    pub(crate) fn restore(&mut self) -> Vec<Effect> {
        let Some(draft) = self.draft.take() else { return vec![] };
        self.settings = draft.settings;
        self.extensions = draft.extensions.or_else(|| self.extensions.take());
        self.changed()
    }

    /// Something stands in the window that is not saved.
    pub(crate) fn is_unsaved(&self) -> bool {
        let is_loaded = self.is_ready();
        let touched = self.settings != self.stored.settings || self.extensions != self.stored.extensions;
        is_loaded && (touched || self.connection.has_typed())
    }

    /// Has the browser ask before the page goes, exactly as long as something would be lost.
    pub(crate) fn guard(&mut self) -> Vec<Effect> {
        let unsaved = self.is_unsaved();
        if std::mem::replace(&mut self.guarded, unsaved) == unsaved {
            return vec![];
        }
        let watch = if unsaved { watch() } else { Effect::StopTimer(Timer::Watch) };
        vec![Effect::WarnBeforeLeaving(unsaved), watch]
    }

    /// The window still stands: look again, as long as something would be lost with it.
    pub(crate) fn watched(&self) -> Vec<Effect> {
        if self.guarded { vec![watch()] } else { vec![] }
    }

    /// The window is gone: what was not saved is kept for the next one, and the browser lets the page go again. What was
    /// typed as a credential is not kept.
    pub(crate) fn close(self) -> (Option<Draft>, Vec<Effect>) {
        let mut effects = vec![Effect::StopTimer(Timer::ConnectPoll)];
        if self.guarded {
            effects.extend([Effect::WarnBeforeLeaving(false), Effect::StopTimer(Timer::Watch)]);
        }
        let keeps =
            self.is_unsaved() && (self.settings != self.stored.settings || self.extensions != self.stored.extensions);
        if keeps {
            let message = Message::Known(Text::FormClosedUnsaved);
            effects.push(Effect::Notify { level: NoticeLevel::Info, message });
        }
        let draft = Draft { settings: self.settings, extensions: self.extensions };
        (keeps.then_some(draft).or(self.draft), effects)
    }
}

fn watch() -> Effect {
    Effect::StartTimer { timer: Timer::Watch, after: WATCH_EVERY, spread: Millis(0) }
}
