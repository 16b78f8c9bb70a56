//! Money and moments the way the user's language writes them; the browser knows how.

use crate::js;
use js_sys::{Array, Function, Reflect};
use kommo_voip_domain::panel::Locale;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

/// A language with a country, such as `pt-BR`.
pub(crate) struct BrowserLocale(pub(crate) String);

/// What the browser's own writers take; what is left out is theirs to choose.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Style<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_fraction_digits: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_style: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_style: Option<&'a str>,
}

impl BrowserLocale {
    /// Both writers throw at a language or currency they do not know; then there is nothing.
    fn write(&self, writer: &str, value: &JsValue, style: &Style) -> Option<String> {
        let style = serde_wasm_bindgen::to_value(style).ok()?;
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
        let plain = Style { maximum_fraction_digits: Some(0), ..Style::default() };
        let with_currency = Style { style: Some("currency"), currency, maximum_fraction_digits: Some(0), ..plain };
        let with_currency = currency.and_then(|_| self.write("NumberFormat", &number, &with_currency));
        with_currency.or_else(|| self.write("NumberFormat", &number, &plain)).unwrap_or_else(|| amount.to_string())
    }

    fn date_time(&self, seconds: i64) -> String {
        let style = Style { date_style: Some("short"), time_style: Some("short"), ..Style::default() };
        self.moment(seconds as f64 * 1000.0, &style)
    }

    fn field_time(&self, seconds: i64) -> String {
        let date = js_sys::Date::new(&JsValue::from_f64(seconds as f64 * 1000.0));
        // The field wants the international form in local time; the browser writes it only for Greenwich.
        date.set_time(date.get_time() - date.get_timezone_offset() * 60_000.0);
        let text = js::call(&date, "toISOString", &[]).ok().and_then(|text| text.as_string()).unwrap_or_default();
        text.get(..16).unwrap_or_default().to_owned()
    }

    fn clock(&self, millis: i64) -> String {
        let style = Style { time_style: Some("medium"), ..Style::default() };
        self.moment(millis as f64, &style)
    }
}
