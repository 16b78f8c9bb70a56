//! Telephone numbers: one form inside, whatever was dialled, reported or typed.
//!
//! Kommo compares the last 7, 8 or 10 digits; we compare whole numbers. [`PhoneKey`] is that whole number, and what
//! a provider calls `from` or `to` is a [`Dialled`], which need not be a number at all. Reading needs the numbering
//! plans of the world, which only the Worker and the tests carry (feature `phone-metadata`).

use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(feature = "phone-metadata")]
mod reading;
#[cfg(feature = "phone-metadata")]
mod typed;
#[cfg(feature = "phone-metadata")]
mod written;

#[cfg(feature = "phone-metadata")]
pub use reading::{format, key_of, read, search_forms};
#[cfg(feature = "phone-metadata")]
pub use typed::{Typed, code_of, judge};

/// A whole number in E.164 form, `+` first. Two numbers are the same if and only if their keys are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneKey(String);

impl PhoneKey {
    /// Takes a number that is in E.164 form already; whether anyone has it is not asked.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        // E.164 allows 15 digits and names no least; with fewer than 5 nothing is left beside the country code.
        let shaped = (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        (shaped && !digits.starts_with('0')).then(|| Self(text.to_owned()))
    }

    /// The number with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PhoneKey> for String {
    fn from(key: PhoneKey) -> Self {
        key.0
    }
}

impl TryFrom<String> for PhoneKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a number must be in E.164 form, such as +493012345678")
    }
}

/// What stands in a provider's `from` or `to`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Dialled {
    /// The caller does not show a number: nobody can be found or called back.
    Withheld,
    /// An internal line, a name or a service code: not a number of the outside world.
    Short(String),
    /// A telephone number.
    Number(PhoneKey),
}

impl Dialled {
    /// The number, if it is one.
    pub fn number(&self) -> Option<&PhoneKey> {
        match self {
            Self::Number(key) => Some(key),
            Self::Withheld | Self::Short(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shape_of_e164_is_a_key() {
        for good in ["+493055501", "+12015550123", "+6834000", "+123456789012345"] {
            assert_eq!(PhoneKey::parse(good).map(|key| key.to_string()).as_deref(), Some(good));
        }
        for bad in
            ["", "+", "+1", "493055501", "+049305550", "+49 3055501", "+1234567890123456", "+4930५५५01", "++4930555"]
        {
            assert_eq!(PhoneKey::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_is_stored_as_plain_text_and_checked_when_read() {
        let key = PhoneKey::parse("+4930555010").expect("E.164");
        assert_eq!(serde_json::to_string(&key).ok().as_deref(), Some("\"+4930555010\""));
        assert_eq!(serde_json::from_str::<PhoneKey>("\"+4930555010\"").ok(), Some(key.clone()));
        assert!(serde_json::from_str::<PhoneKey>("\"4930\"").is_err());
        for dialled in [Dialled::Withheld, Dialled::Short("101".into()), Dialled::Number(key)] {
            let json = serde_json::to_string(&dialled).expect("plain data");
            assert_eq!(serde_json::from_str::<Dialled>(&json).ok(), Some(dialled), "{json}");
        }
    }
}
