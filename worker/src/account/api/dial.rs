//! `POST dial`: click to call (Kommo VoIP guide: click to call). The manager's line rings first, then the client.
//!
//! The call is there before the provider is asked, so that the card is up at once and whatever the provider reports
//! first finds it; if the provider refuses, it never was.

use super::super::Hub;
use super::super::intake;
use super::super::reply::{self, Refusal};
use super::super::route::LONGEST_TALK;
use super::super::store::CallRow;
use super::Asked;
use super::calls::Reader;
use crate::adapters::budget::Budget;
use crate::adapters::{clock, random};
use crate::log;
use kommo_voip_domain::call::{Leg, Phase};
use kommo_voip_domain::ids::{CallId, Entity, ExtensionId, ProviderCallId};
use kommo_voip_domain::phone;
use kommo_voip_domain::plan::DialledFrom;
use kommo_voip_domain::protocol::{DialRequest, DialResponse, ServerMessage};
use kommo_voip_domain::telephony::out::{self, PlaceCall, ProviderError};
use kommo_voip_domain::telephony::{CallEvent, Direction, ReportedStatus};
use kommo_voip_domain::time::{Millis, Moment};
use std::rc::Rc;
use worker::Response;

/// A second click on the same number within this time is the first one again.
const SAME_CLICK: Millis = Millis::seconds(10);
/// How long a manager's line rings, in seconds.
const RING_SECONDS: u32 = 30;

impl Hub {
    pub(in super::super) async fn post_dial(self: &Rc<Self>, asked: &Asked) -> Result<Response, Refusal> {
        let request: DialRequest = super::read(&asked.body)?;
        let reader = self.reader(asked).await?;
        let stored = self.settings()?;
        if !stored.active {
            let off = "The telephony is switched off. An administrator can switch it on in the widget's settings.";
            return Err(no_provider(off));
        }
        let client = phone::key_of(&request.phone, &stored.settings.default_region)
            .ok_or_else(|| Refusal::invalid("phone: this is not a number that can be called."))?;
        let connections = self.connections(asked.identity.account)?;
        let connection = connections.current.as_ref().ok_or_else(|| {
            no_provider("No telephony provider is connected. An administrator connects one in the widget's settings.")
        })?;
        let line = line_of(&reader, connection.name())?;
        let now = clock::now();
        if let Some(call) = self.call_of(&reader, connection.name(), now)? {
            let is_same = phone::key_of(&call.call.to, &stored.settings.default_region).as_ref() == Some(&client)
                && now - call.call.started_at < SAME_CLICK;
            return if is_same { answer(&call.call.id) } else { Err(in_call()) };
        }
        let id = CallId(random::id().map_err(|_| Refusal::unavailable("Nothing was called. Try again in a moment."))?);
        let place = PlaceCall { id, line, to: client.to_string(), ring_seconds: RING_SECONDS, now };
        let errand =
            out::place_call(&connection.credentials, &place, &connection.urls(&self.config)).ok_or_else(|| {
                no_provider("This telephone system cannot be asked to place calls. Dial on the telephone itself.")
            })?;
        let touched = self.take_events(&asked.identity, connection.name(), &[begun(&place)], now)?;
        self.go_on_after(touched).await;
        match self.run(&connection.credentials, errand, &Budget::of(6)).await {
            Ok(named) => self.name_dialled(&place, named)?,
            Err(error) => return Err(self.undo_dial(&place.id, &error)?),
        }
        if let Some(entity) = request.entity {
            self.remember_where(&place.id, entity, &reader).await;
        }
        answer(&place.id)
    }

    /// A call in which the manager already is, or which is just being placed for them.
    fn call_of(&self, reader: &Reader, provider: &str, now: Moment) -> Result<Option<CallRow>, Refusal> {
        let lines = reader.lines.of(provider);
        let mine = |row: &CallRow, is: fn(&Leg) -> bool| {
            row.call.legs.iter().any(|(line, leg)| lines.get(line) == Some(&reader.user) && is(leg))
        };
        let goes_on = |row: &CallRow| match row.call.phase(now) {
            Phase::Talking => mine(row, Leg::talks),
            Phase::Ringing => row.journal.direction == Direction::Outbound && mine(row, Leg::rings),
            Phase::Settling { .. } | Phase::Over { .. } => false,
        };
        Ok(self.store.calls_since(Moment(now.0 - LONGEST_TALK.0))?.into_iter().find(goes_on))
    }

    /// The provider told its id of the call; its first report may have been faster.
    fn name_dialled(&self, place: &PlaceCall, named: Option<ProviderCallId>) -> Result<(), Refusal> {
        let (Some(named), Some(mut row)) = (named, self.store.call_by_public_id(&place.id)?) else { return Ok(()) };
        let is_taken = self.store.call_by_provider_id(&row.call.provider, &named)?.is_some();
        if row.call.call_id.0 == intake::dial_id(&place.id) && !is_taken {
            row.call.call_id = named;
            self.store.update_call(&row)?;
        }
        Ok(())
    }

    /// No call came of it: the card goes, and the manager is told why.
    fn undo_dial(&self, id: &CallId, error: &ProviderError) -> Result<Refusal, Refusal> {
        if let Some(row) = self.store.call_by_public_id(id)?
            && row.call.call_id.0 == intake::dial_id(id)
        {
            self.store.tx(|| self.store.forget_call(row.id))?;
            for user in self.open_users() {
                self.send_to_user(user, &ServerMessage::Closed { id: id.clone(), version: row.call.version + 1 });
            }
        }
        Ok(Refusal::new(502, "provider_refused", "The call could not be placed", error.to_string()))
    }

    /// The call belongs to the card on which the number was clicked, as far as the manager may see it in Kommo.
    async fn remember_where(&self, id: &CallId, entity: Entity, reader: &Reader) {
        let Ok(Some(row)) = self.store.call_by_public_id(id) else { return };
        let Ok(place) = self.require_visible(&row, entity, reader).await else { return };
        let Ok(Some(mut row)) = self.store.call_by_public_id(id) else { return };
        row.feedback.dialled_from = Some(DialledFrom { by: reader.user, entity, place });
        let now = clock::now();
        let stored = self.store.tx(|| {
            self.store.set_feedback(row.id, &row.feedback, now)?;
            self.store.trace(row.id, "event", "The number was clicked on a card in Kommo; the call belongs there.", now)
        });
        if let Err(error) = stored {
            log::error("where a call was placed could not be stored", &[("error", error.to_string().into())]);
        }
    }
}

/// The manager's own line; the first one, should there be several.
fn line_of(reader: &Reader, provider: &str) -> Result<ExtensionId, Refusal> {
    let mine = reader.lines.of(provider).iter().find(|(_, owner)| **owner == reader.user);
    mine.map(|(line, _)| line.clone()).ok_or_else(|| {
        let detail = "Ask an administrator to enter your line in the widget's settings, then try again.";
        Refusal::new(409, "no_line", "You have no telephone line", detail)
    })
}

/// The call as it is before anybody reported it: the manager's line is about to ring.
fn begun(place: &PlaceCall) -> CallEvent {
    let call_id = ProviderCallId(intake::dial_id(&place.id));
    CallEvent {
        direction: Some(Direction::Outbound),
        extension: Some(place.line.clone()),
        dial: Some(place.id.clone()),
        ..CallEvent::new(call_id, &place.line.0, &place.to, ReportedStatus::Ringing, place.now)
    }
}

fn answer(id: &CallId) -> Result<Response, Refusal> {
    reply::json(200, &DialResponse { id: id.clone() }).map_err(reply::runtime)
}

fn in_call() -> Refusal {
    let detail = "You are in a call already. End it before you place the next one.";
    Refusal::new(409, "in_call", "You are in a call", detail)
}

fn no_provider(detail: &'static str) -> Refusal {
    Refusal::new(409, "no_provider", "No call can be placed", detail)
}
