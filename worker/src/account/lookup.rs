//! Who has a number, asked of Kommo.
//!
//! The search is never trusted: it looks through every field, and its results lag behind. Each hit's numbers are
//! normalised and compared whole, and whoever we already know is read by id, which does not lag.

use super::Hub;
use super::client::Errand;
use kommo_voip_domain::ids::{CompanyId, GroupId, LeadId};
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::companies::{Company, FindCompanies, GetCompany};
use kommo_voip_domain::kommo::contacts::{Contact, FindContacts, GetContact};
use kommo_voip_domain::kommo::leads::{GetLeads, Lead};
use kommo_voip_domain::matching::{KnownCompany, KnownContact, KnownLead, Person};
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::time::Moment;

/// Leads of one person that are looked at; the newest ones, should somebody really have more.
const MOST_LEADS: usize = 100;

/// What a reading found.
pub struct Found {
    /// The person.
    pub person: Person,
    /// Somebody was known under this number and is gone.
    pub vanished: bool,
}

fn has_number(phones: &[String], key: &PhoneKey, region: &str) -> bool {
    phones.iter().any(|phone| phone::key_of(phone, region).as_ref() == Some(key))
}

pub(super) fn known_contact(contact: Contact) -> KnownContact {
    KnownContact {
        id: contact.id,
        name: contact.name,
        owner: contact.responsible_user_id,
        group: contact.group_id.unwrap_or(GroupId(0)),
        company: contact.companies.first().copied(),
        leads: contact.leads,
        phone_count: u32::try_from(contact.phones.len()).unwrap_or(u32::MAX),
        updated_at: contact.updated_at,
    }
}

pub(super) fn known_company(company: Company, has_number: bool) -> KnownCompany {
    KnownCompany {
        id: company.id,
        name: company.name,
        owner: company.responsible_user_id,
        group: company.group_id.unwrap_or(GroupId(0)),
        leads: company.leads,
        has_number,
        phone_count: u32::try_from(company.phones.len()).unwrap_or(u32::MAX),
    }
}

pub(super) fn known_lead(lead: Lead) -> KnownLead {
    KnownLead {
        id: lead.id,
        name: lead.name,
        price: lead.price,
        status: lead.status_id,
        pipeline: lead.pipeline_id,
        owner: lead.responsible_user_id,
        group: lead.group_id.unwrap_or(GroupId(0)),
        next_task_at: lead.closest_task_at,
    }
}

impl Hub {
    /// Reads who has the number: by id where somebody is known already, else by search.
    pub(super) async fn look_up(
        &self,
        errand: &Errand,
        key: &PhoneKey,
        region: &str,
        known: Option<&Person>,
        now: Moment,
    ) -> Result<Found, KommoError> {
        let open_task = known.and_then(|known| known.open_task);
        let mut person = Person { read_at: now, open_task, ..Person::default() };
        let mut expected_somebody = false;
        if let Some(known) = known {
            let incoming = known.incoming.as_ref();
            let by_id =
                known.contacts.iter().map(|contact| contact.id).chain(incoming.and_then(|incoming| incoming.contact));
            for id in by_id {
                expected_somebody = true;
                match self.ask(errand, &GetContact { id }).await? {
                    Some(contact) if contact.is_unsorted && !contact.is_deleted => person.incoming = incoming.cloned(),
                    Some(contact) if !contact.is_deleted && has_number(&contact.phones, key, region) => {
                        person.contacts.push(known_contact(contact));
                    }
                    _ => {}
                }
            }
        }
        if person.contacts.is_empty() && person.incoming.is_none() {
            self.search(errand, key, region, &mut person).await?;
        }
        self.add_employer(errand, &mut person).await?;
        self.add_leads(errand, &mut person).await?;
        let vanished = expected_somebody && person.is_nobody() && person.incoming.is_none();
        Ok(Found { person, vanished })
    }

    /// Contacts by each written form of the number; companies only where no contact has it.
    async fn search(
        &self,
        errand: &Errand,
        key: &PhoneKey,
        region: &str,
        person: &mut Person,
    ) -> Result<(), KommoError> {
        let mut forms = phone::search_forms(key).into_iter();
        let Some(digits) = forms.next() else { return Ok(()) };
        let contacts = |found: Vec<Contact>| {
            let ours =
                found.into_iter().filter(|contact| !contact.is_deleted && has_number(&contact.phones, key, region));
            ours.map(known_contact).collect::<Vec<_>>()
        };
        person.contacts = contacts(self.ask(errand, &FindContacts { query: digits.clone() }).await?);
        if !person.contacts.is_empty() {
            return Ok(());
        }
        let companies = self.ask(errand, &FindCompanies { query: digits }).await?;
        let ours =
            companies.into_iter().filter(|company| !company.is_deleted && has_number(&company.phones, key, region));
        person.companies = ours.map(|company| known_company(company, true)).collect();
        for query in forms {
            if !person.is_nobody() {
                break;
            }
            person.contacts = contacts(self.ask(errand, &FindContacts { query }).await?);
        }
        Ok(())
    }

    async fn add_employer(&self, errand: &Errand, person: &mut Person) -> Result<(), KommoError> {
        let employers: Vec<CompanyId> = person.contacts.iter().filter_map(|contact| contact.company).take(3).collect();
        for id in employers {
            let is_known = person.companies.iter().any(|company| company.id == id);
            if !is_known && let Some(company) = self.ask(errand, &GetCompany { id }).await? {
                person.companies.push(known_company(company, false));
            }
        }
        Ok(())
    }

    async fn add_leads(&self, errand: &Errand, person: &mut Person) -> Result<(), KommoError> {
        let of_contacts = person.contacts.iter().flat_map(|contact| &contact.leads);
        let of_companies =
            person.companies.iter().filter(|company| company.has_number).flat_map(|company| &company.leads);
        let mut ids: Vec<LeadId> = of_contacts.chain(of_companies).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let ids = ids.split_off(ids.len().saturating_sub(MOST_LEADS));
        if !ids.is_empty() {
            let leads = self.ask(errand, &GetLeads { ids }).await?;
            person.leads = leads.into_iter().filter(Lead::is_active).map(known_lead).collect();
        }
        Ok(())
    }
}
