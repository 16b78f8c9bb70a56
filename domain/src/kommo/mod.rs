//! Requests to Kommo as data, and its answers as types.
//!
//! Each resource has one file; each operation in it is a struct whose fields are its inputs. The shell sends what
//! [`Ask::request`] describes to the account's own host and hands the reply to [`Ask::read`]. Nothing here sends,
//! waits or repeats anything, so that what we say to Kommo can be tested without it.
//!
//! What must stay true: an empty answer (204) is "nothing there" and never an error; a reply is believed only as far
//! as it was checked (filters may be ignored by Kommo, so results are compared with what was asked); a success whose
//! body cannot be read is [`KommoError::Unreadable`], because the write behind it may well have happened.

mod error;
mod fields;
mod query;

pub mod account;
pub mod call_notices;
pub mod changes;
pub mod companies;
pub mod contacts;
pub mod host;
pub mod leads;
pub mod notes;
pub mod oauth;
pub mod phone_field;
pub mod pipelines;
pub mod tasks;
pub mod uninstall;
pub mod unsorted;
pub mod users;

pub use error::{BLOCK_PAUSE, ErrorKind, FieldError, KommoError};

use serde_json::Value;
use std::fmt;

/// The HTTP methods Kommo's API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Amends.
    Patch,
    /// Removes; Kommo also declines incoming leads with it.
    Delete,
}

impl Method {
    /// The word of the request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether repeating the request could do its work twice.
    pub fn writes(self) -> bool {
        self != Self::Get
    }
}

/// One request, ready to be sent to a host. `Debug` shows neither query nor body: they carry numbers and secrets.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query from the host's root on, percent-encoded.
    pub path: String,
    /// The JSON body.
    pub body: Option<Value>,
}

impl Request {
    /// A request without a body.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), body: None }
    }

    /// A request with a JSON body.
    pub fn with_body(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body: Some(body) }
    }

    /// The path without its query: the part that may be logged and counted.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.route())
    }
}

/// What came back, as the shell received it.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The `Retry-After` header in seconds.
    pub retry_after: Option<i64>,
    /// The body as text.
    pub body: &'a str,
}

/// One operation of Kommo's API: how it is asked and how its answer is read.
pub trait Ask {
    /// What a successful reply means.
    type Answer;

    /// The request to send.
    fn request(&self) -> Request;

    /// Headers beside `Authorization` and `Content-Type`, as name and value. They may be secrets: never log them.
    fn headers(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Reads the reply, or says why there is no answer.
    fn read(&self, reply: &Reply<'_>) -> Result<Self::Answer, KommoError>;
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The number of the next page; none when this was the last.
    pub next: Option<u32>,
}

/// The `request_id` of writes that send a single item and need no name for it.
const SINGLE: &str = "0";

#[cfg(test)]
pub(crate) mod testing {
    //! Replies for the tests of the resources.
    use super::Reply;

    /// A JSON reply as the API sends it.
    pub(crate) fn reply(status: u16, body: &str) -> Reply<'_> {
        Reply { status, content_type: Some("application/hal+json"), retry_after: None, body }
    }

    /// The replies that must never be read as an answer, with the status each carries.
    pub(crate) const REFUSALS: &[(u16, &str)] = &[
        (401, r#"{"title":"Unauthorized","status":401,"detail":"expired"}"#),
        (402, r#"{"title":"Payment Required","status":402}"#),
        (403, "<html>blocked</html>"),
        (403, r#"{"title":"Forbidden","status":403,"detail":"no rights"}"#),
        (429, r#"{"title":"Too many requests","status":429,"retry_after":300}"#),
        (500, r#"{"title":"oops","status":500}"#),
        (503, "<html>down</html>"),
        (200, "<html>a page of someone else</html>"),
        (200, "{\"cut\": "),
        (200, "17"),
    ];

    /// Asserts that none of [`REFUSALS`] is taken for an answer.
    pub(crate) fn refuses_all<A: super::Ask>(ask: &A) {
        for (status, body) in REFUSALS {
            assert!(ask.read(&reply(*status, body)).is_err(), "{:?} took {status} {body}", ask.request());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_request_shows_neither_query_nor_body() {
        let request = Request::with_body(Method::Post, "/a?query=4930555", serde_json::json!({"secret": "x"}));
        assert_eq!(format!("{request:?}"), "POST /a");
    }

    #[test]
    fn only_get_may_be_repeated_freely() {
        assert!(!Method::Get.writes());
        assert!([Method::Post, Method::Patch, Method::Delete].into_iter().all(Method::writes));
    }
}
