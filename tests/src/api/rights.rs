//! Whether a user may see or change an entity.

use serde_json::{Map, Value};

use super::actor::Actor;
use crate::{
    problem::Problem,
    state::{Account, Entity, EntityKind, EntityRights, Id, Reach, Rights},
};

/// What someone wants to do with an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Read it.
    View,
    /// Change it, or write into its feed.
    Edit,
    /// Create one.
    Add,
}

/// How far the user's right reaches.
pub(crate) fn reach(account: &Account, actor: Actor, kind: EntityKind, deed: Deed) -> Reach {
    if actor.is_admin {
        return Reach::All;
    }
    let Some(user) = account.users.get(&actor.user) else {
        return Reach::Denied;
    };
    let rights = match kind {
        EntityKind::Lead => user.rights.leads,
        EntityKind::Contact => user.rights.contacts,
        EntityKind::Company => user.rights.companies,
    };
    match deed {
        Deed::View => rights.view,
        Deed::Edit => rights.edit,
        Deed::Add => rights.add,
    }
}

fn within(account: &Account, actor: Actor, reach: Reach, owner: Id) -> bool {
    let group = |id: Id| account.users.get(&id).map(|user| user.group_id);
    match reach {
        Reach::All => true,
        Reach::Group => owner == actor.user || (group(owner).is_some() && group(owner) == group(actor.user)),
        Reach::Own => owner == actor.user,
        Reach::Denied => false,
    }
}

/// Whether the user may do this to this entity.
pub(crate) fn may(account: &Account, actor: Actor, kind: EntityKind, deed: Deed, entity: &Entity) -> bool {
    within(account, actor, reach(account, actor, kind, deed), entity.responsible_user_id)
}

/// Refuses with 403 what [`may`] does not allow.
pub(crate) fn require(
    account: &Account,
    actor: Actor,
    kind: EntityKind,
    deed: Deed,
    entity: &Entity,
) -> Result<(), Problem> {
    if may(account, actor, kind, deed, entity) { Ok(()) } else { Err(Problem::forbidden()) }
}

/// Refuses with 403 when the right is denied altogether.
pub(crate) fn require_any(account: &Account, actor: Actor, kind: EntityKind, deed: Deed) -> Result<(), Problem> {
    if reach(account, actor, kind, deed) == Reach::Denied { Err(Problem::forbidden()) } else { Ok(()) }
}

/// Rights as a control call gives them: only what differs from "everything".
pub(crate) fn parse_rights(value: Option<&Value>) -> Result<Rights, String> {
    let mut rights = Rights::default();
    let Some(value) = value else {
        return Ok(rights);
    };
    let object = value.as_object().ok_or("rights come as an object")?;
    for (name, given) in object {
        let given = given.as_object().ok_or_else(|| format!("rights.{name} is no object"))?;
        match name.as_str() {
            "leads" => change(&mut rights.leads, given)?,
            "contacts" => change(&mut rights.contacts, given)?,
            "companies" => change(&mut rights.companies, given)?,
            "tasks" => {
                for (deed, letter) in given {
                    match deed.as_str() {
                        "edit" => rights.tasks_edit = letter_of(letter)?,
                        "delete" => rights.tasks_delete = letter_of(letter)?,
                        _ => return Err(format!("unknown right tasks.{deed}")),
                    }
                }
            }
            _ => return Err(format!("unknown right {name}")),
        }
    }
    Ok(rights)
}

fn letter_of(value: &Value) -> Result<Reach, String> {
    value.as_str().and_then(Reach::from_letter).ok_or_else(|| format!("{value} is none of A, G, M, D"))
}

fn change(rights: &mut EntityRights, given: &Map<String, Value>) -> Result<(), String> {
    for (deed, letter) in given {
        let reach = letter_of(letter)?;
        match deed.as_str() {
            "view" => rights.view = reach,
            "edit" => rights.edit = reach,
            "add" => rights.add = reach,
            "delete" => rights.delete = reach,
            "export" => rights.export = reach,
            _ => return Err(format!("unknown right {deed}")),
        }
    }
    Ok(())
}
