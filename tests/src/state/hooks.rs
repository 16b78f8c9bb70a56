//! Account webhooks on their way out.

use tokio::sync::oneshot;

use super::Id;

/// One delivery of an account webhook, waiting for its moment.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) account: Id,
    pub(crate) webhook: Id,
    pub(crate) url: String,
    /// Form-encoded.
    pub(crate) body: String,
    /// Tries made so far.
    pub(crate) attempts: u32,
    /// Unix seconds of the simulator's clock.
    pub(crate) due: f64,
}

/// An account webhook handed over instead of being sent through the network.
#[derive(Debug)]
pub struct Post {
    /// Where it would have been sent.
    pub url: String,
    /// Form-encoded.
    pub body: String,
    /// Takes the status it is answered with.
    pub answer: oneshot::Sender<u16>,
}
