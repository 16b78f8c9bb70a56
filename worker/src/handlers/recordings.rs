//! `GET /recordings/{token}.mp3`: streams a recording from the provider, with its authentication, to Kommo's player.
//!
//! The token names account and call and carries a MAC; the object says where the recording is now. Only hosts of that
//! provider are asked, also after a redirect. Nothing of it is kept here.

use super::Failure;
use crate::adapters::account_object;
use crate::adapters::http;
use crate::adapters::random;
use crate::address_keys;
use crate::config::Config;
use crate::internal::{RecordingRequest, RecordingSource};
use crate::log;
use crate::respond::Refusal;
use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt, stream};
use kommo_voip_domain::telephony::out::may_fetch;
use std::pin::{Pin, pin};
use std::time::Duration;
use worker::{AbortController, Delay, Env, Headers, Method, Request, Response, ResponseBuilder, Url};

/// A talk of many hours in good quality; whatever is larger is no recording of a call.
const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// The provider may take this long until the first byte, and between any two.
const PATIENCE: Duration = Duration::from_secs(20);
/// Redirects that are followed.
const MOST_REDIRECTS: usize = 3;
/// What a player needs to know of the provider's answer.
const PASSED_ON: [&str; 3] = ["content-length", "content-range", "content-type"];

/// Finds the recording and streams it.
pub async fn answer(request: &Request, env: &Env, config: &Config, token: &str) -> Result<Response, Failure> {
    let (account, call) = address_keys::recording_of(token, env, config).await?;
    let wanted = serde_json::to_string(&RecordingRequest { account, call: random::hex(&call) })?;
    let mut found = account_object::post_internal(env, account, "recording", wanted).await?;
    if found.status_code() != 200 {
        return Ok(found);
    }
    let source: RecordingSource = found.json().await?;
    let upstream = fetch(&source, request, config).await?;
    Ok(pass_on(upstream, request.method() == Method::Head)?)
}

/// Asks the provider, following redirects within its own hosts.
async fn fetch(source: &RecordingSource, request: &Request, config: &Config) -> Result<Response, Failure> {
    let mut url = source.url.clone();
    let mut authorisation = source.authorisation.clone();
    for _ in 0..=MOST_REDIRECTS {
        if !may_fetch(&url, &source.hosts) {
            log::warn("a recording lies on a host that is not the provider's", &[("host", host_of(&url).into())]);
            return Err(Refusal::NoRecording("The recording lies where it may not be fetched from.").into());
        }
        let response = ask(&url, authorisation.as_deref(), request, config).await?;
        match (response.status_code(), response.headers().get("location")?) {
            (301 | 302 | 303 | 307 | 308, Some(location)) => {
                let next = Url::parse(&url).and_then(|base| base.join(&location));
                let next = next.map_err(|_| Refusal::NoRecording("The provider sent us nowhere."))?.to_string();
                if host_of(&next) != host_of(&url) {
                    authorisation = None;
                }
                url = next;
            }
            (200 | 206 | 416, _) => return Ok(response),
            (404 | 410, _) => return Err(Refusal::NotFound.into()),
            (status, _) => {
                log::warn("a recording could not be fetched", &[("status", i64::from(status).into())]);
                return Err(
                    Refusal::NoRecording("The provider does not give the recording out. Try again later.").into()
                );
            }
        }
    }
    Err(Refusal::NoRecording("The provider sent us from one place to the next.").into())
}

fn host_of(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

async fn ask(url: &str, authorisation: Option<&str>, request: &Request, config: &Config) -> Result<Response, Failure> {
    let mut headers = vec![("Accept".to_owned(), "audio/*,*/*;q=0.1".to_owned())];
    headers.extend(authorisation.map(|value| ("Authorization".to_owned(), value.to_owned())));
    // A list of ranges is answered in parts that no player here asks for.
    let range = request.headers().get("range")?.filter(|range| range.starts_with("bytes=") && !range.contains(','));
    headers.extend(range.map(|range| ("Range".to_owned(), range)));
    let prepared = http::streaming(url, &headers, config.provider_origin_override.as_deref())
        .map_err(|_| Refusal::NoRecording("The provider's address cannot be used."))?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let asked = worker::Fetch::Request(prepared);
    match select(pin!(asked.send_with_signal(&signal)), pin!(Delay::from(PATIENCE))).await {
        Either::Left((response, _)) => Ok(response?),
        Either::Right(_) => {
            controller.abort();
            Err(Refusal::NoRecording("The provider does not answer. Try again later.").into())
        }
    }
}

fn pass_on(mut upstream: Response, head_only: bool) -> worker::Result<Response> {
    let headers = Headers::new();
    for name in PASSED_ON {
        if let Some(value) = upstream.headers().get(name)? {
            headers.set(name, &value)?;
        }
    }
    // Whatever the provider says it is, a browser plays it or nothing.
    if !headers.get("content-type")?.is_some_and(|kind| kind.starts_with("audio/")) {
        headers.set("content-type", "audio/mpeg")?;
    }
    let length = headers.get("content-length")?.and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > MOST_BYTES) {
        return Refusal::NoRecording("The recording is too large.").response();
    }
    for (name, value) in [
        ("accept-ranges", "bytes"),
        ("cache-control", "private, max-age=3600"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        headers.set(name, value)?;
    }
    let builder = ResponseBuilder::new().with_status(upstream.status_code()).with_headers(headers);
    if head_only {
        return Ok(builder.empty());
    }
    builder.from_stream(bounded(upstream.stream()?))
}

/// Ends a stream that is too long or stands still.
fn bounded(
    upstream: impl Stream<Item = worker::Result<Vec<u8>>> + 'static,
) -> impl Stream<Item = worker::Result<Vec<u8>>> {
    type Upstream = Pin<Box<dyn Stream<Item = worker::Result<Vec<u8>>>>>;
    let start: Option<(Upstream, u64)> = Some((Box::pin(upstream), 0));
    stream::unfold(start, |state| async move {
        let (mut upstream, sent) = state?;
        let stopped = |why: &str| Some((Err(worker::Error::RustError(why.to_owned())), None));
        match select(upstream.next(), pin!(Delay::from(PATIENCE))).await {
            Either::Right(_) => stopped("the provider stopped in the middle"),
            Either::Left((None, _)) => None,
            Either::Left((Some(Err(error)), _)) => Some((Err(error), None)),
            Either::Left((Some(Ok(chunk)), _)) => {
                let sent = sent.saturating_add(chunk.len() as u64);
                if sent > MOST_BYTES {
                    stopped("the recording is too large")
                } else {
                    Some((Ok(chunk), Some((upstream, sent))))
                }
            }
        }
    })
}
