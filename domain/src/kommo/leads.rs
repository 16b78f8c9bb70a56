//! Leads: reading them, and creating one alone or together with its contact (Kommo API reference: leads).

use super::error::{success, success_or_missing, written};
use super::fields::{Fields, answered, read_list, single};
use super::pipelines::{LOST, WON};
use super::query::{MOST_IDS, Query, by_ids};
use super::{Ask, KommoError, Method, Reply, Request, SINGLE};
use crate::ids::{CompanyId, ContactId, GroupId, LeadId, PipelineId, StatusId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Several leads by id, at most 250. Kommo may ignore the filter, so only leads that were asked for come back, and
/// one that is missing from the answer has to be asked for with [`GetLead`] before it counts as gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetLeads {
    /// The leads.
    pub ids: Vec<LeadId>,
}

/// One lead; none if there is no such lead any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetLead {
    /// The lead.
    pub id: LeadId,
}

/// The 50 newest leads: how a lead is found whose creation was never answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestLeads;

/// Creates a lead and its contact in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateContactAndLead {
    /// The lead's name.
    pub lead_name: String,
    /// The contact's name.
    pub contact_name: String,
    /// The contact's number.
    pub phone: String,
    /// Who is responsible for both; the grant's user if none.
    pub responsible: Option<UserId>,
    /// The pipeline; the main one if none.
    pub pipeline: Option<PipelineId>,
    /// The stage; the first regular one if none.
    pub status: Option<StatusId>,
    /// Comes back with the answer; never stored.
    pub request_id: String,
}

/// Creates a lead for a contact or company that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateLead {
    /// The lead's name.
    pub name: String,
    /// Its main contact.
    pub contact: Option<ContactId>,
    /// Its company.
    pub company: Option<CompanyId>,
    /// Who is responsible; the grant's user if none.
    pub responsible: Option<UserId>,
    /// The pipeline; the main one if none.
    pub pipeline: Option<PipelineId>,
    /// The stage; the first regular one if none.
    pub status: Option<StatusId>,
}

/// What [`CreateContactAndLead`] made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The lead.
    pub lead: LeadId,
    /// The contact.
    pub contact: Option<ContactId>,
    /// The account's duplicate control used something that existed.
    pub merged: bool,
}

/// A lead, as far as calls are concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The lead.
    pub id: LeadId,
    /// The name.
    pub name: String,
    /// The value in the account's currency.
    pub price: i64,
    /// Who is responsible.
    pub responsible_user_id: UserId,
    /// The responsible user's group.
    pub group_id: Option<GroupId>,
    /// The stage.
    pub status_id: StatusId,
    /// The pipeline.
    pub pipeline_id: PipelineId,
    /// In the bin.
    pub is_deleted: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// When the next task is due, Unix seconds.
    pub closest_task_at: Option<i64>,
    /// The contacts.
    pub contacts: Vec<ContactId>,
    /// The companies; Kommo allows one.
    #[serde(default)]
    pub companies: Vec<CompanyId>,
}

impl Lead {
    /// Neither won nor lost nor deleted: a call may be logged here.
    pub fn is_active(&self) -> bool {
        !self.is_deleted && self.status_id != WON && self.status_id != LOST
    }

    fn read(item: Fields<'_>) -> Result<Self, KommoError> {
        Ok(Self {
            id: LeadId(item.id("id")?),
            name: item.text_or_empty("name"),
            price: item.whole("price").unwrap_or_default(),
            responsible_user_id: UserId(item.whole("responsible_user_id").unwrap_or_default()),
            group_id: item.whole("group_id").map(GroupId),
            // Without its stage nobody can say whether the lead is active.
            status_id: StatusId(item.id("status_id")?),
            pipeline_id: PipelineId(item.whole("pipeline_id").unwrap_or_default()),
            is_deleted: item.flag("is_deleted"),
            created_at: item.whole("created_at").unwrap_or_default(),
            closest_task_at: item.whole("closest_task_at"),
            contacts: item.embedded_ids("contacts").into_iter().map(ContactId).collect(),
            companies: item.embedded_ids("companies").into_iter().map(CompanyId).collect(),
        })
    }
}

impl GetLeads {
    fn asked(&self) -> &[LeadId] {
        self.ids.get(..MOST_IDS).unwrap_or(&self.ids)
    }
}

impl Ask for GetLeads {
    type Answer = Vec<Lead>;

    fn request(&self) -> Request {
        Request::get(by_ids("leads", "contacts", self.asked().iter().map(|id| id.0)))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Lead>, KommoError> {
        let leads = read_list(success(reply)?.as_ref(), "leads", Lead::read)?;
        Ok(leads.into_iter().filter(|lead| self.asked().contains(&lead.id)).collect())
    }
}

impl Ask for GetLead {
    type Answer = Option<Lead>;

    fn request(&self) -> Request {
        Request::get(Query::new(format!("/api/v4/leads/{}", self.id)).pair("with", "contacts").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Option<Lead>, KommoError> {
        let Some(value) = success_or_missing(reply)? else { return Ok(None) };
        let lead = Lead::read(single(&value, "leads")?)?;
        if lead.id == self.id { Ok(Some(lead)) } else { Err(KommoError::unreadable("another lead than asked for")) }
    }
}

impl Ask for NewestLeads {
    type Answer = Vec<Lead>;

    fn request(&self) -> Request {
        let query = Query::new("/api/v4/leads").pair("order[id]", "desc").pair("with", "contacts");
        Request::get(query.pair("limit", "50").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Lead>, KommoError> {
        read_list(success(reply)?.as_ref(), "leads", Lead::read)
    }
}

/// A contact to be created, with its number where Kommo looks for numbers.
pub(crate) fn new_contact(name: &str, phone: &str, responsible: Option<UserId>) -> Value {
    let mut contact = Map::new();
    contact.insert("name".to_owned(), json!(name));
    contact.insert(
        "custom_fields_values".to_owned(),
        json!([{"field_code": "PHONE", "values": [{"value": phone, "enum_code": "WORK"}]}]),
    );
    set(&mut contact, "responsible_user_id", responsible);
    Value::Object(contact)
}

/// Sets a field only if there is a value: Kommo refuses `null` where it means "not given".
pub(crate) fn set(object: &mut Map<String, Value>, name: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), json!(value));
    }
}

fn new_lead(
    name: &str,
    request_id: &str,
    responsible: Option<UserId>,
    pipeline: Option<PipelineId>,
    status: Option<StatusId>,
    embedded: Map<String, Value>,
) -> Value {
    let mut lead = Map::new();
    lead.insert("name".to_owned(), json!(name));
    lead.insert("request_id".to_owned(), json!(request_id));
    set(&mut lead, "responsible_user_id", responsible);
    set(&mut lead, "pipeline_id", pipeline);
    set(&mut lead, "status_id", status);
    if !embedded.is_empty() {
        lead.insert("_embedded".to_owned(), Value::Object(embedded));
    }
    json!([lead])
}

impl Ask for CreateContactAndLead {
    type Answer = Created;

    fn request(&self) -> Request {
        let contact = new_contact(&self.contact_name, &self.phone, self.responsible);
        let embedded = crate::short::object([("contacts".to_owned(), json!([contact]))]);
        let body = new_lead(&self.lead_name, &self.request_id, self.responsible, self.pipeline, self.status, embedded);
        Request::with_body(Method::Post, "/api/v4/leads/complex", body)
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Created, KommoError> {
        let value = written(reply)?;
        let item = answered(&value, "leads", &self.request_id)?;
        Ok(Created {
            lead: LeadId(item.id("id")?),
            contact: item.whole("contact_id").map(ContactId),
            merged: item.flag("merged"),
        })
    }
}

impl Ask for CreateLead {
    type Answer = LeadId;

    fn request(&self) -> Request {
        let mut embedded = Map::new();
        set(&mut embedded, "contacts", self.contact.map(|id| json!([{"id": id, "is_main": true}])));
        set(&mut embedded, "companies", self.company.map(|id| json!([{"id": id}])));
        let body = new_lead(&self.name, SINGLE, self.responsible, self.pipeline, self.status, embedded);
        Request::with_body(Method::Post, "/api/v4/leads", body)
    }

    fn read(&self, reply: &Reply<'_>) -> Result<LeadId, KommoError> {
        answered(&written(reply)?, "leads", SINGLE)?.id("id").map(LeadId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    fn lead(id: i64, status: i64, deleted: bool) -> String {
        format!(
            r#"{{"id":{id},"name":"Boat","price":null,"responsible_user_id":9000001,"group_id":0,"status_id":{status},
            "pipeline_id":810001,"is_deleted":{deleted},"created_at":1770000000,"_embedded":{{"contacts":[{{"id":501}}]}}}}"#
        )
    }

    #[test]
    fn active_is_neither_won_nor_lost_nor_deleted() {
        for (status, deleted, active) in
            [(64_000_002, false, true), (64_000_002, true, false), (142, false, false), (143, false, false)]
        {
            let read = GetLead { id: LeadId(7) }.read(&reply(200, &lead(7, status, deleted)));
            assert_eq!(read.map(|lead| lead.map(|lead| lead.is_active())), Ok(Some(active)), "{status} {deleted}");
        }
    }

    #[test]
    fn an_ignored_filter_brings_no_strangers() {
        let ask = GetLeads { ids: vec![LeadId(1), LeadId(3)] };
        assert_eq!(
            ask.request().path,
            "/api/v4/leads?with=contacts&limit=250&filter%5Bid%5D%5B%5D=1&filter%5Bid%5D%5B%5D=3"
        );
        let body = format!(
            r#"{{"_embedded":{{"leads":[{},{},{}]}}}}"#,
            lead(1, 5, false),
            lead(2, 5, false),
            lead(3, 142, false)
        );
        let ids = ask.read(&reply(200, &body)).map(|leads| leads.iter().map(|lead| lead.id.0).collect::<Vec<_>>());
        assert_eq!(ids, Ok(vec![1, 3]));
        let many = GetLeads { ids: (0..300).map(LeadId).collect() };
        assert_eq!(many.request().path.matches("filter").count(), 250);
    }

    #[test]
    fn missing_leads_are_none_and_failures_are_not() {
        let (many, one) = (GetLeads { ids: vec![LeadId(1)] }, GetLead { id: LeadId(1) });
        assert_eq!(many.read(&reply(204, "")), Ok(vec![]));
        assert_eq!(one.read(&reply(204, "")), Ok(None));
        assert_eq!(one.read(&reply(404, "{}")), Ok(None));
        assert!(one.read(&reply(200, r#"{"id":1}"#)).is_err(), "no stage");
        assert!(one.read(&reply(200, &lead(2, 5, false))).is_err(), "another lead");
        assert_eq!(NewestLeads.request().path, "/api/v4/leads?order%5Bid%5D=desc&with=contacts&limit=50");
        refuses_all(&many);
        refuses_all(&one);
        refuses_all(&NewestLeads);
    }

    #[test]
    fn contact_and_lead_are_created_in_one_request() {
        let mut ask = CreateContactAndLead {
            lead_name: "Call +49 30 5550100".into(),
            contact_name: "+49 30 5550100".into(),
            phone: "+49305550100".into(),
            responsible: Some(UserId(9)),
            pipeline: Some(PipelineId(810_001)),
            status: Some(StatusId(64_000_002)),
            request_id: "r1".into(),
        };
        let request = ask.request();
        assert_eq!((request.method, request.path.as_str()), (Method::Post, "/api/v4/leads/complex"));
        assert_eq!(
            request.body,
            Some(json!([{"name": "Call +49 30 5550100", "request_id": "r1", "responsible_user_id": 9,
                "pipeline_id": 810001, "status_id": 64000002, "_embedded": {"contacts": [{"name": "+49 30 5550100",
                "responsible_user_id": 9, "custom_fields_values": [{"field_code": "PHONE",
                "values": [{"value": "+49305550100", "enum_code": "WORK"}]}]}]}}]))
        );
        let body = r#"[{"id":700500,"contact_id":500900,"company_id":null,"request_id":["r1"],"merged":false}]"#;
        let created = Created { lead: LeadId(700_500), contact: Some(ContactId(500_900)), merged: false };
        assert_eq!(ask.read(&reply(200, body)), Ok(created));
        assert!(ask.read(&reply(200, r#"[{"id":1,"request_id":["other"]}]"#)).is_err());
        assert!(ask.read(&reply(204, "")).expect_err("nothing").may_have_landed());
        refuses_all(&ask);
        (ask.responsible, ask.pipeline, ask.status) = (None, None, None);
        assert!(!ask.request().body.map(|body| body.to_string()).unwrap_or_default().contains("null"));
    }

    #[test]
    fn a_lead_is_created_for_a_contact() {
        let ask = CreateLead {
            name: "Call".into(),
            contact: Some(ContactId(501)),
            company: None,
            responsible: None,
            pipeline: None,
            status: None,
        };
        assert_eq!(
            ask.request().body,
            Some(
                json!([{"name": "Call", "request_id": "0", "_embedded": {"contacts": [{"id": 501, "is_main": true}]}}])
            )
        );
        let body = r#"{"_embedded":{"leads":[{"id":700600,"request_id":"0"}]}}"#;
        assert_eq!(ask.read(&reply(200, body)), Ok(LeadId(700_600)));
        let invalid = r#"{"validation-errors":[{"request_id":"0","errors":[{"code":"NotSupportedChoice",
            "path":"pipeline_id","detail":"x"}]}],"title":"Bad Request","status":400,"detail":"d"}"#;
        assert!(matches!(ask.read(&reply(400, invalid)), Err(KommoError::Invalid { fields, .. }) if fields.len() == 1));
        refuses_all(&ask);
    }
}
