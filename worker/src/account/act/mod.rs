//! Doing one action in Kommo exactly once.
//!
//! Why every awaited step may run twice:
//! 1. The action's row exists once per key; whoever comes second finds its result.
//! 2. Before the request leaves, the row says `sending`. Dying after that leaves the row uncertain.
//! 3. An uncertain row is left alone for 30 s, because a slow write may still land, then looked for in lists that do
//!    not lag (newest first), and sent again only if it is not there.
//! 4. The result and what follows from it are stored in one transaction.

mod apply;
mod failed;
mod find;
mod perform;

use super::Hub;
use super::client::Errand;
use super::store::{ActionState, CallRow, StoreError};
use crate::adapters::{clock, random};
use kommo_voip_domain::kommo::ErrorKind;
use kommo_voip_domain::phone::PhoneKey;
use kommo_voip_domain::plan::Action;
use kommo_voip_domain::retry;
use kommo_voip_domain::time::{Millis, Moment};

/// How long a write whose answer was lost may still land.
const MAY_STILL_LAND: Millis = Millis::seconds(30);

/// How an action ended for now.
pub enum Acted {
    /// It is done and its result is stored.
    Done,
    /// Not before this moment.
    Later(Moment),
    /// Kommo does not accept us; everything waits for a new grant.
    Held,
    /// Kommo refused it; an administrator has to act.
    Parked(String),
}

impl Hub {
    /// Does an action, or finds that it is done.
    pub(super) async fn act(
        &self,
        call: &CallRow,
        key: &PhoneKey,
        action: Action,
        because: &str,
        errand: &Errand,
    ) -> Result<Acted, StoreError> {
        let now = clock::now();
        let epoch = self.store.person(key)?.1;
        let name = action.key(&call.call.id, key, epoch);
        let row = self.store.action(&name, call.id, &action, now)?;
        match &row.state {
            ActionState::Done(result) => {
                self.apply(call, key, &row, &row.action, result.clone())?;
                return Ok(Acted::Done);
            }
            ActionState::Parked => return Ok(Acted::Parked(row.reason.unwrap_or_default())),
            ActionState::Ready if row.due_at > now => return Ok(Acted::Later(row.due_at)),
            ActionState::Ready => {}
            ActionState::Sending => {
                let may_look = row.due_at.max(row.sent_at.unwrap_or(now) + MAY_STILL_LAND);
                if now < may_look && !row.action.is_repeatable() {
                    return Ok(Acted::Later(may_look));
                }
                match self.find(&row, key, errand).await {
                    Ok(Some(result)) => {
                        self.store.trace(
                            call.id,
                            "result",
                            "The answer to the earlier request was lost; what it did was found.",
                            now,
                        )?;
                        self.apply(call, key, &row, &row.action, result)?;
                        return Ok(Acted::Done);
                    }
                    Ok(None) => {}
                    Err(error) => {
                        let due = now + retry::backoff(row.attempts, random::unit(), error.retry_after());
                        self.store.mark_uncertain(row.id, due, &error.to_string())?;
                        return Ok(if error.kind() == ErrorKind::Fatal { Acted::Held } else { Acted::Later(due) });
                    }
                }
            }
        }
        if let Some(paused) = self.breaker.paused_until(now) {
            return Ok(Acted::Later(paused));
        }
        if errand.budget.left() < 2 {
            return Ok(Acted::Later(now));
        }
        // What is sent is what is wanted now: a call may have grown since the action was first written down.
        self.store.tx(|| {
            if row.attempts == 0 {
                self.store.trace(call.id, "rule", sentence(because), now)?;
            }
            self.store.mark_sending(row.id, &action, now)?;
            self.store.trace(call.id, "action", sentence(action.words()), now)
        })?;
        match self.perform(&action, key, errand).await {
            Ok(result) => {
                self.apply(call, key, &row, &action, result)?;
                Ok(Acted::Done)
            }
            Err(error) => self.failed(call, key, &row, &action, &error),
        }
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
