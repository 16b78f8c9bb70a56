//! Where the product runs, as its users, its provider and Kommo reach it.

use std::time::Duration;

use serde_json::Value;

/// An answer of the product.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body as text.
    pub text: String,
}

impl Reply {
    /// The body as JSON, or null.
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

/// An account of Kommo's with the product connected and the lines 101, 102, … given to its users. Whoever asks the
/// product here reckons with its being dead at that moment, as a provider and a browser do.
#[allow(async_fn_in_trait, reason = "whoever implements it runs it on the spot")]
pub trait Place {
    /// An open tab; dropping it loses the connection without a farewell.
    type Tab;

    /// How often a provider repeats what was not accepted.
    const AGAIN: Duration;
    /// How often it is looked whether all is done.
    const LOOK_AGAIN: Duration;

    /// Unix seconds.
    fn now(&self) -> i64;
    /// The account.
    fn account(&self) -> u64;
    /// Its users, the administrator first.
    fn users(&self) -> &[u64];
    /// A control call to the simulator.
    async fn control(&self, path: &str, body: Value) -> Value;
    /// What Kommo holds of the account.
    async fn state(&self) -> Value;
    /// A request of a user's widget.
    async fn api(&self, user: u64, method: &str, path: &str, body: Option<Value>) -> Option<Reply>;
    /// A signed delivery of the provider's.
    async fn deliver(&self, id: &str, body: &str) -> Option<Reply>;
    /// A tab of a user's, if the product is there to take it.
    async fn open_tab(&self, user: u64) -> Option<Self::Tab>;
    /// What an administrator does where only an administrator can help, such as connecting again.
    async fn mend(&self) {}
    /// The first thing a new tab of a user's is told.
    async fn greeting(&self, user: u64) -> Value;
}
