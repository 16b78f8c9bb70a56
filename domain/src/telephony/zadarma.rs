//! Zadarma's PBX notifications.
//!
//! Zadarma's PHP library: webhooks. The signature covers two or three fields only: not the event's name, nor how the
//! call ended. Whoever sees one notification could make up others of the same call, so the address itself is secret
//! too, and a call's facts only ever grow.

use super::form::Form;
use super::legs::{event, plus, quiet};
use super::signature::{hmac_sha1, id_of_content, is_code, must, required};
use super::{
    Answer, CallEvent, Context, Credentials, Delivery, Direction, LateRecording, Received, Refusal, Refused,
    ReportedStatus, RouteQuestion,
};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::webhook::hex;
use subtle::Choice;

const SIGNATURE: &str = "signature";

/// Checks and reads a delivery.
pub(super) fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    let form = Form::of_body(delivery.header("content-type")?, delivery.body);
    let name = form.text("event");
    verify(delivery, context, &form, &name)?;

    let mut received = quiet(id_of_content("zadarma", delivery), Answer::json(200, "{}"));
    if name == "NOTIFY_RECORD" {
        let call_id = form.filled("pbx_call_id").ok_or(Refused::Missing("pbx_call_id"))?;
        received
            .recordings
            .extend(recording(&form).map(|recording| LateRecording { call_id: ProviderCallId(call_id), recording }));
        return Ok(received);
    }
    received.events = report(&form, &name, context)?;
    if name == "NOTIFY_START" {
        received.question = Some(RouteQuestion {
            call_id: form.filled("pbx_call_id").map(ProviderCallId),
            from: plus(&form.text("caller_id")),
            to: plus(&form.text("called_did")),
            handle: None,
            is_second: false,
        });
    }
    Ok(received)
}

/// What a notification says; nothing for those that are not about the course of a call.
fn report(form: &Form, name: &str, context: &Context<'_>) -> Result<Vec<CallEvent>, Refused> {
    use ReportedStatus::{Answered, Ended, Ringing};
    let outcome = || outcome(&form.text("disposition").to_ascii_lowercase());
    let status = match name {
        "NOTIFY_START" | "NOTIFY_INTERNAL" | "NOTIFY_OUT_START" => Ringing,
        "NOTIFY_ANSWER" => Answered,
        "NOTIFY_END" | "NOTIFY_OUT_END" => outcome(),
        _ => return Ok(vec![]),
    };
    let call_id = form.filled("pbx_call_id").ok_or(Refused::Missing("pbx_call_id"))?;
    let is_outbound = name.starts_with("NOTIFY_OUT") || call_id.starts_with("out_");
    let line = form.filled("internal").map(ExtensionId).filter(|_| name != "NOTIFY_START");
    let (from, to) = if is_outbound {
        (form.filled("internal").unwrap_or_else(|| form.text("caller_id")), form.text("destination"))
    } else {
        let called = form.filled("called_did").unwrap_or_else(|| form.text("destination"));
        (form.text("caller_id"), called)
    };
    let started = context.zone.read(&form.text("call_start")).unwrap_or(context.now);
    let is_end = name.ends_with("END");

    let mut event = event(call_id, plus(&from), plus(&to), (line, status), started);
    event.direction = Some(if is_outbound { Direction::Outbound } else { Direction::Inbound });
    if is_end {
        event.talk_seconds = form.seconds("duration").filter(|_| status == ReportedStatus::Completed);
        event.recording = recording(form).filter(|_| form.text("is_recorded") == "1");
    }
    // The end of an inbound call is the end of every line it rang at, and only one of them is named.
    let whole = (is_end && event.extension.is_some()).then(|| CallEvent {
        extension: None,
        status: Ended,
        talk_seconds: None,
        recording: None,
        ..event.clone()
    });
    Ok(std::iter::once(event).chain(whole).collect())
}

fn outcome(disposition: &str) -> ReportedStatus {
    match disposition {
        "answered" => ReportedStatus::Completed,
        "no answer" => ReportedStatus::Missed,
        "busy" => ReportedStatus::Busy,
        "cancel" => ReportedStatus::Cancelled,
        "" => ReportedStatus::Ended,
        // The rest of the list is about money, limits and numbers that do not exist.
        _ => ReportedStatus::Failed,
    }
}

/// Links to recordings soon die, so the recording's own id is kept.
fn recording(form: &Form) -> Option<String> {
    form.filled("call_id_with_rec").map(|id| format!("zadarma:{id}"))
}

/// Which fields the signature of an event covers, one after another.
fn signed_fields(event: &str) -> &'static [&'static str] {
    match event {
        "NOTIFY_ANSWER" => &["caller_id", "destination", "call_start"],
        "NOTIFY_OUT_START" | "NOTIFY_OUT_END" => &["internal", "destination", "call_start"],
        "NOTIFY_RECORD" => &["pbx_call_id", "call_id_with_rec"],
        "SMS" | "NUMBER_LOOKUP" | "CALL_TRACKING" => &["result"],
        _ => &["caller_id", "called_did", "call_start"],
    }
}

/// The code comes as hex and then base64 (the PHP library, and what is seen in the field) or as bare base64 (the
/// TypeScript library). Both prove that the secret is known.
fn verify(delivery: &Delivery<'_>, context: &Context<'_>, form: &Form, event: &str) -> Result<(), Refusal> {
    let given = required(delivery, SIGNATURE)?;
    let fields: Vec<&[u8]> = signed_fields(event).iter().map(|name| form.bytes(name).unwrap_or_default()).collect();
    if fields.iter().all(|field| field.is_empty()) {
        return Err(Refusal::Unsigned("none of the signed fields is there".to_owned()));
    }
    let mut genuine = Choice::from(0);
    for credentials in context.credentials {
        let Credentials::Zadarma { secret, .. } = credentials else { continue };
        let code = hmac_sha1(secret.as_bytes(), &fields);
        genuine |= is_code(given, hex(&code).as_bytes()) | is_code(given, &code);
    }
    must(genuine)
}
