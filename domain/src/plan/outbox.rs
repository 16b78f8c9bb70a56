//! The life of one action: sent once, looked for when its answer was lost, tried again, parked or done.
//!
//! The row of an action exists once per key and is stored before its request leaves. An action whose answer is
//! missing is left alone for 30 s, because a slow write may still land, then looked for, and sent again only if it is
//! not there. So each effect happens exactly once if Kommo applies a write within that time.

use super::{Action, ActionResult};
use crate::kommo::{ErrorKind, KommoError};
use crate::retry;
use crate::time::{Millis, Moment};

/// How long a write whose answer was lost may still land.
pub const MAY_STILL_LAND: Millis = Millis::seconds(30);
/// How often it is looked whether an incoming lead was accepted.
const ACCEPTANCE: Millis = Millis::minutes(5);
/// How often something is tried again that Kommo refuses although it may come right by itself.
const PATIENCE: u32 = 4;
/// The pause when nothing could be sent just now.
const NOT_SENT: Millis = Millis(50);

/// Where an action stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Not sent, or known not to have taken effect.
    Ready,
    /// Sent, and its answer is not here: it may have taken effect.
    Sending,
    /// Kommo refused it; an administrator has to act.
    Parked,
    /// Done.
    Done(ActionResult),
}

/// What is stored of an action's life.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Where it stands.
    pub state: State,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was sent last.
    pub sent_at: Option<Moment>,
    /// Not before this.
    pub due_at: Moment,
}

/// What an action's turn is.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// It is done; what follows from it has to be stored.
    Finish(ActionResult),
    /// Only an administrator can go on.
    Parked,
    /// Nothing before this moment.
    NotBefore(Moment),
    /// See whether it took effect.
    LookFor,
    /// Send it.
    Send,
}

/// What follows from a failure.
#[derive(Debug, Clone, PartialEq)]
pub enum Aftermath {
    /// Nothing was sent: try later, nothing is counted.
    NotSent {
        /// When.
        due: Moment,
    },
    /// Kommo does not accept us; everything waits for a new grant.
    Held,
    /// It may have taken effect: look for it later.
    Uncertain {
        /// When.
        due: Moment,
    },
    /// It took no effect: send it again later.
    Again {
        /// When.
        due: Moment,
        /// What was known when it was decided is doubtful: read it again and decide anew.
        doubt: Doubt,
    },
    /// Kommo refuses it for good.
    Parked,
    /// It was worth something only then; what follows from it is stored as if it were done.
    Finish(ActionResult),
}

/// What has to be read again after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing.
    Nothing,
    /// The person: somebody may have accepted or declined the incoming lead.
    Person,
    /// The person and the account: a target, user, pipeline or stage may be gone.
    Everything,
}

impl Attempt {
    /// An action that was just written down.
    pub fn new(now: Moment) -> Self {
        Self { state: State::Ready, attempts: 0, sent_at: None, due_at: now }
    }

    /// What to do with the action at `now`.
    pub fn turn(&self, action: &Action, now: Moment) -> Turn {
        match &self.state {
            State::Done(result) => Turn::Finish(result.clone()),
            State::Parked => Turn::Parked,
            State::Ready if self.due_at > now => Turn::NotBefore(self.due_at),
            State::Ready => Turn::Send,
            State::Sending if action.is_momentary() => Turn::Finish(ActionResult::Changed),
            // Also what may be repeated waits: landing late, it would undo what was said after it.
            State::Sending => match self.due_at.max(self.sent_at.unwrap_or(now) + MAY_STILL_LAND) {
                landed if now < landed => Turn::NotBefore(landed),
                _ if action.is_repeatable() => Turn::Send,
                _ => Turn::LookFor,
            },
        }
    }
}

/// What follows when Kommo did not do an action. `attempts` counts this one; `paused_until`: nothing is sent before;
/// `on_incoming_lead`: its target is an incoming lead nobody has accepted yet.
pub fn after_failure(
    action: &Action,
    error: &KommoError,
    attempts: u32,
    on_incoming_lead: bool,
    paused_until: Option<Moment>,
    now: Moment,
    jitter: f64,
) -> Aftermath {
    let later = |asked: Option<Millis>| now + retry::backoff(attempts, jitter, asked);
    if action.is_momentary() {
        return Aftermath::Finish(ActionResult::Changed);
    }
    match error.kind() {
        _ if *error == KommoError::Deferred => Aftermath::NotSent { due: paused_until.unwrap_or(now + NOT_SENT) },
        ErrorKind::Fatal => Aftermath::Held,
        _ if error.may_have_landed() && !matches!(action, Action::JoinTaskV1 { .. }) => {
            Aftermath::Uncertain { due: now + MAY_STILL_LAND }
        }
        ErrorKind::Retry => Aftermath::Again { due: later(error.retry_after()), doubt: Doubt::Nothing },
        // Some accounts take no note on an incoming lead before it is accepted.
        ErrorKind::Refuse if on_incoming_lead && matches!(action, Action::WriteNoteV1 { .. }) => {
            // Somebody may have decided it since we looked, which the next look tells; only then it waits.
            let pause = if attempts <= 1 { retry::backoff(0, jitter, None) } else { ACCEPTANCE };
            Aftermath::Again { due: now + pause, doubt: Doubt::Person }
        }
        // Nothing is left to change.
        ErrorKind::Refuse if *error == KommoError::NotFound && changes_only(action) => {
            Aftermath::Finish(ActionResult::Changed)
        }
        // Its target vanished, or cannot be accepted yet: read again what is there, and decide anew.
        ErrorKind::Refuse if attempts < PATIENCE && may_come_right(action, error) => {
            Aftermath::Again { due: later(None), doubt: Doubt::Everything }
        }
        ErrorKind::Refuse => Aftermath::Parked,
    }
}

/// What only changes something that may have been deleted meanwhile.
fn changes_only(action: &Action) -> bool {
    matches!(action, Action::AmendNoteV1 { .. } | Action::ChangeFollowUpV1 { .. } | Action::CompleteTaskV1 { .. })
}

/// What Kommo refuses for the moment: a target that was deleted or merged, an incoming lead that is not ready, a
/// user, pipeline or stage that was deleted since we looked.
fn may_come_right(action: &Action, error: &KommoError) -> bool {
    let gone = matches!(error, KommoError::NotFound | KommoError::Invalid { .. });
    match action {
        Action::AcceptIncomingLeadV1 { .. }
        | Action::DeclineIncomingLeadV1 { .. }
        | Action::WriteNoteV1 { .. }
        | Action::CreateTaskV1 { .. }
        | Action::CreateFollowUpV1 { .. }
        | Action::CreateLeadV1 { .. } => gone,
        Action::CreateContactAndLeadV1 { .. } | Action::CreateIncomingLeadV1 { .. } => {
            matches!(error, KommoError::Invalid { .. })
        }
        Action::MoveNoteV1 { .. }
        | Action::AmendNoteV1 { .. }
        | Action::AddNumberV1 { .. }
        | Action::JoinTaskV1 { .. }
        | Action::CompleteTaskV1 { .. }
        | Action::ChangeFollowUpV1 { .. }
        | Action::NotifyV1 { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Entity, LeadId, TaskId, UserId};
    use crate::phone::PhoneKey;

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(1_771_000_000 + seconds)
    }

    fn task() -> Action {
        let entity = Entity::Leads(LeadId(7));
        Action::CreateTaskV1 { entity, text: "call".into(), due: at(60), responsible: None, missed_at: at(0) }
    }

    fn notify() -> Action {
        Action::NotifyV1 { number: PhoneKey::parse("+49305550100").unwrap(), users: vec![UserId(1)] }
    }

    fn after(action: &Action, error: &KommoError, attempts: u32) -> Aftermath {
        after_failure(action, error, attempts, false, None, at(0), 1.0)
    }

    #[test]
    fn a_write_without_an_answer_is_left_alone_and_then_looked_for() {
        let sent = Attempt { state: State::Sending, attempts: 1, sent_at: Some(at(0)), due_at: at(0) };
        assert_eq!(sent.turn(&task(), at(29)), Turn::NotBefore(at(30)));
        assert_eq!(sent.turn(&task(), at(30)), Turn::LookFor);
        assert_eq!(after(&task(), &KommoError::TimedOut, 1), Aftermath::Uncertain { due: at(30) });
    }

    #[test]
    fn what_may_be_repeated_is_and_what_is_worth_nothing_later_is_not() {
        let sent = |due_at| Attempt { state: State::Sending, attempts: 1, sent_at: Some(at(0)), due_at };
        let complete = Action::CompleteTaskV1 { task: TaskId(1), result: "done".into() };
        assert_eq!(sent(at(0)).turn(&complete, at(29)), Turn::NotBefore(at(30)));
        assert_eq!(sent(at(0)).turn(&complete, at(30)), Turn::Send);
        assert_eq!(sent(at(0)).turn(&notify(), at(1)), Turn::Finish(ActionResult::Changed));
        assert_eq!(after(&notify(), &KommoError::TimedOut, 1), Aftermath::Finish(ActionResult::Changed));
    }

    #[test]
    fn refusals_are_doubted_a_few_times_and_then_parked() {
        let gone = KommoError::NotFound;
        let Aftermath::Again { doubt: Doubt::Everything, .. } = after(&task(), &gone, 1) else { panic!("given up") };
        assert_eq!(after(&task(), &gone, PATIENCE), Aftermath::Parked);
        let complete = Action::CompleteTaskV1 { task: TaskId(1), result: "done".into() };
        assert_eq!(after(&complete, &gone, 1), Aftermath::Finish(ActionResult::Changed));
        assert_eq!(after(&complete, &KommoError::Unauthorised, 1), Aftermath::Held);
        assert_eq!(after(&task(), &KommoError::Deferred, 1), Aftermath::NotSent { due: at(0) + NOT_SENT });
    }
}
