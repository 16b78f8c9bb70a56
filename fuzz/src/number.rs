//! Phone numbers as providers and people write them.

use crate::{line, text};
use kommo_voip_domain::phone::{self, PhoneKey};

/// At most three ways to look for a number in Kommo.
const MOST_FORMS: usize = 3;

/// A number after a line with the country of numbers without a country code.
pub fn numbers(data: &[u8]) {
    let (region, data) = line(data);
    let (region, typed) = (text(region), text(data));
    let _ = phone::judge(&typed, &region);
    let _ = phone::code_of(&typed);
    let Some(key) = phone::key_of(&typed, &region) else { return };
    assert_eq!(PhoneKey::parse(key.as_str()).as_ref(), Some(&key), "{typed}");
    assert_eq!(phone::key_of(key.as_str(), "US").as_ref(), Some(&key), "{typed} is another number the second time");
    assert!(!phone::format(&key).is_empty());
    let forms = phone::search_forms(&key);
    assert!((1..=MOST_FORMS).contains(&forms.len()) && forms.iter().all(|form| !form.is_empty()));
}
