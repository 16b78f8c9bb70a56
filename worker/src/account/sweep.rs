//! Reading again what Kommo said has changed, in the background: in batches, at most one request a second, and never
//! ahead of a call. Whoever calls meanwhile is read for that call; the sweep then leaves the number alone.

use super::Hub;
use super::client::Errand;
use super::lookup::{known_company, known_contact, known_lead};
use super::slots::Purpose;
use super::store::{Stale, StoreError};
use super::work::Slice;
use crate::adapters::clock;
use crate::log;
use kommo_voip_domain::ids::{CompanyId, ContactId, LeadId};
use kommo_voip_domain::kommo::companies::{Company, GetCompanies};
use kommo_voip_domain::kommo::contacts::{Contact, GetContacts};
use kommo_voip_domain::kommo::leads::{GetLeads, Lead};
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::matching::Person;
use kommo_voip_domain::phone::{self, PhoneKey};
use kommo_voip_domain::time::{Millis, Moment};
use std::time::Duration;
use worker::Delay;

/// Numbers, and entities of a kind, in one batch.
const BATCH: usize = 50;
/// One request of the sweep in this time.
const PACE: Millis = Millis::seconds(1);
/// Changes are gathered this long: a person saving a card makes several.
const GATHER: Millis = Millis::seconds(2);
/// Requests of one batch: contacts, companies, leads, with room for a token.
const REQUESTS: u32 = 5;

#[derive(Default)]
struct Batch {
    contacts: Vec<Contact>,
    companies: Vec<Company>,
    leads: Vec<Lead>,
}

fn unique<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<T> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Hub {
    /// When the sweep has something to do.
    pub(super) fn next_sweep(&self) -> Result<Option<Moment>, StoreError> {
        let next = self.last_sweep.get() + PACE;
        Ok(self.store.stale_since()?.map(|since| (since + GATHER).max(next)))
    }

    /// Reads one batch again, if one is due.
    pub(super) async fn sweep(&self, slice: &Slice) {
        let due = self.next_sweep().unwrap_or_default().filter(|due| *due <= clock::now());
        if due.is_none() || self.connected().is_err() || slice.left() < REQUESTS {
            return;
        }
        match self.sweep_batch(slice).await {
            Ok(()) | Err(KommoError::Deferred) => {}
            Err(error) => {
                log::warn("what changed could not be read again", &[("reason", error.to_string().into())]);
                // What Kommo refuses it refuses again; each caller is read with the next call instead.
                if error.kind() != ErrorKind::Retry
                    && let Err(error) = self.store.nobody_is_stale()
                {
                    log::error("the sweep could not be ended", &[("error", error.to_string().into())]);
                }
            }
        }
        self.last_sweep.set(clock::now());
    }

    async fn sweep_batch(&self, slice: &Slice) -> Result<(), KommoError> {
        let broken = |_: StoreError| KommoError::Deferred;
        let (mut stale, mut room) = (vec![], BATCH);
        for row in self.store.stale_people(BATCH as i64).map_err(broken)? {
            // Nobody, or somebody with an incoming lead: only a search or its own look tells more.
            if row.person.is_nobody() {
                self.store.not_stale(&row.number).map_err(broken)?;
                continue;
            }
            let wanted = row.person.contacts.len().max(row.person.companies.len());
            if wanted > room && !stale.is_empty() {
                break;
            }
            room = room.saturating_sub(wanted);
            stale.push(row);
        }
        if stale.is_empty() {
            return Ok(());
        }
        let read_at = clock::now();
        let batch = self.read_batch(&stale, slice).await?;
        let region = self.settings().map_err(broken)?.settings.default_region.clone();
        for row in stale {
            self.store.tx(|| self.freshen(&row, &batch, &region, read_at)).map_err(broken)?;
        }
        Ok(())
    }

    async fn read_batch(&self, stale: &[Stale], slice: &Slice) -> Result<Batch, KommoError> {
        let errand = Errand { purpose: Purpose::Sweep, call: None, budget: slice.budget() };
        let people = || stale.iter().map(|row| &row.person);
        let contacts: Vec<ContactId> = unique(people().flat_map(|person| person.contacts.iter().map(|known| known.id)));
        let companies: Vec<CompanyId> =
            unique(people().flat_map(|person| person.companies.iter().map(|known| known.id)));
        let mut batch = Batch::default();
        if !contacts.is_empty() {
            batch.contacts = self.ask(&errand, &GetContacts { ids: contacts }).await?;
        }
        if !companies.is_empty() {
            self.pause().await;
            batch.companies = self.ask(&errand, &GetCompanies { ids: companies }).await?;
        }
        let of_contacts = batch.contacts.iter().flat_map(|contact| &contact.leads);
        let leads: Vec<LeadId> =
            unique(of_contacts.chain(batch.companies.iter().flat_map(|company| &company.leads)).copied());
        if !leads.is_empty() {
            self.pause().await;
            // The newest, should there be more than one request may name; older ones are rarely active.
            let newest = leads.len().saturating_sub(BATCH * 5);
            batch.leads = self.ask(&errand, &GetLeads { ids: leads.into_iter().skip(newest).collect() }).await?;
        }
        Ok(batch)
    }

    async fn pause(&self) {
        Delay::from(Duration::from_millis(PACE.0.unsigned_abs())).await;
    }

    /// Stores what was read of one number, unless a call was quicker.
    fn freshen(&self, row: &Stale, batch: &Batch, region: &str, read_at: Moment) -> Result<(), StoreError> {
        let (Some(current), _) = self.store.person(&row.number)? else { return Ok(()) };
        if current != row.person {
            return Ok(());
        }
        match read_again(&row.person, &row.number, batch, region, read_at) {
            Some(person) => self.store.set_person(&row.number, &person),
            // Somebody is missing: gone, merged, or hidden by an ignored filter. The next call looks properly.
            None => self.store.not_stale(&row.number),
        }
    }
}

/// The person as the batch shows them; none if somebody is missing or has another number now.
fn read_again(known: &Person, number: &PhoneKey, batch: &Batch, region: &str, read_at: Moment) -> Option<Person> {
    let has = |phones: &[String]| phones.iter().any(|phone| phone::key_of(phone, region).as_ref() == Some(number));
    let mut person =
        Person { read_at, open_task: known.open_task, incoming: known.incoming.clone(), ..Person::default() };
    for wanted in &known.contacts {
        let found = batch.contacts.iter().find(|contact| contact.id == wanted.id)?;
        if found.is_deleted || found.is_unsorted || !has(&found.phones) {
            return None;
        }
        person.contacts.push(known_contact(found.clone()));
    }
    for wanted in &known.companies {
        let found = batch.companies.iter().find(|company| company.id == wanted.id)?;
        if found.is_deleted || wanted.has_number != has(&found.phones) {
            return None;
        }
        person.companies.push(known_company(found.clone(), wanted.has_number));
    }
    // A contact that works elsewhere now has an employer nobody has read yet.
    let employers = person.contacts.iter().filter_map(|contact| contact.company);
    for employer in employers {
        person.companies.iter().find(|company| company.id == employer)?;
    }
    let of_companies = person.companies.iter().filter(|company| company.has_number).flat_map(|company| &company.leads);
    let leads: Vec<LeadId> =
        person.contacts.iter().flat_map(|contact| &contact.leads).chain(of_companies).copied().collect();
    let active = batch.leads.iter().filter(|lead| leads.contains(&lead.id) && lead.is_active());
    person.leads = active.cloned().map(known_lead).collect();
    Some(person)
}
