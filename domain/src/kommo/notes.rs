//! Call notes: the record of a call in an entity's feed (Kommo API reference: notes).
//!
//! A note is posted straight to the entity we chose, never through Kommo's own phone matching, and amended later by
//! PATCH. Kommo refuses `null` for link, result and status, so what is not known is left out. There is no way to
//! delete a note.

use super::error::{success, written};
use super::fields::{Fields, answered, read_list, single};
use super::leads::set;
use super::query::Query;
use super::{Ask, KommoError, Method, Reply, Request, SINGLE};
use crate::ids::{Entity, NoteId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Writes a call note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCallNote {
    /// Where.
    pub entity: Entity,
    /// What.
    pub note: CallNote,
}

/// Replaces what a call note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchCallNote {
    /// Where the note is.
    pub entity: Entity,
    /// The note.
    pub id: NoteId,
    /// What it says from now on.
    pub note: CallNote,
}

/// The newest 250 call notes of an entity: how a note is found whose writing was never answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListCallNotes {
    /// Where.
    pub entity: Entity,
}

/// What a call note says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallNote {
    /// The client called us.
    pub inbound: bool,
    /// The provider's id of the call.
    pub uniq: String,
    /// Seconds of talk.
    pub duration: i64,
    /// The service's name as people see it.
    pub source: String,
    /// The outside number; empty when it was withheld.
    pub phone: String,
    /// The recording; Kommo shows a player.
    pub link: Option<String>,
    /// The result in words.
    pub call_result: Option<String>,
    /// The result as Kommo's number, 1 to 7.
    pub call_status: Option<u8>,
    /// Who talked or was rung; sent as a number, since Kommo takes text for a name.
    pub call_responsible: Option<UserId>,
    /// The note's author; the robot if none.
    pub created_by: Option<UserId>,
    /// Who may manage the note.
    pub responsible_user_id: Option<UserId>,
    /// When the call took place, Unix seconds; now if none.
    pub created_at: Option<i64>,
}

/// A call note as Kommo holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNote {
    /// The note.
    pub id: NoteId,
    /// The provider's id of the call.
    pub uniq: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
}

impl CallNote {
    /// The note as a reader sees it: what was emptied is not there.
    pub fn as_read(&self) -> Self {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Self { link: filled(&self.link), call_result: filled(&self.call_result), ..self.clone() }
    }

    fn note_type(&self) -> &'static str {
        if self.inbound { "call_in" } else { "call_out" }
    }

    fn params(&self) -> Value {
        let mut params = crate::short::object([
            ("uniq".to_owned(), json!(self.uniq)),
            ("duration".to_owned(), json!(self.duration)),
            ("source".to_owned(), json!(self.source)),
        ]);
        set(&mut params, "phone", (!self.phone.is_empty()).then_some(&self.phone));
        set(&mut params, "link", self.link.as_ref());
        set(&mut params, "call_result", self.call_result.as_ref());
        set(&mut params, "call_status", self.call_status);
        set(&mut params, "call_responsible", self.call_responsible);
        Value::Object(params)
    }
}

impl Ask for AddCallNote {
    type Answer = NoteId;

    fn request(&self) -> Request {
        let mut item = crate::short::object([
            ("entity_id".to_owned(), json!(self.entity.id())),
            ("note_type".to_owned(), json!(self.note.note_type())),
            ("request_id".to_owned(), json!(SINGLE)),
            ("params".to_owned(), self.note.params()),
        ]);
        set(&mut item, "created_at", self.note.created_at);
        set(&mut item, "created_by", self.note.created_by);
        set(&mut item, "responsible_user_id", self.note.responsible_user_id);
        let path = format!("/api/v4/{}/notes", self.entity.kind().as_str());
        Request::with_body(Method::Post, path, json!([item]))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<NoteId, KommoError> {
        answered(&written(reply)?, "notes", SINGLE)?.id("id").map(NoteId)
    }
}

impl Ask for PatchCallNote {
    type Answer = NoteId;

    fn request(&self) -> Request {
        let body = json!({"id": self.id, "note_type": self.note.note_type(), "params": self.note.params()});
        Request::with_body(Method::Patch, format!("/api/v4/{}/notes/{}", self.entity.kind().as_str(), self.id), body)
    }

    fn read(&self, reply: &Reply<'_>) -> Result<NoteId, KommoError> {
        let id = NoteId(single(&written(reply)?, "notes")?.id("id")?);
        if id == self.id { Ok(id) } else { Err(KommoError::unreadable("another note than the one amended")) }
    }
}

impl Ask for ListCallNotes {
    type Answer = Vec<StoredNote>;

    fn request(&self) -> Request {
        let path = format!("/api/v4/{}/{}/notes", self.entity.kind().as_str(), self.entity.id());
        let query = Query::new(path).pair("filter[note_type][]", "call_in").pair("filter[note_type][]", "call_out");
        Request::get(query.pair("order[id]", "desc").pair("limit", "250").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<StoredNote>, KommoError> {
        let read = |item: Fields<'_>| {
            // The filter may have been ignored: only call notes of this entity are ours to read.
            let call = matches!(item.text("note_type"), Some("call_in" | "call_out") | None);
            let here = item.whole("entity_id").is_none_or(|id| id == self.entity.id());
            let note = StoredNote {
                id: NoteId(item.id("id")?),
                uniq: item.inside("params").written("uniq"),
                created_at: item.whole("created_at").unwrap_or_default(),
            };
            Ok((call && here).then_some(note))
        };
        Ok(read_list(success(reply)?.as_ref(), "notes", read)?.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ContactId, LeadId};
    use crate::kommo::testing::{refuses_all, reply};

    fn note() -> CallNote {
        CallNote {
            inbound: true,
            uniq: "call-9f3".into(),
            duration: 75,
            source: "VoIP".into(),
            phone: "+49305550100".into(),
            link: None,
            call_result: None,
            call_status: None,
            call_responsible: None,
            created_by: None,
            responsible_user_id: None,
            created_at: Some(1_771_000_000),
        }
    }

    #[test]
    fn what_is_not_known_is_left_out_and_never_null() {
        let ask = AddCallNote { entity: Entity::Contacts(ContactId(501)), note: note() };
        assert_eq!(ask.request().path, "/api/v4/contacts/notes");
        assert_eq!(
            ask.request().body,
            Some(json!([{"entity_id": 501, "note_type": "call_in", "created_at": 1771000000, "request_id": "0",
                "params": {"uniq": "call-9f3", "duration": 75, "source": "VoIP", "phone": "+49305550100"}}]))
        );
    }

    #[test]
    fn the_responsible_user_goes_out_as_a_number() {
        let note = CallNote {
            inbound: false,
            link: Some("https://voip.example/r.mp3".into()),
            call_result: Some("agreed".into()),
            call_status: Some(4),
            call_responsible: Some(UserId(9)),
            created_by: Some(UserId(9)),
            responsible_user_id: Some(UserId(9)),
            ..note()
        };
        let ask = AddCallNote { entity: Entity::Leads(LeadId(700_123)), note: note.clone() };
        assert_eq!(
            ask.request().body,
            Some(json!([{"entity_id": 700123, "note_type": "call_out", "created_by": 9, "responsible_user_id": 9,
                "created_at": 1771000000, "request_id": "0", "params": {"uniq": "call-9f3", "duration": 75,
                "source": "VoIP", "phone": "+49305550100", "link": "https://voip.example/r.mp3", "call_result": "agreed",
                "call_status": 4, "call_responsible": 9}}]))
        );
        let patch = PatchCallNote { entity: ask.entity, id: NoteId(88), note };
        let request = patch.request();
        assert_eq!((request.method, request.path.as_str()), (Method::Patch, "/api/v4/leads/notes/88"));
        assert!(request.body.as_ref().is_some_and(|body| body.get("entity_id").is_none()));
    }

    #[test]
    fn writes_answer_with_the_note() {
        let entity = Entity::Leads(LeadId(7));
        let add = AddCallNote { entity, note: note() };
        let body = r#"{"_embedded":{"notes":[{"id":88,"entity_id":7,"request_id":"0"}]}}"#;
        assert_eq!(add.read(&reply(200, body)), Ok(NoteId(88)));
        let patch = PatchCallNote { entity, id: NoteId(88), note: note() };
        assert_eq!(patch.read(&reply(200, r#"{"id":88,"entity_id":7,"updated_at":1}"#)), Ok(NoteId(88)));
        assert_eq!(patch.read(&reply(200, r#"{"_embedded":{"notes":[{"id":88}]}}"#)), Ok(NoteId(88)));
        assert!(patch.read(&reply(200, r#"{"id":89}"#)).is_err());
        assert_eq!(patch.read(&reply(404, "{}")), Err(KommoError::NotFound));
        refuses_all(&add);
        refuses_all(&patch);
    }

    #[test]
    fn only_call_notes_of_the_entity_are_listed() {
        let ask = ListCallNotes { entity: Entity::Leads(LeadId(7)) };
        assert_eq!(
            ask.request().path,
            "/api/v4/leads/7/notes?filter%5Bnote_type%5D%5B%5D=call_in&filter%5Bnote_type%5D%5B%5D=call_out\
             &order%5Bid%5D=desc&limit=250"
        );
        let body = r#"{"_embedded":{"notes":[
            {"id":3,"entity_id":7,"note_type":"call_in","created_at":5,"params":{"uniq":"c1","duration":1}},
            {"id":2,"entity_id":7,"note_type":"common","created_at":4,"params":{"text":"hi"}},
            {"id":1,"entity_id":8,"note_type":"call_in","created_at":3,"params":{"uniq":"c0"}},
            {"id":4,"entity_id":7,"note_type":"call_out","created_at":6,"params":[]}]}}"#;
        let stored = |id, uniq: Option<&str>, created_at| StoredNote {
            id: NoteId(id),
            uniq: uniq.map(str::to_owned),
            created_at,
        };
        assert_eq!(ask.read(&reply(200, body)), Ok(vec![stored(3, Some("c1"), 5), stored(4, None, 6)]));
        assert_eq!(ask.read(&reply(204, "")), Ok(vec![]));
        refuses_all(&ask);
    }
}
