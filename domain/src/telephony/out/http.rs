//! Requests and replies as providers have them in common: forms, JSON, and what a status means to a person.

use super::{Auth, ProviderError, ProviderRequest, Reply};
use serde_json::Value;
use std::fmt::Write;

/// A provider's voice in errors.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Its name.
    pub(super) name: &'static str,
    /// What to do if the credentials are not taken, as sentences.
    pub(super) unauthorised: &'static str,
    /// Where its own explanation stands in an error's JSON, as a JSON pointer.
    pub(super) message: &'static [&'static str],
}

impl Manner {
    /// A reply's JSON, if it is a success. No body at all is null.
    pub(super) fn json(self, reply: Reply<'_>) -> Result<Value, ProviderError> {
        self.accept(reply)?;
        if reply.body.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(reply.body).map_err(|_| ProviderError::Unreadable)
    }

    /// A reply's JSON object; anything else is not what was asked for.
    pub(super) fn object(self, reply: Reply<'_>) -> Result<Value, ProviderError> {
        self.json(reply).and_then(|value| if value.is_object() { Ok(value) } else { Err(ProviderError::Unreadable) })
    }

    /// Whether a reply is a success.
    pub(super) fn accept(self, reply: Reply<'_>) -> Result<(), ProviderError> {
        match reply.status {
            200..=299 => Ok(()),
            401 | 403 => Err(ProviderError::Unauthorised(self.unauthorised.to_owned())),
            429 => Err(ProviderError::TooMany),
            400..=499 if reply.status != 408 => Err(self.refusal(reply)),
            408 | 500..=599 => Err(ProviderError::Unavailable),
            _ => Err(ProviderError::Unreadable),
        }
    }

    /// What the provider says about its refusal.
    pub(super) fn refusal(self, reply: Reply<'_>) -> ProviderError {
        let value: Value = serde_json::from_str(reply.body).unwrap_or(Value::Null);
        let said = self.message.iter().find_map(|pointer| value.pointer(pointer)?.as_str()).map(clean);
        ProviderError::Refused(match said {
            Some(said) if !said.is_empty() => format!("{} refuses: {said}", self.name),
            _ => format!("{} refuses the request (status {}).", self.name, reply.status),
        })
    }
}

/// A provider's sentence as we show it: short, on one line, and without anything that could be a secret.
fn clean(text: &str) -> String {
    let is_secret = |word: &str| {
        word.split(['/', '=', '&', '?', ':', '"', '\''])
            .any(|part| part.len() >= 16 && part.bytes().any(|b| b.is_ascii_digit()) && !part.starts_with('+'))
    };
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words = words.filter(|word| !word.is_empty()).map(|word| if is_secret(word) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// A request without body.
pub(super) fn get(url: impl Into<String>, auth: Auth) -> ProviderRequest {
    ProviderRequest { method: "GET", url: url.into(), headers: vec![], body: None, auth }
}

/// A request with a form.
pub(super) fn post_form(url: impl Into<String>, auth: Auth, form: String) -> ProviderRequest {
    let headers = vec![("Content-Type", "application/x-www-form-urlencoded".to_owned())];
    ProviderRequest { method: "POST", url: url.into(), headers, body: Some(form), auth }
}

/// A request with JSON.
pub(super) fn send_json(method: &'static str, url: impl Into<String>, auth: Auth, body: &Value) -> ProviderRequest {
    let headers = vec![("Content-Type", "application/json".to_owned())];
    ProviderRequest { method, url: url.into(), headers, body: Some(body.to_string()), auth }
}

/// Pairs as `application/x-www-form-urlencoded`, the way PHP's RFC 1738 mode writes it: Zadarma signs this text.
pub(super) fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        encode_into(&mut out, name, true);
        out.push('=');
        encode_into(&mut out, value, true);
    }
    out
}

/// One segment of a path or one value of a query.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode_into(&mut out, text, false);
    out
}

/// A URL with one more pair in its query.
pub(super) fn with(url: &str, name: &str, value: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}{name}={}", encode(value))
}

fn encode_into(out: &mut String, text: &str, is_form: bool) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) || (byte == b'~' && !is_form) {
            out.push(char::from(byte));
        } else if byte == b' ' && is_form {
            out.push('+');
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// A field as text, whether it came as text or as a number.
pub(super) fn text(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number, whether it came as such or as text.
pub(super) fn whole(value: &Value, pointer: &str) -> Option<i64> {
    let value = value.pointer(pointer)?;
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|number| number as i64))
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// The elements of a list; none if it is not there.
pub(super) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANNER: Manner = Manner { name: "Acme", unauthorised: "Copy the key again.", message: &["/message"] };

    fn read(status: u16, body: &str) -> Result<Value, String> {
        MANNER.object(Reply { status, body }).map_err(|error| error.to_string())
    }

    #[test]
    fn each_kind_of_answer_tells_a_person_what_to_do() {
        for (status, body, said) in [
            (401, r#"{"message":"no"}"#, "Copy the key again."),
            (403, "", "Copy the key again."),
            (400, r#"{"message":"the\nnumber  is wrong"}"#, "Acme refuses: the number is wrong"),
            (404, r#"{"message":""}"#, "Acme refuses the request (status 404)."),
            (404, "<html>", "Acme refuses the request (status 404)."),
            (422, r#"{"message":["a"]}"#, "Acme refuses the request (status 422)."),
            (429, "", "The provider asks us to slow down. Try again in a minute."),
            (500, "", "The provider does not answer at the moment. Try again in a few minutes."),
            (408, "", "The provider does not answer at the moment. Try again in a few minutes."),
            (302, "", "The provider answered something unexpected. Try again; if it stays so, tell us."),
            (200, "<html></html>", "The provider answered something unexpected. Try again; if it stays so, tell us."),
            (200, "", "The provider answered something unexpected. Try again; if it stays so, tell us."),
            (200, "[]", "The provider answered something unexpected. Try again; if it stays so, tell us."),
        ] {
            assert_eq!(read(status, body), Err(said.to_owned()), "{status} {body}");
        }
        assert!(read(201, "{}").is_ok());
    }

    #[test]
    fn what_a_provider_says_never_carries_a_secret_or_a_whole_body() {
        let long = format!(
            r#"{{"message":"token 0123456789abcdef0123456789abcdef of key=KEY0123456789abcdef {}"}}"#,
            "a ".repeat(500)
        );
        let said = read(400, &long).expect_err("refused");
        assert!(said.starts_with("Acme refuses: token … of … a a") && said.chars().count() < 220, "{said}");
        assert!(!said.contains("0123456789"));
    }

    #[test]
    fn forms_and_segments_are_encoded_as_each_wants_it() {
        assert_eq!(
            form([("a b", "2015-06-01 12:00:00"), ("c~", "+49&é")]),
            "a+b=2015-06-01+12%3A00%3A00&c%7E=%2B49%26%C3%A9"
        );
        assert_eq!(encode("sip:a b@c~"), "sip%3Aa%20b%40c~");
        assert_eq!(with(&with("https://h/k", "line", "+49"), "dial", "x"), "https://h/k?line=%2B49&dial=x");
    }

    #[test]
    fn fields_are_read_in_either_form() {
        let value = serde_json::json!({"a": " 7 ", "b": 7, "c": "", "d": 7.9, "l": [1]});
        assert_eq!(
            (text(&value, "/a"), text(&value, "/b"), text(&value, "/c")),
            (Some("7".into()), Some("7".into()), None)
        );
        assert_eq!((whole(&value, "/a"), whole(&value, "/b"), whole(&value, "/d")), (Some(7), Some(7), Some(7)));
        assert_eq!((items(&value, "/l").len(), items(&value, "/a").len()), (1, 0));
    }
}
