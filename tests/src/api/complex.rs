//! `POST /api/v4/leads/complex`: a lead with its contact and company in one step.

use serde_json::{Value, json};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    draft::{self, Draft, MOST_COMPLEX_FIELDS},
    entities, history, incoming, rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, EntityKind, Id, World},
};

/// More leads than this in one request are refused.
const MOST_LEADS: usize = 50;

/// A contact or company that comes along: an existing one or one to create.
enum Companion {
    Existing(Id),
    New(Box<Draft>),
}

struct Complex {
    request_id: String,
    lead: Draft,
    contact: Option<Companion>,
    company: Option<Companion>,
    incoming: Option<incoming::Incoming>,
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    for kind in [EntityKind::Lead, EntityKind::Contact] {
        rights::require_any(account, call.actor, kind, Deed::Add)?;
    }
    let body = call.json()?;
    let items = check::items(&body)?;
    if items.len() > MOST_LEADS {
        return Err(Problem::new(422, "Too many leads in one request"));
    }
    let mut checked = Vec::new();
    let mut found = Vec::new();
    for (request_id, object) in items {
        let mut fields = Fields::new(object, "");
        let lead = draft::read(&mut fields, account, EntityKind::Lead, None);
        too_many_fields(&mut fields, &lead);
        let mut complex =
            Complex { request_id: request_id.clone(), lead, contact: None, company: None, incoming: None };
        if let Some(mut embedded) = fields.object("_embedded") {
            complex.contact = companion(&mut embedded, account, EntityKind::Contact);
            complex.company = companion(&mut embedded, account, EntityKind::Company);
            if let Some(mut metadata) = embedded.object("metadata") {
                complex.incoming = incoming::read_metadata(&mut metadata);
                embedded.absorb(metadata);
            }
            fields.absorb(embedded);
        }
        found.push(complex);
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    // Duplicates are looked for in what was there before, not inside the batch.
    let merges: Vec<Option<Id>> = found
        .iter()
        .map(|complex| match &complex.contact {
            Some(Companion::New(draft)) if world.switches.duplicate_control => {
                call.account(world).ok().and_then(|account| duplicate(account, draft))
            }
            _ => None,
        })
        .collect();
    let mut replies = Vec::new();
    for (complex, merge) in found.into_iter().zip(merges) {
        replies.push(store(world, call, complex, merge)?);
    }
    Ok(Reply::Json(200, Value::Array(replies)))
}

fn too_many_fields(fields: &mut Fields<'_>, draft: &Draft) {
    if draft.fields.len() > MOST_COMPLEX_FIELDS {
        fields.unknown("custom_fields_values");
    }
}

fn companion(embedded: &mut Fields<'_>, account: &Account, kind: EntityKind) -> Option<Companion> {
    let mut given = embedded.objects(kind.plural());
    if given.len() > 1 {
        embedded.fail("TooMany", kind.plural(), "This collection should contain 1 element or less.");
        return None;
    }
    let mut fields = given.pop()?;
    let companion = if fields.has("id") {
        draft::existing(&mut fields, account, kind).map(Companion::Existing)
    } else {
        let draft = draft::read(&mut fields, account, kind, None);
        too_many_fields(&mut fields, &draft);
        Some(Companion::New(Box::new(draft)))
    };
    embedded.absorb(fields);
    companion
}

/// The oldest contact with the same phone or e-mail.
fn duplicate(account: &Account, draft: &Draft) -> Option<Id> {
    let texts: Vec<String> = draft
        .fields
        .iter()
        .filter(|field| matches!(field.field.code, "PHONE" | "EMAIL"))
        .flat_map(|field| &field.values)
        .filter_map(|value| value.value.as_str().map(comparable))
        .collect();
    account
        .contacts
        .values()
        .filter(|contact| !contact.is_deleted && !contact.is_unsorted)
        .find(|contact| {
            let known = contact.field_texts("PHONE").into_iter().chain(contact.field_texts("EMAIL"));
            known.map(|text| comparable(&text)).any(|text| texts.contains(&text))
        })
        .map(|contact| contact.id)
}

fn comparable(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '@' | '.')).collect()
}

fn store(world: &mut World, call: &Call, complex: Complex, merge: Option<Id>) -> Result<Value, Problem> {
    let mut created = Vec::new();
    let mut place =
        |world: &mut World, kind: EntityKind, companion: Option<Companion>| -> Result<Option<Id>, Problem> {
            match companion {
                None => Ok(None),
                Some(Companion::Existing(id)) => Ok(Some(id)),
                Some(Companion::New(draft)) => {
                    let id = entities::store(world, call, kind, &draft)?;
                    created.push((kind, id));
                    Ok(Some(id))
                }
            }
        };
    let contact = match merge {
        Some(id) => Some(id),
        None => place(world, EntityKind::Contact, complex.contact)?,
    };
    let company = place(world, EntityKind::Company, complex.company)?;
    let mut lead = complex.lead;
    lead.contacts = contact.map(|id| (id, true)).into_iter().collect();
    lead.companies = company.into_iter().collect();
    let lead = entities::store(world, call, EntityKind::Lead, &lead)?;
    created.push((EntityKind::Lead, lead));
    if let (Some(contact), Some(company)) = (contact, company) {
        super::links::connect(
            call.account_mut(world)?,
            (EntityKind::Contact, contact),
            (EntityKind::Company, company),
            false,
        );
    }
    match complex.incoming {
        Some(incoming) => {
            incoming::hide(world, call, incoming, &created)?;
        }
        None => {
            let told = |(kind, id): &(EntityKind, Option<Id>)| id.map(|id| (*kind, id));
            let others: Vec<(EntityKind, Id)> = [(EntityKind::Contact, contact), (EntityKind::Company, company)]
                .iter()
                .filter_map(told)
                .filter(|other| !created.contains(other))
                .collect();
            for (kind, id) in created {
                history::added(world, call.actor.account, kind, id);
            }
            for other in others {
                history::linked(world, call.actor.account, other, call.actor.user);
            }
        }
    }
    Ok(json!({
        "id": lead, "contact_id": contact, "company_id": company,
        "request_id": [complex.request_id], "merged": merge.is_some(),
    }))
}
