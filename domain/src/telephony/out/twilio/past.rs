//! Calls that are over, read from Twilio's list.

use super::{Account, HOST, MANNER};
use crate::telephony::clock::rfc2822;
use crate::telephony::out::http::{encode, get, items, text, whole};
use crate::telephony::out::past::{Leg, Legs};
use crate::telephony::out::walk::{Step, begin, refuse};
use crate::telephony::out::{AnErrand, CallsPage, PastCalls, times};
use crate::telephony::{Credentials, ReportedStatus};
use crate::time::Millis;
use serde_json::Value;

/// A record is about two and a half thousand bytes.
const PAGE: &str = "100";

/// One page of past calls.
pub(in crate::telephony::out) fn past_calls(
    credentials: &Credentials,
    wanted: PastCalls,
) -> Option<AnErrand<CallsPage>> {
    let account = Account::of(credentials)?;
    let list = format!("{}/Calls.json?", account.path);
    let path = match &wanted.cursor {
        // A cursor is Twilio's own, and still it may lead nowhere else.
        Some(cursor) if !cursor.starts_with(&list) => {
            return refuse("The list of calls cannot be continued. Start again.");
        }
        Some(cursor) => cursor.clone(),
        None => format!(
            // Days are all the documented filter knows; the hours are kept apart afterwards.
            "{list}PageSize={PAGE}&StartTime%3E={}&StartTime%3C={}",
            times::date(wanted.from),
            times::date(wanted.until + Millis::minutes(24 * 60)),
        ),
    };
    begin(Step::ask(get(format!("{HOST}{path}"), account.auth.clone()), move |reply| {
        let found = MANNER.object(reply)?;
        let next = text(&found, "/next_page_uri").filter(|next| next.starts_with(&list));
        let legs = Legs::new(items(&found, "/calls").iter().filter_map(leg).collect());
        Ok(with_parents(account, legs, wanted, next))
    }))
}

fn with_parents(account: Account, mut legs: Legs, wanted: PastCalls, next: Option<String>) -> Step<CallsPage> {
    let Some(sid) = legs.take_missing() else {
        return Step::Done(CallsPage { events: legs.events(wanted.from, wanted.until), next });
    };
    Step::ask(account.get(&format!("/Calls/{}.json", encode(&sid))), move |reply| {
        legs.add(if reply.status == 404 { None } else { leg(&MANNER.object(reply)?) });
        Ok(with_parents(account, legs, wanted, next))
    })
}

/// A record as a leg; none while it goes on.
fn leg(record: &Value) -> Option<Leg> {
    let of = |field: &str| text(record, field);
    let status = match of("/status")?.as_str() {
        "completed" => ReportedStatus::Completed,
        "busy" => ReportedStatus::Busy,
        "no-answer" => ReportedStatus::Missed,
        "canceled" => ReportedStatus::Cancelled,
        "failed" => ReportedStatus::Failed,
        _ => return None,
    };
    Some(Leg {
        id: of("/sid")?,
        parent: of("/parent_call_sid"),
        is_ours: of("/direction").as_deref() == Some("outbound-api"),
        from: of("/from").unwrap_or_default(),
        to: of("/to").unwrap_or_default(),
        status,
        started_at: of("/start_time").or_else(|| of("/date_created")).and_then(|time| rfc2822(&time))?,
        ended_at: of("/end_time").and_then(|time| rfc2822(&time)),
        seconds: whole(record, "/duration"),
    })
}
