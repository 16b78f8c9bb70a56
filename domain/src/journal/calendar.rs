//! Days and times of day in a zone whose offset is told for each moment.

use crate::time::Moment;

const DAY: i64 = 86_400;

/// A day of the calendar, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// The day of a moment where clocks are so many minutes ahead of UTC.
    pub fn of(at: Moment, offset_minutes: i64) -> Self {
        Self((at.seconds() + offset_minutes * 60).div_euclid(DAY))
    }
}

/// As in `2026-11-27`.
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Counted in eras of 400 years that begin in March, so that the leap day is the last of its year.
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A moment as ISO 8601 writes it, with the offset of its zone.
pub fn iso8601(at: Moment, offset_minutes: i64) -> String {
    let second = (at.seconds() + offset_minutes * 60).rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (sign, offset) = if offset_minutes < 0 { ('-', -offset_minutes) } else { ('+', offset_minutes) };
    let day = Day::of(at, offset_minutes);
    format!("{day}T{hour:02}:{minute:02}:{second:02}{sign}{:02}:{:02}", offset / 60, offset % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_their_zone() {
        for (seconds, offset, written) in [
            (0, 0, "1970-01-01T00:00:00+00:00"),
            (1_772_323_199, 0, "2026-02-28T23:59:59+00:00"),
            (1_772_323_199, 60, "2026-03-01T00:59:59+01:00"),
            (1_709_164_800, -210, "2024-02-28T20:30:00-03:30"),
            (1_709_164_800, 330, "2024-02-29T05:30:00+05:30"),
            (1_709_251_199, 0, "2024-02-29T23:59:59+00:00"),
            (951_868_800, 0, "2000-03-01T00:00:00+00:00"),
            (-1, 0, "1969-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(iso8601(Moment::from_seconds(seconds), offset), written, "{seconds} {offset}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut before = String::new();
        for day in -10_000..140_000 {
            let written = Day(day).to_string();
            assert!(written > before && written.len() == 10, "{before} {written}");
            before = written;
        }
    }
}
