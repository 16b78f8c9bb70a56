//! Something that is done for a call by one tab of a person only: whoever gets a lock of the browser does it and keeps
//! the lock, all others let it be. Without locks the last claim is kept in the browser's storage.

use super::storage;
use crate::js;
use js_sys::{Function, Promise};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

const LAST: &str = "kommo-voip-claim";

/// A claim; dropping gives it up.
#[derive(Default)]
pub(crate) struct Claim {
    over: Rc<Cell<bool>>,
    give_up: Rc<RefCell<Option<Function>>>,
    _granted: Option<Closure<dyn FnMut(JsValue) -> JsValue>>,
}

impl Claim {
    /// Does it, unless another tab does.
    pub(crate) fn take(name: &str, act: impl FnOnce() + 'static) -> Self {
        let Some(locks) = js::get(&js::window().navigator(), "locks") else {
            if storage::read(LAST).as_deref() != Some(name) {
                storage::keep(LAST, Some(name));
                act();
            }
            return Self::default();
        };
        let mut claim = Self::default();
        let (over, give_up, mut act) = (Rc::clone(&claim.over), Rc::clone(&claim.give_up), Some(act));
        let granted = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |lock: JsValue| {
            let Some(act) = act.take().filter(|_| !lock.is_null() && !over.get()) else { return JsValue::UNDEFINED };
            let held = Promise::new(&mut |resolve, _| {
                give_up.replace(Some(resolve));
            });
            act();
            held.into()
        });
        let options = js::object(&[("ifAvailable", true.into())]);
        js::let_go(js::call(&locks, "request", &[name.into(), options, granted.as_ref().clone()]));
        claim._granted = Some(granted);
        claim
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.over.set(true);
        if let Some(give_up) = self.give_up.take() {
            give_up.call0(&JsValue::UNDEFINED).map(drop).unwrap_or_default();
        }
    }
}
