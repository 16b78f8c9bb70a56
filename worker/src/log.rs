//! What happened, one JSON line each: a sentence, and fields with their units. Logged once, at the boundary.
//!
//! What a line is about, its account and its call, is added here ([`about()`]) and never by whoever writes the line.
//! Never a token, a body, a query or a whole number: text that came from outside passes through [`mask`].

mod about;
mod mask;

pub use about::{about, subject};
pub use mask::number;

use serde_json::{Map, Value};

/// What a line carries beside its sentence.
pub type Field = (&'static str, Value);

/// The Kommo account a line is about.
pub const ACCOUNT: &str = "account";
/// The call a line is about, by the id the journal shows.
pub const CALL: &str = "call";

/// Something worth knowing went as it should.
pub fn info(message: &str, fields: &[(&str, Value)]) {
    write(Level::Info, message, fields);
}

/// Something went wrong that we cope with by ourselves.
pub fn warn(message: &str, fields: &[(&str, Value)]) {
    write(Level::Warn, message, fields);
}

/// Something went wrong that a person has to look at.
pub fn error(message: &str, fields: &[(&str, Value)]) {
    write(Level::Error, message, fields);
}

/// A request was refused with this status: from 500 on it is for a person to look at.
pub fn refused(status: u16, fields: &[(&str, Value)]) {
    let level = if status >= 500 { Level::Error } else { Level::Info };
    write(level, "a request was refused", fields);
}

#[derive(Debug, Clone, Copy)]
enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

fn line(level: Level, message: &str, fields: &[(&str, Value)]) -> String {
    let mut line = Map::new();
    line.extend(subject().into_iter().map(|(name, value)| (name.to_owned(), value)));
    line.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), mask::value(value))));
    line.insert("level".to_owned(), level.as_str().into());
    line.insert("message".to_owned(), message.into());
    Value::Object(line).to_string()
}

fn write(level: Level, message: &str, fields: &[(&str, Value)]) {
    let line = line(level, message, fields);
    // The platform filters and counts by the console's own levels, too.
    #[cfg(any(target_arch = "wasm32", feature = "twin"))]
    match level {
        Level::Info => worker::console_log!("{line}"),
        Level::Warn => worker::console_warn!("{line}"),
        Level::Error => worker::console_error!("{line}"),
    }
    // Outside the runtime there is no console: unit tests print instead.
    #[cfg(not(any(target_arch = "wasm32", feature = "twin")))]
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll, Waker};

    fn run<T>(work: impl Future<Output = T>) -> T {
        match std::pin::pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn a_line_is_json_with_its_fields() {
        let line = line(Level::Info, "answered", &[("duration_ms", 12.into())]);
        assert_eq!(line, r#"{"duration_ms":12,"level":"info","message":"answered"}"#);
    }

    #[test]
    fn a_line_says_which_account_and_call_it_is_about() {
        let line = run(about(vec![(ACCOUNT, 7.into())], async {
            about(vec![(CALL, "c0ffee".into())], async { line(Level::Warn, "late", &[("status", 503.into())]) }).await
        }));
        assert_eq!(line, r#"{"account":7,"call":"c0ffee","level":"warn","message":"late","status":503}"#);
    }

    #[test]
    fn what_others_say_is_masked_and_cannot_pass_for_our_own_words() {
        let said = "The number +49305550100 is \"unknown\"\n{\"level\":\"info\"}";
        let line = line(Level::Error, "refused", &[("reason", said.into()), ("level", "info".into())]);
        assert!(!line.contains("30555") && line.contains("…100") && !line.contains('\n'), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["level"], "error");
    }
}
