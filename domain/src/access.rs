//! How long the account's access to Kommo still lasts, and whether an administrator has to be warned.
//!
//! An access token lives a day, a refresh token three months from its issue, and a renewal gives both anew (Kommo API
//! reference: lifetimes and rotation). So access ends for two reasons that can be known before: Kommo refuses to renew a
//! pair whose access token still works, or nobody could renew it for months. An administrator's grant outlives that
//! administrator (permissions), and whatever else ends access, such as removing the integration, Kommo tells nobody
//! before.

use crate::ids::UserId;
use crate::time::{Millis, Moment};
use serde::{Deserialize, Serialize};

/// A refresh token's life: three months, the shortest of them with a day to spare.
const REFRESH_LIFE: Millis = Millis::minutes(88 * 24 * 60);
/// An access token is renewed this long before it ends.
const RENEWED_BEFORE: Millis = Millis::minutes(8 * 60);
/// And at least this often, should Kommo let access tokens live longer one day.
const RENEWED_EVERY: Millis = Millis::minutes(7 * 24 * 60);
/// A refusal is believed when it is repeated after this: a single one may be a renewal that crossed another.
const CONFIRMED_AFTER: Millis = Millis::minutes(10);
/// After that it is asked this often whether Kommo changed its mind.
const ASKED_AGAIN: Millis = Millis::minutes(60);
/// While the access token still works, a renewal that failed is not repeated sooner.
const TRIED_AGAIN: Millis = Millis::minutes(1);
/// A pair this old is near enough to its end to worry about.
const OLD: Millis = Millis::minutes(60 * 24 * 60);
/// How long a write whose answer was lost may still land.
const MAY_STILL_LAND: Millis = crate::plan::outbox::MAY_STILL_LAND;

/// Kommo refused to renew the pair, though its access token still worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// The first time.
    pub since: Moment,
    /// The last time.
    pub last: Moment,
}

/// What is known of the token pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// When Kommo gave it.
    pub renewed_at: Moment,
    /// When the access token ends.
    pub ends_at: Moment,
    /// Kommo's refusals to renew it.
    pub refused: Option<Refusals>,
}

/// What an administrator should know, and until when access lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// Kommo refuses to renew the access; it lasts until its access token ends.
    Refused(Moment),
    /// Nobody could renew it for two months; it lasts until its refresh token ends.
    Old(Moment),
}

impl Refusals {
    /// With one more.
    pub fn add(known: Option<Self>, now: Moment) -> Self {
        Self { since: known.map_or(now, |known| known.since), last: now }
    }

    fn are_believed(self) -> bool {
        self.last - self.since >= CONFIRMED_AFTER
    }
}

impl Access {
    /// The access token still works, as far as its end tells.
    pub fn is_usable(&self, now: Moment) -> bool {
        self.ends_at > now
    }

    /// The upkeep renews it now.
    pub fn is_renewal_due(&self, now: Moment) -> bool {
        self.ends_at - now < RENEWED_BEFORE || now - self.renewed_at >= RENEWED_EVERY
    }

    /// Whoever wants to send need not try to renew it first: that failed at `failed_at`, and the access token works.
    pub fn may_wait(&self, failed_at: Moment, now: Moment) -> bool {
        self.is_usable(now) && now - failed_at < TRIED_AGAIN
    }

    /// When the upkeep has to look again because of a refusal.
    pub fn look_again(&self) -> Option<Moment> {
        let refused = self.refused?;
        Some(refused.last + if refused.are_believed() { ASKED_AGAIN } else { CONFIRMED_AFTER })
    }

    /// What an administrator should know now.
    pub fn warning(&self, now: Moment) -> Option<Warning> {
        if self.refused.is_some_and(Refusals::are_believed) && self.is_usable(now) {
            return Some(Warning::Refused(self.ends_at));
        }
        (now - self.renewed_at >= OLD).then(|| Warning::Old(self.renewed_at + REFRESH_LIFE))
    }
}

/// Where the task stands that tells an administrator. It is made once: a lost answer is waited for, then looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Not sent, or known not to have taken effect.
    #[default]
    Wanted,
    /// Sent then, and its answer is not here.
    Sent(Moment),
    /// It is there, or Kommo refused it.
    Over,
}

/// What the task's turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskTurn {
    /// Send it.
    Send,
    /// See whether it is there.
    LookFor,
    /// Nothing before this moment.
    NotBefore(Moment),
    /// Nothing.
    Nothing,
}

impl TaskState {
    /// What to do at `now`.
    pub fn turn(self, now: Moment) -> TaskTurn {
        match self {
            Self::Wanted => TaskTurn::Send,
            Self::Sent(at) if now - at < MAY_STILL_LAND => TaskTurn::NotBefore(at + MAY_STILL_LAND),
            Self::Sent(_) => TaskTurn::LookFor,
            Self::Over => TaskTurn::Nothing,
        }
    }
}

/// A warning that stands, and who was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The warning.
    pub warning: Warning,
    /// The task in Kommo.
    pub task: TaskState,
    /// Administrators whose open tab showed it.
    pub users: Vec<UserId>,
}

impl Told {
    /// A warning nobody was told yet. Only while Kommo accepts us a task can be made.
    pub fn new(warning: Warning) -> Self {
        let task = match warning {
            Warning::Refused(_) => TaskState::Wanted,
            Warning::Old(_) => TaskState::Over,
        };
        Self { warning, task, users: vec![] }
    }
}

/// What is said to the administrators, in the account's language.
pub fn words(language: &str) -> &'static str {
    match language.get(..2) {
        Some("es") => {
            "Kommo VoIP está a punto de perder el acceso a esta cuenta: Kommo ya no lo renueva. Abra los ajustes del widget \
             y pulse Conectar. Hasta entonces las llamadas se conservan."
        }
        Some("pt") => {
            "O Kommo VoIP está prestes a perder o acesso a esta conta: o Kommo não o renova mais. Abra as configurações do \
             widget e clique em Conectar. Até lá, as chamadas são guardadas."
        }
        _ => {
            "Kommo VoIP is about to lose its access to this account: Kommo does not renew it any more. Open the widget’s \
             settings and press Connect. Until then calls are kept."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;
    const DAY: i64 = 24 * HOUR;

    fn renewed_at_zero() -> Access {
        Access { renewed_at: Moment(0), ends_at: Moment(DAY), refused: None }
    }

    fn refused(since: i64, last: i64) -> Access {
        Access { refused: Some(Refusals { since: Moment(since), last: Moment(last) }), ..renewed_at_zero() }
    }

    #[test]
    fn a_pair_is_renewed_in_good_time_and_at_least_every_week() {
        let access = renewed_at_zero();
        for (hour, due) in [(0, false), (16, false), (17, true), (24 * 40, true)] {
            assert_eq!(access.is_renewal_due(Moment(hour * HOUR)), due, "{hour}");
        }
        let long = Access { ends_at: Moment(100 * DAY), ..access };
        assert!(!long.is_renewal_due(Moment(7 * DAY - 1)) && long.is_renewal_due(Moment(7 * DAY)));
    }

    #[test]
    fn one_refusal_is_looked_at_again_and_a_second_one_warns_while_access_lasts() {
        let once = refused(17 * HOUR, 17 * HOUR);
        assert_eq!(once.warning(Moment(18 * HOUR)), None);
        assert_eq!(once.look_again(), Some(Moment(17 * HOUR) + CONFIRMED_AFTER));
        let twice = refused(17 * HOUR, 18 * HOUR);
        assert_eq!(twice.warning(Moment(18 * HOUR)), Some(Warning::Refused(Moment(DAY))));
        assert_eq!(twice.look_again(), Some(Moment(19 * HOUR)));
        assert_eq!(twice.warning(Moment(DAY)), None, "it is lost, which is told otherwise");
        assert_eq!(Refusals::add(None, Moment(5)), Refusals { since: Moment(5), last: Moment(5) });
        assert_eq!(Refusals::add(Some(Refusals::add(None, Moment(5))), Moment(9)).since, Moment(5));
    }

    #[test]
    fn a_pair_nobody_renews_for_two_months_warns_before_it_dies() {
        let access = renewed_at_zero();
        assert_eq!(access.warning(Moment(59 * DAY)), None);
        assert_eq!(access.warning(Moment(60 * DAY)), Some(Warning::Old(Moment(88 * DAY))));
    }

    #[test]
    fn whoever_sends_does_not_wait_for_a_renewal_that_just_failed() {
        let access = renewed_at_zero();
        let now = Moment(DAY - HOUR);
        assert!(access.may_wait(Moment(now.0 - 1), now));
        assert!(!access.may_wait(Moment(now.0 - 60_000), now));
        assert!(!access.may_wait(Moment(DAY - 1), Moment(DAY)), "an access token that ended is of no use");
    }

    #[test]
    fn the_task_is_sent_once_and_a_lost_answer_looked_for() {
        assert_eq!(Told::new(Warning::Refused(Moment(9))).task.turn(Moment(0)), TaskTurn::Send);
        let sent = TaskState::Sent(Moment(1_000));
        assert_eq!(sent.turn(Moment(2_000)), TaskTurn::NotBefore(Moment(31_000)));
        assert_eq!(sent.turn(Moment(31_000)), TaskTurn::LookFor);
        assert_eq!(TaskState::Over.turn(Moment(0)), TaskTurn::Nothing);
        assert_eq!(Told::new(Warning::Old(Moment(9))).task, TaskState::Over);
    }

    #[test]
    fn the_words_are_in_the_accounts_language() {
        assert!(words("pt-BR").contains("Conectar") && words("es").contains("Conectar"));
        assert_eq!(words(""), words("en"));
    }
}
