//! Vonage Voice's webhooks: answer and event.
//!
//! Vonage: signed webhooks. A JWT signed with the account's signature secret carries the time and the hash of the
//! body. Vonage's own libraries check neither; we check both, and take no other algorithm. The query of a GET is in
//! no signature, so events must come by POST; only the answer webhook, whose usual form is GET, may ask that way.

use super::clock::iso8601;
use super::fields::Fields;
use super::form::Form;
use super::legs::{Marks, Part, as_dialled, event, late_recording, plus, quiet};
use super::signature::{id_of_content, is_same, required};
use super::{
    Answer, CallEvent, Context, Credentials, Delivery, Direction, Purpose, Received, Refusal, Refused, ReportedStatus,
    RouteQuestion,
};
use crate::ids::{ExtensionId, ProviderCallId};
use crate::webhook::{TOLERANCE_SECONDS, body_digest, hmac_sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// Checks and reads a delivery.
pub(super) fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    verify(delivery, context)?;
    let body = if delivery.method == "GET" {
        if delivery.purpose == Purpose::Report {
            return Err(Refusal::Unsigned("a GET's fields are not signed; let Vonage send events by POST".to_owned()));
        }
        let fields = Form::of_query(delivery.url).0;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Value::Object(
            fields.into_iter().map(|(name, value)| (text(name), Value::from(text(value)))).collect::<Map<_, _>>(),
        )
    } else {
        crate::utf8::json(delivery.body).map_err(|error| Refused::Malformed(error.to_string()))?
    };
    let fields = Fields::of(&body);
    let marks = Marks::of(delivery.url);
    let mut received = quiet(id_of_content("vonage", delivery), Answer::json(200, "{}"));
    let Some(call_id) = fields.first(&["conversation_uuid", "uuid", "call_uuid"]) else { return Ok(received) };
    if delivery.purpose == Purpose::Route {
        let (from, to) = (plus(&fields.text("from")), plus(&fields.text("to")));
        let said = (None, ReportedStatus::Ringing);
        let ringing = event(call_id.clone(), from.clone(), to.clone(), said, context.now);
        received.events.push(CallEvent { direction: Some(Direction::Inbound), ..ringing });
        let call_id = Some(ProviderCallId(call_id));
        received.question = Some(RouteQuestion { call_id, from, to, handle: None, is_second: marks.is_second });
    } else if let Some(url) = fields.filled("recording_url") {
        received.recordings.extend(late_recording(&call_id, &url));
    } else {
        received.events.extend(report(&fields, call_id, &marks, context));
    }
    Ok(received)
}

/// What a leg's status says; nothing for notices that are no status of a leg.
fn report(fields: &Fields<'_>, call_id: String, marks: &Marks, context: &Context<'_>) -> Option<CallEvent> {
    use ReportedStatus::{Answered, Busy, Cancelled, Completed, Failed, Missed, Ringing, Voicemail};
    let step = match fields.text("status").as_str() {
        "started" | "ringing" => Ringing,
        "answered" | "human" => Answered,
        "completed" => Completed,
        "unanswered" | "timeout" => Missed,
        "busy" => Busy,
        "failed" | "rejected" => Failed,
        "cancelled" => Cancelled,
        "machine" => Voicemail,
        _ => return None,
    };
    let at = iso8601(&fields.text("timestamp"));
    let started = iso8601(&fields.text("start_time")).or(at).unwrap_or(context.now);
    let is_outbound = fields.text("direction") == "outbound";
    let (from, to) = (plus(&fields.text("from")), plus(&fields.text("to")));
    let reached = Some(to.clone()).filter(|to| is_outbound && !to.is_empty()).map(ExtensionId);
    let part = Part::of(marks, reached);
    let mut event = event(call_id, from, to, part.says(step), started);
    event.direction = Some(Direction::Inbound);
    match event.status {
        Answered => event.answered_at = at,
        Ringing => {}
        Completed => {
            event.ended_at = iso8601(&fields.text("end_time")).or(at);
            event.talk_seconds = fields.seconds("duration");
        }
        _ => event.ended_at = iso8601(&fields.text("end_time")).or(at),
    }
    Some(as_dialled(event, marks))
}

/// The signature, then what it covers. The claims are read only when some secret has signed them.
fn verify(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<(), Refusal> {
    const NAME: &str = "authorization";
    let refuse = |text: &str| Err(Refusal::Unsigned(text.to_owned()));
    let header = required(delivery, NAME)?;
    let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((signed, code)) = token.and_then(|(_, token)| token.rsplit_once('.')) else {
        return refuse("the header authorization holds no signed token");
    };
    let Some((head, claims)) = signed.split_once('.') else {
        return refuse("the header authorization holds no signed token");
    };
    let code = URL_SAFE_NO_PAD.decode(code).unwrap_or_default();
    let mut api_keys = Vec::new();
    for credentials in context.credentials {
        let Credentials::Vonage { api_key, signature_secret, .. } = credentials else { continue };
        let expected = hmac_sha256(signature_secret.as_bytes(), &[signed.as_bytes()]);
        if expected.as_slice().ct_eq(&code).into() {
            api_keys.push(api_key);
        }
    }
    if api_keys.is_empty() {
        return refuse("no signature matches");
    }
    let json = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        crate::utf8::json::<Value>(&bytes).ok()
    };
    let (Some(head), Some(claims)) = (json(head), json(claims)) else {
        return refuse("the token is no JSON");
    };
    let claims = Fields::of(&claims);
    if Fields::of(&head).text("alg") != "HS256" {
        return refuse("the token's algorithm must be HS256");
    }
    if !api_keys.iter().any(|key| claims.text("api_key") == **key) {
        return refuse("the token's api_key is another account's");
    }
    let now = context.now.seconds();
    let Some(issued) = claims.value("iat").and_then(Value::as_i64) else { return refuse("the token has no iat") };
    if now.saturating_sub(issued) > TOLERANCE_SECONDS {
        return Err(Refusal::Unsigned(format!("the token was issued more than {TOLERANCE_SECONDS} seconds ago")));
    }
    if issued.saturating_sub(now) > TOLERANCE_SECONDS {
        return Err(Refusal::Unsigned(format!("the token is dated more than {TOLERANCE_SECONDS} seconds ahead")));
    }
    if claims.value("exp").is_some_and(|end| end.as_i64().is_none_or(|end| end < now)) {
        return refuse("the token has expired");
    }
    let hash = claims.text("payload_hash");
    let is_unhashed = hash.is_empty() && delivery.body.is_empty();
    if is_unhashed || is_same(hash.as_bytes(), body_digest(delivery.body).as_bytes()).into() {
        Ok(())
    } else {
        refuse("the body is not the one whose hash is signed")
    }
}
