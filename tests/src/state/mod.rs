//! Everything the simulated CRM remembers: one lock, plain data, no behaviour of the API.

mod account;
mod clock;
mod config;
mod entity;
mod faults;
mod hooks;
mod oauth;
mod seed;
mod switches;
mod users;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, mpsc::UnboundedSender};

pub(crate) use account::*;
use clock::Clock;
pub use config::Config;
pub(crate) use entity::*;
pub(crate) use faults::*;
pub use hooks::Post;
pub(crate) use hooks::*;
pub(crate) use oauth::*;
pub(crate) use seed::{NewUser, demo, new_account};
pub(crate) use switches::*;
pub(crate) use users::*;

/// Identifiers as the CRM hands them out.
pub(crate) type Id = u64;

/// The whole simulator: how it was started, what it remembers, and its way out to hooks.
pub(crate) struct Sim {
    pub(crate) config: Config,
    world: Mutex<World>,
    /// Sends install hooks, webhooks and phone events. Follows no redirects.
    pub(crate) http: reqwest::Client,
    /// Takes account webhooks instead, where there is no network.
    pub(crate) posts: Option<UnboundedSender<Post>>,
    /// Wakes the task that delivers account webhooks.
    pub(crate) hooks_due: Notify,
}

impl Sim {
    pub(crate) fn new(config: Config) -> Self {
        let clock = config.begins.map_or(Clock::Machine, Clock::runtime);
        let sim = Self {
            world: Mutex::new(World::new(clock)),
            posts: None,
            http: reqwest::Client::builder()
                // The runtime closes an idle connection after five seconds: a request must not meet the closing.
                .pool_idle_timeout(std::time::Duration::from_secs(2))
                .redirect(reqwest::redirect::Policy::none())
                .user_agent("amoService-oAuth-Code-Sender/1.0")
                .no_proxy()
                .build()
                .unwrap_or_default(),
            hooks_due: Notify::new(),
            config,
        };
        sim.reset();
        sim
    }

    /// Everything remembered, for a stretch of code without `.await`.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything and seeds the demo account again. Counters go on, so that an
    /// identifier from before never means something else afterwards.
    pub(crate) fn reset(&self) {
        let mut world = self.lock();
        let (next_id, next_account) = (world.next_id, world.next_account);
        *world = World::new(world.clock);
        world.next_id = next_id.max(world.next_id);
        world.next_account = next_account.max(world.next_account);
        if !self.config.empty {
            demo(&mut world);
        }
    }
}

/// What the simulated CRM remembers.
pub(crate) struct World {
    clock: Clock,
    pub(crate) switches: Switches,
    pub(crate) accounts: BTreeMap<Id, Account>,
    /// Browser sessions by the value of the cookie [`SESSION_COOKIE`].
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) faults: Vec<Fault>,
    /// Requests that wait to be released.
    pub(crate) held: Vec<Held>,
    pub(crate) rate: HashMap<String, RateBucket>,
    pub(crate) deliveries: Vec<Delivery>,
    /// Customers of the simulated telephony providers.
    pub(crate) carriers: Vec<crate::voip::Carrier>,
    /// Requests that belong to no account: unknown hosts, bad codes.
    pub(crate) stray_requests: VecDeque<RequestLine>,
    /// Subdomains once used: they never lead to another account.
    pub(crate) former_subdomains: HashSet<String>,
    pub(crate) next_id: Id,
    pub(crate) next_account: Id,
    /// Signs access tokens. Kommo publishes no key, so nobody can check them.
    pub(crate) token_key: String,
}

/// The cookie that says who is signed in to the simulated CRM page.
pub(crate) const SESSION_COOKIE: &str = "kommo_sim_session";

/// A person signed in to the CRM page.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) account: Id,
    pub(crate) user: Id,
}

/// Requests of one client within the sliding window.
#[derive(Debug, Default)]
pub(crate) struct RateBucket {
    /// When requests were let through, seconds.
    pub(crate) accepted: VecDeque<f64>,
    /// When requests were refused with 429, seconds.
    pub(crate) refused: VecDeque<f64>,
    /// Everything is refused until this moment.
    pub(crate) blocked_until: f64,
}

impl World {
    fn new(clock: Clock) -> Self {
        // Ids grow from the start time, so that a client that outlives the simulator
        // does not meet its old ids with a new meaning.
        let start = clock.now() as Id;
        let offset = start.saturating_sub(1_700_000_000);
        Self {
            clock,
            switches: Switches::default(),
            accounts: BTreeMap::new(),
            sessions: HashMap::new(),
            faults: Vec::new(),
            held: Vec::new(),
            rate: HashMap::new(),
            deliveries: Vec::new(),
            carriers: Vec::new(),
            stray_requests: VecDeque::new(),
            former_subdomains: HashSet::new(),
            next_id: 1_000_000 + offset,
            next_account: 31_000_000 + offset,
            token_key: crate::crypto::random_hex(32),
        }
    }

    /// Unix seconds with fractions, moved by the switch `clockOffset`.
    pub(crate) fn now(&self) -> f64 {
        self.clock.now() + self.switches.clock_offset
    }

    /// Whole Unix seconds.
    pub(crate) fn now_seconds(&self) -> i64 {
        self.now() as i64
    }

    pub(crate) fn new_id(&mut self) -> Id {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn account_by_subdomain(&self, subdomain: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.subdomain == subdomain)
    }

    /// An account by its id or its subdomain, as control calls and the sign-in page name it.
    pub(crate) fn find_account(&self, name: &str) -> Option<Id> {
        if let Ok(id) = name.parse::<Id>()
            && self.accounts.contains_key(&id)
        {
            return Some(id);
        }
        self.account_by_subdomain(name).map(|account| account.id)
    }

    /// Signs a person in and returns the cookie's value.
    pub(crate) fn sign_in(&mut self, account: Id, user: Id) -> String {
        let value = crate::crypto::random_hex(16);
        self.sessions.insert(value.clone(), Session { account, user });
        value
    }
}
