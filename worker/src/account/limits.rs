//! What one sender may ask of the account, so that a runaway one leaves room for the others. Held in memory: an object
//! that just woke has not been asked much.

use super::reply::Refusal;
use crate::adapters::clock;
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::limits::{Bucket, Rate};
use std::cell::RefCell;
use std::collections::HashMap;

/// Webhooks that are not the provider's: counted by themselves, so that a stranger who learned an address cannot use up
/// what is the provider's.
const STRANGER: Rate = Rate { per_second: 5, burst: 100 };
/// The widgets of one person, in all their tabs.
const USER: Rate = Rate { per_second: 50, burst: 300 };
/// The widgets of everybody.
const EVERYBODY: Rate = Rate { per_second: 250, burst: 1500 };
/// The provider's burst, in seconds of its rate.
const BURST: u32 = 10;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The telephony provider at its webhook address, by its name.
    Provider(String),
    /// Whoever sends to that address what is not the provider's.
    Stranger(String),
    /// The widgets of one person.
    User(UserId),
    /// The widgets of everybody.
    Everybody,
}

/// What each sender has asked lately; there are only as many as the account has providers and users.
pub struct Limits {
    provider: Rate,
    buckets: RefCell<HashMap<Sender, Bucket>>,
}

impl Limits {
    /// Nobody has asked anything yet. `webhooks_per_second`: the provider's rate.
    pub fn new(webhooks_per_second: u32) -> Self {
        let provider = Rate { per_second: webhooks_per_second, burst: webhooks_per_second.saturating_mul(BURST) };
        Self { provider, buckets: RefCell::default() }
    }

    /// Counts a request of this sender, or refuses it.
    pub fn take(&self, sender: Sender) -> Result<(), Refusal> {
        let rate = match &sender {
            Sender::Provider(_) => self.provider,
            Sender::Stranger(_) => STRANGER,
            Sender::User(_) => USER,
            Sender::Everybody => EVERYBODY,
        };
        self.buckets.borrow_mut().entry(sender).or_default().take(rate, clock::now()).map_err(Refusal::too_many)
    }
}
