//! Twilio's webhooks: the voice URL, status callbacks of legs, and recordings.
//!
//! Twilio: validating requests. The signature covers the full public address and every field of a form, or the hash
//! of a body that is no form. Nothing in it tells the time, so a repeated delivery is known by its content.

use super::clock::rfc2822;
use super::form::{Form, https};
use super::legs::{Marks, Part, as_dialled, event, late_recording, quiet};
use super::signature::{hmac_sha1, id_of_content, is_code, is_same, must, required, split_query};
use super::{
    Answer, CallEvent, Context, Credentials, Delivery, Direction, Purpose, Received, Refusal, Refused, ReportedStatus,
    RouteQuestion,
};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::time::{Millis, Moment};
use crate::webhook::body_digest;
use std::collections::{BTreeMap, BTreeSet};
use subtle::Choice;

const SIGNATURE: &str = "x-twilio-signature";
const BODY_HASH: &str = "bodySHA256";
const EMPTY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// Checks and reads a delivery.
pub(super) fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    let form = verified(delivery, context)?;
    let marks = Marks::of(delivery.url);
    let mut received = quiet(id_of_content("twilio", delivery), Answer::xml(EMPTY));
    let Some(sid) = form.filled("CallSid") else {
        // Twilio also reports what is no call, such as errors of an account.
        return Ok(received);
    };
    let call_id = form.filled("ParentCallSid").unwrap_or_else(|| sid.clone());
    if form.bytes("RecordingStatus").is_some() {
        if form.text("RecordingStatus") == "completed" {
            received.recordings.extend(late_recording(&call_id, &form.text("RecordingUrl")));
        }
    } else if delivery.purpose == Purpose::Report || !marks.is_second {
        received.events.extend(report(&form, &marks, context.now)?);
    }
    let has_talked = matches!(form.text("DialCallStatus").as_str(), "completed" | "answered");
    if delivery.purpose == Purpose::Route && !(marks.is_second && has_talked) {
        received.question = Some(RouteQuestion {
            call_id: Some(ProviderCallId(call_id)),
            from: form.text("From"),
            to: form.text("To"),
            handle: None,
            is_second: marks.is_second,
        });
    }
    Ok(received)
}

/// What a leg's status says; nothing for a status that was not there when this was written.
fn report(form: &Form, marks: &Marks, now: Moment) -> Result<Option<CallEvent>, Refused> {
    use ReportedStatus::{Answered, Busy, Cancelled, Completed, Failed, Missed, Ringing, Voicemail};
    let status = form.filled("CallStatus").ok_or(Refused::Missing("CallStatus"))?;
    let step = match status.as_str() {
        "queued" | "initiated" | "ringing" => Ringing,
        "in-progress" => Answered,
        "completed" => Completed,
        "busy" => Busy,
        "failed" => Failed,
        "no-answer" => Missed,
        "canceled" => Cancelled,
        _ => return Ok(None),
    };
    let is_machine = form.text("AnsweredBy").starts_with("machine");
    let step = if is_machine && matches!(step, Answered | Completed) { Voicemail } else { step };

    let parent = form.filled("ParentCallSid");
    let reached = parent.as_ref().and_then(|_| form.filled("To")).map(ExtensionId);
    let part = Part::of(marks, reached);
    let at = rfc2822(&form.text("Timestamp"));
    let duration = form.seconds("CallDuration");
    let started = match (step, at, duration) {
        (Completed | Voicemail, Some(at), Some(duration)) => at + Millis::seconds(-duration),
        _ => at.unwrap_or(now),
    };
    let sid = parent.unwrap_or_else(|| form.text("CallSid"));
    let said = part.says(step);
    let mut event = event(sid, form.text("From"), form.text("To"), said, started);
    event.direction = match form.text("Direction").as_str() {
        "inbound" => Some(Direction::Inbound),
        // A leg that instructions made belongs to whoever called in; a click-to-call is marked as one below.
        "outbound-dial" => Some(Direction::Inbound),
        "outbound-api" => Some(Direction::Outbound),
        _ => None,
    };
    match event.status {
        Answered => event.answered_at = at,
        Ringing => {}
        _ => event.ended_at = at,
    }
    if event.status == Completed {
        event.talk_seconds = duration;
    }
    event.recording = https(&form.text("RecordingUrl"));
    Ok(Some(as_dialled(event, marks)))
}

/// The fields, once the signature holds.
fn verified(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Form, Refusal> {
    let given = required(delivery, SIGNATURE)?;
    let content_type = delivery.header("content-type")?;
    let is_get = delivery.method == "GET";
    let query = Form::of_query(delivery.url);
    let is_form = content_type.is_none_or(|kind| kind.to_ascii_lowercase().starts_with(FORM_TYPE));
    let fields = if is_get { Form::default() } else { Form::parse(delivery.body) };
    let (pairs, body) = match query.bytes(BODY_HASH) {
        _ if is_get && delivery.body.is_empty() => (vec![], Choice::from(1)),
        _ if is_get => return Err(Refusal::Unsigned("a GET request carries no body".to_owned())),
        _ if is_form => (signed_pairs(&fields), Choice::from(1)),
        Some(hash) => (vec![], is_same(hash, body_digest(delivery.body).as_bytes())),
        None => return Err(Refusal::Unsigned(format!("the query has no {BODY_HASH}, and the body is no form"))),
    };
    let mut genuine = Choice::from(0);
    for credentials in context.credentials {
        let Credentials::Twilio { auth_token, .. } = credentials else { continue };
        for url in spellings(delivery.url) {
            genuine |= is_code(given, &hmac_sha1(auth_token.as_bytes(), &[url.as_bytes(), &pairs]));
        }
    }
    must(genuine & body)?;
    Ok(if is_get || !is_form { query } else { fields })
}

const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// Every name once in order, followed by each of its distinct values in order.
fn signed_pairs(form: &Form) -> Vec<u8> {
    let mut fields: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
    for (name, value) in &form.0 {
        fields.entry(name).or_default().insert(value);
    }
    let mut out = Vec::new();
    for (name, values) in fields {
        for value in values {
            out.extend_from_slice(name);
            out.extend_from_slice(value);
        }
    }
    out
}

/// The address as Twilio may have signed it: with and without its port, and with the query spelt as an older encoder
/// would. Twilio's own libraries accept the same.
fn spellings(url: &str) -> Vec<String> {
    let (address, query) = split_query(url);
    let (scheme, rest) = address.split_once("://").unwrap_or(("https", address));
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, if scheme == "http" { "80" } else { "443" }),
    };
    let mut queries = vec![query.map(|query| format!("?{query}")).unwrap_or_default()];
    let older = query.map(|query| format!("?{}", older_spelling(query))).unwrap_or_default();
    if !queries.contains(&older) {
        queries.push(older);
    }
    let hosts = [name.to_owned(), format!("{name}:{port}")];
    hosts.iter().flat_map(|host| queries.iter().map(move |query| format!("{scheme}://{host}{path}{query}"))).collect()
}

/// The query as JavaScript's older encoder spells it: `!'()*` bare, everything else but letters, digits and `-._~`
/// encoded. Codes that are there already keep their spelling, so that no two addresses become one.
fn older_spelling(query: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!'()*".contains(&byte);
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let [name, value] = [name, value].map(|text| {
            let mut out = String::new();
            let mut rest = text;
            while let Some(letter) = rest.chars().next() {
                let code = rest.get(..3).filter(|code| code.starts_with('%'));
                let decoded = code.map(|code| super::form::percent_decode(code.as_bytes()));
                let (token, step) = match (code, decoded.as_deref()) {
                    (Some(code), Some([byte])) if bare(*byte) => (char::from(*byte).to_string(), code.len()),
                    (Some(code), Some([_])) => (code.to_owned(), code.len()),
                    _ if letter == '+' => ("%20".to_owned(), 1),
                    _ if u8::try_from(letter).is_ok_and(bare) => (letter.to_string(), 1),
                    _ => (super::form::encode(&letter.to_string()), letter.len_utf8()),
                };
                out.push_str(&token);
                rest = rest.get(step..).unwrap_or_default();
            }
            out
        });
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}
