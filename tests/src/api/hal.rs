//! How entities, notes, tasks and incoming leads look when they are read.

use serde_json::{Map, Value, json};

use super::{
    actor::Actor,
    rights::{self, Deed},
};
use crate::state::{Account, Entity, EntityKind, Id, Note, Task, Unsorted};

/// For whom and how something is shown.
pub(crate) struct View<'a> {
    pub(crate) base: &'a str,
    /// Sees only what this actor may see; nobody in particular sees everything.
    pub(crate) actor: Option<Actor>,
    pub(crate) with: &'a dyn Fn(&str) -> bool,
}

impl View<'_> {
    fn href(&self, path: &str) -> Value {
        json!({"self": {"href": format!("{}/api/v4/{path}", self.base)}})
    }

    /// Links to entities of another kind that exist and may be seen.
    fn linked(&self, account: &Account, kind: EntityKind, id: Id, other: EntityKind) -> Vec<Id> {
        let mut ids = account.linked(kind, id, other);
        ids.retain(|id| {
            account.entity(other, *id).is_some_and(|entity| {
                self.actor.is_none_or(|actor| rights::may(account, actor, other, Deed::View, entity))
            })
        });
        ids
    }

    fn stubs(&self, account: &Account, kind: EntityKind, id: Id, other: EntityKind) -> Value {
        self.linked(account, kind, id, other)
            .into_iter()
            .map(|id| json!({"id": id, "_links": self.href(&format!("{}/{id}", other.plural()))}))
            .collect()
    }

    /// A contact, company or lead.
    pub(crate) fn entity(&self, account: &Account, kind: EntityKind, entity: &Entity) -> Value {
        let id = entity.id;
        let closest_task = account
            .tasks
            .values()
            .filter(|task| !task.is_completed && task.entity == Some((kind, id)))
            .map(|task| task.complete_till)
            .min();
        let mut body = json!({
            "id": id, "name": entity.name, "responsible_user_id": entity.responsible_user_id,
            "group_id": entity.group_id, "created_by": entity.created_by, "updated_by": entity.updated_by,
            "created_at": entity.created_at, "updated_at": entity.updated_at, "closest_task_at": closest_task,
            "is_deleted": entity.is_deleted, "custom_fields_values": custom_fields(entity),
            "account_id": account.id, "_links": self.href(&format!("{}/{id}", kind.plural())),
        });
        let tags: Vec<Value> =
            entity.tags.iter().map(|(id, name)| json!({"id": id, "name": name, "color": null})).collect();
        let mut embedded = json!({"tags": tags});
        if kind != EntityKind::Company {
            embedded["companies"] = self.stubs(account, kind, id, EntityKind::Company);
        }
        match kind {
            EntityKind::Contact | EntityKind::Company => {
                body["is_unsorted"] = json!(entity.is_unsorted);
                if kind == EntityKind::Contact {
                    body["first_name"] = json!(entity.first_name);
                    body["last_name"] = json!(entity.last_name);
                } else if (self.with)("contacts") {
                    embedded["contacts"] = self.stubs(account, kind, id, EntityKind::Contact);
                }
                if (self.with)("leads") {
                    embedded["leads"] = self.stubs(account, kind, id, EntityKind::Lead);
                }
            }
            EntityKind::Lead => {
                let deal = &entity.deal;
                for (name, value) in [
                    ("price", json!(deal.price)),
                    ("pipeline_id", json!(deal.pipeline_id)),
                    ("status_id", json!(deal.status_id)),
                    ("loss_reason_id", json!(deal.loss_reason_id)),
                    ("closed_at", json!(deal.closed_at)),
                    ("source_id", Value::Null),
                    ("score", Value::Null),
                    ("labor_cost", Value::Null),
                    ("is_price_computed", json!(false)),
                ] {
                    body[name] = value;
                }
                if (self.with)("contacts") {
                    embedded["contacts"] = self.contacts_of_lead(account, id);
                }
            }
        }
        body["_embedded"] = embedded;
        body
    }

    fn contacts_of_lead(&self, account: &Account, lead: Id) -> Value {
        self.linked(account, EntityKind::Lead, lead, EntityKind::Contact)
            .into_iter()
            .map(|id| {
                let is_main = account.links.iter().any(|link| {
                    link.is_main && link.other_end(EntityKind::Lead, lead) == Some((EntityKind::Contact, id))
                });
                json!({"id": id, "is_main": is_main, "_links": self.href(&format!("contacts/{id}"))})
            })
            .collect()
    }

    /// A note.
    pub(crate) fn note(&self, account: &Account, note: &Note) -> Value {
        let path = format!("{}/{}/notes/{}", note.entity.plural(), note.entity_id, note.id);
        let mut body = json!({
            "id": note.id, "entity_id": note.entity_id, "created_by": note.created_by, "updated_by": note.updated_by,
            "created_at": note.created_at, "updated_at": note.updated_at,
            "responsible_user_id": note.responsible_user_id, "group_id": 0, "note_type": note.note_type,
            "params": note.params, "account_id": account.id, "_links": self.href(&path),
        });
        if (self.with)("is_pinned") {
            body["is_pinned"] = json!(note.is_pinned);
        }
        body
    }

    /// A task.
    pub(crate) fn task(&self, account: &Account, task: &Task) -> Value {
        let result = task.result.as_ref().map_or_else(|| json!([]), |text| json!({"text": text}));
        json!({
            "id": task.id, "created_by": task.created_by, "updated_by": task.updated_by,
            "created_at": task.created_at, "updated_at": task.updated_at,
            "responsible_user_id": task.responsible_user_id, "group_id": 0,
            "entity_id": task.entity.map(|(_, id)| id), "entity_type": task.entity.map(|(kind, _)| kind.plural()),
            "duration": task.duration, "is_completed": task.is_completed, "task_type_id": task.task_type_id,
            "text": task.text, "result": result, "complete_till": task.complete_till, "account_id": account.id,
            "_links": self.href(&format!("tasks/{}", task.id)),
        })
    }

    /// The entities of an incoming lead.
    pub(crate) fn unsorted_embedded(&self, unsorted: &Unsorted) -> Value {
        let stubs = |ids: &[Id], kind: EntityKind| -> Value {
            ids.iter().map(|id| json!({"id": id, "_links": self.href(&format!("{}/{id}", kind.plural()))})).collect()
        };
        json!({
            "leads": stubs(&unsorted.leads, EntityKind::Lead),
            "contacts": stubs(&unsorted.contacts, EntityKind::Contact),
            "companies": stubs(&unsorted.companies, EntityKind::Company),
        })
    }

    /// An incoming lead. `is_call_event_needed` is never shown again.
    pub(crate) fn unsorted(&self, account: &Account, unsorted: &Unsorted) -> Value {
        let mut metadata: Map<String, Value> = unsorted.metadata.clone();
        metadata.remove("is_call_event_needed");
        json!({
            "uid": unsorted.uid, "source_uid": unsorted.source_uid, "source_name": unsorted.source_name,
            "category": unsorted.category, "pipeline_id": unsorted.pipeline_id, "created_at": unsorted.created_at,
            "metadata": metadata, "account_id": account.id,
            "_links": self.href(&format!("leads/unsorted/{}", unsorted.uid)),
            "_embedded": self.unsorted_embedded(unsorted),
        })
    }
}

fn custom_fields(entity: &Entity) -> Value {
    if entity.fields.is_empty() {
        return Value::Null;
    }
    entity
        .fields
        .iter()
        .map(|field| {
            let values: Vec<Value> = field
                .values
                .iter()
                .map(|value| {
                    let mut shown = json!({"value": value.value});
                    if let Some((id, code)) = value.enumeration.and_then(|index| field.field.enums.get(index)) {
                        shown["enum_id"] = json!(id);
                        shown["enum_code"] = json!(code);
                    }
                    shown
                })
                .collect();
            json!({
                "field_id": field.field.id, "field_name": field.field.name, "field_code": field.field.code,
                "field_type": field.field.field_type, "values": values,
            })
        })
        .collect()
}

/// Everything an account holds, for `GET /_sim/state`. Deleted and hidden things show too.
pub(crate) fn state_of(account: &Account) -> Value {
    let base = format!("https://{}", account.host());
    let view = View { base: &base, actor: None, with: &|_| true };
    let entities = |kind: EntityKind| -> Value {
        account
            .entities(kind)
            .values()
            .map(|entity| {
                let mut shown = view.entity(account, kind, entity);
                shown["is_unsorted"] = json!(entity.is_unsorted);
                shown
            })
            .collect()
    };
    let unsorted: Vec<Value> = account
        .unsorted
        .iter()
        .map(|unsorted| {
            let mut shown = view.unsorted(account, unsorted);
            shown["status"] = json!(unsorted.status);
            shown
        })
        .collect();
    let notes: Vec<Value> = account
        .notes
        .values()
        .map(|note| {
            let mut shown = view.note(account, note);
            shown["entity_type"] = json!(note.entity.plural());
            shown
        })
        .collect();
    json!({
        "accountId": account.id, "subdomain": account.subdomain,
        "contacts": entities(EntityKind::Contact), "companies": entities(EntityKind::Company),
        "leads": entities(EntityKind::Lead), "unsorted": unsorted, "notes": notes,
        "tasks": account.tasks.values().map(|task| view.task(account, task)).collect::<Vec<_>>(),
        "events": account.events.iter().map(|event| super::events::event_json(&base, account, event)).collect::<Vec<_>>(),
        "notices": account.notices,
        "webhooks": account.webhooks.iter().map(|webhook| super::webhooks::webhook_json(account, webhook)).collect::<Vec<_>>(),
        "widgets": account.widgets, "requests": account.requests,
    })
}
