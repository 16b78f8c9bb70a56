//! From an outcome and a count to: stop, or again after a while.

use crate::kommo::{ErrorKind, KommoError};
use crate::time::Millis;

/// The first pause.
const FIRST: Millis = Millis::seconds(1);

/// The longest pause we choose ourselves. Kommo may ask for a longer one.
const LONGEST: Millis = Millis::minutes(5);

/// The least we stay away once the edge blocks us: asking during a block prolongs it.
const BLOCKED: Millis = Millis::seconds(30);

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The same again after this pause.
    Again {
        /// The pause.
        after: Millis,
    },
    /// Not again by itself: it is refused for good, or a person has to act first.
    Stop,
}

/// The pause before the attempt that follows `attempt` failures after the first (0, 1, 2, …): doubling from 1 s to
/// 5 min, of which the second half is left to `jitter` (0 to 1, drawn by the caller) so that many do not return at
/// once. A longer wait that was asked for is honoured.
pub fn backoff(attempt: u32, jitter: f64, retry_after: Option<Millis>) -> Millis {
    let full = FIRST.0.saturating_mul(1 << attempt.min(20)).min(LONGEST.0);
    let half = full / 2;
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
    // At most 150,000, so the conversion is exact.
    let chosen = half + ((full - half) as f64 * jitter) as i64;
    Millis(chosen.max(retry_after.unwrap_or_default().0))
}

/// What to do after Kommo failed us for the `attempt`-th time, counted from 0.
pub fn verdict(error: &KommoError, attempt: u32, jitter: f64) -> Verdict {
    match error.kind() {
        ErrorKind::Retry => {
            let least = if matches!(error, KommoError::Blocked { .. }) { Some(BLOCKED) } else { error.retry_after() };
            Verdict::Again { after: backoff(attempt, jitter, least) }
        }
        ErrorKind::Refuse | ErrorKind::Fatal => Verdict::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        for (attempt, least, most) in [
            (0, 500, 1000),
            (1, 1000, 2000),
            (2, 2000, 4000),
            (8, 128_000, 256_000),
            (9, 150_000, 300_000),
            (u32::MAX, 150_000, 300_000),
        ] {
            assert_eq!(backoff(attempt, 0.0, None), Millis(least), "{attempt}");
            assert_eq!(backoff(attempt, 1.0, None), Millis(most), "{attempt}");
        }
    }

    #[test]
    fn odd_jitter_stays_within_the_pause() {
        for jitter in [-1.0, 7.0, f64::NAN, f64::INFINITY, 0.3] {
            assert!((500..=1000).contains(&backoff(0, jitter, None).0), "{jitter}");
        }
    }

    #[test]
    fn a_longer_wait_that_was_asked_for_is_honoured() {
        assert_eq!(backoff(0, 1.0, Some(Millis::minutes(10))), Millis::minutes(10));
        assert_eq!(backoff(0, 1.0, Some(Millis(1))), Millis(1000));
    }

    #[test]
    fn only_what_may_succeed_is_tried_again() {
        for (error, expected) in [
            (KommoError::TimedOut, Verdict::Again { after: Millis(1000) }),
            (KommoError::Blocked { status: 403 }, Verdict::Again { after: Millis(30_000) }),
            (KommoError::RateLimited { retry_after: Some(Millis(7000)) }, Verdict::Again { after: Millis(7000) }),
            (KommoError::NotFound, Verdict::Stop),
            (KommoError::Unauthorised, Verdict::Stop),
            (KommoError::PaymentRequired, Verdict::Stop),
        ] {
            assert_eq!(verdict(&error, 0, 1.0), expected, "{error}");
        }
    }
}
