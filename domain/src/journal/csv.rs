//! The file of calls for spreadsheets: RFC 4180, with a byte order mark, and without anything a spreadsheet would run.
//!
//! A cell that begins like a formula is one to a spreadsheet, and its text comes from whoever calls: so such a cell
//! begins with an apostrophe instead. The same holds behind whatever a spreadsheet of another country takes for the end
//! of a cell. A person's own "-" at the beginning of a line gets one too; that is the price.

use super::words::{COLUMNS, Language, direction, outcome, result, word};
use crate::telephony::Direction;

/// Tells spreadsheets that the file is UTF-8.
pub const BOM: &str = "\u{feff}";

/// One call of the file. Moments are written already.
#[derive(Debug, Clone, Default)]
pub struct CsvCall {
    /// When it started, ISO 8601.
    pub started: String,
    /// Its direction.
    pub direction: Option<Direction>,
    /// Who called.
    pub from: String,
    /// Who was called.
    pub to: String,
    /// The journal's status.
    pub status: String,
    /// Seconds of talk.
    pub talk: i64,
    /// The manager it is credited to.
    pub manager: String,
    /// Kommo's result, 1 to 7.
    pub result: Option<u8>,
    /// The result in words.
    pub text: String,
    /// The rating, 1 to 5.
    pub rating: Option<u8>,
    /// Why this rating.
    pub reason: String,
    /// Where it was logged: name, or kind and id where the reader may not see the name.
    pub logged: String,
    /// It was recorded. The link is not in the file: whoever has it hears the call.
    pub recorded: bool,
    /// Our id.
    pub id: String,
}

/// The first line. Its first column names the zone of the times.
pub fn header(language: &str, zone: &str) -> String {
    let language = Language::of(language);
    let mut columns: Vec<String> = COLUMNS.iter().map(|words| word(words, language).to_owned()).collect();
    if let Some(started) = columns.first_mut() {
        started.push_str(&[" (", zone, ")"].concat());
    }
    row(columns.iter().map(String::as_str))
}

/// The line of a call.
pub fn line(call: &CsvCall, language: &str) -> String {
    let language = Language::of(language);
    let digits = |number: Option<u8>| number.map(|number| number.to_string()).unwrap_or_default();
    row([
        call.started.as_str(),
        call.direction.map_or("", |one| direction(one, language)),
        &call.from,
        &call.to,
        outcome(&call.status, language),
        &call.talk.max(0).to_string(),
        &call.manager,
        call.result.map_or("", |number| result(number, language)),
        &call.text,
        &digits(call.rating),
        &call.reason,
        &call.logged,
        word(if call.recorded { &["yes", "sí", "sim"] } else { &["no", "no", "não"] }, language),
        &call.id,
    ])
}

/// The last line of a file in which calls are missing.
pub fn truncated(most: usize, language: &str) -> String {
    let words = [
        "Only the newest {most} calls are in this file. Choose a shorter time for the others.",
        "Este archivo contiene solo las {most} llamadas más recientes. Elija un período más corto para ver las demás.",
        "Este arquivo contém apenas as {most} ligações mais recentes. Escolha um período menor para obter as demais.",
    ];
    row([word(&words, Language::of(language)).replace("{most}", &most.to_string()).as_str()])
}

fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for text in cells {
        if !line.is_empty() {
            line.push(',');
        }
        cell(text, &mut line);
    }
    line.push_str("\r\n");
    line
}

/// Always in quotes, so that no text decides where a cell ends.
fn cell(text: &str, line: &mut String) {
    line.push('"');
    let mut begins = true;
    for letter in text.chars() {
        // Spreadsheets read these as their narrow twins.
        let is_formula = matches!(letter, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
        if begins && is_formula {
            line.push('\'');
        }
        // A spreadsheet skips what is blank or unseen before it looks for a formula.
        begins = match letter {
            ';' | '\t' | '\r' | '\n' | '|' | '"' => true,
            _ => begins && (letter.is_whitespace() || letter.is_control() || "\u{feff}\u{200b}".contains(letter)),
        };
        match letter {
            '"' => line.push_str("\"\""),
            // Nothing but trouble comes of the other control characters.
            '\t' | '\n' | '\r' => line.push(letter),
            control if control.is_control() => line.push(' '),
            letter => line.push(letter),
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut line = String::new();
        cell(text, &mut line);
        line
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "\"'=1+1\""),
            ("+49305550100", "\"'+49305550100\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"\t'=1\""),
            ("\r\n=1", "\"\r\n'=1\""),
            ("  =1", "\"  '=1\""),
            ("\u{feff}=1", "\"\u{feff}'=1\""),
            ("＝1", "\"'＝1\""),
            ("a;=cmd|' /C calc'!A0", "\"a;'=cmd|' /C calc'!A0\""),
            ("a\n+b", "\"a\n'+b\""),
            ("\"=1", "\"\"\"'=1\""),
            ("\u{0}=1", "\" '=1\""),
            ("a=b, c-d", "\"a=b, c-d\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("", "\"\""),
        ] {
            assert_eq!(written(text), cell, "{text:?}");
        }
    }

    #[test]
    fn a_line_has_a_cell_for_every_column_in_the_readers_language() {
        let call = CsvCall {
            started: "2026-11-27T09:15:00+01:00".into(),
            direction: Some(Direction::Inbound),
            from: "+49305550100".into(),
            to: "101".into(),
            status: "completed".into(),
            talk: 42,
            manager: "Max, \"the\" Modest".into(),
            result: Some(4),
            text: "one\ntwo".into(),
            rating: Some(5),
            reason: String::new(),
            logged: "Nora".into(),
            recorded: true,
            id: "ab".into(),
        };
        let expected = "\"2026-11-27T09:15:00+01:00\",\"incoming\",\"'+49305550100\",\"101\",\"answered\",\"42\",\
            \"Max, \"\"the\"\" Modest\",\"Talked\",\"one\ntwo\",\"5\",\"\",\"Nora\",\"yes\",\"ab\"\r\n";
        assert_eq!(line(&call, "en"), expected);
        assert!(line(&call, "es").contains("\"entrante\"") && line(&call, "pt-BR").contains("\"atendida\""));
        for language in ["en", "es", "pt", "xx", ""] {
            let head = header(language, "Europe/Berlin");
            assert_eq!(head.matches("\",\"").count() + 1, COLUMNS.len(), "{head}");
            assert!(head.contains("(Europe/Berlin)") && head.ends_with("\r\n"), "{head}");
            assert!(truncated(10_000, language).contains("10000"));
        }
        assert_eq!(line(&CsvCall::default(), "en").matches("\",\"").count() + 1, COLUMNS.len());
    }
}
