//! TwiML: whom a call rings, and where its progress is reported.

use super::Account;
use crate::routing::Route;
use crate::telephony::out::RouteReply;
use crate::telephony::out::http::with;
use crate::telephony::out::xml::{Element, response};
use crate::telephony::{Answer, Credentials, RouteQuestion, Urls};

const PROGRESS: &str = "initiated ringing answered completed";

/// A line as Twilio can ring it: a number, `client:name` or `sip:user@domain`. A SIP user alone has no domain.
pub(super) fn dialable(line: &str) -> Option<String> {
    let number = line.strip_prefix('+').unwrap_or_default();
    let is_number = (7..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || line.starts_with("client:") || (line.starts_with("sip:") && line.contains('@')) {
        return Some(line.to_owned());
    }
    (line.contains('@') && !line.contains(':')).then(|| format!("sip:{line}"))
}

/// The element that rings a line.
fn noun(line: &str) -> Option<Element> {
    let line = dialable(line)?;
    Some(match line.strip_prefix("client:") {
        Some(name) => Element::new("Client").text(name),
        None if line.starts_with("sip:") => Element::new("Sip").text(&line),
        None => Element::new("Number").text(&line),
    })
}

fn reporting(noun: Element, hook: &str) -> Element {
    noun.attribute("statusCallback", hook)
        .attribute("statusCallbackEvent", PROGRESS)
        .attribute("statusCallbackMethod", "POST")
}

fn dial(record: bool, urls: &Urls) -> Element {
    // The caller hears ringing, and pays nothing, until a person is there.
    let dial = Element::new("Dial").attribute("answerOnBridge", "true");
    if !record {
        return dial;
    }
    dial.attribute("record", "record-from-answer-dual")
        .attribute("recordingStatusCallback", &urls.hook)
        .attribute("recordingStatusCallbackEvent", "completed")
        .attribute("recordingStatusCallbackMethod", "POST")
}

/// The second half of a click-to-call.
pub(super) fn dial_client(account: &Account, to: &str, hook: &str, urls: &Urls) -> String {
    let number = reporting(Element::new("Number").text(to), hook);
    response(Some(dial(account.record, urls).attribute("callerId", &account.number).child(number)))
}

/// Rings the chosen lines together; if nobody answers, Twilio asks a second time.
pub(in crate::telephony::out) fn route(
    credentials: &Credentials,
    question: &RouteQuestion,
    route: &Route,
    urls: &Urls,
) -> RouteReply {
    let record = matches!(credentials, Credentials::Twilio { record: true, .. });
    let nouns = route
        .now(question.is_second)
        .iter()
        .filter_map(|line| Some(reporting(noun(&line.0)?, &with(&urls.hook, "line", &line.0))));
    let nouns: Vec<_> = nouns.collect();
    let xml = if nouns.is_empty() {
        // Only a rejection as the very first word leaves the call unanswered; later there is nothing to reject.
        let end = Element::new("Reject").attribute("reason", "busy");
        response(Some(if question.is_second { Element::new("Hangup") } else { end }))
    } else {
        let mut dial = dial(record, urls).attribute("timeout", route.ring_seconds.to_string());
        if !question.is_second && !route.first.is_empty() && !route.then.is_empty() {
            dial = dial.attribute("action", with(&urls.route, "second", "1")).attribute("method", "POST");
        }
        response(Some(nouns.into_iter().fold(dial, Element::child)))
    };
    RouteReply::Answer(Answer::xml(xml))
}
