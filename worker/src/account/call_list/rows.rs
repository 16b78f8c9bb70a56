//! Who stands behind the rows that are put on a list: name and numbers as Kommo holds them, as far as the person who
//! asks may see them (invariant 5). A lead has no number of its own: its contacts' count, then its company's.

use super::super::Hub;
use super::super::api::Reader;
use super::super::cards::may_view_entity;
use super::super::client::Errand;
use kommo_voip_domain::call_list::Candidate;
use kommo_voip_domain::ids::{CompanyId, ContactId, Entity, GroupId, LeadId};
use kommo_voip_domain::kommo::KommoError;
use kommo_voip_domain::kommo::companies::{Company, GetCompanies, GetCompany};
use kommo_voip_domain::kommo::contacts::{Contact, GetContact, GetContacts};
use kommo_voip_domain::kommo::leads::{GetLead, GetLeads, Lead};
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::protocol::CallListRow;
use std::collections::{HashMap, HashSet};

/// Entities read with one request; Kommo advises no more (Kommo API reference: limits).
const AT_ONCE: usize = 50;

/// What became of the rows.
pub struct Known {
    /// Whom the person may see, in the order of the rows.
    pub candidates: Vec<Candidate>,
    /// Rows of others, and of what is gone.
    pub left_out: usize,
}

/// What Kommo told about the rows. What is in neither of a kind's two sets could not be read.
#[derive(Default)]
struct Readings {
    leads: HashMap<LeadId, Lead>,
    contacts: HashMap<ContactId, Contact>,
    companies: HashMap<CompanyId, Company>,
    gone: HashSet<Entity>,
}

/// Reads entities of one kind: many at once, and alone whatever is missing from the answer, since Kommo may ignore
/// the filter.
macro_rules! read_all {
    ($hub:expr, $errand:expr, $readings:expr, $ids:expr, $many:ident, $one:ident, $found:ident, $entity:path) => {{
        let mut ids: Vec<_> = $ids;
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| !$readings.$found.contains_key(id));
        for ids in ids.chunks(AT_ONCE) {
            for found in $hub.ask($errand, &$many { ids: ids.to_vec() }).await? {
                $readings.$found.insert(found.id, found);
            }
        }
        for id in ids {
            if !$readings.$found.contains_key(&id) {
                match $hub.ask($errand, &$one { id }).await? {
                    Some(found) => drop($readings.$found.insert(id, found)),
                    None => drop($readings.gone.insert($entity(id))),
                }
            }
        }
        Ok::<(), KommoError>(())
    }};
}

impl Hub {
    /// Reads the rows for a person. A row that Kommo could not be asked about counts with the numbers it showed; an
    /// error means that not even those are there.
    pub(in super::super) async fn know_rows(
        &self,
        rows: &[CallListRow],
        reader: &Reader,
        region: &str,
    ) -> Result<Known, KommoError> {
        let mut readings = Readings::default();
        let outcome = self.read_rows(rows, &mut readings).await;
        let mut known = Known { candidates: Vec::new(), left_out: 0 };
        for row in rows {
            match readings.candidate(row, reader, region) {
                Reading::Known(candidate) => known.candidates.push(candidate),
                Reading::LeftOut => known.left_out += 1,
                Reading::Unread => {
                    let numbers = keys(&row.phones, region);
                    if numbers.is_empty() {
                        outcome?;
                        return Err(KommoError::Deferred);
                    }
                    known.candidates.push(Candidate { entity: row.entity, name: String::new(), numbers });
                }
            }
        }
        Ok(known)
    }

    async fn read_rows(&self, rows: &[CallListRow], readings: &mut Readings) -> Result<(), KommoError> {
        let errand: &Errand = &self.rows_errand();
        let (mut leads, mut contacts, mut companies) = (vec![], vec![], vec![]);
        for row in rows {
            match row.entity {
                Entity::Leads(id) => leads.push(id),
                Entity::Contacts(id) => contacts.push(id),
                Entity::Companies(id) => companies.push(id),
            }
        }
        read_all!(self, errand, readings, leads, GetLeads, GetLead, leads, Entity::Leads)?;
        contacts.extend(readings.leads.values().flat_map(|lead| lead.contacts.iter().copied()));
        read_all!(self, errand, readings, contacts, GetContacts, GetContact, contacts, Entity::Contacts)?;
        companies.extend(readings.leads.values().flat_map(|lead| lead.companies.iter().copied()));
        read_all!(self, errand, readings, companies, GetCompanies, GetCompany, companies, Entity::Companies)
    }
}

enum Reading {
    Known(Candidate),
    LeftOut,
    Unread,
}

impl Readings {
    fn candidate(&self, row: &CallListRow, reader: &Reader, region: &str) -> Reading {
        let found = match row.entity {
            Entity::Leads(id) => self.leads.get(&id).filter(|lead| !lead.is_deleted).map(|lead| {
                let contacts = lead.contacts.iter().filter_map(|id| self.visible_contact(*id, reader));
                let companies = lead.companies.iter().filter_map(|id| self.visible_company(*id, reader));
                let phones = contacts.map(|contact| &contact.phones).chain(companies.map(|company| &company.phones));
                let is_visible = sees(reader, row.entity, lead.responsible_user_id, lead.group_id);
                (&lead.name, phones.flatten().cloned().collect::<Vec<_>>(), is_visible)
            }),
            Entity::Contacts(id) => {
                let contact = self.contacts.get(&id).filter(|contact| !contact.is_deleted);
                contact.map(|found| (&found.name, found.phones.clone(), self.visible_contact(id, reader).is_some()))
            }
            Entity::Companies(id) => {
                let company = self.companies.get(&id).filter(|company| !company.is_deleted);
                company.map(|found| (&found.name, found.phones.clone(), self.visible_company(id, reader).is_some()))
            }
        };
        match found {
            Some((name, phones, true)) => {
                // What the person saw in the row comes first.
                let numbers = keys(row.phones.iter().chain(&phones), region);
                if numbers.is_empty() && !self.is_whole(row.entity) {
                    return Reading::Unread;
                }
                Reading::Known(Candidate { entity: row.entity, name: name.clone(), numbers })
            }
            Some((_, _, false)) => Reading::LeftOut,
            None if self.is_gone(row.entity) => Reading::LeftOut,
            None => Reading::Unread,
        }
    }

    /// Everybody whose numbers count for it was read.
    fn is_whole(&self, entity: Entity) -> bool {
        let Entity::Leads(id) = entity else { return true };
        let contact = |id: &ContactId| self.contacts.contains_key(id) || self.gone.contains(&Entity::Contacts(*id));
        let company = |id: &CompanyId| self.companies.contains_key(id) || self.gone.contains(&Entity::Companies(*id));
        self.leads.get(&id).is_some_and(|lead| lead.contacts.iter().all(contact) && lead.companies.iter().all(company))
    }

    /// Not there any more, or in the bin.
    fn is_gone(&self, entity: Entity) -> bool {
        self.gone.contains(&entity)
            || match entity {
                Entity::Leads(id) => self.leads.contains_key(&id),
                Entity::Contacts(id) => self.contacts.contains_key(&id),
                Entity::Companies(id) => self.companies.contains_key(&id),
            }
    }

    fn visible_contact(&self, id: ContactId, reader: &Reader) -> Option<&Contact> {
        let contact = self.contacts.get(&id).filter(|contact| !contact.is_deleted)?;
        sees(reader, Entity::Contacts(id), contact.responsible_user_id, contact.group_id).then_some(contact)
    }

    fn visible_company(&self, id: CompanyId, reader: &Reader) -> Option<&Company> {
        let company = self.companies.get(&id).filter(|company| !company.is_deleted)?;
        sees(reader, Entity::Companies(id), company.responsible_user_id, company.group_id).then_some(company)
    }
}

fn sees(reader: &Reader, entity: Entity, owner: kommo_voip_domain::ids::UserId, group: Option<GroupId>) -> bool {
    let user = reader.directory.user(reader.user);
    user.is_some_and(|user| may_view_entity(user, entity, owner, group.unwrap_or(GroupId(0))))
}

/// The numbers among what somebody typed.
fn keys<'a>(phones: impl IntoIterator<Item = &'a String>, region: &str) -> Vec<PhoneKey> {
    phones.into_iter().filter_map(|phone| phone::key_of(phone, region)).collect()
}
