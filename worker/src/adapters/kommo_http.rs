//! The one way to ask Kommo: a typed ask of the domain becomes an HTTP request, its answer is read by the same ask.
//! Pacing, token refresh and retries belong to the Account object; here one ask is one request at most.

use super::budget::Budget;
use super::http::{self, OutgoingRequest, TransportError};
use crate::config::Config;
use kommo_voip_domain::kommo::{Ask, KommoError, Method, Reply};
use kommo_voip_domain::time::Millis;

/// How long Kommo may take. Kommo's own gateway gives up earlier; a write that took longer may still land.
pub const TIME_OUT: Millis = Millis::seconds(15);

/// One request to Kommo with what the journal keeps of it.
#[derive(Debug)]
pub struct Exchange<T> {
    /// The method.
    pub method: &'static str,
    /// The path without its query: safe to keep and to log.
    pub path: String,
    /// The status, when there was an answer.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Millis,
    /// The answer, or why there is none.
    pub outcome: Result<T, KommoError>,
}

/// Asks Kommo at `host`, the account's own.
pub async fn ask<A: Ask>(
    config: &Config,
    host: &str,
    access_token: Option<&str>,
    ask: &A,
) -> Result<A::Answer, KommoError> {
    exchange(config, host, access_token, ask, TIME_OUT, None).await.outcome
}

/// Asks Kommo and tells status and duration as well; `budget` is the invocation's.
pub async fn exchange<A: Ask>(
    config: &Config,
    host: &str,
    access_token: Option<&str>,
    ask: &A,
    time_out: Millis,
    budget: Option<&Budget>,
) -> Exchange<A::Answer> {
    let request = ask.request();
    let path = request.route().to_owned();
    let name = request.method.as_str();
    let method = match request.method {
        Method::Get => worker::Method::Get,
        Method::Post => worker::Method::Post,
        Method::Patch => worker::Method::Patch,
        Method::Delete => worker::Method::Delete,
    };
    let mut headers = ask.headers();
    headers.push(("Accept".to_owned(), "application/hal+json, application/json".to_owned()));
    headers.push(("User-Agent".to_owned(), concat!("kommo-voip/", env!("CARGO_PKG_VERSION")).to_owned()));
    if request.body.is_some() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    if let Some(token) = access_token {
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let sent = http::send(OutgoingRequest {
        method,
        url: format!("https://{host}{}", request.path),
        headers,
        body: request.body.as_ref().map(ToString::to_string),
        time_out,
        origin_override: config.kommo_origin_override.clone(),
        budget: budget.cloned(),
    })
    .await;
    match sent {
        Ok(reply) => {
            let read = Reply {
                status: reply.status,
                content_type: reply.content_type.as_deref(),
                retry_after: reply.retry_after,
                body: &reply.body,
            };
            Exchange { method: name, path, status: Some(reply.status), took: reply.took, outcome: ask.read(&read) }
        }
        Err(error) => {
            let took = if let TransportError::TimedOut(after) = error { after } else { Millis(0) };
            Exchange { method: name, path, status: None, took, outcome: Err(classify(&error)) }
        }
    }
}

fn classify(error: &TransportError) -> KommoError {
    match error {
        TransportError::TimedOut(_) => KommoError::TimedOut,
        TransportError::Dropped => KommoError::Dropped,
        TransportError::TooLarge => KommoError::Unreadable { detail: error.to_string() },
        TransportError::BudgetSpent | TransportError::Unsendable(_) => KommoError::Deferred,
    }
}
