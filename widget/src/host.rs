//! The CRM's widget object and the CRM's page, as far as this widget uses them (Kommo widget guide: methods and
//! properties of the widget object).

use crate::js;
use js_sys::{Array, JsString, Object};
use kommo_voip_domain::ids::{EntityKind, UserId};
use kommo_voip_domain::panel::{Texts, UserOption, Wire};
use kommo_voip_domain::protocol::{MissedCallView, NoticeLevel};
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The widget object the CRM made; `self` in `script.js`.
    #[derive(Clone)]
    pub type JsHost;
}

/// A typed view of the widget object.
#[derive(Clone)]
pub(crate) struct Host {
    object: JsValue,
}

impl Host {
    pub(crate) fn new(object: JsHost) -> Self {
        Self { object: object.into() }
    }

    /// Whether both are the same instance of the widget.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Object::is(&self.object, &other.object)
    }

    fn parameter(&self, name: &str) -> Option<String> {
        js::path(&self.object, &["params", name]).and_then(|value| value.as_string()).or_else(|| {
            let settings = js::call(&self.object, "get_settings", &[]).ok()?;
            js::text(&settings, name)
        })
    }

    /// The widget's code in this account; part of the ids of the elements the CRM made for us.
    pub(crate) fn code(&self) -> String {
        self.parameter("widget_code").unwrap_or_default()
    }

    /// What tells this widget's things in the page from other widgets' (Kommo widget guide: `ns`).
    pub(crate) fn namespace(&self) -> String {
        js::text(&self.object, "ns").unwrap_or_else(|| [".widget:", &self.code()].concat())
    }

    /// The integration's id, which a one-time token is asked for with.
    pub(crate) fn integration(&self) -> Option<String> {
        self.parameter("oauth_client_uuid")
    }

    /// The words of the user's language.
    pub(crate) fn texts(&self) -> Texts {
        let words = js::path(&self.object, &["langs", "ui"])
            .or_else(|| js::call(&self.object, "i18n", &["ui".into()]).ok())
            .and_then(|words| js::json(&words));
        Texts::new(words.unwrap_or_default())
    }

    /// Shows the integration as misconfigured in the CRM's list.
    pub(crate) fn mark_wrong(&self) {
        // Older pages lack the method; the reason stands in the window anyway.
        js::call(&self.object, "set_status", &["error".into()]).map(drop).unwrap_or_default();
    }
}

fn app() -> Option<JsValue> {
    js::get(&js::window(), "APP")
}

/// What the page does for widgets.
pub(crate) fn page_widgets() -> Option<JsValue> {
    js::get(&app()?, "widgets")
}

/// The account's users, by name.
pub(crate) fn users() -> Vec<UserOption> {
    let managers = app().and_then(|app| js::call(&app, "constant", &["managers".into()]).ok());
    let Some(managers) = managers.filter(JsValue::is_object) else { return vec![] };
    let by_name = Closure::<dyn Fn(JsValue, JsValue) -> i32>::new(|one: JsValue, other: JsValue| {
        let name = |user: &JsValue| js::get(user, "title").and_then(|title| title.dyn_into::<JsString>().ok());
        match (name(&one), name(&other)) {
            (Some(one), Some(other)) => one.locale_compare(&String::from(other), &Array::new(), &Object::new()),
            _ => 0,
        }
    });
    let managers = Object::values(&managers.into());
    // The browser knows the alphabet of the user's language.
    js::call(&managers, "sort", &[by_name.as_ref().clone()]).map(drop).unwrap_or_default();
    managers
        .iter()
        .filter_map(|manager| {
            let manager = js::json(&manager)?;
            let id = UserId::read(manager.get("id")?)?;
            let title = manager.get("title").and_then(Value::as_str);
            Some(UserOption { id, name: title.map_or_else(|| id.to_string(), str::to_owned) })
        })
        .collect()
}

/// The page may read the text of a message as HTML, so nothing in it may look like HTML.
fn plain(text: &str) -> JsValue {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").into()
}

/// Shows a message the CRM's own way (Kommo widget guide: notifications).
pub(crate) fn notify(title: &str, text: &str, level: NoticeLevel) {
    let Some(notifications) = app().and_then(|app| js::get(&app, "notifications")) else { return };
    let message = js::object(&[("header", title.into()), ("text", plain(text))]);
    let method = match level {
        NoticeLevel::Info => "show_message",
        NoticeLevel::Error => "show_message_error",
        NoticeLevel::Lasting => "add_error",
    };
    js::call(&notifications, method, &[message]).map(drop).unwrap_or_default();
}

/// Puts a missed call into the CRM's notification centre (Kommo widget guide: notifications).
pub(crate) fn add_call(text: &str, call: &MissedCallView) {
    let Some(notifications) = app().and_then(|app| js::get(&app, "notifications")) else { return };
    let mut fields = vec![
        ("text", plain(text)),
        ("date", JsValue::from_f64(call.at as f64)),
        ("from", plain(&call.from)),
        ("to", plain(call.to.as_deref().unwrap_or_default())),
    ];
    if let Some(entity) = call.entity {
        let kind = match entity.kind() {
            EntityKind::Leads => "lead",
            EntityKind::Contacts => "contact",
            EntityKind::Companies => "company",
        };
        let id = JsValue::from_f64(entity.id() as f64);
        fields.push(("element", js::object(&[("id", id), ("type", kind.into())])));
    }
    js::call(&notifications, "add_call", &[js::object(&fields)]).map(drop).unwrap_or_default();
}

/// The language part of dates and money: the browser's own variant of the CRM's language, if it has one.
pub(crate) fn language(of_texts: &str) -> String {
    let browser = js::window().navigator().language().unwrap_or_default();
    if browser.split('-').next() == Some(of_texts) { browser } else { of_texts.to_owned() }
}
