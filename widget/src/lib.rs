//! The browser widget: what the CRM page calls, one export for each of its callbacks.
//!
//! `script.js` holds no logic; it boots this module once a tab and passes every callback on. Each export leads to
//! the tab's one [`shell::Shell`], which lives from the first callback to `destroy`. Nothing in here may panic into
//! the CRM's page.

mod effects;
mod host;
mod js;
mod locale;
mod render;
mod shell;

use host::{Host, JsHost};
use js_sys::Promise;
use kommo_voip_domain::panel::Event;
use shell::Shell;
use wasm_bindgen::prelude::*;

/// Says where the Worker is; comes before every other call.
#[wasm_bindgen]
pub fn configure(worker_url: &str) {
    if cfg!(any(debug_assertions, feature = "dev")) {
        console_error_panic_hook::set_once();
    }
    shell::set_worker(worker_url);
}

/// The CRM draws a page: at the first one, and again after every navigation.
#[wasm_bindgen]
pub fn render(host: JsHost) {
    Shell::of(host).draw();
}

/// The CRM starts the widget: from here on calls are shown.
#[wasm_bindgen]
pub fn init(host: JsHost) {
    Shell::of(host).dispatch(Event::Started);
}

/// The CRM opened the settings window with this body.
#[wasm_bindgen]
pub fn settings(host: JsHost, body: web_sys::Element) {
    Shell::of(host).open_form(&body);
}

/// The CRM asks whether the settings may be stored; resolves to yes or no, and never rejects.
#[wasm_bindgen]
pub fn on_save(host: JsHost, argument: JsValue) -> Promise {
    Shell::of(host).save(&argument)
}

/// The CRM opened the administrator's page.
#[wasm_bindgen]
pub fn advanced_settings(host: JsHost) {
    Shell::of(host).open_journal();
}

/// A number in the page was clicked; the CRM says which.
#[wasm_bindgen]
pub fn dial(_host: JsHost, data: JsValue) {
    Shell::click_number(&data);
}

/// The CRM takes the widget away. An older instance that goes after a newer one came takes nothing with it.
#[wasm_bindgen]
pub fn destroy(host: JsHost) {
    Shell::end(&Host::new(host));
}
