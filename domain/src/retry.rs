//! How long to wait before something that failed is tried again.

use crate::time::Millis;

/// The first pause.
const FIRST: Millis = Millis::seconds(1);

/// The longest pause we choose ourselves. Kommo may ask for a longer one.
const LONGEST: Millis = Millis::minutes(5);

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
}
