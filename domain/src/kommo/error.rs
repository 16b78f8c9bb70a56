//! Why Kommo gave no answer, with one variant per reason someone could act on.
//!
//! Classified here, once, from status and shape, never by searching the words of a message: those are localised.
//! (Kommo API reference: error catalogue, token-endpoint errors, limits and retry.)

use super::Reply;
use super::fields::Fields;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A block by Kommo's edge lasts; asking during it prolongs it.
pub const BLOCK_PAUSE: Millis = Millis::seconds(60);
/// How long all accounts wait at most when one was told to slow down: the reason may be that account's alone.
const SLOW_DOWN: Millis = Millis::seconds(5);

/// What a failed request means for what wanted it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The same request may succeed later.
    Retry,
    /// Kommo will never take this request; others are not affected.
    Refuse,
    /// Nothing of this account will succeed until a person acts: hold everything and tell the administrator.
    Fatal,
}

/// One objection to one field of what we sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The dotted path into our payload, such as `params.link`.
    pub path: String,
    /// Kommo's code, such as `NotSupportedChoice`.
    pub code: String,
    /// Kommo's words.
    pub detail: String,
}

/// Why a request has no answer. The text is a sentence an administrator can act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum KommoError {
    /// The token is missing, expired or revoked (401).
    #[error("Kommo no longer accepts our access. Reconnect the integration in its settings.")]
    Unauthorised,
    /// The grant lacks the right or scope for this (403 with a JSON body).
    #[error("Kommo does not allow this with the rights the integration was given: {detail}")]
    Forbidden {
        /// Kommo's words.
        detail: String,
    },
    /// The edge in front of Kommo blocks us; its answer is a page, not JSON.
    #[error(
        "Kommo blocks our requests for the moment (HTTP {status}). Nothing is lost; delivery continues once the block ends."
    )]
    Blocked {
        /// The HTTP status of the page.
        status: u16,
    },
    /// The account's subscription or trial is over (402).
    #[error("The Kommo subscription has ended. Calls are kept and delivered once it is paid.")]
    PaymentRequired,
    /// The path or id does not exist (404).
    #[error("Kommo does not know what we asked for. It may have been deleted or merged.")]
    NotFound,
    /// Too many requests (429).
    #[error("Kommo asks us to slow down. Delivery continues by itself.")]
    RateLimited {
        /// How long Kommo wants us to wait, if it said so.
        retry_after: Option<Millis>,
    },
    /// Kommo objects to what was sent (400, 422 and their kin).
    #[error("Kommo refused the data: {detail}{}", list(.fields))]
    Invalid {
        /// Kommo's words.
        detail: String,
        /// The fields it objects to.
        fields: Vec<FieldError>,
    },
    /// No contact or company has the number (the `errors` list of calls).
    #[error("Kommo knows no contact or company for this: {detail}")]
    EntityUnknown {
        /// Kommo's words.
        detail: String,
    },
    /// Kommo failed inside (5xx). The write may have happened.
    #[error("Kommo has a problem of its own (HTTP {status}). Delivery is tried again by itself.")]
    ServerError {
        /// The HTTP status.
        status: u16,
    },
    /// A success whose body is not what it should be. The write may have happened.
    #[error("Kommo answered with something unexpected: {detail}")]
    Unreadable {
        /// What was missing or wrong.
        detail: String,
    },
    /// No answer in time; the request was aborted. The write may have happened.
    #[error("Kommo did not answer in time. Delivery is tried again by itself.")]
    TimedOut,
    /// The connection broke. The write may have happened.
    #[error("The connection to Kommo broke. Delivery is tried again by itself.")]
    Dropped,
    /// Not sent at all: no free slot, no budget left, or the account is offline.
    #[error("The request waits for its turn.")]
    Deferred,
}

fn list(fields: &[FieldError]) -> String {
    fields.iter().map(|field| format!(" [{}: {}]", field.path, field.code)).collect()
}

impl KommoError {
    /// Whether to retry, to give this request up, or to hold everything of the account.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unauthorised | Self::PaymentRequired => ErrorKind::Fatal,
            Self::Forbidden { .. } | Self::NotFound | Self::Invalid { .. } | Self::EntityUnknown { .. } => {
                ErrorKind::Refuse
            }
            Self::Blocked { .. }
            | Self::RateLimited { .. }
            | Self::ServerError { .. }
            | Self::Unreadable { .. }
            | Self::TimedOut
            | Self::Dropped
            | Self::Deferred => ErrorKind::Retry,
        }
    }

    /// Whether a write may have taken effect although it failed: look for it before repeating it.
    pub fn may_have_landed(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Dropped | Self::ServerError { .. } | Self::Unreadable { .. })
    }

    /// How long Kommo asked us to wait.
    pub fn retry_after(&self) -> Option<Millis> {
        match self {
            Self::RateLimited { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// How long nobody should ask Kommo who shares our address, where its limit counts by address.
    pub fn pause_of_all(&self) -> Option<Millis> {
        match self {
            Self::Blocked { .. } => Some(BLOCK_PAUSE),
            Self::RateLimited { retry_after } => Some(retry_after.unwrap_or(Millis::seconds(1)).min(SLOW_DOWN)),
            _ => None,
        }
    }

    /// A success that lacks something.
    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::Unreadable { detail: detail.into() }
    }
}

/// The JSON of a successful reply; `None` for an empty one (204), which means "nothing there".
pub(crate) fn success(reply: &Reply<'_>) -> Result<Option<Value>, KommoError> {
    let json = serde_json::from_str::<Value>(reply.body).ok().filter(|value| value.is_object() || value.is_array());
    match (reply.status, json) {
        (204, _) => Ok(None),
        (200..=299, Some(value)) => Ok(Some(value)),
        (200..=299, None) if reply.body.trim().is_empty() => Ok(None),
        (200..=299, None) => Err(KommoError::unreadable("a success without the JSON that belongs to it")),
        (status, json) => Err(failure(status, reply.retry_after, json.as_ref())),
    }
}

/// As [`success`], for reading one thing: 404 is "nothing there" too.
pub(crate) fn success_or_missing(reply: &Reply<'_>) -> Result<Option<Value>, KommoError> {
    match success(reply) {
        Err(KommoError::NotFound) => Ok(None),
        other => other,
    }
}

/// As [`success`], for writes, which never answer with nothing.
pub(crate) fn written(reply: &Reply<'_>) -> Result<Value, KommoError> {
    success(reply)?.ok_or_else(|| KommoError::unreadable("a write was answered with nothing"))
}

fn failure(status: u16, header: Option<i64>, json: Option<&Value>) -> KommoError {
    match (status, json) {
        (401, _) => KommoError::Unauthorised,
        (402, _) => KommoError::PaymentRequired,
        (404, _) => KommoError::NotFound,
        (429, json) => {
            let seconds = json.and_then(|json| Fields::new(json).whole("retry_after")).or(header);
            KommoError::RateLimited { retry_after: seconds.filter(|s| (1..=86_400).contains(s)).map(Millis::seconds) }
        }
        (500.., _) => KommoError::ServerError { status },
        (_, None) => KommoError::Blocked { status },
        (403, Some(json)) => KommoError::Forbidden { detail: words(json) },
        (_, Some(json)) => objection(json),
    }
}

/// Tells the two shapes of a 400 apart by their keys (Kommo API reference: calls, errors).
fn objection(json: &Value) -> KommoError {
    let root = Fields::new(json);
    let mut objections = root.items("validation-errors").peekable();
    if objections.peek().is_none()
        && let Some(first) = root.items("errors").next()
    {
        let detail = first.text("detail").or_else(|| first.text("title")).unwrap_or("no further word");
        return KommoError::EntityUnknown { detail: detail.to_owned() };
    }
    let text = |error: &Fields<'_>, name| error.text(name).unwrap_or_default().to_owned();
    let fields = objections
        .flat_map(|item| item.items("errors").collect::<Vec<_>>())
        .map(|error| FieldError {
            path: text(&error, "path"),
            code: text(&error, "code"),
            detail: text(&error, "detail"),
        })
        .collect();
    KommoError::Invalid { detail: words(json), fields }
}

/// Kommo's own words: the detail, and the hint that the token endpoint adds.
fn words(json: &Value) -> String {
    let root = Fields::new(json);
    let detail = root.text("detail").or_else(|| root.text("title")).unwrap_or("no further word");
    match root.text("hint") {
        Some(hint) => format!("{detail} ({hint})"),
        None => detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::reply;

    fn error_of(status: u16, body: &str) -> KommoError {
        success(&reply(status, body)).expect_err("a failure")
    }

    #[test]
    fn each_status_has_its_reason() {
        let problem = r#"{"title":"T","status":0,"detail":"D"}"#;
        let invalid = KommoError::Invalid { detail: "D".into(), fields: vec![] };
        for (status, body, expected) in [
            (401, problem, KommoError::Unauthorised),
            (401, "<html>", KommoError::Unauthorised),
            (402, problem, KommoError::PaymentRequired),
            (403, problem, KommoError::Forbidden { detail: "D".into() }),
            (403, "<html>no</html>", KommoError::Blocked { status: 403 }),
            (403, "", KommoError::Blocked { status: 403 }),
            (400, "<html>", KommoError::Blocked { status: 400 }),
            (302, "", KommoError::Blocked { status: 302 }),
            (404, problem, KommoError::NotFound),
            (429, "<html>", KommoError::RateLimited { retry_after: None }),
            (429, r#"{"retry_after":300}"#, KommoError::RateLimited { retry_after: Some(Millis::seconds(300)) }),
            (429, r#"{"retry_after":-5}"#, KommoError::RateLimited { retry_after: None }),
            (400, problem, invalid.clone()),
            (405, problem, invalid.clone()),
            (422, problem, invalid),
            (500, problem, KommoError::ServerError { status: 500 }),
            (504, "<html>", KommoError::ServerError { status: 504 }),
        ] {
            assert_eq!(error_of(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_header_counts_when_the_body_is_silent() {
        let reply = Reply { status: 429, content_type: None, retry_after: Some(2), body: "" };
        assert_eq!(success(&reply), Err(KommoError::RateLimited { retry_after: Some(Millis(2000)) }));
    }

    #[test]
    fn validation_errors_name_their_fields() {
        let body = r#"{"validation-errors":[{"request_id":"0","errors":[
            {"code":"NotNullable","path":"params.link","detail":"must be set"},{"code":"InvalidType","path":"duration"}]}],
            "title":"Bad Request","status":400,"detail":"check the fields"}"#;
        let error = error_of(400, body);
        assert_eq!(
            error.to_string(),
            "Kommo refused the data: check the fields [params.link: NotNullable] [duration: InvalidType]"
        );
        assert_eq!(error.kind(), ErrorKind::Refuse);
    }

    #[test]
    fn the_errors_list_of_calls_is_an_unknown_entity() {
        let body = r#"{"_total_items":0,"errors":[{"title":"Entity not found","request_id":"0"}]}"#;
        assert_eq!(error_of(400, body), KommoError::EntityUnknown { detail: "Entity not found".into() });
    }

    #[test]
    fn the_hint_of_the_token_endpoint_is_kept() {
        let body = r#"{"title":"Bad","status":400,"detail":"A parameter is wrong","hint":"check redirect_uri"}"#;
        assert!(error_of(400, body).to_string().ends_with("A parameter is wrong (check redirect_uri)"));
    }

    #[test]
    fn an_empty_success_is_nothing_and_a_page_is_not() {
        assert_eq!(success(&reply(204, "")), Ok(None));
        assert_eq!(success(&reply(200, " ")), Ok(None));
        assert_eq!(success_or_missing(&reply(404, "{}")), Ok(None));
        assert!(matches!(error_of(200, "<html>"), KommoError::Unreadable { .. }));
        assert!(written(&reply(204, "")).expect_err("nothing").may_have_landed());
    }

    #[test]
    fn only_lost_answers_may_have_landed() {
        for error in [KommoError::TimedOut, KommoError::Dropped, KommoError::ServerError { status: 502 }] {
            assert!(error.may_have_landed() && error.kind() == ErrorKind::Retry, "{error}");
        }
        for error in [KommoError::Deferred, KommoError::RateLimited { retry_after: None }, KommoError::NotFound] {
            assert!(!error.may_have_landed(), "{error}");
        }
        assert_eq!(KommoError::Unauthorised.kind(), ErrorKind::Fatal);
    }

    #[test]
    fn errors_are_stored_and_read_back() {
        let error = KommoError::RateLimited { retry_after: Some(Millis(5)) };
        let json = serde_json::to_string(&error).expect("plain data");
        assert_eq!(json, r#"{"reason":"rate_limited","retry_after":5}"#);
        assert_eq!(serde_json::from_str::<KommoError>(&json).ok(), Some(error));
        assert_eq!(serde_json::to_string(&KommoError::Dropped).ok().as_deref(), Some(r#"{"reason":"dropped"}"#));
    }
}
