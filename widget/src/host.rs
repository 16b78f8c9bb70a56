//! The CRM's widget object and the CRM's page, as far as this widget uses them (Kommo widget guide: methods and
//! properties of the widget object).

use crate::js;
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::panel::{Texts, UserOption};
use serde::Deserialize;
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

/// One entry of the page's list of users; what else it holds is of no interest.
#[derive(Deserialize)]
struct Manager {
    id: UserId,
    title: Option<String>,
}

impl Host {
    pub(crate) fn new(object: JsHost) -> Self {
        Self { object: object.into() }
    }

    /// Whether both are the same instance of the widget.
    pub(crate) fn is(&self, other: &Self) -> bool {
        js_sys::Object::is(&self.object, &other.object)
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

    /// The integration's id, which a one-time token is asked for with.
    pub(crate) fn integration(&self) -> Option<String> {
        self.parameter("oauth_client_uuid")
    }

    /// The words of the user's language.
    pub(crate) fn texts(&self) -> Texts {
        let words = js::path(&self.object, &["langs", "ui"])
            .or_else(|| js::call(&self.object, "i18n", &["ui".into()]).ok())
            .and_then(|words| js_sys::JSON::stringify(&words).ok())
            .and_then(|json| json.as_string());
        Texts::from_json(&words.unwrap_or_default())
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

/// The account's users, by name.
pub(crate) fn users() -> Vec<UserOption> {
    let managers = app().and_then(|app| js::call(&app, "constant", &["managers".into()]).ok());
    let Some(managers) = managers.filter(JsValue::is_object) else { return vec![] };
    let mut users: Vec<UserOption> = js_sys::Object::values(&managers.into())
        .iter()
        .filter_map(|manager| serde_wasm_bindgen::from_value::<Manager>(manager).ok())
        .map(|manager| UserOption { name: manager.title.unwrap_or_else(|| manager.id.to_string()), id: manager.id })
        .collect();
    users.sort_by_key(|user| user.name.to_lowercase());
    users
}

/// Shows a message the CRM's own way.
pub(crate) fn notify(title: &str, text: &str, is_error: bool) {
    let Some(notifications) = app().and_then(|app| js::get(&app, "notifications")) else { return };
    // The page may read the text as HTML, so nothing in it may look like HTML.
    let plain = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let message = js::object(&[("header", title.into()), ("text", plain.into())]);
    let method = if is_error { "show_message_error" } else { "show_message" };
    js::call(&notifications, method, &[message]).map(drop).unwrap_or_default();
}

/// The language part of dates and money: the browser's own variant of the CRM's language, if it has one.
pub(crate) fn language(of_texts: &str) -> String {
    let browser = js::window().navigator().language().unwrap_or_default();
    if browser.split('-').next() == Some(of_texts) { browser } else { of_texts.to_owned() }
}
