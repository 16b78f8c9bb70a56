//! Twilio Voice: its REST API, the TwiML it takes, and its calls.
//!
//! Twilio: TwiML voice (Dial, Number, Client, Sip), status callbacks, Calls, IncomingPhoneNumbers and Recordings
//! resources, validating requests. Not documented and chosen here: what becomes of the branches of a Dial that were not
//! answered when another one was (`canceled`), and of an inbound call that is abandoned before `answerOnBridge` (`no-answer`).

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{
    act::Play,
    api::{Asked, answer, is_refused_word, is_too_much},
    clock, media,
    model::{Call, Leg, LegState, Origin},
    send::{Answered, Content},
    sign::Pairs,
    xml::{self, Element},
};
use crate::{crypto, problem::Problem, state::Sim};

/// The events a status callback can ask for.
const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];
const DIAL: &[&str] = &[
    "action",
    "answerOnBridge",
    "callerId",
    "hangupOnStar",
    "method",
    "record",
    "recordingStatusCallback",
    "recordingStatusCallbackEvent",
    "recordingStatusCallbackMethod",
    "recordingTrack",
    "referMethod",
    "referUrl",
    "ringTone",
    "sequential",
    "timeLimit",
    "timeout",
    "trim",
];
const NOUN: &[&str] = &[
    "statusCallback",
    "statusCallbackEvent",
    "statusCallbackMethod",
    "url",
    "method",
    "sendDigits",
    "byoc",
    "username",
    "password",
];

/// `CA` and 32 digits.
pub(crate) fn call_id(seed: &str) -> String {
    format!("CA{}", crypto::md5_hex(seed.as_bytes()))
}

fn refused(status: u16, code: u64, message: &str) -> Response {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    answer(status, json!({"code": code, "message": message, "more_info": more, "status": status}))
}

/// A request to `api.twilio.com`.
pub(crate) fn serve(sim: &Arc<Sim>, asked: &Asked) -> (String, Response) {
    let Some((user, password)) = asked.basic() else {
        return ("unknown".to_owned(), refused(401, 20003, "Authenticate"));
    };
    let segments = asked.segments();
    let ["2010-04-01", "Accounts", sid, rest @ ..] = segments.as_slice() else {
        return (user, refused(404, 20404, "The requested resource was not found"));
    };
    let sid = sid.trim_end_matches(".json").to_owned();
    let mut world = sim.lock();
    let now = world.now();
    let carrier = world.carrier("twilio", &user);
    let is_known = match carrier.is_registered {
        true => carrier.desk.credential("authToken") == password,
        false => !is_refused_word(&user) && !is_refused_word(&password),
    };
    if !is_known || sid != user {
        return (user, refused(401, 20003, "Authenticate"));
    }
    if !carrier.is_registered {
        carrier.desk.credentials.insert("accountSid".to_owned(), json!(user));
        carrier.desk.credentials.insert("authToken".to_owned(), json!(password));
    }
    if is_too_much(carrier, now, 100, 1.0) {
        return (user, refused(429, 20429, "Too Many Requests"));
    }
    let number_sid = |number: &str| format!("PN{}", crypto::md5_hex(number.as_bytes()));
    let response = match (asked.method.as_str(), rest) {
        ("GET", []) => answer(
            200,
            json!({"sid": sid, "friendly_name": "Simulated account", "status": "active", "type": "Full", "date_created": clock::rfc2822(now)}),
        ),
        ("GET", ["IncomingPhoneNumbers.json"]) => {
            let wanted = asked.parameter("PhoneNumber").to_owned();
            if !carrier.is_registered && carrier.desk.credential("number").is_empty() && !wanted.is_empty() {
                carrier.desk.credentials.insert("number".to_owned(), json!(wanted));
            }
            let owned = carrier.desk.credential("number").to_owned();
            let numbers: Vec<Value> = Some(owned)
                .filter(|owned| !owned.is_empty() && (wanted.is_empty() || *owned == wanted))
                .map(|number| incoming_number(&sid, &number_sid(&number), &number, &carrier.desk.set_up))
                .into_iter()
                .collect();
            answer(200, json!({"incoming_phone_numbers": numbers, "page": 0, "page_size": 50, "next_page_uri": null}))
        }
        ("POST", ["IncomingPhoneNumbers", file]) => {
            let number = carrier.desk.credential("number").to_owned();
            let documented = &[
                "VoiceUrl",
                "VoiceMethod",
                "VoiceFallbackUrl",
                "VoiceFallbackMethod",
                "StatusCallback",
                "StatusCallbackMethod",
                "FriendlyName",
                "VoiceApplicationSid",
            ];
            if file.trim_end_matches(".json") != number_sid(&number) {
                refused(404, 20404, "The requested resource was not found")
            } else if let Some(name) = asked.unknown(documented) {
                refused(400, 20001, &format!("Unknown parameter {name}"))
            } else {
                for (name, value) in asked.form() {
                    carrier.desk.set_up.insert(name, json!(value));
                }
                let set =
                    |name: &str| carrier.desk.set_up.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                (carrier.desk.route, carrier.desk.hook) = (set("VoiceUrl"), set("StatusCallback"));
                answer(200, incoming_number(&sid, &number_sid(&number), &number, &carrier.desk.set_up))
            }
        }
        ("GET", ["SIP", "CredentialLists.json"]) => {
            let list =
                json!({"sid": "CL00000000000000000000000000000001", "friendly_name": "Team", "account_sid": sid});
            answer(200, json!({"credential_lists": [list], "next_page_uri": null, "page": 0}))
        }
        ("GET", ["SIP", "CredentialLists", _, "Credentials.json"]) => {
            let people: Vec<Value> = carrier
                .desk
                .lines
                .iter()
                .map(|line| json!({"sid": format!("CR{}", crypto::md5_hex(line.extension.as_bytes())), "username": line.extension, "account_sid": sid}))
                .collect();
            answer(200, json!({"credentials": people, "next_page_uri": null, "page": 0}))
        }
        ("GET", ["SIP", "Domains.json"]) => answer(
            200,
            json!({"domains": [{"sid": "SD00000000000000000000000000000001", "domain_name": "team.sip.twilio.com"}], "next_page_uri": null}),
        ),
        ("GET", ["Calls.json"]) => calls(asked, &carrier.calls, &sid),
        ("POST", ["Calls.json"]) => {
            let desk = carrier.desk.clone();
            match place(asked, desk.credential("number"), now) {
                Err((code, message)) => refused(400, code, &message),
                Ok(call) => {
                    carrier.calls.push(call.clone());
                    let shown = call_record(&call, &sid);
                    drop(world);
                    let mut play = Play::of(sim, &desk, &user, call);
                    tokio::spawn(async move {
                        for (event, status) in [("initiated", "initiated"), ("ringing", "ringing")] {
                            parent_event(&mut play, event, status, None).await;
                        }
                    });
                    return (user, answer(201, shown));
                }
            }
        }
        ("GET" | "HEAD", ["Recordings", file]) => {
            let id = file.trim_end_matches(".mp3").trim_end_matches(".wav");
            match carrier.recordings.get(id) {
                Some(recording) => media::serve(carrier, recording, asked),
                None => refused(404, 20404, "The requested resource was not found"),
            }
        }
        (_, [] | ["Calls.json"] | ["IncomingPhoneNumbers.json"]) => refused(405, 20004, "Method not allowed"),
        _ => refused(404, 20404, "The requested resource was not found"),
    };
    (user, response)
}

fn incoming_number(account: &str, sid: &str, number: &str, set_up: &Map<String, Value>) -> Value {
    let set = |name: &str| set_up.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "sid": sid, "account_sid": account, "phone_number": number, "friendly_name": number,
        "voice_url": set("VoiceUrl"), "voice_method": set("VoiceMethod"), "status_callback": set("StatusCallback"),
        "status_callback_method": set("StatusCallbackMethod"), "capabilities": {"voice": true},
    })
}

/// A call as the Calls resource shows it.
fn call_record(call: &Call, account: &str) -> Value {
    let direction = if call.origin == Origin::Inbound { "inbound" } else { "outbound-api" };
    let (from, to) = dialled_sides(call);
    let seconds = call.ended.map(|ended| (ended - call.answered.unwrap_or(ended)).round() as i64);
    json!({
        "sid": call.id, "account_sid": account, "parent_call_sid": null, "from": from, "to": to,
        "direction": direction, "status": call.notes.get("status").cloned().unwrap_or(json!("queued")),
        "start_time": clock::rfc2822(call.at), "end_time": call.ended.map(clock::rfc2822),
        "duration": seconds.map(|seconds| seconds.to_string()), "date_created": clock::rfc2822(call.at),
    })
}

fn leg_record(call: &Call, leg: &Leg, account: &str) -> Value {
    let status = match leg.state {
        LegState::Ringing => "ringing",
        LegState::Talking => "in-progress",
        LegState::Over => leg.outcome.as_str(),
    };
    json!({
        "sid": leg.id, "account_sid": account, "parent_call_sid": call.id, "from": call.from, "to": leg.address,
        "direction": "outbound-dial", "status": status, "start_time": clock::rfc2822(leg.at),
        "end_time": leg.ended.map(clock::rfc2822), "duration": leg.talk().to_string(),
        "date_created": clock::rfc2822(leg.at),
    })
}

/// The past calls, newest first, a page at a time.
fn calls(asked: &Asked, calls: &[Call], account: &str) -> Response {
    let documented = &[
        "StartTime",
        "StartTime>",
        "StartTime<",
        "EndTime",
        "EndTime>",
        "EndTime<",
        "PageSize",
        "Page",
        "PageToken",
        "Status",
        "To",
        "From",
        "ParentCallSid",
    ];
    if let Some(name) = asked.unknown(documented) {
        return refused(400, 20001, &format!("Unknown parameter {name}"));
    }
    let bound = |name: &str| clock::read(asked.parameter(name));
    let (from, until) =
        (bound("StartTime>").unwrap_or(0.0), bound("StartTime<").map_or(f64::MAX, |day| day + 86_400.0));
    let parent = asked.parameter("ParentCallSid");
    let mut records = Vec::new();
    for call in calls.iter().rev().filter(|call| call.at >= from && call.at < until) {
        records.extend(call.legs.iter().map(|leg| leg_record(call, leg, account)));
        records.push(call_record(call, account));
    }
    records.retain(|record| parent.is_empty() || record["parent_call_sid"] == parent);
    let size = asked.parameter("PageSize").parse::<usize>().unwrap_or(50).clamp(1, 1000);
    let page = asked.parameter("Page").parse::<usize>().unwrap_or(0);
    let rest: Vec<Value> = records.iter().skip(page * size).take(size).cloned().collect();
    let next = (records.len() > (page + 1) * size).then(|| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in asked.query.iter().filter(|(name, _)| name != "Page" && name != "PageToken") {
            query.append_pair(name, value);
        }
        query.append_pair("Page", &(page + 1).to_string()).append_pair("PageToken", "PA1");
        format!("{}?{}", asked.path, query.finish())
    });
    answer(200, json!({"calls": rest, "page": page, "page_size": size, "next_page_uri": next, "uri": asked.path}))
}

/// What `POST Calls.json` makes of its form.
fn place(asked: &Asked, number: &str, now: f64) -> Result<Call, (u64, String)> {
    let form = asked.form();
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let documented = &[
        "To",
        "From",
        "Url",
        "Twiml",
        "ApplicationSid",
        "Method",
        "FallbackUrl",
        "FallbackMethod",
        "StatusCallback",
        "StatusCallbackEvent",
        "StatusCallbackMethod",
        "Timeout",
        "Record",
        "RecordingChannels",
        "RecordingStatusCallback",
        "RecordingStatusCallbackMethod",
        "RecordingStatusCallbackEvent",
        "MachineDetection",
        "CallerId",
        "TimeLimit",
        "CallReason",
        "SipAuthUsername",
        "SipAuthPassword",
    ];
    if let Some(name) = asked.unknown(documented) {
        return Err((20001, format!("Unknown parameter {name}")));
    }
    let error = |code, text: &str| Err((code, text.to_owned()));
    match (field("To"), field("From")) {
        ("", _) => return error(21201, "No 'To' number is specified"),
        (_, "") => return error(21213, "No 'From' number is specified"),
        (_, from) if !number.is_empty() && from != number => {
            return error(21210, "Source phone number provided is not yet verified for your account");
        }
        (to, _)
            if is_refused_word(to) || !(to.starts_with('+') || to.starts_with("client:") || to.starts_with("sip:")) =>
        {
            return error(21211, "The phone number you are attempting to call is not valid");
        }
        _ => {}
    }
    if field("Url").is_empty() && field("Twiml").is_empty() {
        return error(21205, "Url parameter is required");
    }
    if field("Twiml").chars().count() > 4000 {
        return error(21627, "The 'Twiml' parameter is too long");
    }
    if !field("Twiml").is_empty() {
        Verbs::read(field("Twiml")).map_err(|why| (12100, format!("Document parse failure: {why}")))?;
    }
    let events: Vec<&str> =
        form.iter().filter(|(name, _)| name == "StatusCallbackEvent").map(|(_, value)| value.as_str()).collect();
    if events.iter().any(|event| !EVENTS.contains(event)) {
        return error(21626, "StatusCallbackEvent is invalid");
    }
    let id = call_id(&crypto::random_hex(8));
    let mut call = Call::new("", id, Origin::Dialled, (field("From"), field("To")), now);
    let events = if events.is_empty() { vec!["completed"] } else { events };
    call.notes.insert("events".to_owned(), json!(events));
    for name in ["StatusCallback", "Twiml", "Url", "Timeout", "RecordingStatusCallback"] {
        call.notes.insert(name.to_owned(), json!(field(name)));
    }
    Ok(call)
}

/// The instructions of a document.
struct Verbs {
    dial: Option<Dial>,
    rejects: bool,
}

/// One `<Dial>`.
struct Dial {
    action: String,
    answer_on_bridge: bool,
    recording: String,
    nouns: Vec<(String, String, Vec<String>)>,
}

impl Verbs {
    fn read(text: &str) -> Result<Self, String> {
        let root = xml::parse(text)?;
        if root.name != "Response" {
            return Err(format!("the root element is <{}>", root.name));
        }
        let mut verbs = Self { dial: None, rejects: false };
        for verb in &root.children {
            match verb.name.as_str() {
                "Dial" if verbs.dial.is_some() => return Err("two <Dial> in one document are not acted out".to_owned()),
                "Dial" => verbs.dial = Some(Dial::read(verb)?),
                "Reject" => {
                    verb.allows(&["reason"])?;
                    verbs.rejects = true;
                }
                "Hangup" | "Say" | "Pause" | "Play" | "Redirect" => {}
                other => return Err(format!("<{other}> is no verb")),
            }
        }
        Ok(verbs)
    }

    /// The document an answer holds.
    fn of(answered: &Answered) -> Result<Self, String> {
        if !answered.is_success() {
            return Err(format!("error 11200: status {}", answered.status));
        }
        let kind = answered.content_type.split(';').next().unwrap_or_default().trim().to_owned();
        if !matches!(kind.as_str(), "text/xml" | "application/xml" | "text/html") {
            return Err(format!("error 12300: content type {kind}"));
        }
        Self::read(&answered.text).map_err(|why| format!("error 12100: {why}"))
    }
}

impl Dial {
    fn read(verb: &Element) -> Result<Self, String> {
        verb.allows(DIAL)?;
        let flag = |name: &str| verb.attribute(name) == Some("true");
        let mut nouns = Vec::new();
        if !verb.text.is_empty() {
            nouns.push((verb.text.clone(), String::new(), Vec::new()));
        }
        for noun in &verb.children {
            noun.allows(NOUN)?;
            let address = match noun.name.as_str() {
                "Number" => noun.text.clone(),
                "Client" => format!("client:{}", noun.text),
                "Sip" if noun.text.starts_with("sip:") => noun.text.clone(),
                other => return Err(format!("<{other}> with {:?} cannot be dialled", noun.text)),
            };
            if noun.text.is_empty() {
                return Err("a noun without whom to dial".to_owned());
            }
            let events: Vec<String> = match noun.attribute("statusCallbackEvent") {
                None => vec!["completed".to_owned()],
                Some(text) => text.split_whitespace().map(str::to_owned).collect(),
            };
            if let Some(event) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
                return Err(format!("statusCallbackEvent has no {event}"));
            }
            nouns.push((address, noun.attribute("statusCallback").unwrap_or_default().to_owned(), events));
        }
        if nouns.is_empty() || nouns.len() > 10 {
            return Err(format!("<Dial> with {} nouns", nouns.len()));
        }
        let timeout = verb.attribute("timeout").map_or(Ok(30), str::parse::<u32>);
        if !timeout.is_ok_and(|seconds| (1..=600).contains(&seconds)) {
            return Err("timeout is no number of seconds up to 600".to_owned());
        }
        let text = |name: &str| verb.attribute(name).unwrap_or_default().to_owned();
        let is_recorded = verb.attribute("record").is_some_and(|mode| mode != "do-not-record");
        let recording = if is_recorded { text("recordingStatusCallback") } else { String::new() };
        Ok(Self { action: text("action"), answer_on_bridge: flag("answerOnBridge"), recording, nouns })
    }
}

fn pairs(items: &[(&str, &str)]) -> Pairs {
    items.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Whom the parent call connects: a call of the API goes to the line.
fn dialled_sides(call: &Call) -> (&str, &str) {
    (&call.from, &call.to)
}

/// What every request about the parent call carries.
fn parent_fields(play: &Play, status: &str) -> Pairs {
    let call = &play.call;
    let direction = if call.origin == Origin::Inbound { "inbound" } else { "outbound-api" };
    pairs(&[
        ("AccountSid", play.desk.credential("accountSid")),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", &call.id),
        ("CallStatus", status),
        ("Called", &call.to),
        ("CalledCity", ""),
        ("Caller", &call.from),
        ("CallerCity", ""),
        ("Direction", direction),
        ("From", &call.from),
        ("FromCity", ""),
        ("To", &call.to),
        ("ToCity", ""),
    ])
}

/// A status callback about the parent call, if somebody asked for such events.
async fn parent_event(play: &mut Play, event: &str, status: &str, seconds: Option<i64>) {
    play.call.notes.insert("status".to_owned(), json!(status));
    let (url, is_wanted) = match play.call.origin {
        Origin::Dialled => {
            let events = play.call.notes.get("events").cloned().unwrap_or_default();
            (play.call.note("StatusCallback"), events.as_array().is_some_and(|events| events.contains(&json!(event))))
        }
        // An incoming number tells only the end.
        _ => (play.desk.hook.clone(), event == "completed"),
    };
    let sequence = play.call.count();
    if url.is_empty() || !is_wanted {
        return;
    }
    let mut fields = parent_fields(play, status);
    progress(&mut fields, sequence, play.step.at, seconds);
    play.tell(&format!("call {status}"), &url, Content::Form(fields)).await;
}

fn progress(fields: &mut Pairs, sequence: u64, at: f64, seconds: Option<i64>) {
    fields.extend(pairs(&[
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", &sequence.to_string()),
        ("Timestamp", &clock::rfc2822(at)),
    ]));
    if let Some(seconds) = seconds {
        // Billed minutes, begun ones count.
        let minutes = (seconds + 59) / 60;
        fields.extend(pairs(&[("CallDuration", &seconds.to_string()), ("Duration", &minutes.to_string())]));
    }
}

/// A status callback about a dialled leg.
async fn leg_event(play: &mut Play, index: usize, event: &str, status: &str) {
    let parent = play.call.id.clone();
    let from = play.call.note("callerId");
    let Some(leg) = play.call.legs.get_mut(index) else { return };
    let sequence = leg.sequence;
    leg.sequence += 1;
    if leg.hook.is_empty() || !leg.events.iter().any(|known| known == event) {
        return;
    }
    let leg = leg.clone();
    let from = if from.is_empty() { play.call.from.clone() } else { from };
    let mut fields = pairs(&[
        ("AccountSid", play.desk.credential("accountSid")),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", &leg.id),
        ("CallStatus", status),
        ("Called", &leg.address),
        ("Caller", &from),
        ("Direction", "outbound-dial"),
        ("From", &from),
        ("ParentCallSid", &parent),
        ("To", &leg.address),
    ]);
    let seconds = (event == "completed").then(|| leg.talk());
    let at = leg.ended.or(leg.answered).unwrap_or(leg.at);
    progress(&mut fields, sequence, at, seconds);
    play.tell(&format!("{} {status}", leg.address), &leg.hook, Content::Form(fields)).await;
}

/// Follows a document: rings whom it dials. Whether somebody rings now.
async fn follow(play: &mut Play, document: Result<Verbs, String>) -> bool {
    let verbs = match document {
        Ok(verbs) => verbs,
        Err(why) => {
            play.refuse(why);
            return false;
        }
    };
    play.call.notes.insert("rejects".to_owned(), json!(verbs.rejects));
    let Some(dial) = verbs.dial else { return false };
    play.call.notes.insert("action".to_owned(), json!(dial.action));
    play.call.notes.insert("answerOnBridge".to_owned(), json!(dial.answer_on_bridge));
    play.call.notes.insert("recording".to_owned(), json!(dial.recording));
    let first = play.call.legs.len();
    let is_client = play.call.origin == Origin::Dialled;
    for (address, hook, events) in dial.nouns {
        let id = call_id(&format!("{}/{}", play.call.id, play.call.legs.len()));
        let line = super::api::query_of(&hook, "line").unwrap_or_else(|| address.clone());
        let mut leg = Leg::ringing(id, &line, &address, play.step.at);
        (leg.hook, leg.events, leg.is_client) = (hook, events, is_client);
        play.call.legs.push(leg);
    }
    ring(play, first).await;
    true
}

/// The legs from this one on begin to ring.
async fn ring(play: &mut Play, first: usize) {
    for index in first..play.call.legs.len() {
        leg_event(play, index, "initiated", "initiated").await;
        leg_event(play, index, "ringing", "ringing").await;
    }
}

/// Legs end this way.
async fn end_legs(play: &mut Play, legs: Vec<usize>, outcome: &str) {
    for index in legs {
        let at = play.end_of_talk(play.call.legs[index].answered);
        play.call.legs[index].end(outcome, at);
        leg_event(play, index, "completed", outcome).await;
    }
}

/// The `<Dial>` is over: its action is asked what comes next. Whether somebody rings now.
async fn after_dial(play: &mut Play, status: &str) -> bool {
    let action = play.call.note("action");
    if action.is_empty() {
        return false;
    }
    play.call.notes.insert("action".to_owned(), json!(""));
    let talked = play.call.legs.iter().rev().find(|leg| leg.answered.is_some()).or(play.call.legs.last()).cloned();
    let mut fields = parent_fields(play, "in-progress");
    fields.push(("DialCallStatus".to_owned(), status.to_owned()));
    if let Some(leg) = talked {
        fields.push(("DialCallSid".to_owned(), leg.id.clone()));
        if status == "completed" {
            fields.push(("DialCallDuration".to_owned(), leg.talk().to_string()));
        }
    }
    let answered = play.ask("what after the dial", "POST", &action, Content::Form(fields)).await;
    follow(play, Verbs::of(&answered)).await
}

/// The parent call is over.
async fn end(play: &mut Play) {
    let last = play.last_end();
    play.call.ended = Some(last);
    let has_talk = play.call.legs.iter().any(|leg| leg.answered.is_some());
    let waits = play.call.notes.get("answerOnBridge") == Some(&json!(true));
    let rejects = play.call.notes.get("rejects") == Some(&json!(true));
    let status = match play.call.origin {
        Origin::Dialled if play.call.answered.is_none() => "no-answer",
        Origin::Inbound if !has_talk && rejects => "busy",
        Origin::Inbound if !has_talk && waits => "no-answer",
        _ => "completed",
    };
    if play.call.answered.is_none() && status == "completed" {
        // Twilio itself picks up an inbound call.
        play.call.answered = Some(play.call.at);
    }
    let seconds = (last - play.call.answered.unwrap_or(last)).round() as i64;
    play.step.at = last;
    parent_event(play, "completed", status, Some(seconds)).await;
}

/// Plays a step.
pub(crate) async fn act(play: &mut Play) -> Result<(), Problem> {
    let line = play.step.line.clone();
    let ringing = play.call.legs_in(LegState::Ringing, line.as_deref());
    let talking = play.call.legs_in(LegState::Talking, line.as_deref());
    let is_dialled = play.call.origin == Origin::Dialled;
    let at = play.step.at;
    match play.step.kind.as_str() {
        "ring" if play.call.origin != Origin::Inbound => {
            return Err(Problem::new(400, "calls out of Twilio are placed by its API"));
        }
        "ring" if !play.step.lines.is_empty() => {
            // The customer's own flow, which only reports to us.
            for line in play.step.lines.clone() {
                let id = call_id(&format!("{}/{}", play.call.id, play.call.legs.len()));
                let mut leg = Leg::ringing(id, &line, &line, at);
                let joint = if play.desk.hook.contains('?') { '&' } else { '?' };
                let escaped: String = form_urlencoded::byte_serialize(line.as_bytes()).collect();
                leg.hook = format!("{}{joint}line={escaped}", play.desk.hook);
                leg.events = EVENTS.map(str::to_owned).into();
                play.call.legs.push(leg);
            }
            let hook = play.desk.hook.clone();
            play.call.notes.insert("recording".to_owned(), json!(hook));
            ring(play, 0).await;
        }
        "ring" => {
            let (url, fields) = (play.desk.route.clone(), parent_fields(play, "ringing"));
            if url.is_empty() {
                return Err(Problem::new(400, "the number has no voice URL"));
            }
            let answered = play.ask("where to", "POST", &url, Content::Form(fields)).await;
            if !follow(play, Verbs::of(&answered)).await {
                end(play).await;
            }
        }
        "answer" if is_dialled && play.call.answered.is_none() => {
            play.call.answered = Some(at);
            parent_event(play, "answered", "in-progress", None).await;
            let twiml = play.call.note("Twiml");
            let document = match twiml.is_empty() {
                false => Verbs::read(&twiml),
                true => {
                    let (url, fields) = (play.call.note("Url"), parent_fields(play, "in-progress"));
                    Verbs::of(&play.ask("what next", "POST", &url, Content::Form(fields)).await)
                }
            };
            if !follow(play, document).await {
                end(play).await;
            }
        }
        "answer" | "client_answer" => {
            let index = *ringing.first().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            let others: Vec<usize> =
                play.call.legs_in(LegState::Ringing, None).into_iter().filter(|other| *other != index).collect();
            play.call.legs[index].state = LegState::Talking;
            play.call.legs[index].answered = Some(at);
            leg_event(play, index, "answered", "in-progress").await;
            end_legs(play, others, "canceled").await;
            play.call.answered = play.call.answered.or(Some(at));
        }
        "hangup" if is_dialled && talking.is_empty() => {
            end_legs(play, ringing, "canceled").await;
            end(play).await;
        }
        "hangup" => {
            if talking.is_empty() {
                return Err(Problem::new(409, "nobody talks there"));
            }
            end_legs(play, talking, "completed").await;
            after_dial(play, "completed").await;
            end(play).await;
        }
        "miss" if is_dialled && play.call.answered.is_none() => end(play).await,
        kind @ ("miss" | "busy" | "fail") => {
            let (outcome, is_of_line) = (
                match kind {
                    "miss" => "no-answer",
                    "busy" => "busy",
                    _ => "failed",
                },
                line.is_some(),
            );
            end_legs(play, ringing, outcome).await;
            // One leg of several may end: the others ring on.
            while play.call.legs_in(LegState::Ringing, None).is_empty() {
                if !after_dial(play, outcome).await {
                    end(play).await;
                    break;
                }
                if is_of_line {
                    break;
                }
                let again = play.call.legs_in(LegState::Ringing, None);
                end_legs(play, again, outcome).await;
            }
        }
        "cancel" => {
            end_legs(play, ringing, "canceled").await;
            end(play).await;
        }
        "recording" => {
            let id = format!("RE{}", crypto::md5_hex(play.call.id.as_bytes()));
            let seconds = play.record(&id);
            let url = match play.call.note("recording") {
                url if url.is_empty() => play.call.note("RecordingStatusCallback"),
                url => url,
            };
            if url.is_empty() {
                return Err(Problem::new(400, "nobody asked for a recording"));
            }
            let account = play.desk.credential("accountSid").to_owned();
            let link = format!("https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{id}");
            let fields = pairs(&[
                ("AccountSid", &account),
                ("CallSid", &play.call.id),
                ("RecordingChannels", "1"),
                ("RecordingDuration", &seconds.to_string()),
                ("RecordingSid", &id),
                ("RecordingSource", "DialVerb"),
                ("RecordingStartTime", &clock::rfc2822(play.call.answered.unwrap_or(play.call.at))),
                ("RecordingStatus", "completed"),
                ("RecordingUrl", &link),
            ]);
            play.tell("recording", &url, Content::Form(fields)).await;
        }
        _ => return Err(play.step.impossible("Twilio")),
    }
    Ok(())
}
