//! What happens in one run, drawn from its seed: who calls whom, how the reports arrive, and what goes wrong meanwhile.
//!
//! Faults and kills have ordinals, "the fifth write", not times: the same seed strikes the same requests, as far as
//! the order of requests is the same. Nothing here is random but what the seed's generator draws.

use std::fmt;

use rand::{
    Rng as _, SeedableRng as _,
    rngs::StdRng,
    seq::{IndexedRandom as _, SliceRandom as _},
};
use serde_json::{Value, json};

use crate::account::{COMPANY, delivery_id, event, number};

/// How long a run may take, and so what it may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// Faults that are soon over: of the writes only those are lost that a kill meets.
    Short,
    /// All of them.
    Long,
}

/// What Kommo holds of a person before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing: a contact and a lead are created.
    Nobody,
    /// A contact without a lead.
    Contact,
    /// A contact with a lead, which takes the notes.
    OneLead,
    /// A contact with two leads, of which none may be preferred.
    TwoLeads,
}

/// Somebody outside.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) number: String,
    pub(crate) known: Known,
}

/// How a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    /// Somebody answers.
    Talk,
    /// Nobody does.
    Miss,
    /// One line is reported as missed, and another one's talk comes much later.
    LateTalk,
    /// We call, and they answer.
    Outbound,
    /// We call, and they do not.
    OutboundMiss,
    /// The number is withheld: nothing is written.
    Withheld,
    /// Between two lines: nothing is written.
    Internal,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) person: usize,
    pub(crate) story: Story,
    /// The user who talks, or whose line rings.
    pub(crate) user: usize,
    /// The user whose line is missed before another one answers.
    pub(crate) other: usize,
    /// Of talk.
    pub(crate) seconds: i64,
    /// Seconds after the run's first call. Calls do not overlap, so which was the last one is no question of taste.
    pub(crate) starts: i64,
    pub(crate) is_recorded: bool,
}

/// What the outside world does next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// The provider delivers a report of a call, again and again until it is accepted.
    Deliver { call: usize, report: usize },
    /// A manager opens a tab.
    OpenTab,
    /// Its connection is lost without a farewell.
    LoseTab,
}

/// A deed, and how long after the one before, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) after: u64,
    pub(crate) deed: Deed,
}

/// What becomes of the request during which the Worker is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It never arrived.
    Lost,
    /// It took effect before the Worker died.
    Done,
    /// It takes effect after the Worker's next start.
    Late,
}

/// Death at the `skip + 1`-th request, or write, to Kommo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kill {
    pub(crate) skip: u64,
    pub(crate) writes_only: bool,
    pub(crate) fate: Fate,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) seed: u64,
    /// Whether Kommo tells of changes.
    pub(crate) has_webhooks: bool,
    pub(crate) people: Vec<Person>,
    pub(crate) calls: Vec<Call>,
    pub(crate) steps: Vec<Step>,
    /// As the simulator takes them.
    pub(crate) faults: Vec<Value>,
    pub(crate) kills: Vec<Kill>,
}

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

impl Call {
    /// What the provider reports, in its order. `began` is when the run's first call started, Unix seconds.
    pub(crate) fn reports(&self, number: &str, began: i64) -> Vec<Value> {
        let start = began + self.starts;
        let on = |user: usize, status: &str, more: Value| {
            let line = |user: usize| (101 + user).to_string();
            let caller = if self.story == Story::Withheld { "anonymous" } else { number };
            let mut event = event(&self.id, caller, status, more);
            event["extension"] = json!(line(user));
            event["startTime"] = json!(start);
            event["direction"] = json!("inbound");
            if let Story::Outbound | Story::OutboundMiss | Story::Internal = self.story {
                let to = if self.story == Story::Internal { line(self.other) } else { number.to_owned() };
                let direction = if self.story == Story::Internal { Value::Null } else { json!("outbound") };
                event["from"] = json!(line(user));
                event["to"] = json!(to);
                event["direction"] = direction;
            } else {
                event["to"] = json!(COMPANY);
            }
            event
        };
        let answered = start + 5;
        let mut end = json!({"answerTime": answered, "endTime": answered + self.seconds, "duration": self.seconds});
        if self.is_recorded {
            end["recording"] = json!(self.recording());
        }
        let missed = |user| on(user, "missed", json!({"endTime": start + 20}));
        let ringing = |user| on(user, "ringing", json!({}));
        match self.story {
            Story::Miss | Story::OutboundMiss => vec![ringing(self.user), missed(self.user)],
            Story::LateTalk => vec![ringing(self.other), missed(self.other), on(self.user, "completed", end)],
            _ => {
                let picked_up = on(self.user, "answered", json!({"answerTime": answered}));
                vec![ringing(self.user), picked_up, on(self.user, "completed", end)]
            }
        }
    }

    /// Where the provider keeps the recording.
    pub(crate) fn recording(&self) -> String {
        format!("https://pbx.example/r/{}.mp3", self.id)
    }

    /// Somebody talked.
    pub(crate) fn is_talk(&self) -> bool {
        matches!(self.story, Story::Talk | Story::LateTalk | Story::Outbound)
    }

    /// Nothing of it belongs in Kommo.
    pub(crate) fn is_private(&self) -> bool {
        matches!(self.story, Story::Withheld | Story::Internal)
    }

    fn report_count(&self) -> usize {
        if let Story::Miss | Story::OutboundMiss = self.story { 2 } else { 3 }
    }
}

impl Schedule {
    /// Everything a seed decides.
    pub(crate) fn of(seed: u64, length: Length) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let people = people(&mut dice);
        let calls = calls(&mut dice, people.len(), length);
        let steps = steps(&mut dice, &calls);
        let faults = faults(&mut dice, length);
        let kills = kills(&mut dice, length);
        Self { seed, has_webhooks: dice.random_bool(0.5), people, calls, steps, faults, kills }
    }

    /// The calls of a person that belong in Kommo, in the order in which they took place.
    pub(crate) fn calls_of(&self, person: usize) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.person == person && !call.is_private()).collect()
    }

    /// A delivery id for each report of each call: repeats of a report are repeats of its delivery.
    pub(crate) fn delivery_ids(&self) -> Vec<Vec<String>> {
        self.calls.iter().map(|call| (0..call.report_count()).map(|_| delivery_id()).collect()).collect()
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

impl fmt::Display for Schedule {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let webhooks = if self.has_webhooks { "with" } else { "without" };
        writeln!(to, "seed {}, {webhooks} account webhooks", self.seed)?;
        for person in &self.people {
            writeln!(to, "  {} is {:?}", person.number, person.known)?;
        }
        for call in &self.calls {
            let number = &self.people[call.person].number;
            let (id, story, seconds) = (&call.id, call.story, call.seconds);
            let recorded = if call.is_recorded { ", recorded" } else { "" };
            let (line, other) = (101 + call.user, 101 + call.other);
            writeln!(to, "  {id}: {story:?} with {number} on {line} (other {other}), {seconds} s{recorded}")?;
        }
        for step in &self.steps {
            match step.deed {
                Deed::Deliver { call, report } => {
                    writeln!(to, "  +{} ms: report {report} of {}", step.after, self.calls[call].id)?;
                }
                deed => writeln!(to, "  +{} ms: {deed:?}", step.after)?,
            }
        }
        for fault in &self.faults {
            writeln!(to, "  fault {fault}")?;
        }
        for kill in &self.kills {
            writeln!(to, "  {kill:?}")?;
        }
        Ok(())
    }
}

#[test]
fn a_seed_always_draws_the_same_schedule_and_seeds_differ() {
    let drawn = |seed| Schedule::of(seed, Length::Long).to_string();
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
}
