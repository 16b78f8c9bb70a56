//! What somebody chose in the journal's filter bar, and the query it becomes.

use super::ask::encode;
use crate::journal::digits;
use crate::time::Moment;

const DAY: i64 = 86_400;

/// The times one can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Today.
    Today,
    /// Today and the six days before.
    Week,
    /// Today and the 29 days before.
    Month,
    /// From one day to another, both as one likes.
    Own,
}

impl Range {
    /// All of them, in their order on the page.
    pub(crate) const ALL: [Self; 4] = [Self::Today, Self::Week, Self::Month, Self::Own];
}

/// When the user's days begin, Unix seconds: today, six days ago, 29 days ago. Only the browser knows.
pub type DayStarts = [i64; 3];

/// An end of the time one chooses oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The first day.
    From,
    /// The last day, which is still in it.
    To,
}

/// A list or field of the filter bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalField {
    /// Whose calls.
    User,
    /// From outside, to outside, or between us.
    Direction,
    /// How they ended.
    Outcome,
    /// With which number.
    Number,
}

/// A day as typed, and the moment it stands for in the browser's zone.
pub(crate) type Typed = (String, Option<i64>);

/// The chosen filters. Words are those of the server's query; an empty one does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) range: Range,
    pub(crate) from: Typed,
    pub(crate) to: Typed,
    pub(crate) user: String,
    pub(crate) direction: String,
    pub(crate) outcome: String,
    pub(crate) number: String,
    starts: DayStarts,
}

impl Chosen {
    /// The last seven days, and nothing else.
    pub(crate) fn new(starts: DayStarts) -> Self {
        let nothing = || (String::new(), None);
        Self {
            range: Range::Week,
            from: nothing(),
            to: nothing(),
            user: String::new(),
            direction: String::new(),
            outcome: String::new(),
            number: String::new(),
            starts,
        }
    }

    /// Every call there is.
    pub(crate) fn clear(&mut self) {
        *self = Self { range: Range::Own, ..Self::new(self.starts) };
    }

    /// Chooses a time. One's own begins with what was shown before.
    pub(crate) fn choose(&mut self, range: Range, now: Moment) {
        if range == Range::Own {
            let (from, to) = self.span(now);
            (self.from, self.to) = ((String::new(), from), (String::new(), to.or(Some(self.today(now) + DAY))));
        }
        self.range = range;
    }

    pub(crate) fn set(&mut self, field: JournalField, text: String) {
        *match field {
            JournalField::User => &mut self.user,
            JournalField::Direction => &mut self.direction,
            JournalField::Outcome => &mut self.outcome,
            JournalField::Number => &mut self.number,
        } = text;
    }

    /// The beginning of today; the page may have stood open over midnight.
    pub(crate) fn today(&self, now: Moment) -> i64 {
        let [today, ..] = self.starts;
        today + self.days_since(now) * DAY
    }

    fn days_since(&self, now: Moment) -> i64 {
        let [today, ..] = self.starts;
        (now.seconds() - today).div_euclid(DAY).max(0)
    }

    /// The chosen time: from then on, and up to then.
    pub(crate) fn span(&self, now: Moment) -> (Option<i64>, Option<i64>) {
        let [today, week, month] = self.starts.map(|start| Some(start + self.days_since(now) * DAY));
        match self.range {
            Range::Today => (today, None),
            Range::Week => (week, None),
            Range::Month => (month, None),
            Range::Own => (self.from.1, self.to.1),
        }
    }

    /// The last day comes before the first.
    pub(crate) fn is_backwards(&self) -> bool {
        self.range == Range::Own && matches!((self.from.1, self.to.1), (Some(from), Some(to)) if to <= from)
    }

    /// What is typed as a number is none, nor the end of one.
    pub(crate) fn is_no_number(&self) -> bool {
        let typed = self.number.trim();
        !typed.is_empty() && digits(typed).is_none()
    }

    /// The query, without what does not matter.
    pub(crate) fn query(&self, now: Moment) -> String {
        let (from, to) = self.span(now);
        let moment = |at: Option<i64>| at.map(|at| at.to_string()).unwrap_or_default();
        let mut query = String::new();
        for (name, value) in [
            ("from", &moment(from)),
            ("to", &moment(to)),
            ("user", &self.user),
            ("direction", &self.direction),
            ("outcome", &self.outcome),
            ("number", &self.number),
        ] {
            if !value.trim().is_empty() {
                let before = if query.is_empty() { "" } else { "&" };
                query.push_str(&[before, name, "=", &encode(value.trim())].concat());
            }
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::journal::{Filters, Number, Results};
    use crate::telephony::Direction;

    const STARTS: DayStarts = [1_000_000, 1_000_000 - 6 * DAY, 1_000_000 - 29 * DAY];

    fn now() -> Moment {
        Moment::from_seconds(STARTS[0] + 3600)
    }

    /// As the server reads it.
    fn understood(chosen: &Chosen) -> Filters {
        let query = chosen.query(now());
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("%2B", "+").replace("%20", " ")))
            .collect();
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Filters::read(pairs, |_| None).expect("the server understands it")
    }

    #[test]
    fn the_server_understands_every_choice() {
        let mut chosen = Chosen::new(STARTS);
        assert_eq!(understood(&chosen), Filters { from: Some(STARTS[1]), ..Filters::default() });
        chosen.choose(Range::Own, now());
        let (from, to) = (Some(STARTS[1]), Some(STARTS[0] + DAY));
        assert_eq!(understood(&chosen), Filters { from, to, ..Filters::default() });
        chosen.choose(Range::Today, now());
        for (field, text) in [
            (JournalField::User, "7"),
            (JournalField::Direction, "outgoing"),
            (JournalField::Outcome, "unanswered"),
            (JournalField::Number, " +49 30 5550100 "),
        ] {
            chosen.set(field, text.to_owned());
        }
        let all = Filters {
            from: Some(STARTS[0]),
            to: None,
            user: Some(UserId(7)),
            direction: Some(Direction::Outbound),
            outcome: Some(Results::Unanswered),
            number: Some(Number::EndsIn("49305550100".into())),
        };
        assert_eq!(understood(&chosen), all);
        chosen.clear();
        assert!(chosen.query(now()).is_empty());
    }

    #[test]
    fn a_page_open_over_midnight_shows_the_new_day() {
        let mut chosen = Chosen::new(STARTS);
        chosen.choose(Range::Today, now());
        let tomorrow = Moment::from_seconds(STARTS[0] + DAY + 60);
        assert_eq!(chosen.span(tomorrow), (Some(STARTS[0] + DAY), None));
        let before = Moment::from_seconds(STARTS[0] - 60);
        assert_eq!(chosen.span(before).0, Some(STARTS[0]), "a clock that was set back");
    }

    #[test]
    fn what_cannot_be_meant_is_seen_before_it_is_asked() {
        let mut chosen = Chosen::new(STARTS);
        for (typed, is_bad) in [("", false), ("  ", false), ("0100", false), ("5", true), ("Nora", true)] {
            chosen.set(JournalField::Number, typed.to_owned());
            assert_eq!(chosen.is_no_number(), is_bad, "{typed}");
        }
        chosen.choose(Range::Own, now());
        assert!(!chosen.is_backwards());
        chosen.to = (String::new(), chosen.from.1);
        assert!(chosen.is_backwards());
    }
}
