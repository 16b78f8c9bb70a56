//! Plivo Voice: its API, the XML it takes, and its callbacks.
//!
//! Plivo: make a call, Dial (callback and action parameters), applications, signature V3. Plivo does not tell that a leg of
//! a Dial rings; only that it answered or hung up. Not documented and chosen here: the leg of a Dial nobody answered is
//! told by a `DialHangup` of its own.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    act::Play,
    api::{Asked, answer, is_refused_word, is_too_much},
    clock, media,
    model::{Call, Leg, LegState, Origin, bare, uuid_of},
    send::{Answered, Content},
    sign::Pairs,
    xml,
};
use crate::{crypto, problem::Problem, state::Sim};

const APPLICATION: &str = "20468599130939380";
const DIAL: &[&str] = &[
    "action",
    "method",
    "hangupOnStar",
    "timeLimit",
    "timeout",
    "callerId",
    "callerName",
    "confirmSound",
    "confirmTimeout",
    "confirmKey",
    "dialMusic",
    "callbackUrl",
    "callbackMethod",
    "redirect",
    "digitsMatch",
    "digitsMatchBLeg",
    "sipHeaders",
];

fn refused(status: u16, error: &str) -> Response {
    answer(status, json!({"api_id": crypto::random_uuid(), "error": error}))
}

/// A request to `api.plivo.com`.
pub(crate) fn serve(sim: &Arc<Sim>, asked: &Asked) -> (String, Response) {
    let Some((user, password)) = asked.basic() else {
        return ("unknown".to_owned(), unauthorised());
    };
    let segments = asked.segments();
    let ["v1", "Account", id, rest @ ..] = segments.as_slice() else {
        return (user, refused(404, "not found"));
    };
    let mut world = sim.lock();
    let now = world.now();
    let carrier = world.carrier("plivo", &user);
    let is_known = match carrier.is_registered {
        true => carrier.desk.credential("authToken") == password,
        false => !is_refused_word(&user) && !is_refused_word(&password),
    };
    if !is_known || **id != *user {
        return (user, unauthorised());
    }
    if !carrier.is_registered {
        carrier.desk.credentials.insert("authId".to_owned(), json!(user));
        carrier.desk.credentials.insert("authToken".to_owned(), json!(password));
    }
    if is_too_much(carrier, now, 300, 5.0) {
        return (user, refused(429, "too many requests"));
    }
    let fields = asked.fields().unwrap_or_default();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let uri = |kind: &str, id: &str| format!("/v1/Account/{user}/{kind}/{id}/");
    let listed = |objects: Vec<Value>, limit: usize, offset: usize, next: Option<String>, total: usize| {
        let meta = json!({"limit": limit, "offset": offset, "next": next, "previous": null, "total_count": total});
        answer(200, json!({"api_id": crypto::random_uuid(), "meta": meta, "objects": objects}))
    };
    let response = match (asked.method.as_str(), rest) {
        ("GET", []) => answer(
            200,
            json!({"api_id": crypto::random_uuid(), "auth_id": user, "account_type": "standard", "name": "Sherlock Holmes", "timezone": carrier.desk.zone, "resource_uri": format!("/v1/Account/{user}/")}),
        ),
        ("GET", ["Endpoint"]) => {
            let lines: Vec<Value> = carrier
                .desk
                .lines
                .iter()
                .map(|line| {
                    let address = format!("sip:{}@phone.plivo.com", line.extension);
                    json!({"endpoint_id": crypto::md5_hex(line.extension.as_bytes()), "username": line.extension, "alias": line.name, "sip_uri": address, "sip_registered": "true"})
                })
                .collect();
            let total = lines.len();
            listed(lines, 20, 0, None, total)
        }
        (method @ ("GET" | "POST"), ["Number", number]) => {
            let owned = carrier.desk.credential("number");
            if !owned.is_empty() && bare(owned) != bare(number) {
                refused(404, "not found")
            } else if method == "GET" {
                let application = carrier.desk.set_up.get("app_id").and_then(Value::as_str).unwrap_or(APPLICATION);
                answer(
                    200,
                    json!({"api_id": crypto::random_uuid(), "number": number, "application": uri("Application", application), "voice_enabled": true}),
                )
            } else {
                let application = text("app_id");
                carrier.desk.set_up.insert("app_id".to_owned(), json!(application));
                answer(202, json!({"api_id": crypto::random_uuid(), "message": "changed"}))
            }
        }
        ("GET", ["Application"]) => {
            listed(vec![application(&carrier.desk, &uri("Application", APPLICATION))], 20, 0, None, 1)
        }
        ("GET", ["Application", _]) => answer(200, application(&carrier.desk, &uri("Application", APPLICATION))),
        ("POST", ["Application", ..]) => {
            let known = [
                "app_name",
                "answer_url",
                "answer_method",
                "hangup_url",
                "hangup_method",
                "fallback_answer_url",
                "fallback_method",
                "message_url",
                "message_method",
                "default_number_app",
                "default_endpoint_app",
                "default_app",
                "subaccount",
                "log_incoming_messages",
            ];
            if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
                return (user, refused(400, &format!("{name} parameter not valid")));
            }
            carrier.desk.set_up.extend(fields.clone());
            (carrier.desk.route, carrier.desk.hook) = (text("answer_url"), text("hangup_url"));
            let status = if rest.len() == 1 { 201 } else { 202 };
            answer(
                status,
                json!({"api_id": crypto::random_uuid(), "app_id": APPLICATION, "message": if status == 201 { "created" } else { "changed" }}),
            )
        }
        ("POST", ["Call"]) => match place(asked, carrier.desk.credential("number"), now) {
            Err(why) => refused(400, &why),
            Ok(call) => {
                carrier.calls.push(call.clone());
                let desk = carrier.desk.clone();
                let shown = json!({"api_id": crypto::random_uuid(), "message": "call fired", "request_uuid": call.note("request")});
                drop(world);
                let mut play = Play::of(sim, &desk, &user, call);
                tokio::spawn(async move {
                    let url = play.call.note("ring_url");
                    if !url.is_empty() {
                        let fields = parent_fields(&play, "Ring", "ringing");
                        play.tell("ring", &url, Content::Form(fields)).await;
                    }
                });
                return (user, answer(201, shown));
            }
        },
        ("GET", ["Call"]) => {
            let known = [
                "limit",
                "offset",
                "subaccount",
                "call_direction",
                "from_number",
                "to_number",
                "parent_call_uuid",
                "hangup_cause_code",
                "hangup_source",
                "bill_duration",
                "end_time",
                "end_time__gt",
                "end_time__gte",
                "end_time__lt",
                "end_time__lte",
            ];
            if let Some(name) = asked.unknown(&known) {
                return (user, refused(400, &format!("{name} parameter not valid")));
            }
            let bound = |name: &str| clock::read(asked.parameter(name));
            let from = bound("end_time__gte").or(bound("end_time__gt")).unwrap_or(0.0);
            let until = bound("end_time__lte").or(bound("end_time__lt")).unwrap_or(f64::MAX);
            let parent = asked.parameter("parent_call_uuid");
            let all: Vec<Value> = carrier
                .calls
                .iter()
                .rev()
                .filter(|call| call.ended.is_some_and(|ended| ended >= from && ended <= until + 1.0))
                .flat_map(records)
                .filter(|record| parent.is_empty() || record["parent_call_uuid"] == parent)
                .collect();
            let number = |name: &str, default: usize| asked.parameter(name).parse().unwrap_or(default);
            let (limit, offset) = (number("limit", 20).clamp(1, 20), number("offset", 0));
            let page: Vec<Value> = all.iter().skip(offset).take(limit).cloned().collect();
            let next =
                (all.len() > offset + limit).then(|| format!("{}?limit={limit}&offset={}", asked.path, offset + limit));
            listed(page, limit, offset, next, all.len())
        }
        ("POST", ["Call", _, "Record"]) => answer(
            202,
            json!({"api_id": crypto::random_uuid(), "message": "call recording started", "recording_id": uuid_of("record"), "url": ""}),
        ),
        ("GET" | "HEAD", ["Recording-media", file]) => match carrier.recordings.get(file.trim_end_matches(".mp3")) {
            Some(recording) => media::serve(carrier, recording, asked),
            None => refused(404, "not found"),
        },
        ("GET" | "POST", _) => refused(404, "not found"),
        _ => refused(405, "method not allowed"),
    };
    (user, response)
}

fn unauthorised() -> Response {
    let text = "Could not verify your access level for that URL.\nYou have to login with proper credentials";
    let mut response = answer(401, Value::Null);
    *response.body_mut() = axum::body::Body::from(text);
    response
}

fn application(desk: &super::model::Desk, uri: &str) -> Value {
    json!({
        "api_id": crypto::random_uuid(), "app_id": APPLICATION, "app_name": "Sales", "answer_url": desk.route,
        "answer_method": "POST", "hangup_url": desk.hook, "hangup_method": "POST", "resource_uri": uri, "enabled": true,
    })
}

/// A moment in the zone of the customer's console.
fn local(desk: &super::model::Desk, at: f64) -> String {
    clock::plain(at + clock::ahead(&desk.zone, at))
}

/// A call and its legs as the Call resource shows them.
fn records(call: &Call) -> Vec<Value> {
    let stamp = |at: Option<f64>| at.map(|at| format!("{}+00:00", clock::plain(at)));
    let is_inbound = call.origin == Origin::Inbound;
    let seconds = |answered: Option<f64>, ended: Option<f64>| match (answered, ended) {
        (Some(answered), Some(ended)) => (ended - answered).round() as i64,
        _ => 0,
    };
    let mut all = vec![json!({
        "call_uuid": call.id, "parent_call_uuid": null, "from_number": bare(&call.from), "to_number": bare(&call.to),
        "call_direction": if is_inbound { "inbound" } else { "outbound" }, "initiation_time": stamp(Some(call.at)),
        "answer_time": stamp(call.answered), "end_time": stamp(call.ended), "call_duration": seconds(call.answered, call.ended),
        "bill_duration": seconds(call.answered, call.ended), "call_state": if call.answered.is_some() { "ANSWER" } else { "NO_ANSWER" },
        "hangup_cause_name": "Normal Hangup", "hangup_cause_code": 4000, "hangup_source": "Caller",
    })];
    all.extend(call.legs.iter().filter(|leg| leg.id != call.id).map(|leg| {
        let (name, code) = cause(&leg.outcome);
        json!({
            "call_uuid": leg.id, "parent_call_uuid": call.id, "from_number": bare(&call.from), "to_number": bare(&leg.address),
            "call_direction": "outbound", "initiation_time": stamp(Some(leg.at)), "answer_time": stamp(leg.answered),
            "end_time": stamp(leg.ended), "call_duration": leg.talk(), "bill_duration": leg.talk(),
            "call_state": if leg.answered.is_some() { "ANSWER" } else { "NO_ANSWER" },
            "hangup_cause_name": name, "hangup_cause_code": code, "hangup_source": "Callee",
        })
    }));
    all
}

/// Plivo's name and number of a cause.
fn cause(outcome: &str) -> (&'static str, u64) {
    match outcome {
        "busy" => ("Busy Line", 3010),
        "no-answer" => ("No Answer", 3000),
        "failed" => ("Unknown Destination", 2010),
        "cancel" => ("Cancelled", 1010),
        _ => ("Normal Hangup", 4000),
    }
}

fn hangup_cause(outcome: &str) -> &'static str {
    match outcome {
        "busy" => "USER_BUSY",
        "no-answer" => "NO_ANSWER",
        "failed" => "NO_ROUTE_DESTINATION",
        "cancel" => "ORIGINATOR_CANCEL",
        _ => "NORMAL_CLEARING",
    }
}

/// `POST Call/`.
fn place(asked: &Asked, number: &str, now: f64) -> Result<Call, String> {
    let fields = asked.fields().ok_or("invalid body")?;
    let known = [
        "from",
        "to",
        "answer_url",
        "answer_method",
        "ring_url",
        "ring_method",
        "hangup_url",
        "hangup_method",
        "fallback_url",
        "fallback_method",
        "caller_name",
        "send_digits",
        "send_on_preanswer",
        "time_limit",
        "hangup_on_ring",
        "machine_detection",
        "machine_detection_time",
        "machine_detection_url",
        "machine_detection_method",
        "sip_headers",
        "ring_timeout",
        "parent_call_uuid",
        "callback_url",
        "callback_method",
    ];
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("{name} parameter not valid"));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    for needed in ["from", "to", "answer_url"] {
        if text(needed).is_empty() {
            return Err(format!("{needed} parameter not present"));
        }
    }
    let to = text("to");
    let is_number = (5..=15).contains(&bare(to).len()) && bare(to).bytes().all(|digit| digit.is_ascii_digit());
    if is_refused_word(to) || !(is_number || to.starts_with("sip:")) {
        return Err("to parameter not valid".to_owned());
    }
    if !number.is_empty() && bare(number) != bare(text("from")) {
        return Err("from parameter not valid".to_owned());
    }
    let id = uuid_of(&crypto::random_hex(8));
    let mut call = Call::new("", id, Origin::Dialled, (text("from"), to), now);
    call.notes.insert("request".to_owned(), json!(call.id));
    for name in ["answer_url", "ring_url", "hangup_url"] {
        call.notes.insert(name.to_owned(), json!(text(name)));
    }
    Ok(call)
}

fn pairs(items: &[(&str, &str)]) -> Pairs {
    items.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What every request about the first leg carries.
fn parent_fields(play: &Play, event: &str, status: &str) -> Pairs {
    let call = &play.call;
    let is_inbound = call.origin == Origin::Inbound;
    let mut fields = pairs(&[
        ("ALegRequestUUID", &call.id),
        ("ALegUUID", &call.id),
        ("BillRate", "0.0085"),
        ("CallStatus", status),
        ("CallUUID", &call.id),
        ("Direction", if is_inbound { "inbound" } else { "outbound" }),
        ("Event", event),
        ("From", bare(&call.from)),
        ("ParentAuthID", play.desk.credential("authId")),
        ("SessionStart", &local(&play.desk, call.at)),
        ("To", bare(&call.to)),
    ]);
    if !is_inbound {
        fields.push(("RequestUUID".to_owned(), call.id.clone()));
    }
    fields
}

/// A `<Dial>` of the XML.
struct Dial {
    action: String,
    callback: String,
    addresses: Vec<String>,
}

/// Reads a document; what Plivo would not take is an error. Also where recordings are told.
fn document(answered: &Answered) -> Result<(Option<Dial>, String), String> {
    if answered.status != 200 {
        return Err(format!("the answer URL said {}", answered.status));
    }
    let kind = answered.content_type.split(';').next().unwrap_or_default().trim();
    if !matches!(kind, "text/xml" | "application/xml") {
        return Err(format!("content type {kind} is not XML"));
    }
    let root = xml::parse(&answered.text)?;
    if root.name != "Response" {
        return Err(format!("the root element is <{}>", root.name));
    }
    let (mut dial, mut recording) = (None, String::new());
    for element in &root.children {
        match element.name.as_str() {
            "Dial" => {
                element.allows(DIAL)?;
                let mut addresses = Vec::new();
                for target in &element.children {
                    let is_good = match target.name.as_str() {
                        "Number" => target.text.trim_start_matches('+').bytes().all(|digit| digit.is_ascii_digit()),
                        "User" => target.text.starts_with("sip:"),
                        _ => false,
                    };
                    if !is_good || target.text.is_empty() {
                        return Err(format!("<{}> with {:?} cannot be dialled", target.name, target.text));
                    }
                    target.allows(&["sendDigits", "sendOnPreanswer", "sipHeaders"])?;
                    addresses.push(target.text.clone());
                }
                if addresses.is_empty() {
                    return Err("<Dial> dials nobody".to_owned());
                }
                let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
                if dial.is_none() {
                    let action =
                        if element.attribute("redirect") == Some("false") { String::new() } else { text("action") };
                    dial = Some(Dial { action, callback: text("callbackUrl"), addresses });
                }
            }
            "Record" => {
                element.allows(&[
                    "action",
                    "method",
                    "fileFormat",
                    "redirect",
                    "timeout",
                    "maxLength",
                    "playBeep",
                    "finishOnKey",
                    "recordSession",
                    "startOnDialAnswer",
                    "transcriptionType",
                    "transcriptionUrl",
                    "transcriptionMethod",
                    "callbackUrl",
                    "callbackMethod",
                ])?;
                recording = element.attribute("callbackUrl").unwrap_or_default().to_owned();
            }
            "Hangup" => element.allows(&["schedule", "reason"])?,
            "Speak" | "Play" | "Wait" | "Redirect" | "PreAnswer" => {}
            other => return Err(format!("<{other}> is no element")),
        }
    }
    Ok((dial, recording))
}

/// Asks an answer URL and rings whom it dials. Whether somebody rings now.
async fn follow(play: &mut Play, url: &str, what: &str, fields: Pairs) -> bool {
    let answered = play.ask(what, "POST", url, Content::Form(fields)).await;
    match document(&answered) {
        Err(why) => {
            play.refuse(why);
            false
        }
        Ok((dial, recording)) => {
            if !recording.is_empty() {
                play.call.notes.insert("recording".to_owned(), json!(recording));
            }
            let Some(dial) = dial else { return false };
            play.call.notes.insert("action".to_owned(), json!(dial.action));
            ring(play, &dial.callback, dial.addresses);
            true
        }
    }
}

/// These addresses ring; nobody is told.
fn ring(play: &mut Play, callback: &str, addresses: Vec<String>) {
    for address in addresses {
        let id = uuid_of(&format!("{}/{}", play.call.id, play.call.legs.len()));
        let mut leg = Leg::ringing(id, &address, &address, play.step.at);
        callback.clone_into(&mut leg.hook);
        leg.is_client = play.call.origin == Origin::Dialled;
        play.call.legs.push(leg);
    }
}

/// A callback about a leg of the `<Dial>`.
async fn leg_event(play: &mut Play, index: usize, event: &str, action: &str) {
    let leg = play.call.legs[index].clone();
    if leg.hook.is_empty() {
        return;
    }
    let mut fields = parent_fields(play, event, "in-progress");
    let position = (index + 1).to_string();
    fields.extend(pairs(&[
        ("DialALegUUID", &play.call.id),
        ("DialAction", action),
        ("DialBLegBillRate", "0.0085"),
        ("DialBLegFrom", bare(if leg.is_client { play.desk.credential("number") } else { &play.call.from })),
        ("DialBLegPosition", &position),
        ("DialBLegStatus", if action == "connected" { "answer" } else { action }),
        ("DialBLegTo", bare(&leg.address)),
        ("DialBLegUUID", &leg.id),
    ]));
    if action == "hangup" {
        let (name, code) = cause(&leg.outcome);
        let billed = (leg.talk() + 59) / 60 * 60;
        fields.extend(pairs(&[
            ("DialBLegBillDuration", &billed.to_string()),
            ("DialBLegDuration", &leg.talk().to_string()),
            ("DialBLegHangupCause", hangup_cause(&leg.outcome)),
            ("DialBLegHangupCauseCode", &code.to_string()),
            ("DialBLegHangupCauseName", name),
            ("DialBLegHangupSource", "Callee"),
        ]));
    }
    fields.extend(pairs(&[
        ("StartTime", &local(&play.desk, leg.at)),
        ("AnswerTime", &leg.answered.map(|at| local(&play.desk, at)).unwrap_or_default()),
        ("EndTime", &leg.ended.map(|at| local(&play.desk, at)).unwrap_or_default()),
    ]));
    play.tell(&format!("{event} {}", leg.address), &leg.hook, Content::Form(fields)).await;
}

/// Legs end this way.
async fn end_legs(play: &mut Play, legs: Vec<usize>, outcome: &str) {
    for index in legs {
        let at = play.end_of_talk(play.call.legs[index].answered);
        play.call.legs[index].end(outcome, at);
        leg_event(play, index, "DialHangup", "hangup").await;
    }
}

/// The `<Dial>` is over. Whether somebody rings now.
async fn after_dial(play: &mut Play, status: &str) -> bool {
    let action = play.call.note("action");
    if action.is_empty() {
        return false;
    }
    play.call.notes.insert("action".to_owned(), json!(""));
    let talked = play.call.legs.iter().rev().find(|leg| leg.answered.is_some()).map(|leg| leg.id.clone());
    let mut fields = parent_fields(play, "Redirect", "in-progress");
    fields.extend(pairs(&[
        ("DialALegUUID", &play.call.id),
        ("DialBLegUUID", &talked.unwrap_or_default()),
        ("DialHangupCause", hangup_cause(status)),
        ("DialRingStatus", "true"),
        ("DialStatus", if status == "cancel" { "no-answer" } else { status }),
    ]));
    follow(play, &action, "what after the dial", fields).await
}

/// The first leg is over.
async fn end(play: &mut Play) {
    let last = play.last_end();
    play.call.ended = Some(last);
    let url = match play.call.origin {
        Origin::Dialled => play.call.note("hangup_url"),
        _ => play.desk.hook.clone(),
    };
    if url.is_empty() {
        return;
    }
    let was_answered = play.call.answered.is_some();
    let seconds = play.call.answered.map_or(0, |answered| (last - answered).round() as i64);
    let status = if was_answered { "completed" } else { "no-answer" };
    let mut fields = parent_fields(play, "Hangup", status);
    fields.extend(pairs(&[
        ("AnswerTime", &play.call.answered.map(|at| local(&play.desk, at)).unwrap_or_default()),
        ("BillDuration", &((seconds + 59) / 60 * 60).to_string()),
        ("Duration", &seconds.to_string()),
        ("EndTime", &local(&play.desk, last)),
        ("HangupCause", if was_answered { "NORMAL_CLEARING" } else { "NO_ANSWER" }),
        ("HangupCauseCode", if was_answered { "4000" } else { "3000" }),
        ("HangupCauseName", if was_answered { "Normal Hangup" } else { "No Answer" }),
        ("HangupSource", "Caller"),
        ("StartTime", &local(&play.desk, play.call.at)),
        ("TotalCost", "0.0085"),
    ]));
    play.tell("hangup", &url, Content::Form(fields)).await;
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
            return Err(Problem::new(400, "calls out of Plivo are placed by its API"));
        }
        // Plivo picks up as soon as its XML dials.
        "ring" if !play.step.lines.is_empty() => {
            let (hook, lines) = (play.desk.hook.clone(), play.step.lines.clone());
            play.call.answered = Some(at);
            ring(play, &hook, lines);
        }
        "ring" => {
            let (url, fields) = (play.desk.route.clone(), parent_fields(play, "StartApp", "ringing"));
            if url.is_empty() {
                return Err(Problem::new(400, "the number has no answer URL"));
            }
            if follow(play, &url, "where to", fields).await {
                play.call.answered = Some(at);
            } else {
                end(play).await;
            }
        }
        "answer" if is_dialled && play.call.answered.is_none() => {
            play.call.answered = Some(at);
            let (url, fields) = (play.call.note("answer_url"), parent_fields(play, "StartApp", "in-progress"));
            if !follow(play, &url, "whom to connect", fields).await {
                end(play).await;
            }
        }
        "answer" | "client_answer" => {
            let index = *ringing.first().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            let others: Vec<usize> =
                play.call.legs_in(LegState::Ringing, None).into_iter().filter(|other| *other != index).collect();
            let leg = &mut play.call.legs[index];
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            leg_event(play, index, "DialAnswer", "answer").await;
            leg_event(play, index, "DialConnected", "connected").await;
            end_legs(play, others, "cancel").await;
        }
        "hangup" => {
            if talking.is_empty() && !is_dialled {
                return Err(Problem::new(409, "nobody talks there"));
            }
            end_legs(play, ringing, "cancel").await;
            end_legs(play, talking, "completed").await;
            after_dial(play, "completed").await;
            end(play).await;
        }
        "miss" if is_dialled && play.call.answered.is_none() => end(play).await,
        kind @ ("miss" | "busy" | "fail") => {
            let outcome = match kind {
                "miss" => "no-answer",
                "busy" => "busy",
                _ => "failed",
            };
            end_legs(play, ringing, outcome).await;
            while play.call.legs_in(LegState::Ringing, None).is_empty() {
                if !after_dial(play, outcome).await {
                    end(play).await;
                    break;
                }
                if line.is_some() {
                    break;
                }
                let again = play.call.legs_in(LegState::Ringing, None);
                end_legs(play, again, outcome).await;
            }
        }
        "cancel" => {
            end_legs(play, ringing, "cancel").await;
            end(play).await;
        }
        "recording" => {
            let id = uuid_of(&format!("recording/{}", play.call.id));
            let seconds = play.record(&id);
            let url = match play.call.note("recording") {
                url if url.is_empty() => play.desk.hook.clone(),
                url => url,
            };
            let mut fields = parent_fields(play, "RecordStop", "completed");
            fields.extend(pairs(&[
                (
                    "RecordUrl",
                    &format!(
                        "https://media.plivo.com/v1/Account/{}/Recording/{id}.mp3",
                        play.desk.credential("authId")
                    ),
                ),
                ("RecordingDuration", &seconds.to_string()),
                ("RecordingDurationMs", &(seconds * 1000).to_string()),
                ("RecordingID", &id),
            ]));
            play.tell("recording", &url, Content::Form(fields)).await;
        }
        _ => return Err(play.step.impossible("Plivo")),
    }
    Ok(())
}
