//! What a provider sends: verified before it is parsed, durable before it is answered.

use super::Hub;
use super::identity::names;
use super::intake::{Taken, Touched};
use super::limits::Sender;
use super::reply::{self, Refusal};
use super::voip::Connection;
use crate::adapters::{clock, headers, random};
use crate::log;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::telephony::out::RouteReply;
use kommo_voip_domain::telephony::{self, Answer, Context, Delivery, Provider, Purpose, Received};
use kommo_voip_domain::time::{Millis, Moment};
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use worker::{Headers, Request, Response};

/// How often a refused webhook is written down.
const REFUSALS: Millis = Millis::seconds(10);

/// The last webhook that was not accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedHook {
    /// Whose address it came to.
    pub provider: String,
    /// Why, as a sentence part.
    pub reason: String,
    /// When.
    pub at: Moment,
    /// Finds it in the log.
    #[serde(default)]
    pub reference: Option<String>,
}

impl Hub {
    /// `/webhooks/voip/{provider}/{hook_key}` and `/route/{provider}/{hook_key}`; the Worker has checked that the key
    /// is one of ours for `account`.
    pub(super) async fn on_delivery(
        self: &Rc<Self>,
        purpose: Purpose,
        account: AccountId,
        provider: &str,
        hook_key: &str,
        mut request: Request,
    ) -> Result<Response, Refusal> {
        let body = request.bytes().await.map_err(reply::runtime)?;
        let identity = self.identity_or_restore(account).await?.ok_or_else(|| self.nobody_here())?;
        let connections = self.connections(account)?;
        let connection = connections.at(provider, hook_key).ok_or_else(Refusal::not_found)?;
        // From the signature to the durable event everything happens in one turn.
        let received = self.receive(purpose, connection, &request, &body)?;
        self.limits.take(Sender::Provider(connection.name().to_owned()))?;
        let mut is_new = true;
        match self.take_delivery(&identity, provider, &received, clock::now())? {
            Taken::Repeat => is_new = false,
            Taken::Conflict => {
                return Err(Refusal::new(
                    409,
                    "delivery_conflict",
                    "Another delivery has this id",
                    "This webhook-id came before with another body.",
                ));
            }
            Taken::Stored(touched) => self.go_on_after(touched).await,
        }
        // A repeat is answered like the first time, and nothing is told twice.
        for command in received.commands.into_iter().filter(|_| is_new) {
            self.command_later(connection, command);
        }
        let answer = match &received.question {
            Some(question) => match self.answer_route(&identity, connection, question).await? {
                RouteReply::Answer(answer) => answer,
                RouteReply::Command(command, answer) => {
                    if is_new {
                        self.command_later(connection, *command);
                    }
                    answer
                }
            },
            None => received.answer,
        };
        respond(&answer).map_err(reply::runtime)
    }

    fn receive(
        &self,
        purpose: Purpose,
        connection: &Connection,
        request: &Request,
        body: &[u8],
    ) -> Result<Received, Refusal> {
        let now = clock::now();
        let (method, url) = (request.method(), request.inner().url());
        let headers = headers::all(request).map_err(|error| Refusal::invalid(error.to_string()))?;
        let delivery = Delivery {
            purpose,
            method: method.as_ref(),
            url: &[&self.config.public_origin, path_and_query(&url)].concat(),
            headers: &headers,
            body,
        };
        let (credentials, urls) = (connection.accepted(now), connection.urls(&self.config));
        let zone = self.zone_of(&connection.credentials);
        let context = Context { credentials: &credentials, urls: &urls, now, zone: &zone };
        telephony::receive(&delivery, &context).map_err(|refusal| {
            if let Err(too_many) = self.limits.take(Sender::Stranger(connection.name().to_owned())) {
                return too_many;
            }
            let reference = random::reference();
            log::warn(
                "a webhook was refused",
                &[
                    ("reference", reference.as_str().into()),
                    ("provider", connection.name().into()),
                    ("reason", refusal.to_string().into()),
                ],
            );
            self.remember_refusal(connection.name(), &refusal, &reference, now);
            refused(connection.provider(), &refusal).known_as(reference)
        })
    }

    /// For the diagnostics; a sender that is refused over and over is written down once in a while.
    fn remember_refusal(&self, provider: &str, refusal: &telephony::Refusal, reference: &str, now: Moment) {
        if now - self.last_refusal.get() < REFUSALS {
            return;
        }
        self.last_refusal.set(now);
        let refused = RefusedHook {
            provider: provider.to_owned(),
            reason: refusal.to_string(),
            at: now,
            reference: Some(reference.to_owned()),
        };
        if let Err(error) = self.store.set_value(names::REFUSED_HOOK, &refused) {
            log::error("a refusal could not be stored", &[("error", error.to_string().into())]);
        }
    }

    /// Shows what changed, starts the look-up of whoever rings, and sees to the rest.
    pub(super) async fn go_on_after(self: &Rc<Self>, touched: Vec<Touched>) {
        if touched.is_empty() {
            return;
        }
        let looked_up = touched.iter().all(|touched| touched.rings);
        for Touched { row, is_new, rings } in touched {
            self.push_card_of(&row, is_new);
            if rings {
                self.look_up_ringing(row.lane);
            }
        }
        self.look_at_lists();
        self.wake_for_news(looked_up).await;
    }

    /// Tells the provider something beside the answer. What it refuses, the call's own events will show.
    pub(super) fn command_later(self: &Rc<Self>, connection: &Connection, command: telephony::out::ProviderRequest) {
        let (hub, credentials) = (self.clone(), connection.credentials.clone());
        self.state.wait_until(async move {
            if let Err(error) = hub.command(&credentials, &command).await {
                let fields =
                    [("provider", credentials.provider().as_str().into()), ("error", error.to_string().into())];
                log::error("a command to the provider failed", &fields);
            }
        });
    }
}

/// Path and query of an address as they were sent, the slash in front.
fn path_and_query(url: &str) -> &str {
    let (url, _) = url.split_once('#').unwrap_or((url, ""));
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme.find('/').and_then(|at| behind_scheme.get(at..)).unwrap_or("/")
}

fn refused(provider: Provider, refusal: &telephony::Refusal) -> Refusal {
    match refusal {
        telephony::Refusal::Unsigned(why) => {
            let scheme = if provider == Provider::Generic { " See the documentation of the webhook." } else { "" };
            Refusal::new(401, "unsigned", "The signature does not hold", format!("{why}.{scheme}"))
        }
        telephony::Refusal::Malformed(why) => {
            Refusal::new(400, "malformed", "The webhook cannot be read", format!("{why}."))
        }
        telephony::Refusal::NotHere => Refusal::not_found(),
    }
}

fn respond(answer: &Answer) -> worker::Result<Response> {
    let headers = Headers::new();
    headers.set("Content-Type", answer.content_type)?;
    headers.set("Cache-Control", "no-store")?;
    Ok(Response::ok(answer.body.clone())?.with_status(answer.status).with_headers(headers))
}

#[cfg(test)]
mod tests {
    use super::path_and_query;

    #[test]
    fn path_and_query_stay_as_they_were_sent() {
        for (url, kept) in [
            ("https://voip.example/webhooks/voip/twilio/k?a=%2F&b=/c", "/webhooks/voip/twilio/k?a=%2F&b=/c"),
            ("http://127.0.0.1:8787/route/generic/k#part", "/route/generic/k"),
            ("https://voip.example/k?", "/k?"),
            ("https://voip.example", "/"),
        ] {
            assert_eq!(path_and_query(url), kept);
        }
    }
}
