//! What the next step of a call list depends on, gathered from the calls.

use super::super::Hub;
use super::super::api::{Reader, Telephone};
use super::super::identity::Identity;
use super::super::reply::Refusal;
use super::super::route::LONGEST_TALK;
use super::super::store::{CallRow, StoreError};
use kommo_voip_domain::call::{Outcome, Phase};
use kommo_voip_domain::call_list::{CallList, EntryCall, Facts};
use kommo_voip_domain::ids::UserId;
use kommo_voip_domain::plan;
use kommo_voip_domain::protocol::DeliveryStatus;
use kommo_voip_domain::telephony::Direction;
use kommo_voip_domain::time::{Millis, Moment};

/// How long after a talk the question for its result may come: the caller is looked up in Kommo first.
const ASKED_WITHIN: Millis = Millis::seconds(20);

impl Hub {
    /// The facts for a list now.
    pub(super) fn list_facts(&self, list: &CallList, user: UserId, now: Moment) -> Result<Facts, StoreError> {
        if !list.is_under_way() {
            return Ok(Facts::default());
        }
        let lines = self.store.lines()?;
        let asks = self.settings()?.settings.call_feedback;
        let mut facts =
            Facts { interval: self.list_interval()?, is_here: self.open_users().contains(&user), ..Facts::default() };
        if let Some((_, id)) = list.calling() {
            facts.call = Some(match self.store.call_by_public_id(id)? {
                None => EntryCall::Lost,
                Some(row) => match row.call.phase(now) {
                    Phase::Over { outcome, .. } => EntryCall::Over(outcome),
                    Phase::Ringing | Phase::Talking | Phase::Settling { .. } => {
                        EntryCall::GoesOn(row.call.next_change(now))
                    }
                },
            });
        }
        for row in self.store.calls_since(Moment(now.0 - LONGEST_TALK.0))? {
            let lines = lines.of(&row.call.provider);
            if plan::engaged_users(&row.call, lines, now).contains(&user) {
                facts.is_busy = true;
                facts.busy_until = earlier(facts.busy_until, row.call.next_change(now));
            }
            let is_over = matches!(row.call.phase(now), Phase::Over { .. } | Phase::Settling { .. });
            if is_over && plan::credited_user(&row.call, lines) == Some(user) && occupied(&row) {
                facts.last_end = facts.last_end.max(Some(row.call.heard_at.min(now)));
                facts.summary_until = facts.summary_until.max(summary_until(&row, asks && facts.is_here, now));
            }
        }
        Ok(facts)
    }

    /// What a call of a person needs, gathered without the person.
    pub(super) async fn prepare_call(&self, user: UserId) -> Result<(Identity, Reader, Telephone), Refusal> {
        let identity = self.identity()?.filter(|identity| identity.connected).ok_or_else(Refusal::not_connected)?;
        let reader = self.reader_of(user).await?;
        let telephone = self.telephone_of(&identity, &reader)?;
        Ok((identity, reader, telephone))
    }
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    [one, other].into_iter().flatten().min()
}

/// The call kept its person at the telephone; one that merely rang in vain did not.
fn occupied(row: &CallRow) -> bool {
    row.call.talked() || row.journal.direction == Direction::Outbound
}

/// Until when the person is given time for the summary of a talk: the note waits for it, or is about to.
fn summary_until(row: &CallRow, asks: bool, now: Moment) -> Option<Moment> {
    let feedback = &row.feedback;
    if feedback.awaited.is_some() {
        return feedback.waits_until(now);
    }
    let is_asked_soon = asks
        && row.call.outcome() == Outcome::Completed
        && row.delivery.status == DeliveryStatus::Waiting
        && !feedback.cancelled
        && feedback.result.is_none()
        && row.done.note.is_none();
    is_asked_soon.then_some(row.call.heard_at + ASKED_WITHIN)
}
