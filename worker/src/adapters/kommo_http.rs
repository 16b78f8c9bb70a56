//! The one way to ask Kommo: a typed ask of the domain becomes an HTTP request, its answer is read by the same ask.
//! Pacing, token refresh and retries belong to the Account object; here one ask is one request at most.

use super::budget::Budget;
use super::http::{self, OutgoingReply, OutgoingRequest, TransportError};
use crate::config::Config;
use kommo_voip_domain::kommo::{Ask, KommoError, Method, Reply, Request};
use kommo_voip_domain::time::Millis;

/// How long Kommo may take. Kommo's own gateway gives up earlier; a write that took longer may still land.
pub const TIME_OUT: Millis = Millis::seconds(15);

/// What is to be sent. An ask becomes one at once, so that sending, pacing and renewing tokens are compiled once and
/// not once per ask.
pub struct Question {
    request: Request,
    headers: Vec<(String, String)>,
}

impl Question {
    /// The question an ask puts.
    pub fn of(ask: &impl Ask) -> Self {
        Self { request: ask.request(), headers: ask.headers() }
    }
}

/// One request to Kommo with what the journal keeps of it.
#[derive(Debug)]
pub struct Exchange {
    /// The method.
    pub method: &'static str,
    /// The path without its query: safe to keep and to log.
    pub path: String,
    /// The reply, or why there is none.
    pub reply: Result<OutgoingReply, KommoError>,
}

impl Exchange {
    /// Nothing was sent.
    pub fn not_sent(question: &Question) -> Self {
        Self {
            method: question.request.method.as_str(),
            path: question.request.route().to_owned(),
            reply: Err(KommoError::Deferred),
        }
    }

    /// The status, when there was a reply.
    pub fn status(&self) -> Option<u16> {
        self.reply.as_ref().ok().map(|reply| reply.status)
    }

    /// What the reply means to the ask that caused it.
    pub fn read<A: Ask>(&self, ask: &A) -> Result<A::Answer, KommoError> {
        let reply = self.reply.as_ref().map_err(Clone::clone)?;
        ask.read(&Reply {
            status: reply.status,
            content_type: reply.content_type.as_deref(),
            retry_after: reply.retry_after,
            body: &reply.body,
        })
    }
}

/// Sends a question; `budget` is the invocation's.
pub async fn exchange(
    config: &Config,
    host: &str,
    access_token: Option<&str>,
    question: &Question,
    time_out: Millis,
    budget: Option<&Budget>,
) -> Exchange {
    let request = &question.request;
    let method = match request.method {
        Method::Get => worker::Method::Get,
        Method::Post => worker::Method::Post,
        Method::Patch => worker::Method::Patch,
        Method::Delete => worker::Method::Delete,
    };
    let mut headers = question.headers.clone();
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
    let reply = sent.map_err(|error| classify(&error));
    Exchange { method: request.method.as_str(), path: request.route().to_owned(), reply }
}

fn classify(error: &TransportError) -> KommoError {
    match error {
        TransportError::TimedOut(_) => KommoError::TimedOut,
        TransportError::Dropped => KommoError::Dropped,
        TransportError::TooLarge => KommoError::Unreadable { detail: error.to_string() },
        TransportError::BudgetSpent | TransportError::Unsendable(_) => KommoError::Deferred,
    }
}
