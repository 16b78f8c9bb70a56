//! Money and moments the way the user's language writes them; the browser knows how.

use crate::js;
use js_sys::{Array, Function, Reflect};
use kommo_voip_domain::panel::{DayStarts, FigureLocale, Locale};
use serde::{Serialize, Serializer};
use serde_wasm_bindgen as bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// A language with a country, such as `pt-BR`.
pub(crate) struct BrowserLocale(pub(crate) String);

/// What the browser's own writers take; what is left out is theirs to choose. They take numbers as text, too.
struct Style<'a>(&'a [(&'a str, &'a str)]);

impl Serialize for Style<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl BrowserLocale {
    /// Both writers throw at a language or currency they do not know; then there is nothing.
    fn write(&self, writer: &str, value: &JsValue, style: &Style) -> Option<String> {
        let style = style.serialize(&bindgen::Serializer::json_compatible()).ok()?;
        let writer: Function = js::path(&js::window(), &["Intl", writer])?.dyn_into().ok()?;
        let writer = Reflect::construct(&writer, &Array::of2(&self.0.as_str().into(), &style)).ok()?;
        js::call(&writer, "format", std::slice::from_ref(value)).ok()?.as_string()
    }

    fn moment(&self, millis: f64, style: &Style) -> String {
        self.write("DateTimeFormat", &JsValue::from_f64(millis), style).unwrap_or_default()
    }
}

impl Locale for BrowserLocale {
    fn money(&self, amount: i64, currency: Option<&str>) -> String {
        let number = JsValue::from_f64(amount as f64);
        let whole = ("maximumFractionDigits", "0");
        let with_currency = currency.and_then(|currency| {
            self.write("NumberFormat", &number, &Style(&[("style", "currency"), ("currency", currency), whole]))
        });
        let plain = || self.write("NumberFormat", &number, &Style(&[whole]));
        with_currency.or_else(plain).unwrap_or_else(|| amount.to_string())
    }

    fn date_time(&self, seconds: i64) -> String {
        self.moment(seconds as f64 * 1000.0, &Style(&[("dateStyle", "short"), ("timeStyle", "short")]))
    }

    fn field_time(&self, seconds: i64) -> String {
        let date = js_sys::Date::new(&JsValue::from_f64(seconds as f64 * 1000.0));
        // The field wants the international form in local time; the browser writes it only for Greenwich.
        date.set_time(date.get_time() - date.get_timezone_offset() * 60_000.0);
        let text = js::call(&date, "toISOString", &[]).ok().and_then(|text| text.as_string()).unwrap_or_default();
        text.get(..16).unwrap_or_default().to_owned()
    }

    fn clock(&self, millis: i64) -> String {
        self.moment(millis as f64, &Style(&[("timeStyle", "medium")]))
    }
}

/// Hours and days are told apart from any zone: Greenwich stands for all of them.
impl FigureLocale for BrowserLocale {
    fn number(&self, number: f64) -> String {
        let written = self.write("NumberFormat", &JsValue::from_f64(number), &Style(&[("maximumFractionDigits", "1")]));
        // Whole, where the browser cannot: the library's own writer of fractions weighs too much.
        written.unwrap_or_else(|| (number as i64).to_string())
    }

    fn hour(&self, hour: u8) -> String {
        self.moment(f64::from(hour) * 3_600_000.0, &Style(&[("hour", "numeric"), ("timeZone", "UTC")]))
    }

    fn day(&self, day: &str) -> String {
        let at = js_sys::Date::new(&day.into()).get_time();
        self.moment(at, &Style(&[("day", "numeric"), ("month", "short"), ("timeZone", "UTC")]))
    }
}

/// When the user's days begin: today, six days ago, 29 days ago.
pub(crate) fn day_starts() -> DayStarts {
    let now = js_sys::Date::new_0();
    let part = |number: u32| i32::try_from(number).unwrap_or_default();
    [0, 6, 29].map(|ago| {
        // Before the first of a month comes the last of the one before.
        let day = part(now.get_date()) - ago;
        let begin = js_sys::Date::new_with_year_month_day(now.get_full_year(), part(now.get_month()), day);
        (begin.get_time() / 1000.0) as i64
    })
}
