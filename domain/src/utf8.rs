//! JSON that comes as bytes. It is read as text, as everything else is: reading each type both ways would put the code
//! for it into the Worker twice.

use serde::Deserialize;
use serde::de::Error;

/// Reads JSON.
///
/// # Errors
///
/// It is no UTF-8, no JSON, or not what was wanted.
pub(crate) fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_str(std::str::from_utf8(bytes).map_err(serde_json::Error::custom)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_no_json() {
        assert_eq!(json::<Vec<i64>>(b"[1,2]").ok(), Some(vec![1, 2]));
        assert!(json::<String>(b"\"\xff\"").is_err() && json::<String>(b"\"").is_err());
    }
}
