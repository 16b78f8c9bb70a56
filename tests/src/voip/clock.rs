//! Moments in the forms providers write them.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Year, month and day of a number of days since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let index = (5 * day_of_year + 2) / 153;
    let month = if index < 10 { index + 3 } else { index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * index + 2) / 5 + 1)
}

/// Days since 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// `YYYY-MM-DD HH:MM:SS`.
pub(crate) fn plain(at: f64) -> String {
    let seconds = at as i64;
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// ISO 8601 in UTC with milliseconds.
pub(crate) fn iso(at: f64) -> String {
    let milliseconds = ((at - at.floor()) * 1000.0) as i64;
    format!("{}.{milliseconds:03}Z", plain(at).replace(' ', "T"))
}

/// RFC 2822 in UTC.
pub(crate) fn rfc2822(at: f64) -> String {
    let seconds = at as i64;
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let weekday = DAYS[seconds.div_euclid(86_400).rem_euclid(7) as usize];
    let month = MONTHS[(month - 1) as usize];
    format!("{weekday}, {day:02} {month} {year} {:02}:{:02}:{:02} +0000", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The moment a date names; none if it is no date. Reads `YYYY-MM-DD` and `YYYY-MM-DD HH:MM[:SS]`, with a `T` between
/// and a zone `Z` behind as well, and RFC 2822's order is not read.
pub(crate) fn read(text: &str) -> Option<f64> {
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut parts = day.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let time = time.trim_end_matches('Z').trim_end_matches("+00:00");
    let mut parts = time.split('.').next()?.split(':').map(str::parse::<i64>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let second = parts.next().map_or(Some(0), Result::ok)?;
    let is_real = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    is_real.then(|| (days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) as f64)
}

/// Seconds a zone is ahead of UTC at a moment. `UTC+3`, or Central European time with its summer.
pub(crate) fn ahead(zone: &str, at: f64) -> f64 {
    if let Some(offset) = zone.strip_prefix("UTC") {
        let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
        let hours: f64 = hours.parse().unwrap_or(0.0);
        let minutes: f64 = minutes.parse().unwrap_or(0.0);
        return hours * 3600.0 + minutes * 60.0 * if hours < 0.0 { -1.0 } else { 1.0 };
    }
    let year = date((at as i64).div_euclid(86_400)).0;
    let last_sunday = |month: i64| {
        let last = days(year, month, 31);
        ((last - (last + 4).rem_euclid(7)) * 86_400 + 3600) as f64
    };
    if (last_sunday(3)..last_sunday(10)).contains(&at) { 7200.0 } else { 3600.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_forms_of_one_moment() {
        let at = 1_788_256_842.25;
        assert_eq!(plain(at), "2026-09-01 10:00:42");
        assert_eq!(iso(at), "2026-09-01T10:00:42.250Z");
        assert_eq!(rfc2822(at), "Tue, 01 Sep 2026 10:00:42 +0000");
        assert_eq!(read("2026-09-01 10:00:42"), Some(1_788_256_842.0));
        assert_eq!(read("2026-09-01T10:00:42.250Z"), Some(1_788_256_842.0));
        assert_eq!(read("yesterday"), None);
    }

    #[test]
    fn berlin_has_a_summer() {
        let at = |text| read(text).unwrap();
        assert!((ahead("Europe/Berlin", at("2026-07-01 10:00:00")) - 7200.0).abs() < 1.0);
        assert!((ahead("Europe/Berlin", at("2026-12-01 10:00:00")) - 3600.0).abs() < 1.0);
        assert!((ahead("Europe/Berlin", at("2026-03-29 00:59:59")) - 3600.0).abs() < 1.0);
        assert!((ahead("Europe/Berlin", at("2026-03-29 01:00:00")) - 7200.0).abs() < 1.0);
        assert!((ahead("UTC-5:30", 0.0) + 19_800.0).abs() < 1.0);
    }
}
