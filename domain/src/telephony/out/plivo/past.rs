//! Calls that are over, read from Plivo's list.

use super::{Account, MANNER, PAGE};
use crate::telephony::clock::iso8601;
use crate::telephony::legs::plus;
use crate::telephony::out::http::{encode, items, text, whole};
use crate::telephony::out::past::{Leg, Legs};
use crate::telephony::out::walk::{Step, begin, refuse};
use crate::telephony::out::{AnErrand, CallsPage, PastCalls, times};
use crate::telephony::{Credentials, ReportedStatus};
use crate::time::{Millis, Moment};
use serde_json::Value;

/// The filter's times are in a zone that Plivo does not name, so it is widened by the widest zones and what does not
/// belong is left out afterwards; a call that began in time may also end later.
const WIDEST_ZONE: Millis = Millis::minutes(14 * 60);

/// One page of past calls.
pub(in crate::telephony::out) fn past_calls(
    credentials: &Credentials,
    wanted: PastCalls,
) -> Option<AnErrand<CallsPage>> {
    let account = Account::of(credentials)?;
    let Some(offset) = wanted.cursor.as_deref().map_or(Some(0), |cursor| cursor.parse::<usize>().ok()) else {
        return refuse("The list of calls cannot be continued. Start again.");
    };
    let filter = |name: &str, moment: Moment| {
        let (day, clock) = (times::date(moment), times::iso8601(moment));
        let clock = clock.get(11..16).unwrap_or("00:00");
        format!("&{name}={}", encode(&format!("{day} {clock}")))
    };
    let since = filter("end_time__gte", wanted.from + Millis(-WIDEST_ZONE.0));
    let until = filter("end_time__lte", wanted.until + Millis(WIDEST_ZONE.0 * 2));
    let request = account.get(&format!("Call/?limit={PAGE}&offset={offset}{since}{until}"));
    begin(Step::ask(request, move |reply| {
        let found = MANNER.object(reply)?;
        let listed = items(&found, "/objects");
        let next = text(&found, "/meta/next").map(|_| (offset + listed.len()).to_string());
        let next = next.filter(|_| !listed.is_empty());
        let legs = Legs::new(listed.iter().filter_map(leg).collect());
        Ok(with_parents(account, legs, wanted, next))
    }))
}

fn with_parents(account: Account, mut legs: Legs, wanted: PastCalls, next: Option<String>) -> Step<CallsPage> {
    let Some(id) = legs.take_missing() else {
        return Step::Done(CallsPage { events: legs.events(wanted.from, wanted.until), next });
    };
    Step::ask(account.get(&format!("Call/{}/", encode(&id))), move |reply| {
        legs.add(if reply.status == 404 { None } else { leg(&MANNER.object(reply)?) });
        Ok(with_parents(account, legs, wanted, next))
    })
}

/// A record as a leg; none while it goes on.
fn leg(record: &Value) -> Option<Leg> {
    let of = |field: &str| text(record, field);
    let moment = |field: &str| of(field).and_then(|time| iso8601(&time));
    let ended = moment("/end_time")?;
    let seconds = whole(record, "/call_duration").or_else(|| whole(record, "/bill_duration"));
    let cause = of("/hangup_cause_name").unwrap_or_default().to_ascii_lowercase();
    let status = if moment("/answer_time").is_some() {
        ReportedStatus::Completed
    } else if cause.contains("busy") {
        ReportedStatus::Busy
    } else if cause.contains("cancel") {
        ReportedStatus::Cancelled
    } else if cause.is_empty() || cause.contains("no answer") || cause.contains("timeout") || cause.contains("normal") {
        ReportedStatus::Missed
    } else {
        ReportedStatus::Failed
    };
    let parent = of("/parent_call_uuid");
    Some(Leg {
        id: of("/call_uuid")?,
        is_ours: parent.is_none() && of("/call_direction").as_deref() == Some("outbound"),
        parent,
        from: plus(&of("/from_number").unwrap_or_default()),
        to: plus(&of("/to_number").unwrap_or_default()),
        status,
        started_at: moment("/initiation_time").unwrap_or(ended),
        ended_at: Some(ended),
        seconds,
    })
}
