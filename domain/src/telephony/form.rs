//! Form fields as they were sent: blank and repeated ones kept, in order, as bytes.
//!
//! Signatures cover the very bytes of a field, so nothing here may drop, trim or repair one. Text is made only when
//! an event is read.

use crate::webhook::hex;
use std::borrow::Cow;

/// Longer fields say nothing about calls.
const LONGEST_TEXT: usize = 2048;

/// The fields of a form or query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Form(pub(super) Vec<(Vec<u8>, Vec<u8>)>);

/// No provider sends nearly as many. What comes after them is not read, so the signature of such a form does not hold,
/// and putting its fields in order costs nothing.
const MOST_FIELDS: usize = 512;

impl Form {
    /// Reads `application/x-www-form-urlencoded`, which is also how queries are written.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let parts = bytes.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).take(MOST_FIELDS);
        let fields = parts.map(|part| {
            let mut halves = part.splitn(2, |byte| *byte == b'=');
            (decode(halves.next().unwrap_or_default()), decode(halves.next().unwrap_or_default()))
        });
        Self(fields.collect())
    }

    /// Reads the query of an address.
    pub(super) fn of_query(url: &str) -> Self {
        Self::parse(super::signature::split_query(url).1.unwrap_or_default().as_bytes())
    }

    /// Reads a body by its type: multipart where it says so or looks like it, else URL-encoded.
    pub(super) fn of_body(content_type: Option<&str>, body: &[u8]) -> Self {
        let is_multipart =
            content_type.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"));
        if is_multipart && body.starts_with(b"--") { Self::multipart(body) } else { Self::parse(body) }
    }

    /// The boundary is taken from the body's own first line: some senders announce it without the two leading
    /// dashes, others with them.
    fn multipart(body: &[u8]) -> Self {
        let end = body.iter().position(|byte| *byte == b'\n').unwrap_or(body.len());
        let boundary = body.get(..end).unwrap_or_default().trim_ascii_end();
        let mut fields = Vec::new();
        if boundary.len() <= 2 {
            return Self(fields);
        }
        let mut rest = body.get(boundary.len()..).unwrap_or_default();
        while let Some(part) = after_line_end(rest) {
            let Some(next) = find(part, boundary).filter(|_| !part.is_empty()) else { break };
            let (content, tail) = part.split_at(next);
            if let Some(field) = one_part(content) {
                fields.push(field);
            }
            rest = tail.get(boundary.len()..).unwrap_or_default();
        }
        Self(fields)
    }

    /// The bytes of the first field with this name.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value.as_slice())
    }

    /// The text of the first field with this name, fit for display; blank if it is missing.
    pub(super) fn text(&self, name: &str) -> String {
        self.bytes(name).map(|bytes| plain(&String::from_utf8_lossy(bytes))).unwrap_or_default()
    }

    /// As [`Form::text`], without the blank.
    pub(super) fn filled(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whole seconds, as text.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        seconds(&self.text(name))
    }
}

/// Text without control characters, of bearable length.
pub(super) fn plain(text: &str) -> String {
    text.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST_TEXT).collect()
}

/// Whole seconds as text; nobody talks longer than a week.
pub(super) fn seconds(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|seconds| (0..=7 * 24 * 3600).contains(seconds))
}

/// An https address without blanks, or nothing.
pub(super) fn https(text: &str) -> Option<String> {
    (text.starts_with("https://") && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

fn after_line_end(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n"))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Header lines, a blank line, the value, a line end.
fn one_part(content: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (head, value) = match find(content, b"\r\n\r\n") {
        Some(at) => (content.get(..at)?, content.get(at + 4..)?),
        None => {
            let at = find(content, b"\n\n")?;
            (content.get(..at)?, content.get(at + 2..)?)
        }
    };
    let head = String::from_utf8_lossy(head);
    let name = head.split_once("name=\"")?.1.split_once('"')?.0;
    let value = value.strip_suffix(b"\r\n").or_else(|| value.strip_suffix(b"\n")).unwrap_or(value);
    Some((name.as_bytes().to_vec(), value.to_vec()))
}

/// Undoes URL encoding; `+` is a blank, and a `%` that begins no code is itself.
pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    percent_decode(&text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect::<Vec<_>>())
}

/// Undoes percent codes only.
pub(super) fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%'
            && let [high, low, after @ ..] = tail
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Encodes for a query: everything but letters, digits and `-_.~`.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
    out
}

/// Bytes as text, borrowed where they are UTF-8.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(form: &Form) -> Vec<(String, String)> {
        form.0.iter().map(|(name, value)| (lossy(name).into_owned(), lossy(value).into_owned())).collect()
    }

    #[test]
    fn a_form_of_too_many_fields_is_cut_short() {
        assert_eq!(Form::parse("a=1&".repeat(MOST_FIELDS + 1).as_bytes()).0.len(), MOST_FIELDS);
    }

    #[test]
    fn blank_and_repeated_fields_are_kept() {
        let form = Form::parse("a=1&b=&c&a=2&&d=x+y%20z%2B&e=%C3%AB&f==".as_bytes());
        let expected = [("a", "1"), ("b", ""), ("c", ""), ("a", "2"), ("d", "x y z+"), ("e", "ë"), ("f", "=")];
        assert_eq!(pairs(&form), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(form.text("a"), "1");
        assert_eq!(form.filled("b"), None);
    }

    #[test]
    fn broken_codes_and_bytes_stay_what_they_are() {
        let form = Form::parse(b"a=%&b=%4&c=%zz&d=%ff\xff&e=%0a%00x");
        assert_eq!(form.bytes("a"), Some(b"%".as_slice()));
        assert_eq!(form.bytes("b"), Some(b"%4".as_slice()));
        assert_eq!(form.bytes("c"), Some(b"%zz".as_slice()));
        assert_eq!(form.bytes("d"), Some(b"\xff\xff".as_slice()));
        assert_eq!(form.text("d"), "\u{fffd}\u{fffd}");
        assert_eq!(form.text("e"), "x");
    }

    #[test]
    fn multipart_is_read_by_its_own_first_line() {
        let body = "--b1\r\nContent-Disposition: form-data; name=\"event\"\r\n\r\nNOTIFY_START\r\n--b1\r\n\
                    Content-Disposition: form-data; name=\"blank\"\r\n\r\n\r\n--b1--\r\n";
        let expected = [("event".to_owned(), "NOTIFY_START".to_owned()), ("blank".to_owned(), String::new())];
        for kind in ["multipart/form-data; boundary=b1", "Multipart/Form-Data; boundary=--b1", "multipart/form-data"] {
            assert_eq!(pairs(&Form::of_body(Some(kind), body.as_bytes())), expected, "{kind}");
        }
        for cut in 0..body.len() {
            Form::of_body(Some("multipart/form-data"), &body.as_bytes()[..cut]);
        }
    }

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let text = "sip:a@b.c;x=1&ü +~";
        assert_eq!(encode(text), "sip%3Aa%40b.c%3Bx%3D1%26%C3%BC%20%2B~");
        assert_eq!(lossy(&decode(encode(text).as_bytes())), text);
    }
}
