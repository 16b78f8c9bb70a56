//! `GET diagnostics`, `POST outbox/{id}/retry` and `POST catch-up`: what an administrator looks at, and does, when
//! something is stuck.

use super::super::Hub;
use super::super::hook::RefusedHook;
use super::super::identity::names;
use super::super::reply::{self, Refusal};
use super::super::store::{ActionRow, StoreError};
use super::super::voip::Connections;
use super::Asked;
use crate::adapters::{clock, gate};
use crate::config::RateScope;
use crate::log;
use kommo_voip_domain::ids::CallId;
use kommo_voip_domain::pace::SLOTS;
use kommo_voip_domain::plan::advice;
use kommo_voip_domain::plan::outbox::State;
use kommo_voip_domain::protocol::{ActionView, CatchUpRequest, DiagnosticsResponse, RefusedView};
use kommo_voip_domain::telephony::Provider;
use kommo_voip_domain::telephony::credentials::https_host;
use kommo_voip_domain::telephony::out;
use kommo_voip_domain::time::Moment;
use serde_json::json;
use std::collections::BTreeSet;
use worker::Response;

/// Recent calls that are looked through for what an administrator should mend.
const LOOKED_AT: i64 = 200;
/// Failures that are shown.
const FAILURES: i64 = 50;

impl Hub {
    pub(in super::super) async fn get_diagnostics(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let now = clock::now();
        let stored = self.settings()?;
        let actions = self.store.open_actions()?;
        let connections = self.connections(asked.identity.account)?;
        let mut problems = self.telephony_problems(&connections)?;
        let directory = self.known_directory()?;
        problems.extend(self.gate_problem().await);
        problems.extend(self.access_problem()?);
        let advice = advice::advice(&stored.settings, &directory.account, &directory.users);
        problems.extend(advice.into_iter().map(|advice| advice.text));
        let answer = DiagnosticsResponse {
            connected: asked.identity.connected,
            host: asked.identity.host.clone(),
            trouble: asked.identity.trouble.clone(),
            token_expires_at: self.stored_pair().ok().map(|pair| pair.expires_at.seconds()),
            provider: connections.current.as_ref().map(|current| current.name().to_owned()),
            active: stored.active,
            last_event_at: self.store.last_delivery()?.map(Moment::seconds),
            refused: self.refused_hook()?,
            open_sockets: u32::try_from(self.socket_count()).unwrap_or(u32::MAX),
            requests_per_minute: self.store.sends_per_minute(now)?,
            requests_allowed: u32::try_from(SLOTS * 60).unwrap_or(u32::MAX),
            paused_until: self.breaker.paused_until(now).map(Moment::seconds),
            actions: actions.iter().map(|row| self.action_view(row)).collect::<Result<_, _>>()?,
            problems,
            failures: self.store.newest_failures(FAILURES)?,
            catch_up: self.catch_up()?.map(|catch_up| catch_up.view()),
        };
        reply::json(200, &answer).map_err(reply::runtime)
    }

    /// Where all accounts share their slots, what holds everybody up; an account that had nothing to send learns of it here.
    async fn gate_problem(&self) -> Option<String> {
        if self.config.rate_scope == RateScope::Account {
            return None;
        }
        match gate::paused(&self.env).await {
            Ok(pause) => {
                self.breaker.pause(clock::now() + pause?);
                Some("Kommo blocks this installation’s address, so requests of all its accounts are paused.".to_owned())
            }
            Err(error) => {
                log::error(gate::UNREACHABLE, &[("error", error.to_string().into())]);
                Some("The gate all accounts share cannot be reached, so nothing is sent to Kommo for now.".to_owned())
            }
        }
    }

    /// `POST catch-up`.
    pub(in super::super) async fn post_catch_up(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let wanted: CatchUpRequest = super::read(&asked.body)?;
        let begun = self.begin_catch_up(&asked.identity, Moment::from_seconds(wanted.from)).await?;
        reply::json(202, &begun).map_err(reply::runtime)
    }

    /// What an administrator should mend at the telephony side: lines nobody has, recordings we may not fetch.
    fn telephony_problems(&self, connections: &Connections) -> Result<Vec<String>, Refusal> {
        let (lines, recent) = (self.store.lines()?, self.store.newest_calls(LOOKED_AT)?);
        let current = connections.provider();
        let of_current: Vec<_> = recent.iter().filter(|row| row.call.provider == current).collect();
        let mut problems = Vec::new();
        let mut unmapped = BTreeSet::<&str>::new();
        let called = of_current.iter().flat_map(|row| row.call.legs.keys());
        unmapped.extend(called.filter(|line| !lines.of(current).contains_key(line)).map(|line| line.0.as_str()));
        if !unmapped.is_empty() {
            let names = unmapped.into_iter().take(10).collect::<Vec<_>>().join(", ");
            problems.push(format!("Calls came on lines that belong to nobody: {names}. Enter whose they are."));
        }
        if let Some(generic) = connections.of(current).filter(|known| known.provider() == Provider::Generic) {
            let hosts = out::recording_hosts(&generic.credentials);
            let mut foreign = BTreeSet::<&str>::new();
            let recordings = of_current.iter().filter_map(|row| row.call.recording.as_deref());
            foreign.extend(recordings.filter(|url| !out::may_fetch(url, &hosts)).filter_map(https_host));
            if !foreign.is_empty() {
                let names = foreign.into_iter().take(5).collect::<Vec<_>>().join(", ");
                problems.push(format!(
                    "Recordings lie on {names}, from where we may not fetch them; Kommo gets the bare links. Add the \
                     host to the recording hosts of the connection if they need to be streamed."
                ));
            }
        }
        problems.extend(self.provider_trouble()?);
        Ok(problems)
    }

    /// The last webhook that was refused. Once webhooks are accepted again, an old refusal is history.
    fn refused_hook(&self) -> Result<Option<RefusedView>, StoreError> {
        let Some(refused) = self.store.value::<RefusedHook>(names::REFUSED_HOOK)? else { return Ok(None) };
        let is_news = self.store.last_delivery()?.is_none_or(|accepted| accepted < refused.at);
        let RefusedHook { provider, reason, at, reference } = refused;
        Ok(is_news.then(|| RefusedView { provider, reason, at: at.seconds(), reference }))
    }

    fn action_view(&self, row: &ActionRow) -> Result<ActionView, Refusal> {
        let call = self.store.call(row.call)?;
        let state = match row.attempt.state {
            State::Parked => "parked",
            State::Sending => "sending",
            State::Ready | State::Done(_) => "waiting",
        };
        Ok(ActionView {
            id: row.id,
            what: match &call {
                Some(call) => {
                    format!("{} ({} → {})", row.action.words(), call.journal.from_number, call.journal.to_number)
                }
                None => row.action.words().to_owned(),
            },
            call: call.map_or_else(|| CallId(String::new()), |call| call.call.id),
            state: state.to_owned(),
            reason: row.reason.clone(),
            attempts: row.attempt.attempts,
            due_at: (row.attempt.state != State::Parked).then(|| row.attempt.due_at.seconds()),
        })
    }

    pub(in super::super) async fn retry_action(&self, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let id: i64 = id.parse().map_err(|_| Refusal::not_found())?;
        let row = self.store.action_by_id(id)?.ok_or_else(Refusal::not_found)?;
        if row.attempt.state != State::Parked {
            return Err(Refusal::new(
                409,
                "not_parked",
                "The action is not parked",
                "It is done or will be tried again by itself.",
            ));
        }
        let now = clock::now();
        self.store.tx(|| {
            self.store.unpark(id, now)?;
            self.store.wake_calls_of(&row, now)
        })?;
        self.wake_by(now).await;
        reply::json(202, &json!({ "accepted": true })).map_err(reply::runtime)
    }
}
