//! Ways out of the widget: cards of the CRM without loading the page again, and the authorisation window.

use crate::js;
use gloo::events::{EventListener, EventListenerOptions};
use kommo_voip_domain::panel::Event;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, MessageEvent, MouseEvent};

/// What the page of the authorisation window posts when the account is connected.
const CONNECTED: &str = "kommo-voip-connected";

/// Opens an authorisation page in a window of its own. Only works from a click, or soon after one.
pub(crate) fn open_window(url: &str) {
    let window = js::window();
    let look = "popup,width=760,height=720";
    window.open_with_url_and_target_and_features(url, "kommo-voip-connect", look).map(drop).unwrap_or_default();
}

/// Hears when the authorisation window says that it is done, and believes only the Worker's own pages.
pub(crate) fn hear_connected(worker: &str, dispatch: impl Fn(Event) + 'static) -> EventListener {
    let origin = worker.to_owned();
    EventListener::new(&js::window(), "message", move |event| {
        let Some(message) = event.dyn_ref::<MessageEvent>().filter(|message| message.origin() == origin) else {
            return;
        };
        if js::text(&message.data(), "type").as_deref() == Some(CONNECTED) {
            dispatch(Event::ConnectedElsewhere);
        }
    })
}

/// Takes a click on one of our links that nobody on the way up took: the CRM's own handler sits on the document, so
/// at the window it is known whether it did. Without a router either, the browser follows the link as usual.
pub(crate) fn follow_links() -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&js::window(), "click", options, |event| {
        let Some(click) = event.dyn_ref::<MouseEvent>() else { return };
        let plain = click.button() == 0 && !(click.ctrl_key() || click.meta_key() || click.shift_key());
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|target| target.closest("[data-kv] a.js-navigate-link").ok().flatten());
        let Some(link) = link.filter(|_| plain) else { return };
        // A clicked link keeps the focus, and a card with the focus never goes away.
        if click.detail() > 0
            && let Ok(Some(root)) = link.closest("[data-kv=\"root\"]")
        {
            crate::render::blur_inside(&root);
        }
        if event.default_prevented() {
            return;
        }
        let by_itself = link.has_attribute(BY_ITSELF);
        if link.get_attribute("href").is_some_and(|path| navigate(&path)) || by_itself {
            event.prevent_default();
        }
    })
}

/// Marks a link nobody clicked: it must never load the page anew, which would end what else the page is doing.
const BY_ITSELF: &str = "data-by-itself";

/// Goes to a card as if one of our links had been clicked.
pub(crate) fn open_card(root: &web_sys::Element, path: &str) {
    let link = js::document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlElement>().ok());
    let Some(link) = link else { return };
    for (name, value) in [("class", "js-navigate-link"), ("href", path), (BY_ITSELF, "")] {
        link.set_attribute(name, value).unwrap_or_default();
    }
    link.set_hidden(true);
    if root.append_child(&link).is_ok() {
        link.click();
        link.remove();
    }
}

/// By the CRM's router, if the page has loaded it (undocumented, so looked for each time).
fn navigate(path: &str) -> bool {
    let Some(router) = js::page_module("lib/common/router") else { return false };
    let options = js::object(&[("trigger", true.into())]);
    js::call(&router, "navigate", &[path.into(), options]).is_ok()
}
