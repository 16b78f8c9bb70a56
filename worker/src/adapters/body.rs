//! Reading a request's body, capped while it streams in: nobody makes us hold more than the cap in memory.

use crate::respond::Refusal;
use futures_util::StreamExt;
use worker::{Method, Request};

/// The most a request's body may hold. The longest documented webhook is a few kilobytes; the isolate's memory is
/// shared by all accounts.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Reads the body, or refuses it as too large.
pub async fn read(request: &mut Request) -> Result<Vec<u8>, Refusal> {
    if matches!(request.method(), Method::Get | Method::Head | Method::Options) || request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    let declared = request.headers().get("Content-Length").ok().flatten().and_then(|length| length.parse().ok());
    if declared.is_some_and(|length: usize| length > MAX_BODY_BYTES) {
        return Err(Refusal::TooLarge);
    }
    let mut stream = request.stream().map_err(|_| Refusal::BadRequest("The body cannot be read."))?;
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Refusal::BadRequest("The body broke off."))?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Refusal::TooLarge);
        }
        body.extend(chunk);
    }
    Ok(body)
}
