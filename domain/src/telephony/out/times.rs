//! Moments as providers want them written.

use crate::time::Moment;

const DAY: i64 = 86_400;

/// Writes `2026-09-01T10:00:42Z`.
pub(in crate::telephony) fn iso8601(moment: Moment) -> String {
    let of_day = moment.seconds().rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", date(moment))
}

/// Writes the day in UTC, `2026-09-01`.
pub(super) fn date(moment: Moment) -> String {
    // Days are counted from 1 March of a year divisible by 400, so that leap days end a year.
    let days = moment.seconds().div_euclid(DAY) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telephony::clock;

    #[test]
    fn every_day_is_written_as_it_is_read() {
        for day in 0..40_000 {
            let moment = Moment::from_seconds(day * DAY + 3723);
            assert_eq!(clock::iso8601(&iso8601(moment)), Some(moment), "{}", iso8601(moment));
        }
        assert_eq!(iso8601(Moment::from_seconds(1_788_256_842)), "2026-09-01T10:00:42Z");
        assert_eq!(date(Moment::from_seconds(1_709_164_800)), "2024-02-29");
    }
}
