//! Money and moments the way the user's language writes them; the browser knows how.

use crate::js;
use kommo_voip_domain::panel::Locale;
use serde::Serialize;
use wasm_bindgen::JsValue;

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
    fn write(&self, value: &JsValue, method: &'static str, style: &Style) -> Option<String> {
        let style = serde_wasm_bindgen::to_value(style).ok()?;
        js::call(value, method, &[self.0.as_str().into(), style]).ok()?.as_string()
    }

    fn moment(&self, millis: f64, method: &'static str, style: &Style) -> String {
        let date = js_sys::Date::new(&JsValue::from_f64(millis));
        self.write(&date, method, style).unwrap_or_default()
    }
}

impl Locale for BrowserLocale {
    fn money(&self, amount: i64, currency: Option<&str>) -> String {
        let number = js_sys::Number::from(amount as f64);
        let plain = Style { maximum_fraction_digits: Some(0), ..Style::default() };
        let with_currency = Style { style: Some("currency"), currency, maximum_fraction_digits: Some(0), ..plain };
        // A currency the browser has never heard of throws; the bare number is better than none.
        self.write(&number, "toLocaleString", &with_currency)
            .or_else(|| self.write(&number, "toLocaleString", &plain))
            .unwrap_or_else(|| amount.to_string())
    }

    fn date_time(&self, seconds: i64) -> String {
        let style = Style { date_style: Some("short"), time_style: Some("short"), ..Style::default() };
        self.moment(seconds as f64 * 1000.0, "toLocaleString", &style)
    }

    fn clock(&self, millis: i64) -> String {
        let style = Style { time_style: Some("medium"), ..Style::default() };
        self.moment(millis as f64, "toLocaleTimeString", &style)
    }
}
