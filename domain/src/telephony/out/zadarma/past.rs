//! Calls that are over, read from the PBX's statistics.
//!
//! Each row is one attempt to reach somebody. Where an inbound call went to a menu or scenario instead of an
//! extension, nobody was reached, whatever the row says.

use super::signed::{self, Key};
use crate::ids::ExtensionId;
use crate::telephony::legs::{event, plus};
use crate::telephony::out::http::{items, text, whole};
use crate::telephony::out::walk::{once, refuse};
use crate::telephony::out::{AnErrand, CallsPage, PastCalls};
use crate::telephony::{CallEvent, Credentials, Direction, LocalTime, ReportedStatus};
use serde_json::Value;

/// The most rows a request may ask for; only three requests a minute are allowed.
const PAGE: usize = 1000;

/// One page of past calls.
pub(in crate::telephony::out) fn past_calls(
    credentials: &Credentials,
    wanted: PastCalls,
) -> Option<AnErrand<CallsPage>> {
    let Some(skip) = wanted.cursor.as_deref().map_or(Some(0), |cursor| cursor.parse::<usize>().ok()) else {
        return refuse("The list of calls cannot be continued. Start again.");
    };
    let parameters = vec![
        ("start", wanted.zone.write(wanted.from)),
        ("end", wanted.zone.write(wanted.until)),
        ("version", "2".to_owned()),
        ("skip", skip.to_string()),
        ("limit", PAGE.to_string()),
    ];
    once(Key::of(credentials)?.get("statistics/pbx", parameters), move |reply| {
        let found = signed::read(reply)?;
        let rows = items(&found, "/stats");
        let events = rows.iter().filter_map(|row| report(row, wanted.zone.as_ref())).collect();
        Ok(CallsPage { events, next: (rows.len() >= PAGE).then(|| (skip + rows.len()).to_string()) })
    })
}

fn report(row: &Value, zone: &dyn LocalTime) -> Option<CallEvent> {
    let of = |field: &str| text(row, field).unwrap_or_default();
    let call_id = text(row, "/pbx_call_id")?;
    let outcome = match of("/disposition").to_ascii_lowercase().as_str() {
        "answered" => ReportedStatus::Completed,
        "no answer" => ReportedStatus::Missed,
        "busy" => ReportedStatus::Busy,
        "cancel" => ReportedStatus::Cancelled,
        _ => ReportedStatus::Failed,
    };
    let is_outbound = call_id.starts_with("out_");
    let line = |text: String| {
        let is_extension = (3..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_extension.then_some(ExtensionId(text))
    };
    let (line, from) =
        if is_outbound { (line(of("/sip")), of("/sip")) } else { (line(of("/destination")), of("/clid")) };
    let status = match (&line, outcome) {
        (None, ReportedStatus::Completed) if !is_outbound => ReportedStatus::Ended,
        (_, outcome) => outcome,
    };
    let started = zone.read(&of("/callstart"))?;
    let mut event = event(call_id, plus(&from), plus(&of("/destination")), (line, status), started);
    event.direction = Some(if is_outbound { Direction::Outbound } else { Direction::Inbound });
    event.talk_seconds = whole(row, "/seconds").filter(|_| status == ReportedStatus::Completed);
    let is_recorded = row.get("is_recorded").is_some_and(|flag| *flag == Value::Bool(true) || *flag == "true");
    event.recording = text(row, "/call_id").filter(|_| is_recorded).map(|id| format!("zadarma:{id}"));
    Some(event)
}
