//! `GET calls/{id}`, `GET calls/{id}/trace`, and how a call looks to who reads it.

use super::super::Hub;
use super::super::cards::{is_acceptable, may_view_entity, visible_entities};
use super::super::directory::Directory;
use super::super::history::took_part;
use super::super::reply::{self, Refusal};
use super::super::store::{AllLines, CallRow};
use super::Asked;
use kommo_voip_domain::ids::{CallId, Entity, UserId};
use kommo_voip_domain::protocol::{CallType, CallView, EntityView, TraceResponse};
use kommo_voip_domain::telephony::Direction;
use std::rc::Rc;
use worker::Response;

/// Who asks, and what that person may see.
pub(in super::super) struct Reader {
    pub user: UserId,
    pub is_admin: bool,
    pub directory: Rc<Directory>,
    pub lines: Rc<AllLines>,
}

impl Reader {
    /// A manager sees calls one of whose legs was theirs, an administrator all.
    pub(super) fn may_see(&self, row: &CallRow) -> bool {
        self.is_admin || self.took_part(row)
    }

    /// One of its legs was theirs.
    pub(super) fn took_part(&self, row: &CallRow) -> bool {
        took_part(row, self.user, &self.lines)
    }
}

impl Hub {
    pub(super) async fn reader(&self, asked: &Asked) -> Result<Reader, Refusal> {
        let directory = self.directory(&self.admin_errand()).await?;
        let user = asked.claims.user_id;
        if directory.user(user).is_none_or(|user| !user.is_active) {
            return Err(Refusal::not_active());
        }
        Ok(Reader { user, is_admin: self.is_admin(asked).await?, directory, lines: self.store.lines()? })
    }

    /// Somebody for whom something happens by itself.
    pub(in super::super) async fn reader_of(&self, user: UserId) -> Result<Reader, Refusal> {
        let directory = self.directory(&self.admin_errand()).await?;
        let is_admin = match directory.user(user).filter(|user| user.is_active) {
            Some(user) => user.is_admin,
            None => return Err(Refusal::not_active()),
        };
        Ok(Reader { user, is_admin, directory, lines: self.store.lines()? })
    }

    pub(super) fn visible_call(&self, id: &str, reader: &Reader) -> Result<CallRow, Refusal> {
        let row = self.store.call_by_public_id(&CallId(id.to_owned()))?;
        row.filter(|row| reader.may_see(row)).ok_or_else(Refusal::not_found)
    }

    pub(in super::super) async fn get_call(&self, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        reply::json(200, &self.whole_call_view(&row, &reader)?).map_err(reply::runtime)
    }

    /// A call with everything the call summary needs.
    pub(super) fn whole_call_view(&self, row: &CallRow, reader: &Reader) -> Result<CallView, Refusal> {
        let person = self.store.person_of_lane(&row.lane)?;
        let candidates = match reader.directory.user(reader.user) {
            Some(user) => visible_entities(&person, user),
            None => Vec::new(),
        };
        Ok(CallView {
            candidates: candidates
                .into_iter()
                .map(|named| EntityView { entity: named.entity, name: Some(named.name) })
                .collect(),
            acceptable: is_acceptable(&person, &row.feedback),
            ..self.call_view(row, reader)?
        })
    }

    pub(in super::super) async fn get_trace(&self, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        self.require_admin(asked).await?;
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        let trace = TraceResponse {
            call: self.call_view(&row, &reader)?,
            steps: self.store.trace_of(row.id)?,
            kommo_requests: row.kommo_requests,
        };
        reply::json(200, &trace).map_err(reply::runtime)
    }

    pub(super) fn call_view(&self, row: &CallRow, reader: &Reader) -> Result<CallView, Refusal> {
        let entity = match row.journal.entity {
            Some(entity) => Some(EntityView { entity, name: self.entity_name(row, entity, reader)? }),
            None => None,
        };
        Ok(CallView {
            id: row.call.id.clone(),
            call_id: row.call.call_id.clone(),
            from_number: row.journal.from_number.clone(),
            to_number: row.journal.to_number.clone(),
            duration: row.journal.duration,
            record_link: self.recording_link(&row.call)?,
            started_at: row.call.started_at.seconds(),
            call_result: row
                .done
                .notes()
                .find(|written| Some(written.entity) == row.journal.entity)
                .and_then(|written| written.note.call_result.clone()),
            call_type: match row.journal.direction {
                Direction::Inbound => CallType::Incoming,
                Direction::Outbound => CallType::Outgoing,
                Direction::Internal => CallType::Internal,
            },
            status: row.journal.status.clone(),
            responsible_user: row.journal.responsible,
            unmapped_extensions: row
                .call
                .legs
                .keys()
                .filter(|line| !reader.lines.of(&row.call.provider).contains_key(line))
                .cloned()
                .collect(),
            entity,
            result: row.feedback.result.as_ref().map(|result| result.saved.clone()),
            rating: row.feedback.rating.as_ref().map(|rating| rating.score),
            rating_reason: row.feedback.rating.as_ref().and_then(|rating| rating.reason.clone()),
            candidates: Vec::new(),
            acceptable: false,
            delivery_status: row.delivery.status,
            delivery_reason: row.delivery.reason.clone(),
        })
    }

    /// The entity's name, if the reader may see it in Kommo.
    pub(super) fn entity_name(
        &self,
        row: &CallRow,
        entity: Entity,
        reader: &Reader,
    ) -> Result<Option<String>, Refusal> {
        let Some(user) = reader.directory.user(reader.user) else { return Ok(None) };
        let person = self.store.person_of_lane(&row.lane)?;
        if let Some(named) = visible_entities(&person, user).into_iter().find(|named| named.entity == entity) {
            return Ok(Some(named.name));
        }
        // What the manager chose may be nobody of this number.
        Ok(row
            .feedback
            .place_of(entity)
            .filter(|place| may_view_entity(user, entity, place.owner, place.group))
            .map(|place| place.name.clone()))
    }
}
