//! `PUT calls/{id}/result`, `PUT calls/{id}/rating`, `POST calls/{id}/accept`: what people say about a call. It is stored
//! at once and becomes part of the call's one record, before, during or after its writing.

use super::super::Hub;
use super::super::cards::{is_acceptable, may_view_entity};
use super::super::reply::{self, Refusal};
use super::super::store::CallRow;
use super::super::work::Slice;
use super::Asked;
use super::calls::Reader;
use crate::adapters::clock;
use kommo_voip_domain::ids::{Entity, GroupId};
use kommo_voip_domain::kommo::companies::GetCompany;
use kommo_voip_domain::kommo::contacts::GetContact;
use kommo_voip_domain::kommo::leads::GetLead;
use kommo_voip_domain::plan::{Feedback, FeedbackError, Place};
use kommo_voip_domain::protocol::{PutRatingRequest, PutResultRequest};
use std::rc::Rc;
use worker::Response;

pub(super) fn refused(error: FeedbackError) -> Refusal {
    Refusal::invalid(format!("{error}."))
}

impl Hub {
    pub(in super::super) async fn put_result(self: &Rc<Self>, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        let result: PutResultRequest = super::read(&asked.body)?;
        // Checked before anything is asked of Kommo for it.
        Feedback::default().save(reader.user, result.clone(), None).map_err(refused)?;
        let place = match result.entity {
            Some(entity) => Some(self.require_visible(&row, entity, &reader).await?),
            None => None,
        };
        let user = reader.user;
        let why = "The manager saved the call’s result.";
        self.say(&row, &reader, why, |feedback| feedback.save(user, result, place).map_err(refused)).await
    }

    pub(in super::super) async fn put_rating(self: &Rc<Self>, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        let rating: PutRatingRequest = super::read(&asked.body)?;
        let user = reader.user;
        let why = "The manager rated the call.";
        self.say(&row, &reader, why, |feedback| feedback.rate(user, rating).map_err(refused)).await
    }

    pub(in super::super) async fn post_accept(self: &Rc<Self>, asked: &Asked, id: &str) -> Result<Response, Refusal> {
        let reader = self.reader(asked).await?;
        let row = self.visible_call(id, &reader)?;
        if !is_acceptable(&self.store.person_of_lane(&row.lane)?, &row.feedback) {
            return Err(Refusal::new(
                409,
                "nothing_to_accept",
                "There is nothing to accept",
                "The caller has no incoming lead that waits for acceptance; somebody may have decided it already.",
            ));
        }
        let user = reader.user;
        let accept = |feedback: &mut Feedback| {
            feedback.accepted_by.get_or_insert(user);
            Ok(())
        };
        self.say(&row, &reader, "The manager accepted the incoming lead.", accept).await
    }

    /// Stores what somebody said, shows it, and sees to it that it gets into Kommo.
    pub(super) async fn say(
        self: &Rc<Self>,
        row: &CallRow,
        reader: &Reader,
        why: &str,
        change: impl FnOnce(&mut Feedback) -> Result<(), Refusal>,
    ) -> Result<Response, Refusal> {
        let now = clock::now();
        // Read again: while Kommo was asked about rights, the call may have grown.
        let mut current = self.store.call(row.id)?.ok_or_else(Refusal::not_found)?;
        change(&mut current.feedback)?;
        self.store.tx(|| {
            self.store.set_feedback(row.id, &current.feedback, now)?;
            self.store.unpark_call(row.id, now)?;
            self.store.trace(row.id, "event", why, now)
        })?;
        self.push_card(row.id);
        self.go_on_with(current.lane.clone()).await;
        self.look_at_lists();
        let current = self.store.call(row.id)?.ok_or_else(Refusal::not_found)?;
        reply::json(200, &self.whole_call_view(&current, reader)?).map_err(reply::runtime)
    }

    /// Works off a lane now, beside the answer; the alarm stands behind it.
    pub(in super::super) async fn go_on_with(self: &Rc<Self>, lane: String) {
        self.wake_by(clock::now()).await;
        let hub = self.clone();
        self.state.wait_until(async move {
            hub.work_off_lane(lane, &Slice::of_alarm()).await;
            hub.wake_for_calls().await;
        });
    }

    /// Kommo would show the entity to the reader; a lead that is known here is not asked about again.
    pub(super) async fn require_visible(
        &self,
        row: &CallRow,
        entity: Entity,
        reader: &Reader,
    ) -> Result<Place, Refusal> {
        let user = reader.directory.user(reader.user).ok_or_else(Refusal::not_found)?;
        let person = self.store.person_of_lane(&row.lane)?;
        let errand = self.admin_errand();
        let place = |name, owner, group: Option<GroupId>| Place { name, owner, group: group.unwrap_or(GroupId(0)) };
        let found = match entity {
            Entity::Leads(id) => match person.leads.into_iter().find(|lead| lead.id == id) {
                Some(lead) => Some(place(lead.name, lead.owner, Some(lead.group))),
                None => {
                    let lead = self.ask(&errand, &GetLead { id }).await?.filter(|lead| !lead.is_deleted);
                    lead.map(|lead| place(lead.name, lead.responsible_user_id, lead.group_id))
                }
            },
            Entity::Contacts(id) => {
                let found = self.ask(&errand, &GetContact { id }).await?.filter(|contact| !contact.is_deleted);
                found.map(|contact| place(contact.name, contact.responsible_user_id, contact.group_id))
            }
            Entity::Companies(id) => {
                let found = self.ask(&errand, &GetCompany { id }).await?.filter(|company| !company.is_deleted);
                found.map(|company| place(company.name, company.responsible_user_id, company.group_id))
            }
        };
        let found = found
            .ok_or_else(|| Refusal::invalid("entity: there is no such lead, contact or company in Kommo any more."))?;
        if may_view_entity(user, entity, found.owner, found.group) { Ok(found) } else { Err(Refusal::not_allowed()) }
    }
}
