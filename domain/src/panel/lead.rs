//! Which of several tabs rings: one that says so every half second, until it falls silent.
//!
//! Where the browser has locks, the lock decides and this only finds a leader that holds it but does nothing any more,
//! such as a frozen tab. Where it has none, this decides alone: two tabs may both begin, and the one whose record was
//! overwritten stops with its next look.

use crate::time::{Millis, Moment};

/// Who is silent this long leads no more. Tabs in the background may be let run only once a second.
pub const SILENCE: Millis = Millis::seconds(4);

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// This tab leads.
    Mine,
    /// Another tab leads, and is alive.
    Theirs,
    /// Nobody leads: this tab may.
    Free,
}

/// What the leader writes down: who it is, and when it was alive.
pub fn record(me: &str, now: Moment) -> String {
    [&now.0.to_string(), "@", me].concat()
}

/// Reads what the last leader wrote down. A record from the future comes from a clock that was set back.
pub fn turn(record: Option<&str>, me: &str, now: Moment) -> Turn {
    let Some((at, who)) = record.and_then(|record| record.split_once('@')) else { return Turn::Free };
    let Ok(at) = at.parse::<i64>() else { return Turn::Free };
    let silent_for = now.0.saturating_sub(at);
    match who == me {
        true => Turn::Mine,
        false if (-SILENCE.0..SILENCE.0).contains(&silent_for) => Turn::Theirs,
        false => Turn::Free,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_000_000);

    fn seen_by(me: &str, silent_for: i64) -> Turn {
        turn(Some(&record("a", Moment(NOW.0 - silent_for))), me, NOW)
    }

    #[test]
    fn a_leader_that_is_alive_keeps_its_turn_and_a_silent_one_loses_it() {
        assert_eq!(seen_by("a", 0), Turn::Mine);
        assert_eq!(seen_by("b", 0), Turn::Theirs);
        assert_eq!(seen_by("b", SILENCE.0 - 1), Turn::Theirs);
        assert_eq!(seen_by("b", SILENCE.0), Turn::Free);
    }

    #[test]
    fn a_clock_that_was_set_back_and_nonsense_keep_nobody_silent() {
        assert_eq!(seen_by("b", -3_600_000), Turn::Free);
        for record in [None, Some(""), Some("a"), Some("x@a"), Some("@"), Some("99999999999999999999@a")] {
            assert_eq!(turn(record, "b", NOW), Turn::Free, "{record:?}");
        }
    }

    #[test]
    fn of_two_tabs_that_begin_at_once_one_goes_on() {
        let mut place: Option<String> = None;
        // Both look before either has written.
        let first_looks = ["a", "b"].map(|me| turn(place.as_deref(), me, NOW));
        assert_eq!(first_looks, [Turn::Free, Turn::Free]);
        for me in ["a", "b"] {
            place = Some(record(me, NOW));
        }
        let then = ["a", "b"].map(|me| turn(place.as_deref(), me, NOW));
        assert_eq!(then, [Turn::Theirs, Turn::Mine]);
    }
}
