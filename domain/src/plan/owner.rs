//! Who is credited with a call, and who becomes responsible for what it creates.

use super::{Facts, office};
use crate::call::{Call, Leg, Phase};
use crate::ids::{ExtensionId, GroupId, UserId};
use crate::settings::TaskOwner;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Kommo user as far as rules depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Colleague {
    /// Which.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The e-mail address.
    #[serde(default)]
    pub email: String,
    /// May still work in Kommo.
    pub is_active: bool,
    /// Is an administrator.
    pub is_admin: bool,
    /// The user's group.
    pub group: Option<GroupId>,
    /// Which leads, contacts and companies the user may see.
    pub view: crate::kommo::users::Rights,
}

/// The manager who talked (the longest), else the first who was rung.
pub fn credited_user(call: &Call, lines: &BTreeMap<ExtensionId, UserId>) -> Option<UserId> {
    call.lines_by_credit().into_iter().find_map(|(line, _)| lines.get(line).copied()).or_else(|| rung_user(call, lines))
}

/// The manager whose line is one of the two numbers of the call, where the provider names no extension.
pub fn rung_user(call: &Call, lines: &BTreeMap<ExtensionId, UserId>) -> Option<UserId> {
    let line = |text: &str| lines.get(&ExtensionId(text.to_owned())).copied();
    line(&call.to).or_else(|| line(&call.from))
}

/// The lines a call has to do with: those that took part, and its two numbers, since a provider may name a line only
/// there. A manager's own calls are those one of whose lines is theirs.
pub fn lines_of(call: &Call) -> impl Iterator<Item = &str> {
    let numbers = [call.from.as_str(), &call.to];
    call.legs.keys().map(|line| line.0.as_str()).chain(numbers.into_iter().filter(|number| !number.is_empty()))
}

/// The managers whose lines ring now.
pub fn rung_users(call: &Call, lines: &BTreeMap<ExtensionId, UserId>) -> Vec<UserId> {
    users_whose(call, lines, Leg::rings)
}

/// The managers whose lines took part, whatever became of each.
pub fn called_users(call: &Call, lines: &BTreeMap<ExtensionId, UserId>) -> Vec<UserId> {
    users_whose(call, lines, |_| true)
}

/// The managers whose lines ring or talk now.
pub fn engaged_users(call: &Call, lines: &BTreeMap<ExtensionId, UserId>, now: Moment) -> Vec<UserId> {
    match call.phase(now) {
        // Providers that report the answer for the call as a whole leave the leg ringing.
        Phase::Talking => match users_whose(call, lines, Leg::talks) {
            nobody if nobody.is_empty() => users_whose(call, lines, Leg::rings),
            users => users,
        },
        Phase::Ringing => users_whose(call, lines, Leg::rings),
        Phase::Settling { .. } | Phase::Over { .. } => Vec::new(),
    }
}

/// Each once. Where the provider names no line, the whole call stands for the line that was called.
fn users_whose(call: &Call, lines: &BTreeMap<ExtensionId, UserId>, wanted: fn(&Leg) -> bool) -> Vec<UserId> {
    let theirs = call.legs.iter().filter(|(_, leg)| wanted(leg)).filter_map(|(line, _)| lines.get(line).copied());
    let mut users: Vec<UserId> = theirs.collect();
    if call.legs.is_empty() && wanted(&call.whole) {
        users.extend(rung_user(call, lines));
    }
    users.sort_unstable();
    users.dedup();
    users
}

/// The first of the given users who is still active, else the first active administrator. Where the users are not
/// known, the first wish stands.
pub(super) fn active(facts: &Facts<'_>, wishes: [Option<UserId>; 2]) -> Option<UserId> {
    if facts.users.is_empty() {
        return wishes.into_iter().flatten().next();
    }
    let is_active = |id: &UserId| facts.users.iter().any(|user| user.id == *id && user.is_active);
    wishes
        .into_iter()
        .flatten()
        .find(is_active)
        .or_else(|| facts.users.iter().find(|user| user.is_active && user.is_admin).map(|user| user.id))
}

/// Responsible for a new contact and lead: who talked, else who was rung.
pub(super) fn of_new(facts: &Facts<'_>) -> Option<UserId> {
    active(facts, [credited_user(facts.call, facts.lines), None])
}

/// Responsible for a new lead of somebody known: who owns the person.
pub(super) fn of_known(facts: &Facts<'_>, owner: Option<UserId>) -> Option<UserId> {
    active(facts, [owner, credited_user(facts.call, facts.lines)])
}

/// Responsible for the follow-up of a missed call, by setting.
pub(super) fn of_task(facts: &Facts<'_>, contact_owner: Option<UserId>) -> Option<UserId> {
    let called = credited_user(facts.call, facts.lines);
    let missed = &facts.settings.missed;
    let missed_at = facts.call.ended_at().unwrap_or(facts.call.started_at);
    let after_hours = facts.settings.working_hours.as_ref().filter(|hours| {
        hours.responsible.is_some() && !office::is_open(hours, missed_at, facts.account.utc_offset_minutes)
    });
    let (rule, fixed) = match after_hours {
        Some(hours) => (hours.responsible.unwrap_or(missed.responsible), hours.fixed_user_id),
        None => (missed.responsible, missed.fixed_user_id),
    };
    let wished = match rule {
        TaskOwner::ContactOwner => contact_owner,
        TaskOwner::CalledUser => called,
        TaskOwner::Fixed => fixed,
    };
    active(facts, [wished, called])
}
