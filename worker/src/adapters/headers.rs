//! The headers of a request, all at once.

use super::platform;
use crate::respond::Refusal;
use worker::Request;

/// Names in lower case, and values. They leave JavaScript as one text: one by one, each name and each value would
/// cross over by itself, and every webhook has a dozen.
pub fn all(request: &Request) -> Result<Vec<(String, String)>, Refusal> {
    let json = platform::json_of(request.headers());
    json.and_then(|json| serde_json::from_str(&json).ok())
        .ok_or(Refusal::BadRequest("The headers of the request cannot be read."))
}
