//! However many accounts share the gate: no second sees an eighth request arrive at Kommo, and no slot is lost for good,
//! under any interleaving of questions, lost messages, requests, answers, and deaths of accounts and of the gate.

use kommo_voip_domain::pace::{Gate, GateAnswer, GateRequest, LEASE, Leases, Purpose, REST, SLOTS, Wish};
use kommo_voip_domain::time::Moment;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const ACCOUNTS: usize = 3;
/// A request is given up after this.
const TIME_OUT: i64 = 15_000;

/// What the network does with a question and its answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Both,
    NoQuestion,
    NoAnswer,
}

#[derive(Debug, Clone)]
enum Step {
    /// Time passes.
    Pass(i64),
    /// An account tells the gate what it has to say, and asks for so many slots.
    Say(usize, usize, Fate),
    /// Whoever waits at the gate looks whether it is their turn.
    Look(usize, Fate),
    /// An account sends, if it has a lease; the request arrives this far (in 256ths) between its sending and its answer.
    Send(usize, u8),
    /// One of the requests under way is answered.
    Answer(prop::sample::Index),
    /// An account's object dies and wakes after a while.
    Die(usize, i64),
    /// The gate dies and wakes at once.
    GateDies,
}

fn step() -> impl Strategy<Value = Step> {
    let account = 0..ACCOUNTS;
    let fate = prop_oneof![8 => Just(Fate::Both), 1 => Just(Fate::NoQuestion), 1 => Just(Fate::NoAnswer)];
    let time = prop_oneof![Just(0), 1..60i64, 200..1_100i64, Just(REST.0 - 1), Just(REST.0), 1_000..25_000i64];
    prop_oneof![
        5 => time.prop_map(Step::Pass),
        8 => (account.clone(), 0..9usize, fate.clone()).prop_map(|(of, wanted, fate)| Step::Say(of, wanted, fate)),
        8 => (account.clone(), fate).prop_map(|(of, fate)| Step::Look(of, fate)),
        16 => (account.clone(), any::<u8>()).prop_map(|(of, arrives)| Step::Send(of, arrives)),
        8 => any::<prop::sample::Index>().prop_map(Step::Answer),
        1 => (account, prop_oneof![Just(0), 1..1_500i64, 10_000..40_000i64]).prop_map(|(of, pause)| Step::Die(of, pause)),
        1 => Just(Step::GateDies),
    ]
}

/// A line of an account's journal, written before the request leaves.
struct Sent {
    account: usize,
    lease: i64,
    at: i64,
    done: Option<i64>,
    arrives: u8,
}

struct World {
    now: i64,
    gate: Gate,
    /// The gate as it was last stored.
    stored: Vec<i64>,
    accounts: Vec<Leases>,
    waiting: Vec<Option<(GateRequest, Wish)>>,
    journal: Vec<Sent>,
}

fn leases(account: usize, recent: Vec<Moment>, now: i64) -> Leases {
    Leases::new(account as i64 + 1, recent, Moment(now))
}

impl World {
    fn new() -> Self {
        let accounts = (0..ACCOUNTS).map(|account| leases(account, vec![], 0)).collect();
        let stored = Gate::default().stored();
        Self { now: 0, gate: Gate::default(), stored, accounts, waiting: vec![None; ACCOUNTS], journal: vec![] }
    }

    fn now(&self) -> Moment {
        Moment(self.now)
    }

    fn store(&mut self) {
        if self.gate.has_changed() {
            self.stored = self.gate.stored();
        }
    }

    fn say(&mut self, account: usize, wanted: usize, fate: Fate) {
        if self.waiting[account].is_some() || fate == Fate::NoQuestion {
            return;
        }
        let said = self.accounts[account].say(Purpose::Log, wanted, self.now());
        let wish = self.gate.take_in(&said, self.now());
        self.store();
        match wish {
            Some(wish) => self.waiting[account] = Some((said, wish)),
            None if fate == Fate::Both => {
                self.accounts[account].answered(&said, &GateAnswer::default(), Moment(self.now));
            }
            None => {}
        }
    }

    fn look(&mut self, account: usize, fate: Fate) -> usize {
        let Some((said, wish)) = self.waiting[account].take() else { return 0 };
        let given = self.gate.look(wish, self.now());
        self.store();
        if given.is_empty() && self.gate.waits(wish) {
            self.waiting[account] = Some((said, wish));
            return 0;
        }
        self.gate.leave(wish);
        let answer = GateAnswer { leases: given, paused: None };
        if fate == Fate::Both {
            self.accounts[account].answered(&said, &answer, Moment(self.now));
        }
        answer.leases.len()
    }

    fn end(&mut self, index: usize) {
        let (now, sent) = (self.now, &mut self.journal[index]);
        sent.done = Some(now);
        self.accounts[sent.account].end(sent.lease, Moment(now));
    }

    fn pass(&mut self, time: i64) {
        let until = self.now + time;
        while let Some((index, given_up)) = self
            .journal
            .iter()
            .enumerate()
            .filter(|(_, sent)| sent.done.is_none() && sent.at + TIME_OUT <= until)
            .map(|(index, sent)| (index, sent.at + TIME_OUT))
            .min_by_key(|(_, given_up)| *given_up)
        {
            self.now = self.now.max(given_up);
            self.end(index);
        }
        self.now = until;
    }

    fn die(&mut self, account: usize, pause: i64) {
        self.waiting[account] = None;
        let mine: Vec<usize> =
            (0..self.journal.len()).filter(|index| self.journal[*index].account == account).collect();
        let open: Vec<usize> = mine.iter().copied().filter(|index| self.journal[*index].done.is_none()).collect();
        // Nobody is there to hear an answer; the others live on meanwhile.
        for index in &open {
            self.journal[*index].done = Some(i64::MAX);
        }
        self.pass(pause + 1);
        for index in open {
            self.journal[index].done = Some(self.now);
        }
        let ended = mine.iter().filter_map(|index| self.journal[*index].done).filter(|done| self.now - done < REST.0);
        self.accounts[account] = leases(account, ended.map(Moment).collect(), self.now);
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Pass(time) => self.pass(time),
            Step::Say(account, wanted, fate) => self.say(account, wanted, fate),
            Step::Look(account, fate) => {
                self.look(account, fate);
            }
            Step::Send(account, arrives) => {
                if let Some(lease) = self.accounts[account].start(Moment(self.now)) {
                    self.journal.push(Sent { account, lease, at: self.now, done: None, arrives });
                }
            }
            Step::Answer(which) => {
                let open: Vec<usize> =
                    (0..self.journal.len()).filter(|index| self.journal[*index].done.is_none()).collect();
                if !open.is_empty() {
                    self.end(open[which.index(open.len())]);
                }
            }
            Step::Die(account, pause) => self.die(account, pause),
            Step::GateDies => {
                self.gate = Gate::wake(&self.stored, Moment(self.now)).unwrap();
                self.waiting = vec![None; ACCOUNTS];
            }
        }
    }

    /// When each request stood at Kommo's door.
    fn arrivals(&self) -> Vec<i64> {
        let mut arrivals: Vec<i64> = self
            .journal
            .iter()
            .map(|sent| {
                let took = sent.done.unwrap_or(self.now + 1_000).min(sent.at + TIME_OUT) - sent.at;
                sent.at + took * i64::from(sent.arrives) / 255
            })
            .collect();
        arrivals.sort_unstable();
        arrivals
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/gate.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_second_sees_eight_requests_of_all_accounts_arrive(steps in prop::collection::vec(step(), 1..200)) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        let arrivals = world.arrivals();
        for eight in arrivals.windows(SLOTS + 1) {
            prop_assert!(eight[SLOTS] - eight[0] >= 1_000, "eight arrived within a second: {eight:?} of {arrivals:?}");
        }
    }

    #[test]
    fn no_slot_is_lost_for_good(steps in prop::collection::vec(step(), 1..200)) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        world.waiting = vec![None; ACCOUNTS];
        // Whatever was lost: leases end by themselves, and rest.
        world.pass(LEASE.0 + REST.0);
        world.say(0, SLOTS + 1, Fate::Both);
        prop_assert_eq!(world.look(0, Fate::Both), SLOTS);
    }
}

#[test]
fn many_accounts_at_once_are_served_at_the_full_pace() {
    let mut world = World::new();
    let mut sent = 0;
    for _ in 0..10 {
        for account in 0..ACCOUNTS {
            world.say(account, SLOTS, Fate::Both);
        }
        for account in 0..ACCOUNTS {
            world.look(account, Fate::Both);
            while let Some(lease) = world.accounts[account].start(Moment(world.now)) {
                world.accounts[account].end(lease, Moment(world.now));
                sent += 1;
            }
        }
        world.pass(REST.0);
    }
    assert_eq!(sent, 10 * SLOTS);
}
