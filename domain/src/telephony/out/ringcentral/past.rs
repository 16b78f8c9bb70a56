//! Calls that are over, read from the account's call log.
//!
//! The detailed view tells of each leg, and one extension may have several of them for one call.

use super::{MANNER, account};
use crate::ids::ExtensionId;
use crate::telephony::clock::iso8601;
use crate::telephony::legs::event;
use crate::telephony::out::http::{encode, get, items, text, whole};
use crate::telephony::out::walk::{once, refuse};
use crate::telephony::out::{AnErrand, Auth, CallsPage, PastCalls, times};
use crate::telephony::{CallEvent, Credentials, Direction, ReportedStatus};
use crate::time::Millis;
use serde_json::Value;

/// One page of past calls.
pub(in crate::telephony::out) fn past_calls(
    _credentials: &Credentials,
    wanted: PastCalls,
) -> Option<AnErrand<CallsPage>> {
    let Some(page) = wanted.cursor.as_deref().map_or(Some(1), |cursor| cursor.parse::<u32>().ok()) else {
        return refuse("The list of calls cannot be continued. Start again.");
    };
    let (from, until) = (encode(&times::iso8601(wanted.from)), encode(&times::iso8601(wanted.until)));
    let path = format!("/call-log?view=Detailed&type=Voice&dateFrom={from}&dateTo={until}&perPage=100&page={page}");
    once(get(account(&path), Auth::OAuth), move |reply| {
        let found = MANNER.object(reply)?;
        let events = items(&found, "/records").iter().flat_map(reports).collect();
        let has_more = found.pointer("/navigation/nextPage").is_some_and(Value::is_object);
        Ok(CallsPage { events, next: has_more.then(|| (page + 1).to_string()) })
    })
}

fn reports(record: &Value) -> Vec<CallEvent> {
    let legs = items(record, "/legs");
    // Without legs the record is its own only one.
    let alone = std::slice::from_ref(record);
    let legs = if legs.is_empty() { alone } else { legs };
    legs.iter().filter_map(|leg| report(record, leg)).collect()
}

fn report(record: &Value, leg: &Value) -> Option<CallEvent> {
    let call_id = text(record, "/telephonySessionId")?;
    let is_outbound = text(record, "/direction").as_deref() == Some("Outbound");
    let (ours, number) = (if is_outbound { "/from" } else { "/to" }, |side: &str| {
        text(record, &format!("{side}/phoneNumber")).or_else(|| text(record, &format!("{side}/extensionNumber")))
    });
    let line = text(leg, "/extension/id")
        .or_else(|| text(leg, "/extensionId"))
        .or_else(|| text(leg, &format!("{ours}/extensionId")));
    let status = match text(leg, "/result")?.as_str() {
        // A leg of no extension is a menu or queue: somebody else says whether a person was reached.
        "Accepted" | "Call connected" | "Answered Not Accepted" if line.is_none() => ReportedStatus::Ended,
        "Accepted" | "Call connected" => ReportedStatus::Completed,
        "Voicemail" => ReportedStatus::Voicemail,
        "Missed" | "No Answer" | "Answered Not Accepted" => ReportedStatus::Missed,
        "Busy" => ReportedStatus::Busy,
        "Rejected" | "Declined" | "Hang Up" | "Stopped" | "Abandoned" => ReportedStatus::Cancelled,
        "In Progress" => return None,
        _ => ReportedStatus::Failed,
    };
    let started = iso8601(&text(record, "/startTime")?)?;
    let from = number("/from").unwrap_or_default();
    let to = number("/to").unwrap_or_default();
    let mut event = event(call_id, from, to, (line.map(ExtensionId), status), started);
    event.direction = Some(if is_outbound { Direction::Outbound } else { Direction::Inbound });
    let seconds = whole(leg, "/duration");
    let begun = text(leg, "/startTime").and_then(|time| iso8601(&time)).unwrap_or(started);
    event.ended_at = seconds.map(|seconds| begun + Millis::seconds(seconds));
    if status == ReportedStatus::Completed {
        event.talk_seconds = seconds;
        event.recording = text(leg, "/recording/contentUri").or_else(|| text(record, "/recording/contentUri"));
    }
    Some(event)
}
