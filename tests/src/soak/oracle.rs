//! What must be in Kommo when everything has settled, computed from the schedule alone, and how what is there differs.
//!
//! It knows the product's promises and nothing of its code: one note for each call, on the person of its number; one
//! contact and lead for each number nobody had; a task exactly where somebody still has to call back; nothing else;
//! and never more than seven requests within a second.

use std::fmt;

use serde_json::{Value, json};

use super::{
    items, notes_of,
    schedule::{Call, Known, Schedule, Story},
    with_number,
};

/// Kommo's limit.
const PER_SECOND: usize = 7;

/// How a record is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Something that happened is not there.
    Lost,
    /// Something is there more than once.
    Doubled,
    /// Something is there that did not happen so, or is with somebody else.
    Misfiled,
    /// Kommo was asked too often.
    OverLimit,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it is wrong.
    pub wrong: Wrong,
    /// What it is, for a person.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:?}: {}", self.wrong, self.what)
    }
}

/// Somebody Kommo knew before.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seeded {
    pub(crate) contact: Option<u64>,
    pub(crate) leads: Vec<u64>,
}

/// What the run was made of, beside its schedule.
pub(crate) struct Cast<'a> {
    /// The users of the lines 101, 102, ….
    pub(crate) users: &'a [u64],
    /// By the schedule's people.
    pub(crate) seeded: &'a [Seeded],
}

/// Everything in which `state` differs from what the schedule demands.
pub(crate) fn judge(schedule: &Schedule, cast: &Cast<'_>, state: &Value) -> Vec<Finding> {
    let mut judge = Judge { cast, state, findings: Vec::new() };
    for person in 0..schedule.people.len() {
        judge.person(schedule, person);
    }
    judge.nothing_else(schedule);
    judge.pace();
    judge.findings
}

/// Where the notes of a person belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place(&'static str, u64);

struct Judge<'a> {
    cast: &'a Cast<'a>,
    state: &'a Value,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    fn find(&mut self, wrong: Wrong, what: impl Into<String>) {
        self.findings.push(Finding { wrong, what: what.into() });
    }

    /// `found` of what there must be `wanted` of.
    fn count(&mut self, what: impl fmt::Display, found: usize, wanted: usize) {
        if found != wanted {
            let wrong = if found < wanted { Wrong::Lost } else { Wrong::Doubled };
            self.find(wrong, format!("{found} {what}, not {wanted}"));
        }
    }

    fn person(&mut self, schedule: &Schedule, person: usize) {
        let calls = schedule.calls_of(person);
        let number = &schedule.people[person].number;
        let contacts = with_number(self.state, "contacts", number).len();
        let is_expected = schedule.people[person].known != Known::Nobody || !calls.is_empty();
        self.count(format_args!("contacts of {number}"), contacts, usize::from(is_expected));
        let place = self.place(schedule, person);
        for call in &calls {
            self.note(call, number, place);
        }
        self.tasks(number, &calls, place);
    }

    /// The one active lead of a person; where there is not exactly one, the contact.
    fn place(&self, schedule: &Schedule, person: usize) -> Option<Place> {
        let seeded = &self.cast.seeded[person];
        match schedule.people[person].known {
            Known::Nobody => {
                let contacts = with_number(self.state, "contacts", &schedule.people[person].number);
                let lead = contacts.first()?["_embedded"]["leads"][0]["id"].as_u64()?;
                Some(Place("leads", lead))
            }
            Known::OneLead => Some(Place("leads", *seeded.leads.first()?)),
            Known::Contact | Known::TwoLeads => Some(Place("contacts", seeded.contact?)),
        }
    }

    fn note(&mut self, call: &Call, number: &str, place: Option<Place>) {
        let notes = notes_of(self.state, &call.id);
        self.count(format_args!("notes of {}", call.id), notes.len(), 1);
        let Some(note) = notes.first().map(|note| (*note).clone()) else { return };
        let is_inbound = !matches!(call.story, Story::Outbound | Story::OutboundMiss);
        let mut wanted = vec![
            ("note_type", &note["note_type"], json!(if is_inbound { "call_in" } else { "call_out" })),
            ("duration", &note["params"]["duration"], json!(if call.is_talk() { call.seconds } else { 0 })),
            ("call_status", &note["params"]["call_status"], json!(if call.is_talk() { 4 } else { 6 })),
            ("phone", &note["params"]["phone"], json!(number)),
            ("call_responsible", &note["params"]["call_responsible"], json!(self.cast.users[call.user])),
        ];
        if call.is_talk() && call.is_recorded {
            wanted.push(("link", &note["params"]["link"], json!(call.recording())));
        }
        for (name, found, wanted) in wanted {
            if *found != wanted {
                self.find(Wrong::Misfiled, format!("{} has {name} {found}, not {wanted}", call.id));
            }
        }
        let found = (note["entity_type"].as_str(), note["entity_id"].as_u64());
        if place.is_some_and(|Place(kind, id)| found != (Some(kind), Some(id))) {
            self.find(Wrong::Misfiled, format!("{} is on {found:?}, not on {place:?}", call.id));
        }
    }

    /// A task is open if and only if a miss was the last thing that happened with somebody who calls us.
    fn tasks(&mut self, number: &str, calls: &[&Call], place: Option<Place>) {
        let Some(Place(kind, id)) = place else { return };
        let here = |task: &&Value| task["entity_type"] == kind && task["entity_id"] == id;
        let tasks: Vec<&Value> = items(self.state, "tasks").iter().filter(here).collect();
        let open = tasks.iter().filter(|task| task["is_completed"] == false).count();
        let last = calls.iter().rev().find(|call| call.story != Story::OutboundMiss);
        let is_due = last.is_some_and(|call| call.story == Story::Miss);
        self.count(format_args!("open tasks for {number}"), open, usize::from(is_due));
        let misses = calls.iter().filter(|call| matches!(call.story, Story::Miss | Story::LateTalk)).count();
        if tasks.len() > misses {
            self.find(Wrong::Doubled, format!("{} tasks for {number} after {misses} misses", tasks.len()));
        }
    }

    /// Beyond what is checked one by one there is nothing.
    fn nothing_else(&mut self, schedule: &Schedule) {
        let calls = |person| schedule.calls_of(person).len();
        let people = 0..schedule.people.len();
        let [mut contacts, mut leads, mut notes] = [0; 3];
        let mut places = Vec::new();
        for person in people {
            let known = schedule.people[person].known;
            let is_there = usize::from(known != Known::Nobody || calls(person) > 0);
            contacts += is_there;
            leads += match known {
                Known::Nobody | Known::OneLead => is_there,
                Known::Contact => 0,
                Known::TwoLeads => 2,
            };
            notes += calls(person);
            places.extend(self.place(schedule, person));
        }
        let lists = [("contacts", contacts), ("leads", leads), ("notes", notes), ("companies", 0), ("unsorted", 0)];
        for (list, wanted) in lists {
            self.count(format_args!("{list} in all"), items(self.state, list).len(), wanted);
        }
        let is_elsewhere = |task: &&Value| {
            let found = (task["entity_type"].as_str(), task["entity_id"].as_u64());
            !places.iter().any(|Place(kind, id)| found == (Some(kind), Some(*id)))
        };
        if let Some(task) = items(self.state, "tasks").iter().find(is_elsewhere) {
            self.find(Wrong::Misfiled, format!("a task belongs to nobody: {task}"));
        }
    }

    fn pace(&mut self) {
        let requests = items(self.state, "requests");
        let mut arrivals: Vec<f64> = requests.iter().filter_map(|request| request["at"].as_f64()).collect();
        arrivals.sort_by(f64::total_cmp);
        for (first, at) in arrivals.iter().enumerate() {
            let within = arrivals[first..].iter().take_while(|other| **other - at < 1.0).count();
            if within > PER_SECOND {
                self.find(Wrong::OverLimit, format!("{within} requests in the second from {at}"));
            }
        }
        for request in requests.iter().filter(|request| request["status"] == 429 && request["fault"].is_null()) {
            self.find(Wrong::OverLimit, format!("Kommo itself refused {request}"));
        }
    }
}
