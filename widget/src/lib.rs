//! The browser widget: what the CRM page calls, one export for each of its callbacks.
//!
//! `script.js` holds no logic; it boots a module once a tab and passes every callback on. There are two modules, both
//! built from this crate: [`page`], which every page of the CRM loads, and [`office`], which comes when somebody opens
//! a window of it. Nothing in here may panic into the CRM's page.

// What only the other module uses is left out by the linker.
#![cfg_attr(not(all(feature = "page", feature = "office")), allow(dead_code))]

mod effects;
mod host;
mod js;
mod locale;
#[cfg(feature = "office")]
mod office;
#[cfg(feature = "page")]
mod page;
mod render;
mod shell;

use js_sys::Function;
use wasm_bindgen::prelude::*;

/// Says where the Worker is, and how to call the other module: with the name of its export and one argument. Comes
/// before every other call.
#[wasm_bindgen]
pub fn configure(worker_url: &str, tell: Function) {
    if cfg!(any(debug_assertions, feature = "dev")) {
        console_error_panic_hook::set_once();
    }
    shell::configure(worker_url, tell);
}
