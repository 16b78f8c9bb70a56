//! The generic phone: acts as a provider towards the product's webhook, signed as one.

mod delivery;
mod story;

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State};
use serde_json::{Map, Value, json};

use crate::{
    control,
    problem::Problem,
    state::{PhoneSettings, Sim},
    voip,
};
use delivery::Delivery;

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// `POST phone` `{account, hookUrl, secret}`: where the account's phone sends its events. With a `provider`, the account
/// is a customer of that one instead. `hosts` are those of the customer's own PBX.
pub(crate) async fn store(State(sim): State<Arc<Sim>>, body: Bytes) -> Result<Json<Value>, Problem> {
    let body = control::object(&body)?;
    let id = control::account(&sim.lock(), &body)?;
    if let Some(registered) = voip::register(&sim, id, &body)? {
        return Ok(Json(registered));
    }
    let mut world = sim.lock();
    let missing = || Problem::new(400, "hookUrl and secret are needed");
    let phone = PhoneSettings {
        hook_url: text(&body, "hookUrl").ok_or_else(missing)?.to_owned(),
        secret: text(&body, "secret").ok_or_else(missing)?.to_owned(),
    };
    let answer = json!(phone);
    if let Some(account) = world.accounts.get_mut(&id) {
        account.phone = Some(phone);
        let hosts = body.get("hosts").and_then(Value::as_array);
        account.pbx_hosts.extend(hosts.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    }
    Ok(Json(answer))
}

/// `POST call`: sends events, given whole or told as a kind; answers what the hook answered.
pub(crate) async fn call(State(sim): State<Arc<Sim>>, body: Bytes) -> Result<Json<Value>, Problem> {
    let body = control::object(&body)?;
    if let Some(answers) = voip::act(&sim, &body).await? {
        return Ok(Json(answers));
    }
    let (settings, events) = {
        let mut world = sim.lock();
        let named = body.contains_key("account") || body.contains_key("accountId");
        let account = named.then(|| control::account(&world, &body)).transpose()?;
        let stored = account.and_then(|id| world.accounts.get(&id)).and_then(|account| account.phone.clone());
        let given = |name: &str, stored: Option<&String>| {
            text(&body, name)
                .map(str::to_owned)
                .or_else(|| stored.cloned())
                .ok_or_else(|| Problem::new(400, format!("{name} is needed, or an account whose phone is set up")))
        };
        let settings = PhoneSettings {
            hook_url: given("hookUrl", stored.as_ref().map(|phone| &phone.hook_url))?,
            secret: given("secret", stored.as_ref().map(|phone| &phone.secret))?,
        };
        let events = match body.get("events") {
            Some(Value::Array(events)) => events.clone(),
            Some(_) => return Err(Problem::new(400, "events must be a list")),
            None => {
                let now = (world.now() - world.switches.clock_offset) as i64;
                let calls = account.and_then(|id| world.accounts.get_mut(&id)).map(|account| &mut account.calls);
                vec![story::tell(calls, &body, now)?]
            }
        };
        (settings, events)
    };
    let deliveries = events.into_iter().map(Delivery::read).collect::<Result<Vec<_>, _>>()?;
    let at_once = body.get("parallel").and_then(Value::as_bool).unwrap_or(false);
    Ok(Json(Value::Array(delivery::send_all(&sim, &settings, deliveries, at_once).await)))
}
