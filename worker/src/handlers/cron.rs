//! Every minute: go on with grants that could not be finished at once, sweep what expired, and now and then wake
//! accounts whose object fell asleep with an expired token (an alarm that failed too often never comes back). Objects
//! that still hold something under an older sealing key, or whose account was uninstalled long ago, are woken as well.

use super::oauth::grants;
use crate::account::uninstall;
use crate::adapters::d1::installations::Chores;
use crate::adapters::d1::{self, StoreError, installations, oauth_states, pending_grants};
use crate::adapters::{account_object, clock};
use crate::address_keys;
use crate::config::Config;
use crate::internal::Wake;
use crate::log;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::time::{Millis, Moment};
use worker::Env;

/// Grants worked on in one run; each may send two requests.
const GRANTS_PER_RUN: i64 = 10;
/// Sleeping accounts woken in one run.
const ACCOUNTS_PER_RUN: i64 = 10;
/// Minutes between two looks at sleeping accounts.
const WAKE_EVERY: i64 = 10;
/// An object that could not do its chore is woken again after this.
const CHORE_AGAIN: Millis = Millis::minutes(10);
/// An object refreshes its token before it ends; one that did not for this long is asleep.
const ASLEEP_AFTER: Millis = Millis::minutes(120);

/// One run.
pub async fn run(env: &Env, config: &Config) {
    let now = clock::now();
    for (what, result) in [
        ("pending grants", go_on(env, config, now).await),
        ("old states", sweep(env, now).await),
        ("sleeping accounts", wake_sleeping(env, now).await),
        ("address keys", address_keys::keep(env, config).await),
        ("chores", wake_for_chores(env, config, now).await),
    ] {
        if let Err(error) = result {
            log::error("the cron could not do its work", &[("work", what.into()), ("error", error.to_string().into())]);
        }
    }
}

async fn go_on(env: &Env, config: &Config, now: Moment) -> Result<(), StoreError> {
    let db = d1::database(env)?;
    let due = pending_grants::claim_due(&db, now, now + grants::LEASE, GRANTS_PER_RUN).await?;
    futures_util::future::join_all(due.into_iter().map(|mut grant| async move {
        grants::attempt(env, config, &mut grant).await;
    }))
    .await;
    Ok(())
}

async fn sweep(env: &Env, now: Moment) -> Result<(), StoreError> {
    oauth_states::sweep(&d1::database(env)?, now).await
}

async fn wake_sleeping(env: &Env, now: Moment) -> Result<(), StoreError> {
    if (now.seconds() / 60) % WAKE_EVERY != 0 {
        return Ok(());
    }
    let expired_before = Moment(now.0 - ASLEEP_AFTER.0);
    wake(env, installations::asleep(&d1::database(env)?, expired_before, ACCOUNTS_PER_RUN).await?).await;
    Ok(())
}

async fn wake_for_chores(env: &Env, config: &Config, now: Moment) -> Result<(), StoreError> {
    let chores = Chores {
        key: config.keys.first().id(),
        uninstalled_before: Moment(now.0 - uninstall::KEPT.0),
        again: now + CHORE_AGAIN,
    };
    wake(env, installations::with_chores(&d1::database(env)?, chores, now, ACCOUNTS_PER_RUN).await?).await;
    Ok(())
}

async fn wake(env: &Env, accounts: Vec<AccountId>) {
    for account in accounts {
        let woken = match serde_json::to_string(&Wake { account: Some(account) }) {
            Ok(json) => account_object::post_internal(env, account, "wake", json).await.map(|_| ()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = woken {
            let fields = [(log::ACCOUNT, account.0.into()), ("error", error.to_string().into())];
            log::warn("an account could not be woken", &fields);
        }
    }
}
