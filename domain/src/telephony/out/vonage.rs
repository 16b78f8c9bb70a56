//! What we ask of Vonage Voice, and the NCCO that tells it what to do with a call.
//!
//! Vonage: Voice API v1, NCCO. Requests carry a short-lived token of the application, which the shell signs. Numbers
//! go without a plus sign. The application's own addresses are changed with the account's secret only, which we do
//! not have, so an administrator copies them; and calls are not listed with what their legs were for.

use super::http::{Manner, get, send_json, text, with};
use super::walk::Step;
use super::walk::{begin, once, refuse};
use super::{AnErrand, Auth, Learned, PlaceCall, ProviderRequest, RouteReply};
use crate::ids::ProviderCallId;
use crate::routing::Route;
use crate::telephony::credentials::https_host;
use crate::telephony::{Answer, Credentials, RouteQuestion, Urls};
use serde_json::{Value, json};

/// Where recordings are; each region has a host of its own.
pub(super) const RECORDING_HOSTS: &[&str] = &["api.nexmo.com", ".nexmo.com", ".vonage.com"];

const HOST: &str = "https://api.nexmo.com";
const MANNER: Manner = Manner {
    name: "Vonage",
    unauthorised: "Vonage does not accept application ID and private key. Copy the ID again, and paste the whole key \
                   file that the dashboard gave when the application's keys were made.",
    message: &["/detail", "/error_title", "/title"],
};
/// An NCCO rings one line after the other; nobody waits for more than these.
const MOST_IN_TURN: usize = 5;

/// Whether the application's key is good, by listing one call.
pub(super) fn check(_credentials: &Credentials) -> Option<AnErrand<Learned>> {
    once(get(format!("{HOST}/v1/calls?page_size=1"), Auth::VonageApplication), |reply| {
        MANNER.object(reply).map(|_| Learned::default())
    })
}

/// A line as an endpoint: a number, `sip:user@domain`, `client:user` of the application, or an extension of Vonage
/// Business.
fn endpoint(line: &str) -> Option<Value> {
    if let Some(user) = line.strip_prefix("client:") {
        return (!user.is_empty()).then(|| json!({"type": "app", "user": user}));
    }
    if line.starts_with("sip:") {
        return line.contains('@').then(|| json!({"type": "sip", "uri": line}));
    }
    let digits = line.strip_prefix('+').unwrap_or(line);
    match digits.len() {
        _ if !digits.bytes().all(|byte| byte.is_ascii_digit()) => None,
        7..=15 => Some(json!({"type": "phone", "number": digits})),
        2..=6 if digits == line => Some(json!({"type": "vbc", "extension": digits})),
        _ => None,
    }
}

fn digits(number: &str) -> &str {
    number.trim_start_matches('+')
}

/// Number and wish to record.
fn account(credentials: &Credentials) -> Option<(&str, bool)> {
    let Credentials::Vonage { number, record, .. } = credentials else { return None };
    Some((digits(number), *record))
}

fn connect(endpoint: &Value, number: &str, seconds: u32, hook: &str) -> Value {
    json!({"action": "connect", "from": number, "timeout": seconds.clamp(5, 120), "endpoint": [endpoint],
           "eventUrl": [hook], "eventMethod": "POST"})
}

/// The actions, with a recording of what follows first if it is wished for.
fn ncco(record: bool, hook: &str, connects: impl Iterator<Item = Value>) -> Value {
    let recording = json!({"action": "record", "format": "mp3", "split": "conversation", "channels": 2,
                           "eventUrl": [hook], "eventMethod": "POST"});
    record.then_some(recording).into_iter().chain(connects).collect()
}

/// Rings the manager's line; once somebody is there, the NCCO rings the client.
pub(super) fn place_call(
    credentials: &Credentials,
    call: &PlaceCall,
    urls: &Urls,
) -> Option<AnErrand<Option<ProviderCallId>>> {
    let (number, record) = account(credentials)?;
    // Users of the application can be connected to, but not be called out of nothing.
    let Some(line) = endpoint(&call.line.0).filter(|_| !call.line.0.starts_with("client:")) else {
        return refuse(format!(
            "Vonage cannot ring the line {}. Write it as +number or sip:user@domain in the settings.",
            call.line
        ));
    };
    let hook = with(&with(&with(&urls.hook, "line", &call.line.0), "dial", &call.id.0), "to", &call.to);
    let client = json!({"type": "phone", "number": digits(&call.to)});
    let client = connect(&client, number, 60, &with(&hook, "leg", "client"));
    let body = json!({
        "to": [line],
        "from": {"type": "phone", "number": number},
        "ncco": ncco(record, &urls.hook, std::iter::once(client)),
        "event_url": [hook],
        "event_method": "POST",
        "ringing_timer": call.ring_seconds.clamp(1, 120),
    });
    once(send_json("POST", format!("{HOST}/v1/calls"), Auth::VonageApplication, &body), |reply| {
        Ok(text(&MANNER.object(reply)?, "/conversation_uuid").map(ProviderCallId))
    })
}

/// The request for a recording: its own address, with the application's token.
pub(super) fn recording(_credentials: &Credentials, reference: &str) -> Option<AnErrand<ProviderRequest>> {
    let host = https_host(reference).filter(|host| super::is_one_of(host, RECORDING_HOSTS))?;
    // The token is good for everything the application may do: it goes to files only.
    let path = reference.split_once(host)?.1;
    let path = path.strip_prefix(":443").unwrap_or(path);
    path.starts_with("/v1/files/")
        .then(|| get(reference, Auth::VonageApplication))
        .and_then(|request| begin(Step::Done(request)))
}

/// Rings the chosen lines one after the other, and those of the fallback after them: an NCCO has no ringing together.
/// An empty NCCO ends the call.
pub(super) fn route(credentials: &Credentials, question: &RouteQuestion, route: &Route, urls: &Urls) -> RouteReply {
    let Some((number, record)) = account(credentials) else { return RouteReply::Answer(Answer::json(200, "[]")) };
    let first = if question.is_second { &[][..] } else { &route.first };
    let connects: Vec<Value> = first
        .iter()
        .chain(&route.then)
        .filter_map(|line| {
            Some(connect(&endpoint(&line.0)?, number, route.ring_seconds, &with(&urls.hook, "line", &line.0)))
        })
        .take(MOST_IN_TURN)
        .collect();
    let record = record && !connects.is_empty();
    RouteReply::Answer(Answer::json(200, ncco(record, &urls.hook, connects.into_iter()).to_string()))
}

#[cfg(test)]
mod tests;
