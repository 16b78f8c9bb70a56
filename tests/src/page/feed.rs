//! What happened with one entity, oldest first: its notes and its tasks.

use serde_json::{Map, Value, json};

use super::reader::Sight;
use crate::state::{EntityKind, Id, Note, Task};

/// The feed of an entity.
pub(super) fn of(sight: Sight<'_>, kind: EntityKind, id: Id) -> Vec<Value> {
    let notes = sight
        .account
        .notes
        .values()
        .filter(|note| note.entity == kind && note.entity_id == id)
        .map(|item| (item.created_at, item.id, note(sight, item)));
    let tasks = sight
        .account
        .tasks
        .values()
        .filter(|task| task.entity == Some((kind, id)))
        .map(|item| (item.created_at, item.id, task(sight, item)));
    let mut all: Vec<_> = notes.chain(tasks).collect();
    all.sort_by_key(|(at, id, _)| (*at, *id));
    all.into_iter().map(|(_, _, item)| item).collect()
}

fn note(sight: Sight<'_>, note: &Note) -> Value {
    let direction = match note.note_type.as_str() {
        "call_in" => Some("inbound"),
        "call_out" => Some("outbound"),
        _ => None,
    };
    let author = sight.name_of(note.created_by);
    let common = json!({
        "id": note.id, "note_type": note.note_type, "created_at": note.created_at, "author": author,
    });
    let rest = match direction {
        Some(direction) => json!({
            "kind": "call", "direction": direction,
            "duration": note.params.get("duration").and_then(whole).unwrap_or(0),
            "phone": text(&note.params, "phone"), "link": link(&note.params),
            "result": text(&note.params, "call_result"),
            "call_status": note.params.get("call_status").and_then(whole),
            "responsible": responsible(sight, note),
        }),
        None => json!({
            "kind": "note", "text": text(&note.params, "text"),
            "service": text(&note.params, "service"),
        }),
    };
    merged(common, rest)
}

fn task(sight: Sight<'_>, task: &Task) -> Value {
    json!({
        "kind": "task", "id": task.id, "created_at": task.created_at, "text": task.text,
        "author": sight.name_of(task.created_by), "complete_till": task.complete_till,
        "is_completed": task.is_completed, "result": task.result,
        "responsible": sight.name_of(task.responsible_user_id),
    })
}

fn merged(mut first: Value, second: Value) -> Value {
    if let (Some(first), Value::Object(second)) = (first.as_object_mut(), second) {
        first.extend(second);
    }
    first
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn text(params: &Map<String, Value>, key: &str) -> Option<String> {
    let text = params.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Only web addresses are played: anything else in a note is not a recording.
fn link(params: &Map<String, Value>) -> Option<String> {
    text(params, "link").filter(|link| link.starts_with("http://") || link.starts_with("https://"))
}

/// `call_responsible` is a user's id or, as plain text, a name.
fn responsible(sight: Sight<'_>, note: &Note) -> String {
    let named = note.params.get("call_responsible").and_then(|value| match value {
        Value::Number(id) => id.as_u64().map(|id| sight.name_of(id).to_owned()),
        Value::String(name) => Some(name.clone()),
        _ => None,
    });
    named.unwrap_or_else(|| sight.name_of(note.responsible_user_id).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_only_played_from_the_web() {
        let params = |link: &str| json!({"link": link}).as_object().cloned().unwrap();
        assert!(link(&params("https://rec.example/1.mp3")).is_some());
        assert!(link(&params("javascript:alert(1)")).is_none());
    }
}
