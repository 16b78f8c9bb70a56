//! RingCentral: its API, its subscriptions, and the notifications about telephony sessions.
//!
//! RingCentral: authentication, extensions, RingOut, call log, subscriptions, creating and receiving webhooks, telephony
//! session notifications. A party is named by the id of its extension, never by its number. Notifications are not sent
//! twice: no rule for that is published.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    act::Play,
    api::{Asked, answer, is_too_much},
    clock, media,
    model::{Call, Carrier, Leg, LegState, Origin},
    oauth,
    send::{Answered, Content, Outgoing},
};
use crate::{crypto, problem::Problem, state::Sim};

/// How long a subscription lives.
const SUBSCRIPTION: f64 = 604_800.0;

/// `s-` and 32 digits.
pub(crate) fn call_id(seed: &str) -> String {
    format!("s-{}", crypto::md5_hex(seed.as_bytes()))
}

fn refused(status: u16, code: &str, message: &str) -> Response {
    answer(status, json!({"errorCode": code, "message": message, "errors": [{"errorCode": code, "message": message}]}))
}

/// A request to `platform.ringcentral.com`.
pub(crate) async fn serve(sim: &Arc<Sim>, asked: &Asked) -> (String, Response) {
    if asked.path == "/restapi/oauth/token" {
        return if asked.method == "POST" {
            oauth::token(sim, asked)
        } else {
            ("unknown".to_owned(), refused(405, "CMN-405", "Method not allowed"))
        };
    }
    if asked.path == "/restapi/oauth/revoke" {
        return ("unknown".to_owned(), answer(200, json!({})));
    }
    let token = asked.bearer().unwrap_or_default().to_owned();
    let identity = {
        let mut world = sim.lock();
        let now = world.now();
        let Some(carrier) = world.carriers.iter_mut().find(|carrier| carrier.grant.knows(&token)) else {
            return ("unknown".to_owned(), refused(401, "OAU-213", "Token not found"));
        };
        let identity = carrier.identity.clone();
        if !carrier.grant.is_good(&token, Some(now)) {
            return (identity, refused(401, "TokenExpired", "Token expired"));
        }
        if is_too_much(carrier, now, 40, 60.0) {
            return (identity, refused(429, "CMN-301", "Request rate exceeded"));
        }
        identity
    };
    let subscribes = asked.segments().first() == Some(&"restapi") && asked.path.contains("/subscription");
    if subscribes {
        let response = subscription(sim, asked, &identity).await;
        return (identity, response);
    }
    let mut world = sim.lock();
    let now = world.now();
    let carrier = world.carrier("ringcentral", &identity);
    let response = dispatch(carrier, asked, now);
    (identity, response)
}

fn extension_record(line: &super::model::Line) -> Value {
    json!({
        "id": line.extension.parse::<u64>().unwrap_or_default(), "extensionNumber": line.number, "name": line.name,
        "type": "User", "status": "Enabled", "hidden": false,
        "contact": {"firstName": line.name, "email": line.email},
    })
}

/// The number of the telephone on a desk.
fn telephone(line: &super::model::Line) -> String {
    format!("+1415555{:0>4}", line.number)
}

fn paged(records: Vec<Value>, asked: &Asked) -> Response {
    let number = |name: &str, default: usize| asked.parameter(name).parse().unwrap_or(default);
    let (size, page) = (number("perPage", 100).clamp(1, 1000), number("page", 1).max(1));
    let pages = records.len().div_ceil(size).max(1);
    let shown: Vec<Value> = records.iter().skip((page - 1) * size).take(size).cloned().collect();
    let next = (page < pages).then(
        || json!({"uri": format!("https://platform.ringcentral.com{}?page={}&perPage={size}", asked.path, page + 1)}),
    );
    let navigation = next.map_or(json!({}), |next| json!({"nextPage": next}));
    answer(
        200,
        json!({"records": shown, "paging": {"page": page, "perPage": size, "totalPages": pages, "totalElements": records.len()}, "navigation": navigation}),
    )
}

fn dispatch(carrier: &mut Carrier, asked: &Asked, now: f64) -> Response {
    let segments = asked.segments();
    match (asked.method.as_str(), segments.as_slice()) {
        ("GET", ["restapi", "v1.0", "account", "~"]) => {
            answer(200, json!({"id": 1234, "mainNumber": "+14155559999", "status": "Confirmed"}))
        }
        ("GET", ["restapi", "v1.0", "account", "~", "extension"]) => {
            let known = ["page", "perPage", "status", "type", "extensionNumber", "email"];
            match asked.unknown(&known) {
                Some(name) => refused(400, "CMN-101", &format!("Parameter [{name}] is invalid")),
                None => paged(carrier.desk.lines.iter().map(extension_record).collect(), asked),
            }
        }
        ("GET", ["restapi", "v1.0", "account", "~", "extension", "~"]) => {
            answer(200, json!({"id": 256_440_016, "extensionNumber": "101", "name": "Owner", "status": "Enabled"}))
        }
        ("GET", ["restapi", "v1.0", "account", "~", "extension", extension, "forwarding-number"]) => {
            let Some(line) = carrier.desk.lines.iter().find(|line| line.extension == *extension) else {
                return refused(404, "CMN-102", "Resource for parameter [extensionId] is not found");
            };
            let number = json!({
                "id": format!("9{}", line.extension), "phoneNumber": telephone(line), "label": "Desk", "type": "PhoneLine",
                "features": ["CallFlip", "CallForwarding"],
            });
            paged(vec![number], asked)
        }
        ("POST", ["restapi", "v1.0", "account", "~", "extension", extension, "ring-out"]) => {
            let Some(fields) = asked.fields() else { return refused(400, "CMN-100", "The body is not valid JSON") };
            let known = ["from", "to", "callerId", "playPrompt", "country"];
            if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
                return refused(400, "CMN-101", &format!("Parameter [{name}] is invalid"));
            }
            let number =
                |side: &str| fields.get(side).and_then(|side| side["phoneNumber"].as_str()).unwrap_or_default();
            let (from, to) = (number("from").to_owned(), number("to").to_owned());
            if to.is_empty() || from.is_empty() {
                return refused(400, "CMN-101", "Parameter [to.phoneNumber] or [from.phoneNumber] is invalid");
            }
            // The manager's leg is the extension's, or the one whose number stands in `from`.
            let line = carrier
                .desk
                .lines
                .iter()
                .find(|line| line.extension == **extension || line.extension == from || telephone(line) == from)
                .map(|line| line.extension.clone());
            let Some(line) = line else {
                return refused(404, "CMN-102", "Resource for parameter [extensionId] is not found");
            };
            let id = call_id(&crypto::random_hex(8));
            let mut call = Call::new("", id.clone(), Origin::Dialled, (&line, &to), now);
            call.legs.push(Leg::ringing(format!("p-{}-1", &id[2..]), &line, &line, now));
            carrier.calls.push(call);
            answer(
                200,
                json!({"id": &id[2..], "uri": format!("https://platform.ringcentral.com{}/{}", asked.path, &id[2..]), "status": {"callStatus": "InProgress", "callerStatus": "InProgress", "calleeStatus": "InProgress"}}),
            )
        }
        ("GET", ["restapi", "v1.0", "account", "~", "call-log"]) => {
            let known = [
                "dateFrom",
                "dateTo",
                "view",
                "page",
                "perPage",
                "type",
                "direction",
                "withRecording",
                "recordingType",
                "sessionId",
                "telephonySessionId",
                "showBlocked",
            ];
            if let Some(name) = asked.unknown(&known) {
                return refused(400, "CMN-101", &format!("Parameter [{name}] is invalid"));
            }
            let from = clock::read(asked.parameter("dateFrom")).unwrap_or(now - 86_400.0);
            let until = clock::read(asked.parameter("dateTo")).unwrap_or(now);
            let records = carrier
                .calls
                .iter()
                .rev()
                .filter(|call| call.ended.is_some() && call.at >= from && call.at <= until)
                .map(|call| log_record(carrier, call))
                .collect();
            paged(records, asked)
        }
        ("GET" | "HEAD", ["restapi", "v1.0", "account", "~", "recording", id, "content"]) => {
            match carrier.recordings.get(*id) {
                Some(recording) => media::serve(carrier, recording, asked),
                None => refused(404, "CMN-102", "Resource for parameter [recordingId] is not found"),
            }
        }
        ("GET", ["restapi", "v1.0", "account", "~", "recording", id]) => match carrier.recordings.get(*id) {
            Some(recording) => answer(
                200,
                json!({"id": id, "contentUri": content(id), "contentType": "audio/mpeg", "duration": recording.seconds}),
            ),
            None => refused(404, "CMN-102", "Resource for parameter [recordingId] is not found"),
        },
        ("GET" | "POST" | "PUT" | "DELETE", _) => refused(404, "CMN-102", "Resource not found"),
        _ => refused(405, "CMN-405", "Method not allowed"),
    }
}

fn content(id: &str) -> String {
    format!("https://media.ringcentral.com/restapi/v1.0/account/1234/recording/{id}/content")
}

fn log_record(carrier: &Carrier, call: &Call) -> Value {
    let talked = call.legs.iter().rev().find(|leg| leg.answered.is_some());
    let leg = talked.or(call.legs.first());
    let is_inbound = call.origin == Origin::Inbound;
    let result = match (talked.is_some(), call.note("outcome").as_str()) {
        (true, _) => "Accepted",
        (_, "busy") => "Busy",
        (_, "voicemail") => "Voicemail",
        (_, "fail") => "Wrong Number",
        (_, "cancel") if is_inbound => "Missed",
        (_, _) if is_inbound => "Missed",
        _ => "No Answer",
    };
    let party = |leg: &Leg| json!({"extensionId": leg.line, "name": "Line"});
    let legs: Vec<Value> = call
        .legs
        .iter()
        .map(|leg| {
            json!({
                "startTime": clock::iso(leg.at), "duration": leg.talk(), "type": "Voice", "legType": "FindMe",
                "direction": if is_inbound { "Inbound" } else { "Outbound" }, "result": if leg.answered.is_some() { "Accepted" } else { "Missed" },
                "extension": {"id": leg.line.parse::<u64>().unwrap_or_default()},
            })
        })
        .collect();
    let mut record = json!({
        "id": crypto::md5_hex(call.id.as_bytes()), "sessionId": call.id, "telephonySessionId": call.id,
        "startTime": clock::iso(call.at), "duration": talked.map_or(0, Leg::talk), "type": "Voice",
        "direction": if is_inbound { "Inbound" } else { "Outbound" }, "action": "Phone Call", "result": result,
        "from": if is_inbound { json!({"phoneNumber": call.from}) } else { leg.map_or(json!({}), party) },
        "to": if is_inbound { leg.map_or(json!({}), party) } else { json!({"phoneNumber": call.to}) },
        "extension": {"id": leg.and_then(|leg| leg.line.parse::<u64>().ok())}, "legs": legs,
    });
    if let Some(recording) = carrier.recordings.values().find(|recording| recording.call == call.id) {
        record["recording"] = json!({"id": recording.id, "type": "Automatic", "contentUri": content(&recording.id), "uri": content(&recording.id).replace("/content", "")});
    }
    record
}

/// Creates, renews, shows and ends subscriptions. A new one is tried before it counts.
async fn subscription(sim: &Arc<Sim>, asked: &Asked, identity: &str) -> Response {
    let segments = asked.segments();
    match (asked.method.as_str(), segments.as_slice()) {
        ("POST", ["restapi", "v1.0", "subscription"]) => {
            let fields = asked.fields().unwrap_or_default();
            let delivery = fields.get("deliveryMode").cloned().unwrap_or_default();
            let text = |name: &str| delivery[name].as_str().unwrap_or_default().to_owned();
            let has_filters =
                fields.get("eventFilters").and_then(Value::as_array).is_some_and(|filters| !filters.is_empty());
            if text("transportType") != "WebHook" || text("address").is_empty() || !has_filters {
                return refused(
                    400,
                    "SUB-502",
                    "eventFilters, deliveryMode.transportType and deliveryMode.address are needed",
                );
            }
            let wanted = fields.get("expiresIn").and_then(Value::as_f64).unwrap_or(SUBSCRIPTION);
            // The address must echo a token within three seconds.
            let word = crypto::random_uuid();
            let handshake = validate(sim, &text("address"), &word).await;
            let echoed = handshake.headers.iter().any(|(name, value)| name == "validation-token" && *value == word);
            let is_json = handshake.content_type.starts_with("application/json");
            if handshake.status != 200 || !echoed || !is_json || handshake.text.len() > 1024 {
                return refused(400, "SUB-525", "WebHook responds with incorrect HTTP status or headers");
            }
            let id = crypto::random_uuid();
            let mut world = sim.lock();
            let now = world.now();
            let carrier = world.carrier("ringcentral", identity);
            text("address").clone_into(&mut carrier.desk.hook);
            let token = match text("verificationToken") {
                token if token.is_empty() => text("validationToken"),
                token => token,
            };
            carrier.desk.credentials.insert("verificationToken".to_owned(), json!(token));
            let record = json!({
                "id": id, "uri": format!("https://platform.ringcentral.com/restapi/v1.0/subscription/{id}"), "status": "Active",
                "creationTime": clock::iso(now), "expirationTime": clock::iso(now + wanted), "expiresIn": wanted as i64,
                "eventFilters": fields.get("eventFilters"),
                "deliveryMode": {"transportType": "WebHook", "encryption": false, "address": text("address")},
            });
            carrier.grant.subscriptions.insert(id, record.clone());
            answer(200, record)
        }
        (method, ["restapi", "v1.0", "subscription", id, ..]) => {
            let mut world = sim.lock();
            let now = world.now();
            let carrier = world.carrier("ringcentral", identity);
            let Some(record) = carrier.grant.subscriptions.get_mut(*id) else {
                return refused(404, "SUB-505", "Subscription was not found");
            };
            match method {
                "DELETE" => {
                    carrier.grant.subscriptions.remove(*id);
                    answer(204, Value::Null)
                }
                "PUT" | "POST" => {
                    record["expirationTime"] = json!(clock::iso(now + SUBSCRIPTION));
                    record["expiresIn"] = json!(SUBSCRIPTION as i64);
                    record["status"] = json!("Active");
                    record["renewed"] = json!(record["renewed"].as_u64().unwrap_or(0) + 1);
                    answer(200, record.clone())
                }
                _ => answer(200, record.clone()),
            }
        }
        ("GET", ["restapi", "v1.0", "subscription"]) => {
            let mut world = sim.lock();
            let records: Vec<Value> =
                world.carrier("ringcentral", identity).grant.subscriptions.values().cloned().collect();
            answer(200, json!({"records": records}))
        }
        _ => refused(404, "CMN-102", "Resource not found"),
    }
}

/// Tries the address of a new subscription.
async fn validate(sim: &Arc<Sim>, address: &str, word: &str) -> Answered {
    let asked = sim
        .http
        .post(address)
        .header("validation-token", word)
        .header("content-type", "application/json")
        .timeout(std::time::Duration::from_secs(3))
        .send()
        .await;
    Answered::of(asked).await
}

/// A notification about some of the session's parties.
async fn notify(play: &mut Play, parties: Vec<Value>, at: f64) {
    let sequence = play.call.count() + 1;
    let origin = if play.call.origin == Origin::Dialled { "RingOut" } else { "Call" };
    let body = json!({
        "uuid": super::model::uuid_of(&format!("{}/{sequence}", play.call.id)),
        "event": "/restapi/v1.0/account/1234/telephony/sessions", "timestamp": clock::iso(at),
        "subscriptionId": "sub", "ownerId": "256440016",
        "body": {
            "sequence": sequence, "sessionId": play.call.id.trim_start_matches("s-"), "telephonySessionId": play.call.id,
            "serverId": "10.11.12.13.TAM", "eventTime": clock::iso(at), "accountId": "1234", "parties": parties,
            "origin": {"type": origin},
        },
    });
    let url = play.desk.hook.clone();
    let what = play.call.sequence.to_string();
    play.tell(&format!("session {what}"), &url, Content::Json(body)).await;
}

/// The party of a leg in this state.
fn party(play: &Play, index: usize, code: &str, reason: Option<&str>, is_missed: bool) -> Value {
    let (call, leg) = (&play.call, &play.call.legs[index]);
    let is_inbound = call.origin == Origin::Inbound;
    let own = json!({"extensionId": leg.line, "name": "Line"});
    let outside = |number: &str| match number {
        "" | "anonymous" => json!({"name": "Anonymous"}),
        number => json!({"phoneNumber": number}),
    };
    let target = match call.origin {
        Origin::Internal => json!({"extensionId": call.to}),
        _ => outside(&call.to),
    };
    let mut status = json!({"code": code, "rcc": false});
    if let Some(reason) = reason {
        status["reason"] = json!(reason);
    }
    let mut party = json!({
        "id": leg.id, "extensionId": leg.line, "direction": if is_inbound { "Inbound" } else { "Outbound" },
        "from": if is_inbound { outside(&call.from) } else { own.clone() },
        "to": if is_inbound { own } else { target },
        "status": status, "standAlone": false, "muted": false,
    });
    if is_inbound {
        party["missedCall"] = json!(is_missed);
        party["to"]["phoneNumber"] = json!(call.to);
    }
    if leg.is_client {
        party["extensionId"] = Value::Null;
    }
    party
}

/// Plays a step.
pub(crate) async fn act(play: &mut Play) -> Result<(), Problem> {
    let line = play.step.line.clone();
    let ringing = play.call.legs_in(LegState::Ringing, line.as_deref());
    let talking = play.call.legs_in(LegState::Talking, None);
    let is_inbound = play.call.origin == Origin::Inbound;
    let at = play.step.at;
    let kind = play.step.kind.clone();
    match kind.as_str() {
        "validate" => {
            let word = play.step.text("to").to_owned();
            let url = play.desk.hook.clone();
            let handshake = validate(&play.sim, &url, &word).await;
            let out = Outgoing {
                call: String::new(),
                what: "handshake".to_owned(),
                method: "POST",
                url,
                content: Content::Nothing,
            };
            play.refuse(handshake.shown(&out).to_string());
        }
        "ring" => {
            let mut lines = play.step.lines.clone();
            if lines.is_empty() {
                lines = match (line, is_inbound) {
                    (Some(line), _) => vec![line],
                    (None, false) => vec![play.call.from.clone()],
                    (None, true) => play.desk.lines.iter().map(|line| line.extension.clone()).collect(),
                };
            }
            for line in lines {
                let id = format!("p-{}-{}", &play.call.id[2..], play.call.legs.len() + 1);
                play.call.legs.push(Leg::ringing(id, &line, &line, at));
                let index = play.call.legs.len() - 1;
                let setup = party(play, index, "Setup", None, false);
                notify(play, vec![setup], at).await;
            }
            let parties =
                (0..play.call.legs.len()).map(|index| party(play, index, "Proceeding", None, false)).collect();
            notify(play, parties, at).await;
        }
        // RingOut: the manager picks up, then the client is called.
        "answer" if play.call.origin == Origin::Dialled && play.call.answered.is_none() => {
            play.call.answered = Some(at);
            for code in ["Setup", "Proceeding"] {
                let one = party(play, 0, code, None, false);
                notify(play, vec![one], at).await;
            }
        }
        "answer" | "client_answer" => {
            let index = *ringing.first().ok_or_else(|| Problem::new(409, "nothing rings there"))?;
            let others: Vec<usize> =
                play.call.legs_in(LegState::Ringing, None).into_iter().filter(|other| *other != index).collect();
            let leg = &mut play.call.legs[index];
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            play.call.answered = play.call.answered.or(Some(at));
            let one = party(play, index, "Answered", None, false);
            notify(play, vec![one], at).await;
            for other in others {
                play.call.legs[other].end("answered elsewhere", at);
                let gone = party(play, other, "Disconnected", Some("AgentAnswered"), false);
                notify(play, vec![gone], at).await;
            }
        }
        "transfer" => {
            let target = line.ok_or_else(|| Problem::new(400, "extension: whom to"))?;
            let id = format!("p-{}-{}", &play.call.id[2..], play.call.legs.len() + 1);
            for index in talking {
                play.call.legs[index].end("transferred", at);
                let gone = party(play, index, "Disconnected", Some("BlindTransfer"), false);
                notify(play, vec![gone], at).await;
            }
            play.call.legs.push(Leg::ringing(id, &target, &target, at));
            let index = play.call.legs.len() - 1;
            let one = party(play, index, "Proceeding", None, false);
            notify(play, vec![one], at).await;
            let leg = &mut play.call.legs[index];
            (leg.state, leg.answered) = (LegState::Talking, Some(at));
            let one = party(play, index, "Answered", None, false);
            notify(play, vec![one], at).await;
        }
        "hangup" => {
            if talking.is_empty() {
                return Err(Problem::new(409, "nobody talks there"));
            }
            let mut last = at;
            for index in talking {
                last = play.end_of_talk(play.call.legs[index].answered);
                play.call.legs[index].end("completed", last);
                let one = party(play, index, "Disconnected", None, false);
                notify(play, vec![one], last).await;
            }
            play.call.ended = Some(last);
        }
        kind @ ("miss" | "busy" | "cancel" | "fail" | "voicemail") => {
            play.call.notes.insert("outcome".to_owned(), json!(kind));
            let (code, reason) = match kind {
                "miss" => ("Disconnected", Some("NoAnswer")),
                "busy" => ("Disconnected", Some("TargetBusy")),
                "cancel" => ("Disconnected", Some("Cancelled")),
                "fail" => ("Disconnected", Some("InvalidNumber")),
                _ => ("VoiceMail", None),
            };
            for index in ringing {
                play.call.legs[index].end(kind, at);
                let one = party(play, index, code, reason, is_inbound && kind == "miss");
                notify(play, vec![one], at).await;
                if kind == "voicemail" {
                    let one = party(play, index, "Disconnected", None, true);
                    notify(play, vec![one], at).await;
                }
            }
            if play.call.legs_in(LegState::Ringing, None).is_empty() {
                play.call.ended = Some(at);
            }
        }
        "recording" => {
            let digits: String = crypto::md5_hex(play.call.id.as_bytes())
                .bytes()
                .map(|byte| char::from(b'0' + byte % 10))
                .take(9)
                .collect();
            play.record(&digits);
            let index = play.call.legs.iter().position(|leg| leg.answered.is_some()).unwrap_or(0);
            let mut one = party(play, index, "Disconnected", None, false);
            one["recordings"] = json!([{"id": digits, "active": false}]);
            notify(play, vec![one], play.call.ended.unwrap_or(at)).await;
        }
        _ => return Err(play.step.impossible("RingCentral")),
    }
    Ok(())
}
