//! Accounts, their people and what they hold, made without going through the API.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State};
use serde_json::{Map, Value, json};

use super::{Answer, account, object, user};
use crate::{
    api, oauth,
    problem::Problem,
    state::{Entity, EntityKind, Id, NewUser, Sim, World, new_account},
};

fn bad(reason: impl Into<String>) -> Problem {
    Problem::new(400, reason)
}

fn subdomain_of(world: &World, body: &Map<String, Value>) -> Result<Option<String>, Problem> {
    let Some(value) = body.get("subdomain").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let name = value.as_str().map(str::to_ascii_lowercase).unwrap_or_default();
    let is_label = !name.is_empty()
        && name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
        && !matches!(name.as_str(), "www" | "api-c");
    if !is_label {
        return Err(bad("subdomain must be one label of letters, digits and hyphens"));
    }
    if world.account_by_subdomain(&name).is_some() {
        return Err(Problem::new(409, "This subdomain is taken"));
    }
    Ok(Some(name))
}

fn users_of(body: &Map<String, Value>) -> Result<Vec<NewUser>, Problem> {
    let Some(given) = body.get("users") else {
        return Ok(NewUser::usual());
    };
    let given = given.as_array().ok_or_else(|| bad("users must be a list"))?;
    let mut users = Vec::new();
    for (index, user) in given.iter().enumerate() {
        let text = |name: &str, default: String| user.get(name).and_then(Value::as_str).map_or(default, str::to_owned);
        users.push(NewUser {
            name: text("name", format!("User {}", index + 1)),
            email: text("email", format!("user{}@example.com", index + 1)),
            is_admin: user.get("isAdmin").and_then(Value::as_bool).unwrap_or(false),
            group_id: user.get("groupId").and_then(Value::as_u64).unwrap_or(0),
            rights: api::parse_rights(user.get("rights")).map_err(bad)?,
        });
    }
    if !users.iter().any(|user| user.is_admin) {
        return Err(bad("an account needs an administrator"));
    }
    Ok(users)
}

/// `GET accounts`.
pub(super) async fn list(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let world = sim.lock();
    let accounts: Vec<Value> = world
        .accounts
        .values()
        .map(|account| {
            let users: Vec<Value> = account
                .users
                .values()
                .map(|user| json!({"id": user.id, "name": user.name, "isAdmin": user.is_admin, "isActive": user.is_active}))
                .collect();
            json!({
                "accountId": account.id, "subdomain": account.subdomain, "installed": account.installed,
                "users": users,
            })
        })
        .collect();
    Json(json!({"accounts": accounts}))
}

/// `POST accounts`.
pub(super) async fn create(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let users = users_of(&body)?;
    // An account of an earlier run may be wanted again: its id, and those of its people and pipelines from this one on.
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let id = number("accountId").unwrap_or(world.next_account + 1);
    if world.accounts.contains_key(&id) {
        return Err(Problem::new(409, "This account exists"));
    }
    let subdomain = subdomain_of(&world, &body)?.unwrap_or_else(|| format!("acct{id}"));
    world.next_account = world.next_account.max(id);
    world.former_subdomains.remove(&subdomain);
    let mut first_id = number("firstId");
    new_account(&mut world, id, &subdomain, users, &mut |world: &mut World| match &mut first_id {
        Some(next) => {
            *next += 1;
            *next - 1
        }
        None => world.new_id(),
    });
    if let Some(account) = world.accounts.get_mut(&id) {
        let wish = |name: &str| body.get(name).and_then(Value::as_bool);
        account.unsorted_on = wish("isUnsortedOn").unwrap_or(account.unsorted_on);
        account.webhooks_plan = wish("webhooksPlan");
    }
    let account = world.accounts.get(&id).ok_or_else(Problem::not_found)?;
    let admin = account.admin().map_or(0, |user| user.id);
    let user_ids: Vec<u64> = account.users.keys().copied().collect();
    let code = oauth::new_code(&mut world, id, admin);
    Ok(Json(json!({
        "accountId": id, "subdomain": subdomain, "adminId": admin, "userIds": user_ids, "code": code,
    })))
}

/// `POST rename`.
pub(super) async fn rename(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let id = account(&world, &body)?;
    let subdomain = subdomain_of(&world, &body)?.ok_or_else(|| bad("name the new subdomain"))?;
    world.former_subdomains.remove(&subdomain);
    let former =
        world.accounts.get_mut(&id).map(|account| std::mem::replace(&mut account.subdomain, subdomain.clone()));
    world.former_subdomains.extend(former);
    Ok(Json(json!({"accountId": id, "subdomain": subdomain})))
}

/// `POST users`: changes one user; `remove` takes them out of the account.
pub(super) async fn change_user(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let id = account(&world, &body)?;
    let user_id = user(&world, id, &body)?;
    let rights = body.get("rights").map(|rights| api::parse_rights(Some(rights)).map_err(bad)).transpose()?;
    let flag = |name: &str| body.get(name).and_then(Value::as_bool);
    let found = world.accounts.get_mut(&id).ok_or_else(Problem::not_found)?;
    if flag("remove") == Some(true) {
        found.users.remove(&user_id);
        world.sessions.retain(|_, session| session.user != user_id);
        return Ok(Json(json!({"userId": user_id, "removed": true})));
    }
    let user = found.users.get_mut(&user_id).ok_or_else(Problem::not_found)?;
    user.is_active = flag("isActive").unwrap_or(user.is_active);
    user.is_admin = flag("isAdmin").unwrap_or(user.is_admin);
    user.is_free = flag("isFree").unwrap_or(user.is_free);
    user.group_id = body.get("groupId").and_then(Value::as_u64).unwrap_or(user.group_id);
    user.rights = rights.unwrap_or(user.rights);
    if let Some(lang) = body.get("lang").and_then(Value::as_str) {
        lang.clone_into(&mut user.lang);
    }
    Ok(Json(json!({"userId": user_id})))
}

/// `POST pipelines` `{account, pipelineId, statusId?, remove: true}`: an administrator takes out a stage, or the whole
/// pipeline. What was in it moves to the start of the main one.
pub(super) async fn remove_stage(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let id = account(&world, &body)?;
    let pipeline = id_of(&body, "pipelineId")?;
    let status = body.get("statusId").and_then(Value::as_u64);
    if body.get("remove").and_then(Value::as_bool) != Some(true) {
        return Err(bad("remove is all that can be done"));
    }
    let found = world.accounts.get_mut(&id).ok_or_else(Problem::not_found)?;
    let place = found.pipelines.iter().position(|known| known.id == pipeline).ok_or_else(Problem::not_found)?;
    match status {
        Some(status) => found.pipelines[place].statuses.retain(|known| known.id != status),
        None if found.pipelines[place].is_main => return Err(bad("the main pipeline stays")),
        None => drop(found.pipelines.remove(place)),
    }
    let home = found.pipelines.iter().find(|known| known.is_main).map(|main| (main.id, main.first_regular()));
    let gone = |lead: &&mut Entity| {
        lead.deal.pipeline_id == pipeline && status.is_none_or(|status| lead.deal.status_id == status)
    };
    if let Some((pipeline, status)) = home {
        for lead in found.leads.values_mut().filter(gone) {
            (lead.deal.pipeline_id, lead.deal.status_id) = (pipeline, status);
        }
    }
    Ok(Json(json!({"pipelineId": pipeline})))
}

/// `POST entities`.
pub(super) async fn entities(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let id = account(&world, &body)?;
    // What an account of an earlier run held may be wanted again under its ids, which begin here.
    let ordinary = world.next_id;
    if let Some(first) = body.get("firstId").and_then(Value::as_u64) {
        world.next_id = first.saturating_sub(1);
    }
    let created = api::create_entities(&mut world, id, &body);
    world.next_id = world.next_id.max(ordinary);
    created.map(Json)
}

fn kind_of(body: &Map<String, Value>) -> Result<EntityKind, Problem> {
    body.get("type")
        .and_then(Value::as_str)
        .and_then(EntityKind::from_plural)
        .ok_or_else(|| bad("type is leads, contacts or companies"))
}

fn id_of(body: &Map<String, Value>, name: &str) -> Result<Id, Problem> {
    body.get(name).and_then(Value::as_u64).ok_or_else(|| bad(format!("{name} is missing")))
}

/// `POST merge` `{account, type, from, into}`: someone merges two entities in the CRM.
pub(super) async fn merge(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let account = account(&world, &body)?;
    let by = user(&world, account, &body)?;
    let (kind, ids) = (kind_of(&body)?, [id_of(&body, "from")?, id_of(&body, "into")?]);
    let found = world.accounts.get(&account).ok_or_else(Problem::not_found)?;
    if ids[0] == ids[1] || ids.iter().any(|id| found.entity(kind, *id).is_none()) {
        return Err(bad("from and into are two entities of this account"));
    }
    api::merged(&mut world, account, kind, ids, by);
    sim.hooks_due.notify_one();
    Ok(Json(json!({"id": ids[1]})))
}

/// `POST delete` `{account, type, id}`: someone deletes an entity in the CRM.
pub(super) async fn delete(State(sim): State<Arc<Sim>>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let mut world = sim.lock();
    let account = account(&world, &body)?;
    let by = user(&world, account, &body)?;
    let (kind, id) = (kind_of(&body)?, id_of(&body, "id")?);
    api::deleted(&mut world, account, kind, id, by);
    sim.hooks_due.notify_one();
    Ok(Json(json!({"id": id})))
}
