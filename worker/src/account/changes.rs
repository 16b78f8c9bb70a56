//! Kommo's account webhooks: where the plan has them, Kommo tells us when somebody we know changes, and what was read
//! of them holds longer.
//!
//! The messages carry no signature, so they decide nothing: they only mark rows of the phone index stale, never for
//! entities we do not hold and never for the echo of what we wrote ourselves. A forged one costs one reading at most.

use super::Hub;
use super::client::Errand;
use super::identity::{Identity, names};
use super::reply::Refusal;
use super::slots::Purpose;
use super::store::StoreError;
use crate::adapters::budget::Budget;
use crate::adapters::{clock, random};
use crate::hook_key;
use crate::log;
use kommo_voip_domain::ids::{AccountId, Entity};
use kommo_voip_domain::kommo::changes::{Change, IsSubscribed, Subscribe, read_changes};
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone;
use kommo_voip_domain::plan::{Action, ActionResult};
use kommo_voip_domain::time::{Millis, Moment};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use subtle::ConstantTimeEq;
use worker::{Response, Url};

/// Kommo tells us of our own writes within this time, if at all.
const ECHO: Millis = Millis::seconds(20);

/// The account's subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Authorises the address Kommo posts to.
    pub key: String,
    /// Since when Kommo tells us; none where the plan has no webhooks, or before the first success.
    pub since: Option<Moment>,
}

/// What we wrote a moment ago. Lost with the object's memory: then an echo costs one reading.
#[derive(Default)]
pub struct OwnWrites(RefCell<HashMap<Entity, Moment>>);

impl OwnWrites {
    fn add(&self, entities: impl Iterator<Item = Entity>, now: Moment) {
        let mut known = self.0.borrow_mut();
        known.retain(|_, at| now - *at < ECHO);
        known.extend(entities.map(|entity| (entity, now)));
    }

    fn has(&self, entity: Entity, now: Moment) -> bool {
        self.0.borrow().get(&entity).is_some_and(|at| now - *at < ECHO)
    }
}

impl Hub {
    /// `POST /webhooks/kommo/{hook_key}`; the Worker has checked that the key is one of ours for `account`.
    pub(super) async fn on_changes(&self, account: AccountId, key: &str, body: &[u8]) -> Result<Response, Refusal> {
        let identity =
            self.identity()?.filter(|identity| identity.account == account).ok_or_else(Refusal::not_found)?;
        let stored = self.subscription()?;
        let subscription = stored.as_ref().as_ref().ok_or_else(Refusal::not_found)?;
        if !bool::from(subscription.key.as_bytes().ct_eq(key.as_bytes())) {
            return Err(Refusal::not_found());
        }
        if identity.connected && self.take_changes(&String::from_utf8_lossy(body))? {
            self.wake_for_calls().await;
        }
        Response::empty().map_err(super::reply::runtime)
    }

    /// Marks what has to be read again; `true` if anything has. Most messages are about entities we do not hold: they
    /// cost one look at an index.
    fn take_changes(&self, form: &str) -> Result<bool, StoreError> {
        // A form has the grammar of a query, and the query is what the platform's URL type reads for us.
        let Ok(url) = Url::parse(&format!("https://form/?{form}")) else { return Ok(false) };
        let pairs = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
        let changes = read_changes(pairs);
        let now = clock::now();
        let mut any = false;
        for change in &changes {
            if self.is_echo(change, now)? {
                continue;
            }
            if self.store.holds(change.entity)? {
                any |= self.store.entity_changed(change.entity, now)? > 0;
            }
            if !change.phones.is_empty() {
                let region = self.settings()?.settings.default_region.clone();
                for number in change.phones.iter().filter_map(|text| phone::key_of(text, &region)) {
                    self.store.number_appeared(&number)?;
                }
            }
        }
        Ok(any)
    }

    fn is_echo(&self, change: &Change, now: Moment) -> Result<bool, StoreError> {
        if change.by.is_none() || !self.own_writes.has(change.entity, now) {
            return Ok(false);
        }
        Ok(change.by == self.known_directory()?.ourselves)
    }

    /// Remembers what a write touched, so that its echo is known as such.
    pub(super) fn note_own_write(&self, action: &Action, result: &ActionResult) {
        let of_action = match action {
            Action::CreateLeadV1 { contact, company, .. } => {
                vec![contact.map(Entity::Contacts), company.map(Entity::Companies)]
            }
            Action::WriteNoteV1 { entity, .. }
            | Action::MoveNoteV1 { entity, .. }
            | Action::AmendNoteV1 { entity, .. }
            | Action::CreateTaskV1 { entity, .. }
            | Action::CreateFollowUpV1 { entity, .. } => vec![Some(*entity)],
            _ => vec![],
        };
        let of_result = match result {
            ActionResult::ContactAndLead { contact, lead } => {
                vec![contact.map(Entity::Contacts), lead.map(Entity::Leads)]
            }
            ActionResult::IncomingLead { lead, contact, .. } => {
                vec![Some(Entity::Leads(*lead)), contact.map(Entity::Contacts)]
            }
            ActionResult::Lead { lead } => vec![Some(Entity::Leads(*lead))],
            _ => vec![],
        };
        self.own_writes.add(of_action.into_iter().chain(of_result).flatten(), clock::now());
    }

    fn subscription(&self) -> Result<Rc<Option<Subscription>>, StoreError> {
        self.store.shared(names::SUBSCRIPTION)
    }

    /// Kommo has told us of changes ever since this person was read.
    pub(super) fn is_told_of_changes(&self, person: Option<&Person>) -> Result<bool, StoreError> {
        let subscription = self.subscription()?;
        let since = subscription.as_ref().as_ref().and_then(|subscription| subscription.since);
        Ok(since.zip(person).is_some_and(|(since, person)| person.read_at >= since))
    }

    /// Sees to it that Kommo tells us of changes, where the plan has that.
    pub(super) async fn keep_subscription(&self) {
        let Ok(identity) = self.connected() else { return };
        let outcome = match self.subscription_or_new(&identity) {
            Ok(subscription) => self.subscribe(subscription).await,
            Err(error) => {
                log::error("the subscription could not be read", &[("error", error.to_string().into())]);
                return;
            }
        };
        if let Err(error) = outcome {
            // Without it everything works as well; what was read is only believed for a shorter time.
            log::info("Kommo does not tell us of changes", &[("reason", error.to_string().into())]);
        }
    }

    fn subscription_or_new(&self, identity: &Identity) -> Result<Subscription, StoreError> {
        if let Some(known) = self.subscription()?.as_ref() {
            return Ok(known.clone());
        }
        let random = random::bytes::<16>().map_err(|error| StoreError(error.to_string()))?;
        let key = hook_key::mint(identity.account, random, &self.config.keys);
        let made = Subscription { key, since: None };
        self.store.set_value(names::SUBSCRIPTION, &made)?;
        Ok(made)
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<(), KommoError> {
        let errand = Errand { purpose: Purpose::Sweep, call: None, budget: Budget::of(6) };
        let destination = format!("{}/webhooks/kommo/{}", self.config.public_origin, subscription.key);
        if subscription.since.is_some() {
            match self.ask(&errand, &IsSubscribed { destination: destination.clone() }).await {
                Ok(true) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Retry => return Err(error),
                // Kommo gave up telling us, or the plan has webhooks no more.
                Ok(false) | Err(_) => {}
            }
        }
        let outcome = self.ask(&errand, &Subscribe { destination }).await;
        // What was read before may have changed unnoticed.
        let since = outcome.is_ok().then(clock::now);
        let stored = self.store.set_value(names::SUBSCRIPTION, &Subscription { since, ..subscription });
        outcome.and(stored.map_err(|_| KommoError::Deferred))
    }
}
