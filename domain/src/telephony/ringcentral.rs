//! RingCentral's notifications about telephony sessions.
//!
//! RingCentral: webhooks. Nothing is signed: a token of ours comes back in a header, so whoever reads one delivery
//! could make up the next. Each party of a session that is one of our extensions is a leg.

use super::clock::iso8601;
use super::fields::Fields;
use super::legs::{event, quiet};
use super::signature::{id_given, is_same, must};
use super::{
    Answer, CallEvent, Context, Credentials, Delivery, Direction, LateRecording, Purpose, Received, Refusal, Refused,
    ReportedStatus,
};
use crate::ids::{ExtensionId, ProviderCallId};
use serde_json::Value;
use subtle::Choice;

/// Present and older name of the same header.
const TOKEN: &str = "verification-token";
const OLDER_TOKEN: &str = "validation-token";

/// Why a party left a session that goes on with somebody else.
const GOES_ON: &[&str] = &[
    "Pickup",
    "Supervising",
    "TakeOver",
    "BlindTransfer",
    "RccTransfer",
    "AttendedTransfer",
    "CallerInputRedirect",
    "CallFlip",
    "ParkLocation",
    "DtmfTransfer",
    "AgentAnswered",
    "AgentDropped",
    "CallRedirected",
];
const FAILURES: &[&str] = &[
    "InvalidNumber",
    "InternalError",
    "InternationalDisabled",
    "DestinationBlocked",
    "NotEnoughFunds",
    "NoSuchUser",
    "CallDropped",
];

/// Checks and reads a delivery.
pub(super) fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    verify(delivery, context)?;
    if delivery.purpose == Purpose::Route {
        return Err(Refusal::NotHere);
    }
    let json: Value = crate::utf8::json(delivery.body).map_err(|error| Refused::Malformed(error.to_string()))?;
    let envelope = Fields::of(&json);
    let body = envelope.inner("body");
    let mut received = quiet(id_given("ringcentral", &envelope.text("uuid"), delivery), Answer::json(200, "{}"));
    let Some(session) = body.filled("telephonySessionId") else { return Ok(received) };
    // The one is about the event or, as some pages have it, about the call's start; the other always about now.
    let moment = |text: String| iso8601(&text);
    let told_at = envelope.filled("timestamp").and_then(moment);
    let started = body.filled("eventTime").and_then(moment).or(told_at).unwrap_or(context.now);
    let at = told_at.unwrap_or(started);
    let account = body.filled("accountId").filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let ring_out = RingOut::of(&body);

    for party in body.items("parties") {
        let said = of_party(&party, &ring_out);
        received.events.extend(said.map(|(line, status, direction)| {
            let number = |side: &str| party.inner(side).first(&["phoneNumber", "extensionNumber", "extensionId"]);
            let (from, to) = (number("from").unwrap_or_default(), number("to").unwrap_or_default());
            let (from, to) = if is_turned(&party) { (to, from) } else { (from, to) };
            let event = event(session.clone(), from, to, (line, status), started);
            let is_over = !matches!(status, ReportedStatus::Ringing | ReportedStatus::Answered);
            CallEvent {
                direction,
                answered_at: (status == ReportedStatus::Answered).then_some(at),
                ended_at: is_over.then_some(at),
                ..event
            }
        }));
        for recording in party.items("recordings").filter(|recording| !recording.is_true("active")) {
            let id = recording.filled("id").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            received.recordings.extend(id.map(|id| LateRecording {
                call_id: ProviderCallId(session.clone()),
                recording: format!(
                    "https://media.ringcentral.com/restapi/v1.0/account/{}/recording/{id}/content",
                    account.as_deref().unwrap_or("~")
                ),
            }));
        }
    }
    Ok(received)
}

/// A call that RingCentral places for somebody: it rings the initiator first, then the target.
struct RingOut {
    initiator: Option<ExtensionId>,
    has_target: bool,
}

impl RingOut {
    fn of(body: &Fields<'_>) -> Self {
        let of_role = |role: &str| body.items("parties").find(|party| party.text("ringOutRole") == role);
        Self {
            initiator: of_role("Initiator").and_then(|party| party.filled("extensionId")).map(ExtensionId),
            has_target: of_role("Target").is_some(),
        }
    }
}

/// The initiator of a ring-out is called by RingCentral, so it is told of as if somebody had called in.
fn is_turned(party: &Fields<'_>) -> bool {
    party.text("ringOutRole") == "Initiator" && party.text("direction") == "Inbound"
}

/// Of which line a party tells, and what; nothing of what has not begun or is no call.
fn of_party(
    party: &Fields<'_>,
    ring_out: &RingOut,
) -> Option<(Option<ExtensionId>, ReportedStatus, Option<Direction>)> {
    use ReportedStatus::{Answered, Ended, Ringing, Voicemail};
    let role = party.text("ringOutRole");
    let (ours, direction) = match party.text("direction").as_str() {
        "Inbound" if role.is_empty() => ("to", Some(Direction::Inbound)),
        "Inbound" => ("to", Some(Direction::Outbound)),
        "Outbound" => ("from", Some(Direction::Outbound)),
        _ => ("to", None),
    };
    let side = party.inner(ours);
    let line = party
        .filled("extensionId")
        .or_else(|| side.filled("extensionId"))
        .or_else(|| side.filled("extensionNumber"))
        .map(ExtensionId);
    // What the target does is what becomes of the initiator's call.
    let line = if role == "Target" { ring_out.initiator.clone() } else { line };
    let is_internal =
        ["from", "to"].iter().all(|side| party.inner(side).first(&["extensionId", "extensionNumber"]).is_some());
    let direction = if is_internal { Some(Direction::Internal) } else { direction };
    let status = party.inner("status");
    let reason = status.text("reason");
    let step = match status.text("code").as_str() {
        "Setup" | "Proceeding" => Ringing,
        "Answered" | "Hold" | "Parked" => Answered,
        "VoiceMail" | "VoiceMailScreening" => Voicemail,
        "Disconnected" => ending(&reason, party.is_true("missedCall")),
        "Gone" if line.is_some() => Ended,
        _ => return None,
    };
    match (&line, step) {
        _ if role == "Target" => Some((line, step, direction)),
        (Some(_), Answered) if role == "Initiator" && ring_out.has_target => Some((line, Ringing, direction)),
        // The company's own leg is answered by menus and queues, never by a person.
        (None, Answered) => Some((None, Ringing, direction)),
        (None, Ended) if GOES_ON.contains(&reason.as_str()) => None,
        _ => Some((line, step, direction)),
    }
}

/// How a party's part ended. A plain end is a talk only if somebody picked up, which another notification tells.
fn ending(reason: &str, is_missed: bool) -> ReportedStatus {
    match reason {
        _ if GOES_ON.contains(&reason) => ReportedStatus::Ended,
        "TargetBusy" => ReportedStatus::Busy,
        "Cancelled" | "Rejected" => ReportedStatus::Cancelled,
        "Voicemail" => ReportedStatus::Voicemail,
        "NoAnswer" | "Timeout" => ReportedStatus::Missed,
        _ if FAILURES.contains(&reason) => ReportedStatus::Failed,
        _ if is_missed => ReportedStatus::Missed,
        _ => ReportedStatus::Ended,
    }
}

fn verify(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<(), Refusal> {
    let given = [delivery.header(TOKEN)?, delivery.header(OLDER_TOKEN)?];
    if given.iter().all(Option::is_none) {
        return Err(Refusal::Unsigned(format!("the header {TOKEN} is missing")));
    }
    let mut genuine = Choice::from(0);
    for credentials in context.credentials {
        let Credentials::RingCentral { verification_token } = credentials else { continue };
        if verification_token.is_empty() {
            continue;
        }
        for token in given.iter().flatten() {
            genuine |= is_same(token.as_bytes(), verification_token.as_bytes());
        }
    }
    must(genuine)
}
