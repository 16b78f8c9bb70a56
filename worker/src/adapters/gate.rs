//! Asking the deployment's Gate object for slots, where `KOMMO_RATE_SCOPE` says that all accounts share one limit.

use super::account_object::post_json;
use super::clock;
use super::kommo_http::{self, Question};
use crate::config::{Config, RateScope};
use crate::gate::PATH;
use crate::log;
use kommo_voip_domain::kommo::{Ask, KommoError};
use kommo_voip_domain::pace::{GateAnswer, GateRequest, Leases, Purpose};
use kommo_voip_domain::time::Millis;
use worker::{Env, Error, Result};

/// The binding of the one Gate object.
const BINDING: &str = "GATE";
/// Its name.
const NAME: &str = "gate";

/// Says something to the gate.
pub async fn say(env: &Env, said: &GateRequest) -> Result<GateAnswer> {
    let stub = env.durable_object(BINDING)?.id_from_name(NAME)?.get_stub()?;
    let mut response =
        post_json(&stub, &format!("https://gate{PATH}"), serde_json::to_string(&said.written())?).await?;
    let text = response.text().await?;
    let numbers: Vec<i64> = serde_json::from_str(&text)?;
    GateAnswer::read(&numbers).ok_or_else(|| Error::RustError("the gate answered nothing known".to_owned()))
}

/// For how long nobody may send.
pub async fn paused(env: &Env) -> Result<Option<Millis>> {
    let nothing = Leases::new(0, vec![], clock::now()).say(Purpose::Admin, 0, clock::now());
    say(env, &nothing).await.map(|answer| answer.paused)
}

/// Asks Kommo at `host` for the moments before an account is known, which no object paces.
pub async fn ask_outside<A: Ask>(
    env: &Env,
    config: &Config,
    host: &str,
    access_token: Option<&str>,
    ask: &A,
    time_out: Millis,
) -> std::result::Result<A::Answer, KommoError> {
    let question = Question::of(ask);
    if config.rate_scope == RateScope::Account {
        return kommo_http::exchange(config, host, access_token, &question, time_out, None).await.read(ask);
    }
    let mut leases = Leases::new(0, vec![], clock::now());
    report(env, &mut leases, 1).await;
    let lease = leases.start(clock::now()).ok_or(KommoError::Deferred)?;
    let exchange = kommo_http::exchange(config, host, access_token, &question, time_out, None).await;
    let (outcome, now) = (exchange.read(ask), clock::now());
    leases.end(lease, now);
    if let Some(pause) = outcome.as_ref().err().and_then(KommoError::pause_of_all) {
        leases.stop(now + pause);
    }
    report(env, &mut leases, 0).await;
    outcome
}

async fn report(env: &Env, leases: &mut Leases, wanted: usize) {
    let said = leases.say(Purpose::Admin, wanted, clock::now());
    match say(env, &said).await {
        Ok(answer) => leases.answered(&said, &answer, clock::now()),
        Err(error) => log::error(UNREACHABLE, &[("error", error.to_string().into())]),
    }
}

/// The line about a gate that does not answer.
pub const UNREACHABLE: &str = "the gate could not be asked, so requests to Kommo are held";
