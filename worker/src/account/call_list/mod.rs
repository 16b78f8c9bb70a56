//! Call lists at work: one call after the other for each person who started theirs, with or without a browser.
//!
//! A list is looked at when something happens to a call, when its person does something, when a tab comes or goes, and
//! when the alarm says so; what is due then is decided by [`CallList::advance`]. Every step may run twice, because
//! 1. what is due is decided anew from what is stored each time, never remembered;
//! 2. an entry is stored as being called, with the id of its call, before the provider is asked, and an entry so
//!    marked is never called again; whether its call came about is read from the calls;
//! 3. one person's list is worked on by one invocation at a time; when the object dies, the next life finds what was
//!    stored.

mod facts;
mod rows;

use super::Hub;
use super::api::{NotPlaced, Wanted};
use super::store::StoreError;
use crate::adapters::{clock, random};
use crate::log;
use kommo_voip_domain::call_list::{self, CallList, Hold, Next, Pause, Progress, Run};
use kommo_voip_domain::ids::{CallId, Entity, UserId};
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::protocol::{
    CallListEntry, CallListHold, CallListNumber, CallListPause, CallListRun, CallListState, CallListView, ServerMessage,
};
use kommo_voip_domain::time::{Millis, Moment};
use std::rc::Rc;

/// A list that cannot be worked on now is tried again after this.
const LATER: Millis = Millis::seconds(30);
/// A list somebody works on is left alone by the alarm for so long: whoever does sees to its next moment.
const IN_HANDS: Millis = Millis::seconds(5);
/// Steps in one go; a decision that never settles must not spin.
const MOST_STEPS: usize = 8;

/// One person's list in the hands of one invocation.
struct InHands<'a> {
    hub: &'a Hub,
    user: UserId,
}

impl Drop for InHands<'_> {
    fn drop(&mut self) {
        self.hub.dialling.borrow_mut().remove(&self.user);
    }
}

/// What is to be called.
struct Due {
    entry: u32,
    entity: Entity,
    number: PhoneKey,
}

impl Hub {
    /// Something happened to some call, or to the settings: whoever has a list under way may be due.
    pub(super) fn look_at_lists(self: &Rc<Self>) {
        match self.store.call_lists_under_way() {
            Ok(users) => users.iter().for_each(|user| self.look_at_list(*user)),
            Err(error) => log::error("call lists could not be read", &[("error", error.to_string().into())]),
        }
    }

    /// Works on a person's list beside whatever goes on; the alarm stands behind it.
    pub(super) fn look_at_list(self: &Rc<Self>, user: UserId) {
        let hub = self.clone();
        self.state.wait_until(async move {
            hub.work_on_list(user).await;
            hub.wake_for_lists().await;
        });
    }

    /// The same for a list that is under way; a tab came or went.
    pub(super) fn tabs_changed(self: &Rc<Self>, user: UserId) {
        if self.store.call_lists_under_way().is_ok_and(|users| users.contains(&user)) {
            self.look_at_list(user);
        }
    }

    /// Works on every list that is due.
    pub(super) fn work_on_due_lists(self: &Rc<Self>) {
        match self.store.due_call_lists(clock::now()) {
            Ok(users) => users.into_iter().for_each(|user| self.look_at_list(user)),
            Err(error) => log::error("call lists could not be read", &[("error", error.to_string().into())]),
        }
    }

    /// When a list has to be looked at next.
    pub(super) fn next_list_due(&self) -> Result<Option<Moment>, StoreError> {
        let due = self.store.next_call_list_due()?;
        let in_hands = !self.dialling.borrow().is_empty();
        Ok(due.map(|due| if in_hands { due.max(clock::now() + IN_HANDS) } else { due }))
    }

    /// Does what is due for a person's list, if nobody else does.
    async fn work_on_list(self: &Rc<Self>, user: UserId) {
        if !self.dialling.borrow_mut().insert(user) {
            return;
        }
        let hands = InHands { hub: self, user };
        for _ in 0..MOST_STEPS {
            match self.next_of_list(user) {
                Ok(None) => return,
                Ok(Some(due)) => {
                    if let Err(error) = self.call_from_list(hands.user, due).await {
                        log::error("a call list could not be stored", &[("error", error.to_string().into())]);
                        break;
                    }
                }
                Err(error) => {
                    log::error("a call list could not be worked on", &[("error", error.to_string().into())]);
                    break;
                }
            }
        }
        // It does not go on by itself now, and must not be forgotten either.
        if let Err(error) = self.store.set_call_list_due(user, Some(clock::now() + LATER)) {
            log::error("a call list could not be put off", &[("error", error.to_string().into())]);
        }
    }

    /// What is due for a list. Nothing in here waits.
    fn next_of_list(&self, user: UserId) -> Result<Option<Due>, StoreError> {
        let now = clock::now();
        let list = self.store.call_list(user)?;
        let facts = self.list_facts(&list, user, now)?;
        let mut changed = list.clone();
        match changed.advance(&facts, now) {
            Next::Rest(due) => {
                if changed == list {
                    self.store.set_call_list_due(user, due)?;
                } else {
                    self.store_list(user, changed, due)?;
                }
                Ok(None)
            }
            Next::Call { entry, number } => {
                let found = changed.entries.iter().find(|known| known.id == entry);
                let due = found.map(|found| Due { entry, entity: found.entity, number });
                if changed != list {
                    self.store_list(user, changed, Some(now))?;
                }
                Ok(due)
            }
        }
    }

    /// Calls an entry: marked first, then asked for.
    async fn call_from_list(self: &Rc<Self>, user: UserId, due: Due) -> Result<(), StoreError> {
        let prepared = self.prepare_call(user).await;
        let id = CallId(random::id().map_err(|error| StoreError(error.to_string()))?);
        // Read again: the person may have paused while the account was asked for.
        let mut list = self.store.call_list(user)?;
        if !list.begin(due.entry, id.clone()) {
            return Ok(());
        }
        self.store_list(user, list, Some(clock::now() + LATER))?;
        let placed = match prepared {
            Ok((identity, reader, telephone)) => {
                let wanted = Wanted { id: id.clone(), client: due.number, entity: Some(due.entity) };
                self.place(&identity, &reader, &telephone, &wanted).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        let Err(NotPlaced { refusal, asked }) = placed else { return Ok(()) };
        let reason = refusal.detail().to_owned();
        let why = match (asked, refusal.kind()) {
            (true, _) => call_list::NotPlaced::Refused(reason),
            (false, "in_call") => call_list::NotPlaced::InCall,
            (false, _) => call_list::NotPlaced::Impossible(reason),
        };
        let now = clock::now();
        let mut list = self.store.call_list(user)?;
        list.not_placed(&id, why, self.list_interval()?, now);
        self.store_list(user, list, Some(now))
    }

    /// Stores a list that changed and shows it in all tabs of its person.
    pub(super) fn store_list(&self, user: UserId, mut list: CallList, due: Option<Moment>) -> Result<(), StoreError> {
        list.version += 1;
        let view = view(&list);
        self.store.set_call_list(user, list, due, clock::now())?;
        self.send_to_user(user, &ServerMessage::CallList(view));
        Ok(())
    }

    /// A person's list as its tabs show it; none where there is nothing to show.
    pub(super) fn list_of(&self, user: UserId) -> Option<CallListView> {
        match self.store.call_list(user) {
            Ok(list) => (!list.entries.is_empty()).then(|| view(&list)),
            Err(error) => {
                log::error("a call list could not be read", &[("error", error.to_string().into())]);
                None
            }
        }
    }

    fn list_interval(&self) -> Result<Millis, StoreError> {
        Ok(Millis::seconds(i64::from(self.settings()?.settings.auto_dial_seconds)))
    }
}

/// A list as its person sees it.
pub(super) fn view(list: &CallList) -> CallListView {
    let (run, pause, reason) = match &list.run {
        Run::Idle => (CallListRun::Idle, None, None),
        Run::Running => (CallListRun::Running, None, None),
        Run::Paused(Pause::ByHand) => (CallListRun::Paused, Some(CallListPause::ByHand), None),
        Run::Paused(Pause::Away) => (CallListRun::Paused, Some(CallListPause::Away), None),
        Run::Paused(Pause::Refused(reason)) => {
            (CallListRun::Paused, Some(CallListPause::Refused), Some(reason.clone()))
        }
    };
    let (hold, next_at) = match list.hold {
        None => (None, None),
        Some(Hold::Interval(until)) => (Some(CallListHold::Interval), Some(until)),
        Some(Hold::Call) => (Some(CallListHold::Call), None),
        Some(Hold::Summary(until)) => (Some(CallListHold::Summary), Some(until)),
    };
    CallListView {
        version: list.version,
        run,
        pause,
        reason,
        hold,
        next_at_ms: next_at.map(|moment| moment.0),
        entries: list.entries.iter().map(entry_view).collect(),
    }
}

fn entry_view(entry: &call_list::Entry) -> CallListEntry {
    let number = |key: &PhoneKey| CallListNumber { e164: key.to_string(), text: phone::format(key) };
    let (state, result, reason, call) = match &entry.progress {
        Progress::Waiting if entry.chosen.is_none() => (CallListState::NoNumber, None, None, None),
        Progress::Waiting => (CallListState::Waiting, None, None, None),
        Progress::Calling(call) => (CallListState::Calling, None, None, Some(call.clone())),
        Progress::Done { result, call, reason } => {
            (CallListState::Done, Some(*result), reason.clone(), Some(call.clone()))
        }
        Progress::Skipped => (CallListState::Skipped, None, None, None),
    };
    CallListEntry {
        id: entry.id,
        entity: entry.entity,
        name: entry.name.clone(),
        numbers: entry.numbers.iter().map(number).collect(),
        chosen: entry.chosen.as_ref().map(ToString::to_string),
        state,
        result,
        reason,
        call,
    }
}
