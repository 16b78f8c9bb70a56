//! What each user sees of each call, within that user's rights.
//!
//! A card shows what Kommo itself would show this user (`rights.*.view` against owner and group) and nothing more;
//! somebody hidden is "client of" the responsible manager.

use super::Hub;
use super::directory::Directory;
use super::history::History;
use super::reading;
use super::store::{AllLines, CallRow, Lines, StoreError};
use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::call::{Call, Leg, Phase};
use kommo_voip_domain::ids::{CallId, Entity, ExtensionId, GroupId, UserId};
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::users::ViewRight;
use kommo_voip_domain::matching::{KnownLead, Match, Person};
use kommo_voip_domain::plan::{self, Colleague, Feedback};
use kommo_voip_domain::protocol::{
    CallerView, CardState, CardView, LeadView, NamedEntity, PutRatingRequest, PutResultRequest, ServerMessage,
};
use kommo_voip_domain::telephony::Direction;
use kommo_voip_domain::time::{Millis, Moment};
use std::rc::Rc;

/// A card that ended is still shown this long after the end.
const AFTERGLOW: Millis = Millis::seconds(8);
/// Calls older than this have no card, whatever their state.
const OLDEST: Millis = Millis::minutes(8 * 60);

impl Hub {
    /// Tells every open tab what it should show of a call now.
    pub(super) fn push_card(&self, call: i64) {
        if self.open_users().is_empty() {
            return;
        }
        match self.store.call(call) {
            Ok(Some(row)) => self.push_card_of(&row, false),
            Ok(None) => {}
            Err(error) => not_sent(call, &error),
        }
    }

    /// The same for a call that was read or stored this moment. `is_new`: nobody has seen anything of it before.
    pub(super) fn push_card_of(&self, row: &CallRow, is_new: bool) {
        if let Err(error) = self.try_push(row, is_new) {
            not_sent(row.id, &error);
        }
    }

    /// The same for every call of a lane: what became known of the caller shows on all their cards.
    pub(super) fn push_cards_of(&self, lane: &str) {
        if self.open_users().is_empty() {
            return;
        }
        match self.store.calls_of_lane_since(lane, Moment(clock::now().0 - OLDEST.0)) {
            Ok(calls) => calls.into_iter().for_each(|call| self.push_card(call)),
            Err(error) => log::error("cards could not be read", &[("error", error.to_string().into())]),
        }
    }

    fn try_push(&self, row: &CallRow, is_new: bool) -> Result<(), StoreError> {
        let users = self.open_users();
        if users.is_empty() {
            return Ok(());
        }
        let stored = self.settings()?;
        if row.switched_off || !stored.active {
            return Ok(());
        }
        let (lines, directory) = (self.store.lines()?, self.known_directory()?);
        let dismissed = if is_new { Vec::new() } else { self.store.dismissed_by(row.id)? };
        let history = self.history(row)?;
        for user in users {
            let card = self.card(row, user, &lines, &directory, Some(&history));
            let card = card.filter(|card| card.summary || !dismissed.contains(&user));
            let message = match card {
                Some(card) => ServerMessage::Card(Box::new(card)),
                None => ServerMessage::Closed { id: row.call.id.clone(), version: row.call.version },
            };
            self.send_to_user(user, &message);
        }
        Ok(())
    }

    /// Every card a user should see now.
    pub(super) fn cards_of(&self, user: UserId) -> Vec<CardView> {
        let read = || -> Result<Vec<CardView>, StoreError> {
            let now = clock::now();
            let (lines, directory) = (self.store.lines()?, self.known_directory()?);
            let mut cards = Vec::new();
            for row in self.store.calls_since(Moment(now.0 - OLDEST.0))? {
                if !row.switched_off {
                    let card = self.card(&row, user, &lines, &directory, None);
                    let dismissed = self.store.dismissed_by(row.id)?.contains(&user);
                    cards.extend(card.filter(|card| card.summary || !dismissed));
                }
            }
            Ok(cards)
        };
        read().unwrap_or_else(|error| {
            log::error("cards could not be read", &[("error", error.to_string().into())]);
            Vec::new()
        })
    }

    /// The person does not want to see a card any more, in any tab. After the talk that also says that no result will
    /// come.
    pub(super) fn dismiss_card(self: &Rc<Self>, id: &CallId, user: UserId) {
        if let Err(error) = self.try_dismiss(id, user) {
            log::error("a dismissal could not be stored", &[("error", error.to_string().into())]);
        }
    }

    fn try_dismiss(self: &Rc<Self>, id: &CallId, user: UserId) -> Result<(), StoreError> {
        let Some(mut row) = self.store.call_by_public_id(id)? else { return Ok(()) };
        let now = clock::now();
        self.store.dismiss(row.id, user)?;
        let lines = self.store.lines()?;
        if self.asks_for_result(&row, user, lines.of(&row.call.provider), now) {
            row.feedback.cancelled = true;
            self.store.tx(|| {
                self.store.set_feedback(row.id, &row.feedback, now)?;
                self.store.trace(row.id, "event", "The manager closed the call summary without a result.", now)
            })?;
            let (hub, lane) = (self.clone(), row.lane.clone());
            self.state.wait_until(async move { hub.go_on_with(lane).await });
            self.look_at_lists();
        }
        self.send_to_user(user, &ServerMessage::Closed { id: id.clone(), version: row.call.version });
        Ok(())
    }

    /// The note waits for this user's result.
    fn asks_for_result(&self, row: &CallRow, user: UserId, lines: &Lines, now: Moment) -> bool {
        row.feedback.waits_until(now).is_some() && plan::credited_user(&row.call, lines) == Some(user)
    }

    pub(super) fn card(
        &self,
        row: &CallRow,
        user: UserId,
        all_lines: &AllLines,
        directory: &Directory,
        history: Option<&History>,
    ) -> Option<CardView> {
        let now = clock::now();
        let lines = all_lines.of(&row.call.provider);
        let colleague = directory.user(user)?;
        let settings = self.settings().ok()?;
        let side = self.side_of(&row.call, lines, &settings.settings);
        if side.direction == Direction::Internal {
            return None;
        }
        let state = state_for(&row.call, colleague, lines, now)?;
        // What becomes known later, such as a recording, brings no card back.
        let summary = self.asks_for_result(row, user, lines, now);
        let is_past = state == CardState::Ended && now - row.call.ended_at().unwrap_or(row.call.heard_at) > AFTERGLOW;
        if is_past && !summary {
            return None;
        }
        let key = side.other.number();
        let person = key.and_then(|key| self.store.person(key).ok()?.0);
        let caller = match (&person, key) {
            (_, None) => CallerView::Unknown,
            (Some(person), _) => caller(person, colleague, directory, row.feedback.chosen()),
            (None, _)
                if self.connected() == Err(KommoError::Unauthorised) || self.breaker.paused_until(now).is_some() =>
            {
                CallerView::Unavailable
            }
            (None, _) => CallerView::Searching,
        };
        let over = state == CardState::Ended;
        let read;
        let history = match history {
            Some(history) => history,
            // Most calls of the last hours have no card any more, so it is read only here.
            None => {
                read = self.history(row).ok()?;
                &read
            }
        };
        let (recent, last_note) = history.for_user(colleague, all_lines, directory, person.as_ref());
        let said = &row.feedback;
        Some(CardView {
            id: row.call.id.clone(),
            version: row.call.version,
            state,
            inbound: side.direction == Direction::Inbound,
            number: key.map(reading::format),
            e164: key.map(ToString::to_string),
            extension: row.call.legs.keys().find(|line| lines.get(line) == Some(&user)).cloned(),
            started_at: row.call.started_at.seconds(),
            answered_at: row.call.answered_at().map(Moment::seconds),
            ended_at: row.call.ended_at().filter(|_| over).map(Moment::seconds),
            duration: over.then(|| row.call.talk_seconds()),
            caller,
            summary,
            acceptable: person.as_ref().is_some_and(|person| is_acceptable(person, said)),
            creatable: person.is_some_and(|person| is_creatable(&person, row)) && may_add_contacts(colleague),
            recent,
            last_note,
            result: said.result.as_ref().filter(|_| over).map(|result| PutResultRequest {
                call_status: result.saved.call_status,
                text: result.saved.text.clone(),
                entity: None,
                task: None,
            }),
            rating: said
                .rating
                .as_ref()
                .filter(|_| over)
                .map(|rating| PutRatingRequest { score: rating.score, reason: rating.reason.clone() }),
        })
    }
}

fn not_sent(call: i64, error: &StoreError) {
    log::error("a card could not be sent", &[("call_row", call.into()), ("error", error.to_string().into())]);
}

/// What the call is for one user: ringing or talking on a line of theirs, over, or none of their business.
///
/// A call that names no line rings for everybody; a line that belongs to nobody rings for administrators, who can
/// map it.
fn state_for(call: &Call, user: &Colleague, lines: &Lines, now: Moment) -> Option<CardState> {
    let phase = call.phase(now);
    let over = matches!(phase, Phase::Over { .. } | Phase::Settling { .. });
    let mine = |line: &ExtensionId| match lines.get(line) {
        Some(owner) => *owner == user.id,
        None => user.is_admin,
    };
    let legs: Vec<&Leg> = call.legs.iter().filter(|(line, _)| mine(line)).map(|(_, leg)| leg).collect();
    if call.legs.is_empty() {
        let is_mine = plan::rung_user(call, lines).is_none_or(|owner| owner == user.id);
        return is_mine.then_some(match phase {
            Phase::Ringing => CardState::Ringing,
            Phase::Talking => CardState::Answered,
            Phase::Settling { .. } | Phase::Over { .. } => CardState::Ended,
        });
    }
    if legs.is_empty() {
        return None;
    }
    if over {
        // After a talk only who talked keeps the card; a miss stays for everybody who was rung.
        return (!call.talked() || legs.iter().any(|leg| leg.talked()) || !call.legs.values().any(Leg::talked))
            .then_some(CardState::Ended);
    }
    if legs.iter().any(|leg| leg.talks()) {
        return Some(CardState::Answered);
    }
    if legs.iter().any(|leg| leg.rings()) && !call.legs.values().any(Leg::talks) {
        return Some(if call.whole.talks() { CardState::Answered } else { CardState::Ringing });
    }
    legs.iter().any(|leg| leg.talked()).then_some(CardState::Ended)
}

/// Whether Kommo would show an entity to a user (Kommo API reference: users and roles).
fn may_view(right: ViewRight, user: &Colleague, owner: UserId, group: GroupId) -> bool {
    if user.is_admin {
        return true;
    }
    match right {
        ViewRight::All => true,
        ViewRight::Group => owner == user.id || user.group.unwrap_or(GroupId(0)) == group,
        ViewRight::Own => owner == user.id,
        ViewRight::Denied => false,
    }
}

/// Whether Kommo would show an entity of this owner and group to a user.
pub(super) fn may_view_entity(user: &Colleague, entity: Entity, owner: UserId, group: GroupId) -> bool {
    let right = match entity {
        Entity::Leads(_) => user.view.leads,
        Entity::Contacts(_) => user.view.contacts,
        Entity::Companies(_) => user.view.companies,
    };
    may_view(right, user, owner, group)
}

/// An incoming lead of the caller waits for acceptance, and nobody has accepted it for this call.
pub(super) fn is_acceptable(person: &Person, feedback: &Feedback) -> bool {
    person.incoming.is_some() && feedback.accepted_by.is_none()
}

/// Nobody has the number, and nobody has asked for a contact of this call or chosen whose call it is.
pub(super) fn is_creatable(person: &Person, row: &CallRow) -> bool {
    person.is_nobody()
        && person.incoming.is_none()
        && row.feedback.contact_wanted.is_none()
        && row.feedback.chosen().is_none()
        && !row.done.created
}

/// Whether Kommo lets the user add contacts.
pub(super) fn may_add_contacts(user: &Colleague) -> bool {
    user.is_admin || user.view.add_contacts
}

/// Contacts, companies and active leads of a person, as far as Kommo would show them to a user.
pub(super) fn visible_entities(person: &Person, user: &Colleague) -> Vec<NamedEntity> {
    let contacts =
        person.contacts.iter().filter(|contact| may_view(user.view.contacts, user, contact.owner, contact.group));
    let companies =
        person.companies.iter().filter(|company| may_view(user.view.companies, user, company.owner, company.group));
    let leads = person.leads.iter().filter(|lead| may_view(user.view.leads, user, lead.owner, lead.group));
    let contacts = contacts.map(|contact| (Entity::Contacts(contact.id), &contact.name));
    let companies = companies.map(|company| (Entity::Companies(company.id), &company.name));
    let leads = leads.map(|lead| (Entity::Leads(lead.id), &lead.name));
    let named = |(entity, name): (Entity, &String)| NamedEntity { entity, name: name.clone() };
    contacts.chain(companies).chain(leads).map(named).collect()
}

/// Who calls, as far as the user may see it. `chosen`: whose call it is by somebody's choice.
pub(super) fn caller(person: &Person, user: &Colleague, directory: &Directory, chosen: Option<Entity>) -> CallerView {
    let found = chosen.and_then(|chosen| person.chosen(chosen)).or_else(|| person.choose(Some(user.id)));
    let Some(found) = found else { return CallerView::Unknown };
    let contact = found.contact.filter(|contact| may_view(user.view.contacts, user, contact.owner, contact.group));
    let company = found.company.filter(|company| may_view(user.view.companies, user, company.owner, company.group));
    let takes_call = |lead: &KnownLead| found.target == Entity::Leads(lead.id);
    let visible = |lead: &&KnownLead| may_view(user.view.leads, user, lead.owner, lead.group);
    let lead = found.leads.iter().copied().find(|lead| takes_call(lead)).filter(visible);
    let open = lead
        .map(|lead| Entity::Leads(lead.id))
        .or(contact.map(|contact| Entity::Contacts(contact.id)))
        .or(company.map(|company| Entity::Companies(company.id)));
    let Some(open) = open else {
        let owner = found.owner().and_then(|owner| directory.user(owner)).map(|owner| owner.name.clone());
        return CallerView::ClientOf { owner: owner.unwrap_or_default() };
    };
    let others_of_them = found.leads.iter().copied().filter(|lead| !takes_call(lead)).filter(visible);
    let leads = lead.into_iter().chain(others_of_them).map(|lead| lead_view(lead, directory)).collect();
    CallerView::Known {
        contact: contact
            .map(|contact| NamedEntity { entity: Entity::Contacts(contact.id), name: contact.name.clone() }),
        company: company
            .map(|company| NamedEntity { entity: Entity::Companies(company.id), name: company.name.clone() }),
        lead: lead.map(|lead| lead_view(lead, directory)),
        open,
        others: others(person, user, &found),
        leads,
    }
}

fn lead_view(lead: &KnownLead, directory: &Directory) -> LeadView {
    let pipeline = directory.account.pipelines.iter().find(|pipeline| pipeline.id == lead.pipeline);
    let stage = pipeline.and_then(|pipeline| pipeline.statuses.iter().find(|status| status.id == lead.status));
    LeadView {
        entity: Entity::Leads(lead.id),
        name: lead.name.clone(),
        stage: stage.map(|stage| stage.name.clone()),
        price: lead.price,
        currency: directory.account.currency.clone(),
        next_task_at: lead.next_task_at,
    }
}

/// Everybody else who has the number: whom the call was not matched to, and who may yet be the caller.
fn others(person: &Person, user: &Colleague, found: &Match<'_>) -> Vec<NamedEntity> {
    let has_number = |entity: Entity| match entity {
        Entity::Contacts(id) => found.contact.is_none_or(|contact| contact.id != id),
        Entity::Companies(id) => {
            found.company.is_none_or(|company| company.id != id)
                && person.companies.iter().any(|company| company.id == id && company.has_number)
        }
        Entity::Leads(_) => false,
    };
    visible_entities(person, user).into_iter().filter(|named| has_number(named.entity)).collect()
}
