//! Reads and writes JSON in the little space a page load has.
//!
//! The library's reader and writer are generic over everything a program may read, and know every float to the last
//! digit: together with their messages they weigh eight kilobytes of each page load. This reads into the library's own
//! [`Value`] and writes from it, exactly but for fractions, which nothing here counts with: they keep fifteen digits
//! when read and six decimals when written. A test lets both read and write the same.

use serde_json::{Map, Number, Value};

/// Deeper than any message of ours; a reader that trusted the depth would run out of stack.
const DEEPEST: u32 = 64;

/// Reads a whole text; `None` when it is not JSON.
pub fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text.as_bytes() };
    let value = reader.value(DEEPEST)?;
    reader.skip_blanks();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn skip_blanks(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Takes this text, if it comes next.
    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text.as_bytes());
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes this sign behind blanks, if it comes next.
    fn sign(&mut self, text: &str) -> bool {
        self.skip_blanks();
        self.take(text)
    }

    #[inline(never)]
    fn value(&mut self, deepest: u32) -> Option<Value> {
        let deeper = deepest.checked_sub(1)?;
        if self.sign("{") {
            let mut fields = Map::new();
            let mut ends = self.sign("}");
            while !ends {
                self.skip_blanks();
                let name = self.text()?;
                if !self.sign(":") {
                    return None;
                }
                let value = self.value(deeper)?;
                fields.insert(name, value);
                ends = self.ends("}")?;
            }
            return Some(Value::Object(fields));
        }
        if self.take("[") {
            let mut items = vec![];
            let mut ends = self.sign("]");
            while !ends {
                items.push(self.value(deeper)?);
                ends = self.ends("]")?;
            }
            return Some(Value::Array(items));
        }
        let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        for (word, value) in words {
            if self.take(word) {
                return Some(value);
            }
        }
        if self.rest.first() == Some(&b'"') { self.text().map(Value::String) } else { self.number() }
    }

    /// Behind an item: the end, or another item.
    fn ends(&mut self, end: &str) -> Option<bool> {
        if self.sign(end) { Some(true) } else { self.take(",").then_some(false) }
    }

    fn text(&mut self) -> Option<String> {
        if self.next()? != b'"' {
            return None;
        }
        let mut bytes = vec![];
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(bytes).ok(),
                b'\\' => {
                    let letter = match self.next()? {
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'u' => self.escaped()?,
                        plain @ (b'"' | b'\\' | b'/') => char::from(plain),
                        _ => return None,
                    };
                    bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
                control if control < 0x20 => return None,
                byte => bytes.push(byte),
            }
        }
    }

    /// A letter by its number, of two halves where it is beyond the first plane.
    fn escaped(&mut self) -> Option<char> {
        let unit = self.unit()?;
        let code = if (0xd800..0xdc00).contains(&unit) {
            let low = if self.take("\\u") { self.unit()? } else { return None };
            0x1_0000 + ((unit - 0xd800) << 10) + low.checked_sub(0xdc00).filter(|low| *low < 0x400)?
        } else {
            unit
        };
        char::from_u32(code)
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.next()?).to_digit(16)?;
        }
        Some(unit)
    }

    fn digits(&mut self, mut each: impl FnMut(u8)) -> Option<usize> {
        let before = self.rest.len();
        while let [digit @ b'0'..=b'9', rest @ ..] = self.rest {
            self.rest = rest;
            each(digit - b'0');
        }
        Some(before - self.rest.len()).filter(|count| *count > 0)
    }

    fn number(&mut self) -> Option<Value> {
        let is_negative = self.take("-");
        let leads_with_zero = self.rest.first() == Some(&b'0');
        let (mut whole, mut rough, mut scale) = (Some(0_i64), 0.0_f64, 0_i32);
        let count = self.digits(|digit| {
            let signed = if is_negative { -i64::from(digit) } else { i64::from(digit) };
            whole = whole.and_then(|whole| whole.checked_mul(10)?.checked_add(signed));
            rough = rough * 10.0 + f64::from(digit);
        })?;
        if leads_with_zero && count > 1 {
            return None;
        }
        if self.take(".") {
            whole = None;
            self.digits(|digit| {
                rough = rough * 10.0 + f64::from(digit);
                scale -= 1;
            })?;
        }
        if self.take("e") || self.take("E") {
            whole = None;
            let falls = self.take("-");
            if !falls {
                self.take("+");
            }
            let mut power = 0_i32;
            self.digits(|digit| power = power.saturating_mul(10).saturating_add(i32::from(digit)))?;
            scale = if falls { scale.saturating_sub(power) } else { scale.saturating_add(power) };
        }
        if let Some(whole) = whole {
            return Some(Value::from(whole));
        }
        // Step by step: a power function would weigh more than all of this.
        for _ in 0..scale.unsigned_abs().min(400) {
            rough = if scale < 0 { rough / 10.0 } else { rough * 10.0 };
        }
        Number::from_f64(if is_negative { -rough } else { rough }).map(Value::Number)
    }
}

/// Writes a value.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    write_to(value, &mut text);
    text
}

#[inline(never)]
fn write_to(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(number, text),
        Value::String(letters) => write_text(letters, text),
        Value::Array(items) => {
            let mut before = '[';
            for item in items {
                text.push(before);
                before = ',';
                write_to(item, text);
            }
            text.push_str(if before == '[' { "[]" } else { "]" });
        }
        Value::Object(fields) => {
            let mut before = '{';
            for (name, field) in fields {
                text.push(before);
                before = ',';
                write_text(name, text);
                text.push(':');
                write_to(field, text);
            }
            text.push_str(if before == '{' { "{}" } else { "}" });
        }
    }
}

fn write_number(number: &Number, text: &mut String) {
    if let Some(whole) = number.as_i64() {
        return text.push_str(&whole.to_string());
    }
    let millionths = number.as_f64().map_or(0, |rough| (rough * 1e6) as i64);
    if millionths < 0 {
        text.push('-');
    }
    text.push_str(&(millionths.unsigned_abs() / 1_000_000).to_string());
    text.push('.');
    // One more in front keeps the zeros.
    let decimals = (millionths.unsigned_abs() % 1_000_000 + 1_000_000).to_string();
    text.push_str(decimals.get(1..).unwrap_or_default());
}

fn write_text(letters: &str, text: &mut String) {
    text.push('"');
    for letter in letters.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            '\n' => text.push_str("\\n"),
            control if control < ' ' => {
                text.push_str("\\u00");
                for half in [control as u32 >> 4, control as u32 & 15] {
                    text.extend(char::from_digit(half, 16));
                }
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_the_library_writes_and_writes_what_the_library_reads(value in values()) {
            prop_assert_eq!(read(&value.to_string()), Some(value.clone()));
            prop_assert_eq!(read(&serde_json::to_string_pretty(&value).expect("JSON")), Some(value.clone()));
            prop_assert_eq!(serde_json::from_str::<Value>(&write(&value)).expect("JSON"), value);
        }

        #[test]
        fn what_the_library_refuses_is_refused(text in r#"[\[\]{}",:\\u0-9a-fA-F.eE+\- nrtls]{0,12}"#) {
            let library = serde_json::from_str::<Value>(&text);
            prop_assert_eq!(read(&text).is_some(), library.is_ok(), "{}: {:?}", text, library);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            read(&text);
        }
    }

    #[test]
    fn fractions_keep_what_people_write() {
        for (text, number) in [("0.5", 0.5), ("-12.25", -12.25), ("1e3", 1000.0), ("2.5E-1", 0.25), ("0", 0.0)] {
            let value = read(text).expect("a number");
            assert_eq!(value.as_f64(), Some(number), "{text}");
            assert_eq!(serde_json::from_str::<f64>(&write(&value)).expect("a number"), number, "{text}");
        }
        assert_eq!(read("18446744073709551615").and_then(|big| big.as_f64()), Some(18_446_744_073_709_551_615.0));
    }

    #[test]
    fn letters_come_through_in_every_spelling() {
        let spelled = r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é😀""#;
        assert_eq!(read(spelled), Some("\"\\/\u{8}\u{c}\n\r\té😀 é😀".into()));
        for broken in [r#""\ud83d""#, r#""\ud83dA""#, r#""\udc00""#, r#""\x""#, "\"\n\"", "\"", r#""\u12""#] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert!(read(&nested(60)).is_some());
        assert_eq!(read(&nested(100_000)), None);
    }
}
