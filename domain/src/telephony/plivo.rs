//! Plivo Voice's webhooks: answer URL, hangup URL, callbacks of a dialled leg, recordings.
//!
//! Plivo: signature validation, version 3. The signature covers the address, the sorted fields and a nonce, which
//! tells no time; a repeated delivery is known by its content.

use super::clock::iso8601;
use super::form::{Form, encode};
use super::legs::{Marks, Part, as_dialled, event, late_recording, plus, quiet};
use super::out::plivo::ring_client;
use super::signature::{id_of_content, is_code, must, required, split_query};
use super::{
    Answer, CallEvent, Context, Credentials, Delivery, Direction, Purpose, Received, Refusal, ReportedStatus,
    RouteQuestion, Urls,
};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::time::{Millis, Moment};
use crate::webhook::hmac_sha256;
use subtle::Choice;

const SIGNATURE: &str = "x-plivo-signature-v3";
const MAIN_ACCOUNT_SIGNATURE: &str = "x-plivo-signature-ma-v3";
const NONCE: &str = "x-plivo-signature-v3-nonce";
const EMPTY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

/// Checks and reads a delivery.
pub(super) fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    verify(delivery, context)?;
    let form = if delivery.method == "GET" { Form::of_query(delivery.url) } else { Form::parse(delivery.body) };
    let marks = Marks::of(delivery.url);
    let mut received = quiet(id_of_content("plivo", delivery), Answer::xml(EMPTY));
    let legs = ["DialALegUUID", "ALegUUID", "CallUUID"];
    let Some(call_id) = legs.iter().find_map(|name| form.filled(name)) else { return Ok(received) };

    if let Some(url) = form.filled("RecordUrl") {
        received.recordings.extend(late_recording(&call_id, &url));
        return Ok(received);
    }
    let is_question = delivery.purpose == Purpose::Route && marks.dial.is_none();
    let has_talked = form.text("DialStatus") == "completed";
    if !(is_question && marks.is_second) {
        received.events.extend(report(&form, &call_id, &marks, context));
    }
    if is_question && !(marks.is_second && has_talked) {
        received.question = Some(RouteQuestion {
            call_id: Some(ProviderCallId(call_id)),
            from: plus(&form.text("From")),
            to: plus(&form.text("To")),
            handle: None,
            is_second: marks.is_second,
        });
    } else if delivery.purpose == Purpose::Route
        && let Some(client) = &marks.to
    {
        let is_over =
            matches!(form.text("CallStatus").as_str(), "completed" | "busy" | "failed" | "no-answer" | "timeout");
        if !is_over && !has_talked {
            // The manager picked up: the client is rung next, and reports to us as what it is.
            let hook = callback(context.urls, &marks, client);
            let xml = context.credentials.first().and_then(|ours| ring_client(ours, client, &hook, context.urls));
            received.answer = Answer::xml(xml.unwrap_or_else(|| EMPTY.to_owned()));
        }
    }
    Ok(received)
}

/// What a leg's status says: a callback of a dialled leg, or the status of the cloud's own.
fn report(form: &Form, call_id: &str, marks: &Marks, context: &Context<'_>) -> Option<CallEvent> {
    use ReportedStatus::{Answered, Completed, Ringing};
    let is_dialled = form.bytes("DialAction").is_some();
    let (step, reached) = if is_dialled {
        (dialled(form)?, form.filled("DialBLegTo").map(|to| ExtensionId(plus(&to))))
    } else {
        (status(&form.text("CallStatus"))?, None)
    };
    let part = Part::of(marks, reached);
    let read = |name: &str| time(&form.text(name), context);
    let started = read("StartTime").or_else(|| read("SessionStart")).unwrap_or(context.now);
    let (from, to) = (plus(&form.text("From")), plus(&form.text("To")));
    let mut event = event(call_id.to_owned(), from, to, part.says(step), started);
    event.direction = match form.text("Direction").as_str() {
        "outbound" if !is_dialled => Some(Direction::Outbound),
        _ => Some(Direction::Inbound),
    };
    event.ended_at = read("EndTime").filter(|_| !matches!(event.status, Ringing | Answered));
    if event.status == Completed {
        event.talk_seconds = form.seconds(if is_dialled { "DialBLegDuration" } else { "Duration" });
        if !is_dialled {
            event.answered_at = read("AnswerTime");
        }
    }
    if read("StartTime").is_none()
        && let Some(duration) = event.talk_seconds
    {
        event.started_at = started.min(context.now + Millis::seconds(-duration));
    }
    Some(as_dialled(event, marks))
}

fn status(word: &str) -> Option<ReportedStatus> {
    Some(match word {
        "ringing" | "queued" => ReportedStatus::Ringing,
        "in-progress" => ReportedStatus::Answered,
        "completed" => ReportedStatus::Completed,
        "no-answer" | "timeout" => ReportedStatus::Missed,
        "busy" => ReportedStatus::Busy,
        "failed" => ReportedStatus::Failed,
        "cancel" => ReportedStatus::Cancelled,
        _ => return None,
    })
}

/// What a callback says of a dialled leg. How it ended shows in whether there was a talk, else in the cause.
fn dialled(form: &Form) -> Option<ReportedStatus> {
    match form.text("DialAction").as_str() {
        "answer" | "connected" => Some(ReportedStatus::Answered),
        "hangup" => {
            let cause: String = ["DialBLegHangupCause", "DialBLegHangupCauseName", "DialBLegStatus"]
                .map(|name| form.text(name).to_ascii_lowercase().replace(['_', '-'], " "))
                .join(" ");
            let says = |words: &[&str]| words.iter().any(|word| cause.contains(word));
            Some(if form.seconds("DialBLegDuration").is_some_and(|seconds| seconds > 0) {
                ReportedStatus::Completed
            } else if says(&["busy"]) {
                ReportedStatus::Busy
            } else if says(&["cancel"]) {
                ReportedStatus::Cancelled
            } else if says(&["no answer", "timeout", "no user response"]) {
                ReportedStatus::Missed
            } else if says(&["normal"]) {
                // Ended without a talk that lasted a second, or with an answer told by a callback of its own.
                ReportedStatus::Ended
            } else {
                ReportedStatus::Failed
            })
        }
        _ => None,
    }
}

/// Plivo tells most times without an offset.
fn time(text: &str, context: &Context<'_>) -> Option<Moment> {
    let whole = text.split('.').next().unwrap_or_default();
    iso8601(text).or_else(|| context.zone.read(whole))
}

/// Where the client's leg of a click-to-call reports.
fn callback(urls: &Urls, marks: &Marks, client: &str) -> String {
    let line = marks.line.as_ref().map(|line| encode(&line.0)).unwrap_or_default();
    let dial = marks.dial.as_ref().map(|dial| encode(&dial.0)).unwrap_or_default();
    format!("{}?line={line}&dial={dial}&to={}&leg=client", urls.hook, encode(client))
}

/// Several signatures may stand in either header; traffic of a sub-account is signed by the main account as well.
fn verify(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<(), Refusal> {
    let main = delivery.header(MAIN_ACCOUNT_SIGNATURE)?;
    let given = match (delivery.header(SIGNATURE)?, main) {
        (None, Some(main)) => main.to_owned(),
        (Some(own), Some(main)) => format!("{own},{main}"),
        (_, None) => required(delivery, SIGNATURE)?.to_owned(),
    };
    let nonce = required(delivery, NONCE)?;
    if given.len() > 2048 {
        return Err(Refusal::Unsigned(format!("the header {SIGNATURE} is malformed")));
    }
    if delivery.method == "GET" && !delivery.body.is_empty() {
        return Err(Refusal::Unsigned("a GET request carries no body".to_owned()));
    }
    let signed = canonical(delivery);
    let mut genuine = Choice::from(0);
    for credentials in context.credentials {
        let Credentials::Plivo { auth_token, .. } = credentials else { continue };
        let expected = hmac_sha256(auth_token.as_bytes(), &[&signed, b".", nonce.as_bytes()]);
        for entry in given.split(',') {
            genuine |= is_code(entry.trim(), &expected);
        }
    }
    must(genuine)
}

/// What version 3 signs besides the nonce: the address; the sorted, decoded query; and a POST's sorted fields, name
/// and value next to each other.
fn canonical(delivery: &Delivery<'_>) -> Vec<u8> {
    let (address, query) = split_query(delivery.url);
    let mut out = address.as_bytes().to_vec();
    let mut pairs = Form::parse(query.unwrap_or_default().as_bytes()).0;
    crate::short::sort(&mut pairs);
    let is_get = delivery.method == "GET";
    let mut fields = if is_get { vec![] } else { Form::parse(delivery.body).0 };
    crate::short::sort(&mut fields);
    if !pairs.is_empty() || !fields.is_empty() {
        out.push(b'?');
    }
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
    if !pairs.is_empty() && !fields.is_empty() {
        out.push(b'.');
    }
    for (name, value) in &fields {
        out.extend_from_slice(name);
        out.extend_from_slice(value);
    }
    out
}
