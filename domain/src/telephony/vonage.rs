//! vonage webhooks.

use super::{Context, Delivery, Received, Refusal};

/// Checks and reads a delivery.
pub(super) fn receive(_delivery: &Delivery<'_>, _context: &Context<'_>) -> Result<Received, Refusal> {
    Err(Refusal::NotHere)
}
