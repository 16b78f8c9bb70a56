//! `POST dial`: click to call (Kommo VoIP guide: click to call). The manager's line rings first, then the client.
//!
//! The call is there before the provider is asked, so that the card is up at once and whatever the provider reports
//! first finds it; if the provider refuses, it never was. The call list places its calls in the same way.

use super::super::Hub;
use super::super::identity::Identity;
use super::super::intake;
use super::super::reply::{self, Refusal};
use super::super::route::LONGEST_TALK;
use super::super::store::{CallRow, StoreError};
use super::super::voip::Connection;
use super::Asked;
use super::calls::Reader;
use crate::adapters::budget::Budget;
use crate::adapters::{clock, random};
use crate::config::Config;
use crate::log;
use kommo_voip_domain::call::{Leg, Phase};
use kommo_voip_domain::ids::{CallId, Entity, ExtensionId, ProviderCallId};
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::plan::DialledFrom;
use kommo_voip_domain::protocol::{DialRequest, DialResponse, ServerMessage};
use kommo_voip_domain::telephony::out::{self, AnErrand, PlaceCall, ProviderError};
use kommo_voip_domain::telephony::{CallEvent, Direction, ReportedStatus};
use kommo_voip_domain::time::{Millis, Moment};
use std::rc::Rc;
use worker::Response;

/// A second click on the same number within this time is the first one again.
const SAME_CLICK: Millis = Millis::seconds(10);
/// How long a manager's line rings, in seconds.
const RING_SECONDS: u32 = 30;

/// Why no call was placed.
pub(in super::super) struct NotPlaced {
    /// What the person is told.
    pub refusal: Refusal,
    /// The provider was asked: a call may come all the same.
    pub asked: bool,
}

impl From<Refusal> for NotPlaced {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, asked: false }
    }
}

impl From<StoreError> for NotPlaced {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}

/// What a call of a person needs: the provider's connection and the person's line there.
pub(in super::super) struct Telephone {
    connection: Connection,
    line: ExtensionId,
    region: String,
}

impl Telephone {
    /// The telephone system can be asked to place calls at all.
    pub(in super::super) fn can_dial(&self, config: &Config) -> Result<(), Refusal> {
        let (id, to) = (CallId(String::new()), String::new());
        let place = PlaceCall { id, line: self.line.clone(), to, ring_seconds: RING_SECONDS, now: clock::now() };
        self.errand(&place, config).map(drop)
    }

    fn errand(&self, place: &PlaceCall, config: &Config) -> Result<AnErrand<Option<ProviderCallId>>, Refusal> {
        let cannot = "This telephone system cannot be asked to place calls. Dial on the telephone itself.";
        out::place_call(&self.connection.credentials, place, &self.connection.urls(config))
            .ok_or_else(|| no_provider(cannot))
    }
}

/// A call to be placed.
pub(in super::super) struct Wanted {
    /// Its id from now on.
    pub id: CallId,
    /// Who is called.
    pub client: PhoneKey,
    /// Whose card it is for; the call's note goes there.
    pub entity: Option<Entity>,
}

impl Hub {
    pub(in super::super) async fn post_dial(self: &Rc<Self>, asked: &Asked) -> Result<Response, Refusal> {
        let request: DialRequest = super::read(&asked.body)?;
        let reader = self.reader(asked).await?;
        let telephone = self.telephone_of(&asked.identity, &reader)?;
        let client = phone::key_of(&request.phone, &telephone.region)
            .ok_or_else(|| Refusal::invalid("phone: this is not a number that can be called."))?;
        if let Some(call) = self.call_of(&reader, telephone.connection.name(), clock::now())? {
            let is_same = phone::key_of(&call.call.to, &telephone.region).as_ref() == Some(&client)
                && clock::now() - call.call.started_at < SAME_CLICK;
            return if is_same { answer(&call.call.id) } else { Err(in_call()) };
        }
        let id = CallId(random::id().map_err(|_| Refusal::unavailable("Nothing was called. Try again in a moment."))?);
        let wanted = Wanted { id, client, entity: request.entity };
        self.place(&asked.identity, &reader, &telephone, &wanted).await.map_err(|not_placed| not_placed.refusal)?;
        answer(&wanted.id)
    }

    /// What a call of this person needs, or why there can be none.
    pub(in super::super) fn telephone_of(&self, identity: &Identity, reader: &Reader) -> Result<Telephone, Refusal> {
        let stored = self.settings()?;
        if !stored.active {
            let off = "The telephony is switched off. An administrator can switch it on in the widget's settings.";
            return Err(no_provider(off));
        }
        let connection = self.connections(identity.account)?.current.clone().ok_or_else(|| {
            no_provider("No telephony provider is connected. An administrator connects one in the widget's settings.")
        })?;
        let line = line_of(reader, connection.name())?;
        Ok(Telephone { connection, line, region: stored.settings.default_region.clone() })
    }

    /// Places a call. The call is stored before the provider is asked, under the given id.
    pub(in super::super) async fn place(
        self: &Rc<Self>,
        identity: &Identity,
        reader: &Reader,
        telephone: &Telephone,
        wanted: &Wanted,
    ) -> Result<(), NotPlaced> {
        let (connection, now) = (&telephone.connection, clock::now());
        if self.call_of(reader, connection.name(), now)?.is_some() {
            return Err(in_call().into());
        }
        let (id, to) = (wanted.id.clone(), wanted.client.to_string());
        let place = PlaceCall { id, line: telephone.line.clone(), to, ring_seconds: RING_SECONDS, now };
        let errand = telephone.errand(&place, &self.config)?;
        let touched = self.take_events(identity, connection.name(), &[begun(&place)], now)?;
        self.go_on_after(touched).await;
        match self.run(&connection.credentials, errand, &Budget::of(6)).await {
            Ok(named) => {
                self.name_dialled(&place, named).map_err(|refusal| NotPlaced { refusal, asked: true })?;
            }
            Err(error) => {
                let refusal = self.undo_dial(&place.id, &error).unwrap_or_else(|refusal| refusal);
                return Err(NotPlaced { refusal, asked: true });
            }
        }
        if let Some(entity) = wanted.entity {
            self.remember_where(&place.id, entity, reader).await;
        }
        Ok(())
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
