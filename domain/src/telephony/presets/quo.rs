//! Quo's call events (formerly OpenPhone), of the present and of the older webhooks.
//!
//! Quo: webhook events. They come in no order. A line is one of Quo's users, known by its id.

use super::News;
use crate::ids::ExtensionId;
use crate::telephony::clock::iso8601;
use crate::telephony::fields::Fields;
use crate::telephony::form::https;
use crate::telephony::legs::{event, late_recording};
use crate::telephony::{CallEvent, Context, Direction, Refused, ReportedStatus};
use serde_json::Value;

/// Reads one event.
pub(super) fn read(body: &Value, context: &Context<'_>) -> Result<News, Refused> {
    let envelope = Fields::of(body);
    // The older webhooks wrap the event once more, and some of the vendor's examples leave `data` out.
    let envelope = Some(envelope.inner("object")).filter(|inner| inner.inner("data").is_there()).unwrap_or(envelope);
    let data = Some(envelope.inner("data")).filter(Fields::is_there).unwrap_or(envelope);
    let call = Some(data.inner("resource")).filter(Fields::is_there).unwrap_or_else(|| data.inner("object"));
    let kind = envelope.text("type");
    if !kind.starts_with("call.") {
        return Ok(News::default());
    }
    let call_id = call.first(&["callId", "id"]).ok_or(Refused::Missing("data.resource.id"))?;
    if matches!(kind.as_str(), "call.recording.completed" | "call.voicemail.completed") {
        let late = recording(&call).and_then(|url| late_recording(&call_id, &url));
        return Ok(News { events: vec![], recordings: late.into_iter().collect() });
    }
    let context_fields = data.inner("context");
    let Some((line, status)) = said(&kind, &call, &context_fields) else { return Ok(News::default()) };
    let is_inbound = call.text("direction") != "outgoing";
    let started = iso8601(&call.text("createdAt")).or_else(|| iso8601(&envelope.text("createdAt")));
    let (answered, ended) = (iso8601(&call.text("answeredAt")), iso8601(&call.text("completedAt")));
    let (from, to) = numbers(&call, &context_fields, is_inbound);
    let is_talk = status == ReportedStatus::Completed;
    let between = answered.zip(ended).map(|(answered, ended)| (ended - answered).0.max(0) / 1000);
    let event = CallEvent {
        direction: Some(if is_inbound { Direction::Inbound } else { Direction::Outbound }),
        answered_at: answered.filter(|_| is_talk || status == ReportedStatus::Answered),
        ended_at: ended.filter(|_| !matches!(status, ReportedStatus::Ringing | ReportedStatus::Answered)),
        talk_seconds: between.or_else(|| call.seconds("duration")).filter(|_| is_talk),
        recording: recording(&call),
        ..event(call_id, from, to, (line, status), started.unwrap_or(context.now))
    };
    Ok(News { events: vec![event], recordings: vec![] })
}

/// Of which line an event tells, and what.
fn said(kind: &str, call: &Fields<'_>, context: &Fields<'_>) -> Option<(Option<ExtensionId>, ReportedStatus)> {
    use ReportedStatus::{Answered, Busy, Cancelled, Completed, Failed, Missed, Ringing, Voicemail};
    let is_outgoing = call.text("direction") == "outgoing";
    let caller = call.first(&["initiatedBy", "userId"]).or_else(|| context.filled("userId"));
    let picked_up = call.first(&["answeredByUserId", "answeredBy"]);
    let talker = if is_outgoing { caller.clone().or(picked_up) } else { picked_up.or_else(|| caller.clone()) };
    let has_voicemail = call.is_true("hasVoicemail") || call.inner("voicemail").is_there();
    let line = |name: Option<String>| name.map(ExtensionId);
    Some(match kind {
        "call.ringing" if is_outgoing => (line(caller), Ringing),
        // A shared number rings for everybody, whoever it belongs to.
        "call.ringing" => (None, Ringing),
        "call.answered" => (line(talker), Answered),
        "call.missed" if has_voicemail => (None, Voicemail),
        "call.missed" => (None, Missed),
        "call.completed" => {
            let status = call.text("status");
            let is_failed =
                matches!(status.as_str(), "missed" | "no-answer" | "abandoned" | "busy" | "failed" | "canceled");
            if !call.text("answeredAt").is_empty() && !is_failed {
                return Some((line(talker), Completed));
            }
            let line = if is_outgoing { line(caller) } else { None };
            (
                line,
                match status.as_str() {
                    _ if has_voicemail => Voicemail,
                    "busy" => Busy,
                    "failed" => Failed,
                    "canceled" => Cancelled,
                    _ => Missed,
                },
            )
        }
        _ => return None,
    })
}

/// Both numbers: as such, else from the participants.
fn numbers(call: &Fields<'_>, context: &Fields<'_>, is_inbound: bool) -> (String, String) {
    let people = context.inner("participants");
    let first = |side: &str| {
        let one = people.value(side)?.as_array()?.first()?;
        match one {
            Value::String(_) => people.value(side)?.as_array()?.first()?.as_str().map(crate::telephony::form::plain),
            other => Fields::of(other).first(&["phoneNumber", "number"]),
        }
    };
    let (outside, ours) = (first("external"), first("workspace"));
    let (from, to) = if is_inbound { (outside, ours) } else { (ours, outside) };
    let number = |name: &str, other: Option<String>| call.filled(name).or(other).unwrap_or_default();
    (number("from", from), number("to", to))
}

fn recording(call: &Fields<'_>) -> Option<String> {
    let listed = call.items("recordings").chain(call.items("media")).map(|item| item.text("url"));
    listed.chain([call.text("recordingUrl"), call.text("url")]).find_map(|url| https(&url))
}
