//! No second sees an eighth request arrive at Kommo, under any interleaving of starts, arrivals, answers and deaths
//! of the process. The clock is virtual, and the network takes whatever time hurts most.

use kommo_voip_domain::pace::{Pace, REST, SLOTS};
use kommo_voip_domain::time::{Millis, Moment};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// One step of a life.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes.
    Pass(i64),
    /// Somebody wants to send; the request arrives this far (in 256ths) between its sending and its answer.
    Send(u8),
    /// One of the requests under way is answered.
    Answer(prop::sample::Index),
    /// The process dies with everything under way, and another wakes after a while.
    Die(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop_oneof![Just(0), 1..60i64, 200..1_100i64, Just(1_000), Just(REST.0 - 1), Just(REST.0)].prop_map(Step::Pass),
        10 => prop_oneof![Just(0), Just(255), any::<u8>()].prop_map(Step::Send),
        5 => any::<prop::sample::Index>().prop_map(Step::Answer),
        1 => prop_oneof![Just(0), 1..1_500i64].prop_map(Step::Die),
    ]
}

/// A line of the journal that is written before a request leaves.
struct Sent {
    at: Moment,
    done: Option<Moment>,
    arrives: u8,
}

/// The worker's part: journal first, then send; after a death what is open ends at the waking.
#[derive(Default)]
struct Life {
    now: i64,
    pace: Pace,
    journal: Vec<Sent>,
    refused: usize,
}

impl Life {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Pass(time) => self.now += time,
            Step::Send(arrives) => {
                if self.pace.start(Moment(self.now)) {
                    self.journal.push(Sent { at: Moment(self.now), done: None, arrives: *arrives });
                } else {
                    self.refused += 1;
                }
            }
            Step::Answer(which) => {
                let mut open: Vec<_> = self.journal.iter_mut().filter(|sent| sent.done.is_none()).collect();
                if !open.is_empty() {
                    let count = open.len();
                    open[which.index(count)].done = Some(Moment(self.now));
                    self.pace.end(Moment(self.now));
                }
            }
            Step::Die(pause) => {
                self.now += pause;
                let ended = self.journal.iter_mut().map(|sent| *sent.done.get_or_insert(Moment(self.now))).collect();
                self.pace = Pace::resume(ended);
            }
        }
    }

    /// When each request stood at Kommo's door. What is still under way may yet take a second more.
    fn arrivals(&self) -> Vec<i64> {
        let mut arrivals: Vec<i64> = self
            .journal
            .iter()
            .map(|sent| {
                let took = sent.done.unwrap_or(Moment(self.now + 1_000)) - sent.at;
                sent.at.0 + took.0 * i64::from(sent.arrives) / 255
            })
            .collect();
        arrivals.sort_unstable();
        arrivals
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/pace.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_second_sees_eight_requests_arrive(steps in prop::collection::vec(step(), 1..120)) {
        let mut life = Life::default();
        for step in &steps {
            life.step(step);
        }
        let arrivals = life.arrivals();
        for eight in arrivals.windows(SLOTS + 1) {
            prop_assert!(eight[SLOTS] - eight[0] >= 1_000, "eight arrived within a second: {eight:?} of {arrivals:?}");
        }
    }

    /// The limit costs no more than it must: whoever was refused is served once a slot has rested.
    #[test]
    fn a_request_waits_no_longer_than_one_rest_after_the_last_answer(steps in prop::collection::vec(step(), 1..120)) {
        let mut life = Life::default();
        for step in &steps {
            life.step(step);
        }
        for _ in life.journal.iter().filter(|sent| sent.done.is_none()) {
            life.pace.end(Moment(life.now));
        }
        let rested = Moment(life.now) + REST;
        for _ in 0..SLOTS {
            prop_assert!(life.pace.start(rested), "all seven slots are free after a quiet rest");
        }
        prop_assert!(!life.pace.start(rested + Millis(1)), "and there is no eighth");
    }
}

#[test]
fn a_burst_meets_the_limit_and_seven_pass() {
    let mut life = Life::default();
    for _ in 0..100 {
        life.step(&Step::Send(255));
    }
    assert_eq!((life.journal.len(), life.refused), (SLOTS, 100 - SLOTS));
}
