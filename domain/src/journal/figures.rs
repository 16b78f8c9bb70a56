//! What is counted over the calls of the journal: by hour of the day, by day, by manager.
//!
//! The database counts per quarter of an hour, since every zone of the world is whole quarters away from UTC; which
//! hour and day a quarter belongs to is then told by the account's zone, with its change of clocks.

use super::{Day, Results};
use crate::ids::UserId;
use crate::protocol::{DayFigure, FiguresResponse, RatingFigure};
use crate::time::{Millis, Moment};
use std::collections::BTreeMap;

/// Seconds of a quarter of an hour.
pub const QUARTER: i64 = 900;

/// Days shown at most, the newest; a picture of more has no room for its bars.
pub const MOST_DAYS: i64 = 400;

const HOURS: usize = 24;
const DAY: Millis = Millis::minutes(24 * 60);

/// Calls of one status that started in the same quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Which quarter since 1970.
    pub quarter: i64,
    /// The status.
    pub status: String,
    /// How many.
    pub calls: u32,
    /// Seconds of talk in all of them.
    pub talk: i64,
}

/// The ratings of one manager's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatingTally {
    /// The manager the calls are credited to.
    pub user: UserId,
    /// How many were rated.
    pub count: u32,
    /// The sum of the scores.
    pub sum: i64,
}

/// The time that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its beginning, if one was given.
    pub from: Option<Moment>,
    /// Its end, if one was given; the moment itself is not in it.
    pub to: Option<Moment>,
    /// Now.
    pub now: Moment,
}

/// Offsets of a zone in minutes. Asking the runtime is slow, and within most days nothing changes.
pub struct Offsets<'a> {
    ask: &'a dyn Fn(Moment) -> i64,
    of_day: BTreeMap<i64, Option<i64>>,
}

impl<'a> Offsets<'a> {
    /// Of a zone that tells how many minutes its clocks are ahead of UTC at a moment.
    pub fn new(ask: &'a dyn Fn(Moment) -> i64) -> Self {
        Self { ask, of_day: BTreeMap::new() }
    }

    /// How many minutes at this one.
    pub fn at(&mut self, at: Moment) -> i64 {
        let day = at.0.div_euclid(DAY.0);
        let ask = self.ask;
        let steady = *self.of_day.entry(day).or_insert_with(|| {
            let midnight = Moment(day * DAY.0);
            let offset = ask(midnight);
            (ask(midnight + DAY) == offset).then_some(offset)
        });
        steady.unwrap_or_else(|| ask(at))
    }
}

/// Everything but the ratings, which are of managers and not of hours. `offset_at` tells how many minutes the account's
/// clocks are ahead of UTC at a moment.
pub fn figures(tallies: &[Tally], span: Span, offset_at: &dyn Fn(Moment) -> i64) -> FiguresResponse {
    let mut offsets = Offsets::new(offset_at);
    let mut hours = vec![0_u32; HOURS];
    let mut days: BTreeMap<Day, DayFigure> = BTreeMap::new();
    let mut all = FiguresResponse::default();
    for tally in tallies {
        let at = Moment::from_seconds(tally.quarter * QUARTER);
        let offset = offsets.at(at);
        let minute = (at.seconds().div_euclid(60) + offset).rem_euclid(24 * 60);
        if let Some(hour) = usize::try_from(minute / 60).ok().and_then(|hour| hours.get_mut(hour)) {
            *hour += tally.calls;
        }
        let day = days.entry(Day::of(at, offset)).or_default();
        all.calls += tally.calls;
        all.talk += tally.talk.max(0);
        match Results::was_answered(&tally.status) {
            Some(true) => {
                all.answered += tally.calls;
                day.answered += tally.calls;
            }
            Some(false) => {
                all.unanswered += tally.calls;
                day.unanswered += tally.calls;
            }
            // Still ringing: a call, and neither of the two yet.
            None => {}
        }
    }
    all.average_talk = if all.answered > 0 { all.talk / i64::from(all.answered) } else { 0 };
    all.hours = hours;
    let mut day_of = |at: Moment| Day::of(at, offsets.at(at));
    // Whole days without a call show as such, from the first to the last that was asked about.
    let first = span.from.map(&mut day_of).or(days.keys().next().copied());
    let end = span.to.map(|to| Moment(to.0 - 1)).unwrap_or(span.now).min(span.now);
    let last = days.keys().next_back().copied().max(first.map(|_| day_of(end)));
    if let (Some(first), Some(last)) = (first, last) {
        let first = Day(first.0.max(last.0 - (MOST_DAYS - 1)));
        all.days = (first.0..=last.0)
            .map(|day| DayFigure { day: Day(day).to_string(), ..days.remove(&Day(day)).unwrap_or_default() })
            .collect();
    }
    all
}

/// The ratings, the best first; among equals whoever has more of them.
pub fn ratings(tallies: &[RatingTally]) -> Vec<RatingFigure> {
    let mut found: Vec<RatingFigure> = tallies
        .iter()
        .filter(|tally| tally.count > 0)
        .map(|tally| RatingFigure {
            user: tally.user,
            count: tally.count,
            // Two decimals say more than anybody reads.
            average: ((tally.sum as f64 / f64::from(tally.count)) * 100.0).round() / 100.0,
        })
        .collect();
    crate::short::sort_by(&mut found, |one, other| {
        other.average.total_cmp(&one.average).then(other.count.cmp(&one.count)).is_lt()
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday 27 March 2026, 00:00 UTC. Berlin's clocks went from +1 to +2 hours on Sunday the 29th at 01:00 UTC.
    const FRIDAY: i64 = 1_774_569_600;
    const CHANGE: i64 = FRIDAY + 2 * 86_400 + 3600;

    fn berlin(at: Moment) -> i64 {
        if at.seconds() < CHANGE { 60 } else { 120 }
    }

    fn tally(seconds: i64, status: &str, calls: u32, talk: i64) -> Tally {
        Tally { quarter: seconds.div_euclid(QUARTER), status: status.into(), calls, talk }
    }

    fn at(day: i64, hour: i64, minute: i64) -> i64 {
        FRIDAY + day * 86_400 + hour * 3600 + minute * 60
    }

    #[test]
    fn hours_and_days_are_the_accounts_over_the_change_of_clocks() {
        let tallies = [
            tally(at(0, 8, 10), "completed", 2, 100),
            tally(at(0, 8, 10), "missed", 1, 0),
            // 23:30 UTC is half past midnight of the next day.
            tally(at(0, 23, 30), "busy", 1, 0),
            tally(at(2, 0, 45), "completed", 1, 20),
            // An hour later clocks show two hours more.
            tally(at(2, 1, 45), "voicemail", 3, 0),
            tally(at(2, 8, 0), "answered", 1, 0),
            tally(at(2, 8, 0), "ringing", 1, 0),
        ];
        let now = Moment::from_seconds(at(3, 12, 0));
        let span = Span { from: Some(Moment::from_seconds(at(-1, 23, 0))), to: None, now };
        let figures = figures(&tallies, span, &berlin);
        let busy: Vec<(usize, u32)> =
            figures.hours.iter().copied().enumerate().filter(|(_, calls)| *calls > 0).collect();
        assert_eq!(busy, vec![(0, 1), (1, 1), (3, 3), (9, 3), (10, 2)]);
        let days: Vec<_> = figures.days.iter().map(|day| (day.day.as_str(), day.answered, day.unanswered)).collect();
        assert_eq!(days, vec![("2026-03-27", 2, 1), ("2026-03-28", 0, 1), ("2026-03-29", 2, 3), ("2026-03-30", 0, 0)]);
        assert_eq!((figures.calls, figures.answered, figures.unanswered), (10, 4, 5));
        assert_eq!((figures.talk, figures.average_talk), (120, 30));
    }

    #[test]
    fn without_calls_there_are_only_the_days_that_were_asked_about() {
        let now = Moment::from_seconds(at(1, 12, 0));
        let utc = |_: Moment| 0;
        let none = figures(&[], Span { from: None, to: None, now }, &utc);
        assert_eq!((none.calls, none.average_talk, none.hours.len(), none.days.len()), (0, 0, 24, 0));
        let from = Some(Moment::from_seconds(FRIDAY));
        let to = Some(Moment::from_seconds(at(1, 0, 0)));
        assert_eq!(figures(&[], Span { from, to, now }, &utc).days.len(), 1, "the end is not in it");
        assert_eq!(figures(&[], Span { from, to: None, now }, &utc).days.len(), 2);
        let far = Some(Moment::from_seconds(at(9, 0, 0)));
        assert_eq!(figures(&[], Span { from, to: far, now }, &utc).days.len(), 2, "no day of the future");
        let old = Some(Moment::from_seconds(at(-5000, 0, 0)));
        let long = figures(&[], Span { from: old, to: None, now }, &utc).days;
        assert_eq!((long.len(), long.last().map(|day| day.day.as_str())), (400, Some("2026-03-28")));
    }

    #[test]
    fn the_zone_is_asked_twice_a_day_and_not_for_every_quarter() {
        let asked = std::cell::Cell::new(0);
        let zone = |at: Moment| {
            asked.set(asked.get() + 1);
            berlin(at)
        };
        let tallies: Vec<Tally> = (0..96).map(|quarter| tally(FRIDAY + quarter * QUARTER, "missed", 1, 0)).collect();
        let now = Moment::from_seconds(at(0, 23, 59));
        let figures = figures(&tallies, Span { from: None, to: None, now }, &zone);
        assert_eq!(figures.calls, 96);
        assert!(asked.get() <= 4, "{}", asked.get());
    }

    #[test]
    fn ratings_are_averages_with_the_best_first() {
        let tally = |user, count, sum| RatingTally { user: UserId(user), count, sum };
        let found = ratings(&[tally(1, 3, 10), tally(2, 2, 9), tally(3, 4, 18), tally(4, 0, 0)]);
        let found: Vec<_> = found.iter().map(|figure| (figure.user.0, figure.count, figure.average)).collect();
        assert_eq!(found, vec![(3, 4, 4.5), (2, 2, 4.5), (1, 3, 3.33)]);
    }
}
