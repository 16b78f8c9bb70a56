//! Newtypes for everything that has an identity, so that a user can never be passed where a lead is meant.
//!
//! Kommo sends the same id as a number in one place and as a string in another; both are read here, once, and the
//! rest of the code sees one form.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Reads an id that may come as a JSON number or as a decimal string. By hand, because the derived reader of "either
/// this or that" first copies what it reads, and its code would stand in the wasm once per id.
struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or one written as text")
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<i64, E> {
        Ok(id)
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<i64, E> {
        i64::try_from(id).map_err(|_| E::custom("an id must be smaller"))
    }

    /// JavaScript knows no other numbers; databases answer with them.
    fn visit_f64<E: Error>(self, id: f64) -> Result<i64, E> {
        if id.fract() == 0.0 && id.abs() < 9_007_199_254_740_992.0 {
            Ok(id as i64)
        } else {
            Err(E::custom("an id must be a whole number"))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<i64, E> {
        text.trim().parse().map_err(|_| E::custom("an id must be a whole number"))
    }
}

fn number_or_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(NumberOrText)
}

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                number_or_string(deserializer).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id!(/// A Kommo account.
    AccountId);
numeric_id!(/// A Kommo user; `0` is Kommo's robot.
    UserId);
numeric_id!(/// A group of Kommo users; `0` is the main group.
    GroupId);
numeric_id!(/// A Kommo contact.
    ContactId);
numeric_id!(/// A Kommo company.
    CompanyId);
numeric_id!(/// A Kommo lead.
    LeadId);
numeric_id!(/// A Kommo note.
    NoteId);
numeric_id!(/// A Kommo task.
    TaskId);
numeric_id!(/// A pipeline of leads.
    PipelineId);
numeric_id!(/// A stage of a pipeline.
    StatusId);

text_id!(/// Our own opaque id of a call, the one the widget and the API use.
    CallId);
text_id!(/// The provider's id of a call; Kommo's `uniq` carries it.
    ProviderCallId);
text_id!(/// A Kommo incoming lead (`uid`).
    IncomingLeadUid);

/// A line of the telephony: an extension, a SIP name or a number, as the provider writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ExtensionId(pub String);

impl<'de> Deserialize<'de> for ExtensionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;

        impl Visitor<'_> for TextOrNumber {
            type Value = String;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an extension as text or number")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
                Ok(number.to_string())
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
                Ok(text.trim().to_owned())
            }
        }

        let text = deserializer.deserialize_any(TextOrNumber)?;
        if text.is_empty() || text.len() > 64 {
            return Err(D::Error::custom("an extension has 1 to 64 characters"));
        }
        Ok(Self(text))
    }
}

impl fmt::Display for ExtensionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something in Kommo that a call can be logged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "camelCase")]
pub enum Entity {
    /// A lead.
    Leads(LeadId),
    /// A contact.
    Contacts(ContactId),
    /// A company.
    Companies(CompanyId),
}

impl Entity {
    /// The entity's name in Kommo's API paths.
    pub fn kind(self) -> EntityKind {
        match self {
            Self::Leads(_) => EntityKind::Leads,
            Self::Contacts(_) => EntityKind::Contacts,
            Self::Companies(_) => EntityKind::Companies,
        }
    }

    /// The bare id.
    pub fn id(self) -> i64 {
        match self {
            Self::Leads(id) => id.0,
            Self::Contacts(id) => id.0,
            Self::Companies(id) => id.0,
        }
    }

    /// Puts a kind and a bare id together.
    pub fn new(kind: EntityKind, id: i64) -> Self {
        match kind {
            EntityKind::Leads => Self::Leads(LeadId(id)),
            EntityKind::Contacts => Self::Contacts(ContactId(id)),
            EntityKind::Companies => Self::Companies(CompanyId(id)),
        }
    }

    /// The path of the entity's card in the CRM page (Kommo widget guide: opening a card).
    pub fn card_path(self) -> String {
        format!("/{}/detail/{}", self.kind().as_str(), self.id())
    }
}

/// The kinds of things a call can be logged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntityKind {
    /// Leads.
    Leads,
    /// Contacts.
    Contacts,
    /// Companies.
    Companies,
}

impl EntityKind {
    /// The word Kommo's API paths use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Contacts => "contacts",
            Self::Companies => "companies",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_number_and_as_string() {
        assert_eq!(serde_json::from_str::<UserId>("7").ok(), Some(UserId(7)));
        assert_eq!(serde_json::from_str::<UserId>("\"7\"").ok(), Some(UserId(7)));
        assert!(serde_json::from_str::<UserId>("\"seven\"").is_err());
        assert_eq!(serde_json::from_str::<ExtensionId>("101").ok(), Some(ExtensionId("101".into())));
        assert!(serde_json::from_str::<ExtensionId>("\"  \"").is_err());
    }

    #[test]
    fn an_entity_reads_as_type_and_id() {
        let entity = Entity::Leads(LeadId(5));
        assert_eq!(serde_json::to_value(entity).ok(), Some(serde_json::json!({"type": "leads", "id": 5})));
    }
}
