//! What happened, one JSON line each: a sentence, and fields with their units. Logged once, at the boundary.
//! Never a token, a body, a query or a whole number; [`number`] keeps of one what support needs.

use serde_json::{Map, Value};

/// Something worth knowing went as it should.
pub fn info(message: &str, fields: &[(&str, Value)]) {
    write("info", message, fields);
}

/// Something went wrong that we cope with by ourselves.
pub fn warn(message: &str, fields: &[(&str, Value)]) {
    write("warn", message, fields);
}

/// Something went wrong that a person has to look at.
pub fn error(message: &str, fields: &[(&str, Value)]) {
    write("error", message, fields);
}

/// A request was refused with this status: from 500 on it is for a person to look at.
pub fn refused(status: u16, fields: &[(&str, Value)]) {
    let level = if status >= 500 { "error" } else { "info" };
    write(level, "a request was refused", fields);
}

/// The end of a telephone number, enough to recognise a call by.
pub fn number(number: &str) -> Value {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let end: String = digits.iter().rev().take(3).rev().collect();
    format!("…{end}").into()
}

fn line(level: &str, message: &str, fields: &[(&str, Value)]) -> String {
    let mut line = Map::new();
    line.insert("level".to_owned(), level.into());
    line.insert("message".to_owned(), message.into());
    line.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(line).to_string()
}

fn write(level: &str, message: &str, fields: &[(&str, Value)]) {
    let line = line(level, message, fields);
    // Outside the runtime there is no console: unit tests print instead.
    #[cfg(target_arch = "wasm32")]
    worker::console_log!("{line}");
    #[cfg(not(target_arch = "wasm32"))]
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_with_its_fields() {
        let line = line("info", "answered", &[("duration_ms", 12.into())]);
        assert_eq!(line, r#"{"duration_ms":12,"level":"info","message":"answered"}"#);
    }

    #[test]
    fn numbers_show_only_their_end() {
        assert_eq!(number("+49 30 5550100"), "…100");
        assert_eq!(number("Anna"), "…");
    }
}
