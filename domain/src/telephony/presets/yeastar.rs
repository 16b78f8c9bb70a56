//! Yeastar P-Series: "Call Status Changed" and "Call End Details".
//!
//! Yeastar: monitor events via webhook. The message is JSON inside JSON, times are the PBX's local ones.

use super::News;
use crate::ids::ExtensionId;
use crate::telephony::fields::Fields;
use crate::telephony::legs::event;
use crate::telephony::{CallEvent, Context, Direction, Refused, ReportedStatus};
use crate::time::Millis;
use serde_json::Value;

/// Reads one event; those that are not about the course of a call say nothing.
pub(super) fn read(body: &Value, context: &Context<'_>) -> Result<News, Refused> {
    let outer = Fields::of(body);
    let message = match outer.value("msg") {
        Some(Value::String(text)) => {
            serde_json::from_str(text).map_err(|error| Refused::Malformed(format!("msg: {error}")))?
        }
        Some(other) => other.clone(),
        None => return Err(Refused::Missing("msg")),
    };
    let message = Fields::of(&message);
    let events = match outer.text("type").as_str() {
        "30011" => changed(&message, context)?,
        "30012" => ended(&message, context)?,
        _ => vec![],
    };
    Ok(News { events, recordings: vec![] })
}

/// Every member of the call and how it stands.
fn changed(message: &Fields<'_>, context: &Context<'_>) -> Result<Vec<CallEvent>, Refused> {
    use ReportedStatus::{Answered, Ended, Ringing};
    let call_id = message.filled("call_id").ok_or(Refused::Missing("msg.call_id"))?;
    let find = |name: &str| message.items("members").map(|one| one.inner(name)).find(Fields::is_there);
    let lines: Vec<_> = message.items("members").map(|one| one.inner("extension")).filter(Fields::is_there).collect();
    let step = |member: &Fields<'_>| match member.text("member_status").as_str() {
        "ALERT" | "RING" => Some(Ringing),
        "ANSWER" | "ANSWERED" | "HOLD" => Some(Answered),
        "BYE" => Some(Ended),
        _ => None,
    };
    let (inbound, outbound) = (find("inbound"), find("outbound"));
    let numbers: Vec<String> = lines.iter().map(|line| line.text("number")).collect();
    let first = numbers.first().cloned().unwrap_or_default();
    let (from, to, direction) = match (&inbound, &outbound) {
        (Some(trunk), _) => (trunk.text("from"), trunk.text("to"), Some(Direction::Inbound)),
        (None, Some(trunk)) => {
            let from = if first.is_empty() { trunk.text("from") } else { first };
            (from, trunk.text("to"), Some(Direction::Outbound))
        }
        (None, None) if numbers.len() == 2 => {
            let called = numbers.get(1).cloned().unwrap_or_default();
            (first, called, Some(Direction::Internal))
        }
        (None, None) => (String::new(), first, None),
    };
    let make = |line: Option<String>, status| CallEvent {
        direction,
        answered_at: (status == Answered).then_some(context.now),
        ended_at: (status == Ended).then_some(context.now),
        ..event(call_id.clone(), from.clone(), to.clone(), (line.map(ExtensionId), status), context.now)
    };
    let client_talks = outbound.as_ref().is_none_or(|trunk| step(trunk) != Some(Ringing));
    let of_lines = lines.iter().filter_map(|line| {
        let number = line.filled("number")?;
        // Who dials out is said to have answered while the other side still rings.
        let status = step(line)?;
        Some(make(Some(number), if status == Answered && !client_talks { Ringing } else { status }))
    });
    // The trunk is answered by the PBX itself: it only tells that there is a call, and when it is over.
    let of_trunk = inbound.iter().chain(&outbound).filter_map(|trunk| {
        let status = step(trunk)?;
        Some(make(None, if status == Ended { Ended } else { Ringing }))
    });
    Ok(of_lines.chain(of_trunk).collect())
}

/// How a call, or its stretch with one extension, ended.
fn ended(message: &Fields<'_>, context: &Context<'_>) -> Result<Vec<CallEvent>, Refused> {
    use ReportedStatus::{Busy, Completed, Failed, Missed, Voicemail};
    let call_id = message.filled("call_id").ok_or(Refused::Missing("msg.call_id"))?;
    let status = match message.text("status").to_ascii_uppercase().as_str() {
        "ANSWERED" | "ANSWERD" => Completed,
        "NO ANSWER" => Missed,
        "BUSY" => Busy,
        "FAILED" => Failed,
        "VOICEMAIL" => Voicemail,
        _ => return Ok(vec![]),
    };
    let direction = match message.text("type").to_ascii_lowercase().as_str() {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        "internal" => Some(Direction::Internal),
        _ => None,
    };
    let (from, called) = (number(&message.text("call_from")), number(&message.text("call_to")));
    let line = if direction == Some(Direction::Outbound) { &from } else { &called };
    let line = Some(line.clone()).filter(|line| (1..=8).contains(&line.len()) && !line.starts_with('+'));
    let to = match direction {
        Some(Direction::Inbound) => message.filled("did_number").unwrap_or(called),
        _ => called,
    };
    let started = context.zone.read(&message.text("time_start").replace('/', "-")).unwrap_or(context.now);
    let end = message.seconds("call_duration").map(|seconds| started + Millis::seconds(seconds));
    let talk = message.seconds("talk_duration").filter(|_| status == Completed);
    let event = CallEvent {
        direction,
        ended_at: end,
        answered_at: end.zip(talk).map(|(end, talk)| end + Millis::seconds(-talk)),
        talk_seconds: talk,
        ..event(call_id, from, to, (line.map(ExtensionId), status), started)
    };
    Ok(vec![event])
}

/// `Anna<101>` is 101.
fn number(text: &str) -> String {
    let inner = text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inner, _)| inner);
    inner.unwrap_or(text).trim().to_owned()
}
