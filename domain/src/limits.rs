//! How much one sender may ask of an account: so many requests a second, and a store of them for a burst.
//!
//! Kommo's own limit is another matter: see [`crate::pace`].

use crate::time::{Millis, Moment};

/// A request, in the unit a bucket counts in, so that a part of one comes back with every millisecond.
const ONE: i64 = 1000;

/// How much a sender may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_second: u32,
    /// At once, after a silence.
    pub burst: u32,
}

/// What one sender has asked lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Thousandths of a request that have not come back yet.
    spent: i64,
    at: Moment,
}

impl Bucket {
    /// Takes one request.
    ///
    /// # Errors
    ///
    /// The sender has asked too much; the pause after which one more is taken.
    pub fn take(&mut self, rate: Rate, now: Moment) -> Result<(), Millis> {
        let (per_second, room) = (i64::from(rate.per_second.max(1)), i64::from(rate.burst) * ONE);
        let back = (now - self.at).0.max(0).saturating_mul(per_second);
        self.spent = self.spent.saturating_sub(back).max(0);
        self.at = self.at.max(now);
        let over = self.spent + ONE - room;
        if over > 0 {
            // Rounded up: after this pause it is taken.
            return Err(Millis((over + per_second - 1) / per_second));
        }
        self.spent += ONE;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 2, burst: 3 };

    fn taken(bucket: &mut Bucket, times: usize, now: i64) -> usize {
        (0..times).filter(|_| bucket.take(RATE, Moment(now)).is_ok()).count()
    }

    #[test]
    fn a_burst_is_taken_and_then_so_many_a_second() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, 10, 1_000_000), 3);
        assert_eq!(taken(&mut bucket, 10, 1_001_000), 2);
        assert_eq!(taken(&mut bucket, 10, 1_900_000), 3, "a silence stores no more than a burst");
    }

    #[test]
    fn after_the_pause_that_is_named_one_more_is_taken_and_not_before() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, 3, 1_000_000), 3);
        let pause = bucket.take(RATE, Moment(1_000_100)).unwrap_err();
        assert_eq!(pause, Millis(400));
        assert!(bucket.take(RATE, Moment(1_000_499)).is_err());
        assert!(bucket.take(RATE, Moment(1_000_100) + pause).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, 3, 1_000_000), 3);
        assert_eq!(taken(&mut bucket, 3, 0), 0);
        assert_eq!(taken(&mut bucket, 3, 1_000_000), 0);
    }
}
