//! The generic webhook: the VoIP guide's `FromWebhook`, with a few optional fields, as JSON; or the payload of a
//! system that has a preset.
//!
//! It is the format for every PBX without an adapter of its own, so its errors are written for the person who
//! connects one. How a delivery proves that it is genuine stands in [`super::proof`].

use super::fields::Fields as Lenient;
use super::form::{Form, plain};
use super::legs::quiet;
use super::presets;
use super::proof::{self, Proof};
use super::{
    Answer, CallEvent, Context, Credentials, Delivery, Direction, Purpose, Received, Refusal, Refused, ReportedStatus,
    RouteQuestion,
};
use crate::ids::{CallId, ExtensionId, ProviderCallId};
use crate::time::Moment;
use serde_json::{Map, Value};

/// The longest call we believe in: a week.
const LONGEST_CALL_SECONDS: i64 = 7 * 24 * 3600;
/// 2000-01-01 and 2100-01-01: outside, the sender counts in something other than Unix seconds.
const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// Checks and reads a delivery.
pub(super) fn receive(delivery: &Delivery<'_>, context: &Context<'_>) -> Result<Received, Refusal> {
    let Proof { credentials, delivery_id, digest } = proof::verify(delivery, context)?;
    let mut received = quiet(delivery_id, Answer::json(202, r#"{"accepted":true}"#));
    received.digest = digest;
    if delivery.purpose == Purpose::Route {
        received.question = Some(question(delivery)?);
        return Ok(received);
    }
    let preset = match credentials {
        Credentials::Generic { preset, .. } => *preset,
        _ => None,
    };
    match preset {
        None => received.events.push(parse(delivery.body)?),
        Some(preset) => {
            let news = presets::read(preset, delivery.body, context)?;
            received.events = news.events;
            received.recordings = news.recordings;
        }
    }
    Ok(received)
}

/// Where shall a call go: `from`, `to` and perhaps `callId`, as JSON, as a form, or in the query of a GET.
fn question(delivery: &Delivery<'_>) -> Result<RouteQuestion, Refused> {
    let form = if delivery.method == "GET" {
        Form::of_query(delivery.url)
    } else if delivery.body.trim_ascii_start().starts_with(b"{") {
        let json: Value = crate::utf8::json(delivery.body).map_err(|error| Refused::Malformed(error.to_string()))?;
        let fields = Lenient::of(&json);
        let names = ["from", "to", "callId"];
        let given = names.into_iter().filter(|name| fields.value(name).is_some());
        Form(given.map(|name| (name.as_bytes().to_vec(), fields.text(name).into_bytes())).collect())
    } else {
        Form::parse(delivery.body)
    };
    let needed = |name: &'static str| {
        form.bytes(name).map(|_| form.text(name)).filter(|text| text.len() <= 512).ok_or(Refused::Missing(name))
    };
    Ok(RouteQuestion {
        // A caller who withholds the number leaves it blank.
        from: needed("from")?,
        to: needed("to")?,
        call_id: form.filled("callId").map(|id| ProviderCallId(plain(&id))),
        handle: None,
        is_second: false,
    })
}

/// Reads one generic webhook.
pub fn parse(body: &[u8]) -> Result<CallEvent, Refused> {
    let value: Value = crate::utf8::json(body).map_err(|error| Refused::Malformed(error.to_string()))?;
    let Value::Object(fields) = value else {
        return Err(Refused::Malformed("an object is expected".to_owned()));
    };
    let fields = Fields(&fields);
    fields.required_text("voipAccountId", 256)?;
    let extension = match fields.text_or_number("extension", 64)? {
        Some(text) if !text.is_empty() => Some(ExtensionId(text)),
        _ => None,
    };
    Ok(CallEvent {
        call_id: ProviderCallId(fields.required_text("callId", 256)?),
        from: fields.text_or_number("from", 512)?.ok_or(Refused::Missing("from"))?,
        to: fields.text_or_number("to", 512)?.ok_or(Refused::Missing("to"))?,
        direction: fields.choice("direction", direction)?,
        extension,
        status: fields.choice("status", status)?.ok_or(Refused::Missing("status"))?,
        started_at: fields.moment("startTime")?.ok_or(Refused::Missing("startTime"))?,
        answered_at: fields.moment("answerTime")?,
        ended_at: fields.moment("endTime")?,
        talk_seconds: fields.seconds("duration")?,
        recording: fields.https_url("recording")?,
        dial: fields.text_or_number("dialId", 64)?.filter(|id| !id.is_empty()).map(CallId),
    })
}

fn direction(word: &str) -> Option<Direction> {
    match word {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

fn status(word: &str) -> Option<ReportedStatus> {
    Some(match word {
        "ringing" => ReportedStatus::Ringing,
        "answered" => ReportedStatus::Answered,
        "completed" => ReportedStatus::Completed,
        "missed" => ReportedStatus::Missed,
        "busy" => ReportedStatus::Busy,
        "failed" => ReportedStatus::Failed,
        "cancelled" => ReportedStatus::Cancelled,
        "voicemail" => ReportedStatus::Voicemail,
        _ => return None,
    })
}

/// The fields of the body; absent and `null` are the same.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn get(&self, field: &'static str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    fn text_or_number(&self, field: &'static str, longest: usize) -> Result<Option<String>, Refused> {
        let text = match self.get(field) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) if number.is_u64() => number.to_string(),
            Some(_) => return Err(Refused::Invalid { field, reason: "must be text" }),
        };
        if text.chars().any(char::is_control) {
            return Err(Refused::Invalid { field, reason: "must not contain control characters" });
        }
        if text.len() > longest {
            return Err(Refused::Invalid { field, reason: "is too long" });
        }
        Ok(Some(text))
    }

    fn required_text(&self, field: &'static str, longest: usize) -> Result<String, Refused> {
        match self.text_or_number(field, longest)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(Refused::Missing(field)),
        }
    }

    fn choice<T>(&self, field: &'static str, read: fn(&str) -> Option<T>) -> Result<Option<T>, Refused> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::String(word)) => {
                read(word).map(Some).ok_or(Refused::Invalid { field, reason: "is not one of the documented values" })
            }
            Some(_) => Err(Refused::Invalid { field, reason: "must be text" }),
        }
    }

    fn whole(&self, field: &'static str) -> Result<Option<i64>, Refused> {
        match self.get(field) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(Refused::Invalid { field, reason: "must be a whole number" }),
        }
    }

    fn moment(&self, field: &'static str) -> Result<Option<Moment>, Refused> {
        match self.whole(field)? {
            None => Ok(None),
            Some(seconds) if PLAUSIBLE_SECONDS.contains(&seconds) => Ok(Some(Moment::from_seconds(seconds))),
            Some(_) => Err(Refused::Invalid { field, reason: "must be a time in Unix seconds" }),
        }
    }

    fn seconds(&self, field: &'static str) -> Result<Option<i64>, Refused> {
        match self.whole(field)? {
            Some(seconds) if !(0..=LONGEST_CALL_SECONDS).contains(&seconds) => {
                Err(Refused::Invalid { field, reason: "must be seconds of talk, from 0 to a week" })
            }
            other => Ok(other),
        }
    }

    fn https_url(&self, field: &'static str) -> Result<Option<String>, Refused> {
        match self.text_or_number(field, 2048)? {
            None => Ok(None),
            Some(url) if url.is_empty() => Ok(None),
            Some(url) if url.starts_with("https://") && !url.contains(char::is_whitespace) => Ok(Some(url)),
            Some(_) => Err(Refused::Invalid { field, reason: "must be an https URL" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        json!({"callId": "c-1", "voipAccountId": "acc", "from": "+49305550100", "to": "+49305550999",
               "status": "ringing", "startTime": 1_771_000_000, "extension": 101})
    }

    #[test]
    fn a_ringing_call_is_read() {
        let event = parse(sample().to_string().as_bytes()).unwrap();
        assert_eq!(event.extension, Some(ExtensionId("101".into())));
        assert_eq!(event.status, ReportedStatus::Ringing);
        assert_eq!(event.started_at.seconds(), 1_771_000_000);
        assert_eq!(event.direction, None);
    }

    #[test]
    fn each_missing_field_is_named() {
        for field in ["callId", "voipAccountId", "from", "to", "status", "startTime"] {
            let mut body = sample();
            body.as_object_mut().unwrap().remove(field);
            assert_eq!(parse(body.to_string().as_bytes()), Err(Refused::Missing(field)));
            body[field] = Value::Null;
            assert_eq!(parse(body.to_string().as_bytes()), Err(Refused::Missing(field)));
        }
    }

    #[test]
    fn a_withheld_number_may_be_empty() {
        let mut body = sample();
        body["from"] = json!("");
        assert_eq!(parse(body.to_string().as_bytes()).unwrap().from, "");
    }

    #[test]
    fn impossible_values_are_refused() {
        for (field, value) in [
            ("status", json!("talking")),
            ("status", json!(3)),
            ("direction", json!("internal")),
            ("startTime", json!("yesterday")),
            ("startTime", json!(1_771_000_000_000_i64)),
            ("startTime", json!(1.5)),
            ("duration", json!(-1)),
            ("duration", json!(1e300)),
            ("recording", json!("http://x.example/1.mp3")),
            ("recording", json!("https://x.example/1 2.mp3")),
            ("callId", json!("a\u{0}b")),
            ("callId", json!({"a": 1})),
            ("callId", json!("x".repeat(300))),
            ("extension", json!([101])),
        ] {
            let mut body = sample();
            body[field] = value;
            assert!(matches!(parse(body.to_string().as_bytes()), Err(Refused::Invalid { .. })), "{body}");
        }
        for body in ["", "[]", "null", "{", "\u{feff}{}"] {
            assert!(matches!(parse(body.as_bytes()), Err(Refused::Malformed(_))), "{body:?}");
        }
        assert!(matches!(parse("[".repeat(100_000).as_bytes()), Err(Refused::Malformed(_))));
    }
}
