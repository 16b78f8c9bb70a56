//! Zadarma's PBX: its API, its notifications, and what it takes as an answer to `NOTIFY_START`.
//!
//! Zadarma API: authorization, PBX, statistics, notifications. Not documented and chosen here: a call asked for by
//! `/v1/request/callback` is notified (`NOTIFY_OUT_START`) when the extension has picked up and the destination is dialled,
//! `duration` counts the talk, and nothing is sent twice.

use std::{collections::BTreeMap, sync::Arc};

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{
    act::Play,
    api::{Asked, answer, is_refused_word, is_too_much},
    clock, media,
    model::{Call, Carrier, Leg, LegState, Origin, bare},
    send::Content,
    sign::{self, Pairs},
};
use crate::{crypto, problem::Problem, state::Sim};

/// Everything that can be answered to a notification.
const ANSWERS: [&str; 10] = [
    "redirect",
    "return_timeout",
    "rewrite_forward_number",
    "hangup",
    "caller_name",
    "ivr_play",
    "ivr_saypopular",
    "ivr_saydigits",
    "ivr_saynumber",
    "wait_dtmf",
];
const NOTIFICATIONS: [&str; 6] =
    ["notify_start", "notify_internal", "notify_answer", "notify_end", "notify_out_start", "notify_out_end"];

/// `in_` or `out_` and 40 digits.
pub(crate) fn call_id(seed: &str, origin: Origin) -> String {
    let prefix = if origin == Origin::Inbound { "in" } else { "out" };
    format!("{prefix}_{}", crypto::hex(&crypto::hmac_sha1(b"", seed.as_bytes())))
}

fn refused(status: u16, message: &str) -> Response {
    answer(status, json!({"status": "error", "message": message}))
}

/// PHP's `http_build_query` over sorted parameters: a blank is a plus.
fn built(parameters: &BTreeMap<String, String>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// A request to `api.zadarma.com`.
pub(crate) fn serve(sim: &Arc<Sim>, asked: &Asked) -> (String, Response) {
    // A link to a recording needs nothing but itself.
    if let ["v1", "pbx", "record", "download", token, _name] = asked.segments().as_slice() {
        return download(sim, asked, token);
    }
    let (key, signature) = asked.header("authorization").split_once(':').unwrap_or_default();
    let key = key.to_owned();
    let mut world = sim.lock();
    let now = world.now();
    let carrier = world.carrier("zadarma", &key);
    if key.is_empty() || is_refused_word(&key) || !is_signed(carrier, asked, signature) {
        return (key, refused(401, "Not authorized"));
    }
    let is_statistics = asked.path.contains("/statistics/");
    let (limit, seconds) = if is_statistics { (3, 60.0) } else { (100, 60.0) };
    let recent = carrier.requests.iter().filter(|line| {
        line["path"].as_str().is_some_and(|path| path.contains("/statistics/"))
            && line["at"].as_f64().is_some_and(|at| now - at < 60.0)
            && line["status"] == 200
    });
    if if is_statistics { recent.count() >= limit } else { is_too_much(carrier, now, limit, seconds) } {
        return (key, refused(429, "You exceeded the rate limit"));
    }
    let response = dispatch(carrier, asked, now);
    (key, response)
}

/// Whether the signature is the one of the secret, as far as the simulator knows the secret.
fn is_signed(carrier: &Carrier, asked: &Asked, signature: &str) -> bool {
    let mut parameters: BTreeMap<String, String> = asked.query.iter().cloned().collect();
    parameters.extend(asked.form());
    let query = built(&parameters);
    let signed = format!("{}{query}{}", asked.path, crypto::md5_hex(query.as_bytes()));
    let secret = carrier.desk.credential("secret");
    if secret.is_empty() { signature.len() == 56 } else { sign::zadarma(secret, &signed) == signature }
}

fn dispatch(carrier: &mut Carrier, asked: &Asked, now: f64) -> Response {
    let parameters: BTreeMap<String, String> = asked.query.iter().cloned().chain(asked.form()).collect();
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let segments = asked.segments();
    let documented: &[&str] = match segments.as_slice() {
        ["v1", "request", "callback"] => &["format", "from", "to", "sip", "predicted"],
        ["v1", "statistics", "pbx"] => &["format", "start", "end", "version", "skip", "limit", "call_type"],
        ["v1", "pbx", "callinfo", "url"] => &["format", "url", "user_id"],
        ["v1", "pbx", "callinfo", "notifications"] => &[
            "format",
            "user_id",
            "notify_start",
            "notify_internal",
            "notify_answer",
            "notify_end",
            "notify_out_start",
            "notify_out_end",
        ],
        ["v1", "pbx", "record", "request"] => &["format", "call_id", "pbx_call_id", "lifetime"],
        _ => &["format"],
    };
    if let Some(name) = parameters.keys().find(|name| !documented.contains(&name.as_str())) {
        return refused(400, &format!("Wrong parameter {name}"));
    }
    let zone = carrier.desk.zone.clone();
    let local = |at: f64| clock::plain(at + clock::ahead(&zone, at));
    match (asked.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "info", "timezone"]) => answer(
            200,
            json!({"status": "success", "unixtime": now as i64, "datetime": local(now), "timezone": carrier.desk.zone}),
        ),
        ("GET", ["v1", "info", "balance"]) => {
            answer(200, json!({"status": "success", "balance": 10.34, "currency": "USD"}))
        }
        ("GET", ["v1", "pbx", "internal"]) => {
            let numbers: Vec<i64> = carrier.desk.lines.iter().filter_map(|line| line.extension.parse().ok()).collect();
            answer(200, json!({"status": "success", "pbx_id": 1234, "numbers": numbers}))
        }
        ("GET", ["v1", "pbx", "internal", number, "info"]) => {
            match carrier.desk.lines.iter().find(|line| line.extension == *number) {
                None => refused(404, "Extension not found"),
                Some(line) => answer(
                    200,
                    json!({"status": "success", "pbx_id": 1234, "number": line.extension.parse::<i64>().ok(), "name": line.name, "caller_id": "", "lines": 3}),
                ),
            }
        }
        ("POST", ["v1", "pbx", "callinfo", "url"]) => {
            let url = parameter("url").to_owned();
            if !url.starts_with("http") {
                return refused(400, "Wrong url");
            }
            carrier.desk.hook.clone_from(&url);
            carrier.desk.set_up.insert("url".to_owned(), json!(url));
            answer(200, json!({"status": "success", "url": url}))
        }
        ("POST", ["v1", "pbx", "callinfo", "notifications"]) => {
            for name in NOTIFICATIONS {
                match parameter(name) {
                    "" => {}
                    value @ ("true" | "false") => {
                        carrier.desk.set_up.insert(name.to_owned(), json!(value));
                    }
                    _ => return refused(400, &format!("Wrong parameter {name}")),
                }
            }
            let shown: Map<String, Value> = NOTIFICATIONS
                .into_iter()
                .map(|name| (name.to_owned(), carrier.desk.set_up.get(name).cloned().unwrap_or(json!("false"))))
                .collect();
            answer(200, json!({"status": "success", "notifications": shown}))
        }
        ("GET", ["v1", "request", "callback"]) => {
            let (from, to) = (parameter("from").to_owned(), parameter("to").to_owned());
            if from.is_empty()
                || to.is_empty()
                || !to.trim_start_matches('+').bytes().all(|digit| digit.is_ascii_digit())
            {
                return refused(400, "Wrong parameters");
            }
            if !carrier.desk.lines.is_empty() && !carrier.desk.lines.iter().any(|line| line.extension == from) {
                return refused(400, "Wrong from number");
            }
            let id = call_id(&crypto::random_hex(8), Origin::Dialled);
            carrier.calls.push(Call::new("", id, Origin::Dialled, (&from, &to), now));
            answer(200, json!({"status": "success", "from": from, "to": to, "time": now as i64}))
        }
        ("GET", ["v1", "statistics", "pbx"]) => statistics(carrier, &parameters, &local),
        ("GET", ["v1", "pbx", "record", "request"]) => {
            let found: Vec<String> = carrier
                .recordings
                .values()
                .filter(|recording| recording.id == parameter("call_id") || recording.call == parameter("pbx_call_id"))
                .map(|recording| {
                    let name = &recording.id;
                    format!(
                        "https://api.zadarma.com/v1/pbx/record/download/{}/{name}.mp3",
                        crypto::md5_hex(name.as_bytes())
                    )
                })
                .collect();
            let until = local(now + 1800.0);
            match (found.first(), parameter("call_id").is_empty()) {
                (None, _) => refused(404, "Record not found"),
                (Some(link), false) => answer(200, json!({"status": "success", "link": link, "lifetime_till": until})),
                (Some(_), true) => answer(200, json!({"status": "success", "links": found, "lifetime_till": until})),
            }
        }
        ("GET" | "POST" | "PUT" | "DELETE", _) => refused(404, "Unknown method"),
        _ => refused(405, "Method not allowed"),
    }
}

/// The recording behind a link.
fn download(sim: &Sim, asked: &Asked, token: &str) -> (String, Response) {
    let mut world = sim.lock();
    let is_it = |id: &str| crypto::md5_hex(id.as_bytes()) == token;
    for carrier in world.carriers.iter_mut().filter(|carrier| carrier.desk.provider == "zadarma") {
        if let Some(recording) = carrier.recordings.values().find(|recording| is_it(&recording.id)) {
            return (carrier.identity.clone(), media::serve(carrier, recording, asked));
        }
    }
    ("unknown".to_owned(), refused(404, "File not found"))
}

/// `GET /v1/statistics/pbx`: a line for each call and each of its extensions that was rung.
fn statistics(carrier: &Carrier, parameters: &BTreeMap<String, String>, local: &dyn Fn(f64) -> String) -> Response {
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let (start, end) = (parameter("start"), parameter("end"));
    let (Some(from), Some(until)) = (clock::read(start), clock::read(end)) else {
        return refused(400, "Wrong period");
    };
    if until - from > 31.0 * 86_400.0 {
        return refused(400, "The period is longer than a month");
    }
    let limit = parameter("limit").parse::<usize>().unwrap_or(1000).min(1000);
    let skip = parameter("skip").parse::<usize>().unwrap_or(0);
    let stats: Vec<Value> = carrier
        .calls
        .iter()
        .filter(|call| call.ended.is_some())
        .filter(|call| (start..=end).contains(&local(call.at).as_str()))
        .map(|call| {
            let leg = call.legs.iter().rev().find(|leg| leg.answered.is_some()).or(call.legs.last());
            let recording = carrier.recordings.values().find(|recording| recording.call == call.id);
            let sip = leg.map_or_else(|| call.from.clone(), |leg| leg.line.clone());
            let is_inbound = call.origin == Origin::Inbound;
            json!({
                "call_id": recording.map_or_else(|| recording_id(call), |recording| recording.id.clone()),
                "sip": if is_inbound { bare(&call.from).to_owned() } else { sip.clone() },
                "callstart": local(call.at),
                "clid": if is_inbound { bare(&call.from).to_owned() } else { sip.clone() },
                "destination": if is_inbound { sip } else { bare(&call.to).to_owned() },
                "disposition": disposition(call).replace("failed", "call failed"),
                "seconds": leg.map_or(0, Leg::talk),
                "is_recorded": if recording.is_some() { "true" } else { "false" },
                "pbx_call_id": call.id,
            })
        })
        .skip(skip)
        .take(limit)
        .collect();
    answer(200, json!({"status": "success", "start": start, "end": end, "version": 2, "stats": stats}))
}

/// Zadarma's word for how a call ended.
fn disposition(call: &Call) -> &'static str {
    if call.legs.iter().any(|leg| leg.answered.is_some()) {
        return "answered";
    }
    match call.note("outcome").as_str() {
        "busy" => "busy",
        "cancel" => "cancel",
        "fail" => "failed",
        _ => "no answer",
    }
}

/// Asterisk's way to name a call: a moment and a count.
fn recording_id(call: &Call) -> String {
    let digits: String = call.id.bytes().filter(u8::is_ascii_digit).take(6).map(char::from).collect();
    format!("{}.{digits:0>6}", call.at as i64)
}

fn call_start(play: &Play) -> String {
    match play.call.note("callStart") {
        text if text.is_empty() => clock::plain(play.call.at + clock::ahead(&play.desk.zone, play.call.at)),
        text => text,
    }
}

/// The fields of an event.
fn fields(play: &Play, event: &str, more: &[(&str, &str)]) -> Pairs {
    let call = &play.call;
    let start = call_start(play);
    let mut fields: Vec<(&str, &str)> = vec![("event", event), ("call_start", &start), ("pbx_call_id", &call.id)];
    if call.origin == Origin::Inbound {
        fields.push(("caller_id", bare(&call.from)));
        if event != "NOTIFY_ANSWER" {
            fields.push(("called_did", bare(&call.to)));
        }
    } else if event != "NOTIFY_ANSWER" {
        fields.push(("destination", bare(&call.to)));
    }
    fields.extend(more);
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Sends a notification, if the customer wants such.
async fn notify(play: &mut Play, event: &str, more: &[(&str, &str)]) {
    let setting = event.to_ascii_lowercase();
    if play.desk.set_up.get(&setting) == Some(&json!("false")) {
        return;
    }
    let (url, fields) = (play.desk.hook.clone(), fields(play, event, more));
    play.tell(event, &url, Content::Form(fields)).await;
}

/// Plays a step.
pub(crate) async fn act(play: &mut Play) -> Result<(), Problem> {
    let line = play.step.line.clone();
    let ringing = play.call.legs_in(LegState::Ringing, line.as_deref());
    let talking = play.call.legs_in(LegState::Talking, None);
    let at = play.step.at;
    match (play.step.kind.as_str(), play.call.origin) {
        ("ring", Origin::Inbound) => ring(play).await,
        ("ring", _) => {
            let start = play.step.text("callStart").to_owned();
            play.call.notes.insert("callStart".to_owned(), json!(start));
            let line = line.unwrap_or_else(|| play.call.from.clone());
            let id = recording_id(&play.call);
            play.call.legs.push(Leg::ringing(id, &line, &line, at));
            notify(play, "NOTIFY_OUT_START", &[("internal", &line)]).await;
        }
        // The manager picks up; now the destination is dialled.
        ("answer", Origin::Dialled) if play.call.legs.is_empty() => {
            let line = play.call.from.clone();
            let id = recording_id(&play.call);
            play.call.legs.push(Leg::ringing(id, &line, &line, at));
            notify(play, "NOTIFY_OUT_START", &[("internal", &line)]).await;
        }
        ("answer" | "client_answer", origin) => {
            let index = *ringing.first().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            for other in play.call.legs_in(LegState::Ringing, None) {
                if other != index {
                    play.call.legs[other].end("no answer", at);
                }
            }
            let leg = &mut play.call.legs[index];
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            let line = leg.line.clone();
            play.call.answered = play.call.answered.or(Some(at));
            let to = bare(&play.call.to).to_owned();
            if origin == Origin::Inbound {
                notify(play, "NOTIFY_ANSWER", &[("destination", &line), ("internal", &line)]).await;
            } else {
                let more = [("caller_id", line.as_str()), ("destination", to.as_str()), ("internal", line.as_str())];
                notify(play, "NOTIFY_ANSWER", &more).await;
            }
        }
        ("transfer", Origin::Inbound) => {
            let target = line.ok_or_else(|| Problem::new(400, "extension: whom to"))?;
            for index in talking {
                play.call.legs[index].end("answered", at);
            }
            let id = recording_id(&play.call);
            let mut leg = Leg::ringing(id, &target, &target, at);
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            play.call.legs.push(leg);
            notify(play, "NOTIFY_INTERNAL", &[("internal", &target)]).await;
            notify(play, "NOTIFY_ANSWER", &[("destination", &target), ("internal", &target)]).await;
        }
        ("hangup", _) if talking.is_empty() && play.call.origin != Origin::Dialled => {
            return Err(Problem::new(409, "nobody talks there"));
        }
        ("hangup", _) => {
            for index in talking {
                let end = play.end_of_talk(play.call.legs[index].answered);
                play.call.legs[index].end("answered", end);
            }
            end(play).await;
        }
        (kind @ ("miss" | "busy" | "cancel" | "fail"), _) => {
            play.call.notes.insert("outcome".to_owned(), json!(kind));
            for index in &ringing {
                play.call.legs[*index].end(kind, at);
            }
            // A line that is busy or silent does not end the call while another one rings; nobody is told.
            if play.call.legs_in(LegState::Ringing, None).is_empty()
                && !(play.call.origin == Origin::Dialled && play.call.legs.is_empty())
            {
                end(play).await;
            }
        }
        ("recording", _) => {
            let id = recording_id(&play.call);
            play.record(&id);
            let pairs = [("event", "NOTIFY_RECORD"), ("call_id_with_rec", &id), ("pbx_call_id", &play.call.id)];
            let fields: Pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let url = play.desk.hook.clone();
            play.tell("NOTIFY_RECORD", &url, Content::Form(fields)).await;
        }
        ("echo", _) => {
            let word = play.step.text("to").to_owned();
            let word: String = form_urlencoded::byte_serialize(word.as_bytes()).collect();
            let url = format!("{}?zd_echo={word}", play.desk.hook);
            play.ask("registration", "GET", &url, Content::Nothing).await;
        }
        _ => return Err(play.step.impossible("Zadarma")),
    }
    Ok(())
}

/// A call comes in: the product may say where it goes.
async fn ring(play: &mut Play) {
    let start = play.step.text("callStart").to_owned();
    play.call.notes.insert("callStart".to_owned(), json!(start));
    let (url, start) = (play.desk.hook.clone(), fields(play, "NOTIFY_START", &[]));
    let mut lines = play.step.lines.clone();
    let is_told = play.desk.set_up.get("notify_start") != Some(&json!("false")) && !url.is_empty();
    if is_told && !play.step.is_lost {
        let answered = play.ask("NOTIFY_START", "POST", &url, Content::Form(start)).await;
        match instructions(&answered.text, answered.is_success()) {
            Err(why) => play.refuse(why),
            Ok(told) => {
                if let Some(redirect) = told.get("redirect").and_then(Value::as_str) {
                    play.call.notes.insert("redirect".to_owned(), json!(redirect));
                    if lines.is_empty() {
                        lines = vec![redirect.to_owned()];
                    }
                }
                if told.get("hangup").is_some() {
                    lines = Vec::new();
                }
                play.call.notes.insert("told".to_owned(), Value::Object(told));
            }
        }
    }
    // Nobody said where to: the scenario of the PBX rings.
    if lines.is_empty() {
        lines = play
            .step
            .line
            .clone()
            .map_or_else(|| play.desk.lines.iter().map(|line| line.extension.clone()).collect(), |line| vec![line]);
    }
    for line in lines {
        let id = recording_id(&play.call);
        play.call.legs.push(Leg::ringing(id, &line, &line, play.step.at));
        notify(play, "NOTIFY_INTERNAL", &[("internal", &line)]).await;
    }
}

/// Reads the answer to a notification as strictly as its documentation.
fn instructions(text: &str, is_success: bool) -> Result<Map<String, Value>, String> {
    if !is_success {
        return Err("the notification was refused".to_owned());
    }
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    let Ok(Value::Object(told)) = serde_json::from_str(text) else {
        return Err(format!("the answer is no JSON object: {text:?}"));
    };
    if let Some(unknown) = told.keys().find(|name| !ANSWERS.contains(&name.as_str())) {
        return Err(format!("{unknown} cannot be answered"));
    }
    let timeout = told.get("return_timeout").map(Value::as_i64);
    if timeout.is_some_and(|seconds| !seconds.is_some_and(|seconds| seconds == 0 || seconds >= 3)) {
        return Err("return_timeout is 0 or at least 3".to_owned());
    }
    match told.get("redirect") {
        None if told.contains_key("rewrite_forward_number") || timeout.is_some() => {
            Err("that needs a redirect".to_owned())
        }
        Some(Value::String(target)) => {
            let is_target = target == "blacklist"
                || target.split('-').all(|part| {
                    part == "main" || (!part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()))
                });
            if is_target { Ok(told) } else { Err(format!("redirect cannot be {target:?}")) }
        }
        Some(other) => Err(format!("redirect cannot be {other}")),
        None => Ok(told),
    }
}

/// The call is over.
async fn end(play: &mut Play) {
    let last = play.last_end();
    play.call.ended = Some(last);
    let leg = play.call.legs.iter().rev().find(|leg| leg.answered.is_some()).cloned();
    let first = play.call.legs.iter().find_map(|leg| leg.answered);
    let duration = first.map_or(0, |answered| (last - answered).round() as i64).to_string();
    let word = disposition(&play.call);
    let code = match word {
        "answered" => "16",
        "busy" => "17",
        "no answer" => "19",
        _ => "31",
    };
    let id = recording_id(&play.call);
    let is_recorded = !play.step.text("recorded").is_empty();
    if is_recorded {
        play.record(&id);
    }
    let mut more = vec![
        ("duration", duration.as_str()),
        ("disposition", word),
        ("status_code", code),
        ("is_recorded", if is_recorded { "1" } else { "0" }),
        ("call_id_with_rec", if is_recorded { id.as_str() } else { "" }),
    ];
    let line =
        leg.map_or_else(|| play.call.legs.first().map(|leg| leg.line.clone()).unwrap_or_default(), |leg| leg.line);
    if play.call.origin == Origin::Inbound {
        if word == "answered" {
            more.push(("internal", &line));
        }
        notify(play, "NOTIFY_END", &more).await;
    } else {
        more.push(("internal", &line));
        more.push(("caller_id", &line));
        notify(play, "NOTIFY_OUT_END", &more).await;
    }
}
