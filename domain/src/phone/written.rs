//! What a person or a machine wrote, reduced to a plus sign and digits.
//!
//! The library that knows the numbering plans is only ever given plain ASCII digits: its own reading of free text is
//! generous (letters count as keypad digits), and text from outside should not reach a parser of that size.

/// What is left of a written number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Nobody.
    Withheld,
    /// A name or code.
    Name,
    /// Digits, with a plus in front if there was one.
    Digits(String),
}

/// What providers and switches write for a caller who shows no number.
const WITHHELD: &[&str] = &[
    "",
    "-",
    "anonymous",
    "unknown",
    "restricted",
    "private",
    "unavailable",
    "withheld",
    "blocked",
    "hidden",
    "no number",
    "number withheld",
    "private number",
    "caller id unavailable",
    "null",
    "none",
    // The same words spelt on a keypad, as Twilio reports them.
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8656696",
    "+86282452253",
];

/// Words that begin an extension, in the languages we have met.
const EXTENSION: &[&str] =
    &["x", "ext", "extn", "extension", "доб", "вн", "ramal", "anexo", "interno", "int", "poste", "dw"];

/// The first code points of the decimal digits of scripts in use; ten follow one another in each.
const DIGITS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0,
    0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10,
];

fn digit(c: char) -> Option<char> {
    if c.is_ascii_digit() {
        return Some(c);
    }
    let code = u32::from(c);
    DIGITS.iter().find_map(|zero| char::from_digit(code.checked_sub(*zero)?, 10))
}

fn is_plus(c: char) -> bool {
    c == '+' || c == '＋'
}

/// Whether a text in lower case stands for no number.
pub(super) fn is_withheld(text: &str) -> bool {
    WITHHELD.contains(&text)
}

/// Reads what stands in a field for numbers.
pub(super) fn reduce(raw: &str) -> Written {
    let address = address(raw.trim());
    if is_withheld(&address.to_lowercase()) {
        return Written::Withheld;
    }
    let Some(start) = address.find(|c| is_plus(c) || digit(c).is_some()) else { return Written::Name };
    let (before, rest) = address.split_at(start);
    // A service code such as *72, or a name that ends in digits.
    if before.contains(['*', '#']) || before.ends_with(|c: char| c.is_alphabetic() || c == '_') {
        return Written::Name;
    }
    match digits(rest) {
        Some(digits) => Written::Digits(in_context(digits, raw)),
        None => Written::Name,
    }
}

/// The part of a display name, a `tel:` or a `sip:` address that is the number.
fn address(raw: &str) -> &str {
    let inner = raw.rsplit_once('<').map_or(raw, |(_, inner)| inner.split('>').next().unwrap_or(inner));
    let has_scheme = |scheme: &&&str| inner.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let scheme = ["tel:", "sip:", "sips:", "callto:"].iter().find(has_scheme).map_or(0, |scheme| scheme.len());
    let bare = inner.get(scheme..).unwrap_or(inner);
    let user = bare.split('@').next().unwrap_or(bare);
    user.split([';', '?']).next().unwrap_or(user).trim()
}

/// The digits up to the extension, to a second number or to a remark; none if it is a name after all.
fn digits(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if let Some(digit) = digit(c) {
            out.push(digit);
        } else if is_plus(c) {
            if !out.is_empty() {
                break;
            }
            out.push('+');
        } else if c.is_alphabetic() {
            let rest = text.get(at..).unwrap_or_default();
            let word = rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
            let apart = !before.is_alphanumeric();
            // "0301x5" has an extension and "030 1 office" a remark; "4f3a" is a name.
            if !apart && !EXTENSION.contains(&word.as_str()) {
                return None;
            }
            break;
        } else if matches!(c, ',' | '#' | '*' | '|' | '\n' | '_') {
            break;
        }
        before = c;
    }
    out.contains(|c: char| c.is_ascii_digit()).then_some(out)
}

/// A local number of a `tel:` address belongs to the country its context names.
fn in_context(digits: String, raw: &str) -> String {
    let context = raw.split_once(";phone-context=+").map(|(_, context)| context.split(';').next().unwrap_or_default());
    match context {
        Some(country) if !digits.starts_with('+') && country.bytes().all(|b| b.is_ascii_digit()) => {
            format!("+{country}{digits}")
        }
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_reduced_to_digits() {
        for (raw, expected) in [
            ("+49 (30) 555-01.00", "+49305550100"),
            ("＋４９ ３０ ５５５", "+4930555"),
            ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
            ("tel:+49-30-5550100;ext=12", "+49305550100"),
            ("tel:5550100;phone-context=+4930", "+49305550100"),
            ("sip:+49305550100@pbx.example:5060;user=phone", "+49305550100"),
            ("\"Ada Berg\" <sip:049305550100@10.0.0.1>", "049305550100"),
            ("Ada 2 <+49305550100>", "+49305550100"),
            ("030 5550100 x12", "0305550100"),
            ("030 5550100x12", "0305550100"),
            ("030 5550100 ext. 12", "0305550100"),
            ("8 495 555-01-00 доб. 5", "84955550100"),
            ("030 5550100 (office 2)", "0305550100"),
            ("030 5550100,,4", "0305550100"),
            ("Tel.: 030/5550100", "0305550100"),
            ("SIP/101", "101"),
            ("+49 30 5550100 / +49 171 1234567", "+49305550100"),
            ("\u{202a}+49\u{a0}30\u{2011}5550100\u{202c}", "+49305550100"),
        ] {
            assert_eq!(reduce(raw), Written::Digits(expected.into()), "{raw}");
        }
    }

    #[test]
    fn names_and_codes_are_not_numbers() {
        for raw in [
            "alice",
            "alice2015550123",
            "4f3a9c",
            "*72",
            "#31#4930555",
            "sip:bob@10.0.0.1",
            "a@b.com",
            "+",
            "queue_5550100",
        ] {
            assert_eq!(reduce(raw), Written::Name, "{raw}");
        }
    }

    #[test]
    fn a_caller_without_a_number_is_withheld() {
        for raw in [
            "",
            "  ",
            "Anonymous",
            "sip:anonymous@anonymous.invalid",
            "<unknown>",
            "RESTRICTED",
            "private",
            "+266696687",
        ] {
            assert_eq!(reduce(raw), Written::Withheld, "{raw}");
        }
    }
}
