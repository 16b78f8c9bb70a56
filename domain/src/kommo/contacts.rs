//! Contacts: finding them and reading their numbers (Kommo API reference: contacts, phone search).
//!
//! `query` searches every filled field by text and lags behind, so what it finds is only a candidate: the caller
//! compares each phone value itself.

use super::error::{success, success_or_missing};
use super::fields::{Fields, read_list, single};
use super::query::{Query, by_ids};
use super::{Ask, KommoError, Reply, Request};
use crate::ids::{CompanyId, ContactId, GroupId, LeadId, UserId};
use serde::{Deserialize, Serialize};

/// Contacts in which some field contains the text, at most 250.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindContacts {
    /// What to look for.
    pub query: String,
}

/// The 50 newest contacts: how a contact is found whose creation was never answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestContacts;

/// One contact; none if there is no such contact any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetContact {
    /// The contact.
    pub id: ContactId,
}

/// Several contacts by id, at most 250. Kommo may ignore the filter, so only those that were asked for come back, and
/// one that is missing from the answer has to be asked for alone before it counts as gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetContacts {
    /// The contacts.
    pub ids: Vec<ContactId>,
}

/// A contact, as far as calls are concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The contact.
    pub id: ContactId,
    /// The name.
    pub name: String,
    /// Who is responsible.
    pub responsible_user_id: UserId,
    /// The responsible user's group.
    pub group_id: Option<GroupId>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
    /// In the bin.
    pub is_deleted: bool,
    /// Belongs to an incoming lead nobody has accepted yet.
    pub is_unsorted: bool,
    /// When the next task is due, Unix seconds.
    pub closest_task_at: Option<i64>,
    /// The numbers as someone typed them.
    pub phones: Vec<String>,
    /// The companies.
    pub companies: Vec<CompanyId>,
    /// The leads; their stages have to be asked for.
    pub leads: Vec<LeadId>,
}

impl Contact {
    fn read(item: Fields<'_>) -> Result<Self, KommoError> {
        Ok(Self {
            id: ContactId(item.id("id")?),
            name: item.text_or_empty("name"),
            responsible_user_id: UserId(item.whole("responsible_user_id").unwrap_or_default()),
            group_id: item.whole("group_id").map(GroupId),
            created_at: item.whole("created_at").unwrap_or_default(),
            updated_at: item.whole("updated_at").unwrap_or_default(),
            is_deleted: item.flag("is_deleted"),
            is_unsorted: item.flag("is_unsorted"),
            closest_task_at: item.whole("closest_task_at"),
            phones: phones(item),
            companies: item.embedded_ids("companies").into_iter().map(CompanyId).collect(),
            leads: item.embedded_ids("leads").into_iter().map(LeadId).collect(),
        })
    }
}

/// The values of the field `PHONE`, as written.
pub(crate) fn phones(item: Fields<'_>) -> Vec<String> {
    item.items("custom_fields_values")
        .filter(|field| field.text("field_code") == Some("PHONE"))
        .flat_map(|field| field.items("values"))
        .filter_map(|value| value.written("value"))
        .collect()
}

impl Ask for FindContacts {
    type Answer = Vec<Contact>;

    fn request(&self) -> Request {
        let query = Query::new("/api/v4/contacts").pair("query", &self.query).pair("with", "leads");
        Request::get(query.pair("limit", "250").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Contact>, KommoError> {
        read_list(success(reply)?.as_ref(), "contacts", Contact::read)
    }
}

impl Ask for NewestContacts {
    type Answer = Vec<Contact>;

    fn request(&self) -> Request {
        let query = Query::new("/api/v4/contacts").pair("order[id]", "desc").pair("with", "leads");
        Request::get(query.pair("limit", "50").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Contact>, KommoError> {
        read_list(success(reply)?.as_ref(), "contacts", Contact::read)
    }
}

impl Ask for GetContacts {
    type Answer = Vec<Contact>;

    fn request(&self) -> Request {
        Request::get(by_ids("contacts", "leads", self.ids.iter().map(|id| id.0)))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Contact>, KommoError> {
        let found = read_list(success(reply)?.as_ref(), "contacts", Contact::read)?;
        Ok(found.into_iter().filter(|found| self.ids.contains(&found.id)).collect())
    }
}

impl Ask for GetContact {
    type Answer = Option<Contact>;

    fn request(&self) -> Request {
        Request::get(Query::new(format!("/api/v4/contacts/{}", self.id)).pair("with", "leads").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Option<Contact>, KommoError> {
        let Some(value) = success_or_missing(reply)? else { return Ok(None) };
        let contact = Contact::read(single(&value, "contacts")?)?;
        if contact.id == self.id {
            Ok(Some(contact))
        } else {
            Err(KommoError::unreadable("another contact than asked for"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    const ADA: &str = r#"{"id":501,"name":"Ada Berg","responsible_user_id":9000001,"group_id":0,"created_at":1770000000,
        "updated_at":1770000500,"closest_task_at":null,"is_deleted":false,"is_unsorted":false,"custom_fields_values":[
        {"field_id":1,"field_code":"EMAIL","values":[{"value":"ada@berg.example"}]},
        {"field_id":2,"field_code":"PHONE","values":[{"value":"+49 30 5550100","enum_code":"WORK"},
        {"value":4930555010,"enum_code":"MOB"},{"value":""},{"value":null}]},{"field_code":null,"values":null}],
        "_embedded":{"tags":[],"companies":[{"id":77}],"leads":[{"id":700123},{"id":"700124"}]}}"#;

    #[test]
    fn a_contact_is_read_with_numbers_companies_and_leads() {
        let ask = FindContacts { query: "+49305550100".into() };
        assert_eq!(ask.request().path, "/api/v4/contacts?query=%2B49305550100&with=leads&limit=250");
        let body = format!(r#"{{"_page":1,"_embedded":{{"contacts":[{ADA}]}}}}"#);
        let found = ask.read(&reply(200, &body)).expect("a list");
        let ada = found.first().expect("one");
        assert_eq!(ada.phones, ["+49 30 5550100", "4930555010"]);
        assert_eq!(ada.companies, [CompanyId(77)]);
        assert_eq!(ada.leads, [LeadId(700_123), LeadId(700_124)]);
        assert_eq!(ada.closest_task_at, None);
    }

    #[test]
    fn contacts_without_fields_and_links_are_read() {
        for body in [
            r#"{"id":1,"custom_fields_values":null}"#,
            r#"{"id":1,"custom_fields_values":[],"_embedded":[]}"#,
            r#"{"id":"1","name":null}"#,
        ] {
            let contact = GetContact { id: ContactId(1) }.read(&reply(200, body)).expect(body).expect(body);
            assert!(contact.phones.is_empty() && contact.leads.is_empty(), "{body}");
        }
    }

    #[test]
    fn nobody_is_an_empty_list_or_none() {
        assert_eq!(FindContacts { query: "x".into() }.read(&reply(204, "")), Ok(vec![]));
        assert_eq!(NewestContacts.read(&reply(204, "")), Ok(vec![]));
        let ask = GetContact { id: ContactId(1) };
        assert_eq!(ask.read(&reply(204, "")), Ok(None));
        assert_eq!(ask.read(&reply(404, r#"{"title":"Not Found","status":404}"#)), Ok(None));
        assert!(ask.read(&reply(200, ADA)).is_err(), "another contact");
    }

    #[test]
    fn failures_are_never_nobody() {
        refuses_all(&FindContacts { query: "x".into() });
        refuses_all(&NewestContacts);
        refuses_all(&GetContact { id: ContactId(1) });
        assert_eq!(NewestContacts.request().path, "/api/v4/contacts?order%5Bid%5D=desc&with=leads&limit=50");
    }
}
