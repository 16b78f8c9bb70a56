//! Which calls somebody asks for, read once from the query of an address and checked.
//!
//! A filter only ever takes calls away. Whose calls somebody may see at all is decided elsewhere and comes on top.

use crate::ids::UserId;
use crate::phone::PhoneKey;
use crate::telephony::Direction;

/// The last second of the year 9999; what lies beyond is a mistake, such as milliseconds.
const LATEST: i64 = 253_402_300_799;

/// No id is larger: JavaScript could not write it.
const LARGEST: i64 = (1 << 53) - 1;

/// From so many digits on a number is a whole one. With fewer it may be the end of one, as people remember them.
const WHOLE: usize = 10;

/// The calls somebody wants; what is left out does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// `from`: started then or later, Unix seconds.
    pub from: Option<i64>,
    /// `to`: started before, Unix seconds.
    pub to: Option<i64>,
    /// `user`: the manager the call is credited to.
    pub user: Option<UserId>,
    /// `direction`: `incoming`, `outgoing` or `internal`.
    pub direction: Option<Direction>,
    /// `outcome`: how it ended.
    pub outcome: Option<Results>,
    /// `number`: one of its two numbers.
    pub number: Option<Number>,
}

/// How a call ended, in the words of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Results {
    /// `answered`: somebody talked, or talks.
    Answered,
    /// `unanswered`: over, and nobody talked.
    Unanswered,
    /// `missed`: nobody picked up.
    Missed,
    /// `cancelled`: the caller gave up before.
    Cancelled,
    /// `voicemail`: the caller reached a voicemail.
    Voicemail,
    /// `busy`: the line was busy.
    Busy,
    /// `failed`: the call could not be set up.
    Failed,
}

impl Results {
    const ALL: [(&'static str, Self); 7] = [
        ("answered", Self::Answered),
        ("unanswered", Self::Unanswered),
        ("missed", Self::Missed),
        ("cancelled", Self::Cancelled),
        ("voicemail", Self::Voicemail),
        ("busy", Self::Busy),
        ("failed", Self::Failed),
    ];

    /// The statuses of the journal it stands for.
    pub fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Answered => &["completed", "answered"],
            Self::Unanswered => &["missed", "cancelled", "voicemail", "busy", "failed"],
            Self::Missed => &["missed"],
            Self::Cancelled => &["cancelled"],
            Self::Voicemail => &["voicemail"],
            Self::Busy => &["busy"],
            Self::Failed => &["failed"],
        }
    }

    /// Whether somebody talked in a call of this status; none while that is open.
    pub fn was_answered(status: &str) -> Option<bool> {
        if Self::Answered.statuses().contains(&status) {
            Some(true)
        } else {
            Self::Unanswered.statuses().contains(&status).then_some(false)
        }
    }
}

/// A number somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// This one, however it was typed.
    Whole(PhoneKey),
    /// Every number that ends in these digits.
    EndsIn(String),
}

/// Why a query cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FilterError {
    /// The field of the query.
    pub field: &'static str,
    /// What is wrong, as a sentence part.
    pub reason: &'static str,
}

fn wrong<T>(field: &'static str, reason: &'static str) -> Result<T, FilterError> {
    Err(FilterError { field, reason })
}

impl Filters {
    /// Reads the fields of a query. A field without a value is left out; fields that are no filters are passed over.
    /// `key_of` reads a number the way the account's country writes it.
    pub fn read<'a>(
        query: impl IntoIterator<Item = (&'a str, &'a str)>,
        key_of: impl Fn(&str) -> Option<PhoneKey>,
    ) -> Result<Self, FilterError> {
        let mut filters = Self::default();
        let mut seen: Vec<&str> = vec![];
        for (name, value) in query {
            let value = value.trim();
            let field = match name {
                "from" => "from",
                "to" => "to",
                "user" => "user",
                "direction" => "direction",
                "outcome" => "outcome",
                "number" => "number",
                _ => continue,
            };
            if seen.contains(&field) {
                return wrong(field, "must be given once");
            }
            seen.push(field);
            if value.is_empty() {
                continue;
            }
            match field {
                "from" => filters.from = Some(moment("from", value)?),
                "to" => filters.to = Some(moment("to", value)?),
                "user" => filters.user = Some(user(value)?),
                "direction" => filters.direction = Some(direction(value)?),
                "outcome" => filters.outcome = Some(results(value)?),
                _ => filters.number = Some(number(value, &key_of)?),
            }
        }
        match (filters.from, filters.to) {
            (Some(from), Some(to)) if to <= from => wrong("to", "must be later than from"),
            _ => Ok(filters),
        }
    }
}

fn moment(field: &'static str, value: &str) -> Result<i64, FilterError> {
    match value.parse() {
        Ok(seconds) if (0..=LATEST).contains(&seconds) => Ok(seconds),
        _ => wrong(field, "must be a moment in Unix seconds"),
    }
}

fn user(value: &str) -> Result<UserId, FilterError> {
    match value.parse() {
        Ok(id) if (1..=LARGEST).contains(&id) => Ok(UserId(id)),
        _ => wrong("user", "must be the id of a Kommo user"),
    }
}

fn direction(value: &str) -> Result<Direction, FilterError> {
    match value {
        "incoming" => Ok(Direction::Inbound),
        "outgoing" => Ok(Direction::Outbound),
        "internal" => Ok(Direction::Internal),
        _ => wrong("direction", "must be incoming, outgoing or internal"),
    }
}

fn results(value: &str) -> Result<Results, FilterError> {
    let found = Results::ALL.into_iter().find(|(word, _)| *word == value);
    found.map_or_else(
        || wrong("outcome", "must be answered, unanswered, missed, cancelled, voicemail, busy or failed"),
        |(_, results)| Ok(results),
    )
}

/// The digits of a number as people type it, or of its end; none where it holds anything else, or too little.
pub fn digits(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let is_spelling = typed.chars().all(|letter| letter.is_ascii_digit() || " +-().,/\u{a0}".contains(letter));
    (is_spelling && (2..=15).contains(&digits.len())).then_some(digits)
}

fn number(value: &str, key_of: &impl Fn(&str) -> Option<PhoneKey>) -> Result<Number, FilterError> {
    let Some(digits) = digits(value) else {
        return wrong("number", "must be a telephone number or its last digits, at least two");
    };
    // With a country code, with the 0 in front of it or of an area code, or with this many digits.
    let is_whole = value.starts_with('+') || digits.starts_with('0') || digits.len() >= WHOLE;
    Ok(match key_of(value).filter(|_| is_whole) {
        Some(key) => Number::Whole(key),
        None => Number::EndsIn(digits),
    })
}

#[cfg(all(test, feature = "phone-metadata"))]
mod tests {
    use super::*;
    use crate::phone::key_of;

    fn read(query: &[(&str, &str)]) -> Result<Filters, FilterError> {
        Filters::read(query.iter().copied(), |text| key_of(text, "DE"))
    }

    #[test]
    fn every_filter_is_read_and_an_empty_one_is_none() {
        let all = [
            ("from", "100"),
            ("to", "200"),
            ("user", "7"),
            ("direction", "incoming"),
            ("outcome", "missed"),
            ("number", "030 5550100"),
            ("cursor", "1-2"),
        ];
        let filters = read(&all).expect("filters");
        assert_eq!((filters.from, filters.to, filters.user), (Some(100), Some(200), Some(UserId(7))));
        assert_eq!((filters.direction, filters.outcome), (Some(Direction::Inbound), Some(Results::Missed)));
        assert_eq!(filters.number, PhoneKey::parse("+49305550100").map(Number::Whole));
        assert_eq!(read(&[]), Ok(Filters::default()));
        let empty = ["from", "to", "user", "direction", "outcome", "number"].map(|name| (name, " "));
        assert_eq!(read(&empty), Ok(Filters::default()));
    }

    #[test]
    fn a_number_is_whole_in_any_spelling_or_the_end_of_one() {
        let whole = PhoneKey::parse("+49305550100").map(Number::Whole);
        for spelling in ["+49 30 5550100", "0049305550100", "(030) 555-0100", "030/5550100", "49305550100"] {
            assert_eq!(read(&[("number", spelling)]).ok().and_then(|filters| filters.number), whole, "{spelling}");
        }
        for (typed, digits) in [("5550100", "5550100"), ("0100", "0100"), ("101", "101"), ("555-01", "55501")] {
            let number = read(&[("number", typed)]).ok().and_then(|filters| filters.number);
            assert_eq!(number, Some(Number::EndsIn(digits.to_owned())), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_its_name() {
        for (name, value) in [
            ("from", "yesterday"),
            ("from", "-1"),
            ("to", "1.5"),
            ("to", "1780000000000"),
            ("from", "99999999999999999999"),
            ("user", "me"),
            ("user", "0"),
            ("user", "9223372036854775807"),
            ("user", "7 OR 1=1"),
            ("direction", "Incoming"),
            ("outcome", "completed"),
            ("outcome", "%"),
            ("number", "5"),
            ("number", "Nora"),
            ("number", "%"),
            ("number", "12%34"),
            ("number", "' OR '1'='1"),
            ("number", "1234567890123456"),
            ("number", "+"),
        ] {
            let error = read(&[(name, value)]).expect_err(value);
            assert_eq!(error.field, name, "{value}");
        }
        assert_eq!(read(&[("from", "5"), ("to", "5")]).expect_err("nothing between").field, "to");
        assert_eq!(read(&[("user", "5"), ("user", "6")]).expect_err("which one").field, "user");
    }

    #[test]
    fn every_status_is_answered_or_not_or_still_open() {
        for (status, answered) in [
            ("completed", Some(true)),
            ("answered", Some(true)),
            ("missed", Some(false)),
            ("cancelled", Some(false)),
            ("voicemail", Some(false)),
            ("busy", Some(false)),
            ("failed", Some(false)),
            ("ringing", None),
        ] {
            assert_eq!(Results::was_answered(status), answered, "{status}");
            let found = Results::ALL.iter().filter(|(_, results)| results.statuses().contains(&status)).count();
            assert_eq!(found > 0, answered.is_some(), "{status}");
        }
    }
}
