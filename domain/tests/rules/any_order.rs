//! The order, the repeats and the delays of a call's reports change nothing in the end.

use crate::cast::{Who, inbound, outbound};
use crate::desk::Desk;
use kommo_voip_domain::ids::{Entity, ExtensionId};
use kommo_voip_domain::kommo::notes::CallNote;
use kommo_voip_domain::settings::{Accept, CreateFor};
use kommo_voip_domain::telephony::{CallEvent, ReportedStatus};
use kommo_voip_domain::time::{Millis, Moment};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// What one line, or the call as a whole, goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// It rings, and nothing more is heard of it.
    Rings,
    Misses(ReportedStatus),
    /// Somebody talks for so long; the provider states the seconds or leaves them to the times.
    Talks(i64, bool),
    /// A miss is reported first, and then a talk after all.
    TalksAfterAll(i64),
}

impl Course {
    fn talks(self) -> bool {
        matches!(self, Self::Talks(..) | Self::TalksAfterAll(_))
    }
}

/// A call: its lines' courses, with or without reports about the whole call, and whose number it is.
#[derive(Debug, Clone)]
struct Plot {
    who: Who,
    incoming_leads: Option<Accept>,
    is_outbound: bool,
    lines: Vec<Course>,
    recording: bool,
}

fn course() -> impl Strategy<Value = Course> {
    use ReportedStatus::*;
    prop_oneof![
        1 => Just(Course::Rings),
        4 => prop::sample::select(vec![Missed, Busy, Cancelled, Failed, Voicemail]).prop_map(Course::Misses),
        4 => (1..600i64, any::<bool>()).prop_map(|(seconds, stated)| Course::Talks(seconds, stated)),
        1 => (1..600i64).prop_map(Course::TalksAfterAll),
    ]
}

fn plot() -> impl Strategy<Value = Plot> {
    let who = prop::sample::select(vec![Who::Unknown, Who::NoLead, Who::OneLead, Who::Several, Who::Waiting]);
    let incoming_leads = prop::sample::select(vec![None, Some(Accept::Manual), Some(Accept::OnAnswer)]);
    (who, incoming_leads, prop::bool::weighted(0.2), prop::collection::vec(course(), 1..4), any::<bool>()).prop_map(
        |(who, incoming_leads, is_outbound, mut lines, recording)| {
            if is_outbound {
                lines.truncate(1);
            }
            // Who talks first owns what is created, so two talks of a stranger cannot be told in any order.
            let is_stranger = matches!(who, Who::Unknown | Who::Waiting | Who::SeveralOwn);
            let first = lines.iter().position(|course| course.talks());
            for (index, course) in lines.iter_mut().enumerate() {
                if is_stranger && course.talks() && Some(index) != first {
                    *course = Course::Misses(ReportedStatus::Missed);
                }
            }
            Plot { who, incoming_leads, is_outbound, lines, recording }
        },
    )
}

impl Plot {
    /// Its reports in the order in which they happen.
    fn reports(&self, began: Moment) -> Vec<CallEvent> {
        let mut reports = Vec::new();
        for (number, course) in self.lines.iter().enumerate() {
            let line = format!("10{}", number + 1);
            let say = |status, answered: Option<i64>, ended: Option<i64>, talk: Option<i64>| {
                let event = if self.is_outbound { outbound(status) } else { inbound(&line, status) };
                let at = |seconds: i64| began + Millis::seconds(seconds);
                let recording =
                    (self.recording && status == ReportedStatus::Completed).then(|| "https://r.example/1.mp3".into());
                CallEvent {
                    extension: Some(ExtensionId(line.clone())),
                    answered_at: answered.map(at),
                    ended_at: ended.map(at),
                    talk_seconds: talk,
                    recording,
                    ..event
                }
            };
            reports.push((0, say(ReportedStatus::Ringing, None, None, None)));
            match course {
                Course::Rings => {}
                Course::Misses(end) => reports.push((20, say(*end, None, Some(20), None))),
                Course::Talks(talk, stated) => {
                    reports.push((8, say(ReportedStatus::Answered, Some(8), None, None)));
                    let talk_stated = stated.then_some(*talk);
                    reports.push((8 + talk, say(ReportedStatus::Completed, Some(8), Some(8 + talk), talk_stated)));
                }
                Course::TalksAfterAll(talk) => {
                    reports.push((20, say(ReportedStatus::Missed, None, Some(20), None)));
                    reports.push((21, say(ReportedStatus::Completed, Some(8), Some(8 + talk), None)));
                }
            }
        }
        reports.sort_by_key(|(at, _)| *at);
        reports.into_iter().map(|(_, event)| event).collect()
    }

    fn desk(&self) -> Desk {
        let mut desk = Desk::new(self.who.in_kommo());
        if let Some(accept) = self.incoming_leads {
            desk.settings.inbound_unknown.create = CreateFor::IncomingLead;
            desk.settings.inbound_unknown.accept = accept;
        }
        desk
    }

    /// Plays reports, each so many milliseconds after the one before, and then waits until nothing more can change.
    fn play(&self, reports: impl IntoIterator<Item = (i64, CallEvent)>) -> Effects {
        let mut desk = self.desk();
        for (number, (gap, event)) in reports.into_iter().enumerate() {
            // The desk takes the first word it hears of a call for its start.
            desk.pass_millis(if number == 0 { 0 } else { gap });
            desk.hear("c1", event);
        }
        desk.pass(8 * 3600);
        let said = desk.said();
        let words: Vec<&str> = said.split("; ").filter(|words| !words.is_empty()).collect();
        let is_note = |words: &&&str| words.starts_with("note ");
        let is_amendment = |words: &&&str| words.starts_with("amend ");
        let done = &desk.call("c1").done;
        Effects {
            notes: words.iter().filter(is_note).count(),
            amendments: words.iter().filter(is_amendment).count(),
            others: words.iter().filter(|words| !is_note(words) && !is_amendment(words)).map(|w| (*w).into()).collect(),
            note: done.note.as_ref().map(|written| (written.entity, written.note.as_read())),
            open_task: done.task.is_some() && !done.task_completed,
        }
    }
}

/// What a call left in Kommo.
#[derive(Debug, PartialEq)]
struct Effects {
    notes: usize,
    amendments: usize,
    /// Everything that was written beside the note.
    others: Vec<String>,
    /// The note as it stands in the end.
    note: Option<(Entity, CallNote)>,
    open_task: bool,
}

fn began() -> Moment {
    crate::cast::WEDNESDAY
}

fn full(plot: &Plot) -> Effects {
    plot.play(plot.reports(began()).into_iter().map(|event| (0, event)))
}

fn config() -> ProptestConfig {
    let file = FileFailurePersistence::Direct("tests/regressions/any_order.txt");
    ProptestConfig { failure_persistence: Some(Box::new(file)), ..ProptestConfig::default() }
}

/// A plot, and its reports (by number) in some order, some of them several times, each so many milliseconds after the
/// one before.
fn shuffled(gaps: std::ops::Range<i64>) -> impl Strategy<Value = (Plot, Vec<(i64, usize)>)> {
    (plot(), prop::collection::vec(any::<prop::sample::Index>(), 0..4)).prop_flat_map(move |(plot, repeats)| {
        let count = plot.reports(began()).len();
        let mut order: Vec<usize> = (0..count).collect();
        order.extend(repeats.iter().map(|index| index.index(count)));
        let gaps = prop::collection::vec(gaps.clone(), order.len());
        (Just(plot), Just(order).prop_shuffle(), gaps)
            .prop_map(|(plot, order, gaps)| (plot, gaps.into_iter().zip(order).collect()))
    })
}

fn heard(plot: &Plot, order: &[(i64, usize)]) -> Effects {
    let reports = plot.reports(began());
    plot.play(order.iter().map(|(gap, number)| (*gap, reports[*number].clone())))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn within_the_settle_time_order_repeats_and_delays_change_nothing((plot, order) in shuffled(0..210)) {
        let expected = full(&plot);
        let got = heard(&plot, &order);
        prop_assert_eq!(&got.others, &expected.others);
        prop_assert_eq!(&got.note, &expected.note);
        prop_assert_eq!((got.notes, got.open_task), (expected.notes, expected.open_task));
        if !plot.lines.iter().any(|course| course.talks()) {
            prop_assert_eq!(got.amendments, 0, "a miss is written once and for all");
        }
    }

    #[test]
    fn whatever_comes_later_only_amends((plot, order) in shuffled(0..5 * 3_600_000)) {
        let expected = full(&plot);
        let got = heard(&plot, &order);
        if expected.note.is_none() {
            // An outbound call to a stranger that failed leaves nothing, but one that was given up before its failure
            // was reported is in Kommo already.
            prop_assert!(plot.is_outbound && got.notes <= 1);
            return Ok(());
        }
        prop_assert_eq!(got.notes, 1, "the note is written once");
        prop_assert_eq!(&got.note, &expected.note, "and says in the end what the full sequence says");
        prop_assert_eq!(got.open_task, expected.open_task);
        let created = |effects: &Effects, what: &str| effects.others.iter().filter(|words| words.starts_with(what)).count();
        for what in ["contact and lead", "incoming lead", "lead for"] {
            prop_assert_eq!(created(&got, what), created(&expected, what), "{}", what);
        }
        prop_assert!(created(&got, "task") <= 1);
    }
}
