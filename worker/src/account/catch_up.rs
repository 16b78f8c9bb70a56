//! Calls whose webhooks were lost, fetched from the provider's own list: page by page, in the alarm.
//!
//! Every page may be read twice: its events are merged like the webhooks they stand for, and say nothing new the
//! second time. The place to go on is stored after the page, so a death in between repeats one page.

use super::Hub;
use super::identity::{Identity, names};
use super::reply::Refusal;
use super::store::StoreError;
use crate::adapters::budget::Budget;
use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::protocol::CatchUpView;
use kommo_voip_domain::telephony::Provider;
use kommo_voip_domain::telephony::out::{self, PastCalls, ProviderError};
use kommo_voip_domain::time::{Millis, Moment};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Providers list calls of the last month at least.
const FARTHEST: Millis = Millis::minutes(31 * 24 * 60);
/// Between two pages of a provider that allows three a minute (Zadarma: limits of statistics).
const SLOW_PAGES: Millis = Millis::seconds(21);
/// Between two pages of the others.
const PAGES: Millis = Millis::seconds(1);
/// While enough waits for Kommo already.
const WAIT: Millis = Millis::seconds(10);
/// After the provider asked us to slow down, or did not answer.
const PAUSE: Millis = Millis::minutes(1);
/// Failures in a row after which it is given up.
const MOST_FAILURES: u32 = 10;
/// Numbers whose calls still wait for Kommo; new pages wait until they are fewer.
const MOST_WAITING: usize = 60;

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatchUp {
    provider: String,
    from: Moment,
    until: Moment,
    cursor: Option<String>,
    next_at: Option<Moment>,
    found: u32,
    added: u32,
    failures: u32,
    problem: Option<String>,
}

impl CatchUp {
    /// As people see it.
    pub fn view(&self) -> CatchUpView {
        CatchUpView {
            from: self.from.seconds(),
            until: self.until.seconds(),
            running: self.next_at.is_some(),
            found: self.found,
            added: self.added,
            problem: self.problem.clone(),
        }
    }
}

impl Hub {
    /// The last one, running or not.
    pub(super) fn catch_up(&self) -> Result<Option<CatchUp>, StoreError> {
        self.store.value(names::CATCH_UP)
    }

    /// When the next page is due.
    pub(super) fn next_page(&self) -> Result<Option<Moment>, StoreError> {
        Ok(self.catch_up()?.and_then(|catch_up| catch_up.next_at))
    }

    /// Begins one; while one runs, it goes on instead.
    pub(super) async fn begin_catch_up(&self, identity: &Identity, from: Moment) -> Result<CatchUpView, Refusal> {
        let now = clock::now();
        if from > now || now - from > FARTHEST {
            return Err(Refusal::invalid("from: must be a moment of the last 31 days, in Unix seconds."));
        }
        // A call whose retention has ended was forgotten; from the list it would come back as a new one.
        let from = from.max(Moment(now.0 - self.retention()?.0));
        if let Some(running) = self.catch_up()?.filter(|known| known.next_at.is_some()) {
            return Ok(running.view());
        }
        let no_list = || {
            let detail = "This telephone system has no list of past calls that could be fetched.";
            Refusal::new(409, "no_list", "There is no list of past calls", detail)
        };
        let connections = self.connections(identity.account)?;
        let current = connections.current.as_ref().ok_or_else(no_list)?;
        let wanted = PastCalls { from, until: now, cursor: None, zone: Rc::new(self.zone_of(&current.credentials)) };
        out::past_calls(&current.credentials, wanted).ok_or_else(no_list)?;
        let begun = CatchUp {
            provider: current.name().to_owned(),
            from,
            until: now,
            cursor: None,
            next_at: Some(now),
            found: 0,
            added: 0,
            failures: 0,
            problem: None,
        };
        self.store.set_value(names::CATCH_UP, &begun)?;
        self.wake_by(now).await;
        Ok(begun.view())
    }

    /// Fetches the next page, if one is due.
    pub(super) async fn fetch_page(self: &Rc<Self>) {
        let Ok(Some(mut known)) = self.catch_up() else { return };
        if known.next_at.is_none_or(|due| due > clock::now()) {
            return;
        }
        if let Err(error) = self.try_page(&mut known).await {
            known.failures += 1;
            known.problem = Some(error.to_string());
            let gives_up = known.failures >= MOST_FAILURES || matches!(error, ProviderError::Unauthorised(_));
            known.next_at = (!gives_up).then(|| clock::now() + PAUSE);
        }
        if let Err(error) = self.store.set_value(names::CATCH_UP, &known) {
            log::error("the catch-up could not be stored", &[("error", error.to_string().into())]);
        }
    }

    async fn try_page(self: &Rc<Self>, known: &mut CatchUp) -> Result<(), ProviderError> {
        let unavailable = |_| ProviderError::Unavailable;
        let identity = self.identity().map_err(unavailable)?.ok_or(ProviderError::Unavailable)?;
        // Kommo's pace is the narrower one: what was fetched is written before more is.
        if self.store.waiting_lanes(MOST_WAITING).map_err(unavailable)? >= MOST_WAITING {
            known.next_at = Some(clock::now() + WAIT);
            return Ok(());
        }
        let connections = self.connections(identity.account).map_err(|_| ProviderError::Unavailable)?;
        let Some(connection) = connections.of(&known.provider) else {
            known.next_at = None;
            known.problem = Some("The provider was disconnected meanwhile.".to_owned());
            return Ok(());
        };
        let zone = Rc::new(self.zone_of(&connection.credentials));
        let wanted = PastCalls { from: known.from, until: known.until, cursor: known.cursor.clone(), zone };
        let errand = out::past_calls(&connection.credentials, wanted).ok_or(ProviderError::Unreadable)?;
        let page = self.run(&connection.credentials, errand, &Budget::of(6)).await?;
        let mut touched = Vec::new();
        for event in page.events {
            let stored = self.store.call_by_provider_id(&known.provider, &event.call_id).map_err(unavailable)?;
            let news = self.take_events(&identity, &known.provider, &[event], clock::now()).map_err(unavailable)?;
            known.added += u32::from(stored.is_none() && !news.is_empty());
            known.found += 1;
            touched.extend(news);
        }
        self.go_on_after(touched).await;
        let pause = if connection.provider() == Provider::Zadarma { SLOW_PAGES } else { PAGES };
        known.next_at = page.next.is_some().then(|| clock::now() + pause);
        known.cursor = page.next;
        (known.failures, known.problem) = (0, None);
        Ok(())
    }
}
