//! The telephone button in the CRM's menu (Kommo VoIP guide: making calls inside Kommo). There is one on a page; who
//! asked for it last has it. Pages without it have none.

use crate::host::{self, Host};
use crate::js;
use kommo_voip_domain::panel::{DialerEvent, Event};
use wasm_bindgen::prelude::*;

/// Our button; dropping takes it away.
pub(crate) struct PhoneButton {
    key: JsValue,
    _click: Closure<dyn FnMut()>,
}

impl PhoneButton {
    pub(crate) fn show(host: &Host, dispatch: impl Fn(Event) + 'static) -> Option<Self> {
        let key = JsValue::from_str(&host.namespace());
        let click = Closure::<dyn FnMut()>::new(move || dispatch(Event::Dialer(DialerEvent::Toggled)));
        let options = js::object(&[("ns", key.clone()), ("click", click.as_ref().clone())]);
        js::call(&host::page_widgets()?, "notificationsPhone", &[options]).ok()?;
        Some(Self { key, _click: click })
    }
}

impl Drop for PhoneButton {
    fn drop(&mut self) {
        let options = js::object(&[("ns", self.key.clone())]);
        if let Some(widgets) = host::page_widgets() {
            js::call(&widgets, "destroyNotificationsPhone", &[options]).map(drop).unwrap_or_default();
        }
    }
}
