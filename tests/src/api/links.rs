//! Links between leads, contacts and companies.

use serde_json::{Value, json};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    entities, history, rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, EntityKind, Id, Link, World},
};

/// Links two entities; linking again only changes who is the main contact.
pub(super) fn connect(account: &mut Account, from: (EntityKind, Id), to: (EntityKind, Id), is_main: bool) {
    if is_main {
        for link in account.links.iter_mut().filter(|link| link.from == from && link.to.0 == to.0) {
            link.is_main = false;
        }
    }
    match account.links.iter_mut().find(|link| link.other_end(from.0, from.1) == Some(to)) {
        Some(link) => link.is_main = is_main,
        None => account.links.push(Link { from, to, is_main }),
    }
}

/// From where a link to what may be made.
fn allowed(from: EntityKind, to: EntityKind) -> bool {
    matches!(
        (from, to),
        (EntityKind::Lead, EntityKind::Contact | EntityKind::Company)
            | (EntityKind::Contact, EntityKind::Company)
            | (EntityKind::Company, EntityKind::Contact | EntityKind::Lead)
    )
}

fn own(account: &Account, call: &Call, deed: Deed) -> Result<(EntityKind, Id), Problem> {
    let (kind, id) = (call.kind()?, call.id(2)?);
    let entity = account.entity(kind, id).ok_or_else(Problem::not_found)?;
    rights::require(account, call.actor, kind, deed, entity)?;
    Ok((kind, id))
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let (kind, id) = own(account, call, Deed::View)?;
    let links: Vec<Value> = account
        .links
        .iter()
        .filter_map(|link| Some((link.other_end(kind, id)?, link.is_main)))
        .filter(|((other, id), _)| {
            account
                .entity(*other, *id)
                .is_some_and(|entity| rights::may(account, call.actor, *other, Deed::View, entity))
        })
        .filter(|((other, id), _)| {
            call.passes(world, "to_entity_type", other.plural()) && call.passes(world, "to_entity_id", &id.to_string())
        })
        .map(|((other, id), is_main)| {
            let metadata = if other == EntityKind::Contact { json!({"main_contact": is_main}) } else { Value::Null };
            json!({"to_entity_id": id, "to_entity_type": other.plural(), "metadata": metadata})
        })
        .collect();
    if links.is_empty() {
        return Ok(Reply::Empty(204));
    }
    Ok(Reply::Json(
        200,
        json!({
            "_total_items": links.len(), "_links": call.href(&call.path[1..].join("/")),
            "_embedded": {"links": links},
        }),
    ))
}

/// A link as the payload names it.
type Target = ((EntityKind, Id), bool);

fn targets(call: &Call, account: &Account, from: EntityKind) -> Result<Vec<(String, Target)>, Problem> {
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut found = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        if !fields.has("to_entity_id") {
            fields.missing("to_entity_id");
        }
        let id = fields.id("to_entity_id");
        let kind = EntityKind::from_plural(&fields.required_text("to_entity_type"));
        let mut is_main = false;
        if !fields.is_null("metadata")
            && let Some(mut metadata) = fields.object("metadata")
        {
            is_main = metadata.boolean("is_main").unwrap_or(false);
            fields.absorb(metadata);
        }
        match kind.filter(|kind| allowed(from, *kind)) {
            None if fields.has("to_entity_type") => fields.unknown("to_entity_type"),
            None => {}
            Some(kind) => match id.filter(|id| account.entity(kind, *id).is_some()) {
                None if fields.has("to_entity_id") => fields.unknown("to_entity_id"),
                None => {}
                Some(id) => found.push((request_id.clone(), ((kind, id), is_main))),
            },
        }
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    Ok(found)
}

pub(super) fn link(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let from = own(account, call, Deed::Edit)?;
    let mut replies = Vec::new();
    for (request_id, (to, is_main)) in targets(call, account, from.0)? {
        connect(call.account_mut(world)?, from, to, is_main);
        let (lead, other) = if to.0 == EntityKind::Lead { (to, from) } else { (from, to) };
        if lead.0 == EntityKind::Lead {
            history::linked(world, call.actor.account, other, call.actor.user);
        }
        let metadata = if to.0 == EntityKind::Contact { json!({"main_contact": is_main}) } else { Value::Null };
        replies.push(json!({
            "entity_id": from.1, "entity_type": from.0.plural(), "to_entity_id": to.1,
            "to_entity_type": to.0.plural(), "metadata": metadata, "request_id": request_id,
        }));
    }
    Ok(entities::written(call, "links", replies))
}

pub(super) fn unlink(world: &mut World, call: &Call) -> Answer {
    let account = call.account_mut(world)?;
    let from = own(account, call, Deed::Edit)?;
    for (_, (to, _)) in targets(call, account, from.0)? {
        account.links.retain(|link| link.other_end(from.0, from.1) != Some(to));
    }
    Ok(Reply::Empty(204))
}
