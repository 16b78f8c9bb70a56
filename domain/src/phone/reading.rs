//! Reading, writing and looking for numbers with the numbering plans of the world.
//!
//! A number that could exist is taken although nobody may have it yet: plans change faster than metadata, and a
//! caller who reached us certainly has one. Where a number can be read as national and as international without its
//! plus sign, the reading that some plan knows wins, and the national one if both or none do.

use super::written::{Written, is_withheld, reduce};
use super::{Dialled, PhoneKey};
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

/// The longest text looked at, in bytes; what is longer holds no number.
const LONGEST: usize = 200;

/// The shortest numbers of the world have this many digits with their country code.
const SHORTEST: usize = 7;

/// How often a key is read again until it stays the same. What does not by then is no number.
const MOST_READINGS: usize = 8;

/// Fewer digits than this, written without a country code, are an internal line unless the country has no longer
/// numbers. Drifting lower turns extensions into customers; higher loses the numbers of small countries.
const SHORTEST_NATIONAL: usize = 7;

/// Reads what a provider wrote as `from` or `to`. `default_region` is the country of numbers without a country code.
pub fn read(raw: &str, default_region: &str) -> Dialled {
    let name = || Dialled::Short(raw.trim().chars().take(64).collect());
    if raw.len() > LONGEST {
        return name();
    }
    match reduce(raw) {
        Written::Withheld => Dialled::Withheld,
        Written::Name => name(),
        Written::Digits(digits) => match number(&digits, default_region).and_then(|number| key(&number)) {
            // Grouped, without its plus or with a remark, a word spelt on a keypad is the same word.
            Some(key) if is_withheld(key.as_str()) => Dialled::Withheld,
            Some(key) => Dialled::Number(key),
            None => Dialled::Short(digits),
        },
    }
}

/// The key of a number that someone typed; none if it is no number.
pub fn key_of(raw: &str, region: &str) -> Option<PhoneKey> {
    match read(raw, region) {
        Dialled::Number(key) => Some(key),
        Dialled::Withheld | Dialled::Short(_) => None,
    }
}

/// The number as people read it, with its country code.
pub fn format(key: &PhoneKey) -> String {
    match parsed(key) {
        Some(number) => number.format_as(PhoneNumberFormat::International).into_owned(),
        None => key.to_string(),
    }
}

/// Whether the numbering plan of its country has such numbers.
pub(super) fn is_someones(key: &PhoneKey) -> bool {
    parsed(key).is_some_and(|number| number.is_valid())
}

/// What to look for in Kommo, best first and at most three. Its search finds text inside text, so a number is looked
/// for by its digits without country code, and by the two ways people group it.
pub fn search_forms(key: &PhoneKey) -> Vec<String> {
    let Some(number) = parsed(key) else { return vec![key.as_str().trim_start_matches('+').to_owned()] };
    let digits = number.get_national_significant_number();
    let last = digits.get(digits.len().saturating_sub(10)..).unwrap_or(&digits).to_owned();
    let national = number.format_as(PhoneNumberFormat::National).into_owned();
    let international = number.format_as(PhoneNumberFormat::International).into_owned();
    let prefix = format!("+{} ", number.country_code);
    let abroad = international.strip_prefix(&prefix).unwrap_or_default().to_owned();
    let mut forms = vec![last];
    for form in [abroad, national] {
        // A form that contains an earlier one finds nothing that the earlier one would not.
        if !form.is_empty() && !forms.iter().any(|known| form.contains(known.as_str())) {
            forms.push(form);
        }
    }
    forms
}

fn parsed(key: &PhoneKey) -> Option<PhoneNumber> {
    PHONE_NUMBER_UTIL.parse(key.as_str(), None).ok()
}

/// The key, as every later reading of it gives it again. A number with prefixes in odd places keeps one that the next
/// reading takes away; such a key would not find the contact that was created under it.
fn key(number: &PhoneNumber) -> Option<PhoneKey> {
    let mut key = PhoneKey::parse(&number.format_as(PhoneNumberFormat::E164))?;
    for _ in 0..MOST_READINGS {
        if key.as_str().len() <= SHORTEST {
            return None;
        }
        let again = PhoneKey::parse(&possible(key.as_str(), None)?.format_as(PhoneNumberFormat::E164))?;
        if again == key {
            return Some(key);
        }
        key = again;
    }
    None
}

/// The number the digits stand for.
fn number(digits: &str, region: &str) -> Option<PhoneNumber> {
    let region = Region::from_code(region).ok();
    if digits.starts_with('+') {
        return possible(digits, None);
    }
    // Providers write 00 whatever the caller's country would dial.
    let abroad = possible(&format!("+{}", digits.strip_prefix("00").unwrap_or(digits)), None);
    if digits.starts_with("00")
        && let Some(abroad) = abroad
    {
        // Guyana dials 001 and Nigeria 009 for calls abroad. That reading wins where only it is a number.
        let dialled = possible(digits, region).filter(|dialled| dialled.is_valid() && !abroad.is_valid());
        return Some(dialled.unwrap_or(abroad));
    }
    let home =
        possible(digits, region).filter(|number| digits.len() >= SHORTEST_NATIONAL || whole_in_its_country(number));
    // Without a plus, a handful of digits is never a number from abroad.
    let abroad = abroad.filter(|_| digits.len() > SHORTEST_NATIONAL);
    match (home, abroad) {
        (Some(home), Some(abroad)) if !home.is_valid() && abroad.is_valid() => Some(abroad),
        (home, abroad) => home.or(abroad),
    }
}

fn possible(digits: &str, region: Option<Region>) -> Option<PhoneNumber> {
    let number = canonical(PHONE_NUMBER_UTIL.parse(digits, region).ok()?);
    (number.is_possible_with_reason() == Ok(NumberLengthType::IsPossible)).then_some(number)
}

/// Whether so short a number is someone's in a country that has no ten-digit ones, or has them beside its short ones
/// without anything in between (Samoa: five digits at home, ten for some mobiles).
fn whole_in_its_country(number: &PhoneNumber) -> bool {
    let none = |sample: u64| {
        let mut longer = number.clone();
        longer.national_number = sample;
        longer.is_possible_with_reason().is_err()
    };
    number.is_valid() && (none(5_555_555_555) || (none(55_555_555) && none(555_555_555)))
}

/// Mexico dropped the 1 before mobile numbers in 2019; both forms live on in address books and switches.
fn canonical(mut number: PhoneNumber) -> PhoneNumber {
    const MOBILE: std::ops::Range<u64> = 10_000_000_000..20_000_000_000;
    if number.country_code == 52 && MOBILE.contains(&number.national_number) {
        number.national_number -= MOBILE.start;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str, region: &str) -> String {
        match read(raw, region) {
            Dialled::Number(key) => key.to_string(),
            Dialled::Short(text) => format!("short {text}"),
            Dialled::Withheld => "withheld".to_owned(),
        }
    }

    #[test]
    fn numbers_are_read_in_their_country() {
        for (raw, region, expected) in [
            ("030 5550100", "DE", "+49305550100"),
            ("+49 (0)30 5550100", "US", "+49305550100"),
            ("0049 30 5550100", "DE", "+49305550100"),
            ("0049 30 5550100", "US", "+49305550100"),
            ("011 49 30 5550100", "US", "+49305550100"),
            ("49305550100", "DE", "+49305550100"),
            ("49305550100", "US", "+49305550100"),
            ("49305550100", "BR", "+49305550100"),
            ("8 (495) 555-01-00", "RU", "+74955550100"),
            ("74955550100", "RU", "+74955550100"),
            ("4955550100", "RU", "+74955550100"),
            ("8 10 49 30 5550100", "RU", "+49305550100"),
            ("(201) 555-0123", "US", "+12015550123"),
            ("12015550123", "DE", "+12015550123"),
            ("1-201-555-0123 x5", "US", "+12015550123"),
            ("011 15 2345-6789", "AR", "+5491123456789"),
            ("+54 9 11 2345-6789", "US", "+5491123456789"),
            ("11 2345-6789", "AR", "+541123456789"),
            ("06 6982 1234", "IT", "+390669821234"),
            ("+39 06 6982 1234", "DE", "+390669821234"),
            ("312 345 6789", "IT", "+393123456789"),
            ("(11) 96123-4567", "BR", "+5511961234567"),
            ("0 15 11 96123-4567", "BR", "+5511961234567"),
            ("55 1234 5678", "MX", "+525512345678"),
            ("+52 1 55 1234 5678", "MX", "+525512345678"),
            ("5215512345678", "US", "+525512345678"),
            ("020 7183 8750", "GB", "+442071838750"),
            ("+376 712345", "ES", "+376712345"),
            ("712345", "AD", "+376712345"),
            ("22123", "WS", "+68522123"),
            ("001 592 220 1234", "GY", "+5922201234"),
            ("001 201 555 0123", "GY", "+12015550123"),
            ("tel:+1-201-555-0123", "DE", "+12015550123"),
            ("sip:12015550123@pbx.example", "US", "+12015550123"),
            ("٠٣٠ ٥٥٥٠١٠٠", "DE", "+49305550100"),
            ("030 5550100", "zz", "short 0305550100"),
        ] {
            assert_eq!(shown(raw, region), expected, "{raw} in {region}");
        }
    }

    #[test]
    fn a_key_is_read_as_itself_again() {
        let raw = "0049 0049 0049 30 9018";
        let key = key_of(raw, "US").expect("a number");
        assert_eq!(key_of(key.as_str(), "US"), Some(key));
    }

    #[test]
    fn lines_and_names_are_short() {
        for (raw, region) in [
            ("101", "US"),
            ("101", "DE"),
            ("1001", "DE"),
            ("30123", "DE"),
            ("112", "DE"),
            ("911", "US"),
            ("5550123", "US"),
            ("alice", "US"),
            ("SIP/101", "DE"),
            ("*72", "US"),
            ("+", "US"),
            ("+1", "US"),
            ("+491001", "DE"),
            ("+999123456789", "US"),
            ("1234567890123456789012345", "DE"),
            ("🦀", "US"),
            ("0", "US"),
        ] {
            assert!(matches!(read(raw, region), Dialled::Short(_)), "{raw} in {region}: {}", shown(raw, region));
            assert_eq!(key_of(raw, region), None);
        }
        assert_eq!(read("anonymous", "US"), Dialled::Withheld);
        assert_eq!(read("", ""), Dialled::Withheld);
        for keypad in ["+86282452253", "+86 282 452 253", "86282452253", "$+86282452253\n"] {
            assert_eq!(read(keypad, "US"), Dialled::Withheld, "{keypad}");
        }
    }

    #[test]
    fn long_and_odd_text_is_survived() {
        for text in ["5", "+", "é", "٣", "(", "x", " ", "\u{0}", "0-", "+1 ", "𝟗", "1x"] {
            for region in ["US", "DE", "", "\u{e9}\u{e9}", "usa"] {
                let long = text.repeat(500);
                let read = read(&long, region);
                assert!(!matches!(read, Dialled::Number(_)), "{text:?}");
                for length in 1..40 {
                    super::read(&text.repeat(length), region);
                }
            }
        }
    }

    #[test]
    fn a_number_is_formatted_for_reading() {
        for (key, expected) in [
            ("+49305550100", "+49 30 5550100"),
            ("+12015550123", "+1 201-555-0123"),
            ("+74955550100", "+7 495 555-01-00"),
            ("+999123456789", "+999123456789"),
        ] {
            assert_eq!(PhoneKey::parse(key).map(|key| format(&key)).as_deref(), Some(expected));
        }
    }

    #[test]
    fn search_forms_are_what_a_text_search_needs() {
        for (key, expected) in [
            ("+49305550100", &["305550100", "30 5550100"] as &[&str]),
            ("+12015550123", &["2015550123", "201-555-0123", "(201) 555-0123"]),
            ("+74955550100", &["4955550100", "495 555-01-00", "8 (495) 555-01-00"]),
            ("+5491123456789", &["1123456789", "9 11 2345-6789", "011 15-2345-6789"]),
            ("+999123456789", &["999123456789"]),
        ] {
            assert_eq!(PhoneKey::parse(key).map(|key| search_forms(&key)).unwrap_or_default(), expected, "{key}");
        }
    }

    #[test]
    fn whatever_is_read_reads_back_as_itself() {
        for (raw, region) in
            [("030 5550100", "DE"), ("8 495 555 01 00", "RU"), ("011 15 2345-6789", "AR"), ("06 69821234", "IT")]
        {
            let key = key_of(raw, region).expect(raw);
            assert_eq!(key_of(key.as_str(), "US"), Some(key.clone()), "{raw}");
            assert_eq!(key_of(&format(&key), "US"), Some(key), "{raw}");
        }
    }
}
