//! Text from outside, fit for the log. Kommo and the telephony providers quote what they were sent, so a telephone
//! number keeps its last three digits, and anything as long as a key or a token goes.

use serde_json::Value;

/// An international number has more digits than this; shorter ones are lines and service codes.
const INTERNATIONAL: usize = 7;
/// As many digits without a plus are a number, too; Kommo's own ids are shorter.
const NATIONAL: usize = 10;
/// Our ids have 32 characters and UUIDs 36; keys, tickets, tokens and signatures are longer.
const LONGEST_ID: usize = 36;
/// Beyond this it is a page, and a body has no place in the log.
const LONGEST_TEXT: usize = 500;

/// A field's value with whatever has to be hidden in it hidden.
pub(super) fn value(value: &Value) -> Value {
    match value {
        Value::String(said) => text(said).into(),
        other => other.clone(),
    }
}

fn text(text: &str) -> String {
    let mut kept = without_keys(&without_numbers(text));
    if let Some((end, _)) = kept.char_indices().nth(LONGEST_TEXT) {
        kept.truncate(end);
        kept.push('…');
    }
    kept
}

/// The end of a telephone number, enough to recognise a call by.
pub fn number(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let end: String = digits.iter().rev().take(3).rev().collect();
    format!("…{end}")
}

fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '+' || c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let is_international = from.starts_with('+');
        let is_part = |(at, c): (usize, char)| {
            c.is_ascii_digit()
                || (at == 0 && c == '+')
                || (is_international && matches!(c, ' ' | '-' | '(' | ')' | '.'))
        };
        let end = from.char_indices().find(|part| !is_part(*part)).map_or(from.len(), |(at, _)| at);
        let (found, after) = from.split_at(end);
        // What separates a number from the next word belongs to the text.
        let shown = found.trim_end_matches([' ', '-', '(', ')', '.']);
        let digits = shown.chars().filter(char::is_ascii_digit).count();
        let within_a_word = kept.ends_with(|c: char| c.is_ascii_alphanumeric())
            || after.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_international && digits > INTERNATIONAL || digits >= NATIONAL && !within_a_word {
            kept.push_str(&number(shown));
            kept.push_str(found.strip_prefix(shown).unwrap_or_default());
        } else {
            kept.push_str(found);
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

fn without_keys(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=');
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        kept.push_str(if word.len() > LONGEST_ID { "…" } else { word });
        kept.push_str(piece.strip_prefix(word).unwrap_or_default());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_only_their_end() {
        for (said, kept) in [
            ("+49305550100", "…100"),
            ("To: +49 30 555-0100, busy", "To: …100, busy"),
            ("from +1 (202) 555-0143 to +12025550100.", "from …143 to …100."),
            ("4930555010017 is not valid", "…017 is not valid"),
            ("line 101 and code +4911", "line 101 and code +4911"),
        ] {
            assert_eq!(text(said), kept);
        }
    }

    #[test]
    fn what_finds_a_case_again_stays() {
        for said in [
            "PATCH /api/v4/leads/30111222/notes",
            "0123456789abcdef0123456789abcdef",
            "5b0f7c1e-2d34-4a56-9b78-0c1d2e3f4a5b",
            "Kommo refused the data: check [params.link: NotNullable]",
            "acme.kommo.com",
            "4F1A-09BC",
            "",
        ] {
            assert_eq!(text(said), said);
        }
    }

    #[test]
    fn keys_tokens_and_pages_do_not() {
        let key = "AAAAAAHKa5YBAgMEBQYHCAkKCwwNDg8QERITFBUWFxg";
        assert_eq!(text(&format!("no webhook {key}, sorry")), "no webhook …, sorry");
        let token = ["eyJhbGciOiJIUzI1NiJ9", &"eyJhY2NvdW50X2lkIjozfQ".repeat(3), key].join(".");
        assert_eq!(text(&format!("Bearer {token}")), "Bearer eyJhbGciOiJIUzI1NiJ9.….…");
        assert!(!text(&"whsec_".repeat(10)).contains("whsec"));
        assert_eq!(text(&"so ".repeat(400)).chars().count(), LONGEST_TEXT + 1);
    }

    #[test]
    fn other_values_stay_as_they_are() {
        assert_eq!(value(&serde_json::json!(30_111_222_333_i64)), 30_111_222_333_i64);
        assert_eq!(value(&Value::Null), Value::Null);
    }
}
