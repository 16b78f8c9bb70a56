//! FreeSWITCH's `mod_json_cdr`: one record for each leg, at its end.
//!
//! FreeSWITCH: mod_json_cdr. The caller's leg is answered by the dialplan itself, so it tells that the call is over;
//! whether anybody talked is told by the leg that was dialled, which the module logs too unless it is told not to.

use super::News;
use crate::ids::ExtensionId;
use crate::telephony::fields::Fields;
use crate::telephony::form::{decode, https, lossy, percent_decode};
use crate::telephony::legs::{event, late_recording};
use crate::telephony::{CallEvent, Context, Refused, ReportedStatus};
use crate::time::Moment;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Takes the JSON out of what was sent. The content type is not to be trusted: with some settings the module loses
/// it, so the body itself tells whether it is JSON, a form with JSON or a form with base64.
pub(super) fn unwrap(body: &[u8]) -> Result<Value, Refused> {
    let malformed = |text: &str| Refused::Malformed(text.to_owned());
    let body = body.trim_ascii();
    let mut json = match body.strip_prefix(b"cdr=") {
        None => body.to_vec(),
        // Base64 is sent as it is, so its `+` is no blank.
        Some(value) => match decode(value) {
            decoded if decoded.trim_ascii_start().starts_with(b"{") => decoded,
            _ => STANDARD.decode(percent_decode(value)).map_err(|_| malformed("cdr is neither JSON nor base64"))?,
        },
    };
    if json.starts_with(b"%7B") || json.starts_with(b"%7b") {
        json = decode(&json);
    }
    crate::utf8::json(&json).map_err(|error| Refused::Malformed(error.to_string()))
}

/// Reads the record of one leg.
pub(super) fn read(record: &Value, context: &Context<'_>) -> Result<News, Refused> {
    use ReportedStatus::{Completed, Ended};
    let record = Fields::of(record);
    let variables = record.inner("variables");
    let profile = record.items("callflow").next().map(|flow| flow.inner("caller_profile"));
    let text = |name: &str| unescaped(&variables.text(name));
    let of_profile = |name: &str| profile.map(|profile| unescaped(&profile.text(name))).unwrap_or_default();
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());

    let uuid = filled(text("uuid")).ok_or(Refused::Missing("variables.uuid"))?;
    let is_dialled = text("direction") == "outbound";
    let other = ["originator", "originating_leg_uuid", "originate_signal_bond", "signal_bond", "bridge_uuid"];
    let parent = other.iter().filter(|_| is_dialled).find_map(|name| filled(text(name)));
    let call_id = parent.unwrap_or_else(|| uuid.clone());

    let (caller, called) = (of_profile("caller_id_number"), of_profile("destination_number"));
    let line = filled(text("dialed_user")).or_else(|| {
        // A leg to the outside belongs to whoever dialled it.
        let side = if is_number(&called) { &caller } else { &called };
        Some(side.clone()).filter(|side| !side.is_empty() && !is_number(side))
    });
    let talk = text("billsec").parse::<i64>().ok().filter(|talk| *talk > 0);
    let cause = text("hangup_cause");
    let status = match (is_dialled, talk) {
        (true, Some(_)) => Completed,
        (false, Some(_)) => Ended,
        (_, None) => unanswered(&cause, is_dialled),
    };
    let epoch = |name: &str| {
        let seconds = text(name).parse::<i64>().ok().filter(|seconds| (1..4_102_444_800).contains(seconds));
        seconds.map(Moment::from_seconds)
    };
    let line = line.filter(|_| is_dialled).map(ExtensionId);
    let recording = ["record_file_name", "recording_url"].iter().find_map(|name| https(&text(name)));
    let recordings = recording.as_ref().filter(|_| !is_dialled).and_then(|url| late_recording(&call_id, url));
    let event = CallEvent {
        answered_at: epoch("answer_epoch").filter(|_| status == Completed),
        ended_at: epoch("end_epoch"),
        talk_seconds: talk.filter(|_| status == Completed),
        recording: recording.filter(|_| is_dialled),
        ..event(call_id, caller, called, (line, status), epoch("start_epoch").unwrap_or(context.now))
    };
    Ok(News { events: vec![event], recordings: recordings.into_iter().collect() })
}

fn unanswered(cause: &str, is_dialled: bool) -> ReportedStatus {
    match cause {
        "USER_BUSY" => ReportedStatus::Busy,
        // The last two: somebody else was quicker to pick up.
        "ORIGINATOR_CANCEL" | "CALL_REJECTED" | "LOSE_RACE" | "PICKED_OFF" => ReportedStatus::Cancelled,
        "NO_ROUTE_DESTINATION" | "INCOMPATIBLE_DESTINATION" | "UNALLOCATED_NUMBER" => ReportedStatus::Failed,
        "NORMAL_CLEARING" if !is_dialled => ReportedStatus::Ended,
        _ => ReportedStatus::Missed,
    }
}

/// Values are percent-encoded unless the module is told otherwise.
fn unescaped(text: &str) -> String {
    crate::telephony::form::plain(&lossy(&percent_decode(text.as_bytes())))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
