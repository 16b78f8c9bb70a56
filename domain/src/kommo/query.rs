//! Paths with a query, percent-encoded.
//!
//! A plus sign of a phone number would arrive as a space if it were sent bare, and Kommo would find nothing.

use std::fmt::Write;

/// The most ids one list request may name.
pub(crate) const MOST_IDS: usize = 250;

/// A path that gathers query pairs.
pub(crate) struct Query {
    path: String,
    empty: bool,
}

impl Query {
    /// Starts from a path without a query.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), empty: true }
    }

    /// Adds one pair, both sides encoded.
    pub(crate) fn pair(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.path.push(if self.empty { '?' } else { '&' });
        self.empty = false;
        encode_into(&mut self.path, name);
        self.path.push('=');
        encode_into(&mut self.path, value.as_ref());
        self
    }

    /// The finished path.
    pub(crate) fn path(self) -> String {
        self.path
    }
}

/// The path of a list of entities by id, with what each is linked to.
pub(crate) fn by_ids(list: &str, with: &str, ids: impl Iterator<Item = i64>) -> String {
    let query = Query::new(format!("/api/v4/{list}")).pair("with", with).pair("limit", MOST_IDS.to_string());
    ids.take(MOST_IDS).fold(query, |query, id| query.pair("filter[id][]", id.to_string())).path()
}

/// One segment of a path or query, with everything but unreserved characters encoded.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode_into(&mut out, text);
    out
}

fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_encoded_and_joined() {
        let path = Query::new("/a").pair("filter[id][]", "1").pair("query", "+49 (30) é&=").path();
        assert_eq!(path, "/a?filter%5Bid%5D%5B%5D=1&query=%2B49%20%2830%29%20%C3%A9%26%3D");
        assert_eq!(Query::new("/b").path(), "/b");
        assert_eq!(encode("a/b?c"), "a%2Fb%3Fc");
    }
}
