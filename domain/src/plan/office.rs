//! Working hours in the account's time zone.

use crate::settings::WorkingHours;
use crate::time::{Millis, Moment};

const DAY: i64 = 24 * 60;

/// Minutes since midnight and day of the week (1 Monday to 7 Sunday) in the account's time zone.
fn local(at: Moment, offset_minutes: i64) -> (i64, u8) {
    let minutes = at.seconds().div_euclid(60) + offset_minutes;
    // 1 January 1970 was a Thursday, the fourth day.
    let weekday = (minutes.div_euclid(DAY) + 3).rem_euclid(7) + 1;
    (minutes.rem_euclid(DAY), u8::try_from(weekday).unwrap_or(1))
}

/// Somebody is there at this moment.
pub fn is_open(hours: &WorkingHours, at: Moment, offset_minutes: i64) -> bool {
    let (minute, weekday) = local(at, offset_minutes);
    hours.days.contains(&weekday) && (i64::from(hours.from.0)..i64::from(hours.to.0)).contains(&minute)
}

/// When somebody is there: now, or the next opening. The account's offset is taken to stay as it is until then.
pub fn next_open(hours: &WorkingHours, at: Moment, offset_minutes: i64) -> Moment {
    if is_open(hours, at, offset_minutes) {
        return at;
    }
    let (minute, _) = local(at, offset_minutes);
    let midnight = Moment::from_seconds((at.seconds().div_euclid(60) - minute) * 60);
    let opening = |day: i64| midnight + Millis::minutes(day * DAY + i64::from(hours.from.0));
    (0..=7).map(opening).find(|opening| *opening >= at && is_open(hours, *opening, offset_minutes)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::TimeOfDay;

    /// Friday 13 February 2026, 00:00 UTC.
    const FRIDAY: i64 = 1_770_940_800;

    fn at(day: i64, hour: i64, minute: i64) -> Moment {
        Moment::from_seconds(FRIDAY + (day * DAY + hour * 60 + minute) * 60)
    }

    #[test]
    fn hours_are_told_in_the_accounts_time_zone() {
        let hours = WorkingHours::default();
        for (at, offset, open) in [
            (at(0, 9, 0), 0, true),
            (at(0, 8, 59), 0, false),
            (at(0, 8, 59), 60, true),
            (at(0, 17, 59), 0, true),
            (at(0, 18, 0), 0, false),
            (at(0, 17, 30), 60, false),
            (at(1, 12, 0), 0, false),
            (at(2, 23, 30), 10 * 60, true),
            (at(0, 2, 0), -10 * 60, true),
        ] {
            assert_eq!(is_open(&hours, at, offset), open, "{at:?} {offset}");
        }
    }

    #[test]
    fn the_next_opening_may_be_the_same_day_or_after_the_weekend() {
        let hours = WorkingHours::default();
        assert_eq!(next_open(&hours, at(0, 7, 0), 0), at(0, 9, 0));
        assert_eq!(next_open(&hours, at(0, 10, 0), 0), at(0, 10, 0));
        assert_eq!(next_open(&hours, at(0, 19, 0), 0), at(3, 9, 0));
        assert_eq!(next_open(&hours, at(0, 19, 0), 60), at(3, 8, 0));
        let sunday = WorkingHours { days: vec![7], from: TimeOfDay(0), to: TimeOfDay(1440), ..hours };
        assert_eq!(next_open(&sunday, at(3, 0, 0), 0), at(9, 0, 0));
        assert_eq!(next_open(&sunday, at(2, 23, 59), 0), at(2, 23, 59));
    }
}
