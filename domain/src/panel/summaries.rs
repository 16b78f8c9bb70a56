//! The call summaries of one tab: which is open, which are begun, which are done.
//!
//! At most one window is open. It opens by a button, or by itself when a card asks for a result or a draft of before a
//! reload is found; Save and Cancel end it, and its draft goes with it.

use super::ask::Outcome;
use super::cards::{CardEvent, Cards};
use super::summary::{Part, Summary, SummaryEvent, Window};
use super::summary_draft::Draft;
use super::wire::Wire;
use super::{Effect, FocusOn, Timer, json};
use crate::ids::CallId;

/// How many ended summaries are remembered, so that a late card does not open one again.
const REMEMBERED: usize = 100;

/// The summaries of one tab.
#[derive(Debug, Default)]
pub(crate) struct Summaries {
    pub(crate) open: Option<Summary>,
    /// Begun and neither saved nor cancelled, other than the open one.
    drafts: Vec<(CallId, Draft)>,
    /// Saved, or cancelled although a card asked; the oldest first.
    done: Vec<CallId>,
}

impl Summaries {
    /// Something was done with the window, or asks for it.
    pub(crate) fn act(&mut self, event: SummaryEvent, cards: &mut Cards, window: Window) -> Vec<Effect> {
        match event {
            SummaryEvent::Open(id) => self.show(id, cards, window, true),
            SummaryEvent::Found(found) => {
                for (id, text) in found {
                    let draft = json::read(&text).and_then(|json| Draft::read(&json));
                    let is_new = self.open.as_ref().is_none_or(|open| open.id != id);
                    if let Some(draft) = draft.filter(|_| is_new && !self.drafts.iter().any(|(known, _)| *known == id))
                    {
                        self.drafts.push((id, draft));
                    }
                }
                vec![]
            }
            SummaryEvent::Cancel => match &self.open {
                Some(open) if !open.saving => {
                    let (id, asked) = (open.id.clone(), open.asked);
                    let mut effects = self.end();
                    if asked {
                        self.remember(id.clone());
                        effects.extend(cards.act(CardEvent::Dismiss(id)));
                    }
                    effects
                }
                _ => vec![],
            },
            SummaryEvent::Choose(_) | SummaryEvent::TaskTime(..) | SummaryEvent::Refresh | SummaryEvent::Save => {
                self.open.as_mut().map(|open| open.act(event)).unwrap_or_default()
            }
        }
    }

    /// Something for the open window, if it is still the one that asked.
    pub(crate) fn answered(&mut self, generation: u32, part: Part, outcome: &Outcome) -> Vec<Effect> {
        let Some(open) = self.open.as_mut().filter(|open| open.generation() == generation) else { return vec![] };
        let effects = open.answered(part, outcome);
        if part == Part::Result && open.complaint.is_none() {
            let id = open.id.clone();
            self.remember(id);
            return self.end();
        }
        effects
    }

    /// Brings the window in line with the cards, whatever happened: opens it for who asks, closes what nobody asks
    /// for any more and nobody has touched.
    pub(crate) fn settle(&mut self, cards: &Cards, window: Window) -> Vec<Effect> {
        let mut effects = vec![];
        if let Some(open) = &mut self.open {
            let card = cards.get(&open.id);
            let asks = card.is_some_and(|card| card.summary) && !self.done.contains(&open.id);
            let version = card.map(|card| card.version);
            if open.asked && !asks && open.draft.is_empty() && !open.saving {
                effects.extend(self.end());
            } else {
                open.asked = asks;
                if version.is_some() && open.version != version {
                    open.version = version;
                    effects.push(open.ask_call());
                }
            }
        }
        if self.open.is_none() {
            let asking = cards.asking().find(|id| !self.done.contains(id)).cloned();
            let next = asking.or_else(|| self.drafts.first().map(|(id, _)| id.clone()));
            effects.extend(next.map(|id| self.show(id, cards, window, false)).unwrap_or_default());
        }
        effects
    }

    /// A form with words in it that nobody has saved.
    pub(crate) fn has_unsaved(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.draft.is_empty() || !open.search.text.is_empty())
    }

    fn show(&mut self, id: CallId, cards: &Cards, window: Window, by_hand: bool) -> Vec<Effect> {
        match &self.open {
            Some(open) if open.id == id => return vec![Effect::Focus(FocusOn::Opened { by_hand })],
            Some(open) if open.saving => return vec![],
            Some(open) if !open.draft.is_empty() => self.drafts.push((open.id.clone(), open.draft.clone())),
            _ => {}
        }
        let kept = self.drafts.iter().position(|(known, _)| *known == id);
        let draft = kept.map(|index| self.drafts.remove(index).1).unwrap_or_default();
        let card = cards.get(&id);
        let (mut open, mut effects) = Summary::open(id, draft, window);
        open.asked = card.is_some_and(|card| card.summary) && !self.done.contains(&open.id);
        open.version = card.map(|card| card.version);
        effects.push(Effect::Focus(FocusOn::Opened { by_hand }));
        self.open = Some(open);
        effects
    }

    fn end(&mut self) -> Vec<Effect> {
        let Some(open) = self.open.take() else { return vec![] };
        vec![
            Effect::StopTimer(Timer::Search),
            Effect::KeepDraft { call: open.id, draft: None },
            Effect::Focus(FocusOn::Closed),
        ]
    }

    fn remember(&mut self, id: CallId) {
        self.done.push(id);
        if self.done.len() > REMEMBERED {
            self.done.remove(0);
        }
    }
}
