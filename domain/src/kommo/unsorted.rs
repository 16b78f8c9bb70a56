//! Incoming leads ("unsorted") of the kind `sip`: created from a call, then accepted or declined by a person
//! (Kommo API reference: incoming leads).
//!
//! Sources disagree on `metadata.from` and `metadata.phone`, so the outside number stands in both, and the contact
//! carries it explicitly. `is_call_event_needed` is false because the call note is written by us.

use super::error::{success, success_or_missing, written};
use super::fields::{Fields, answered, read_list, single};
use super::leads::{new_contact, set};
use super::query::{Query, encode};
use super::{Ask, KommoError, Method, Reply, Request};
use crate::ids::{ContactId, IncomingLeadUid, LeadId, PipelineId, StatusId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Creates an incoming lead from a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIncomingCallLead {
    /// Our name for the source, the same for all calls of a connection.
    pub source_uid: String,
    /// The source as people see it.
    pub source_name: String,
    /// Our code for the service.
    pub service_code: String,
    /// The provider's id of the call.
    pub uniq: String,
    /// The outside number.
    pub phone: String,
    /// When the call began, Unix seconds.
    pub called_at: i64,
    /// Seconds of talk.
    pub duration: i64,
    /// The recording.
    pub link: Option<String>,
    /// Who took the call or was rung.
    pub call_responsible: Option<UserId>,
    /// The lead's name.
    pub lead_name: String,
    /// The contact's name.
    pub contact_name: String,
    /// Who is responsible for the lead; the grant's user if none.
    pub responsible: Option<UserId>,
    /// The pipeline; the main one if none.
    pub pipeline: Option<PipelineId>,
    /// Comes back with the answer; never stored.
    pub request_id: String,
}

/// Accepts an incoming lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptIncomingLead {
    /// The incoming lead.
    pub uid: IncomingLeadUid,
    /// Who accepts.
    pub user: UserId,
    /// The stage it goes to; the first regular one if none.
    pub status: Option<StatusId>,
}

/// Declines an incoming lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclineIncomingLead {
    /// The incoming lead.
    pub uid: IncomingLeadUid,
    /// Who declines.
    pub user: UserId,
}

/// One incoming lead; none once it is accepted, declined or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetIncomingLead {
    /// The incoming lead.
    pub uid: IncomingLeadUid,
}

/// The 50 newest incoming leads from calls: how one is found whose creation was never answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestIncomingLeads;

/// An incoming lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingLead {
    /// The incoming lead.
    pub uid: IncomingLeadUid,
    /// The lead inside; it keeps its id after acceptance.
    pub lead: Option<LeadId>,
    /// The contact inside.
    pub contact: Option<ContactId>,
    /// The pipeline.
    pub pipeline: Option<PipelineId>,
    /// The provider's id of the call, where Kommo tells it.
    pub uniq: Option<String>,
    /// The outside number, where Kommo tells it.
    pub phone: Option<String>,
    /// Unix seconds; 0 where Kommo does not tell.
    pub created_at: i64,
}

impl IncomingLead {
    fn read(item: Fields<'_>) -> Result<Self, KommoError> {
        let uid = item.text("uid").filter(|uid| !uid.is_empty());
        let metadata = item.inside("metadata");
        Ok(Self {
            uid: IncomingLeadUid(
                uid.ok_or_else(|| KommoError::unreadable("an incoming lead without its uid"))?.to_owned(),
            ),
            lead: item.embedded_ids("leads").first().copied().map(LeadId),
            contact: item.embedded_ids("contacts").first().copied().map(ContactId),
            pipeline: item.whole("pipeline_id").map(PipelineId),
            uniq: metadata.written("uniq"),
            phone: metadata.written("phone").or_else(|| metadata.written("from")),
            created_at: item.whole("created_at").unwrap_or_default(),
        })
    }
}

fn path_of(uid: &IncomingLeadUid, action: &str) -> String {
    format!("/api/v4/leads/unsorted/{}{action}", encode(uid.as_str()))
}

impl Ask for CreateIncomingCallLead {
    type Answer = IncomingLead;

    fn request(&self) -> Request {
        let mut metadata = crate::short::object([
            ("uniq".to_owned(), json!(self.uniq)),
            ("phone".to_owned(), json!(self.phone)),
            ("from".to_owned(), json!(self.phone)),
            ("called_at".to_owned(), json!(self.called_at)),
            ("duration".to_owned(), json!(self.duration)),
            ("service_code".to_owned(), json!(self.service_code)),
            ("is_call_event_needed".to_owned(), json!(false)),
        ]);
        set(&mut metadata, "link", self.link.as_ref());
        set(&mut metadata, "call_responsible", self.call_responsible);
        let mut lead = crate::short::object([("name".to_owned(), json!(self.lead_name))]);
        set(&mut lead, "responsible_user_id", self.responsible);
        let contact = new_contact(&self.contact_name, &self.phone, self.responsible);
        let mut item = crate::short::object([
            ("request_id".to_owned(), json!(self.request_id)),
            ("source_uid".to_owned(), json!(self.source_uid)),
            ("source_name".to_owned(), json!(self.source_name)),
            ("created_at".to_owned(), json!(self.called_at)),
            ("metadata".to_owned(), Value::Object(metadata)),
            ("_embedded".to_owned(), json!({"leads": [lead], "contacts": [contact]})),
        ]);
        set(&mut item, "pipeline_id", self.pipeline);
        Request::with_body(Method::Post, "/api/v4/leads/unsorted/sip", json!([item]))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<IncomingLead, KommoError> {
        let value = written(reply)?;
        IncomingLead::read(answered(&value, "unsorted", &self.request_id)?)
    }
}

impl Ask for AcceptIncomingLead {
    type Answer = IncomingLead;

    fn request(&self) -> Request {
        let mut body = crate::short::object([("user_id".to_owned(), json!(self.user))]);
        set(&mut body, "status_id", self.status);
        Request::with_body(Method::Post, path_of(&self.uid, "/accept"), Value::Object(body))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<IncomingLead, KommoError> {
        let value = written(reply)?;
        IncomingLead::read(single(&value, "unsorted")?)
    }
}

impl Ask for DeclineIncomingLead {
    type Answer = IncomingLead;

    fn request(&self) -> Request {
        Request::with_body(Method::Delete, path_of(&self.uid, "/decline"), json!({"user_id": self.user}))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<IncomingLead, KommoError> {
        let value = written(reply)?;
        IncomingLead::read(single(&value, "unsorted")?)
    }
}

impl Ask for GetIncomingLead {
    type Answer = Option<IncomingLead>;

    fn request(&self) -> Request {
        Request::get(path_of(&self.uid, ""))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Option<IncomingLead>, KommoError> {
        let Some(value) = success_or_missing(reply)? else { return Ok(None) };
        let found = IncomingLead::read(single(&value, "unsorted")?)?;
        if found.uid == self.uid {
            Ok(Some(found))
        } else {
            Err(KommoError::unreadable("another incoming lead than asked for"))
        }
    }
}

impl Ask for NewestIncomingLeads {
    type Answer = Vec<IncomingLead>;

    fn request(&self) -> Request {
        let query = Query::new("/api/v4/leads/unsorted").pair("filter[category][]", "sip");
        Request::get(query.pair("order[created_at]", "desc").pair("limit", "50").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<IncomingLead>, KommoError> {
        read_list(success(reply)?.as_ref(), "unsorted", IncomingLead::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    fn create() -> CreateIncomingCallLead {
        CreateIncomingCallLead {
            source_uid: "kommo-voip".into(),
            source_name: "VoIP".into(),
            service_code: "kommo_voip".into(),
            uniq: "call-9f2".into(),
            phone: "+49305550100".into(),
            called_at: 1_771_000_000,
            duration: 0,
            link: None,
            call_responsible: Some(UserId(9)),
            lead_name: "Call".into(),
            contact_name: "+49 30 5550100".into(),
            responsible: Some(UserId(9)),
            pipeline: None,
            request_id: "u1".into(),
        }
    }

    fn uid() -> IncomingLeadUid {
        IncomingLeadUid("a41f/..".into())
    }

    #[test]
    fn an_incoming_lead_is_created_with_the_number_everywhere_it_may_be_read() {
        assert_eq!(
            create().request().body,
            Some(
                json!([{"request_id": "u1", "source_uid": "kommo-voip", "source_name": "VoIP", "created_at": 1771000000,
                "metadata": {"uniq": "call-9f2", "phone": "+49305550100", "from": "+49305550100", "called_at": 1771000000,
                    "duration": 0, "service_code": "kommo_voip", "is_call_event_needed": false, "call_responsible": 9},
                "_embedded": {"leads": [{"name": "Call", "responsible_user_id": 9}], "contacts": [{"name": "+49 30 5550100",
                    "responsible_user_id": 9, "custom_fields_values": [{"field_code": "PHONE",
                    "values": [{"value": "+49305550100", "enum_code": "WORK"}]}]}]}}])
            )
        );
        let body = r#"{"_total_items":1,"_embedded":{"unsorted":[{"uid":"a41f","account_id":1,"request_id":"u1",
            "_embedded":{"leads":[{"id":700777}],"contacts":[{"id":500888}],"companies":[]}}]}}"#;
        let made = create().read(&reply(200, body)).expect("made");
        assert_eq!((made.lead, made.contact), (Some(LeadId(700_777)), Some(ContactId(500_888))));
        refuses_all(&create());
    }

    #[test]
    fn accept_and_decline_name_who_did_it() {
        let accept = AcceptIncomingLead { uid: uid(), user: UserId(9), status: None };
        assert_eq!(accept.request().path, "/api/v4/leads/unsorted/a41f%2F../accept");
        assert_eq!(accept.request().body, Some(json!({"user_id": 9})));
        let decline = DeclineIncomingLead { uid: uid(), user: UserId(9) };
        assert_eq!(decline.request().method, Method::Delete);
        let body = r#"{"uid":"a41f/..","pipeline_id":810001,"category":"sip","created_at":1,
            "_embedded":{"leads":[{"id":7}],"contacts":[],"companies":[]}}"#;
        assert_eq!(accept.read(&reply(200, body)).map(|lead| lead.lead), Ok(Some(LeadId(7))));
        assert_eq!(decline.read(&reply(200, body)).map(|lead| lead.contact), Ok(None));
        assert_eq!(accept.read(&reply(404, "{}")), Err(KommoError::NotFound));
        refuses_all(&accept);
        refuses_all(&decline);
    }

    #[test]
    fn what_is_gone_is_none_and_the_newest_tell_their_call() {
        let get = GetIncomingLead { uid: uid() };
        assert_eq!(get.read(&reply(404, "{}")), Ok(None));
        assert_eq!(get.read(&reply(204, "")), Ok(None));
        assert!(get.read(&reply(200, r#"{"uid":"b"}"#)).is_err());
        let body = r#"{"_embedded":{"unsorted":[{"uid":"b","created_at":5,"metadata":{"uniq":"c1","from":"+49"},
            "_embedded":{"leads":[{"id":1}]}}]}}"#;
        let newest = NewestIncomingLeads.read(&reply(200, body)).expect("a list");
        let first = newest.first().expect("one");
        assert_eq!((first.uniq.as_deref(), first.phone.as_deref(), first.created_at), (Some("c1"), Some("+49"), 5));
        assert_eq!(NewestIncomingLeads.read(&reply(204, "")), Ok(vec![]));
        refuses_all(&get);
        refuses_all(&NewestIncomingLeads);
    }
}
