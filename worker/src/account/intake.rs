//! Taking an event in: merged into its call and stored together with its delivery, in one transaction.

use super::Hub;
use super::identity::Identity;
use super::store::{CallRow, Delivery, Journal, StoreError};
use crate::adapters::random;
use kommo_voip_domain::call::{Call, Phase, Side};
use kommo_voip_domain::ids::{CallId, ExtensionId, UserId};
use kommo_voip_domain::phone::{self, Dialled};
use kommo_voip_domain::plan::{self, Done, Feedback};
use kommo_voip_domain::protocol::DeliveryStatus;
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::telephony::{CallEvent, Direction};
use kommo_voip_domain::time::Moment;
use std::collections::BTreeMap;

/// What became of an event.
pub enum Taken {
    /// Seen before: answered like the first time, nothing changes.
    Repeat,
    /// Stored, and it said nothing new.
    Nothing,
    /// Stored, and the call changed.
    New {
        /// The call's number.
        call: i64,
        /// Its lane.
        lane: String,
        /// It rings: somebody waits for a name.
        rings: bool,
    },
}

impl Hub {
    /// Direction and outside party of a call, by the present lines.
    pub(super) fn side_of(&self, call: &Call, lines: &BTreeMap<ExtensionId, UserId>, settings: &Settings) -> Side {
        let is_line = |text: &str| lines.contains_key(&ExtensionId(text.to_owned()));
        call.side(is_line, |text| phone::read(text, &settings.default_region))
    }

    /// Stores an event. Nothing in here waits, so it happens as a whole or not at all.
    pub(super) fn take_in(
        &self,
        identity: &Identity,
        provider: &str,
        event: &CallEvent,
        delivery: Option<(&str, &str)>,
        now: Moment,
    ) -> Result<Taken, StoreError> {
        let stored = self.settings()?;
        let lines = self.store.lines()?;
        self.store.tx(|| {
            if let Some((id, digest)) = delivery {
                self.store.remember_delivery(id, digest, now)?;
            }
            let known = self.store.call_by_provider_id(provider, &event.call_id)?;
            let (mut row, is_new) = match known {
                Some(mut row) => {
                    let is_new = row.call.merge(event, now);
                    (row, is_new)
                }
                None => (self.new_call(provider, event, !stored.active, now)?, true),
            };
            if !is_new {
                return Ok(Taken::Nothing);
            }
            let side = self.side_of(&row.call, &lines, &stored.settings);
            row.lane = match &side.other {
                Dialled::Number(key) => key.to_string(),
                Dialled::Withheld | Dialled::Short(_) => format!("call/{}", row.call.id),
            };
            row.journal = journal(&row, &side, &lines, &stored.settings, now);
            row.due_at = Some(now);
            row.delivery = Delivery { status: DeliveryStatus::Waiting, reason: None };
            if row.id == 0 {
                row.id = self.store.insert_call(&row, identity.installation, identity.account.0, now)?;
            } else {
                self.store.update_call(&row)?;
            }
            self.store.trace(row.id, "event", describe(event), now)?;
            let rings =
                row.call.phase(now) == Phase::Ringing && !row.switched_off && side.direction != Direction::Internal;
            Ok(Taken::New { call: row.id, lane: row.lane, rings })
        })
    }

    fn new_call(
        &self,
        provider: &str,
        event: &CallEvent,
        switched_off: bool,
        now: Moment,
    ) -> Result<CallRow, StoreError> {
        let id = CallId(random::id().map_err(|error| StoreError(error.to_string()))?);
        let call = Call::begin(id, provider, event, now);
        Ok(CallRow {
            id: 0,
            lane: String::new(),
            journal: Journal {
                from_number: String::new(),
                to_number: String::new(),
                direction: Direction::Inbound,
                status: String::new(),
                duration: 0,
                responsible: None,
                entity: None,
                unsorted_uid: None,
            },
            call,
            done: Done::default(),
            switched_off,
            delivery: Delivery { status: DeliveryStatus::Waiting, reason: None },
            due_at: None,
            kommo_requests: 0,
            feedback: Feedback::default(),
            told: false,
        })
    }
}

fn journal(
    row: &CallRow,
    side: &Side,
    lines: &BTreeMap<ExtensionId, UserId>,
    settings: &Settings,
    now: Moment,
) -> Journal {
    let number = |text: &str| match phone::read(text, &settings.default_region) {
        Dialled::Number(key) => key.to_string(),
        Dialled::Short(_) | Dialled::Withheld => text.to_owned(),
    };
    Journal {
        from_number: number(&row.call.from),
        to_number: number(&row.call.to),
        direction: side.direction,
        status: match row.call.phase(now) {
            Phase::Ringing => "ringing".to_owned(),
            Phase::Talking => "answered".to_owned(),
            Phase::Settling { .. } => row.call.outcome().as_str().to_owned(),
            Phase::Over { outcome, .. } => outcome.as_str().to_owned(),
        },
        duration: row.call.talk_seconds(),
        responsible: plan::credited_user(&row.call, lines),
        ..row.journal.clone()
    }
}

/// What an event said, for the trace; numbers stay in the journal.
fn describe(event: &CallEvent) -> String {
    let what = format!("{:?}", event.status).to_lowercase();
    let line = event.extension.as_ref().map_or_else(String::new, |line| format!(" on line {line}"));
    let talk = event.talk_seconds.map_or_else(String::new, |seconds| format!(", {seconds} s of talk"));
    let recording = if event.recording.is_some() { ", with a recording" } else { "" };
    format!("The provider reported: {what}{line}{talk}{recording}.")
}
