//! Which contact, lead or company a call belongs to, given what the CRM was found to know about its number.
//!
//! Kommo's own lookups compare 7, 8 or 10 digits and may each pick somebody else, so the whole number is compared
//! here and the choice is ours, by rules that the trace can name.

use crate::ids::{
    CompanyId, ContactId, Entity, GroupId, IncomingLeadUid, LeadId, PipelineId, StatusId, TaskId, UserId,
};
use crate::time::{Millis, Moment};
use serde::{Deserialize, Serialize};

/// What was read from Kommo may decide a write this long.
const FRESH: Millis = Millis::minutes(15);
/// The same where Kommo tells us of every change; a message of it may yet have been lost.
const FRESH_WHEN_TOLD: Millis = Millis::minutes(24 * 60);
/// "Nobody has this number" is doubted sooner: a manager may be typing the contact in right now.
const FRESH_NOBODY: Millis = Millis::minutes(1);

/// Everything Kommo is known to hold about one number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Contacts with this number.
    pub contacts: Vec<KnownContact>,
    /// Companies with this number.
    pub companies: Vec<KnownCompany>,
    /// Active leads of the contacts and companies.
    pub leads: Vec<KnownLead>,
    /// An incoming lead of ours that is not accepted yet.
    pub incoming: Option<Incoming>,
    /// The follow-up task of a missed call that is still open, as far as we know.
    #[serde(default)]
    pub open_task: Option<OpenTask>,
    /// When Kommo was asked.
    pub read_at: Moment,
}

/// A follow-up task somebody still has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenTask {
    /// Which.
    pub id: TaskId,
    /// On what.
    pub entity: Entity,
    /// When the call was missed: only who talks after that completes it.
    #[serde(default)]
    pub since: Moment,
}

/// A contact with the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownContact {
    /// Which.
    pub id: ContactId,
    /// Its name.
    pub name: String,
    /// Who is responsible.
    pub owner: UserId,
    /// The owner's group, for view rights.
    pub group: GroupId,
    /// Its company.
    pub company: Option<CompanyId>,
    /// All its leads, closed ones too.
    pub leads: Vec<LeadId>,
    /// How many numbers it has.
    pub phone_count: u32,
    /// Last change, Unix seconds.
    pub updated_at: i64,
}

/// A company with the number, or the company of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownCompany {
    /// Which.
    pub id: CompanyId,
    /// Its name.
    pub name: String,
    /// Who is responsible.
    pub owner: UserId,
    /// The owner's group, for view rights.
    pub group: GroupId,
    /// All its leads, closed ones too.
    pub leads: Vec<LeadId>,
    /// The company has the number itself (and is not only the contact's employer).
    pub has_number: bool,
    /// How many numbers it has.
    pub phone_count: u32,
}

/// An active lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownLead {
    /// Which.
    pub id: LeadId,
    /// Its name.
    pub name: String,
    /// Its budget.
    pub price: i64,
    /// Its stage.
    pub status: StatusId,
    /// Its pipeline.
    pub pipeline: PipelineId,
    /// Who is responsible.
    pub owner: UserId,
    /// The owner's group, for view rights.
    pub group: GroupId,
    /// When its next task is due, Unix seconds.
    #[serde(default)]
    pub next_task_at: Option<i64>,
}

/// An incoming lead that waits for acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incoming {
    /// Kommo's id of it.
    pub uid: IncomingLeadUid,
    /// The embedded lead.
    pub lead: LeadId,
    /// The embedded contact.
    pub contact: Option<ContactId>,
    /// The contact's name, as we wrote it.
    #[serde(default)]
    pub contact_name: String,
    /// The lead's name, as we wrote it.
    #[serde(default)]
    pub lead_name: String,
}

/// Who the call belongs to and where it is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// The contact, if one has the number.
    pub contact: Option<&'a KnownContact>,
    /// The contact's company, or the company that has the number.
    pub company: Option<&'a KnownCompany>,
    /// Its active leads.
    pub leads: Vec<&'a KnownLead>,
    /// Where the call is logged.
    pub target: Entity,
    /// The rule that chose, as a sentence for the trace.
    pub because: String,
}

impl Match<'_> {
    /// Who is responsible for the person: the contact's owner, else the company's.
    pub fn owner(&self) -> Option<UserId> {
        self.contact.map(|contact| contact.owner).or(self.company.map(|company| company.owner))
    }

    /// How many numbers the person has.
    pub fn phone_count(&self) -> u32 {
        self.contact
            .map_or_else(|| self.company.map_or(0, |company| company.phone_count), |contact| contact.phone_count)
    }
}

impl Person {
    /// Nobody in Kommo has the number.
    pub fn is_nobody(&self) -> bool {
        self.contacts.is_empty() && !self.companies.iter().any(|company| company.has_number)
    }

    /// What was read is recent enough to decide where a call is written. `told`: Kommo tells us of changes, and what
    /// it told about has to be read again already ([`Person::read_at`] is zero).
    pub fn may_decide(&self, now: Moment, told: bool) -> bool {
        let age = now - self.read_at;
        age < match (self.is_nobody(), &self.incoming) {
            (true, None) => FRESH_NOBODY,
            // Nothing tells us that an incoming lead was accepted or declined.
            (true, Some(_)) => FRESH,
            (false, _) => {
                if told {
                    FRESH_WHEN_TOLD
                } else {
                    FRESH
                }
            }
        }
    }

    /// Everything Kommo tells us changes of.
    pub fn entities(&self) -> impl Iterator<Item = Entity> {
        let contacts = self.contacts.iter().map(|contact| Entity::Contacts(contact.id));
        let companies = self.companies.iter().map(|company| Entity::Companies(company.id));
        let incoming = self.incoming.iter().map(|incoming| Entity::Leads(incoming.lead));
        contacts.chain(companies).chain(self.leads.iter().map(|lead| Entity::Leads(lead.id))).chain(incoming)
    }

    /// The number belongs to this entity, or to whoever the entity belongs to.
    pub fn holds(&self, entity: Entity) -> bool {
        match entity {
            Entity::Contacts(id) => self.contacts.iter().any(|contact| contact.id == id),
            Entity::Companies(id) => self.companies.iter().any(|company| company.id == id),
            Entity::Leads(id) => {
                self.leads.iter().any(|lead| lead.id == id)
                    || self.contacts.iter().any(|contact| contact.leads.contains(&id))
                    || self.companies.iter().any(|company| company.leads.contains(&id))
            }
        }
    }

    /// Chooses among the candidates. Several contacts: one of `user`'s own, else the one changed last, else the
    /// oldest. A contact goes before a company. Then: exactly one active lead takes the call, otherwise the contact
    /// or company itself does (Kommo API reference: calls).
    pub fn choose(&self, user: Option<UserId>) -> Option<Match<'_>> {
        let contact = self
            .contacts
            .iter()
            .max_by_key(|contact| (Some(contact.owner) == user, contact.updated_at, std::cmp::Reverse(contact.id)));
        let company = match contact {
            Some(contact) => self.companies.iter().find(|company| contact.company == Some(company.id)),
            None => self.companies.iter().filter(|company| company.has_number).min_by_key(|company| company.id),
        };
        self.matched(contact, company, user)
    }

    /// The same, where somebody has chosen. Whoever is chosen among those with the number takes the call by the same
    /// rule; a chosen lead of theirs takes it itself. None: the choice is none of this number's.
    pub fn chosen(&self, choice: Entity) -> Option<Match<'_>> {
        let employer = |contact: &KnownContact| self.companies.iter().find(|one| contact.company == Some(one.id));
        let of_contact = |contact| self.matched(Some(contact), employer(contact), None);
        let of_company = |company| self.matched(None, Some(company), None);
        let mut with_number = self.companies.iter().filter(|company| company.has_number);
        match choice {
            Entity::Contacts(id) => self.contacts.iter().find(|contact| contact.id == id).and_then(of_contact),
            Entity::Companies(id) => with_number.find(|company| company.id == id).and_then(of_company),
            Entity::Leads(id) => {
                let contact = self.contacts.iter().find(|contact| contact.leads.contains(&id)).and_then(of_contact);
                let company = || with_number.find(|company| company.leads.contains(&id)).and_then(of_company);
                let found = contact.or_else(company)?;
                found.leads.iter().any(|lead| lead.id == id).then_some(Match { target: choice, ..found })
            }
        }
    }

    fn matched<'a>(
        &'a self,
        contact: Option<&'a KnownContact>,
        company: Option<&'a KnownCompany>,
        user: Option<UserId>,
    ) -> Option<Match<'a>> {
        let (itself, lead_ids) = match (contact, company) {
            (Some(contact), _) => (Entity::Contacts(contact.id), &contact.leads),
            (None, Some(company)) => (Entity::Companies(company.id), &company.leads),
            (None, None) => return None,
        };
        let leads: Vec<_> = self.leads.iter().filter(|lead| lead_ids.contains(&lead.id)).collect();
        let what = match (self.contacts.len(), contact) {
            (0, _) => "the company with this number".to_owned(),
            (1, _) => "the only contact with this number".to_owned(),
            (several, Some(chosen)) if Some(chosen.owner) == user => {
                format!("of {several} contacts with this number the manager's own")
            }
            (several, _) => format!("of {several} contacts with this number the one changed last"),
        };
        let (target, because) = match leads.as_slice() {
            [only] => (Entity::Leads(only.id), format!("{what}; its only active lead takes the call")),
            [] => (itself, format!("{what}; it has no active lead, so it takes the call itself")),
            several => (itself, format!("{what}; it has {} active leads, so it takes the call itself", several.len())),
        };
        Some(Match { contact, company, leads, target, because })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(id: i64, owner: i64, updated_at: i64, leads: &[i64]) -> KnownContact {
        KnownContact {
            id: ContactId(id),
            name: format!("C{id}"),
            owner: UserId(owner),
            group: GroupId(0),
            company: None,
            leads: leads.iter().copied().map(LeadId).collect(),
            phone_count: 1,
            updated_at,
        }
    }

    fn lead(id: i64) -> KnownLead {
        KnownLead {
            id: LeadId(id),
            name: format!("L{id}"),
            price: 0,
            status: StatusId(1),
            pipeline: PipelineId(1),
            owner: UserId(1),
            group: GroupId(0),
            next_task_at: None,
        }
    }

    #[test]
    fn exactly_one_active_lead_takes_the_call() {
        for (active, target) in [
            (vec![], Entity::Contacts(ContactId(5))),
            (vec![7], Entity::Leads(LeadId(7))),
            (vec![7, 8], Entity::Contacts(ContactId(5))),
        ] {
            let person = Person {
                contacts: vec![contact(5, 1, 0, &[7, 8, 9])],
                leads: active.into_iter().map(lead).collect(),
                ..Person::default()
            };
            assert_eq!(person.choose(None).unwrap().target, target);
        }
    }

    #[test]
    fn leads_of_somebody_else_do_not_count() {
        let person = Person {
            contacts: vec![contact(5, 1, 9, &[]), contact(6, 1, 1, &[7])],
            leads: vec![lead(7)],
            ..Person::default()
        };
        assert_eq!(person.choose(None).unwrap().target, Entity::Contacts(ContactId(5)));
    }

    #[test]
    fn several_contacts_are_chosen_by_owner_then_change_then_age() {
        let of = |contacts| Person { contacts, ..Person::default() };
        let chosen = |person: &Person, user| person.choose(user).unwrap().contact.unwrap().id.0;
        let three = of(vec![contact(1, 10, 5, &[]), contact(2, 11, 9, &[]), contact(3, 12, 9, &[])]);
        assert_eq!(chosen(&three, Some(UserId(10))), 1);
        assert_eq!(chosen(&three, Some(UserId(99))), 2);
        assert_eq!(chosen(&three, None), 2);
    }

    #[test]
    fn a_company_is_chosen_only_when_it_has_the_number_itself() {
        let employer = KnownCompany {
            id: CompanyId(4),
            name: "Employer".into(),
            owner: UserId(1),
            group: GroupId(0),
            leads: vec![LeadId(7)],
            has_number: false,
            phone_count: 1,
        };
        let mut person = Person { companies: vec![employer], leads: vec![lead(7)], ..Person::default() };
        assert!(person.is_nobody() && person.choose(None).is_none());
        person.companies[0].has_number = true;
        assert_eq!(person.choose(None).unwrap().target, Entity::Leads(LeadId(7)));
    }

    #[test]
    fn whom_somebody_chose_takes_the_call_by_the_same_rule() {
        let company = |id, has_number| KnownCompany {
            id: CompanyId(id),
            name: "Firm".into(),
            owner: UserId(1),
            group: GroupId(0),
            leads: vec![],
            has_number,
            phone_count: 1,
        };
        let person = Person {
            contacts: vec![contact(5, 1, 9, &[7, 8]), contact(6, 1, 1, &[10])],
            companies: vec![company(3, true), company(4, false)],
            leads: [7, 8, 10].map(lead).into(),
            ..Person::default()
        };
        for (choice, target) in [
            (Entity::Contacts(ContactId(6)), Some(Entity::Leads(LeadId(10)))),
            (Entity::Contacts(ContactId(5)), Some(Entity::Contacts(ContactId(5)))),
            (Entity::Leads(LeadId(8)), Some(Entity::Leads(LeadId(8)))),
            (Entity::Companies(CompanyId(3)), Some(Entity::Companies(CompanyId(3)))),
            (Entity::Companies(CompanyId(4)), None),
            (Entity::Contacts(ContactId(99)), None),
            (Entity::Leads(LeadId(99)), None),
        ] {
            assert_eq!(person.chosen(choice).map(|found| found.target), target, "{choice:?}");
        }
        let lead = person.chosen(Entity::Leads(LeadId(10))).unwrap();
        assert_eq!(lead.contact.map(|contact| contact.id), Some(ContactId(6)));
    }

    #[test]
    fn nobody_is_doubted_after_a_minute_and_somebody_after_a_quarter_of_an_hour() {
        let nobody = Person::default();
        assert!(nobody.may_decide(Moment(59_999), true) && !nobody.may_decide(Moment(60_000), true));
        let somebody = Person { contacts: vec![contact(1, 1, 0, &[])], ..Person::default() };
        assert!(somebody.may_decide(Moment(899_999), false) && !somebody.may_decide(Moment(900_000), false));
        assert!(somebody.may_decide(Moment(86_399_999), true) && !somebody.may_decide(Moment(86_400_000), true));
    }
}
