//! A telephone's keys on the computer's keyboard. In the field for the number the browser does the typing.

use crate::js;
use kommo_voip_domain::panel::{DialerEvent, Event, Field};
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlInputElement, KeyboardEvent};

pub(super) fn pressed(event: &web_sys::Event) -> Option<Event> {
    let key = event.dyn_ref::<KeyboardEvent>()?;
    if key.ctrl_key() || key.meta_key() || key.alt_key() || key.is_composing() {
        return None;
    }
    let target = event.target()?;
    let meant = match key.key().as_str() {
        // A button is pressed by Enter, and Enter may mean that button alone.
        "Enter" if target.has_type::<HtmlButtonElement>() => return None,
        "Enter" => DialerEvent::Called,
        _ if target.has_type::<HtmlInputElement>() => return None,
        "Backspace" => DialerEvent::Erased,
        other => {
            let mut letters = other.chars();
            let letter = letters.next().filter(|letter| letter.is_ascii_digit() || "*#+".contains(*letter))?;
            letters.next().is_none().then_some(DialerEvent::Key(letter))?
        }
    };
    event.prevent_default();
    Some(Event::Dialer(meant))
}

/// A number pasted while no field has the focus.
pub(super) fn pasted(event: &web_sys::Event) -> Option<Event> {
    if event.target()?.has_type::<HtmlInputElement>() {
        return None;
    }
    let data = js::get(event, "clipboardData")?;
    let text = js::call(&data, "getData", &["text".into()]).ok()?.as_string()?;
    event.prevent_default();
    Some(Event::Typed(Field::Number, text))
}
