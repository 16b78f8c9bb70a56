//! The one way to Kommo for this account: paced, journalled, with a fresh token, at the account's own host.

use super::Hub;
use super::identity::Identity;
use super::slots::Purpose;
use super::store::StoreError;
use crate::adapters::budget::Budget;
use crate::adapters::kommo_http::{self, Exchange, Question};
use crate::adapters::{clock, random};
use crate::log;
use kommo_voip_domain::kommo::{Ask, BLOCK_PAUSE, KommoError};
use kommo_voip_domain::retry;
use kommo_voip_domain::time::{Millis, Moment};
use std::cell::Cell;

/// How long a ring-time look-up may take: after this the card stays with the number.
const RING_TIME_OUT: Millis = Millis::seconds(6);
/// After this many failures in a row nothing is sent for a while.
const FAILURES_BEFORE_PAUSE: u32 = 3;
/// The longest pause after failures; short enough that an outage's end is noticed within a minute.
const LONGEST_PAUSE: Millis = Millis::seconds(30);

/// What a request is for, and what it may cost.
#[derive(Clone)]
pub struct Errand {
    /// Who goes first.
    pub purpose: Purpose,
    /// The call it is for.
    pub call: Option<i64>,
    /// What this invocation may still send.
    pub budget: Budget,
}

/// Stops everything for a while when Kommo asks for it or is plainly down.
#[derive(Default)]
pub struct Breaker {
    until: Cell<Moment>,
    failures: Cell<u32>,
}

impl Breaker {
    /// Until when nothing is sent.
    pub fn paused_until(&self, now: Moment) -> Option<Moment> {
        Some(self.until.get()).filter(|until| *until > now)
    }

    /// Nothing is sent until then.
    pub fn pause(&self, until: Moment) {
        self.until.set(self.until.get().max(until));
    }

    /// Learns from an answer.
    fn note(&self, failure: Option<&KommoError>, now: Moment, jitter: f64) {
        match failure {
            Some(KommoError::Deferred) => {}
            Some(KommoError::RateLimited { retry_after }) => {
                self.pause(now + retry_after.unwrap_or(Millis::seconds(1)))
            }
            Some(KommoError::Blocked { .. }) => self.pause(now + BLOCK_PAUSE),
            Some(KommoError::ServerError { .. } | KommoError::TimedOut | KommoError::Dropped) => {
                let failures = self.failures.get().saturating_add(1);
                self.failures.set(failures);
                if let Some(beyond) = failures.checked_sub(FAILURES_BEFORE_PAUSE) {
                    let pause = retry::backoff(beyond, jitter, None);
                    self.pause(now + pause.min(LONGEST_PAUSE));
                }
            }
            None | Some(_) => self.failures.set(0),
        }
    }
}

impl Hub {
    /// Asks Kommo as the account: with the stored token, at its host, in its turn. A refused token is renewed and the
    /// request repeated once; a host that does not know us any more is looked up and followed once.
    pub(super) async fn ask<A: Ask>(&self, errand: &Errand, ask: &A) -> Result<A::Answer, KommoError> {
        let exchange = self.put(errand, &Question::of(ask)).await?;
        self.learn(errand, &exchange, exchange.read(ask))
    }

    /// Sends one request in its turn and journals it; no token handling.
    pub(super) async fn send<A: Ask>(
        &self,
        errand: &Errand,
        host: &str,
        access: Option<&str>,
        ask: &A,
    ) -> Result<A::Answer, KommoError> {
        let exchange = self.send_question(errand, host, access, &Question::of(ask)).await;
        self.learn(errand, &exchange, exchange.read(ask))
    }

    async fn put(&self, errand: &Errand, question: &Question) -> Result<Exchange, KommoError> {
        let mut identity = self.connected()?;
        let mut renewed = false;
        let mut looked_up = false;
        loop {
            let access = self.access_token(errand, &identity).await?;
            let exchange = self.send_question(errand, &identity.host, Some(&access), question).await;
            match exchange.status() {
                Some(401) if !renewed => {
                    renewed = true;
                    self.renew_tokens(errand, Some(&access), true).await?;
                }
                Some(300..=399 | 404) if !looked_up => {
                    looked_up = true;
                    if !self.follow_host(errand, &identity).await {
                        return Ok(exchange);
                    }
                }
                _ => return Ok(exchange),
            }
            identity = self.connected()?;
        }
    }

    async fn send_question(&self, errand: &Errand, host: &str, access: Option<&str>, question: &Question) -> Exchange {
        if self.breaker.paused_until(clock::now()).is_some() || errand.budget.left() == 0 {
            return Exchange::not_sent(question);
        }
        let slot = self.slots.take(errand.purpose).await.filter(|_| self.breaker.paused_until(clock::now()).is_none());
        let Some(slot) = slot else {
            self.report_slots();
            return Exchange::not_sent(question);
        };
        let time_out = if errand.purpose == Purpose::Ring { RING_TIME_OUT } else { kommo_http::TIME_OUT };
        let entry = match self.store.begin_send(errand.purpose.as_str(), errand.call, clock::now()) {
            Ok(entry) => entry,
            Err(error) => {
                let why = [("error", error.to_string().into())];
                log::error("a request could not be journalled, so it is not sent", &why);
                return Exchange::not_sent(question);
            }
        };
        let exchange = kommo_http::exchange(&self.config, host, access, question, time_out, Some(&errand.budget)).await;
        drop(slot);
        self.report_slots();
        if let Err(error) = self.store.end_send(entry, clock::now()) {
            log::error("a request's end could not be journalled", &[("error", error.to_string().into())]);
        }
        exchange
    }

    /// Where accounts share their slots, the gate has to know what became of them.
    fn report_slots(&self) {
        if let Some(report) = self.slots.report() {
            self.state.wait_until(report);
        }
    }

    /// The breaker and the log learn how an exchange ended.
    fn learn<T>(&self, errand: &Errand, exchange: &Exchange, outcome: Result<T, KommoError>) -> Result<T, KommoError> {
        let now = clock::now();
        let paused = self.breaker.paused_until(now);
        self.breaker.note(outcome.as_ref().err(), now, random::unit());
        if let Some(pause) = outcome.as_ref().err().and_then(KommoError::pause_of_all) {
            self.slots.stop(now + pause);
            self.report_slots();
        }
        // What only waits for its turn is no news, and while Kommo is down there would be a line for every call.
        if let Some(error) = outcome.as_ref().err().filter(|error| **error != KommoError::Deferred) {
            log::warn(
                "Kommo did not do what was asked",
                &[
                    ("request", format!("{} {}", exchange.method, exchange.path).into()),
                    ("purpose", errand.purpose.as_str().into()),
                    ("status", exchange.status().into()),
                    ("duration_ms", exchange.reply.as_ref().ok().map(|reply| reply.took.0).into()),
                    ("reason", error.to_string().into()),
                ],
            );
        }
        if let Some(until) = self.breaker.paused_until(now).filter(|_| paused.is_none()) {
            let counts = self.store.sends_per_minute(now).unwrap_or_default();
            let sent: u32 = counts.iter().map(|purpose| purpose.count).sum();
            log::warn(
                "requests to Kommo are paused",
                &[("pause_ms", (until - now).0.into()), ("kommo_requests_last_minute", sent.into())],
            );
        }
        outcome
    }

    /// Who we are, if Kommo accepts us; otherwise nothing is sent.
    pub(super) fn connected(&self) -> Result<Identity, KommoError> {
        let identity = self.identity().map_err(|error| {
            log::error("the identity could not be read", &[("error", error.to_string().into())]);
            KommoError::Deferred
        })?;
        identity.filter(|identity| identity.connected).ok_or(KommoError::Unauthorised)
    }

    /// Kommo no longer accepts us: everything is kept and waits for a new grant.
    pub(super) fn disconnected(&self, why: &str) -> Result<(), StoreError> {
        let Some(mut identity) = self.identity()? else { return Ok(()) };
        identity.connected = false;
        identity.trouble = Some(why.to_owned());
        self.store.set_value(super::identity::names::IDENTITY, &identity)?;
        log::warn("the account is disconnected from Kommo", &[("reason", why.into())]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_pause_and_a_success_forgets_them() {
        let breaker = Breaker::default();
        let now = Moment(1_000_000);
        breaker.note(Some(&KommoError::Dropped), now, 1.0);
        breaker.note(Some(&KommoError::TimedOut), now, 1.0);
        assert_eq!(breaker.paused_until(now), None);
        breaker.note(None, now, 1.0);
        breaker.note(Some(&KommoError::Dropped), now, 1.0);
        breaker.note(Some(&KommoError::Dropped), now, 1.0);
        assert_eq!(breaker.paused_until(now), None);
        breaker.note(Some(&KommoError::ServerError { status: 503 }), now, 1.0);
        assert!(breaker.paused_until(now).is_some());
        assert_eq!(breaker.paused_until(now + LONGEST_PAUSE), None);
    }

    #[test]
    fn kommo_says_how_long_to_wait() {
        let breaker = Breaker::default();
        let now = Moment(1_000_000);
        breaker.note(Some(&KommoError::RateLimited { retry_after: Some(Millis::seconds(7)) }), now, 0.0);
        assert_eq!(breaker.paused_until(now), Some(now + Millis::seconds(7)));
        breaker.note(Some(&KommoError::Blocked { status: 403 }), now, 0.0);
        assert_eq!(breaker.paused_until(now), Some(now + BLOCK_PAUSE));
    }
}
