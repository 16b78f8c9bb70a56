//! Customers of the providers, as tests and people set them up, and what became of them.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State},
};
use serde_json::{Map, Value, json};

use super::{
    model::{Line, PROVIDERS},
    sample,
    send::TELNYX_PUBLIC_KEY,
};
use crate::{
    crypto,
    problem::Problem,
    state::{Id, Sim},
};

/// The credential that names the customer.
fn naming(provider: &str) -> &'static str {
    match provider {
        "twilio" => "accountSid",
        "zadarma" => "key",
        "telnyx" => "apiKey",
        "vonage" => "applicationId",
        "plivo" => "authId",
        _ => "company",
    }
}

fn lines(given: &Value) -> Result<Vec<Line>, Problem> {
    let Some(given) = given.as_array() else { return Ok(Vec::new()) };
    let line = |line: &Value| {
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let extension = line.as_str().map_or_else(|| text("extension"), str::to_owned);
        match extension.is_empty() {
            true => Err(Problem::new(400, "every line needs an extension")),
            false => Ok(Line { extension, number: text("number"), name: text("name"), email: text("email") }),
        }
    };
    given.iter().map(line).collect()
}

/// `POST phone` `{account, provider, credentials?, hookUrl?, routeUrl?, lines?, zone?, recordingRedirect?}`: this account
/// is a customer of that provider. What is left out stays as it is; from now on requests are held to the credentials.
/// `sample: true` makes somebody who is no customer yet one, with credentials and lines to try.
pub(crate) fn register(sim: &Sim, account: Id, body: &Map<String, Value>) -> Result<Option<Value>, Problem> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let Some(wanted) = text("provider").filter(|name| *name != "generic") else { return Ok(None) };
    let provider = PROVIDERS
        .into_iter()
        .find(|known| *known == wanted)
        .ok_or_else(|| Problem::new(400, format!("unknown provider; known: generic, {}", PROVIDERS.join(", "))))?;
    let is_customer =
        sim.lock().carriers.iter().any(|carrier| carrier.desk.provider == provider && carrier.account == Some(account));
    let is_sample = body.get("sample") == Some(&json!(true)) && !is_customer;
    let credentials = match body.get("credentials") {
        None | Some(Value::Null) if is_sample => match sample::credentials(provider, account) {
            Value::Object(made) => made,
            _ => Map::new(),
        },
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(given)) => given.clone(),
        Some(_) => return Err(Problem::new(400, "credentials must be an object")),
    };
    let mut world = sim.lock();
    let known = world
        .carriers
        .iter()
        .rev()
        .find(|carrier| carrier.desk.provider == provider && carrier.account == Some(account))
        .map(|carrier| carrier.identity.clone());
    let identity = credentials.get(naming(provider)).and_then(Value::as_str).map(str::to_owned).or(known);
    let identity = match (identity, provider) {
        (Some(identity), _) => identity,
        (None, "ringcentral") => account.to_string(),
        (None, _) => return Err(Problem::new(400, format!("credentials.{} is needed", naming(provider)))),
    };
    let carrier = world.carrier(provider, &identity);
    carrier.account = Some(account);
    carrier.is_registered |= !credentials.is_empty();
    carrier.desk.credentials.extend(credentials);
    if let Some(url) = text("hookUrl") {
        url.clone_into(&mut carrier.desk.hook);
    }
    if let Some(url) = text("routeUrl") {
        url.clone_into(&mut carrier.desk.route);
    }
    if is_sample {
        let made = |employee: usize| {
            let extension = sample::line(provider, employee);
            json!({"extension": extension, "number": (101 + employee).to_string(), "name": format!("Line {}", 101 + employee)})
        };
        carrier.desk.lines = lines(&(0..3).map(made).collect())?;
    }
    if let Some(given) = body.get("lines") {
        carrier.desk.lines = lines(given)?;
    }
    if let Some(zone) = text("zone") {
        zone.clone_into(&mut carrier.desk.zone);
    }
    if let Some(redirect) = text("recordingRedirect") {
        redirect.clone_into(&mut carrier.desk.redirect);
    }
    let shown = json!({"provider": provider, "identity": identity, "desk": carrier.desk, "credentials": carrier.desk.credentials});
    // The one registered last is the one that acts when none is named.
    if let Some(place) =
        world.carriers.iter().position(|known| known.desk.provider == provider && known.identity == identity)
    {
        let carrier = world.carriers.remove(place);
        world.carriers.push(carrier);
    }
    Ok(Some(shown))
}

/// `GET providers?account=`: the customers, with what was set up, the calls and every request of the product.
pub(crate) async fn providers(
    State(sim): State<Arc<Sim>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    let world = sim.lock();
    let account = match query.get("account") {
        None => None,
        Some(name) => {
            Some(world.find_account(name).ok_or_else(|| Problem::new(404, format!("There is no account {name}")))?)
        }
    };
    let customers: Vec<Value> = world
        .carriers
        .iter()
        .filter(|carrier| account.is_none() || carrier.account == account)
        .map(|carrier| {
            let recordings: Vec<Value> = carrier
                .recordings
                .values()
                .map(|recording| {
                    let bytes = recording.bytes();
                    json!({
                        "id": recording.id, "call": recording.call, "seconds": recording.seconds,
                        "size": bytes.len(), "sha256": crypto::sha256_hex(&bytes),
                    })
                })
                .collect();
            json!({
                "identity": carrier.identity, "account": carrier.account, "desk": carrier.desk, "calls": carrier.calls,
                "recordings": recordings, "requests": carrier.requests, "held": carrier.held.len(),
                "subscriptions": carrier.grant.subscriptions,
            })
        })
        .collect();
    let pbx: Vec<Value> =
        account.and_then(|id| world.accounts.get(&id)).map(|account| account.pbx_requests.clone()).unwrap_or_default();
    Ok(Json(json!({"providers": customers, "pbxRequests": pbx, "telnyxPublicKey": TELNYX_PUBLIC_KEY})))
}
