//! Users: only with an administrator's grant.

use serde_json::{Value, json};

use super::{Answer, Call, Reply};
use crate::{
    problem::Problem,
    state::{Account, EntityRights, User, World},
};

fn rights(rights: &EntityRights) -> Value {
    json!({
        "view": rights.view.letter(), "edit": rights.edit.letter(), "add": rights.add.letter(),
        "delete": rights.delete.letter(), "export": rights.export.letter(),
    })
}

fn user_json(call: &Call, account: &Account, user: &User) -> Value {
    let mut body = json!({
        "id": user.id, "name": user.name, "email": user.email, "lang": user.lang,
        "rights": {
            "leads": rights(&user.rights.leads), "contacts": rights(&user.rights.contacts),
            "companies": rights(&user.rights.companies),
            "tasks": {"edit": user.rights.tasks_edit.letter(), "delete": user.rights.tasks_delete.letter()},
            "mail_access": true, "catalog_access": true, "files_access": true, "status_rights": null,
            "is_admin": user.is_admin, "is_free": user.is_free, "is_active": user.is_active,
            "group_id": if user.group_id == 0 { Value::Null } else { json!(user.group_id) }, "role_id": null,
        },
        "_links": call.href(&format!("users/{}", user.id)),
    });
    let group: Vec<Value> = account
        .groups
        .iter()
        .filter(|(id, _)| call.with("group") && *id == user.group_id)
        .map(|(id, name)| json!({"id": id, "name": name}))
        .collect();
    body["_embedded"] = json!({"roles": [], "groups": group});
    body
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    if !call.actor.is_admin {
        return Err(Problem::forbidden());
    }
    let account = call.account(world)?;
    let users = account.users.values().map(|user| user_json(call, account, user)).collect();
    call.list("users", users, true)
}

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    if !call.actor.is_admin {
        return Err(Problem::forbidden());
    }
    let account = call.account(world)?;
    let user = account.users.get(&call.id(2)?).ok_or_else(Problem::not_found)?;
    Ok(Reply::Json(200, user_json(call, account, user)))
}
