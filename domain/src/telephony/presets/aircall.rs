//! Aircall's call events.
//!
//! Aircall: webhooks. Events come in any order and repeat; each carries the whole call. A line is a user, known by
//! the e-mail address.

use super::News;
use crate::ids::ExtensionId;
use crate::telephony::fields::Fields;
use crate::telephony::form::https;
use crate::telephony::legs::{event, late_recording};
use crate::telephony::{CallEvent, Context, Direction, Refused, ReportedStatus};
use crate::time::Moment;
use serde_json::Value;

/// Reads one event.
pub(super) fn read(body: &Value, context: &Context<'_>) -> Result<News, Refused> {
    use ReportedStatus::{Answered, Cancelled, Completed, Ended, Missed, Ringing, Voicemail};
    let body = Fields::of(body);
    let data = body.inner("data");
    let kind = body.text("event");
    if !kind.starts_with("call.") {
        return Ok(News::default());
    }
    let call_id = data.filled("id").ok_or(Refused::Missing("data.id"))?;
    let recording = ["recording", "voicemail"].iter().find_map(|name| https(&data.text(name)));
    let talked = moment(&data, "answered_at");
    let user = data.inner("user").first(&["email", "id"]).map(|name| ExtensionId(name.to_lowercase()));
    let is_inbound = data.text("direction") != "outbound";
    let (line, status) = match kind.as_str() {
        "call.created" => (None, Ringing),
        "call.ringing_on_agent" => (user, Ringing),
        "call.agent_declined" => (user, Missed),
        "call.answered" => (user, Answered),
        "call.hungup" => (None, Ended),
        "call.voicemail_left" => (None, Voicemail),
        "call.ended" if talked.is_some() => (user, Completed),
        "call.ended" if !data.text("voicemail").is_empty() => (None, Voicemail),
        "call.ended" if data.text("missed_call_reason") == "short_abandoned" => (None, Cancelled),
        "call.ended" => (None, Missed),
        "call.comm_assets_generated" => {
            let late = recording.and_then(|url| late_recording(&call_id, &url));
            return Ok(News { events: vec![], recordings: late.into_iter().collect() });
        }
        _ => return Ok(News::default()),
    };
    let client = Some(data.text("raw_digits")).filter(|number| number != "anonymous").unwrap_or_default();
    let ours = data.inner("number").text("digits");
    let (from, to) = if is_inbound { (client, ours) } else { (ours, client) };
    let started = moment(&data, "started_at").or_else(|| moment(&body, "timestamp")).unwrap_or(context.now);
    let ended = moment(&data, "ended_at");
    let is_talk = status == Completed;
    let event = event(call_id, from, to, (line, status), started);
    let event = CallEvent {
        direction: Some(if is_inbound { Direction::Inbound } else { Direction::Outbound }),
        answered_at: talked.filter(|_| is_talk || status == Answered),
        ended_at: ended.filter(|_| !matches!(status, Ringing | Answered)),
        // Aircall's own duration includes the ringing.
        talk_seconds: talked.zip(ended).map(|(talked, ended)| (ended - talked).0.max(0) / 1000).filter(|_| is_talk),
        recording,
        ..event
    };
    Ok(News { events: vec![event], recordings: vec![] })
}

fn moment(fields: &Fields<'_>, name: &str) -> Option<Moment> {
    fields.value(name)?.as_i64().filter(|seconds| (0..=4_102_444_800).contains(seconds)).map(Moment::from_seconds)
}
