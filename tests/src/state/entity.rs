//! Contacts, companies and leads: one shape, since the API treats them alike.

use serde_json::Value;

use super::Id;

/// Which of the three lists an entity is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum EntityKind {
    /// A deal.
    Lead,
    /// A person.
    Contact,
    /// An organisation.
    Company,
}

impl EntityKind {
    /// The name in paths and `entity_type`.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Lead => "leads",
            Self::Contact => "contacts",
            Self::Company => "companies",
        }
    }

    /// The name in calls and events.
    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Contact => "contact",
            Self::Company => "company",
        }
    }

    pub(crate) fn from_plural(name: &str) -> Option<Self> {
        match name {
            "leads" => Some(Self::Lead),
            "contacts" => Some(Self::Contact),
            "companies" => Some(Self::Company),
            _ => None,
        }
    }
}

/// A contact, company or lead.
#[derive(Debug, Clone)]
pub(crate) struct Entity {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) responsible_user_id: Id,
    pub(crate) group_id: Id,
    pub(crate) created_by: Id,
    pub(crate) updated_by: Id,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) is_deleted: bool,
    /// Part of an incoming lead nobody has accepted yet, hence in no list.
    pub(crate) is_unsorted: bool,
    pub(crate) fields: Vec<CustomField>,
    /// Id and name.
    pub(crate) tags: Vec<(Id, String)>,
    /// What only leads have.
    pub(crate) deal: Deal,
    /// What the search index knew before the last change, and when that was.
    pub(crate) indexed: Indexed,
}

/// The part of an entity that only leads use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deal {
    pub(crate) price: i64,
    pub(crate) pipeline_id: Id,
    pub(crate) status_id: Id,
    pub(crate) loss_reason_id: Option<Id>,
    pub(crate) closed_at: Option<i64>,
}

/// The state of the search index for one entity: it learns of a change only after a while.
#[derive(Debug, Clone, Default)]
pub(crate) struct Indexed {
    /// Texts before the last change.
    pub(crate) before: Vec<String>,
    /// When the last change happened, Unix seconds with fractions.
    pub(crate) changed_at: f64,
}

/// A custom field with its values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CustomField {
    pub(crate) field: &'static FieldSpec,
    pub(crate) values: Vec<FieldValue>,
}

/// One value of a custom field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldValue {
    pub(crate) value: Value,
    /// Index into the field's enums.
    pub(crate) enumeration: Option<usize>,
}

/// A custom field every account has.
#[derive(Debug, PartialEq)]
pub(crate) struct FieldSpec {
    pub(crate) id: Id,
    pub(crate) kind: EntityKind,
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// The API's type name.
    pub(crate) field_type: &'static str,
    /// Ids and codes of the kinds a value may have.
    pub(crate) enums: &'static [(Id, &'static str)],
}

/// The fields the simulator knows. Telephony needs no others.
pub(crate) const FIELDS: &[FieldSpec] = &[
    phone(320_001, EntityKind::Contact, &PHONE_ENUMS[0]),
    email(320_003, EntityKind::Contact, &EMAIL_ENUMS[0]),
    FieldSpec {
        id: 320_005,
        kind: EntityKind::Contact,
        code: "POSITION",
        name: "Position",
        field_type: "text",
        enums: &[],
    },
    phone(320_011, EntityKind::Company, &PHONE_ENUMS[1]),
    email(320_013, EntityKind::Company, &EMAIL_ENUMS[1]),
    FieldSpec { id: 320_015, kind: EntityKind::Company, code: "WEB", name: "Web", field_type: "url", enums: &[] },
    FieldSpec {
        id: 320_021,
        kind: EntityKind::Lead,
        code: "NUMBER_IN_CARD",
        name: "Number in card",
        field_type: "text",
        enums: &[],
    },
];

const fn phone(id: Id, kind: EntityKind, enums: &'static [(Id, &'static str)]) -> FieldSpec {
    FieldSpec { id, kind, code: "PHONE", name: "Phone", field_type: "multitext", enums }
}

const fn email(id: Id, kind: EntityKind, enums: &'static [(Id, &'static str)]) -> FieldSpec {
    FieldSpec { id, kind, code: "EMAIL", name: "Email", field_type: "multitext", enums }
}

static PHONE_ENUMS: [[(Id, &str); 6]; 2] = [phone_enums(193_200), phone_enums(193_300)];
static EMAIL_ENUMS: [[(Id, &str); 3]; 2] = [email_enums(193_400), email_enums(193_500)];

const fn phone_enums(base: Id) -> [(Id, &'static str); 6] {
    [
        (base, "WORK"),
        (base + 2, "WORKDD"),
        (base + 4, "MOB"),
        (base + 6, "FAX"),
        (base + 8, "HOME"),
        (base + 10, "OTHER"),
    ]
}

const fn email_enums(base: Id) -> [(Id, &'static str); 3] {
    [(base, "WORK"), (base + 2, "PRIV"), (base + 4, "OTHER")]
}

impl Entity {
    /// The texts of every filled field, for the search.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut texts = vec![self.name.clone(), self.first_name.clone(), self.last_name.clone()];
        if self.deal.price != 0 {
            texts.push(self.deal.price.to_string());
        }
        for field in &self.fields {
            texts.extend(field.values.iter().map(|value| match &value.value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }));
        }
        texts.retain(|text| !text.is_empty());
        texts
    }

    /// The values of the field with this code, as text.
    pub(crate) fn field_texts(&self, code: &str) -> Vec<String> {
        self.fields
            .iter()
            .filter(|field| field.field.code == code)
            .flat_map(|field| &field.values)
            .filter_map(|value| value.value.as_str().map(str::to_owned))
            .collect()
    }

    /// A lead that is neither won, lost, deleted nor still waiting to be accepted.
    pub(crate) fn is_active_lead(&self) -> bool {
        !self.is_deleted && !self.is_unsorted && !matches!(self.deal.status_id, 142 | 143)
    }
}

/// Two linked entities. A pair is linked once.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) from: (EntityKind, Id),
    pub(crate) to: (EntityKind, Id),
    /// For a contact of a lead: whether it is the main one.
    pub(crate) is_main: bool,
}

impl Link {
    pub(crate) fn other_end(&self, kind: EntityKind, id: Id) -> Option<(EntityKind, Id)> {
        if self.from == (kind, id) {
            Some(self.to)
        } else if self.to == (kind, id) {
            Some(self.from)
        } else {
            None
        }
    }
}
