//! Which account the lines of the log are about, said once for everything the object does.

use super::Hub;
use crate::log::{self, Field};
use std::cell::OnceCell;
use std::ops::Deref;
use worker::State;

/// The object's state. What goes on beside an answer is about the same as what began it.
pub(super) struct NamedState {
    state: State,
    /// The account, once it is known.
    account: OnceCell<i64>,
}

impl Deref for NamedState {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl NamedState {
    pub(super) fn of(state: State) -> Self {
        Self { state, account: OnceCell::new() }
    }

    /// Goes on with `work` after the answer.
    pub(super) fn wait_until(&self, work: impl Future<Output = ()> + 'static) {
        self.state.wait_until(log::about(log::subject(), work));
    }
}

impl Hub {
    /// What every line about this object carries. An object woken by an alarm does not know its own name, and one that
    /// never was connected has stored none.
    pub(super) fn subject(&self) -> Vec<Field> {
        let known = &self.state.account;
        if known.get().is_none() {
            let named = self.state.id().name().and_then(|name| name.parse().ok());
            let stored = || self.identity().ok().flatten().map(|identity| identity.account.0);
            if let Some(account) = named.or_else(stored) {
                let _ = known.set(account);
            }
        }
        known.get().map(|account| (log::ACCOUNT, (*account).into())).into_iter().collect()
    }
}
