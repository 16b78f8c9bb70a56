//! Draws a schedule from its seed. Nothing here is random but what the seed's generator draws.

use rand::{
    Rng as _, SeedableRng as _,
    rngs::StdRng,
    seq::{IndexedRandom as _, SliceRandom as _},
};
use serde_json::{Value, json};

use super::{
    number,
    schedule::{Call, Deed, Fate, Kill, Known, Length, Person, Schedule, Step, Story},
};

const STORIES: [Story; 12] = [
    Story::Talk,
    Story::Talk,
    Story::Talk,
    Story::Miss,
    Story::Miss,
    Story::Miss,
    Story::LateTalk,
    Story::LateTalk,
    Story::Outbound,
    Story::OutboundMiss,
    Story::Withheld,
    Story::Internal,
];
/// Lines 101, 102 and 103.
const USERS: usize = 3;
/// From the start of a call to the start of the next.
const SPACING: i64 = 100;

impl Schedule {
    /// Everything a seed decides.
    pub fn of(seed: u64, length: Length) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let people = people(&mut dice);
        let calls = calls(&mut dice, people.len(), length);
        let steps = steps(&mut dice, &calls);
        let faults = faults(&mut dice, length);
        let kills = kills(&mut dice, length);
        Self { seed, has_webhooks: dice.random_bool(0.5), people, calls, steps, faults, kills }
    }

    /// A delivery id for each report of each call: repeats of a report are repeats of its delivery.
    pub(crate) fn delivery_ids(&self) -> Vec<Vec<String>> {
        let id = |call: usize, report: usize| format!("msg_{:08x}{call:04x}{report:04x}", self.seed);
        let ids = |(index, call): (usize, &Call)| (0..call.report_count()).map(|report| id(index, report)).collect();
        self.calls.iter().enumerate().map(ids).collect()
    }
}

fn people(dice: &mut StdRng) -> Vec<Person> {
    let kinds = [Known::Nobody, Known::Nobody, Known::Nobody, Known::Contact, Known::OneLead, Known::TwoLeads];
    let count = dice.random_range(3..=5);
    let known = |dice: &mut StdRng| kinds.choose(dice).copied().unwrap_or(Known::Nobody);
    (0..count).map(|index| Person { number: number(index), known: known(dice) }).collect()
}

fn calls(dice: &mut StdRng, people: usize, length: Length) -> Vec<Call> {
    let count = if length == Length::Short { dice.random_range(4..=6) } else { dice.random_range(5..=9) };
    (0..count)
        .map(|index| {
            let user = dice.random_range(0..USERS);
            Call {
                id: format!("call-{index}"),
                person: dice.random_range(0..people),
                story: STORIES.choose(dice).copied().unwrap_or(Story::Talk),
                user,
                other: (user + dice.random_range(1..USERS)) % USERS,
                seconds: dice.random_range(5..=70),
                starts: SPACING * index,
                is_recorded: dice.random_bool(0.4),
            }
        })
        .collect()
}

/// Reports arrive roughly in the order of things; several calls at once, some out of order, some repeated.
fn steps(dice: &mut StdRng, calls: &[Call]) -> Vec<Step> {
    let mut deeds: Vec<(f64, Deed)> = Vec::new();
    for (call, told) in calls.iter().enumerate() {
        let mut at = dice.random_range(0.0..calls.len() as f64);
        for report in 0..told.report_count() {
            deeds.push((at, Deed::Deliver { call, report }));
            if dice.random_bool(0.3) {
                deeds.push((at + dice.random_range(0.0..3.0), Deed::Deliver { call, report }));
            }
            let is_late = told.story == Story::LateTalk && report == 1;
            at += if is_late { dice.random_range(1.0..6.0) } else { dice.random_range(0.0..1.0) };
        }
    }
    for _ in 0..dice.random_range(1..=2) {
        let at = dice.random_range(0.0..calls.len() as f64);
        deeds.push((at, Deed::OpenTab));
        deeds.push((at + dice.random_range(0.5..3.0), Deed::LoseTab));
    }
    deeds.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    for pair in deeds.chunks_mut(2) {
        if dice.random_bool(0.25) {
            pair.shuffle(dice);
        }
    }
    deeds.into_iter().map(|(_, deed)| Step { after: dice.random_range(0..600), deed }).collect()
}

fn faults(dice: &mut StdRng, length: Length) -> Vec<Value> {
    let status = |status: u16| json!({"kind": "status", "status": status});
    // What refuses a read is believed for ten minutes, so only writes are refused.
    let refusal = |status: u16| json!({"kind": "status", "status": status, "method": "POST"});
    let mut kinds = vec![
        status(500),
        status(503),
        status(429),
        refusal(400),
        json!({"kind": "delay", "ms": 900}),
        json!({"kind": "drop_before"}),
        json!({"kind": "drop_after"}),
        json!({"kind": "cut_json"}),
        json!({"kind": "wrong_json"}),
        json!({"kind": "expire"}),
    ];
    let mut count = dice.random_range(2..=3);
    if length == Length::Long {
        kinds.extend([
            refusal(403),
            refusal(404),
            json!({"kind": "html"}),
            // Longer than the product waits for an answer: the write lands although nobody listens.
            json!({"kind": "delay", "ms": 17_000}),
            json!({"kind": "status", "status": 503, "times": 4}),
            json!({"kind": "drop_after", "times": 2}),
        ]);
        count = dice.random_range(3..=6);
    }
    kinds.shuffle(dice);
    let struck = |mut fault: Value| {
        let writes_only = fault["method"].is_string() || (length == Length::Long && dice.random_bool(0.5));
        fault["path"] = json!("/api/v4/");
        if writes_only {
            fault["method"] = json!("POST");
        } else if length == Length::Short {
            // Every write whose answer is lost takes half a minute; here the kills see to that.
            fault["method"] = json!("GET");
        }
        fault["skip"] = json!(ordinal(dice, writes_only));
        fault
    };
    kinds.into_iter().take(count).map(struck).collect()
}

fn kills(dice: &mut StdRng, length: Length) -> Vec<Kill> {
    let count = if length == Length::Short { dice.random_range(0..=1) } else { dice.random_range(0..=2) };
    let kill = |_| {
        let writes_only = dice.random_bool(0.6);
        let fate = *[Fate::Lost, Fate::Done, Fate::Done, Fate::Late].choose(dice).unwrap_or(&Fate::Lost);
        Kill { skip: ordinal(dice, writes_only), writes_only, fate }
    };
    (0..count).map(kill).collect()
}

/// Every run sees that many requests and writes.
fn ordinal(dice: &mut StdRng, writes_only: bool) -> u64 {
    if writes_only { dice.random_range(0..8) } else { dice.random_range(0..25) }
}

#[test]
fn a_seed_always_draws_the_same_schedule_and_seeds_differ() {
    let drawn = |seed| Schedule::of(seed, Length::Long).to_string();
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
}
