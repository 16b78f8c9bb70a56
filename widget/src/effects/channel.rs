//! The way from tab to tab of one person in one browser.
//!
//! By a channel of the browser, or, where it has none, by writing into its storage, which tells all other tabs.

use super::storage;
use crate::js;
use gloo::events::EventListener;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;

/// The open channel; dropping closes it.
pub(crate) struct Channel {
    name: String,
    way: Way,
}

enum Way {
    Channel { channel: JsValue, _heard: Closure<dyn FnMut(JsValue)> },
    Storage { _listener: EventListener },
}

impl Channel {
    /// Opens the channel of this name, which tells accounts and users apart.
    pub(crate) fn open(name: String, heard: impl Fn(String) + Clone + 'static) -> Self {
        let way = channel(&name, heard.clone()).unwrap_or_else(|| listen(name.clone(), heard));
        Self { name, way }
    }

    /// Tells all other tabs.
    pub(crate) fn post(&self, text: &str) {
        match &self.way {
            Way::Channel { channel, .. } => {
                js::call(channel, "postMessage", &[text.into()]).map(drop).unwrap_or_default();
            }
            Way::Storage { .. } => {
                // Only a change is told.
                storage::keep(&self.name, Some(text));
                storage::keep(&self.name, None);
            }
        }
    }
}

fn channel(name: &str, heard: impl Fn(String) + 'static) -> Option<Way> {
    let constructor: Function = js::get(&js::window(), "BroadcastChannel")?.dyn_into().ok()?;
    let channel = Reflect::construct(&constructor, &Array::of1(&name.into())).ok()?;
    let listener = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        if let Some(text) = js::text(&event, "data") {
            heard(text);
        }
    });
    js::set(&channel, "onmessage", listener.as_ref());
    Some(Way::Channel { channel, _heard: listener })
}

fn listen(name: String, heard: impl Fn(String) + 'static) -> Way {
    let listener = EventListener::new(&js::window(), "storage", move |event| {
        let ours = js::text(event, "key").is_some_and(|key| key == name);
        if let Some(text) = js::text(event, "newValue").filter(|_| ours) {
            heard(text);
        }
    });
    Way::Storage { _listener: listener }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Way::Channel { channel, .. } = &self.way {
            js::set(channel, "onmessage", &JsValue::NULL);
            js::call(channel, "close", &[]).map(drop).unwrap_or_default();
        }
    }
}
