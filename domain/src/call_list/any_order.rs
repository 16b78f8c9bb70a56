//! Whatever happens in whatever order: never two calls of one person at once, nobody is called twice, the order is
//! kept, and a list that runs gets through.

use super::*;
use crate::call::Outcome;
use crate::ids::ContactId;
use crate::time::Millis;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeSet;

const INTERVAL: Millis = Millis::seconds(5);

/// What may become of asking the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Rings,
    InCall,
    Impossible,
    Refused,
    /// The object dies before the call is known.
    DiesBefore,
    /// The object dies after the provider was asked.
    DiesAfter,
}

#[derive(Debug, Clone)]
enum Happening {
    Passes(i64),
    /// The list is looked at.
    Look(Fate),
    Ends(Outcome),
    OtherBegins,
    OtherEnds,
    Does(CallListAction, Option<u32>),
    Adds(Vec<i64>),
    Removes(u32),
    Chooses(u32, i64),
    Clears,
    TabOpens(bool),
    Reloads,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let fates = vec![
        Fate::Rings,
        Fate::Rings,
        Fate::Rings,
        Fate::InCall,
        Fate::Impossible,
        Fate::Refused,
        Fate::DiesBefore,
        Fate::DiesAfter,
    ];
    let outcomes = vec![Outcome::Completed, Outcome::Missed, Outcome::Busy, Outcome::Failed];
    let actions = vec![
        CallListAction::Start,
        CallListAction::Pause,
        CallListAction::Resume,
        CallListAction::Skip,
        CallListAction::Stop,
    ];
    prop_oneof![
        6 => prop::sample::select(fates).prop_map(Look),
        4 => (1..40i64).prop_map(Passes),
        4 => prop::sample::select(outcomes).prop_map(Ends),
        1 => Just(OtherBegins),
        2 => Just(OtherEnds),
        4 => (prop::sample::select(actions), prop::option::of(1..8u32)).prop_map(|(what, who)| Does(what, who)),
        2 => prop::collection::vec(1..6i64, 1..4).prop_map(Adds),
        1 => (1..8u32).prop_map(Removes),
        1 => (1..8u32, 1..6i64).prop_map(|(who, number)| Chooses(who, number)),
        1 => Just(Clears),
        1 => any::<bool>().prop_map(TabOpens),
        1 => Just(Reloads),
    ]
}

fn number(caller: i64) -> PhoneKey {
    PhoneKey::parse(&format!("+4930555{caller:04}")).expect("E.164")
}

/// The provider, the person and the account's object around the list.
struct World {
    list: CallList,
    now: Moment,
    /// Calls the account knows: id, how each ended, when.
    calls: Vec<(CallId, Option<Outcome>, Moment)>,
    other: bool,
    last_end: Option<Moment>,
    is_here: bool,
    asked: BTreeSet<u32>,
    next_call: u32,
}

impl World {
    fn new() -> Self {
        Self {
            list: CallList::default(),
            now: Moment(1_000_000),
            calls: vec![],
            other: false,
            last_end: None,
            is_here: true,
            asked: BTreeSet::new(),
            next_call: 0,
        }
    }

    fn in_call(&self) -> bool {
        self.other || self.calls.iter().any(|(_, outcome, _)| outcome.is_none())
    }

    fn facts(&self) -> Facts {
        let call = self.list.calling().map(|(_, id)| match self.calls.iter().find(|(known, ..)| known == id) {
            None => EntryCall::Lost,
            Some((_, None, _)) => EntryCall::GoesOn(None),
            Some((_, Some(outcome), _)) => EntryCall::Over(*outcome),
        });
        Facts {
            interval: INTERVAL,
            is_here: self.is_here,
            call,
            is_busy: self.in_call(),
            busy_until: None,
            last_end: self.last_end,
            summary_until: None,
        }
    }

    /// What the shell does when it looks at the list.
    fn look(&mut self, fate: Fate) {
        let first = self.list.next_waiting().map(|entry| entry.id);
        let Next::Call { entry, number } = self.list.advance(&self.facts(), self.now) else { return };
        // The order of the list is kept, and the number is the chosen one.
        assert_eq!(Some(entry), first.or(self.list.next_waiting().map(|entry| entry.id)));
        let chosen = self.list.entries.iter().find(|known| known.id == entry).and_then(|known| known.chosen.clone());
        assert_eq!(Some(number), chosen);
        self.next_call += 1;
        let call = CallId(format!("call-{}", self.next_call));
        assert!(self.list.begin(entry, call.clone()), "what is due can be begun");
        self.reload();
        match fate {
            Fate::InCall => self.list.not_placed(&call, NotPlaced::InCall, INTERVAL, self.now),
            Fate::Impossible => self.list.not_placed(&call, NotPlaced::Impossible("x".into()), INTERVAL, self.now),
            Fate::DiesBefore => {}
            Fate::Rings | Fate::DiesAfter => {
                self.ask(entry);
                self.calls.push((call, None, self.now));
            }
            Fate::Refused => {
                self.ask(entry);
                self.list.not_placed(&call, NotPlaced::Refused("x".into()), INTERVAL, self.now);
            }
        }
    }

    /// The provider is asked to call.
    fn ask(&mut self, entry: u32) {
        assert!(!self.in_call(), "two calls at once");
        assert!(self.asked.insert(entry), "entry {entry} is called twice");
    }

    fn reload(&mut self) {
        let json = serde_json::to_string(&self.list).expect("plain data");
        self.list = serde_json::from_str(&json).expect("as stored");
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(call) = self.calls.iter_mut().find(|(_, ended, _)| ended.is_none()) {
            (call.1, call.2) = (Some(outcome), self.now);
            self.last_end = Some(self.now);
        }
    }

    fn happens(&mut self, what: Happening) {
        match what {
            Happening::Passes(seconds) => self.now = self.now + Millis::seconds(seconds),
            Happening::Look(fate) => self.look(fate),
            Happening::Ends(outcome) => self.end(outcome),
            Happening::OtherBegins => self.other = !self.in_call() || self.other,
            Happening::OtherEnds => {
                if std::mem::take(&mut self.other) {
                    self.last_end = Some(self.now);
                }
            }
            Happening::Does(action, entry) => drop(self.list.act(action, entry, self.now)),
            Happening::Adds(people) => {
                let candidate = |id: i64| Candidate {
                    entity: Entity::Contacts(ContactId(id)),
                    name: String::new(),
                    numbers: vec![number(id), number(id % 3 + 1)],
                };
                self.list.add(people.into_iter().map(candidate).collect()).map(drop).expect("room");
            }
            Happening::Removes(entry) => self.list.remove(entry),
            Happening::Chooses(entry, caller) => drop(self.list.choose(entry, &number(caller))),
            Happening::Clears => self.list.clear(),
            Happening::TabOpens(is_open) => self.is_here = is_open,
            Happening::Reloads => self.reload(),
        }
        let calling = self.list.entries.iter().filter(|entry| matches!(entry.progress, Progress::Calling(_)));
        assert!(calling.count() <= 1);
        let open: Vec<_> = self.list.entries.iter().filter(|entry| entry.is_open()).collect();
        let numbers: BTreeSet<_> = open.iter().filter_map(|entry| entry.chosen.clone()).collect();
        assert_eq!(numbers.len(), open.len(), "two entries wait with one number");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/call_list.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn never_two_at_once_nobody_twice_and_in_order(happenings in prop::collection::vec(happening(), 1..80)) {
        let mut world = World::new();
        happenings.into_iter().for_each(|what| world.happens(what));
        // From here on all goes well: whoever waits is called.
        world.other = false;
        world.is_here = true;
        let left = world.list.entries.iter().filter(|entry| entry.waits()).count();
        let _ = world.list.act(CallListAction::Start, None, world.now);
        for _ in 0..(left + 1) * 4 {
            world.end(Outcome::Completed);
            world.now = world.now + Millis::seconds(30);
            world.look(Fate::Rings);
        }
        prop_assert!(world.list.next_waiting().is_none() && world.list.calling().is_none(), "{:?}", world.list);
        prop_assert_eq!(&world.list.run, &Run::Idle);
    }
}
