//! What people said about a call: its result, its rating, and the incoming lead they accepted.

use crate::ids::{Entity, GroupId, UserId};
use crate::protocol::{FollowUp, PutRatingRequest, PutResultRequest};
use crate::time::{Millis, Moment};
use serde::{Deserialize, Serialize};

/// A note waits this long for the manager's result.
pub const PATIENCE: Millis = Millis::seconds(120);

/// The longest text of a result, a reason or a follow-up, in characters.
const LONGEST: usize = 2000;

/// The longest name of a contact, in characters.
const LONGEST_NAME: usize = 250;

/// What people said about a call so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Feedback {
    /// Since when the note waits, or waited, for the manager's result.
    pub awaited: Option<Moment>,
    /// The manager closed the call summary without saving: nobody has to be waited for.
    pub cancelled: bool,
    /// What was saved in the call summary.
    pub result: Option<CallResult>,
    /// The rating.
    pub rating: Option<Rating>,
    /// Who accepted the caller's incoming lead from the card.
    pub accepted_by: Option<UserId>,
    /// On whose card the number was clicked that was called (Kommo VoIP guide: click to call).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialled_from: Option<DialledFrom>,
    /// Whom somebody chose on the card among those with the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen_on_card: Option<DialledFrom>,
    /// Somebody asked for the unknown caller's contact before the settings would create it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_wanted: Option<ContactWanted>,
}

/// A wish for the contact of an unknown caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactWanted {
    /// Who asked, and becomes responsible.
    pub by: UserId,
    /// The contact's name; none: the number stands for it.
    #[serde(default)]
    pub name: Option<String>,
}

/// What was clicked or chosen before there was a result: the call belongs there, unless its result says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DialledFrom {
    /// Who clicked or chose.
    pub by: UserId,
    /// On whose card, or whom.
    pub entity: Entity,
    /// What Kommo said of it.
    pub place: Place,
}

/// What was saved in the call summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallResult {
    /// Who saved it.
    pub by: UserId,
    /// What.
    pub saved: PutResultRequest,
    /// What Kommo said of the chosen entity, for who may see it.
    #[serde(default)]
    pub place: Option<Place>,
}

/// A lead, contact or company as Kommo described it when it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Who is responsible.
    pub owner: UserId,
    /// The owner's group.
    pub group: GroupId,
}

/// How good the call was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rating {
    /// Who rated it.
    pub by: UserId,
    /// 1 to 5.
    pub score: u8,
    /// Why.
    pub reason: Option<String>,
}

/// Why a result or rating cannot be taken; the text is shown to the manager.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FeedbackError {
    /// The field.
    pub field: &'static str,
    /// What is wrong, as a sentence part.
    pub reason: &'static str,
}

impl Feedback {
    /// Takes in a result. One without an entity leaves the call where an earlier one put it.
    pub fn save(&mut self, by: UserId, mut saved: PutResultRequest, place: Option<Place>) -> Result<(), FeedbackError> {
        check(&saved)?;
        saved.text = saved.text.trim().to_owned();
        let earlier = self.result.take();
        let place = place.or(earlier.as_ref().and_then(|result| result.place.clone()));
        saved.entity = saved.entity.or(earlier.as_ref().and_then(|result| result.saved.entity));
        saved.task = saved.task.or(earlier.and_then(|result| result.saved.task));
        self.result = Some(CallResult { by, saved, place });
        Ok(())
    }

    /// Takes in a rating.
    pub fn rate(&mut self, by: UserId, rating: PutRatingRequest) -> Result<(), FeedbackError> {
        if !(1..=5).contains(&rating.score) {
            return refuse("score", "must be between 1 and 5");
        }
        let reason = rating.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST) {
            return refuse("reason", "must have at most 2000 characters");
        }
        self.rating = Some(Rating { by, score: rating.score, reason });
        Ok(())
    }

    /// Takes in a wish for the caller's contact; the first one counts, since there is one contact.
    pub fn want_contact(&mut self, by: UserId, name: Option<String>) -> Result<(), FeedbackError> {
        let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if name.as_ref().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
            return refuse("name", "must have at most 250 characters");
        }
        self.contact_wanted.get_or_insert(ContactWanted { by, name });
        Ok(())
    }

    /// Where the manager wants the call.
    pub fn chosen(&self) -> Option<Entity> {
        self.choice().map(|(entity, _)| entity)
    }

    /// Where the manager wants the call, and which manager.
    pub fn choice(&self) -> Option<(Entity, UserId)> {
        let saved = self.result.as_ref().and_then(|result| Some((result.saved.entity?, result.by)));
        saved.or_else(|| self.before_result().next().map(|from| (from.entity, from.by)))
    }

    /// What Kommo said of the entity a manager chose.
    pub fn place_of(&self, entity: Entity) -> Option<&Place> {
        let saved = self.result.as_ref().filter(|result| result.saved.entity == Some(entity));
        let earlier = self.before_result().find(|from| from.entity == entity);
        saved.and_then(|result| result.place.as_ref()).or(earlier.map(|from| &from.place))
    }

    /// What was chosen without a result; the card's word is the later one.
    fn before_result(&self) -> impl Iterator<Item = &DialledFrom> {
        self.chosen_on_card.iter().chain(&self.dialled_from)
    }

    /// The follow-up the manager asked for.
    pub fn follow_up(&self) -> Option<&FollowUp> {
        self.result.as_ref()?.saved.task.as_ref()
    }

    /// Until when the note waits for the manager, if it does.
    pub fn waits_until(&self, now: Moment) -> Option<Moment> {
        let until = self.awaited? + PATIENCE;
        (!self.cancelled && self.result.is_none() && now < until).then_some(until)
    }
}

fn refuse(field: &'static str, reason: &'static str) -> Result<(), FeedbackError> {
    Err(FeedbackError { field, reason })
}

fn check(result: &PutResultRequest) -> Result<(), FeedbackError> {
    if !(1..=7).contains(&result.call_status) {
        return refuse("callStatus", "must be between 1 and 7");
    }
    if result.text.chars().count() > LONGEST {
        return refuse("text", "must have at most 2000 characters");
    }
    if result.entity.is_some_and(|entity| entity.id() <= 0) {
        return refuse("entity.id", "must be the number of a lead, contact or company");
    }
    if let Some(task) = &result.task {
        if task.text.trim().is_empty() || task.text.chars().count() > LONGEST {
            return refuse("task.text", "must have between 1 and 2000 characters");
        }
        // Kommo takes 32-bit seconds at most; anything before this product existed is a mistake.
        if !(1_577_836_800..=i64::from(u32::MAX)).contains(&task.complete_till) {
            return refuse("task.completeTill", "must be a moment in Unix seconds");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LeadId;

    fn result(call_status: u8) -> PutResultRequest {
        PutResultRequest { call_status, text: " done ".into(), entity: None, task: None }
    }

    #[test]
    fn results_and_ratings_out_of_range_are_refused() {
        let mut feedback = Feedback::default();
        for status in [0, 8, 255] {
            assert!(feedback.save(UserId(1), result(status), None).is_err(), "{status}");
        }
        for score in [0, 6] {
            assert!(feedback.rate(UserId(1), PutRatingRequest { score, reason: None }).is_err(), "{score}");
        }
        let task = |text: &str, complete_till| Some(FollowUp { text: text.into(), complete_till });
        for task in [task(" ", 1_800_000_000), task("x", 5), task("x", -1), task("x", i64::MAX)] {
            assert!(feedback.save(UserId(1), PutResultRequest { task, ..result(4) }, None).is_err());
        }
        let long = "x".repeat(LONGEST + 1);
        assert!(feedback.save(UserId(1), PutResultRequest { text: long.clone(), ..result(4) }, None).is_err());
        assert!(feedback.rate(UserId(1), PutRatingRequest { score: 3, reason: Some(long) }).is_err());
        let nobody = Some(Entity::Leads(LeadId(0)));
        assert!(feedback.save(UserId(1), PutResultRequest { entity: nobody, ..result(4) }, None).is_err());
        assert_eq!(feedback, Feedback::default());
    }

    #[test]
    fn a_second_result_keeps_the_place_and_the_follow_up_of_the_first() {
        let mut feedback = Feedback::default();
        let entity = Some(Entity::Leads(LeadId(7)));
        let task = Some(FollowUp { text: "call".into(), complete_till: 1_800_000_000 });
        feedback.save(UserId(1), PutResultRequest { entity, task: task.clone(), ..result(4) }, None).unwrap();
        feedback.save(UserId(2), result(2), None).unwrap();
        let saved = feedback.result.unwrap();
        assert_eq!((saved.by, saved.saved.call_status, saved.saved.text.as_str()), (UserId(2), 2, "done"));
        assert_eq!((saved.saved.entity, saved.saved.task), (entity, task));
    }

    #[test]
    fn a_choice_on_the_card_goes_before_the_click_and_a_result_before_both() {
        let at = |id, by| DialledFrom {
            by: UserId(by),
            entity: Entity::Leads(LeadId(id)),
            place: Place { name: String::new(), owner: UserId(0), group: GroupId(0) },
        };
        let mut feedback = Feedback { dialled_from: Some(at(1, 1)), ..Feedback::default() };
        assert_eq!(feedback.choice(), Some((Entity::Leads(LeadId(1)), UserId(1))));
        feedback.chosen_on_card = Some(at(2, 2));
        assert_eq!(feedback.choice(), Some((Entity::Leads(LeadId(2)), UserId(2))));
        let entity = Some(Entity::Leads(LeadId(3)));
        feedback.save(UserId(3), PutResultRequest { entity, ..result(4) }, None).unwrap();
        assert_eq!(feedback.choice(), Some((Entity::Leads(LeadId(3)), UserId(3))));
        assert!(feedback.place_of(Entity::Leads(LeadId(2))).is_some());
    }

    #[test]
    fn of_several_wishes_for_a_contact_the_first_counts_and_a_name_has_its_limit() {
        let mut feedback = Feedback::default();
        assert!(feedback.want_contact(UserId(1), Some("x".repeat(251))).is_err());
        assert_eq!(feedback, Feedback::default());
        feedback.want_contact(UserId(1), Some("  Nora ".into())).unwrap();
        feedback.want_contact(UserId(2), Some("Otto".into())).unwrap();
        assert_eq!(feedback.contact_wanted, Some(ContactWanted { by: UserId(1), name: Some("Nora".into()) }));
    }

    #[test]
    fn waiting_ends_with_a_result_a_cancel_or_after_two_minutes() {
        let waiting = Feedback { awaited: Some(Moment(0)), ..Feedback::default() };
        assert_eq!(waiting.waits_until(Moment(119_999)), Some(Moment(120_000)));
        assert_eq!(waiting.waits_until(Moment(120_000)), None);
        assert_eq!(Feedback { cancelled: true, ..waiting.clone() }.waits_until(Moment(1)), None);
        let mut answered = waiting;
        answered.save(UserId(1), result(4), None).unwrap();
        assert_eq!(answered.waits_until(Moment(1)), None);
        assert_eq!(Feedback::default().waits_until(Moment(1)), None);
    }
}
