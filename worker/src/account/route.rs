//! Smart forwarding: where an incoming call rings, answered from the phone index while the caller waits.

use super::Hub;
use super::client::Errand;
use super::identity::Identity;
use super::reply::Refusal;
use super::slots::Purpose;
use super::store::{Lines, StoreError};
use super::voip::Connection;
use super::work::Slice;
use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::call::{Leg, Phase};
use kommo_voip_domain::ids::{ExtensionId, UserId};
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::routing::{self, Route};
use kommo_voip_domain::telephony::out::{self, RouteReply};
use kommo_voip_domain::telephony::{CallEvent, Direction, Provider, ReportedStatus, RouteQuestion};
use kommo_voip_domain::time::{Millis, Moment};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;
use worker::Delay;

/// How often it is looked whether Kommo has answered.
const LOOK_AGAIN: Duration = Duration::from_millis(15);
/// Talks that began longer ago are believed to be over.
pub const LONGEST_TALK: Millis = Millis::minutes(6 * 60);

impl Hub {
    /// Decides and says it in the provider's language.
    pub(super) async fn answer_route(
        self: &Rc<Self>,
        identity: &Identity,
        connection: &Connection,
        question: &RouteQuestion,
    ) -> Result<RouteReply, Refusal> {
        let stored = self.settings()?;
        let key = phone::key_of(&question.from, &stored.settings.default_region);
        if let Some(key) = &key {
            let budget = stored.settings.forwarding.clone().unwrap_or_default().budget_ms;
            // A call that rings is being looked up already.
            let is_call = question.call_id.is_some();
            self.wait_for_caller(key, Millis(i64::from(budget)), is_call).await?;
        }
        let route = self.route_for(connection, key.as_ref())?;
        self.note_route(identity, connection, question, &route).await?;
        Ok(out::route(&connection.credentials, question, &route, &connection.urls(&self.config)))
    }

    /// Gives Kommo a moment to say who a caller is whom we do not know. The look-up began with the ring, or begins here
    /// where the question brought no call.
    async fn wait_for_caller(
        self: &Rc<Self>,
        key: &PhoneKey,
        budget: Millis,
        is_looked_up: bool,
    ) -> Result<(), StoreError> {
        let deadline = clock::now() + budget;
        if budget.0 == 0 || self.store.person(key)?.0.is_some() || self.connected().is_err() {
            return Ok(());
        }
        if !is_looked_up {
            let (hub, key) = (self.clone(), key.clone());
            self.state.wait_until(async move { hub.look_up_caller(&key).await });
        }
        while self.store.person(key)?.0.is_none() && clock::now() < deadline {
            Delay::from(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Looks somebody up for whom no call is known yet, and remembers what was found.
    async fn look_up_caller(&self, key: &PhoneKey) {
        let errand = Errand { purpose: Purpose::Ring, call: None, budget: Slice::of_ring().budget() };
        let Ok(stored) = self.settings() else { return };
        let found = self.look_up(&errand, key, &stored.settings.default_region, None, clock::now()).await;
        // Whoever was found by a call meanwhile is at least as fresh.
        if let Ok(found) = found
            && self.store.person(key).is_ok_and(|(known, _)| known.is_none())
            && let Err(error) = self.store.tx(|| self.store.set_person(key, &found.person))
        {
            log::error("a caller could not be remembered", &[("error", error.to_string().into())]);
        }
    }

    fn route_for(&self, connection: &Connection, key: Option<&PhoneKey>) -> Result<Route, StoreError> {
        let now = clock::now();
        let (stored, directory, all_lines) = (self.settings()?, self.known_directory()?, self.store.lines()?);
        let lines = all_lines.of(connection.name());
        let (person, last_talked) = match key {
            Some(key) => (self.store.person(key)?.0, self.store.last_talked(key.as_str())?),
            None => (None, None),
        };
        Ok(routing::decide(&routing::Facts {
            settings: &stored.settings,
            person: person.as_ref(),
            last_talked,
            lines,
            users: &directory.users,
            busy: &self.busy_users(lines, now)?,
            utc_offset_minutes: directory.account.utc_offset_minutes,
            now,
        }))
    }

    /// Who talks on one of their lines now.
    pub(super) fn busy_users(&self, lines: &Lines, now: Moment) -> Result<BTreeSet<UserId>, StoreError> {
        let mut busy = BTreeSet::new();
        for row in self.store.calls_since(Moment(now.0 - LONGEST_TALK.0))? {
            if row.call.phase(now) == Phase::Talking {
                let talking = row.call.legs.iter().filter(|(_, leg)| Leg::talks(leg));
                busy.extend(talking.filter_map(|(line, _)| lines.get(line).copied()));
            }
        }
        Ok(busy)
    }

    /// The call's trace says where it was sent and why. Where we ourselves make it ring, the cards come up before the
    /// provider reports the first ring.
    async fn note_route(
        self: &Rc<Self>,
        identity: &Identity,
        connection: &Connection,
        question: &RouteQuestion,
        route: &Route,
    ) -> Result<(), StoreError> {
        let now = clock::now();
        let Some(call_id) = &question.call_id else { return Ok(()) };
        let row = self.store.call_by_provider_id(connection.name(), call_id)?;
        let started_at = row.as_ref().map_or(now, |row| row.call.started_at);
        if let Some(row) = row {
            self.store.trace(row.id, "rule", format!("Forwarding: {}.", route.because), now)?;
        }
        let is_ours =
            matches!(connection.provider(), Provider::Twilio | Provider::Plivo | Provider::Vonage | Provider::Telnyx);
        if !is_ours {
            return Ok(());
        }
        let ringing =
            CallEvent::new(call_id.clone(), &question.from, &question.to, ReportedStatus::Ringing, started_at);
        let rings = |line: &ExtensionId| CallEvent {
            direction: Some(Direction::Inbound),
            extension: Some(line.clone()),
            ..ringing.clone()
        };
        let events: Vec<CallEvent> = route.now(question.is_second).iter().map(rings).collect();
        let touched = self.take_events(identity, connection.name(), &events, now)?;
        self.go_on_after(touched).await;
        Ok(())
    }
}
