//! Reading a request's body, capped while it streams in: nobody makes us hold more than the cap in memory.

use crate::respond::Refusal;
use futures_util::StreamExt;
use worker::{Method, Request};

/// The most a request's body may hold. The longest documented webhook is a few kilobytes; the isolate's memory is
/// shared by all accounts.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// How much of a body that is too large is still read, and thrown away: a sender that is cut off in the middle sees a
/// broken connection instead of our answer, and tries again.
const MAX_DISCARDED_BYTES: usize = 2 * 1024 * 1024;

/// The body declares a length we read, and HTTP ends it there: whoever reads it next need not count.
pub fn is_short(request: &Request) -> worker::Result<bool> {
    let declared = request.headers().get("Content-Length")?;
    Ok(declared.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length <= MAX_BODY_BYTES))
}

/// Reads the body, or refuses it as too large.
pub async fn read(request: &mut Request) -> Result<Vec<u8>, Refusal> {
    if matches!(request.method(), Method::Get | Method::Head | Method::Options) || request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    let mut stream = request.stream().map_err(|_| Refusal::BadRequest("The body cannot be read."))?;
    let mut body = Vec::new();
    let mut seen = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Refusal::BadRequest("The body broke off."))?;
        seen = seen.saturating_add(chunk.len());
        if seen > MAX_DISCARDED_BYTES {
            break;
        }
        if seen <= MAX_BODY_BYTES {
            body.extend(chunk);
        }
    }
    if seen > MAX_BODY_BYTES { Err(Refusal::TooLarge) } else { Ok(body) }
}
