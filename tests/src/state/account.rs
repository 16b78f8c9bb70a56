//! One CRM account and all it holds.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Entity, EntityKind, FaultKind, Grants, Id, Link, Pipeline, User};

/// A CRM account. Nothing in it is reachable from another account.
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) subdomain: String,
    pub(crate) name: String,
    pub(crate) created_at: i64,
    /// Incoming leads are a stage of this account's pipelines.
    pub(crate) unsorted_on: bool,
    /// Whether this account's plan includes webhooks; if unset, the switch decides.
    pub(crate) webhooks_plan: Option<bool>,
    pub(crate) users: BTreeMap<Id, User>,
    /// Group id and name.
    pub(crate) groups: Vec<(Id, String)>,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) contacts: BTreeMap<Id, Entity>,
    pub(crate) companies: BTreeMap<Id, Entity>,
    pub(crate) leads: BTreeMap<Id, Entity>,
    pub(crate) links: Vec<Link>,
    pub(crate) notes: BTreeMap<Id, Note>,
    pub(crate) tasks: BTreeMap<Id, Task>,
    /// Incoming leads, oldest first.
    pub(crate) unsorted: Vec<Unsorted>,
    pub(crate) events: Vec<Event>,
    /// Call notices sent by `POST /api/v2/events`, as posted.
    pub(crate) notices: Vec<Value>,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) requests: Vec<RequestLine>,
    pub(crate) grants: Grants,
    /// Whether an administrator installed the integration.
    pub(crate) installed: bool,
    /// Widgets by their code.
    pub(crate) widgets: BTreeMap<String, InstalledWidget>,
    pub(crate) phone: Option<PhoneSettings>,
    /// Hosts of the customer's own PBX, and what was asked there.
    pub(crate) pbx_hosts: Vec<String>,
    pub(crate) pbx_requests: Vec<Value>,
    /// Calls of the generic phone by call id, so that "answer" needs only the id.
    pub(crate) calls: BTreeMap<String, Value>,
}

impl Account {
    pub(crate) fn entities(&self, kind: EntityKind) -> &BTreeMap<Id, Entity> {
        match kind {
            EntityKind::Lead => &self.leads,
            EntityKind::Contact => &self.contacts,
            EntityKind::Company => &self.companies,
        }
    }

    pub(crate) fn entities_mut(&mut self, kind: EntityKind) -> &mut BTreeMap<Id, Entity> {
        match kind {
            EntityKind::Lead => &mut self.leads,
            EntityKind::Contact => &mut self.contacts,
            EntityKind::Company => &mut self.companies,
        }
    }

    /// An entity that exists and is not deleted.
    pub(crate) fn entity(&self, kind: EntityKind, id: Id) -> Option<&Entity> {
        self.entities(kind).get(&id).filter(|entity| !entity.is_deleted)
    }

    /// The first active administrator.
    pub(crate) fn admin(&self) -> Option<&User> {
        self.users.values().find(|user| user.is_admin && user.is_active)
    }

    /// The account's host, for example `acme.kommo.com`.
    pub(crate) fn host(&self) -> String {
        format!("{}.kommo.com", self.subdomain)
    }

    /// Ids of entities of `other` linked to the given one, in the order they were linked.
    pub(crate) fn linked(&self, kind: EntityKind, id: Id, other: EntityKind) -> Vec<Id> {
        self.links
            .iter()
            .filter_map(|link| link.other_end(kind, id))
            .filter(|(end, _)| *end == other)
            .map(|(_, id)| id)
            .collect()
    }
}

/// A note in the feed of an entity.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) id: Id,
    pub(crate) entity: EntityKind,
    pub(crate) entity_id: Id,
    pub(crate) note_type: String,
    pub(crate) params: Map<String, Value>,
    pub(crate) responsible_user_id: Id,
    pub(crate) created_by: Id,
    pub(crate) updated_by: Id,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) is_pinned: bool,
}

/// A task.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: Id,
    pub(crate) text: String,
    pub(crate) complete_till: i64,
    pub(crate) task_type_id: Id,
    pub(crate) entity: Option<(EntityKind, Id)>,
    pub(crate) responsible_user_id: Id,
    pub(crate) duration: i64,
    pub(crate) is_completed: bool,
    pub(crate) result: Option<String>,
    pub(crate) created_by: Id,
    pub(crate) updated_by: Id,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// What became of an incoming lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnsortedStatus {
    /// Still waiting in the incoming stage.
    Pending,
    /// Now an ordinary lead.
    Accepted,
    /// Refused; its lead is deleted.
    Declined,
}

/// An incoming lead.
#[derive(Debug, Clone)]
pub(crate) struct Unsorted {
    pub(crate) uid: String,
    pub(crate) category: String,
    pub(crate) source_uid: String,
    pub(crate) source_name: String,
    pub(crate) pipeline_id: Id,
    pub(crate) created_at: i64,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) leads: Vec<Id>,
    pub(crate) contacts: Vec<Id>,
    pub(crate) companies: Vec<Id>,
    pub(crate) status: UnsortedStatus,
}

/// One line of the account's history, as `/api/v4/events` tells it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    /// Singular: `lead`, `contact`, `company`, `task`.
    pub(crate) entity_type: &'static str,
    pub(crate) entity_id: Id,
    pub(crate) created_by: Id,
    pub(crate) created_at: i64,
    pub(crate) value_after: Value,
    pub(crate) value_before: Value,
}

/// A subscription to changes of the account.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) id: Id,
    pub(crate) destination: String,
    pub(crate) settings: Vec<String>,
    pub(crate) sort: i64,
    pub(crate) disabled: bool,
    pub(crate) created_by: Id,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// When deliveries failed, for the rule that switches a webhook off.
    pub(crate) failures: Vec<f64>,
}

/// One request of an integration, as `GET /_sim/state` lists it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RequestLine {
    /// Arrival, Unix seconds with fractions.
    pub(crate) at: f64,
    pub(crate) method: String,
    /// Path with query.
    pub(crate) path: String,
    /// 0 while it runs or when its connection was cut before anything happened.
    pub(crate) status: u16,
    pub(crate) host: String,
    /// A fault cut the connection, so the client saw no answer.
    pub(crate) dropped: bool,
    /// The fault that struck it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<FaultKind>,
}

/// How far the installation of a widget has come, in the words of the widget API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "the page sets these")]
pub(crate) enum InstallStatus {
    /// Not installed.
    Install,
    /// Installed, its settings never saved.
    NotConfigured,
    /// Installed and saved.
    Installed,
}

/// A widget as this account installed it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct InstalledWidget {
    pub(crate) code: String,
    /// The integration's uuid.
    pub(crate) uuid: String,
    pub(crate) status: InstallStatus,
    pub(crate) active: bool,
    /// The fields of the manifest with their stored values.
    pub(crate) fields: Map<String, Value>,
}

/// Where the account's phone sends its events.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhoneSettings {
    pub(crate) hook_url: String,
    pub(crate) secret: String,
}
