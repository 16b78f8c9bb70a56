//! What may keep a request from being served: too many of them.

use crate::{
    problem::Problem,
    state::{RateBucket, World},
};

/// Whether one more request is let through now.
pub(crate) fn rate(world: &mut World, key: &str) -> Result<(), Problem> {
    let now = world.now();
    let switches = &world.switches;
    let (limit, block_after, block_seconds) = (switches.rate_limit, switches.block_after, switches.block_seconds);
    let retry_after = switches.retry_after;
    if limit == 0 {
        return Ok(());
    }
    let bucket: &mut RateBucket = world.rate.entry(key.to_owned()).or_default();
    if now < bucket.blocked_until {
        return Err(Problem::Blocked);
    }
    bucket.accepted.retain(|at| now - at < 1.0);
    bucket.refused.retain(|at| now - at < 10.0);
    if (bucket.accepted.len() as u64) < limit {
        bucket.accepted.push_back(now);
        return Ok(());
    }
    bucket.refused.push_back(now);
    if block_after > 0 && bucket.refused.len() as u64 > block_after {
        bucket.blocked_until = now + block_seconds;
        bucket.refused.clear();
        return Err(Problem::Blocked);
    }
    Err(Problem::TooMany { retry_after })
}
