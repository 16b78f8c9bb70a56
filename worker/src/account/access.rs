//! Warning the administrators before the account loses its access to Kommo; when that is decides
//! [`kommo_voip_domain::access`].
//!
//! Why every step may run twice:
//! 1. The warning is stored before anybody is told; whose tab showed it is stored with it, so each hears it once, or twice
//!    if the object dies in between.
//! 2. The task is stored as sent before its request leaves. A lost answer is left alone, then looked for by its words, and
//!    sent again only if it is not there.

use super::Hub;
use super::client::Errand;
use super::identity::names;
use super::slots::Purpose;
use super::store::StoreError;
use crate::adapters::budget::Budget;
use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::access::{TaskState, TaskTurn, Told, Warning, words};
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::kommo::tasks::{CreateTask, NewestTasks};
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::protocol::{NoticeLevel, ServerMessage};
use kommo_voip_domain::time::{Millis, Moment};

/// A task that could not be made is tried again after this.
const TASK_AGAIN: Millis = Millis::minutes(1);
/// Kommo's clock may differ from ours by so much.
const CLOCKS_DIFFER: Millis = Millis::minutes(5);

impl Hub {
    /// Sees to it that the administrators know when access is about to end.
    pub(super) async fn look_after_access(&self) {
        if let Err(error) = self.try_access().await {
            log::error("the warning about access could not be stored", &[("error", error.to_string().into())]);
        }
    }

    async fn try_access(&self) -> Result<(), StoreError> {
        let (Ok(_), Ok(pair)) = (self.connected(), self.stored_pair()) else { return Ok(()) };
        let (access, now) = (self.access(&pair), clock::now());
        if let Some(due) = access.look_again() {
            self.want_upkeep_by(due.max(now + TASK_AGAIN));
        }
        let Some(warning) = access.warning(now) else { return self.store.forget_value(names::ACCESS_WARNING) };
        let known = self.store.value::<Told>(names::ACCESS_WARNING)?.filter(|told| told.warning == warning);
        let told = known.unwrap_or_else(|| {
            log::warn("access to Kommo is about to end", &[]);
            Told::new(warning)
        });
        self.store.set_value(names::ACCESS_WARNING, &told)?; // 1
        for user in self.open_users() {
            self.tell_of_access(user);
        }
        let task = match told.task.turn(now) {
            TaskTurn::Nothing => return Ok(()),
            TaskTurn::NotBefore(due) => {
                self.want_upkeep_by(due);
                return Ok(());
            }
            TaskTurn::Send => self.send_access_task(warning).await?,
            TaskTurn::LookFor => match self.has_access_task(told.task).await {
                Ok(true) => TaskState::Over,
                Ok(false) => self.send_access_task(warning).await?,
                Err(_) => told.task,
            },
        };
        if task != TaskState::Over {
            self.want_upkeep_by(clock::now() + TASK_AGAIN);
        }
        self.set_access_task(task)
    }

    /// Shows an administrator's tab the warning that stands, unless one did before.
    pub(super) fn tell_of_access(&self, user: UserId) {
        if let Err(error) = self.try_tell_of_access(user) {
            log::error("the warning about access could not be stored", &[("error", error.to_string().into())]);
        }
    }

    fn try_tell_of_access(&self, user: UserId) -> Result<(), StoreError> {
        let Some(mut told) = self.store.value::<Told>(names::ACCESS_WARNING)? else { return Ok(()) };
        let directory = self.known_directory()?;
        let is_admin = directory.user(user).is_some_and(|user| user.is_active && user.is_admin);
        if !is_admin || told.users.contains(&user) {
            return Ok(());
        }
        let text = words(&directory.account.language).to_owned();
        let code = "access_ends".to_owned();
        let notice = ServerMessage::Notice { level: NoticeLevel::Lasting, code, text, call: None };
        if self.send_to_one_tab(user, &notice) {
            told.users.push(user);
            self.store.set_value(names::ACCESS_WARNING, &told)?;
        }
        Ok(())
    }

    /// The same as a sentence of the diagnostics.
    pub(super) fn access_problem(&self) -> Result<Option<String>, StoreError> {
        let told = self.store.value::<Told>(names::ACCESS_WARNING)?;
        Ok(told.map(|_| words("en").to_owned()))
    }

    fn set_access_task(&self, task: TaskState) -> Result<(), StoreError> {
        let Some(told) = self.store.value::<Told>(names::ACCESS_WARNING)? else { return Ok(()) };
        self.store.set_value(names::ACCESS_WARNING, &Told { task, ..told })
    }

    async fn send_access_task(&self, warning: Warning) -> Result<TaskState, StoreError> {
        let (Warning::Refused(ends_at) | Warning::Old(ends_at)) = warning;
        let directory = self.known_directory()?;
        let ourselves = directory.ourselves.and_then(|user| directory.user(user));
        let admins = ourselves.into_iter().chain(&directory.users);
        let responsible = admins.into_iter().find(|user| user.is_active && user.is_admin).map(|user| user.id);
        let ask = CreateTask {
            text: words(&directory.account.language).to_owned(),
            complete_till: ends_at.seconds(),
            entity: None,
            responsible,
            request_id: "access".to_owned(),
        };
        let sent = TaskState::Sent(clock::now());
        self.set_access_task(sent)?; // 2
        Ok(match self.ask(&access_errand(), &ask).await {
            Ok(_) => TaskState::Over,
            Err(error) if error.may_have_landed() => sent,
            Err(error) if error.kind() == ErrorKind::Refuse => TaskState::Over,
            Err(_) => TaskState::Wanted,
        })
    }

    async fn has_access_task(&self, task: TaskState) -> Result<bool, KommoError> {
        let TaskState::Sent(Moment(at)) = task else { return Ok(false) };
        let text = self.known_directory().map(|directory| words(&directory.account.language));
        let text = text.map_err(|_| KommoError::Deferred)?;
        let tasks = self.ask(&access_errand(), &NewestTasks { entity: None }).await?;
        let since = Moment(at - CLOCKS_DIFFER.0).seconds();
        Ok(tasks.iter().any(|task| task.text == text && task.created_at >= since))
    }
}

fn access_errand() -> Errand {
    Errand { purpose: Purpose::Admin, call: None, budget: Budget::of(5) }
}
