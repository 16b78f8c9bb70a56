//! The numbers of a contact or company as Kommo stores them. Sending the field replaces all of its values, so a number
//! is added by reading, appending and writing (Kommo API reference: contacts).

use super::error::{success_or_missing, written};
use super::fields::{Fields, single};
use super::{Ask, KommoError, Method, Reply, Request};
use crate::ids::{Entity, EntityKind, LeadId};
use serde_json::{Value, json};

/// Reads the numbers of a contact or company, each as it is stored; none if it does not exist any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetNumbers {
    /// The contact or company.
    pub of: Entity,
}

/// Replaces the numbers of a contact or company.
#[derive(Debug, Clone, PartialEq)]
pub struct PutNumbers {
    /// The contact or company.
    pub of: Entity,
    /// All its numbers from now on.
    pub values: Vec<Value>,
}

/// Reads the main contact of a lead, else its company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetWhoseLead {
    /// The lead.
    pub lead: LeadId,
}

fn path_of(entity: Entity) -> String {
    format!("/api/v4/{}/{}", entity.kind().as_str(), entity.id())
}

/// What a stored value says, as text.
pub fn number_of(value: &Value) -> Option<String> {
    Fields::new(value).written("value")
}

/// A value to be added.
pub fn new_value(number: &str) -> Value {
    json!({"value": number, "enum_code": "WORK"})
}

impl Ask for GetNumbers {
    type Answer = Option<Vec<Value>>;

    fn request(&self) -> Request {
        Request::get(path_of(self.of))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Self::Answer, KommoError> {
        let Some(value) = success_or_missing(reply)? else { return Ok(None) };
        let item = single(&value, self.of.kind().as_str())?;
        if item.id("id")? != self.of.id() {
            return Err(KommoError::unreadable("another entity than asked for"));
        }
        if item.flag("is_deleted") {
            return Ok(None);
        }
        let phones = item.items("custom_fields_values").filter(|field| field.text("field_code") == Some("PHONE"));
        let values = phones.flat_map(|field| field.items("values"));
        // Read back with both forms of the kind; one of them suffices, and the code outlives the account.
        let kept = values.filter_map(|value| {
            let kind = value.text("enum_code").map(str::to_owned);
            let number = value.written("value")?;
            Some(kind.map_or_else(|| json!({"value": number}), |kind| json!({"value": number, "enum_code": kind})))
        });
        Ok(Some(kept.collect()))
    }
}

impl Ask for PutNumbers {
    type Answer = ();

    fn request(&self) -> Request {
        let body = json!({"custom_fields_values": [{"field_code": "PHONE", "values": self.values}]});
        Request::with_body(Method::Patch, path_of(self.of), body)
    }

    fn read(&self, reply: &Reply<'_>) -> Result<(), KommoError> {
        let id = single(&written(reply)?, self.of.kind().as_str())?.id("id")?;
        if id == self.of.id() { Ok(()) } else { Err(KommoError::unreadable("another entity than the one changed")) }
    }
}

impl Ask for GetWhoseLead {
    type Answer = Option<Entity>;

    fn request(&self) -> Request {
        Request::get(super::query::Query::new(path_of(Entity::Leads(self.lead))).pair("with", "contacts").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Self::Answer, KommoError> {
        let Some(value) = success_or_missing(reply)? else { return Ok(None) };
        let item = single(&value, "leads")?;
        if item.id("id")? != self.lead.0 {
            return Err(KommoError::unreadable("another lead than asked for"));
        }
        let main = item.embedded("contacts").find(|contact| contact.flag("is_main")).and_then(|main| main.whole("id"));
        let contact = main.or_else(|| item.embedded_ids("contacts").first().copied());
        let company = item.embedded_ids("companies").first().copied();
        Ok(contact
            .map(|id| Entity::new(EntityKind::Contacts, id))
            .or(company.map(|id| Entity::new(EntityKind::Companies, id))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CompanyId, ContactId};
    use crate::kommo::testing::{refuses_all, reply};

    #[test]
    fn numbers_are_read_and_written_back_with_their_kinds() {
        let of = Entity::Contacts(ContactId(5));
        let body = r#"{"id":5,"custom_fields_values":[{"field_code":"PHONE","values":[
            {"value":"+49 30 1","enum_id":7,"enum_code":"MOB"},{"value":4930}]},{"field_code":"EMAIL","values":[{"value":"a"}]}]}"#;
        let read = GetNumbers { of }.read(&reply(200, body)).expect("numbers").expect("a contact");
        assert_eq!(read, [json!({"value": "+49 30 1", "enum_code": "MOB"}), json!({"value": "4930"})]);
        assert_eq!(number_of(&read[0]).as_deref(), Some("+49 30 1"));
        assert_eq!(GetNumbers { of }.read(&reply(204, "")), Ok(None));
        assert_eq!(GetNumbers { of }.read(&reply(200, r#"{"id":5,"is_deleted":true}"#)), Ok(None));
        assert!(GetNumbers { of }.read(&reply(200, r#"{"id":6}"#)).is_err());
        let put = PutNumbers { of, values: vec![new_value("+493055")] };
        assert_eq!(put.request().path, "/api/v4/contacts/5");
        let values = json!([{"value": "+493055", "enum_code": "WORK"}]);
        assert_eq!(
            put.request().body,
            Some(json!({"custom_fields_values": [{"field_code": "PHONE", "values": values}]}))
        );
        assert_eq!(put.read(&reply(200, r#"{"id":5,"updated_at":1}"#)), Ok(()));
        refuses_all(&GetNumbers { of });
        refuses_all(&put);
    }

    #[test]
    fn a_leads_main_contact_goes_before_the_others_and_its_company() {
        let ask = GetWhoseLead { lead: LeadId(7) };
        let read = |body: &str| ask.read(&reply(200, body)).expect("an answer");
        let contacts = r#"{"id":7,"_embedded":{"contacts":[{"id":1},{"id":2,"is_main":true}],"companies":[{"id":3}]}}"#;
        assert_eq!(read(contacts), Some(Entity::Contacts(ContactId(2))));
        let company = r#"{"id":7,"_embedded":{"contacts":[],"companies":[{"id":3}]}}"#;
        assert_eq!(read(company), Some(Entity::Companies(CompanyId(3))));
        assert_eq!(read(r#"{"id":7}"#), None);
        refuses_all(&ask);
    }
}
