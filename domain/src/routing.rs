//! Smart forwarding: who shall be rung for an incoming call.
//!
//! Kommo VoIP guide: smart forwarding. The owner of the caller's open lead, else the contact's owner, else whoever
//! last talked with them, else the fallback; never somebody who is deactivated, in a call or off work. The answer
//! must be there while a telephone rings, so everything it hangs on is known before and passed in.

use crate::ids::{ExtensionId, UserId};
use crate::matching::{Match, Person};
use crate::plan::{self, Colleague};
use crate::settings::Settings;
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

/// Twilio and Plivo ring at most ten numbers together; people do not notice more either.
const MOST_LINES: usize = 10;

/// Where a call shall go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// Lines that ring first, together. Empty: a PBX does what it would have done without us; a provider without a
    /// plan of its own rings `then` at once.
    pub first: Vec<ExtensionId>,
    /// Lines that ring if nobody answered.
    pub then: Vec<ExtensionId>,
    /// Seconds each of them rings.
    pub ring_seconds: u32,
    /// Who calls, for telephones that can show it.
    pub caller_name: Option<String>,
    /// The rule that chose, as a sentence for the trace.
    pub because: String,
}

impl Route {
    /// The lines to ring now, for providers without a plan of their own: the first choice, else (or the second time)
    /// the rest.
    pub fn now(&self, is_second: bool) -> &[ExtensionId] {
        if is_second || self.first.is_empty() { &self.then } else { &self.first }
    }
}

/// Everything a route may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the administrator chose.
    pub settings: &'a Settings,
    /// What Kommo is known to hold about the caller; none: not known (in time).
    pub person: Option<&'a Person>,
    /// The manager who last talked with the caller.
    pub last_talked: Option<UserId>,
    /// Which line belongs to whom.
    pub lines: &'a BTreeMap<ExtensionId, UserId>,
    /// Everybody in the account.
    pub users: &'a [Colleague],
    /// Who is in a call.
    pub busy: &'a BTreeSet<UserId>,
    /// Now.
    pub now: Moment,
    /// The account's time zone.
    pub utc_offset_minutes: i64,
}

/// Chooses the lines to ring. Nothing of it can fail: who is not known, or not there, leaves it to the fallback.
pub fn decide(facts: &Facts<'_>) -> Route {
    let found = facts.person.and_then(|person| person.choose(None));
    let caller_name = found.as_ref().and_then(name_of);
    let fallback = facts.fallback();
    let ring_seconds = facts.settings.forwarding.clone().unwrap_or_default().ring_seconds;
    let route = |first: Vec<ExtensionId>, then, because| Route { first, then, ring_seconds, caller_name, because };
    if !facts.is_open() {
        let because = "outside the working hours nobody is rung but the fallback".to_owned();
        return route(fallback, vec![], because);
    }
    let mut skipped = String::new();
    for (rule, user) in facts.candidates(found.as_ref()) {
        match facts.lines_of(user) {
            Ok(lines) => {
                let because = format!("{rule}, {}, is rung{skipped}", facts.name(user));
                let rest = if fallback.is_empty() { facts.everybody() } else { fallback };
                let then = rest.into_iter().filter(|line| !lines.contains(line)).collect();
                return route(lines, then, because);
            }
            Err(why) => skipped.push_str(&format!("; {rule}, {}, {why}", facts.name(user))),
        }
    }
    let nobody = if facts.person.is_none() { "the caller is not known" } else { "nobody to ring is known" };
    let start = if skipped.is_empty() { nobody.to_owned() } else { format!("nobody is there{skipped}") };
    if fallback.is_empty() {
        // The plan of the telephone system goes first: `then` is for those without one.
        return route(vec![], facts.everybody(), format!("{start}; no fallback is set"));
    }
    route(fallback, vec![], format!("{start}; the fallback is rung"))
}

fn name_of(found: &Match<'_>) -> Option<String> {
    let contact = found.contact.map(|contact| contact.name.as_str());
    let company = found.company.map(|company| company.name.as_str());
    let mut names = contact.into_iter().chain(company).map(str::trim);
    names.find(|name| !name.is_empty()).map(str::to_owned)
}

impl Facts<'_> {
    fn is_open(&self) -> bool {
        let hours = self.settings.working_hours.as_ref();
        hours.is_none_or(|hours| plan::is_open(hours, self.now, self.utc_offset_minutes))
    }

    /// Who is to be rung, best first. As with the note of the call, several open leads decide nothing, unless one
    /// person owns them all.
    fn candidates(&self, found: Option<&Match<'_>>) -> Vec<(&'static str, UserId)> {
        let mut all: Vec<(&'static str, UserId)> = vec![];
        if let Some(found) = found {
            let mut owners = BTreeSet::<UserId>::new();
            owners.extend(found.leads.iter().map(|lead| lead.owner));
            if let (Some(owner), 1) = (owners.first(), owners.len()) {
                all.push(("the owner of the caller's open lead", *owner));
            }
            all.extend(found.contact.map(|contact| ("the contact's owner", contact.owner)));
            all.extend(found.company.map(|company| ("the company's owner", company.owner)));
        }
        all.extend(self.last_talked.map(|user| ("who last talked with the caller", user)));
        let mut seen = BTreeSet::new();
        // Kommo's robot owns what nobody does.
        all.retain(|(_, user)| user.0 != 0 && seen.insert(*user));
        all
    }

    /// The lines of a person who can be rung, or why not.
    fn lines_of(&self, user: UserId) -> Result<Vec<ExtensionId>, &'static str> {
        match self.users.iter().find(|colleague| colleague.id == user) {
            None => return Err("is no user of the account any more"),
            Some(colleague) if !colleague.is_active => return Err("is deactivated"),
            Some(_) => {}
        }
        if self.busy.contains(&user) {
            return Err("is in a call");
        }
        let of_user = self.lines.iter().filter(|(_, owner)| **owner == user).map(|(line, _)| line.clone());
        let lines: Vec<_> = of_user.take(MOST_LINES).collect();
        if lines.is_empty() { Err("has no line") } else { Ok(lines) }
    }

    fn is_there(&self, user: UserId) -> bool {
        !self.busy.contains(&user) && self.users.iter().any(|colleague| colleague.id == user && colleague.is_active)
    }

    /// Every line of somebody who is there.
    fn everybody(&self) -> Vec<ExtensionId> {
        let there = self.lines.iter().filter(|(_, owner)| self.is_there(**owner));
        there.map(|(line, _)| line.clone()).take(MOST_LINES).collect()
    }

    /// The lines an administrator named, without those of people who are not there. A fallback has to ring: if
    /// nobody were left, all of them do.
    fn fallback(&self) -> Vec<ExtensionId> {
        let text = self.settings.forwarding.as_ref().map_or("", |forwarding| forwarding.fallback.as_str());
        let mut typed: Vec<ExtensionId> = vec![];
        for line in text.split(',').map(str::trim).filter(|line| !line.is_empty()) {
            let line = ExtensionId(line.to_owned());
            if !typed.contains(&line) {
                typed.push(line);
            }
        }
        let is_free = |line: &&ExtensionId| self.lines.get(*line).is_none_or(|owner| self.is_there(*owner));
        let free: Vec<_> = typed.iter().filter(is_free).cloned().collect();
        let mut chosen = if free.is_empty() { typed } else { free };
        chosen.truncate(MOST_LINES);
        chosen
    }

    fn name(&self, user: UserId) -> String {
        let known = self.users.iter().find(|colleague| colleague.id == user);
        known.map_or_else(|| format!("user {user}"), |colleague| colleague.name.clone())
    }
}

#[cfg(test)]
mod tests;
