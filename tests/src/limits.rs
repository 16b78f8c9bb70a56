//! What may keep a request from being served: too many of them, or a fault that was asked for.

use crate::{
    problem::Problem,
    state::{FaultKind, Id, RateBucket, World},
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

/// A fault that strikes now.
pub(crate) struct Strike {
    pub(crate) kind: FaultKind,
    pub(crate) status: Option<u16>,
    /// For a delay, milliseconds.
    pub(crate) ms: u64,
}

/// Uses up one of the faults that fit this request.
pub(crate) fn strike(
    world: &mut World,
    method: &str,
    path: &str,
    account: Option<Id>,
    browser: bool,
) -> Option<Strike> {
    let fault = world.faults.iter_mut().find(|fault| {
        fault.times > 0
            && path.starts_with(&fault.path)
            && fault.ends.as_deref().is_none_or(|end| path.ends_with(end))
            && fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && (fault.account.is_none() || fault.account == account)
            && (fault.browser || !browser)
    })?;
    fault.times -= 1;
    let strike = Strike { kind: fault.kind, status: fault.status, ms: fault.ms.unwrap_or(1000) };
    world.faults.retain(|fault| fault.times > 0);
    Some(strike)
}
