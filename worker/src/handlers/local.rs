//! On a developer's machine only: make one account's object panic, to see that no other account suffers.

use super::Failure;
use crate::adapters::account_object;
use crate::config::Config;
use crate::respond::Refusal;
use kommo_voip_domain::ids::AccountId;
use worker::{Env, Response};

/// Passes the wish on to the object. Without the local stand-in for Kommo this address does not exist.
pub async fn panic(env: &Env, config: &Config, account: i64) -> Result<Response, Failure> {
    if !config.is_local() {
        return Err(Refusal::NotFound.into());
    }
    Ok(account_object::post_internal(env, AccountId(account), "panic", "{}".to_owned()).await?)
}
