//! Lists of contacts, companies and leads: read, create, change.

use serde_json::{Value, json};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    draft::{self, Draft},
    hal::View,
    history, rights,
    rights::Deed,
    search,
};
use crate::{
    problem::Problem,
    state::{Entity, EntityKind, FIELDS, Id, Link, World},
};

impl Call {
    pub(super) fn kind(&self) -> Result<EntityKind, Problem> {
        EntityKind::from_plural(self.part(1)).ok_or_else(Problem::not_found)
    }

    pub(super) fn view<T>(&self, show: impl FnOnce(&View<'_>) -> T) -> T {
        show(&View { base: &self.base, actor: Some(self.actor), with: &|name| self.with(name) })
    }
}

fn passes(world: &World, call: &Call, kind: EntityKind, entity: &Entity) -> bool {
    let simple = call.passes(world, "id", &entity.id.to_string())
        && call.passes(world, "name", &entity.name)
        && call.passes(world, "created_by", &entity.created_by.to_string())
        && call.passes(world, "updated_by", &entity.updated_by.to_string())
        && call.passes(world, "responsible_user_id", &entity.responsible_user_id.to_string())
        && call.within(world, "created_at", entity.created_at)
        && call.within(world, "updated_at", entity.updated_at);
    if !simple || kind != EntityKind::Lead {
        return simple;
    }
    let deal = &entity.deal;
    call.passes(world, "pipeline_id", &deal.pipeline_id.to_string())
        && call.passes(world, "price", &deal.price.to_string())
        && call.within(world, "closed_at", deal.closed_at.unwrap_or_default())
        && in_statuses(world, call, deal.pipeline_id, deal.status_id)
}

/// `filter[statuses][0][pipeline_id]` with `filter[statuses][0][status_id]`.
fn in_statuses(world: &World, call: &Call, pipeline: Id, status: Id) -> bool {
    if world.switches.filters_ignored {
        return true;
    }
    let mut asked = false;
    for (key, wanted) in &call.query {
        let Some(index) = key.strip_prefix("filter[statuses][").and_then(|rest| rest.strip_suffix("][status_id]"))
        else {
            continue;
        };
        asked = true;
        let home = call.parameter(&format!("filter[statuses][{index}][pipeline_id]"));
        if *wanted == status.to_string() && home == Some(pipeline.to_string().as_str()) {
            return true;
        }
    }
    !asked
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let account = call.account(world)?;
    rights::require_any(account, call.actor, kind, Deed::View)?;
    let deleted = call.with("only_deleted");
    let query = call.parameter("query").filter(|query| !query.trim().is_empty());
    let mut found: Vec<&Entity> = account
        .entities(kind)
        .values()
        .filter(|entity| entity.is_deleted == deleted && !entity.is_unsorted)
        .filter(|entity| rights::may(account, call.actor, kind, Deed::View, entity))
        .filter(|entity| query.is_none_or(|query| search::finds(world, entity, query)))
        .filter(|entity| passes(world, call, kind, entity))
        .collect();
    if let Some((field, descending)) = call.order(&["id", "created_at", "updated_at"]) {
        found.sort_by_key(|entity| match field.as_str() {
            "created_at" => (entity.created_at, entity.id),
            "updated_at" => (entity.updated_at, entity.id),
            _ => (0, entity.id),
        });
        if descending {
            found.reverse();
        }
    }
    let shown = call.view(|view| found.iter().map(|entity| view.entity(account, kind, entity)).collect());
    call.list(kind.plural(), shown, false)
}

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let id = call.id(2)?;
    let account = call.account(world)?;
    rights::require_any(account, call.actor, kind, Deed::View)?;
    let found = account.entities(kind).get(&id);
    let Some(entity) = found.filter(|entity| entity.is_deleted == call.with("only_deleted")) else {
        return Ok(Reply::Empty(204));
    };
    rights::require(account, call.actor, kind, Deed::View, entity)?;
    Ok(Reply::Json(200, call.view(|view| view.entity(account, kind, entity))))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let account = call.account(world)?;
    rights::require_any(account, call.actor, kind, Deed::Add)?;
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut drafts = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        let mut draft = draft::read(&mut fields, account, kind, None);
        if kind == EntityKind::Lead {
            draft::read_links(&mut fields, account, &mut draft);
        }
        drafts.push((request_id.clone(), draft));
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut replies = Vec::new();
    for (request_id, draft) in drafts {
        let id = store(world, call, kind, &draft)?;
        history::added(world, call.actor.account, kind, id);
        let contacts = draft.contacts.iter().map(|(id, _)| (EntityKind::Contact, *id));
        for other in contacts.chain(draft.companies.iter().map(|id| (EntityKind::Company, *id))) {
            history::linked(world, call.actor.account, other, call.actor.user);
        }
        let mut reply = json!({
            "id": id, "request_id": request_id, "_links": call.href(&format!("{}/{id}", kind.plural())),
        });
        if kind != EntityKind::Lead {
            reply["is_deleted"] = json!(false);
            reply["is_unsorted"] = json!(false);
        }
        replies.push(reply);
    }
    Ok(written(call, kind.plural(), replies))
}

/// Stores a new entity with its links, not yet told to anyone.
pub(super) fn store(world: &mut World, call: &Call, kind: EntityKind, draft: &Draft) -> Result<Id, Problem> {
    let id = world.new_id();
    let moment = world.now();
    let account = call.account_mut(world)?;
    let entity = draft.build(account, kind, id, call.actor, moment);
    account.entities_mut(kind).insert(id, entity);
    for (contact, is_main) in &draft.contacts {
        account.links.push(Link { from: (kind, id), to: (EntityKind::Contact, *contact), is_main: *is_main });
    }
    for company in &draft.companies {
        account.links.push(Link { from: (kind, id), to: (EntityKind::Company, *company), is_main: false });
    }
    Ok(id)
}

/// The envelope of a write's reply.
pub(super) fn written(call: &Call, name: &str, replies: Vec<Value>) -> Reply {
    Reply::Json(200, json!({"_links": call.href(&call.path[1..].join("/")), "_embedded": {name: replies}}))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let body = call.json()?;
    let account = call.account(world)?;
    let mut checked = Vec::new();
    let mut changes = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        if let Some(id) = draft::existing(&mut fields, account, kind) {
            let current = account.entity(kind, id);
            let draft = draft::read(&mut fields, account, kind, current);
            if let Some(entity) = current {
                rights::require(account, call.actor, kind, Deed::Edit, entity)?;
            }
            changes.push((request_id.clone(), id, draft));
        }
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut replies = Vec::new();
    for (request_id, id, draft) in changes {
        let mut reply = change(world, call, kind, id, &draft)?;
        reply["request_id"] = json!(request_id);
        replies.push(reply);
    }
    Ok(written(call, kind.plural(), replies))
}

pub(super) fn update_one(world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let id = call.id(2)?;
    let account = call.account(world)?;
    let entity = account.entity(kind, id).ok_or_else(Problem::not_found)?;
    rights::require(account, call.actor, kind, Deed::Edit, entity)?;
    let object = check::single(call)?;
    let mut fields = Fields::new(&object, "");
    let draft = draft::read(&mut fields, account, kind, Some(entity));
    fields.done()?;
    Ok(Reply::Json(200, change(world, call, kind, id, &draft)?))
}

fn change(world: &mut World, call: &Call, kind: EntityKind, id: Id, draft: &Draft) -> Result<Value, Problem> {
    let moment = world.now();
    let account = call.account_mut(world)?;
    let before = account.entity(kind, id).cloned().ok_or_else(Problem::not_found)?;
    let mut entity = before.clone();
    draft.apply(account, &mut entity, call.actor, moment);
    let reply = json!({
        "id": id, "name": entity.name, "updated_at": entity.updated_at,
        "_links": call.href(&format!("{}/{id}", kind.plural())),
    });
    account.entities_mut(kind).insert(id, entity);
    history::updated(world, call.actor.account, kind, &before, call.actor.user);
    Ok(reply)
}

pub(super) fn custom_fields(_world: &mut World, call: &Call) -> Answer {
    let kind = call.kind()?;
    let fields = FIELDS
        .iter()
        .filter(|field| field.kind == kind)
        .map(|field| {
            let enums: Vec<Value> = field
                .enums
                .iter()
                .enumerate()
                .map(|(sort, (id, code))| json!({"id": id, "value": code, "sort": sort}))
                .collect();
            json!({
                "id": field.id, "name": field.name, "type": field.field_type, "code": field.code,
                "entity_type": kind.plural(), "is_predefined": true,
                "enums": if enums.is_empty() { Value::Null } else { json!(enums) },
            })
        })
        .collect();
    call.list("custom_fields", fields, true)
}
