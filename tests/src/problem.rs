//! Failures in the forms the API gives them.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone)]
pub(crate) enum Problem {
    /// `application/problem+json` with a sentence.
    Plain {
        /// HTTP status.
        status: u16,
        /// What is wrong.
        detail: String,
    },
    /// The token endpoint's form, whose `hint` says what is wrong.
    OAuth {
        /// HTTP status.
        status: u16,
        /// What is wrong.
        hint: String,
    },
    /// Items or fields that were not accepted; nothing was stored.
    Invalid(Vec<Value>),
    /// Too many requests.
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// The block at the edge: HTML instead of JSON.
    Blocked,
    /// A body of its own form.
    Body {
        /// HTTP status.
        status: u16,
        /// The body as it is.
        body: Value,
    },
}

impl Problem {
    pub(crate) fn new(status: u16, detail: impl Into<String>) -> Self {
        Self::Plain { status, detail: detail.into() }
    }

    pub(crate) fn oauth(status: u16, hint: impl Into<String>) -> Self {
        Self::OAuth { status, hint: hint.into() }
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(403, "Forbidden")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not found")
    }
}

fn title(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}

fn problem_json(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = |status: u16| format!("https://httpstatus.es/{status}");
        match self {
            Self::Plain { status, detail } => problem_json(
                status,
                json!({"title": title(status), "type": kind(status), "status": status, "detail": detail}),
            ),
            Self::OAuth { status, hint } => problem_json(
                status,
                json!({
                    "title": if status == 401 { "Authorization error" } else { "Bad request" },
                    "type": "https://developers.kommo.com/OAuthProblemJson",
                    "status": status,
                    "detail": "The authorization server could not answer this request",
                    "hint": hint,
                }),
            ),
            Self::Invalid(errors) => problem_json(
                400,
                json!({
                    "validation-errors": errors, "title": "Bad Request", "type": kind(400),
                    "status": 400, "detail": "Request validation failed",
                }),
            ),
            Self::TooMany { retry_after } => problem_json(
                429,
                json!({
                    "title": "Too Many Requests", "type": kind(429), "status": 429,
                    "detail": "Request limit exceeded", "retry_after": retry_after,
                }),
            ),
            Self::Blocked => (
                StatusCode::FORBIDDEN,
                Html("<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"),
            )
                .into_response(),
            Self::Body { status, body } => problem_json(status, body),
        }
    }
}
