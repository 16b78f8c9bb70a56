//! Calls that are over, read from Twilio's list as their webhooks would have told of them.
//!
//! Each leg is a record of its own. What a leg means hangs on the leg that made it, and that one may stand on another
//! page: then it is asked for by itself.

use super::{Account, MANNER, is_over};
use crate::ids::ExtensionId;
use crate::telephony::clock::rfc2822;
use crate::telephony::legs::{Part, event};
use crate::telephony::out::http::{encode, get, items, text, whole};
use crate::telephony::out::walk::{Step, begin, refuse};
use crate::telephony::out::{AnErrand, CallsPage, PastCalls, times};
use crate::telephony::{CallEvent, Credentials, Direction, ReportedStatus};
use crate::time::Millis;
use serde_json::Value;
use std::collections::BTreeMap;

const PAGE: &str = "100";
/// Records that stand on another page are asked for one by one, so only a few may be.
const MOST_MISSING: usize = 10;

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
            // Days are all the documented filter knows; the hours are kept apart below.
            "{list}PageSize={PAGE}&StartTime%3E={}&StartTime%3C={}",
            times::date(wanted.from),
            times::date(wanted.until + Millis::minutes(24 * 60)),
        ),
    };
    begin(Step::ask(get(format!("{}{path}", super::HOST), account.auth.clone()), move |reply| {
        let found = MANNER.object(reply)?;
        let legs: Vec<Value> = items(&found, "/calls").iter().filter(|leg| is_over(leg)).cloned().collect();
        let next = text(&found, "/next_page_uri").filter(|next| next.starts_with(&list));
        let known: BTreeMap<String, Value> =
            legs.iter().filter_map(|leg| Some((text(leg, "/sid")?, leg.clone()))).collect();
        let mut missing: Vec<String> = legs
            .iter()
            .filter_map(|leg| text(leg, "/parent_call_sid"))
            .filter(|sid| !known.contains_key(sid))
            .collect();
        missing.sort();
        missing.dedup();
        missing.truncate(MOST_MISSING);
        Ok(with_parents(account, legs, known, missing, wanted, next))
    }))
}

fn with_parents(
    account: Account,
    legs: Vec<Value>,
    mut known: BTreeMap<String, Value>,
    mut missing: Vec<String>,
    wanted: PastCalls,
    next: Option<String>,
) -> Step<CallsPage> {
    let Some(sid) = missing.pop() else {
        let mut events: Vec<CallEvent> = legs.iter().filter_map(|leg| report(leg, &legs, &known)).collect();
        events.retain(|event| event.started_at >= wanted.from && event.started_at < wanted.until);
        // The list runs backwards; as told live, a call's own leg comes before those it made.
        events.sort_by_key(|event| (event.started_at, event.extension.is_some()));
        return Step::Done(CallsPage { events, next });
    };
    Step::ask(account.get(&format!("/Calls/{}.json", encode(&sid))), move |reply| {
        // A parent that is gone leaves its leg to speak for itself.
        if reply.status != 404 {
            known.insert(sid, MANNER.object(reply)?);
        }
        Ok(with_parents(account, legs, known, missing, wanted, next))
    })
}

fn report(leg: &Value, legs: &[Value], known: &BTreeMap<String, Value>) -> Option<CallEvent> {
    let sid = text(leg, "/sid")?;
    let parent = text(leg, "/parent_call_sid");
    let kind = |leg: &Value| text(leg, "/direction").unwrap_or_default();
    let of = |leg: &Value, field: &str| text(leg, field).unwrap_or_default();
    // The leg that was made by the one we rang ourselves goes to the client.
    let origin = parent.as_ref().and_then(|sid| known.get(sid)).unwrap_or(leg);
    let is_dialled = kind(origin) == "outbound-api";
    let line = ExtensionId(of(origin, "/to"));
    let (part, from, to) = match (&parent, is_dialled) {
        (Some(_), true) => (Part::Person(Some(line.clone())), line.0, of(leg, "/to")),
        (Some(_), false) => (Part::Person(Some(ExtensionId(of(leg, "/to")))), of(leg, "/from"), of(leg, "/to")),
        (None, false) => (Part::Cloud, of(leg, "/from"), of(leg, "/to")),
        (None, true) => {
            // Without a second leg the manager never picked up, and nothing here says whom they meant to call.
            let client = legs.iter().find(|other| text(other, "/parent_call_sid").as_ref() == Some(&sid))?;
            (Part::Manager(line.clone()), line.0, of(client, "/to"))
        }
    };
    let status = match of(leg, "/status").as_str() {
        "completed" => ReportedStatus::Completed,
        "busy" => ReportedStatus::Busy,
        "no-answer" => ReportedStatus::Missed,
        "canceled" => ReportedStatus::Cancelled,
        _ => ReportedStatus::Failed,
    };
    let started = text(origin, "/start_time").or_else(|| text(origin, "/date_created"));
    let mut event = event(parent.unwrap_or(sid), from, to, part.says(status), rfc2822(&started?)?);
    event.direction = Some(if is_dialled { Direction::Outbound } else { Direction::Inbound });
    event.ended_at = text(leg, "/end_time").and_then(|time| rfc2822(&time));
    if event.status == ReportedStatus::Completed {
        event.talk_seconds = whole(leg, "/duration");
        let talk = event.talk_seconds.unwrap_or(0);
        event.answered_at = event.ended_at.map(|end| end + Millis::seconds(-talk));
    }
    Some(event)
}
