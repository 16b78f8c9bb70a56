//! Addresses outlive the sealing key they were made under: an administrator typed them into a telephone system, and
//! Kommo's notes link to recordings for years. So what checks them ([`AddressKey`]) is derived from each sealing key
//! once and kept in D1, sealed, and a sealing key may leave the configuration.
//!
//! An address made under a configured key is checked without any I/O. Any other costs this isolate one reading of D1
//! in a minute, however many come: without that limit a flood of made-up addresses would reach the database.

use crate::adapters::clock;
use crate::adapters::d1::{self, StoreError, address_keys};
use crate::config::Config;
use crate::handlers::Failure;
use crate::hook_key::{self, AddressKey};
use crate::log;
use crate::respond::Refusal;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::time::{Millis, Moment};
use std::cell::{Cell, RefCell};
use worker::{Context, Env};

/// How long what was read from D1 is believed to be all.
const BELIEVED: Millis = Millis::minutes(1);
/// What a sealed address key is bound to.
const BOUND_TO: &str = "address_keys";

thread_local! {
    /// What was last read, and when. Every isolate has its own.
    static FORMER: RefCell<(Vec<AddressKey>, Moment)> = RefCell::default();
    /// This isolate has seen to it that the configured keys are in D1.
    static IS_KEPT: Cell<bool> = const { Cell::new(false) };
}

/// The account of a webhook's address.
pub async fn account_of(key: &str, env: &Env, config: &Config) -> Result<AccountId, Failure> {
    if let Some(account) = hook_key::account_of(key, &config.keys) {
        return Ok(account);
    }
    Ok(hook_key::account_by(key, &former(key, env, config).await?).ok_or(Refusal::NotFound)?)
}

/// The account and the call of a recording's link.
pub async fn recording_of(token: &str, env: &Env, config: &Config) -> Result<(AccountId, [u8; 16]), Failure> {
    if let Some(recording) = hook_key::recording_of(token, &config.keys) {
        return Ok(recording);
    }
    Ok(hook_key::recording_by(token, &former(token, env, config).await?).ok_or(Refusal::NotFound)?)
}

/// Once in the life of an isolate, beside its first request: no key is used before it is kept.
pub fn keep_once(env: &Env, config: &Config, context: &Context) {
    if IS_KEPT.replace(true) {
        return;
    }
    let (env, config) = (env.clone(), config.clone());
    context.wait_until(async move {
        if let Err(error) = keep(&env, &config).await {
            IS_KEPT.set(false);
            log::error("the address keys could not be kept", &[("error", error.to_string().into())]);
        }
    });
}

/// Keeps what checks addresses of every configured key, and brings all of it under the first one's seal.
pub async fn keep(env: &Env, config: &Config) -> Result<(), StoreError> {
    let db = d1::database(env)?;
    let known = address_keys::list(&db).await?;
    for key in config.keys.all().map(AddressKey::of) {
        let fingerprint = key.fingerprint();
        if known.iter().any(|row| row.fingerprint == fingerprint) {
            continue;
        }
        let sealed = serde_json::to_string(&key).ok().and_then(|json| config.sealer.seal_text(&json, BOUND_TO).ok());
        match sealed {
            Some(sealed) => address_keys::add(&db, &fingerprint, &sealed).await?,
            None => log::error("an address key could not be sealed", &[]),
        }
    }
    for row in &known {
        match config.sealer.reseal(&row.sealed, BOUND_TO) {
            Ok(None) => {}
            Ok(Some(sealed)) => address_keys::replace(&db, row.id, &sealed).await?,
            Err(error) => log::error("an address key does not open", &[("error", error.to_string().into())]),
        }
    }
    Ok(())
}

async fn former(text: &str, env: &Env, config: &Config) -> Result<Vec<AddressKey>, Failure> {
    if hook_key::claimed_account(text).is_none() {
        return Ok(Vec::new());
    }
    let now = clock::now();
    let (known, read_at) = FORMER.with_borrow(Clone::clone);
    if now - read_at < BELIEVED {
        return Ok(known);
    }
    let rows = address_keys::list(&d1::database(env)?).await?;
    let open = |sealed: &str| serde_json::from_str(&config.sealer.open_text(sealed, BOUND_TO).ok()?).ok();
    let keys: Vec<AddressKey> = rows.iter().filter_map(|row| open(&row.sealed)).collect();
    FORMER.set((keys.clone(), now));
    Ok(keys)
}
