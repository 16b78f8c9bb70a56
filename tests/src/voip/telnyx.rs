//! Telnyx Call Control: its API, its commands and its events.
//!
//! Telnyx: Call Control applications, dial, transfer, receiving webhooks, recordings. Not documented and chosen here: a
//! parked call whose transfer failed stays parked until its caller gives up.

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    act::Play,
    api::{Asked, answer, is_refused_word, is_too_much},
    clock, media,
    model::{Call, Leg, LegState, Origin, uuid_of},
    send::Content,
};
use crate::{crypto, problem::Problem, state::Sim};

/// How long a parked call waits for a command of the product.
const FIRST_COMMAND: Duration = Duration::from_secs(4);
/// How long a call waits for another one after a leg failed.
const NEXT_COMMAND: Duration = Duration::from_millis(1500);

fn refused(status: u16, code: &str, title: &str, detail: &str) -> Response {
    answer(status, json!({"errors": [{"code": code, "title": title, "detail": detail}]}))
}

fn denied(status: u16, code: &str, title: &str, detail: &str) -> Box<Response> {
    Box::new(refused(status, code, title, detail))
}

fn control_id(leg: &str) -> String {
    format!("v3:{}", crypto::md5_hex(leg.as_bytes()))
}

/// A request to `api.telnyx.com`.
pub(crate) fn serve(sim: &Arc<Sim>, asked: &Asked) -> (String, Response) {
    let key = asked.bearer().unwrap_or_default().to_owned();
    let mut world = sim.lock();
    let now = world.now();
    let carrier = world.carrier("telnyx", &key);
    // Keys are the identity here: one that was registered for somebody is known, another one is not, unless nobody is.
    if key.len() < 4 || is_refused_word(&key) {
        return (
            key,
            refused(401, "10009", "Authentication failed", "Could not find any usable credentials in the request."),
        );
    }
    if is_too_much(carrier, now, 200, 1.0) {
        return (
            key,
            refused(429, "10011", "Too many requests", "You have exceeded the maximum number of allowed requests."),
        );
    }
    let not_found = || refused(404, "10005", "Resource not found", "The requested resource or URL could not be found.");
    let application = carrier.desk.credential("connectionId").to_owned();
    let is_application = |id: &str| !is_refused_word(id) && (application.is_empty() || application == id);
    let segments = asked.segments();
    let response = match (asked.method.as_str(), segments.as_slice()) {
        ("GET", ["v2", "call_control_applications", id]) if is_application(id) => {
            let record = application_record(id, &carrier.desk.hook);
            answer(200, json!({"data": record}))
        }
        ("PATCH", ["v2", "call_control_applications", id]) if is_application(id) => {
            let Some(fields) = asked.fields() else {
                return (key, refused(400, "10015", "Bad Request", "The request body is not valid JSON."));
            };
            let known = [
                "application_name",
                "webhook_event_url",
                "webhook_event_failover_url",
                "webhook_api_version",
                "webhook_timeout_secs",
                "first_command_timeout",
                "first_command_timeout_secs",
                "active",
                "anchorsite_override",
                "dtmf_type",
                "inbound",
                "outbound",
                "tags",
                "call_cost_in_webhooks",
                "redact_dtmf_debug_logging",
            ];
            if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
                return (key, refused(422, "10015", "Bad Request", &format!("{name} is not a parameter.")));
            }
            // Telnyx asks for both of these in an update.
            for needed in ["application_name", "webhook_event_url"] {
                if !fields.contains_key(needed) {
                    return (
                        key,
                        refused(
                            422,
                            "10004",
                            "Missing required parameter",
                            &format!("The {needed} parameter is required."),
                        ),
                    );
                }
            }
            if let Some(url) = fields.get("webhook_event_url").and_then(Value::as_str) {
                url.clone_into(&mut carrier.desk.hook);
                carrier.desk.set_up.insert("webhook_event_url".to_owned(), json!(url));
            }
            carrier.desk.set_up.extend(fields);
            let record = application_record(id, &carrier.desk.hook);
            answer(200, json!({"data": record}))
        }
        ("GET", ["v2", "telephony_credentials"]) => {
            let size = asked.parameter("page[size]").parse::<usize>().unwrap_or(20);
            let lines: Vec<Value> = carrier
                .desk
                .lines
                .iter()
                .map(|line| {
                    let id = uuid_of(&line.extension);
                    json!({"id": id, "record_type": "credential", "name": line.name, "sip_username": line.extension, "expired": false})
                })
                .collect();
            let total = lines.len();
            answer(
                200,
                json!({"data": lines, "meta": {"page_number": 1, "page_size": size, "total_pages": 1, "total_results": total}}),
            )
        }
        ("GET", ["v2", "credential_connections"]) => answer(
            200,
            json!({"data": [], "meta": {"page_number": 1, "page_size": 20, "total_pages": 1, "total_results": 0}}),
        ),
        ("POST", ["v2", "calls"]) => match dial(asked, &application, &carrier.desk.hook, now) {
            Err(response) => *response,
            Ok(call) => {
                carrier.calls.push(call.clone());
                let desk = carrier.desk.clone();
                let leg = call.legs[0].clone();
                let shown = json!({"data": {
                    "record_type": "call", "call_control_id": control_id(&leg.id), "call_leg_id": leg.id,
                    "call_session_id": call.id, "is_alive": false, "client_state": leg.state_text,
                }});
                drop(world);
                let mut play = Play::of(sim, &desk, &key, call);
                tokio::spawn(
                    async move { event(&mut play, Some(0), "call.initiated", json!({"state": "bridging"})).await },
                );
                return (key, answer(200, shown));
            }
        },
        ("POST", ["v2", "calls", control, "actions", action]) => {
            let found = carrier.calls.iter_mut().find(|call| {
                control_id(&call.id) == **control || call.legs.iter().any(|leg| control_id(&leg.id) == **control)
            });
            let Some(call) = found.filter(|call| call.ended.is_none()) else {
                return (
                    key,
                    refused(
                        422,
                        "90018",
                        "Call has already ended",
                        "This call is no longer active and can't receive commands.",
                    ),
                );
            };
            let fields = asked.fields().unwrap_or_default();
            match command(call, action, &fields, now) {
                Err(response) => *response,
                Ok(None) => answer(200, json!({"data": {"result": "ok"}})),
                Ok(Some(index)) => {
                    let (desk, call) = (carrier.desk.clone(), call.clone());
                    drop(world);
                    let mut play = Play::of(sim, &desk, &key, call);
                    tokio::spawn(async move {
                        event(&mut play, Some(index), "call.initiated", json!({"state": "bridging"})).await
                    });
                    return (key, answer(200, json!({"data": {"result": "ok"}})));
                }
            }
        }
        ("GET", ["v2", "recordings"]) => {
            let data: Vec<Value> = carrier.recordings.values().map(recording_record).collect();
            answer(200, json!({"data": data, "meta": {"page_number": 1, "page_size": 20, "total_pages": 1}}))
        }
        ("GET", ["v2", "recordings", id]) => match carrier.recordings.get(*id) {
            Some(recording) => answer(200, json!({"data": recording_record(recording)})),
            None => not_found(),
        },
        ("GET", ["v2", "recording-media", file]) => match carrier.recordings.get(file.trim_end_matches(".mp3")) {
            Some(recording) => media::serve(carrier, recording, asked),
            None => not_found(),
        },
        _ => not_found(),
    };
    (key, response)
}

fn application_record(id: &str, hook: &str) -> Value {
    json!({
        "id": id, "record_type": "call_control_application", "application_name": "Sales", "active": true,
        "webhook_event_url": hook, "webhook_api_version": "2",
    })
}

fn recording_record(recording: &super::model::Recording) -> Value {
    let link = format!("https://s3.amazonaws.com/telephony-recorder-prod/{}.mp3", recording.id);
    json!({
        "id": recording.id, "record_type": "recording", "call_session_id": recording.call, "status": "completed",
        "duration_millis": recording.seconds * 1000, "download_urls": {"mp3": link},
    })
}

/// `POST /v2/calls`.
fn dial(asked: &Asked, application: &str, hook: &str, now: f64) -> Result<Call, Box<Response>> {
    let Some(fields) = asked.fields() else {
        return Err(denied(400, "10015", "Bad Request", "The request body is not valid JSON."));
    };
    let known = [
        "connection_id",
        "from",
        "to",
        "from_display_name",
        "link_to",
        "bridge_intent",
        "bridge_on_answer",
        "client_state",
        "command_id",
        "webhook_url",
        "webhook_url_method",
        "timeout_secs",
        "time_limit_secs",
        "record",
        "record_channels",
        "record_format",
        "answering_machine_detection",
        "sip_auth_username",
        "sip_auth_password",
        "custom_headers",
    ];
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(denied(422, "10015", "Bad Request", &format!("{name} is not a parameter.")));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    for needed in ["connection_id", "from", "to"] {
        if text(needed).is_empty() {
            return Err(denied(
                422,
                "10004",
                "Missing required parameter",
                &format!("The {needed} parameter is required."),
            ));
        }
    }
    if !application.is_empty() && text("connection_id") != application {
        return Err(denied(
            422,
            "10015",
            "Invalid value for connection_id (Call Control App ID)",
            "Only Call Control Apps with valid webhook URL are accepted.",
        ));
    }
    if is_refused_word(text("to")) || !(text("to").starts_with('+') || text("to").starts_with("sip:")) {
        return Err(denied(
            422,
            "10016",
            "Phone number must be in +E164 format",
            "The 'to' parameter must be in E.164 format or a SIP URI.",
        ));
    }
    check_state(text("client_state"))?;
    let id = uuid_of(&crypto::random_hex(8));
    let mut call = Call::new("", id, Origin::Dialled, (text("from"), text("to")), now);
    let mut leg = Leg::ringing(uuid_of(&format!("{}/0", call.id)), text("to"), text("to"), now);
    text("client_state").clone_into(&mut leg.state_text);
    let url = if text("webhook_url").is_empty() { hook } else { text("webhook_url") };
    url.clone_into(&mut leg.hook);
    call.legs.push(leg);
    Ok(call)
}

fn check_state(state: &str) -> Result<(), Box<Response>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    match STANDARD.decode(state) {
        Ok(_) => Ok(()),
        Err(_) => Err(denied(422, "10015", "Invalid value for client_state", "The client_state must be Base64.")),
    }
}

/// A command for a call that is alive. The leg that begins to ring, if any.
fn command(
    call: &mut Call,
    action: &str,
    fields: &serde_json::Map<String, Value>,
    now: f64,
) -> Result<Option<usize>, Box<Response>> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let known: &[&str] = match action {
        "transfer" => &[
            "to",
            "from",
            "from_display_name",
            "timeout_secs",
            "time_limit_secs",
            "client_state",
            "target_leg_client_state",
            "command_id",
            "webhook_url",
            "webhook_url_method",
            "record",
            "record_channels",
            "record_format",
            "custom_headers",
            "sip_auth_username",
            "sip_auth_password",
            "mute_dtmf",
            "early_media",
            "audio_url",
            "record_track",
            "record_max_length",
            "record_timeout_secs",
            "record_trim",
            "answering_machine_detection",
            "park_after_unbridge",
        ],
        "answer" | "hangup" | "reject" | "record_start" => {
            &["client_state", "command_id", "cause", "format", "channels", "webhook_url"]
        }
        _ => return Err(denied(404, "10005", "Resource not found", "There is no such command.")),
    };
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(denied(422, "10015", "Bad Request", &format!("{name} is not a parameter.")));
    }
    check_state(text("client_state"))?;
    check_state(text("target_leg_client_state"))?;
    // A command that comes twice within a minute is done once.
    let id = text("command_id");
    let done = call.notes.entry("commands").or_insert_with(|| json!([]));
    if !id.is_empty() && done.as_array().is_some_and(|done| done.contains(&json!(id))) {
        return Ok(None);
    }
    if let Some(done) = done.as_array_mut() {
        done.push(json!(id));
    }
    if action != "transfer" {
        call.notes.insert(action.to_owned(), json!(true));
        return Ok(None);
    }
    let to = text("to");
    if !(to.starts_with('+') || to.starts_with("sip:")) {
        return Err(denied(
            422,
            "10016",
            "Phone number must be in +E164 format",
            "The 'to' parameter must be in E.164 format or a SIP URI.",
        ));
    }
    let mut leg = Leg::ringing(uuid_of(&format!("{}/{}", call.id, call.legs.len())), to, to, now);
    leg.is_client = call.origin == Origin::Dialled;
    text("webhook_url").clone_into(&mut leg.hook);
    // The state of the command goes to the leg that gave it, the target's own one to the new leg.
    let state =
        if text("target_leg_client_state").is_empty() { text("client_state") } else { text("target_leg_client_state") };
    state.clone_into(&mut leg.state_text);
    call.legs.push(leg);
    Ok(Some(call.legs.len() - 1))
}

/// Sends an event about a leg, or about the caller's own one.
async fn event(play: &mut Play, leg: Option<usize>, kind: &str, more: Value) {
    let (call, at) = (&play.call, play.step.at);
    let leg = leg.and_then(|index| call.legs.get(index));
    if leg.is_none() && call.notes.contains_key("own") {
        return;
    }
    let (id, to, state, hook) = match leg {
        Some(leg) => (leg.id.clone(), leg.address.clone(), leg.state_text.clone(), leg.hook.clone()),
        None => (call.id.clone(), call.to.clone(), String::new(), String::new()),
    };
    let url = if hook.is_empty() { play.desk.hook.clone() } else { hook };
    let at = match (kind, leg) {
        ("call.hangup", Some(leg)) => leg.ended.unwrap_or(at),
        ("call.answered" | "call.bridged", Some(leg)) => leg.answered.unwrap_or(at),
        _ => at,
    };
    let from = if leg.is_some_and(|leg| leg.is_client) { play.desk.credential("number") } else { call.from.as_str() };
    let mut payload = json!({
        "call_control_id": control_id(&id), "call_leg_id": if leg.is_some() { id.clone() } else { uuid_of(&id) },
        "call_session_id": call.id, "connection_id": play.desk.credential("connectionId"),
        "client_state": if state.is_empty() { Value::Null } else { json!(state) },
        "from": from, "to": to, "direction": if leg.is_some() { "outgoing" } else { "incoming" },
        "start_time": clock::iso(leg.map_or(call.at, |leg| leg.at)),
    });
    if let (Some(payload), Value::Object(more)) = (payload.as_object_mut(), more) {
        payload.extend(more);
    }
    let body = json!({
        "data": {
            "record_type": "event", "event_type": kind, "id": uuid_of(&format!("{kind}/{id}")),
            "occurred_at": clock::iso(at), "payload": payload,
        },
        "meta": {"attempt": 1, "delivered_to": url},
    });
    play.tell(&format!("{kind} {to}"), &url, Content::Json(body)).await;
}

/// Legs end for this reason.
async fn hang_up(play: &mut Play, legs: Vec<usize>, cause: &str, source: &str) {
    for index in legs {
        let at = play.end_of_talk(play.call.legs[index].answered);
        play.call.legs[index].end(cause, at);
        let more = json!({"hangup_cause": cause, "hangup_source": source, "sip_hangup_cause": sip_cause(cause)});
        event(play, Some(index), "call.hangup", more).await;
    }
}

fn sip_cause(cause: &str) -> &'static str {
    match cause {
        "normal_clearing" => "200",
        "user_busy" => "486",
        "originator_cancel" => "487",
        "not_found" => "404",
        _ => "408",
    }
}

/// The caller's own leg ends.
async fn end(play: &mut Play, cause: &str) {
    let last = play.last_end();
    play.call.ended = Some(last);
    if play.call.origin == Origin::Inbound {
        play.step.at = last;
        let more = json!({"hangup_cause": cause, "hangup_source": "caller", "sip_hangup_cause": sip_cause(cause)});
        event(play, None, "call.hangup", more).await;
    }
}

/// Plays a step.
pub(crate) async fn act(play: &mut Play) -> Result<(), Problem> {
    let line = play.step.line.clone();
    let ringing = play.call.legs_in(LegState::Ringing, line.as_deref());
    let talking = play.call.legs_in(LegState::Talking, None);
    let is_dialled = play.call.origin == Origin::Dialled;
    let at = play.step.at;
    match play.step.kind.as_str() {
        "ring" if play.call.origin != Origin::Inbound => {
            return Err(Problem::new(400, "calls out of Telnyx are placed by its API"));
        }
        // The customer's own application answers and rings; it only lets us hear of the legs it makes.
        "ring" if !play.step.lines.is_empty() => {
            play.call.notes.insert("own".to_owned(), json!(true));
            for line in play.step.lines.clone() {
                let id = uuid_of(&format!("{}/own/{line}", play.call.id));
                play.call.legs.push(Leg::ringing(id, &line, &line, at));
                let index = play.call.legs.len() - 1;
                event(play, Some(index), "call.initiated", json!({"state": "bridging"})).await;
            }
        }
        "ring" => {
            play.store();
            event(play, None, "call.initiated", json!({"state": "parked"})).await;
            if !play.wait_for(FIRST_COMMAND, |call| !call.legs.is_empty() || call.notes.contains_key("reject")).await {
                play.refuse("no command came for the parked call");
            }
        }
        "answer" if is_dialled && play.call.answered.is_none() => {
            play.call.answered = Some(at);
            let leg = play.call.legs.first_mut().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            play.store();
            event(play, Some(0), "call.answered", json!({})).await;
            if !play.wait_for(FIRST_COMMAND, |call| call.legs.len() > 1).await {
                play.refuse("no command came for the answered call");
            }
        }
        "answer" | "client_answer" => {
            let index = *ringing.first().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            let others: Vec<usize> =
                play.call.legs_in(LegState::Ringing, None).into_iter().filter(|other| *other != index).collect();
            let leg = &mut play.call.legs[index];
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            play.call.answered = play.call.answered.or(Some(at));
            event(play, Some(index), "call.answered", json!({})).await;
            event(play, Some(index), "call.bridged", json!({})).await;
            let first = if is_dialled { Some(0) } else { None };
            event(play, first, "call.bridged", json!({})).await;
            hang_up(play, others, "originator_cancel", "unknown").await;
        }
        "hangup" => {
            if talking.is_empty() {
                return Err(Problem::new(409, "nobody talks there"));
            }
            let rings = play.call.legs_in(LegState::Ringing, None);
            hang_up(play, rings, "originator_cancel", "caller").await;
            // The manager's own leg of a dialled call ends last.
            let mut legs = talking;
            legs.reverse();
            let until = legs.first().map(|index| play.end_of_talk(play.call.legs[*index].answered));
            play.step.duration = None;
            play.step.at = until.unwrap_or(at);
            hang_up(play, legs, "normal_clearing", "caller").await;
            end(play, "normal_clearing").await;
        }
        kind @ ("miss" | "busy" | "fail") => {
            let cause = match kind {
                "miss" => "timeout",
                "busy" => "user_busy",
                _ => "not_found",
            };
            let legs = play.call.legs.len();
            play.step.duration = None;
            hang_up(play, ringing, cause, "callee").await;
            play.store();
            if !play.call.legs_in(LegState::Ringing, None).is_empty() {
                return Ok(());
            }
            // The product may try somebody else.
            let is_asked = !play.call.notes.contains_key("own") && !is_dialled;
            if is_asked && play.wait_for(NEXT_COMMAND, |call| call.legs.len() > legs).await {
                if line.is_some() {
                    return Ok(());
                }
                let again = play.call.legs_in(LegState::Ringing, None);
                hang_up(play, again, cause, "callee").await;
            }
            let talking = play.call.legs_in(LegState::Talking, None);
            hang_up(play, talking, "normal_clearing", "unknown").await;
            end(play, "originator_cancel").await;
        }
        "cancel" => {
            hang_up(play, ringing, "originator_cancel", "caller").await;
            end(play, "originator_cancel").await;
        }
        "recording" => {
            let id = uuid_of(&format!("recording/{}", play.call.id));
            play.record(&id);
            let leg = play.call.legs.iter().position(|leg| leg.answered.is_some());
            let answered = leg.and_then(|index| play.call.legs[index].answered).unwrap_or(at);
            let ended = leg.and_then(|index| play.call.legs[index].ended).unwrap_or(at);
            let link = format!("https://s3.amazonaws.com/telephony-recorder-prod/{id}.mp3");
            let more = json!({
                "recording_id": id, "channels": "single", "format": "mp3", "recording_started_at": clock::iso(answered),
                "recording_ended_at": clock::iso(ended), "recording_urls": {"mp3": link}, "public_recording_urls": {},
            });
            event(play, leg, "call.recording.saved", more).await;
        }
        _ => return Err(play.step.impossible("Telnyx")),
    }
    Ok(())
}
