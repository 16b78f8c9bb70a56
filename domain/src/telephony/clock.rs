//! Times as providers write them, where they tell the offset. Those that do not are read in the account's zone.

use crate::time::Moment;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Tue, 01 Sep 2026 10:00:42 +0000`; the day's name may be missing, the zone may be `GMT`.
pub(in crate::telephony) fn rfc2822(text: &str) -> Option<Moment> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_ascii_whitespace();
    let day = number(words.next()?, 1, 31)?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|known| known.eq_ignore_ascii_case(month))? as i64 + 1;
    let year = number(words.next()?, 1970, 9999)?;
    let (time, _) = time_of_day(words.next()?)?;
    let offset = offset(words.next()?)?;
    Some(Moment::from_seconds(days(year, month, day) * 86_400 + time - offset))
}

/// `2026-09-01T10:00:42.123Z`; a blank may stand for the `T`, the offset may be `+02:00` or `+0200`.
/// Without an offset it is nothing: such a time means different moments to different people.
pub(in crate::telephony) fn iso8601(text: &str) -> Option<Moment> {
    let (date, rest) = text.trim().split_once(['T', ' '])?;
    let mut parts = date.splitn(3, '-');
    let year = number(parts.next()?, 1970, 9999)?;
    let month = number(parts.next()?, 1, 12)?;
    let day = number(parts.next()?, 1, 31)?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (time, millis) = time_of_day(rest.get(..zone)?)?;
    let offset = offset(rest.get(zone..)?)?;
    Some(Moment((days(year, month, day) * 86_400 + time - offset) * 1000 + millis))
}

/// `10:00:42.123` as seconds and milliseconds.
fn time_of_day(text: &str) -> Option<(i64, i64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.splitn(3, ':');
    let hour = number(parts.next()?, 0, 23)?;
    let minute = number(parts.next()?, 0, 59)?;
    let second = number(parts.next()?, 0, 60)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some((hour * 3600 + minute * 60 + second, millis.parse().ok()?))
}

fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z" | "GMT" | "UTC" | "UT") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = digits.chars().filter(|letter| *letter != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes, 0, 59)? };
    Some(sign * (number(hours, 0, 23)? * 3600 + minutes * 60))
}

fn number(text: &str, least: i64, most: i64) -> Option<i64> {
    let is_digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_digits && (least..=most).contains(number))
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_spelling_are_one_moment() {
        let expected = Some(Moment::from_seconds(1_788_256_842));
        for text in ["Tue, 01 Sep 2026 10:00:42 +0000", "1 Sep 2026 12:00:42 +0200", "Tue, 1 sep 2026 10:00:42 GMT"] {
            assert_eq!(rfc2822(text), expected, "{text}");
        }
        for text in [
            "2026-09-01T10:00:42Z",
            "2026-09-01 10:00:42+00:00",
            "2026-09-01T12:00:42+0200",
            "2026-09-01T05:30:42.000-04:30",
        ] {
            assert_eq!(iso8601(text), expected, "{text}");
        }
        assert_eq!(iso8601("2026-09-01T10:00:42.1234567Z"), Some(Moment(1_788_256_842_123)));
        assert_eq!(iso8601("1970-01-01T00:00:00Z"), Some(Moment(0)));
        assert_eq!(iso8601("2024-02-29T00:00:00Z"), Some(Moment::from_seconds(1_709_164_800)));
        assert_eq!(iso8601("2000-03-01T00:00:00Z"), Some(Moment::from_seconds(951_868_800)));
    }

    #[test]
    fn what_is_no_time_is_nothing() {
        for text in [
            "",
            "now",
            "2026-09-01",
            "2026-09-01T10:00:42",
            "2026-13-01T10:00:42Z",
            "2026-09-01T25:00:42Z",
            "2026-09-01T10:00:42.xZ",
            "2026-09-01T10:00:42+",
            "2026-09-01T10:00:42+é",
            "+026-09-01T10:00:42Z",
        ] {
            assert_eq!(iso8601(text), None, "{text}");
        }
        for text in ["", ",", "Tue, 01 Sep 2026 10:00:42", "Tue, 01 Foo 2026 10:00:42 GMT", "32 Sep 2026 1:1:1 GMT"] {
            assert_eq!(rfc2822(text), None, "{text}");
        }
    }
}
