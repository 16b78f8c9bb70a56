//! `POST /api/v2/events`: a call notice for users who have the CRM page open.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, calls};
use crate::{
    problem::Problem,
    state::{Nobody, World},
};

/// Digits that are compared here; `/calls` compares more.
const COMPARED: usize = 8;

pub(super) fn notify(world: &mut World, call: &Call) -> Answer {
    let (now, empty_users) = (world.now(), world.switches.empty_users);
    let body = call.json()?;
    let bad = || Problem::new(400, "add[] needs type phone_call, phone_number and users by number");
    let items = body.get("add").and_then(Value::as_array).ok_or_else(bad)?.clone();
    let account = call.account_mut(world)?;
    for item in items {
        if item.get("type").and_then(Value::as_str) != Some("phone_call") {
            return Err(bad());
        }
        let phone = item.get("phone_number").and_then(Value::as_str).ok_or_else(bad)?;
        let one = |user: &Value| user.as_u64().or_else(|| user.as_str()?.parse().ok());
        let named: Option<Vec<u64>> = match item.get("users") {
            None => None,
            Some(Value::Array(ids)) => Some(ids.iter().map(Value::as_u64).collect::<Option<_>>().ok_or_else(bad)?),
            Some(user) => Some(vec![one(user).ok_or_else(bad)?]),
        };
        let users = match named {
            Some(users) if !(users.is_empty() && empty_users == Nobody::IsEveryone) => users,
            _ => account.users.keys().copied().collect(),
        };
        let entity =
            calls::holder(account, phone, COMPARED, false).map(|(kind, id)| json!({"type": kind.singular(), "id": id}));
        account.notices.push(json!({
            "at": now, "type": "phone_call", "phone_number": phone, "users": users, "entity": entity,
            "posted": item,
        }));
    }
    Ok(Reply::Empty(202))
}
