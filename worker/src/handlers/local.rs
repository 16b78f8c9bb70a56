//! On a developer's machine only: make one account's object panic, to see that no other account suffers, or its data
//! look older, to see what is forgotten when.

use super::Failure;
use crate::adapters::account_object;
use crate::config::Config;
use crate::respond::Refusal;
use kommo_voip_domain::ids::AccountId;
use worker::{Env, Response};

/// Passes the wish on to the object. Without the local stand-in for Kommo this address does not exist.
pub async fn ask(env: &Env, config: &Config, account: i64, what: &str, json: String) -> Result<Response, Failure> {
    if !config.is_local() {
        return Err(Refusal::NotFound.into());
    }
    Ok(account_object::post_internal(env, AccountId(account), what, json).await?)
}
