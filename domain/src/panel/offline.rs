//! The loss of the live connection: a quiet word after a few seconds, one notification of the CRM's own after a minute
//! (Kommo VoIP guide: a widget that waits for calls tells when its connection fails), and nothing more. It heals by
//! itself.

use super::element::{Element, element};
use super::{Effect, Message, Text, Texts, Timer};
use crate::protocol::NoticeLevel;
use crate::time::{Millis, Moment};

/// A loss shorter than this is nobody's business: the next try is already under way.
const SHOWN_AFTER: Millis = Millis::seconds(5);
/// A loss this long may mean a missed call.
const TOLD_AFTER: Millis = Millis::seconds(60);
/// A connection that comes and goes is told of once in this time.
const TOLD_AGAIN: Millis = Millis::minutes(30);

/// What the tab has noticed and said.
#[derive(Debug, Default)]
pub(crate) struct Offline {
    /// Since when the connection is lost.
    since: Option<Moment>,
    shown: bool,
    told_at: Option<Moment>,
}

impl Offline {
    /// Brings this in line with the connection, whatever the event was.
    pub(crate) fn settle(&mut self, is_lost: bool, now: Moment) -> Option<Effect> {
        match (self.since, is_lost) {
            (None, true) => {
                self.since = Some(now);
                Some(wait(SHOWN_AFTER))
            }
            (Some(_), false) => {
                (self.since, self.shown) = (None, false);
                Some(Effect::StopTimer(Timer::Offline))
            }
            _ => None,
        }
    }

    /// The loss lasts.
    pub(crate) fn lasts(&mut self, now: Moment) -> Option<Effect> {
        self.since?;
        if !std::mem::replace(&mut self.shown, true) {
            return Some(wait(Millis(TOLD_AFTER.0 - SHOWN_AFTER.0)));
        }
        if self.told_at.is_some_and(|told| now - told < TOLD_AGAIN) {
            return None;
        }
        self.told_at = Some(now);
        Some(Effect::Notify { level: NoticeLevel::Error, message: Message::Known(Text::NoticeOffline) })
    }

    /// The word in the page.
    pub(crate) fn view(&self, texts: &Texts) -> Option<Element> {
        self.shown.then(|| {
            element("div")
                .class("kv-offline")
                .named("offline")
                .with("role", "status")
                .child(element("span").class("kv-dot").with("aria-hidden", "true"))
                .child(element("span").text(texts.get(Text::CardOffline)))
        })
    }
}

fn wait(after: Millis) -> Effect {
    Effect::StartTimer { timer: Timer::Offline, after, spread: Millis(0) }
}

#[cfg(test)]
mod tests {
    use super::super::texts::tests::english;
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn a_short_loss_is_not_mentioned() {
        let mut offline = Offline::default();
        assert_eq!(offline.settle(false, at(0)), None);
        assert!(matches!(offline.settle(true, at(0)), Some(Effect::StartTimer { after: SHOWN_AFTER, .. })));
        assert_eq!(offline.settle(true, at(1)), None, "the timer runs already");
        assert_eq!(offline.settle(false, at(2)), Some(Effect::StopTimer(Timer::Offline)));
        assert_eq!(offline.lasts(at(5)), None, "a timer that fires all the same says nothing");
        assert!(offline.view(&english()).is_none());
    }

    #[test]
    fn a_long_loss_is_shown_quietly_told_once_and_gone_with_the_connection() {
        let mut offline = Offline::default();
        offline.settle(true, at(0));
        assert!(matches!(offline.lasts(at(5)), Some(Effect::StartTimer { after: Millis(55_000), .. })));
        assert!(offline.view(&english()).is_some());
        assert!(matches!(offline.lasts(at(60)), Some(Effect::Notify { level: NoticeLevel::Error, .. })));
        assert_eq!(offline.lasts(at(61)), None);
        offline.settle(false, at(100));
        assert!(offline.view(&english()).is_none());
        // It comes and goes: shown again, told no more for a while.
        for (lost, told) in [(200, false), (60 + 1800, true)] {
            offline.settle(true, at(lost));
            offline.lasts(at(lost + 5));
            assert!(offline.view(&english()).is_some());
            assert_eq!(offline.lasts(at(lost + 60)).is_some(), told, "{lost}");
            offline.settle(false, at(lost + 61));
        }
    }
}
