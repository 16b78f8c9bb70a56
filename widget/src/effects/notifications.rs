//! Notifications on the desktop for calls that ring while no tab is seen.

use super::claim::Claim;
use crate::js;
use js_sys::{Array, Function, Promise, Reflect};
use kommo_voip_domain::panel::Permission;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A notification that stands, or would in another tab; dropping takes it back.
pub(crate) struct Notification {
    shown: Rc<RefCell<Option<JsValue>>>,
    _clicked: Rc<Closure<dyn FnMut()>>,
    _claim: Claim,
}

fn constructor() -> Option<Function> {
    js::get(&js::window(), "Notification")?.dyn_into().ok()
}

/// What the browser allows now.
pub(crate) fn permission() -> Permission {
    match constructor().and_then(|constructor| js::text(&constructor, "permission")).as_deref() {
        Some("granted") => Permission::Granted,
        Some("default") => Permission::Ask,
        _ => Permission::Never,
    }
}

/// Asks the person; only a click may lead here.
pub(crate) fn ask(answered: impl FnOnce() + 'static) {
    let Some(constructor) = constructor() else { return };
    let asked =
        js::call(&constructor, "requestPermission", &[]).ok().and_then(|asked| asked.dyn_into::<Promise>().ok());
    wasm_bindgen_futures::spawn_local(async move {
        if let Some(asked) = asked {
            JsFuture::from(asked).await.unwrap_or_default();
        }
        answered();
    });
}

impl Notification {
    /// Shows it, unless another tab does. `name` names the call.
    pub(crate) fn show(name: &str, title: String, body: String) -> Self {
        let shown = Rc::new(RefCell::new(None::<JsValue>));
        let mine = Rc::clone(&shown);
        // The person wants to see the call: this tab comes to the front, where its card is.
        let clicked = Rc::new(Closure::<dyn FnMut()>::new(move || {
            js::call(&js::window(), "focus", &[]).map(drop).unwrap_or_default();
            close(&mine);
        }));
        let (mine, on_click, tag) = (Rc::clone(&shown), Rc::clone(&clicked), name.to_owned());
        let claim = Claim::take(name, move || {
            let options = js::object(&[("body", body.as_str().into()), ("tag", tag.as_str().into())]);
            let made = constructor()
                .and_then(|made| Reflect::construct(&made, &Array::of2(&title.as_str().into(), &options)).ok());
            if let Some(made) = made {
                js::set(&made, "onclick", (*on_click).as_ref());
                mine.replace(Some(made));
            }
        });
        Self { shown, _clicked: clicked, _claim: claim }
    }
}

fn close(shown: &RefCell<Option<JsValue>>) {
    if let Some(shown) = shown.take() {
        js::set(&shown, "onclick", &JsValue::NULL);
        js::call(&shown, "close", &[]).map(drop).unwrap_or_default();
    }
}

impl Drop for Notification {
    fn drop(&mut self) {
        close(&self.shown);
    }
}
