//! A small model of the shell that carries the decisions out: a store with transactions, requests that fail in every
//! way, and a process that may die at each of them. What decides is the real `decide`, `apply` and `outbox`.

use crate::cast::{self, WEDNESDAY};
use crate::kommo::Kommo;
use kommo_voip_domain::call::Call;
use kommo_voip_domain::ids::*;
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone::{Dialled, PhoneKey};
use kommo_voip_domain::plan::outbox::{self, Aftermath, Attempt, Doubt, State, Turn};
use kommo_voip_domain::plan::{self, AccountFacts, Action, ActionResult, Colleague, Decision, Done, Facts, Feedback};
use kommo_voip_domain::retry;
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::telephony::CallEvent;
use kommo_voip_domain::time::{Millis, Moment};
use std::collections::{BTreeMap, VecDeque};

/// How one request to Kommo goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not.
    None,
    /// Too many requests, nothing happened.
    RateLimited,
    /// Kommo's edge answers with a page.
    Blocked,
    /// An error, and nothing happened.
    ErrorBefore,
    /// An error, though the write took effect.
    ErrorAfter,
    /// The connection broke before anything happened.
    DropBefore,
    /// The answer was lost.
    DropAfter,
    /// No answer in time; the write lands after so many seconds, less than thirty.
    Late(u8),
    /// The breaker is open: not even sent.
    NotSent,
    /// Kommo does not accept us for a while.
    Refused,
    /// The process dies, and nothing happened.
    DieBefore,
    /// The process dies after the write took effect, before its answer is stored.
    DieAfter,
    /// The process dies, and the write lands after so many seconds.
    DieLate(u8),
}

/// Why a step came to nothing.
enum Trouble {
    Kommo(KommoError),
    Died,
}

struct Row {
    /// Which call wanted it.
    call: usize,
    action: Action,
    attempt: Attempt,
}

pub struct Stored {
    pub call: Call,
    pub done: Done,
    pub feedback: Feedback,
    due: Option<Moment>,
}

pub struct Shell {
    pub settings: Settings,
    pub kommo: Kommo,
    pub away: Vec<UserId>,
    pub now: Moment,
    pub faults: VecDeque<Fault>,
    users: Vec<Colleague>,
    lines: BTreeMap<ExtensionId, UserId>,
    account: AccountFacts,
    // From here on: what survives a death.
    pub calls: Vec<Stored>,
    known: Option<Person>,
    /// How often whoever had the number was gone.
    epoch: i64,
    outbox: BTreeMap<String, Row>,
}

/// What a step left to do.
enum Left {
    Again,
    Rest(Option<Moment>),
}

impl Shell {
    pub fn new(kommo: Person, settings: Settings) -> Self {
        Self {
            settings,
            kommo: Kommo::new(kommo),
            away: vec![],
            now: WEDNESDAY,
            faults: VecDeque::new(),
            users: cast::users(),
            lines: cast::lines(),
            account: cast::account(),
            calls: vec![],
            known: None,
            epoch: 0,
            outbox: BTreeMap::new(),
        }
    }

    /// A report is stored; what follows is done when its turn comes.
    pub fn hear(&mut self, event: &CallEvent) {
        let now = self.now;
        match self.calls.iter_mut().find(|known| known.call.call_id == event.call_id) {
            Some(known) => {
                if known.call.merge(event, now) {
                    known.due = Some(now);
                }
            }
            None => self.calls.push(Stored {
                call: Call::begin(CallId(event.call_id.0.clone()), "generic", event, now),
                done: Done::default(),
                feedback: Feedback::default(),
                due: Some(now),
            }),
        }
    }

    /// Somebody says something about a call.
    pub fn save(&mut self, index: usize, say: impl FnOnce(&mut Feedback)) {
        let stored = &mut self.calls[index];
        say(&mut stored.feedback);
        stored.due = Some(self.now);
    }

    /// Everything that is due until then is done.
    pub fn pass_until(&mut self, until: Moment) {
        for _ in 0..10_000 {
            self.kommo.land(self.now);
            let due = self.calls.iter().enumerate().filter_map(|(index, known)| Some((known.due?, index))).min();
            match due.filter(|(due, _)| *due <= until) {
                Some((due, index)) => {
                    self.now = self.now.max(due);
                    self.kommo.land(self.now);
                    self.work_off(index);
                }
                None => {
                    self.now = self.now.max(until);
                    return self.kommo.land(self.now);
                }
            }
        }
        panic!("the calls never settle");
    }

    fn work_off(&mut self, index: usize) {
        for _ in 0..12 {
            match self.step(index) {
                Ok(Left::Again) => {}
                Ok(Left::Rest(due)) => return self.calls[index].due = due.map(|due| due.max(self.now + Millis(1))),
                Err(Trouble::Kommo(_)) => unreachable!("what Kommo answers is always stored"),
                // Another process wakes, with what was stored.
                Err(Trouble::Died) => return self.now = self.now + Millis::seconds(2),
            }
        }
    }

    fn step(&mut self, index: usize) -> Result<Left, Trouble> {
        let uncertain = self.outbox.iter().find(|(_, row)| row.attempt.state == State::Sending);
        if let Some(key) = uncertain.map(|(key, _)| key.clone()) {
            return self.settle(&key);
        }
        let stored = &self.calls[index];
        let is_line = |text: &str| self.lines.contains_key(&ExtensionId(text.to_owned()));
        let side = stored.call.side(is_line, cast::read);
        let talked_since = self.calls.iter().any(|other| other.due.is_none() && other.call.talked_after(&stored.call));
        let facts = Facts {
            settings: &self.settings,
            call: &stored.call,
            recording: stored.call.recording.as_deref(),
            side: &side,
            formatted: cast::CLIENT_READ,
            lines: &self.lines,
            users: &self.users,
            account: &self.account,
            person: self.known.as_ref(),
            done: &stored.done,
            feedback: &stored.feedback,
            manager_is_here: false,
            away: &self.away,
            told_of_changes: false,
            talked_since,
            switched_off: false,
        };
        let decided = plan::decide(&facts, self.now);
        let Dialled::Number(number) = side.other else { panic!("only calls with a number are played here") };
        Ok(match decided.next {
            Decision::LookUp => match self.request(None) {
                Ok(_) => {
                    let open_task = self.known.as_ref().and_then(|known| known.open_task);
                    let found = self.kommo.look_up(self.known.as_ref(), self.now);
                    let knew_somebody = |known: &Person| !known.is_nobody() || known.incoming.is_some();
                    if self.known.as_ref().is_some_and(knew_somebody) && !knew_somebody(&found) {
                        self.epoch += 1;
                    }
                    self.known = Some(Person { read_at: self.now, open_task, ..found });
                    Left::Again
                }
                Err(Trouble::Kommo(_)) => Left::Rest(Some(self.now + retry::backoff(1, 0.5, None))),
                Err(died) => return Err(died),
            },
            Decision::Act(action) => self.act(index, &number, *action)?,
            Decision::Wait(until) => Left::Rest(until),
            Decision::AwaitResult => panic!("nobody is there to be asked"),
            Decision::Delivered => Left::Rest(None),
            Decision::NotWritten(_) => Left::Rest(stored.call.next_change(self.now)),
        })
    }

    /// What may have landed is settled before anything else about this person is decided: beside it a second call
    /// would do the same again, and the same call, changing its mind, would never hear what became of it.
    fn settle(&mut self, key: &str) -> Result<Left, Trouble> {
        let now = self.now;
        let row = self.row(key);
        let (call, action) = (row.call, row.action.clone());
        match row.attempt.turn(&action, now) {
            Turn::Finish(result) => self.finish(call, key, &action, &result),
            Turn::NotBefore(due) => return Ok(Left::Rest(Some(due))),
            Turn::Send => return self.send(call, key, &action),
            Turn::LookFor => match self.request(None) {
                Ok(_) => match self.kommo.find(&action, |found| self.is_nobodys(found)) {
                    Some(result) => self.finish(call, key, &action, &result),
                    None => self.row(key).attempt.state = State::Ready,
                },
                Err(Trouble::Kommo(_)) => {
                    let due = now + retry::backoff(1, 0.5, None);
                    self.row(key).attempt.due_at = due;
                    return Ok(Left::Rest(Some(due)));
                }
                Err(died) => return Err(died),
            },
            Turn::Parked => panic!("nothing here is refused for good: {action:?}"),
        }
        Ok(Left::Again)
    }

    /// No action that is done has brought this about.
    fn is_nobodys(&self, result: &ActionResult) -> bool {
        !self.outbox.values().any(|row| matches!(&row.attempt.state, State::Done(done) if done == result))
    }

    fn act(&mut self, index: usize, number: &PhoneKey, action: Action) -> Result<Left, Trouble> {
        let (id, amended) = (self.calls[index].call.id.clone(), self.calls[index].done.amended);
        let key = action.key(&id, Some(number), self.epoch, amended);
        let new = || Row { call: index, action: action.clone(), attempt: Attempt::new(self.now) };
        let row = self.outbox.entry(key.clone()).or_insert_with(new);
        row.call = index;
        let stored = row.action.clone();
        match row.attempt.turn(&stored, self.now) {
            Turn::Finish(result) => {
                self.finish(index, &key, &stored, &result);
                Ok(Left::Again)
            }
            Turn::NotBefore(due) => Ok(Left::Rest(Some(due))),
            Turn::Send => self.send(index, &key, &action),
            Turn::LookFor | Turn::Parked => panic!("settled before, or never refused: {stored:?}"),
        }
    }

    /// Writes down that it leaves, as it is wanted now, and sends it.
    fn send(&mut self, index: usize, key: &str, action: &Action) -> Result<Left, Trouble> {
        let now = self.now;
        let row = self.row(key);
        row.action = action.clone();
        row.attempt.state = State::Sending;
        row.attempt.attempts += 1;
        row.attempt.sent_at = Some(now);
        match self.request(Some(action)) {
            Ok(result) => {
                self.finish(index, key, action, &result.expect("a write has a result"));
                Ok(Left::Again)
            }
            Err(Trouble::Kommo(error)) => Ok(self.failed(index, key, action, &error)),
            Err(died) => Err(died),
        }
    }

    fn failed(&mut self, index: usize, key: &str, action: &Action, error: &KommoError) -> Left {
        let now = self.now;
        let attempts = self.row(key).attempt.attempts;
        let aftermath = outbox::after_failure(action, error, attempts, false, None, now, 0.5);
        let row = self.row(key);
        let (state, due) = match aftermath {
            Aftermath::NotSent { due } => {
                row.attempt.attempts -= 1;
                (State::Ready, due)
            }
            Aftermath::Held => (State::Ready, now + Millis::minutes(10)),
            Aftermath::Uncertain { due } => (State::Sending, due),
            Aftermath::Again { due, doubt } => {
                assert_eq!(doubt, Doubt::Nothing, "nothing here is refused");
                (State::Ready, due)
            }
            Aftermath::Parked => panic!("nothing here is refused for good: {action:?}"),
            Aftermath::Finish(result) => {
                self.finish(index, key, action, &result);
                return Left::Again;
            }
        };
        row.attempt.state = state;
        row.attempt.due_at = due;
        Left::Rest(Some(due))
    }

    fn row(&mut self, key: &str) -> &mut Row {
        self.outbox.get_mut(key).expect("a row that was just made")
    }

    /// One transaction: the result, and what follows from it.
    fn finish(&mut self, index: usize, key: &str, action: &Action, result: &ActionResult) {
        self.row(key).attempt.state = State::Done(result.clone());
        let mut person = self.known.take().unwrap_or_default();
        plan::apply(action, result, &mut self.calls[index].done, &mut person, self.now);
        self.known = Some(person);
        if matches!(action, Action::DeclineIncomingLeadV1 { .. }) {
            self.epoch += 1;
        }
    }

    /// One request, a write or a reading, with the next fault of the schedule.
    fn request(&mut self, write: Option<&Action>) -> Result<Option<ActionResult>, Trouble> {
        let fault = self.faults.pop_front().unwrap_or(Fault::None);
        let lost = |error| Err(Trouble::Kommo(error));
        match fault {
            Fault::None => Ok(self.land_now(write)),
            Fault::RateLimited => lost(KommoError::RateLimited { retry_after: None }),
            Fault::Blocked => lost(KommoError::Blocked { status: 403 }),
            Fault::ErrorBefore => lost(KommoError::ServerError { status: 502 }),
            Fault::ErrorAfter => {
                self.land_now(write);
                lost(KommoError::ServerError { status: 504 })
            }
            Fault::DropBefore => lost(KommoError::Dropped),
            Fault::DropAfter => {
                self.land_now(write);
                lost(KommoError::Dropped)
            }
            Fault::Late(seconds) => {
                self.land_later(write, seconds);
                self.now = self.now + Millis::seconds(10);
                lost(KommoError::TimedOut)
            }
            Fault::NotSent => lost(KommoError::Deferred),
            Fault::Refused => lost(KommoError::Unauthorised),
            Fault::DieBefore => Err(Trouble::Died),
            Fault::DieAfter => {
                self.land_now(write);
                Err(Trouble::Died)
            }
            Fault::DieLate(seconds) => {
                self.land_later(write, seconds);
                Err(Trouble::Died)
            }
        }
    }

    fn land_now(&mut self, write: Option<&Action>) -> Option<ActionResult> {
        write.map(|action| self.kommo.apply(action, self.now))
    }

    fn land_later(&mut self, write: Option<&Action>, seconds: u8) {
        if let Some(action) = write {
            self.kommo.lands_at(self.now + Millis::seconds(i64::from(seconds)), action.clone());
        }
    }
}
