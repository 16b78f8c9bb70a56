//! A call as a person at the phone tells it: ring, answer, hang up. The details of a call are
//! remembered, so that "hang up" needs no more than the word.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::text;
use crate::{crypto, problem::Problem};

/// Remembers which call is meant when none is named.
const LATEST: &str = "";

/// The event that `kind` means now.
pub(super) fn tell(
    calls: Option<&mut BTreeMap<String, Value>>,
    body: &Map<String, Value>,
    now: i64,
) -> Result<Value, Problem> {
    let kind = text(body, "kind").ok_or_else(|| Problem::new(400, "events or kind is needed"))?;
    let mut nowhere = BTreeMap::new();
    let calls = calls.unwrap_or(&mut nowhere);
    let call_id = match text(body, "callId") {
        Some(id) => id.to_owned(),
        None if kind == "ring" => format!("call-{}", crypto::random_hex(6)),
        None => calls
            .get(LATEST)
            .and_then(Value::as_str)
            .ok_or_else(|| Problem::new(400, "callId is needed: no call rang before"))?
            .to_owned(),
    };
    let mut call = calls.get(&call_id).and_then(|call| call.as_object().cloned()).unwrap_or_default();
    for name in ["from", "to", "extension", "direction", "duration", "recording", "voipAccountId"] {
        if let Some(value) = body.get(name).filter(|value| !value.is_null() && *value != "") {
            call.insert(name.to_owned(), value.clone());
        }
    }
    for name in ["from", "to"] {
        if !call.contains_key(name) {
            return Err(Problem::new(400, format!("{name} is needed")));
        }
    }
    call.insert("callId".to_owned(), json!(call_id));
    call.entry("voipAccountId").or_insert_with(|| json!("sim"));
    call.entry("startTime").or_insert_with(|| json!(now));
    let status = match kind {
        "ring" => "ringing",
        "answer" => {
            call.insert("answerTime".to_owned(), json!(now));
            "answered"
        }
        "hangup" => {
            talk(&mut call, now);
            "completed"
        }
        "miss" => {
            call.insert("endTime".to_owned(), json!(now));
            call.insert("duration".to_owned(), json!(0));
            "missed"
        }
        "recording" => {
            talk(&mut call, now);
            call.entry("recording").or_insert_with(|| json!(format!("https://recordings.example/{call_id}.mp3")));
            "completed"
        }
        other => {
            let known = "ring, answer, hangup, miss, recording";
            return Err(Problem::new(400, format!("unknown kind {other}; known: {known}")));
        }
    };
    call.insert("status".to_owned(), json!(status));
    calls.insert(LATEST.to_owned(), json!(call_id));
    calls.insert(call_id, Value::Object(call.clone()));
    Ok(Value::Object(call))
}

/// How long they talked, unless it was said; the end stays once it is known.
fn talk(call: &mut Map<String, Value>, now: i64) {
    let end = call.get("endTime").and_then(Value::as_i64).unwrap_or(now);
    call.insert("endTime".to_owned(), json!(end));
    let answered = call.get("answerTime").or_else(|| call.get("startTime")).and_then(Value::as_i64).unwrap_or(end);
    call.entry("duration").or_insert_with(|| json!((end - answered).max(0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn hanging_up_needs_only_the_word() {
        let mut calls = BTreeMap::new();
        let ring = body(json!({"kind": "ring", "from": "+49305550100", "to": "+49305550000", "extension": "101"}));
        let rung = tell(Some(&mut calls), &ring, 100).unwrap();
        tell(Some(&mut calls), &body(json!({"kind": "answer"})), 105).unwrap();
        let ended = tell(Some(&mut calls), &body(json!({"kind": "hangup"})), 135).unwrap();
        assert_eq!(ended["callId"], rung["callId"]);
        assert_eq!(ended["duration"], 30);
        assert_eq!((&ended["startTime"], &ended["endTime"]), (&json!(100), &json!(135)));
        let late = tell(Some(&mut calls), &body(json!({"kind": "recording"})), 200).unwrap();
        assert_eq!((&late["duration"], &late["endTime"]), (&json!(30), &json!(135)));
        assert!(late["recording"].as_str().unwrap().starts_with("https://"));
    }

    #[test]
    fn the_first_event_needs_both_numbers() {
        assert!(tell(None, &body(json!({"kind": "ring", "from": "1"})), 0).is_err());
    }
}
