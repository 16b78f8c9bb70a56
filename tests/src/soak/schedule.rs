//! What happens in one run: who calls whom, how the reports arrive, and what goes wrong meanwhile.
//!
//! Faults and kills have ordinals, "the fifth write", not times: the same seed strikes the same requests, as far as
//! the order of requests is the same.

use std::fmt;

use serde_json::{Value, json};

use super::COMPANY;

/// How long a run may take, and so what it may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
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
pub enum Fate {
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
pub struct Schedule {
    /// What it was drawn from.
    pub seed: u64,
    /// Whether Kommo tells of changes.
    pub has_webhooks: bool,
    pub(crate) people: Vec<Person>,
    pub(crate) calls: Vec<Call>,
    pub(crate) steps: Vec<Step>,
    /// As the simulator takes them.
    pub(crate) faults: Vec<Value>,
    pub(crate) kills: Vec<Kill>,
}

impl Call {
    /// What the provider reports, in its order. `began` is when the run's first call started, Unix seconds.
    pub(crate) fn reports(&self, number: &str, began: i64) -> Vec<Value> {
        let start = began + self.starts;
        let on = |user: usize, status: &str, more: Value| {
            let line = |user: usize| (101 + user).to_string();
            let caller = if self.story == Story::Withheld { "anonymous" } else { number };
            let mut event = json!({"callId": self.id, "voipAccountId": "pbx", "from": caller, "status": status});
            for (name, value) in more.as_object().into_iter().flatten() {
                event[name] = value.clone();
            }
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

    pub(super) fn report_count(&self) -> usize {
        if let Story::Miss | Story::OutboundMiss = self.story { 2 } else { 3 }
    }
}

impl Schedule {
    /// The calls of a person that belong in Kommo, in the order in which they took place.
    pub(crate) fn calls_of(&self, person: usize) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.person == person && !call.is_private()).collect()
    }
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
