//! Taking an event in: merged into its call and stored together with its delivery, in one transaction.

use super::Hub;
use super::identity::Identity;
use super::reading;
use super::store::{Beside, CallRow, Delivery, Journal, Lines, Seen, StoreError};
use crate::adapters::random;
use kommo_voip_domain::call::{Call, Phase, Side};
use kommo_voip_domain::ids::{CallId, ExtensionId};
use kommo_voip_domain::phone::Dialled;
use kommo_voip_domain::plan::{self, Done, Feedback};
use kommo_voip_domain::protocol::DeliveryStatus;
use kommo_voip_domain::settings::Settings;
use kommo_voip_domain::telephony::{CallEvent, Direction, LateRecording, Received};
use kommo_voip_domain::time::{Millis, Moment};

/// What became of a delivery.
pub enum Taken {
    /// Seen before: answered like the first time, nothing changes.
    Repeat,
    /// Another delivery had this id and said something else.
    Conflict,
    /// Stored; these calls changed.
    Stored(Vec<Touched>),
}

/// A call that an event changed.
pub struct Touched {
    /// The call as it was stored.
    pub row: CallRow,
    /// Nobody has seen anything of it before.
    pub is_new: bool,
    /// It rings: somebody waits for a name.
    pub rings: bool,
}

/// How long a click-to-call waits for the provider's first report, where that does not carry our id.
const DIAL_WINDOW: Millis = Millis::minutes(2);

impl Hub {
    /// Direction and outside party of a call, by the present lines.
    pub(super) fn side_of(&self, call: &Call, lines: &Lines, settings: &Settings) -> Side {
        let is_line = |text: &str| lines.contains_key(&ExtensionId(text.to_owned()));
        call.side(is_line, |text| reading::read(text, &settings.default_region))
    }

    /// Stores a delivery with everything it reports. Nothing in here waits, so it happens as a whole or not at all.
    pub(super) fn take_delivery(
        &self,
        identity: &Identity,
        provider: &str,
        received: &Received,
        now: Moment,
    ) -> Result<Taken, StoreError> {
        self.store.tx(|| {
            match self.store.remember_delivery(&received.delivery_id, &received.digest, now)? {
                Seen::Repeat => return Ok(Taken::Repeat),
                Seen::Conflict => return Ok(Taken::Conflict),
                Seen::New => {}
            }
            let mut touched = Vec::new();
            for event in &received.events {
                touched.extend(self.merge(identity, provider, event, now)?);
            }
            for late in &received.recordings {
                touched.extend(self.merge_recording(provider, late, now)?);
            }
            Ok(Taken::Stored(touched))
        })
    }

    /// Stores events we know of ourselves, such as from the provider's list of past calls.
    pub(super) fn take_events(
        &self,
        identity: &Identity,
        provider: &str,
        events: &[CallEvent],
        now: Moment,
    ) -> Result<Vec<Touched>, StoreError> {
        self.store.tx(|| {
            let mut touched = Vec::new();
            for event in events {
                touched.extend(self.merge(identity, provider, event, now)?);
            }
            Ok(touched)
        })
    }

    /// Merges an event into its call; none when it said nothing new. Part of a transaction.
    fn merge(
        &self,
        identity: &Identity,
        provider: &str,
        event: &CallEvent,
        now: Moment,
    ) -> Result<Option<Touched>, StoreError> {
        let (stored, all_lines) = (self.settings()?, self.store.lines()?);
        let lines = all_lines.of(provider);
        let (known, beside) = match self.store.call_by_provider_id(provider, &event.call_id)? {
            Some(row) => (Some(row), Beside::default()),
            None => {
                let beside = self.store.beside(provider, &event.call_id, dialled_after(now))?;
                let asked = beside.is_dialled || event.dial.is_some();
                let dialled = if asked { self.dialled_call(provider, event, &stored.settings, now)? } else { None };
                (dialled, beside)
            }
        };
        let lines_of = |row: &CallRow| plan::lines_of(&row.call).map(str::to_owned).collect::<Vec<_>>();
        let lines_before = known.as_ref().map(lines_of);
        let (mut row, says_more) = match known {
            Some(mut row) => {
                let joins = row.call.call_id.0 == dial_id(&row.call.id) && row.call.call_id != event.call_id;
                if joins {
                    row.call.call_id = event.call_id.clone();
                }
                let says_more = row.call.merge(event, now);
                (row, says_more || joins)
            }
            None if beside.is_erased => return Ok(None),
            None => {
                let mut row = self.new_call(provider, event, !stored.active, now)?;
                if beside.has_recording
                    && let Some(recording) = self.store.take_recording(provider, &event.call_id)?
                {
                    row.call.recording.get_or_insert(recording);
                }
                (row, true)
            }
        };
        if !says_more {
            return Ok(None);
        }
        let side = self.side_of(&row.call, lines, &stored.settings);
        row.lane = match &side.other {
            Dialled::Number(key) => key.to_string(),
            Dialled::Withheld | Dialled::Short(_) => format!("call/{}", row.call.id),
        };
        row.journal = journal(&row, &side, lines, &stored.settings, now);
        row.due_at = Some(now);
        row.delivery = Delivery { status: DeliveryStatus::Waiting, reason: None };
        let is_new = row.id == 0;
        if is_new {
            row.id = self.store.insert_call(&row, identity.installation, identity.account.0, now)?;
        } else {
            self.store.update_call(&row)?;
            if lines_before != Some(lines_of(&row)) {
                self.store.note_lines(row.id, &row.call)?;
            }
        }
        self.store.trace(row.id, "event", describe(event), now)?;
        let rings = row.call.phase(now) == Phase::Ringing && !row.switched_off && side.direction != Direction::Internal;
        Ok(Some(Touched { row, is_new, rings }))
    }

    /// The click-to-call an event belongs to, though we did not know the provider's id of it yet: by our own id, else
    /// by line and number.
    fn dialled_call(
        &self,
        provider: &str,
        event: &CallEvent,
        settings: &Settings,
        now: Moment,
    ) -> Result<Option<CallRow>, StoreError> {
        if let Some(id) = &event.dial {
            return Ok(self.store.call_by_public_id(id)?.filter(|row| row.call.provider == provider));
        }
        let key = |text: &str| reading::read(text, &settings.default_region).number().cloned();
        let fits = |row: &CallRow| {
            let client = key(&row.call.to);
            let is_client = [&event.to, &event.from].into_iter().any(|text| client.is_some() && key(text) == client);
            let line = |line: &ExtensionId| {
                event.extension.as_ref() == Some(line) || line.0 == event.from || line.0 == event.to
            };
            is_client && row.call.legs.keys().any(line)
        };
        let open = self.store.open_dials(provider, dialled_after(now))?;
        Ok(open.into_iter().find(fits))
    }

    /// Adds a recording to its call, or keeps it until the call is known.
    fn merge_recording(
        &self,
        provider: &str,
        late: &LateRecording,
        now: Moment,
    ) -> Result<Option<Touched>, StoreError> {
        let Some(mut row) = self.store.call_by_provider_id(provider, &late.call_id)? else {
            if !self.store.is_erased_call(provider, &late.call_id)? {
                self.store.keep_recording(provider, late, now)?;
            }
            return Ok(None);
        };
        if row.call.recording.as_ref() == Some(&late.recording) {
            return Ok(None);
        }
        row.call.add_recording(&late.recording, now);
        row.due_at = Some(now);
        self.store.update_call(&row)?;
        self.store.trace(row.id, "event", "The provider has a recording.", now)?;
        Ok(Some(Touched { row, is_new: false, rings: false }))
    }

    pub(super) fn new_call(
        &self,
        provider: &str,
        event: &CallEvent,
        switched_off: bool,
        now: Moment,
    ) -> Result<CallRow, StoreError> {
        let id = match &event.dial {
            Some(id) if self.store.call_by_public_id(id)?.is_none() && event.call_id.0 == dial_id(id) => id.clone(),
            _ => CallId(random::id().map_err(|error| StoreError(error.to_string()))?),
        };
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

fn journal(row: &CallRow, side: &Side, lines: &Lines, settings: &Settings, now: Moment) -> Journal {
    let number = |text: &str| match reading::read(text, &settings.default_region) {
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

/// A click-to-call from before has had its report.
fn dialled_after(now: Moment) -> Moment {
    Moment(now.0 - DIAL_WINDOW.0)
}

/// What stands for the provider's id of a click-to-call until the provider names one.
pub(super) fn dial_id(id: &CallId) -> String {
    format!("dial:{id}")
}

/// What an event said, for the trace; numbers stay in the journal.
fn describe(event: &CallEvent) -> String {
    let what = format!("{:?}", event.status).to_lowercase();
    let line = event.extension.as_ref().map_or_else(String::new, |line| format!(" on line {line}"));
    let talk = event.talk_seconds.map_or_else(String::new, |seconds| format!(", {seconds} s of talk"));
    let recording = if event.recording.is_some() { ", with a recording" } else { "" };
    format!("The provider reported: {what}{line}{talk}{recording}.")
}
