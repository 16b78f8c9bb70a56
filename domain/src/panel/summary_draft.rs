//! What a person has changed in a call summary and not saved yet, and how it outlives a reload of the page.
//!
//! Only what was touched stands here: everything else follows the call, so that a late answer of the server never
//! overwrites a word that was typed.

use super::wire::{Wire, field};
use crate::protocol::{CallView, EntityView, FollowUp, PutResultRequest};
use serde_json::Value;

/// The touched fields of one summary.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Draft {
    pub(crate) status: Option<u8>,
    pub(crate) text: Option<String>,
    pub(crate) entity: Option<EntityView>,
    pub(crate) task: Option<bool>,
    pub(crate) task_text: Option<String>,
    /// Unix seconds; none while what stands in the field is no moment (yet).
    pub(crate) task_at: Option<i64>,
    /// The moment as it stands in the field; none as long as nobody typed there.
    pub(crate) task_typed: Option<String>,
    pub(crate) score: Option<u8>,
    pub(crate) reason: Option<String>,
}

impl Wire for Draft {
    fn read(json: &Value) -> Option<Self> {
        Some(Self {
            status: field(json, "status")?,
            text: field(json, "text")?,
            entity: json.get("entity").and_then(read_entity),
            task: field(json, "task")?,
            task_text: field(json, "taskText")?,
            task_at: field(json, "taskAt")?,
            task_typed: field(json, "taskTyped")?,
            score: field(json, "score")?,
            reason: field(json, "reason")?,
        })
    }
}

fn read_entity(pair: &Value) -> Option<EntityView> {
    Some(EntityView { entity: Wire::read(pair.get(0)?)?, name: Wire::read(pair.get(1)?)? })
}

impl Draft {
    /// Whether anything was touched at all.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The result: as chosen, as saved before, or what the call's end suggests.
    pub(crate) fn status(&self, call: &CallView) -> u8 {
        let suggested = match call.status.as_str() {
            "completed" | "answered" => 4,
            "busy" => 7,
            _ if call.duration > 0 => 4,
            _ => 6,
        };
        self.status.or(saved(call).map(|result| result.call_status)).unwrap_or(suggested)
    }

    /// The note's words.
    pub(crate) fn text<'a>(&'a self, call: &'a CallView) -> &'a str {
        self.text.as_deref().or(saved(call).map(|result| result.text.as_str())).unwrap_or_default()
    }

    /// What the call is linked to.
    pub(crate) fn entity<'a>(&'a self, call: &'a CallView) -> Option<&'a EntityView> {
        self.entity.as_ref().or(call.entity.as_ref())
    }

    /// Whether a follow-up is wanted.
    pub(crate) fn wants_task(&self, call: &CallView) -> bool {
        self.task.unwrap_or_else(|| saved_task(call).is_some())
    }

    /// What is to be done.
    pub(crate) fn task_text<'a>(&'a self, call: &'a CallView) -> &'a str {
        self.task_text.as_deref().or(saved_task(call).map(|task| task.text.as_str())).unwrap_or_default()
    }

    /// By when.
    pub(crate) fn task_at(&self, call: &CallView) -> Option<i64> {
        match self.task_typed {
            Some(_) => self.task_at,
            None => self.task_at.or(saved_task(call).map(|task| task.complete_till)),
        }
    }

    /// The rating.
    pub(crate) fn score(&self, call: &CallView) -> Option<u8> {
        self.score.or(call.rating)
    }

    /// Why this rating.
    pub(crate) fn reason<'a>(&'a self, call: &'a CallView) -> &'a str {
        self.reason.as_deref().or(call.rating_reason.as_deref()).unwrap_or_default()
    }

    /// What saving sends. The entity only where a person chose it, now or before: else our rules have the word.
    pub(crate) fn result(&self, call: &CallView) -> PutResultRequest {
        let chosen = self.entity.as_ref().map(|view| view.entity);
        let task = self.task_at(call).filter(|_| self.wants_task(call));
        PutResultRequest {
            call_status: self.status(call),
            text: self.text(call).trim().to_owned(),
            entity: chosen.or(saved(call).and_then(|result| result.entity)),
            task: task.map(|complete_till| FollowUp { text: self.task_text(call).trim().to_owned(), complete_till }),
        }
    }
}

fn saved(call: &CallView) -> Option<&PutResultRequest> {
    call.result.as_ref()
}

fn saved_task(call: &CallView) -> Option<&FollowUp> {
    saved(call)?.task.as_ref()
}

#[cfg(test)]
mod tests {
    use super::super::say::Say;
    use super::*;
    use crate::ids::{Entity, LeadId};

    #[test]
    fn a_draft_survives_the_browsers_storage() {
        let draft = Draft {
            status: Some(2),
            text: Some("Ask <again>".into()),
            entity: Some(EntityView { entity: Entity::Leads(LeadId(7)), name: Some("Roof".into()) }),
            task: Some(true),
            task_text: Some("Call".into()),
            task_at: Some(9),
            task_typed: Some("2026-11-23T10:00".into()),
            score: Some(3),
            reason: Some("noise".into()),
        };
        assert_eq!(super::super::json::read(&draft.to_json()).and_then(|json| Draft::read(&json)), Some(draft));
        assert_eq!(Draft::read(&serde_json::json!({})), Some(Draft::default()));
        assert!(Draft::default().is_empty());
    }
}
