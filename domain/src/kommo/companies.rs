//! Companies, which carry phone numbers like contacts do (Kommo API reference: companies).

use super::contacts::phones;
use super::error::{success, success_or_missing};
use super::fields::{Fields, read_list, single};
use super::query::{Query, by_ids};
use super::{Ask, KommoError, Reply, Request};
use crate::ids::{CompanyId, ContactId, GroupId, LeadId, UserId};
use serde::{Deserialize, Serialize};

/// Companies in which some field contains the text, at most 250; only candidates, like contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindCompanies {
    /// What to look for.
    pub query: String,
}

/// One company; none if there is no such company any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetCompany {
    /// The company.
    pub id: CompanyId,
}

/// Several companies by id, at most 250. Kommo may ignore the filter, so only those that were asked for come back, and
/// one that is missing from the answer has to be asked for alone before it counts as gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetCompanies {
    /// The companies.
    pub ids: Vec<CompanyId>,
}

/// A company, as far as calls are concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// The company.
    pub id: CompanyId,
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
    /// When the next task is due, Unix seconds.
    pub closest_task_at: Option<i64>,
    /// The numbers as someone typed them.
    pub phones: Vec<String>,
    /// The contacts that belong to it.
    pub contacts: Vec<ContactId>,
    /// The leads; their stages have to be asked for.
    pub leads: Vec<LeadId>,
}

impl Company {
    fn read(item: Fields<'_>) -> Result<Self, KommoError> {
        Ok(Self {
            id: CompanyId(item.id("id")?),
            name: item.text_or_empty("name"),
            responsible_user_id: UserId(item.whole("responsible_user_id").unwrap_or_default()),
            group_id: item.whole("group_id").map(GroupId),
            created_at: item.whole("created_at").unwrap_or_default(),
            updated_at: item.whole("updated_at").unwrap_or_default(),
            is_deleted: item.flag("is_deleted"),
            closest_task_at: item.whole("closest_task_at"),
            phones: phones(item),
            contacts: item.embedded_ids("contacts").into_iter().map(ContactId).collect(),
            leads: item.embedded_ids("leads").into_iter().map(LeadId).collect(),
        })
    }
}

impl Ask for FindCompanies {
    type Answer = Vec<Company>;

    fn request(&self) -> Request {
        let query = Query::new("/api/v4/companies").pair("query", &self.query).pair("with", "leads");
        Request::get(query.pair("limit", "250").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Company>, KommoError> {
        read_list(success(reply)?.as_ref(), "companies", Company::read)
    }
}

impl Ask for GetCompanies {
    type Answer = Vec<Company>;

    fn request(&self) -> Request {
        Request::get(by_ids("companies", "leads", self.ids.iter().map(|id| id.0)))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Company>, KommoError> {
        let found = read_list(success(reply)?.as_ref(), "companies", Company::read)?;
        Ok(found.into_iter().filter(|found| self.ids.contains(&found.id)).collect())
    }
}

impl Ask for GetCompany {
    type Answer = Option<Company>;

    fn request(&self) -> Request {
        Request::get(Query::new(format!("/api/v4/companies/{}", self.id)).pair("with", "leads").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Option<Company>, KommoError> {
        let Some(value) = success_or_missing(reply)? else { return Ok(None) };
        let company = Company::read(single(&value, "companies")?)?;
        if company.id == self.id {
            Ok(Some(company))
        } else {
            Err(KommoError::unreadable("another company than asked for"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    #[test]
    fn a_company_is_read_with_numbers_and_leads() {
        let body = r#"{"_embedded":{"companies":[{"id":77,"name":"Berg AG","responsible_user_id":9000001,
            "custom_fields_values":[{"field_code":"PHONE","values":[{"value":"030 5550100"}]}],
            "_embedded":{"leads":[{"id":700123}]}}]}}"#;
        let found = FindCompanies { query: "30 5550100".into() }.read(&reply(200, body)).expect("a list");
        let company = found.first().expect("one");
        assert_eq!(company.phones, ["030 5550100"]);
        assert_eq!(company.leads, [LeadId(700_123)]);
    }

    #[test]
    fn none_is_empty_and_failures_are_never_none() {
        let (find, get) = (FindCompanies { query: "30 5".into() }, GetCompany { id: CompanyId(77) });
        assert_eq!(find.request().path, "/api/v4/companies?query=30%205&with=leads&limit=250");
        assert_eq!(find.read(&reply(204, "")), Ok(vec![]));
        assert_eq!(get.read(&reply(404, "{}")), Ok(None));
        assert!(get.read(&reply(200, r#"{"id":78}"#)).is_err());
        refuses_all(&find);
        refuses_all(&get);
    }
}
