//! One outgoing request: a time limit that really aborts it, a cap on the answer, no redirects, and the local
//! override of where it goes. Dropping a `fetch` does not stop it, so the time-out goes through an AbortController.

use super::budget::Budget;
use super::clock;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use kommo_voip_domain::time::Millis;
use std::pin::pin;
use std::time::Duration;
use worker::{AbortController, AbortSignal, Delay, Fetch, Headers, Method, RequestInit, RequestRedirect, Url};

/// The most we read of an answer. Kommo's longest page (250 contacts) stays well below.
pub const MAX_REPLY_BYTES: usize = 4 * 1024 * 1024;

/// A request as data.
#[derive(Clone)]
pub struct OutgoingRequest {
    /// The method.
    pub method: Method,
    /// The absolute https address the request is meant for.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// When to give up and abort.
    pub time_out: Millis,
    /// Local development only: the origin that stands in; the intended host travels in `X-Intended-Host`.
    pub origin_override: Option<String>,
    /// What the invocation may still send.
    pub budget: Option<Budget>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct OutgoingReply {
    /// The status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Retry-After` in seconds, when it is a number.
    pub retry_after: Option<i64>,
    /// The body as text.
    pub body: String,
    /// From sending to the last byte.
    pub took: Millis,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No answer in time; the request was aborted and may have taken effect.
    #[error("no answer within {} ms", .0.0)]
    TimedOut(Millis),
    /// The connection broke; the request may have taken effect.
    #[error("the connection broke")]
    Dropped,
    /// The answer is larger than we read; the request did take effect.
    #[error("the answer is larger than {MAX_REPLY_BYTES} bytes")]
    TooLarge,
    /// Nothing was sent: the invocation has no request left.
    #[error("not sent: this invocation has no request left")]
    BudgetSpent,
    /// Nothing was sent: the address or a header is not usable.
    #[error("not sent: {0}")]
    Unsendable(&'static str),
}

/// Sends a request and reads the whole answer.
pub async fn send(request: OutgoingRequest) -> Result<OutgoingReply, TransportError> {
    let prepared = prepare(&request)?;
    if request.budget.as_ref().is_some_and(|budget| !budget.take()) {
        return Err(TransportError::BudgetSpent);
    }
    let controller = AbortController::default();
    let signal = controller.signal();
    let limit = Delay::from(Duration::from_millis(u64::try_from(request.time_out.0).unwrap_or(0)));
    let started = clock::now();
    match select(pin!(exchange(prepared, &signal)), pin!(limit)).await {
        Either::Left((answer, _)) => answer.map(|reply| OutgoingReply { took: clock::now() - started, ..reply }),
        Either::Right(_) => {
            controller.abort();
            Err(TransportError::TimedOut(request.time_out))
        }
    }
}

/// Where the request really goes, and the host it was meant for when that differs.
fn target(url: &str, origin_override: Option<&str>) -> Result<(Url, Option<String>), TransportError> {
    let mut url = Url::parse(url).map_err(|_| TransportError::Unsendable("the address cannot be read"))?;
    let Some(origin) = origin_override else {
        return Ok((url, None));
    };
    let origin = Url::parse(origin).map_err(|_| TransportError::Unsendable("the override cannot be read"))?;
    let intended = url.host_str().map(|host| url.port().map_or(host.to_owned(), |port| format!("{host}:{port}")));
    let moved = url.set_scheme(origin.scheme()).is_ok()
        && url.set_host(origin.host_str()).is_ok()
        && url.set_port(origin.port()).is_ok();
    if moved { Ok((url, intended)) } else { Err(TransportError::Unsendable("the override cannot be applied")) }
}

fn prepare(request: &OutgoingRequest) -> Result<worker::Request, TransportError> {
    let mut init = RequestInit::new();
    init.with_method(request.method.clone()).with_body(request.body.as_deref().map(Into::into));
    finish(init, &request.url, &request.headers, request.origin_override.as_deref())
}

/// A `GET` whose answer is passed on as it comes.
pub fn streaming(
    url: &str,
    headers: &[(String, String)],
    origin_override: Option<&str>,
) -> Result<worker::Request, TransportError> {
    finish(RequestInit::new(), url, headers, origin_override)
}

fn finish(
    mut init: RequestInit,
    url: &str,
    headers: &[(String, String)],
    origin_override: Option<&str>,
) -> Result<worker::Request, TransportError> {
    let (url, intended) = target(url, origin_override)?;
    let written = Headers::new();
    let intended = intended.map(|host| ("X-Intended-Host".to_owned(), host));
    for (name, value) in headers.iter().chain(intended.as_ref()) {
        written.set(name, value).map_err(|_| TransportError::Unsendable("a header cannot be written"))?;
    }
    init.with_headers(written).with_redirect(RequestRedirect::Manual);
    worker::Request::new_with_init(url.as_str(), &init)
        .map_err(|_| TransportError::Unsendable("the runtime refuses the request"))
}

async fn exchange(request: worker::Request, signal: &AbortSignal) -> Result<OutgoingReply, TransportError> {
    let mut response = Fetch::Request(request).send_with_signal(signal).await.map_err(|_| TransportError::Dropped)?;
    let header = |name| response.headers().get(name).ok().flatten();
    let content_type = header("content-type");
    let retry_after = header("retry-after").and_then(|value| value.trim().parse().ok());
    let status = response.status_code();
    let mut body = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend(chunk.map_err(|_| TransportError::Dropped)?);
            if body.len() > MAX_REPLY_BYTES {
                return Err(TransportError::TooLarge);
            }
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(OutgoingReply { status, content_type, retry_after, body, took: Millis(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_moves_the_request_and_names_the_intended_host() {
        let (url, intended) =
            target("https://acme.kommo.com/api/v4/contacts?query=%2B49", Some("http://127.0.0.1:8790")).unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:8790/api/v4/contacts?query=%2B49");
        assert_eq!(intended.as_deref(), Some("acme.kommo.com"));
    }

    #[test]
    fn without_an_override_the_address_stays() {
        let (url, intended) = target("https://acme.kommo.com/api/v4/account", None).unwrap();
        assert_eq!((url.as_str(), intended), ("https://acme.kommo.com/api/v4/account", None));
    }
}
