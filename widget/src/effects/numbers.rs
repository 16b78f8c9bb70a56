//! Numbers judged by the library the CRM's page has loaded for itself (Kommo widget guide: vendor modules), without a
//! request at every key. The page need not have it, and it is never fetched for this: half a megabyte is more than the
//! few questions to the Worker that it would save.

use crate::js;
use js_sys::Reflect;
use kommo_voip_domain::protocol::NumberView;
use wasm_bindgen::{JsCast, JsValue};

const LIBRARY: &str = "google-libphonenumber";
/// Fewer digits may be a colleague's line, which only the Worker tells.
const SHORTEST_NUMBER: usize = 7;

/// What the library makes of a text; none without the library.
pub(crate) fn judge(text: &str, region: &str) -> Option<NumberView> {
    let library = js::page_module(LIBRARY)?;
    let util = js::call(&js::get(&library, "PhoneNumberUtil")?, "getInstance", &[]).ok()?;
    let formats = js::get(&library, "PhoneNumberFormat")?;
    let region = JsValue::from_str(region);
    // It throws at what is no number: codes, beginnings of numbers, names.
    let Ok(number) = js::call(&util, "parse", &[text.into(), region.clone()]) else {
        return typing(&library, text, &region);
    };
    let holds = |question| js::call(&util, question, std::slice::from_ref(&number)).is_ok_and(|is| is.is_truthy());
    if !holds("isPossibleNumber") {
        return typing(&library, text, &region);
    }
    let write = |format| {
        let format = js::get(&formats, format)?;
        js::call(&util, "format", &[number.clone(), format]).ok()?.as_string()
    };
    let formatted = write("INTERNATIONAL")?;
    Some(NumberView { formatted, e164: write("E164"), valid: holds("isValidNumber"), internal: false })
}

/// A number that is still being typed, as far as it has come.
fn typing(library: &JsValue, text: &str, region: &JsValue) -> Option<NumberView> {
    let is_plain = |letter: char| letter.is_ascii_digit() || " +-().".contains(letter);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if !text.chars().all(is_plain) || digits < SHORTEST_NUMBER {
        return None;
    }
    let formatter = js::get(library, "AsYouTypeFormatter")?;
    let formatter = Reflect::construct(formatter.dyn_ref::<js_sys::Function>()?, &js_sys::Array::of1(region)).ok()?;
    let mut formatted = String::new();
    for letter in text.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+') {
        let letter = JsValue::from_str(letter.encode_utf8(&mut [0; 4]));
        formatted = js::call(&formatter, "inputDigit", &[letter]).ok()?.as_string()?;
    }
    Some(NumberView { formatted, e164: None, valid: false, internal: false })
}
