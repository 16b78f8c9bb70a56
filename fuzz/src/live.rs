//! Messages of the live connection and the settings, as both sides read them.

use crate::text;
use kommo_voip_domain::panel::{Event, Panel, read_json};
use kommo_voip_domain::protocol::{ClientMessage, ServerMessage};
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::time::Moment;
use serde_json::Value;

/// A live message to the Worker, one to the widget, and settings, each in the same bytes.
pub fn live_messages(data: &[u8]) {
    let typed = text(data);
    if let Ok(message) = serde_json::from_str::<ClientMessage>(&typed) {
        let written = serde_json::to_string(&message).expect("JSON");
        assert_eq!(serde_json::from_str::<ClientMessage>(&written).expect("our own words"), message);
    }
    if let Ok(message) = serde_json::from_str::<ServerMessage>(&typed) {
        let written = serde_json::to_string(&message).expect("JSON");
        assert_eq!(serde_json::from_str::<ServerMessage>(&written).expect("our own words"), message);
    }
    if let Ok(settings) = Settings::parse(&typed) {
        let written = serde_json::to_string(&settings).expect("JSON");
        assert_eq!(Settings::parse(&written).expect("our own words"), settings);
    }
    same_as_the_library(&typed);
    let mut panel = Panel::default();
    for event in [Event::Started, Event::SocketText(typed.clone()), Event::SocketText(typed)] {
        panel.update(event, Moment(1_771_000_000_000));
    }
}

/// The page has a small reader of its own. It reads whatever the library does, and nothing else.
fn same_as_the_library(typed: &str) {
    let small = read_json(typed);
    match serde_json::from_str::<Value>(typed) {
        Ok(value) if is_plain(&value, 60) => assert_eq!(small, Some(value), "{typed}"),
        Ok(_) => {}
        Err(_) => assert_eq!(small, None, "{typed}"),
    }
}

/// Without fractions and numbers no message holds, of which the small reader keeps fifteen digits, and not too deep for
/// it.
fn is_plain(value: &Value, depth: u32) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return false };
    match value {
        Value::Number(number) => number.is_i64(),
        Value::Array(items) => items.iter().all(|item| is_plain(item, deeper)),
        Value::Object(fields) => fields.values().all(|field| is_plain(field, deeper)),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}
