//! `GET diagnostics` and `POST outbox/{id}/retry`: what an administrator looks at when something is stuck.

use super::super::Hub;
use super::super::reply::{self, Refusal};
use super::super::store::ActionRow;
use super::Asked;
use crate::adapters::clock;
use kommo_voip_domain::ids::CallId;
use kommo_voip_domain::plan::advice;
use kommo_voip_domain::plan::outbox::State;
use kommo_voip_domain::protocol::{ActionView, DiagnosticsResponse};
use kommo_voip_domain::time::Moment;
use serde_json::json;
use worker::Response;

impl Hub {
    pub(in super::super) async fn get_diagnostics(&self, asked: &Asked) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let now = clock::now();
        let stored = self.settings()?;
        let actions = self.store.open_actions()?;
        let mut problems = Vec::new();
        problems.extend(asked.identity.trouble.clone());
        if self.connection(&asked.identity)?.is_none() {
            problems.push("No telephony provider is connected. Choose one in the widget's settings.".to_owned());
        } else if !stored.active {
            problems.push(
                "The product is switched off: calls are kept in the journal and not written to Kommo.".to_owned(),
            );
        }
        if let Some(until) = self.breaker.paused_until(now) {
            problems.push(format!("Kommo asked for a pause; requests go on in {} s.", (until - now).0 / 1000 + 1));
        }
        let parked = actions.iter().filter(|row| row.attempt.state == State::Parked).count();
        if parked > 0 {
            let what = if parked == 1 { "1 action was".to_owned() } else { format!("{parked} actions were") };
            problems.push(format!("{what} refused by Kommo. Read the reason, mend it, and try again."));
        }
        let directory = self.known_directory()?;
        let advice = advice::advice(&stored.settings, &directory.account, &directory.users);
        problems.extend(advice.into_iter().map(|advice| advice.text));
        let answer = DiagnosticsResponse {
            connected: asked.identity.connected,
            host: asked.identity.host.clone(),
            token_expires_at: self.stored_pair().ok().map(|pair| pair.expires_at.seconds()),
            last_event_at: self.store.last_delivery()?.map(Moment::seconds),
            open_sockets: u32::try_from(self.socket_count()).unwrap_or(u32::MAX),
            requests_per_minute: self.store.sends_per_minute(now)?,
            actions: actions.iter().map(|row| self.action_view(row)).collect::<Result<_, _>>()?,
            problems,
            catch_up: None,
        };
        reply::json(200, &answer).map_err(reply::runtime)
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
