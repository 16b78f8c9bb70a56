//! Money and moments the way the user's language writes them; the browser knows how.

use crate::js;
use kommo_voip_domain::panel::Locale;
use wasm_bindgen::JsValue;

/// A language with a country, such as `pt-BR`.
pub(crate) struct BrowserLocale(pub(crate) String);

impl BrowserLocale {
    fn write(&self, value: &JsValue, method: &'static str, options: &[(&str, JsValue)]) -> Option<String> {
        js::call(value, method, &[self.0.as_str().into(), js::object(options)]).ok()?.as_string()
    }

    fn moment(&self, millis: f64, method: &'static str, options: &[(&str, JsValue)]) -> String {
        let date = js_sys::Date::new(&JsValue::from_f64(millis));
        self.write(&date, method, options).unwrap_or_default()
    }
}

impl Locale for BrowserLocale {
    fn money(&self, amount: i64, currency: Option<&str>) -> String {
        let number = js_sys::Number::from(amount as f64);
        let no_cents = ("maximumFractionDigits", JsValue::from(0));
        // A currency the browser has never heard of throws; the bare number is better than none.
        currency
            .and_then(|currency| {
                let options = [("style", "currency".into()), ("currency", currency.into()), no_cents.clone()];
                self.write(&number, "toLocaleString", &options)
            })
            .or_else(|| self.write(&number, "toLocaleString", &[no_cents]))
            .unwrap_or_else(|| amount.to_string())
    }

    fn date_time(&self, seconds: i64) -> String {
        let options = [("dateStyle", "short".into()), ("timeStyle", "short".into())];
        self.moment(seconds as f64 * 1000.0, "toLocaleString", &options)
    }

    fn clock(&self, millis: i64) -> String {
        self.moment(millis as f64, "toLocaleTimeString", &[("timeStyle", "medium".into())])
    }
}
