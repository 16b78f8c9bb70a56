//! Plays a provider in tests: replies in order, and what was asked.

use super::{AnErrand, Auth, Next, PlaceCall, ProviderError, ProviderRequest, Reply};
use crate::ids::{CallId, ExtensionId};
use crate::telephony::{Credentials, LocalTime, Provider, Urls};
use crate::time::{Millis, Moment};
use serde_json::Value;
use std::rc::Rc;

/// 1 September 2026, 10:00:00 UTC.
pub(super) const NOW: Moment = Moment(1_788_256_800_000);

/// What was asked, and how it ended. A reply too few ends the test.
pub(super) fn play<T>(
    errand: Option<AnErrand<T>>,
    replies: &[(u16, &str)],
) -> (Vec<ProviderRequest>, Result<T, ProviderError>) {
    let mut errand = errand.expect("an errand");
    let mut asked = vec![];
    let mut replies = replies.iter();
    let mut reply = None;
    loop {
        match errand.next(reply) {
            Ok(Next::Ask(request)) => asked.push(*request),
            Ok(Next::Done(answer)) => return (asked, Ok(answer)),
            Err(error) => return (asked, Err(error)),
        }
        let (status, body) = replies.next().unwrap_or_else(|| panic!("no reply to {:?}", asked.last()));
        reply = Some(Reply { status: *status, body });
    }
}

/// Every errand treats these alike: a person can act on each, and none shows a body.
pub(super) fn fails_well<T: std::fmt::Debug>(errand: impl Fn() -> Option<AnErrand<T>>) {
    for (status, body) in [
        (401, r#"{"message":"hush-hush-hush"}"#),
        (403, ""),
        (429, "{}"),
        (500, "<html>Oops</html>"),
        (503, ""),
        (200, "<html>Welcome</html>"),
        (200, ""),
        (302, ""),
    ] {
        let (asked, ended) = play(errand(), &[(status, body)]);
        assert_eq!(asked.len(), 1, "{status}");
        let error = ended.expect_err("a failure");
        let said = error.to_string();
        assert!(said.ends_with('.') && !said.contains("Oops") && !said.contains("hush"), "{status}: {said}");
        match status {
            401 | 403 => assert!(matches!(error, ProviderError::Unauthorised(_)), "{status}: {said}"),
            429 => assert_eq!(error, ProviderError::TooMany),
            500 | 503 => assert_eq!(error, ProviderError::Unavailable),
            _ => assert_eq!(error, ProviderError::Unreadable),
        }
    }
}

/// `GET https://host/path` and the like.
pub(super) fn line_of(request: &ProviderRequest) -> String {
    format!("{} {}", request.method, request.url)
}

/// The form of a request.
pub(super) fn form_of(request: &ProviderRequest) -> Vec<(String, String)> {
    assert!(request.headers.contains(&("Content-Type", "application/x-www-form-urlencoded".to_owned())));
    let form = crate::telephony::form::Form::parse(request.body.as_deref().unwrap_or_default().as_bytes());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    form.0.into_iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// The JSON of a request.
pub(super) fn json_of(request: &ProviderRequest) -> Value {
    assert!(request.headers.contains(&("Content-Type", "application/json".to_owned())));
    serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON")
}

pub(super) fn basic(user: &str, password: &str) -> Auth {
    Auth::Basic { user: user.to_owned(), password: password.to_owned() }
}

pub(super) fn urls(provider: &str) -> Urls {
    let url = |kind: &str| format!("https://voip.example.com/{kind}/{provider}/key");
    Urls { hook: url("webhooks/voip"), route: url("route") }
}

pub(super) fn call(line: &str) -> PlaceCall {
    PlaceCall {
        id: CallId("d1".into()),
        line: ExtensionId(line.into()),
        to: "+493012345678".into(),
        ring_seconds: 25,
        now: NOW,
    }
}

pub(super) fn line_ids(texts: &[&str]) -> Vec<ExtensionId> {
    texts.iter().map(|text| ExtensionId((*text).to_owned())).collect()
}

/// Reads credentials as the widget sends them.
pub(super) fn credentials(provider: Provider, json: Value) -> Credentials {
    let typed = json.as_object().expect("an object").clone();
    Credentials::read(provider, &typed, None).expect("credentials")
}

/// Two hours ahead of UTC, always.
pub(super) struct East;

impl LocalTime for East {
    fn read(&self, text: &str) -> Option<Moment> {
        let utc = crate::telephony::clock::iso8601(&format!("{text}Z"))?;
        Some(utc + Millis::minutes(-120))
    }

    fn write(&self, moment: Moment) -> String {
        super::times::iso8601(moment + Millis::minutes(120)).replace('T', " ").replace('Z', "")
    }
}

pub(super) fn past(hours: i64, cursor: Option<&str>) -> super::PastCalls {
    super::PastCalls {
        from: NOW + Millis::minutes(-hours * 60),
        until: NOW,
        cursor: cursor.map(str::to_owned),
        zone: Rc::new(East),
    }
}
