//! Telnyx Call Control's webhooks.
//!
//! Telnyx: receiving webhooks. An Ed25519 signature covers the time and the body. Every leg reports for itself, and
//! the state we attached to a leg when we made it comes back with each of its events: it says whose leg it is.

use super::clock::iso8601;
use super::fields::Fields;
use super::legs::{Marks, Part, as_dialled, event, quiet};
use super::signature::{id_given, required};
use super::{
    Answer, CallEvent, Context, Credentials, Delivery, Direction, LateRecording, Purpose, Received, Refusal, Refused,
    ReportedStatus, RouteQuestion, out,
};
use crate::ids::{CallId, ExtensionId, ProviderCallId};
use crate::webhook::TOLERANCE_SECONDS;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::{PublicKey, Signature};
use serde_json::Value;

const SIGNATURE: &str = "telnyx-signature-ed25519";
const TIMESTAMP: &str = "telnyx-timestamp";

/// Checks and reads a delivery.
pub(super) fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    let credentials = verify(delivery, context)?;
    read(delivery, credentials, context)
}

/// Reads a delivery that is known to be genuine.
pub(super) fn read(
    delivery: &Delivery<'_>,
    credentials: &Credentials,
    context: &Context<'_>,
) -> Result<Received, Refusal> {
    if delivery.purpose == Purpose::Route {
        return Err(Refusal::NotHere);
    }
    let body: Value = crate::utf8::json(delivery.body).map_err(|error| Refused::Malformed(error.to_string()))?;
    let data = Fields::of(body.get("data").ok_or(Refused::Missing("data"))?);
    let payload = data.inner("payload");
    let mut received = quiet(id_given("telnyx", &data.text("id"), delivery), Answer::json(200, "{}"));
    let Some(session) = payload.filled("call_session_id") else { return Ok(received) };
    let kind = data.text("event_type");

    if kind == "call.recording.saved" {
        received.recordings.extend(
            payload
                .filled("recording_id")
                .map(|id| LateRecording { call_id: ProviderCallId(session), recording: format!("telnyx:{id}") }),
        );
        return Ok(received);
    }
    let state = payload.text("client_state");
    let marks = marks(&state);
    let is_incoming = payload.text("direction") == "incoming";
    let reached = payload.filled("to").filter(|_| !is_incoming).map(ExtensionId);
    let part = Part::of(&marks, reached);
    received.events.extend(report(&kind, &data, &payload, session.clone(), &marks, &part, context));

    let handle = payload.filled("call_control_id");
    if kind == "call.initiated" && is_incoming {
        received.question = Some(RouteQuestion {
            call_id: Some(ProviderCallId(session)),
            from: payload.text("from"),
            to: payload.text("to"),
            handle,
            is_second: false,
        });
    } else if kind == "call.answered"
        && matches!(part, Part::Manager(_))
        && let (Some(handle), Some(client)) = (handle, &marks.to)
    {
        received.commands.extend(connect_client(credentials, &handle, client, &state, context));
    } else if kind == "call.hangup"
        && !is_incoming
        && matches!(
            hangup(&payload.text("hangup_cause")),
            ReportedStatus::Missed | ReportedStatus::Busy | ReportedStatus::Failed
        )
        && let Some(state) = read_state(&state)
    {
        // Who was rung did not answer, and the other side still waits.
        received.commands.extend(out::telnyx::after_failure(credentials, &state, context.urls));
    }
    Ok(received)
}

fn report(
    kind: &str,
    data: &Fields<'_>,
    payload: &Fields<'_>,
    session: String,
    marks: &Marks,
    part: &Part,
    context: &Context<'_>,
) -> Option<CallEvent> {
    use ReportedStatus::{Answered, Ended, Ringing};
    let cause = payload.text("hangup_cause");
    let step = match kind {
        "call.initiated" => Ringing,
        "call.answered" | "call.bridged" => Answered,
        "call.hangup" => hangup(&cause),
        // What picked up is a machine: nobody talks.
        "call.machine.detection.ended" | "call.machine.premium.detection.ended"
            if payload.text("result").starts_with("machine") =>
        {
            ReportedStatus::Voicemail
        }
        _ => return None,
    };
    let at = iso8601(&data.text("occurred_at")).unwrap_or(context.now);
    let started = iso8601(&payload.text("start_time")).unwrap_or(at);
    let mut event = event(session, payload.text("from"), payload.text("to"), part.says(step), started);
    event.direction = match part {
        Part::Cloud if payload.text("direction") == "outgoing" => Some(Direction::Outbound),
        _ => Some(Direction::Inbound),
    };
    match event.status {
        Answered => event.answered_at = Some(at),
        Ringing => {}
        _ if kind == "call.hangup" => event.ended_at = Some(at),
        Ended => event.ended_at = Some(at),
        _ => {}
    }
    Some(as_dialled(event, marks))
}

/// How a leg ended. A normal end is a talk only after somebody picked up, which this event alone does not tell.
fn hangup(cause: &str) -> ReportedStatus {
    match cause {
        "normal_clearing" | "time_limit" | "" => ReportedStatus::Ended,
        "timeout" | "no_answer" => ReportedStatus::Missed,
        "user_busy" => ReportedStatus::Busy,
        "originator_cancel" => ReportedStatus::Cancelled,
        _ => ReportedStatus::Failed,
    }
}

/// The state we attached to a leg: base64 of JSON.
fn read_state(state: &str) -> Option<Value> {
    crate::utf8::json(&STANDARD.decode(state).ok()?).ok()
}

/// The marks in a leg's state.
fn marks(state: &str) -> Marks {
    let Some(json) = read_state(state) else { return Marks::default() };
    let fields = Fields::of(&json);
    Marks {
        line: fields.filled("line").map(ExtensionId),
        dial: fields.filled("dial").map(CallId),
        to: fields.filled("to"),
        is_client: fields.text("leg") == "client",
        is_second: false,
    }
}

/// The manager picked up: the client is rung next, on a leg of its own that says so.
fn connect_client(
    credentials: &Credentials,
    handle: &str,
    client: &str,
    state: &str,
    context: &Context<'_>,
) -> Option<out::ProviderRequest> {
    let mut json = read_state(state).unwrap_or_default();
    if let Some(fields) = json.as_object_mut() {
        fields.insert("leg".to_owned(), Value::from("client"));
        // Whose own leg ends if the client's does without a talk.
        fields.insert("handle".to_owned(), Value::from(handle));
    }
    out::telnyx::transfer(credentials, handle, client, &json, context.urls)
}

/// Finds the credentials whose key made the signature.
fn verify<'a>(delivery: &Delivery<'_>, context: &Context<'a>) -> Result<&'a Credentials, Refusal> {
    let given = required(delivery, SIGNATURE)?;
    let timestamp = required(delivery, TIMESTAMP)?;
    let malformed = |name: &str| Refusal::Unsigned(format!("the header {name} is malformed"));
    let is_digits = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let sent: i64 = timestamp.parse().ok().filter(|_| is_digits).ok_or_else(|| malformed(TIMESTAMP))?;
    let age = context.now.seconds().saturating_sub(sent);
    if age > TOLERANCE_SECONDS {
        return Err(Refusal::Unsigned(format!("the delivery was signed more than {TOLERANCE_SECONDS} seconds ago")));
    }
    if age < -TOLERANCE_SECONDS {
        return Err(Refusal::Unsigned(format!("the delivery is dated more than {TOLERANCE_SECONDS} seconds ahead")));
    }
    let signature = STANDARD.decode(given).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signature = signature.ok_or_else(|| malformed(SIGNATURE))?;
    let signed = [timestamp.as_bytes(), b"|", delivery.body].concat();
    let signer = context.credentials.iter().find(|credentials| {
        let Credentials::Telnyx { public_key, .. } = credentials else { return false };
        let key = STANDARD.decode(public_key).ok().and_then(|bytes| PublicKey::from_slice(&bytes).ok());
        key.is_some_and(|key| key.verify(&signed, &signature).is_ok())
    });
    signer.copied().ok_or_else(|| Refusal::Unsigned("no signature matches".to_owned()))
}
