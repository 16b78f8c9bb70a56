//! Times of day in a named zone. The zone data is the runtime's own (`Intl`), so none of it is in the Worker.

use kommo_voip_domain::telephony::LocalTime;
use kommo_voip_domain::time::{Millis, Moment};
use wasm_bindgen::{JsCast, JsValue};

const DAY: Millis = Millis::minutes(24 * 60);

/// A zone as a provider or an administrator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// So far ahead of UTC, always.
    Fixed(Millis),
    /// A name of the zone database, such as `Europe/Berlin`.
    Named(String),
}

impl Zone {
    /// The zone of a name; `UTC+3` and `+05:30` are read as well. Without a usable name it is `otherwise`.
    pub fn of(name: Option<&str>, otherwise: Millis) -> Self {
        match name.map(str::trim).filter(|name| !name.is_empty()) {
            None => Self::Fixed(otherwise),
            Some(name) => match fixed(name) {
                Some(offset) => Self::Fixed(offset),
                None if is_known(name) => Self::Named(name.to_owned()),
                None => Self::Fixed(otherwise),
            },
        }
    }

    /// How many minutes its clocks are ahead of UTC at a moment.
    pub fn offset_minutes(&self, at: Moment) -> i64 {
        match self {
            Self::Fixed(offset) => offset.0 / 60_000,
            Self::Named(_) => read_utc(&self.write(at)).map_or(0, |local| local.seconds() - at.seconds()) / 60,
        }
    }
}

/// As people read it; a zone without a name by its offset.
impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(Millis(0)) => f.write_str("UTC"),
            Self::Fixed(Millis(offset)) => {
                let minutes = offset.abs() / 60_000;
                let sign = if *offset < 0 { '-' } else { '+' };
                write!(f, "UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// `UTC`, `GMT+3`, `UTC-03:30`, `+0530`.
fn fixed(name: &str) -> Option<Millis> {
    let upper = name.to_ascii_uppercase();
    let rest = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper);
    if rest.is_empty() {
        return Some(Millis(0));
    }
    let (sign, digits) = match rest.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let number =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten();
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then(|| Millis::minutes(sign * (hours * 60 + minutes)))
}

fn options(zone: &str) -> JsValue {
    let options = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&options, &"timeZone".into(), &zone.into());
    options.into()
}

/// The runtime throws at names it does not know.
fn is_known(zone: &str) -> bool {
    let format = |intl: JsValue| js_sys::Reflect::get(&intl, &"DateTimeFormat".into());
    let construct = |constructor: JsValue| {
        let arguments = js_sys::Array::of2(&"en".into(), &options(zone));
        js_sys::Reflect::construct(constructor.unchecked_ref::<js_sys::Function>(), &arguments)
    };
    js_sys::Reflect::get(&js_sys::global(), &"Intl".into()).and_then(format).and_then(construct).is_ok()
}

fn date(moment: Moment) -> js_sys::Date {
    js_sys::Date::new(&JsValue::from_f64(moment.0 as f64))
}

/// Reads `YYYY-MM-DD HH:MM:SS` as if it were UTC.
fn read_utc(text: &str) -> Option<Moment> {
    let (day, time) = text.trim().split_once([' ', 'T'])?;
    let milliseconds = js_sys::Date::parse(&format!("{day}T{time}Z"));
    milliseconds.is_finite().then_some(Moment(milliseconds as i64))
}

fn write_utc(moment: Moment) -> String {
    let text = String::from(date(moment).to_iso_string());
    text.replace('T', " ").chars().take(19).collect()
}

impl LocalTime for Zone {
    fn read(&self, text: &str) -> Option<Moment> {
        let naive = read_utc(text)?;
        let offset = |at: Moment| match self {
            Self::Fixed(offset) => *offset,
            Self::Named(_) => read_utc(&self.write(at)).map_or(Millis(0), |local| local - at),
        };
        // The offsets around the moment: they differ only near a change of clocks.
        let candidates = [offset(naive + Millis(-DAY.0)), offset(naive + DAY)].map(|offset| Moment(naive.0 - offset.0));
        let fitting = candidates.into_iter().filter(|candidate| read_utc(&self.write(*candidate)) == Some(naive)).min();
        fitting.or(candidates.into_iter().next())
    }

    fn write(&self, moment: Moment) -> String {
        match self {
            Self::Fixed(offset) => write_utc(moment + *offset),
            // Swedish is written like ISO 8601.
            Self::Named(zone) => String::from(date(moment).to_locale_string("sv-SE", &options(zone))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_in_the_forms_providers_use() {
        for (name, minutes) in [
            ("UTC", Some(0)),
            ("UTC+3", Some(180)),
            ("GMT-03:30", Some(-210)),
            ("+0530", Some(330)),
            ("utc+0", Some(0)),
        ] {
            assert_eq!(fixed(name), minutes.map(Millis::minutes), "{name}");
        }
        let shown = |minutes| Zone::Fixed(Millis::minutes(minutes)).to_string();
        assert_eq!([0, 60, -210].map(shown), ["UTC", "UTC+01:00", "UTC-03:30"]);
        for name in ["Europe/Berlin", "CET", "UTC+25", "+5:99", "+", "++3"] {
            assert_eq!(fixed(name), None, "{name}");
        }
    }
}
