//! Kommo's account webhooks: subscribing to them, and reading what they tell (Kommo API reference: webhooks).
//!
//! They carry no signature, repeat and arrive in any order, so what they say is only ever a reason to read something
//! again. Every value is text; keys are nested PHP-style, such as `contacts[update][0][id]`.

use super::error::{success, written};
use super::fields::{Fields, read_list, single};
use super::query::Query;
use super::{Ask, KommoError, Method, Reply, Request};
use crate::ids::{CompanyId, ContactId, Entity, LeadId, UserId};
use serde_json::json;
use std::collections::BTreeMap;

/// Everything that may change who has a number, whose it is, and whether a lead is active.
const EVENTS: [&str; 15] = [
    "add_contact",
    "update_contact",
    "delete_contact",
    "restore_contact",
    "responsible_contact",
    "add_company",
    "update_company",
    "delete_company",
    "restore_company",
    "responsible_company",
    "add_lead",
    "update_lead",
    "status_lead",
    "delete_lead",
    "responsible_lead",
];

/// More items than this in one message are not believed.
const MOST: usize = 1000;

/// Subscribes an address to changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    /// Where Kommo tells about them.
    pub destination: String,
}

/// Whether an address is subscribed and still told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsSubscribed {
    /// The address.
    pub destination: String,
}

/// Something that changed in Kommo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What changed.
    pub entity: Entity,
    /// Who changed it, where Kommo tells.
    pub by: Option<UserId>,
    /// Its numbers, where Kommo tells.
    pub phones: Vec<String>,
}

impl Ask for Subscribe {
    type Answer = ();

    fn request(&self) -> Request {
        let body = json!({"destination": self.destination, "settings": EVENTS});
        Request::with_body(Method::Post, "/api/v4/webhooks", body)
    }

    fn read(&self, reply: &Reply<'_>) -> Result<(), KommoError> {
        single(&written(reply)?, "webhooks")?.id("id").map(drop)
    }
}

impl Ask for IsSubscribed {
    type Answer = bool;

    fn request(&self) -> Request {
        Request::get(Query::new("/api/v4/webhooks").pair("filter[destination]", &self.destination).path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<bool, KommoError> {
        let read = |item: Fields<'_>| {
            let ours = item.text("destination") == Some(self.destination.as_str()) && !item.flag("disabled");
            let wanted: Vec<String> = item.texts("settings");
            Ok(ours && EVENTS.iter().all(|event| wanted.iter().any(|name| name == event)))
        };
        Ok(read_list(success(reply)?.as_ref(), "webhooks", read)?.contains(&true))
    }
}

#[derive(Default)]
struct Item {
    id: Option<i64>,
    company: bool,
    by: Option<i64>,
    codes: BTreeMap<String, bool>,
    values: Vec<(String, String)>,
}

/// Reads a message's form fields. What is not about contacts, companies or leads is passed over.
pub fn read_changes(form: impl Iterator<Item = (String, String)>) -> Vec<Change> {
    let mut items: BTreeMap<(String, String, String), Item> = BTreeMap::new();
    for (key, value) in form {
        let parts: Vec<&str> = key.split(['[', ']']).filter(|part| !part.is_empty()).collect();
        let (group, action, index, rest) = match parts.as_slice() {
            [group @ ("contacts" | "leads"), action, index, rest @ ..] => (*group, *action, *index, rest),
            _ => continue,
        };
        let place = (group.to_owned(), action.to_owned(), index.to_owned());
        if items.len() >= MOST && !items.contains_key(&place) {
            continue;
        }
        let item = items.entry(place).or_default();
        match rest {
            ["id"] => item.id = value.parse().ok(),
            ["type"] => item.company = value == "company",
            ["modified_user_id"] => item.by = value.parse().ok(),
            ["custom_fields", field, "code"] => drop(item.codes.insert((*field).to_owned(), value == "PHONE")),
            ["custom_fields", field, "values", _, "value"] => item.values.push(((*field).to_owned(), value)),
            _ => {}
        }
    }
    items.into_iter().filter_map(|((group, ..), item)| change(&group, item)).collect()
}

fn change(group: &str, item: Item) -> Option<Change> {
    let id = item.id.filter(|id| *id > 0)?;
    let entity = match (group, item.company) {
        ("leads", _) => Entity::Leads(LeadId(id)),
        (_, true) => Entity::Companies(CompanyId(id)),
        (_, false) => Entity::Contacts(ContactId(id)),
    };
    let Item { by, codes, values, .. } = item;
    let phones = values.into_iter().filter(|(field, _)| codes.get(field) == Some(&true)).map(|(_, value)| value);
    Some(Change { entity, by: by.map(UserId), phones: phones.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    fn read(pairs: &[(&str, &str)]) -> Vec<Change> {
        read_changes(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn contacts_companies_and_leads_are_told_apart() {
        let found = read(&[
            ("contacts[update][0][id]", "5"),
            ("contacts[update][0][type]", "contact"),
            ("contacts[update][0][modified_user_id]", "9"),
            ("contacts[update][0][custom_fields][0][code]", "PHONE"),
            ("contacts[update][0][custom_fields][0][values][0][value]", "+4930"),
            ("contacts[update][0][custom_fields][1][code]", "EMAIL"),
            ("contacts[update][0][custom_fields][1][values][0][value]", "a@b"),
            ("contacts[update][1][type]", "company"),
            ("contacts[update][1][id]", "6"),
            ("leads[status][0][id]", "7"),
            ("task[add][0][id]", "8"),
            ("account[id]", "1"),
        ]);
        let change = |entity, by: Option<i64>, phones: &[&str]| Change {
            entity,
            by: by.map(UserId),
            phones: phones.iter().map(|phone| (*phone).to_owned()).collect(),
        };
        assert_eq!(
            found,
            [
                change(Entity::Contacts(ContactId(5)), Some(9), &["+4930"]),
                change(Entity::Companies(CompanyId(6)), None, &[]),
                change(Entity::Leads(LeadId(7)), None, &[]),
            ]
        );
    }

    #[test]
    fn nonsense_tells_nothing() {
        for pairs in [
            &[("contacts[update][0][id]", "x")][..],
            &[("contacts[update][0][id]", "-1")],
            &[("contacts", "1")],
            &[("contacts[update]", "1")],
            &[("[][][]", "1")],
            &[("", "")],
        ] {
            assert!(read(pairs).is_empty(), "{pairs:?}");
        }
        let flood = (0..5000).map(|index| (format!("leads[update][{index}][id]"), "7".to_owned()));
        assert_eq!(read_changes(flood).len(), MOST);
    }

    #[test]
    fn a_subscription_counts_while_it_is_told_everything() {
        let ask = IsSubscribed { destination: "https://w/k".into() };
        let list = |disabled: bool, settings: &[&str]| {
            let webhook = json!({"id": 1, "destination": "https://w/k", "disabled": disabled, "settings": settings});
            json!({"_embedded": {"webhooks": [webhook]}}).to_string()
        };
        assert_eq!(ask.read(&reply(200, &list(false, &EVENTS))), Ok(true));
        assert_eq!(ask.read(&reply(200, &list(true, &EVENTS))), Ok(false));
        assert_eq!(ask.read(&reply(200, &list(false, &["add_lead"]))), Ok(false));
        assert_eq!(ask.read(&reply(204, "")), Ok(false));
        refuses_all(&ask);
        let subscribe = Subscribe { destination: "https://w/k".into() };
        assert_eq!(subscribe.read(&reply(201, r#"{"id":4,"destination":"https://w/k"}"#)), Ok(()));
        assert!(subscribe.read(&reply(422, "{}")).is_err());
        refuses_all(&subscribe);
    }
}
