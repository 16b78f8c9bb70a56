//! Writes what the widget says to the server, by hand for the same reason as [`super::wire`] reads by hand.
//!
//! A test reads every type back with its derived form, as the server does.

use super::json;
use super::summary_draft::Draft;
use crate::ids::{CallId, Entity, ExtensionId, UserId};
use crate::protocol::{
    Active, AddToCallListRequest, CallListAction, CallListRow, CatchUpRequest, ClientMessage, DialRequest,
    ExtensionAssignment, FollowUp, PutCallListEntryRequest, PutCallListStateRequest, PutRatingRequest,
    PutResultRequest, PutVoipRequest, SelfTestRequest, VoipOauthRequest,
};
use serde_json::{Map, Value};

/// Something that can be written as JSON.
pub(crate) trait Say {
    /// As a value.
    fn say(&self) -> Value;

    /// As text.
    fn to_json(&self) -> String {
        json::write(&self.say())
    }
}

impl Say for Value {
    fn say(&self) -> Value {
        self.clone()
    }
}

macro_rules! say_plain {
    ($($kind:ty),*) => { $(impl Say for $kind {
        fn say(&self) -> Value {
            Value::from(self.clone())
        }
    })* };
}
say_plain!(bool, u8, u32, i64, String);

macro_rules! say_id {
    ($($id:ty),*) => { $(impl Say for $id {
        fn say(&self) -> Value {
            self.0.say()
        }
    })* };
}
say_id!(UserId, CallId, ExtensionId);

impl<T: Say> Say for Option<T> {
    fn say(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::say)
    }
}

impl<T: Say> Say for Vec<T> {
    fn say(&self) -> Value {
        Value::Array(self.iter().map(T::say).collect())
    }
}

/// An object of these fields; what is not there is left out.
#[inline(never)]
pub(crate) fn object(fields: &mut [(&str, Value)]) -> Value {
    let mut object = Map::new();
    for (name, value) in fields.iter_mut().filter(|(_, value)| !value.is_null()) {
        object.insert((*name).to_owned(), value.take());
    }
    Value::Object(object)
}

macro_rules! say_struct {
    ($kind:ident { $($field:ident : $name:literal),* $(,)? }) => {
        impl Say for $kind {
            fn say(&self) -> Value {
                object(&mut [$(($name, self.$field.say())),*])
            }
        }
    };
}

say_struct!(Active { active: "active" });
say_struct!(AddToCallListRequest { rows: "rows" });
say_struct!(CallListRow { entity: "entity", phones: "phones" });
say_struct!(PutCallListStateRequest { action: "action", entry: "entry" });
say_struct!(PutCallListEntryRequest { number: "number" });
say_struct!(CatchUpRequest { from: "from" });
say_struct!(DialRequest { phone: "phone", entity: "entity" });
say_struct!(ExtensionAssignment { extension_id: "extensionId", kommo_user_id: "kommoUserId" });
say_struct!(FollowUp { text: "text", complete_till: "completeTill" });
say_struct!(PutRatingRequest { score: "score", reason: "reason" });
say_struct!(PutResultRequest { call_status: "callStatus", text: "text", entity: "entity", task: "task" });
say_struct!(SelfTestRequest { from: "from" });
say_struct!(VoipOauthRequest { provider: "provider" });

impl Say for PutVoipRequest {
    fn say(&self) -> Value {
        let credentials = self.credentials.clone().map_or(Value::Null, Value::Object);
        object(&mut [("provider", self.provider.say()), ("credentials", credentials), ("rotate", self.rotate.say())])
    }
}

impl Say for CallListAction {
    fn say(&self) -> Value {
        Value::from(match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Skip => "skip",
            Self::Stop => "stop",
        })
    }
}

impl Say for Entity {
    fn say(&self) -> Value {
        object(&mut [("type", Value::from(self.kind().as_str())), ("id", self.id().say())])
    }
}

impl Say for ClientMessage {
    fn say(&self) -> Value {
        match self {
            Self::Ping => object(&mut [("type", "ping".into())]),
            Self::Presence { visible, focused } => {
                object(&mut [("type", "presence".into()), ("visible", visible.say()), ("focused", focused.say())])
            }
            Self::SelfTestShown { id } => object(&mut [("type", "selfTestShown".into()), ("id", id.say())]),
            Self::Dismiss { id } => object(&mut [("type", "dismiss".into()), ("id", id.say())]),
        }
    }
}

/// As it is kept in the browser; the entity as a pair.
impl Say for Draft {
    fn say(&self) -> Value {
        let entity = self.entity.as_ref().map(|view| Value::Array(vec![view.entity.say(), view.name.say()]));
        object(&mut [
            ("status", self.status.say()),
            ("text", self.text.say()),
            ("entity", entity.say()),
            ("task", self.task.say()),
            ("taskText", self.task_text.say()),
            ("taskAt", self.task_at.say()),
            ("taskTyped", self.task_typed.say()),
            ("score", self.score.say()),
            ("reason", self.reason.say()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CompanyId, ContactId, LeadId};
    use serde::de::DeserializeOwned;
    use std::fmt::Debug;

    /// Written here, read by the derived form.
    fn arrives<T: Say + DeserializeOwned + PartialEq + Debug>(original: &T) {
        let text = original.to_json();
        assert_eq!(serde_json::from_str::<T>(&text).ok().as_ref(), Some(original), "{text}");
    }

    #[test]
    fn every_type_arrives_at_the_server() {
        for entity in [Entity::Leads(LeadId(7)), Entity::Contacts(ContactId(8)), Entity::Companies(CompanyId(9))] {
            arrives(&DialRequest { phone: "+1 \"x\"".into(), entity: Some(entity) });
        }
        arrives(&DialRequest { phone: "1".into(), entity: None });
        arrives(&Active { active: true });
        let row = CallListRow { entity: Entity::Leads(LeadId(7)), phones: vec!["+1".into()] };
        let bare = CallListRow { entity: Entity::Companies(CompanyId(9)), phones: vec![] };
        arrives(&AddToCallListRequest { rows: vec![row, bare] });
        use CallListAction as A;
        for (action, entry) in
            [(A::Start, None), (A::Pause, None), (A::Resume, None), (A::Skip, Some(3)), (A::Stop, None)]
        {
            arrives(&PutCallListStateRequest { action, entry });
        }
        arrives(&PutCallListEntryRequest { number: "+4930".into() });
        arrives(&CatchUpRequest { from: -5 });
        arrives(&SelfTestRequest { from: Some("+1".into()) });
        arrives(&SelfTestRequest::default());
        arrives(&VoipOauthRequest { provider: "ringcentral".into() });
        arrives(&ExtensionAssignment { extension_id: ExtensionId("101".into()), kommo_user_id: UserId(3) });
        arrives(&PutRatingRequest { score: 5, reason: Some("loud".into()) });
        let task = Some(FollowUp { text: "call\nagain".into(), complete_till: 9 });
        arrives(&PutResultRequest { call_status: 4, text: "t".into(), entity: Some(Entity::Leads(LeadId(7))), task });
        let credentials = serde_json::json!({"number": "+1"}).as_object().cloned();
        for credentials in [None, credentials] {
            arrives(&PutVoipRequest { provider: "twilio".into(), credentials, rotate: true });
        }
        let id = CallId("a".into());
        for message in [
            ClientMessage::Ping,
            ClientMessage::Presence { visible: true, focused: false },
            ClientMessage::Dismiss { id },
            ClientMessage::SelfTestShown { id: "s".into() },
        ] {
            arrives(&message);
        }
    }
}
