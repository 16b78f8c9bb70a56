//! Vonage Voice: its API, the NCCO it takes, and its events.
//!
//! Vonage: Voice API reference, NCCO reference, webhook reference, signed webhooks. An incoming call counts as answered as
//! soon as its NCCO runs, whoever is connected later.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{
    act::Play,
    api::{Asked, answer, is_refused_word, is_too_much},
    clock, media,
    model::{Call, Leg, LegState, Origin, bare, uuid_of},
    send::{Answered, Content},
};
use crate::{crypto, problem::Problem, state::Sim};

/// `CON-` and a UUID.
pub(crate) fn call_id(seed: &str) -> String {
    format!("CON-{}", uuid_of(seed))
}

fn refused(status: u16, title: &str, detail: &str) -> Response {
    answer(
        status,
        json!({"type": "https://developer.vonage.com/api-errors", "title": title, "detail": detail, "instance": crypto::random_uuid()}),
    )
}

/// The application of a request, if its token is good.
fn application(sim: &Sim, asked: &Asked) -> Result<String, Box<Response>> {
    let bad = |detail: &str| Box::new(refused(401, "Unauthorized", detail));
    let token = asked.bearer().ok_or_else(|| bad("You did not provide correct credentials."))?;
    let (header, claims) = crypto::jwt_parts(token).ok_or_else(|| bad("Invalid Token"))?;
    let application = claims["application_id"].as_str().unwrap_or_default().to_owned();
    let mut world = sim.lock();
    let now = world.now();
    let iat = claims["iat"].as_f64().unwrap_or_default();
    let exp = claims["exp"].as_f64().unwrap_or(iat + 900.0);
    if header["alg"] != "RS256" || claims["jti"].as_str().is_none_or(str::is_empty) || application.len() < 4 {
        return Err(bad("Invalid Token"));
    }
    if (iat - now).abs() > 900.0 || exp < now {
        return Err(bad("Token has expired"));
    }
    let carrier = world.carrier("vonage", &application);
    let key = carrier.desk.credential("privateKey");
    if is_refused_word(&application) || (!key.is_empty() && !crypto::is_rs256(token, key)) {
        return Err(bad("Invalid Token"));
    }
    Ok(application)
}

/// A request to Vonage's hosts.
pub(crate) fn serve(sim: &Arc<Sim>, asked: &Asked) -> (String, Response) {
    let id = match application(sim, asked) {
        Ok(id) => id,
        Err(response) => return ("unknown".to_owned(), *response),
    };
    let mut world = sim.lock();
    let now = world.now();
    let carrier = world.carrier("vonage", &id);
    if is_too_much(carrier, now, 30, 1.0) {
        return (id, refused(429, "Rate Limit Hit", "Please wait, then retry your request"));
    }
    let segments = asked.segments();
    let response = match (asked.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "calls"]) => {
            let known = ["status", "date_start", "date_end", "page_size", "record_index", "order", "conversation_uuid"];
            match asked.unknown(&known) {
                Some(name) => refused(400, "Bad Request", &format!("{name} is not a parameter")),
                None => {
                    answer(200, json!({"count": 0, "page_size": 10, "record_index": 0, "_embedded": {"calls": []}}))
                }
            }
        }
        ("GET", ["v2", "applications", wanted]) if *wanted == id => answer(200, json!({"id": id, "name": "Sales"})),
        ("POST", ["v1", "calls"]) => match place(asked, &carrier.desk.hook, now) {
            Err(detail) => refused(400, "Bad Request", &detail),
            Ok(call) => {
                carrier.calls.push(call.clone());
                let desk = carrier.desk.clone();
                let shown = json!({
                    "uuid": call.legs[0].id, "status": "started", "direction": "outbound", "conversation_uuid": call.id,
                });
                drop(world);
                let mut play = Play::of(sim, &desk, &id, call);
                tokio::spawn(async move {
                    for status in ["started", "ringing"] {
                        event(&mut play, Some(0), status, json!({})).await;
                    }
                });
                return (id, answer(201, shown));
            }
        },
        ("PUT", ["v1", "calls", _]) => answer(204, Value::Null),
        ("GET" | "HEAD", ["v1", "files", file]) => match carrier.recordings.get(*file) {
            Some(recording) => media::serve(carrier, recording, asked),
            None => refused(404, "Not Found", "The requested file does not exist"),
        },
        _ => refused(404, "Not Found", "The requested resource does not exist"),
    };
    (id, response)
}

/// An endpoint's address as the events write it; an error if it cannot be called.
fn endpoint(value: &Value) -> Result<String, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "phone" => {
            let number = text("number");
            let is_number = (7..=15).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit());
            if is_number && !is_refused_word(number) {
                Ok(number.to_owned())
            } else {
                Err(format!("{number:?} is no phone number in E.164 digits"))
            }
        }
        "sip" if text("uri").starts_with("sip:") => Ok(text("uri").to_owned()),
        "app" if !text("user").is_empty() => Ok(text("user").to_owned()),
        "vbc" if !text("extension").is_empty() => Ok(text("extension").to_owned()),
        other => Err(format!("an endpoint of type {other:?} cannot be called: {value}")),
    }
}

/// The one URL of a list.
fn url_of(fields: &Map<String, Value>, name: &str) -> Result<String, String> {
    match fields.get(name) {
        None => Ok(String::new()),
        Some(Value::Array(urls)) if urls.len() == 1 => Ok(urls[0].as_str().unwrap_or_default().to_owned()),
        Some(other) => Err(format!("{name} must be a list with one URL, not {other}")),
    }
}

/// `POST /v1/calls`.
fn place(asked: &Asked, hook: &str, now: f64) -> Result<Call, String> {
    let fields = asked.fields().ok_or("the body is no JSON object")?;
    let known = [
        "to",
        "from",
        "random_from_number",
        "ncco",
        "answer_url",
        "answer_method",
        "event_url",
        "event_method",
        "ringing_timer",
        "length_timer",
        "machine_detection",
        "advanced_machine_detection",
    ];
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("{name} is not a parameter"));
    }
    let to = match fields.get("to").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => endpoint(only)?,
        _ => return Err("to must be a list with one endpoint".to_owned()),
    };
    let from = fields.get("from").map_or(Ok(String::new()), endpoint)?;
    if fields.contains_key("ncco") == fields.contains_key("answer_url") {
        return Err("exactly one of ncco and answer_url".to_owned());
    }
    let ncco = fields.get("ncco").cloned().unwrap_or(json!([]));
    actions(&ncco)?;
    let timer = fields.get("ringing_timer").map(Value::as_i64);
    if timer.is_some_and(|timer| !timer.is_some_and(|seconds| (1..=120).contains(&seconds))) {
        return Err("ringing_timer must be 1 to 120".to_owned());
    }
    let id = call_id(&crypto::random_hex(8));
    let mut call = Call::new("", id, Origin::Dialled, (&from, &to), now);
    let mut leg = Leg::ringing(uuid_of(&format!("{}/0", call.id)), &to, &to, now);
    let url = url_of(&fields, "event_url")?;
    leg.hook = if url.is_empty() { hook.to_owned() } else { url };
    call.legs.push(leg);
    call.notes.insert("ncco".to_owned(), ncco);
    call.notes.insert("answer_url".to_owned(), json!(url_of(&fields, "answer_url")?));
    Ok(call)
}

/// One connection of an NCCO.
struct Connect {
    address: String,
    hook: String,
    is_synchronous: bool,
}

/// Reads the actions; anything Vonage would not take is an error.
fn actions(ncco: &Value) -> Result<(Vec<Connect>, String), String> {
    let list = ncco.as_array().ok_or("an NCCO is a list of actions")?;
    let (mut connects, mut recording) = (Vec::new(), String::new());
    for action in list {
        let fields = action.as_object().ok_or("an action is an object")?;
        let name = fields.get("action").and_then(Value::as_str).unwrap_or_default();
        let known: &[&str] = match name {
            "connect" => &[
                "action",
                "endpoint",
                "from",
                "randomFromNumber",
                "eventType",
                "timeout",
                "limit",
                "machineDetection",
                "advancedMachineDetection",
                "eventUrl",
                "eventMethod",
                "ringbackTone",
            ],
            "record" => &[
                "action",
                "format",
                "split",
                "channels",
                "endOnSilence",
                "endOnKey",
                "timeOut",
                "beepStart",
                "eventUrl",
                "eventMethod",
                "transcription",
            ],
            "talk" => &["action", "text", "bargeIn", "loop", "level", "language", "style", "premium"],
            "stream" | "conversation" | "notify" | "wait" => continue,
            other => return Err(format!("{other:?} is no action")),
        };
        if let Some(unknown) = fields.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("{name} has no {unknown}"));
        }
        let hook = url_of(fields, "eventUrl")?;
        match name {
            "record" => recording = hook,
            "connect" => {
                let ends =
                    fields.get("endpoint").and_then(Value::as_array).ok_or("connect needs a list of endpoints")?;
                let [end] = ends.as_slice() else {
                    return Err(format!("connect takes one endpoint, not {}", ends.len()));
                };
                if let Some(from) = fields
                    .get("from")
                    .and_then(Value::as_str)
                    .filter(|from| !from.bytes().all(|digit| digit.is_ascii_digit()))
                {
                    return Err(format!("from {from:?} is not in E.164 digits"));
                }
                let is_synchronous = fields.get("eventType").and_then(Value::as_str) == Some("synchronous");
                connects.push(Connect { address: endpoint(end)?, hook, is_synchronous });
            }
            _ => {}
        }
    }
    Ok((connects, recording))
}

/// Sends an event about a leg, or about the caller's own one.
async fn event(play: &mut Play, leg: Option<usize>, status: &str, more: Value) {
    let (url, body) = told(play, leg, status, more);
    play.tell(status, &url, Content::Json(body)).await;
}

fn told(play: &Play, leg: Option<usize>, status: &str, more: Value) -> (String, Value) {
    let (call, at) = (&play.call, play.step.at);
    let leg = leg.and_then(|index| call.legs.get(index));
    let (id, to, hook) = match leg {
        Some(leg) => (leg.id.clone(), bare(&leg.address).to_owned(), leg.hook.clone()),
        None => (uuid_of(&call.id), bare(&call.to).to_owned(), String::new()),
    };
    let url = if hook.is_empty() { play.desk.hook.clone() } else { hook };
    let number = bare(play.desk.credential("number"));
    let from = if leg.is_some_and(|leg| leg.is_client) { number } else { bare(&call.from) };
    let at = leg.and_then(|leg| leg.ended.or(leg.answered)).unwrap_or(at);
    let mut body = json!({
        "from": from, "to": to, "uuid": id, "conversation_uuid": call.id, "status": status,
        "direction": if leg.is_some() { "outbound" } else { "inbound" }, "timestamp": clock::iso(at),
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    (url, body)
}

fn times(answered: Option<f64>, ended: f64) -> Value {
    let seconds = (ended - answered.unwrap_or(ended)).round() as i64;
    json!({
        "start_time": clock::iso(answered.unwrap_or(ended)), "end_time": clock::iso(ended), "duration": seconds.to_string(),
        "rate": "0.00720000", "price": "0.00072000", "network": "GB-FIXED",
    })
}

/// Runs an NCCO up to its first connection. Whether somebody rings now.
async fn run(play: &mut Play, ncco: &Value) -> bool {
    let (connects, recording) = match actions(ncco) {
        Ok(read) => read,
        Err(why) => {
            play.refuse(why);
            return false;
        }
    };
    if !recording.is_empty() {
        play.call.notes.insert("recording".to_owned(), json!(recording));
    }
    let rest: Vec<Value> = connects
        .iter()
        .map(|connect| json!({"address": connect.address, "hook": connect.hook, "synchronous": connect.is_synchronous}))
        .collect();
    play.call.notes.insert("connects".to_owned(), json!(rest));
    next(play).await
}

/// Rings the next one of the NCCO.
async fn next(play: &mut Play) -> bool {
    let Some(Value::Array(mut rest)) = play.call.notes.remove("connects") else { return false };
    if rest.is_empty() {
        return false;
    }
    let connect = rest.remove(0);
    play.call.notes.insert("connects".to_owned(), Value::Array(rest));
    let text = |name: &str| connect[name].as_str().unwrap_or_default().to_owned();
    let id = uuid_of(&format!("{}/{}", play.call.id, play.call.legs.len()));
    let line = super::api::query_of(&text("hook"), "line").unwrap_or_else(|| text("address"));
    let mut leg = Leg::ringing(id, &line, &text("address"), play.step.at);
    leg.hook = text("hook");
    leg.is_client = play.call.origin == Origin::Dialled;
    if connect["synchronous"] == true {
        leg.state_text = "synchronous".to_owned();
    }
    play.call.legs.push(leg);
    let index = play.call.legs.len() - 1;
    for status in ["started", "ringing"] {
        event(play, Some(index), status, json!({})).await;
    }
    true
}

fn document(answered: &Answered) -> Result<Value, String> {
    if !(200..=205).contains(&answered.status) {
        return Err(format!("the answer URL said {}", answered.status));
    }
    serde_json::from_str(&answered.text).map_err(|why| format!("the answer is no NCCO: {why}"))
}

/// A leg ends without a talk; the next of the NCCO may ring. Whether somebody rings now.
async fn give_up(play: &mut Play, index: usize, status: &str) -> bool {
    let at = play.step.at;
    play.call.legs[index].end(status, at);
    let leg = play.call.legs[index].clone();
    let detail = if status == "unanswered" { json!({"detail": "timeout"}) } else { json!({}) };
    if leg.state_text == "synchronous" && !leg.hook.is_empty() {
        let (url, body) = told(play, Some(index), status, detail);
        let answered = play.ask(status, "POST", &url, Content::Json(body)).await;
        if let Ok(ncco @ Value::Array(_)) = document(&answered) {
            return run(play, &ncco).await;
        }
    } else {
        event(play, Some(index), status, detail).await;
    }
    next(play).await
}

/// The call is over.
async fn end(play: &mut Play) {
    let last = play.last_end();
    play.call.ended = Some(last);
    play.step.at = last;
    if play.call.origin == Origin::Inbound {
        let more = times(play.call.answered, last);
        event(play, None, "completed", more).await;
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
            return Err(Problem::new(400, "calls out of Vonage are placed by its API"));
        }
        "ring" => ring(play).await,
        "answer" if is_dialled && play.call.answered.is_none() => {
            play.call.answered = Some(at);
            let leg = play.call.legs.first_mut().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            event(play, Some(0), "answered", json!({})).await;
            let url = play.call.note("answer_url");
            let ncco = if url.is_empty() {
                play.call.notes.get("ncco").cloned().unwrap_or_default()
            } else {
                answer_url(play, &url).await
            };
            run(play, &ncco).await;
        }
        "answer" | "client_answer" => {
            let index = *ringing.first().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            let leg = &mut play.call.legs[index];
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            event(play, Some(index), "answered", json!({})).await;
        }
        "hangup" => {
            if talking.is_empty() {
                return Err(Problem::new(409, "nobody talks there"));
            }
            for index in play.call.legs_in(LegState::Ringing, None) {
                play.call.legs[index].end("cancelled", at);
                event(play, Some(index), "cancelled", json!({})).await;
            }
            // The leg that was connected last ends first.
            let until = talking.last().map_or(at, |index| play.end_of_talk(play.call.legs[*index].answered));
            for index in talking.into_iter().rev() {
                play.call.legs[index].end("completed", until);
                let more = times(play.call.legs[index].answered, until);
                event(play, Some(index), "completed", more).await;
            }
            end(play).await;
        }
        kind @ ("miss" | "busy" | "fail") => {
            let status = match kind {
                "miss" => "unanswered",
                "busy" => "busy",
                _ => "failed",
            };
            let mut rings = ringing.first().copied();
            while let Some(index) = rings {
                let goes_on = give_up(play, index, status).await;
                rings = if goes_on { play.call.legs_in(LegState::Ringing, None).first().copied() } else { None };
                if goes_on && line.is_some() {
                    return Ok(());
                }
            }
            for index in play.call.legs_in(LegState::Talking, None) {
                play.call.legs[index].end("completed", at);
                let more = times(play.call.legs[index].answered, at);
                event(play, Some(index), "completed", more).await;
            }
            end(play).await;
        }
        "cancel" => {
            for index in play.call.legs_in(LegState::Ringing, None) {
                play.call.legs[index].end("cancelled", at);
                event(play, Some(index), "cancelled", json!({})).await;
            }
            end(play).await;
        }
        "recording" => {
            let id = uuid_of(&format!("recording/{}", play.call.id));
            let seconds = play.record(&id);
            let url = match play.call.note("recording") {
                url if url.is_empty() => play.desk.hook.clone(),
                url => url,
            };
            let start = play.call.legs.iter().find_map(|leg| leg.answered).unwrap_or(at);
            let body = json!({
                "start_time": clock::iso(start), "end_time": clock::iso(start + seconds as f64), "size": 19_214,
                "recording_url": format!("https://api.nexmo.com/v1/files/{id}"), "recording_uuid": uuid_of(&id),
                "conversation_uuid": play.call.id, "timestamp": clock::iso(at),
            });
            play.tell("recording", &url, Content::Json(body)).await;
        }
        _ => return Err(play.step.impossible("Vonage")),
    }
    Ok(())
}

/// Asks an answer URL for its NCCO; an empty one if there is none.
async fn answer_url(play: &mut Play, url: &str) -> Value {
    let joint = if url.contains('?') { '&' } else { '?' };
    let id = uuid_of(&play.call.id);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", bare(&play.call.to))
        .append_pair("from", bare(&play.call.from))
        .append_pair("conversation_uuid", &play.call.id)
        .append_pair("uuid", &id)
        .finish();
    let asked = format!("{url}{joint}{query}");
    let mut answered = play.ask("where to", "GET", &asked, Content::Nothing).await;
    if matches!(answered.status, 0 | 429 | 503 | 504) {
        answered = play.ask("where to, again", "GET", &asked, Content::Nothing).await;
    }
    document(&answered).unwrap_or_else(|why| {
        play.refuse(why);
        json!([])
    })
}

/// A call comes in.
async fn ring(play: &mut Play) {
    event(play, None, "started", json!({})).await;
    event(play, None, "ringing", json!({})).await;
    let ncco = match play.step.lines.is_empty() {
        true => {
            let url = play.desk.route.clone();
            answer_url(play, &url).await
        }
        // The customer's own flow: one after the other, as Vonage rings.
        false => {
            let connect = |line: &String| {
                let escaped: String = form_urlencoded::byte_serialize(line.as_bytes()).collect();
                let end = match line.strip_prefix('+') {
                    Some(digits) => json!({"type": "phone", "number": digits}),
                    None if line.starts_with("sip:") => json!({"type": "sip", "uri": line}),
                    None => json!({"type": "app", "user": line}),
                };
                json!({"action": "connect", "endpoint": [end], "eventUrl": [format!("{}?line={escaped}", play.desk.hook)]})
            };
            play.step.lines.iter().map(connect).collect()
        }
    };
    play.call.answered = Some(play.step.at);
    event(play, None, "answered", json!({})).await;
    if !run(play, &ncco).await {
        end(play).await;
    }
}
