//! What a person typed to be called, judged while they type.

use super::reading::{format, is_someones, read};
use super::{Dialled, PhoneKey};

/// No telephone system has longer lines or service codes.
const LONGEST_CODE: usize = 6;

/// What stands in a field for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// As people read it; empty if it is nothing that can be called.
    pub formatted: String,
    /// The number, if it is one.
    pub key: Option<PhoneKey>,
    /// The numbering plan of its country has such numbers.
    pub valid: bool,
    /// It may be a line of the telephone system or a service code.
    pub internal: bool,
}

/// Judges it; `region` is the country of numbers without a country code.
pub fn judge(text: &str, region: &str) -> Typed {
    match read(text, region) {
        Dialled::Number(key) => {
            Typed { formatted: format(&key), valid: is_someones(&key), internal: false, key: Some(key) }
        }
        Dialled::Short(_) | Dialled::Withheld => {
            let code = code_of(text);
            Typed { internal: code.is_some(), formatted: code.unwrap_or_default(), key: None, valid: false }
        }
    }
}

/// What a telephone system may know as a line or a service, such as `101` or `*72`; nothing else may stand beside it.
pub fn code_of(text: &str) -> Option<String> {
    let code: String = text.chars().filter(|letter| !letter.is_whitespace()).take(LONGEST_CODE + 1).collect();
    let is_code = |byte: u8| byte.is_ascii_digit() || byte == b'*' || byte == b'#';
    ((1..=LONGEST_CODE).contains(&code.len()) && code.bytes().all(is_code)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_spelling_are_told_from_codes_and_from_nothing() {
        for (text, region, formatted, valid, internal) in [
            ("030 5550100", "DE", "+49 30 5550100", true, false),
            ("+1 (415) 555-0101", "DE", "+1 415-555-0101", true, false),
            ("tel:+1-415-555-0101", "US", "+1 415-555-0101", true, false),
            ("4155550101", "US", "+1 415-555-0101", true, false),
            // A country without such numbers.
            ("1155550101", "US", "+1 1155550101", false, false),
            ("101", "US", "101", false, true),
            ("*72", "US", "*72", false, true),
            ("", "US", "", false, false),
            ("+1", "US", "", false, false),
            ("anonymous", "US", "", false, false),
            ("alice", "US", "", false, false),
            ("415 555", "US", "415555", false, true),
            ("415 5550", "US", "", false, false),
            ("<img src=x onerror=alert(1)>", "US", "", false, false),
            ("123456789012345678", "US", "", false, false),
        ] {
            let judged = judge(text, region);
            let shown = (judged.formatted.as_str(), judged.valid, judged.internal);
            assert_eq!(shown, (formatted, valid, internal), "{text}");
            assert_eq!(judged.key.is_some(), !formatted.is_empty() && !internal, "{text}");
        }
        assert_eq!(judge(&"5".repeat(1000), "US").formatted, "");
    }
}
