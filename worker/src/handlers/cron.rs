//! Every minute: go on with grants that could not be finished at once, sweep what expired, and wake accounts whose object
//! was not heard of for a month: each renews its tokens by its own alarm every day, so its alarm is lost, and after three
//! months its access would be. Objects that still hold something under an older sealing key, or whose account was
//! uninstalled long ago, are woken as well.

use super::oauth::grants;
use crate::account::uninstall;
use crate::adapters::d1::installations::Chores;
use crate::adapters::d1::{self, StoreError, installations, oauth_states, pending_grants, tokens};
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
/// Silent objects woken in one run: far below the 10,000 sub-requests of an invocation on the paid plan.
const SILENT_PER_RUN: i64 = 500;
/// And claimed at once: the free plan ends an invocation at 50 sub-requests, and whoever was not claimed is woken by the
/// next run.
const SILENT_AT_ONCE: i64 = 20;
/// Objects woken for a chore in one run.
const CHORES_PER_RUN: i64 = 10;
/// Between two objects of one run, so that together they stay below Kommo's limit for one address.
const APART: Millis = Millis(200);
/// An object that could not do its chore is woken again after this.
const CHORE_AGAIN: Millis = Millis::minutes(10);
/// An object renews its tokens every day; one that did not for this long is asleep. Refresh tokens live three months.
const SILENT_AFTER: Millis = Millis::minutes(30 * 24 * 60);
/// One that stays silent is woken again after this.
const SILENT_AGAIN: Millis = Millis::minutes(24 * 60);

/// One run.
pub async fn run(env: &Env, config: &Config) {
    let now = clock::now();
    for (what, result) in [
        ("pending grants", go_on(env, config, now).await),
        ("old states", sweep(env, now).await),
        ("address keys", address_keys::keep(env, config).await),
        ("chores", wake_for_chores(env, config, now).await),
        ("silent accounts", wake_silent(env, now).await),
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
    pending_grants::sweep(&d1::database(env)?, grants::codes_end(now)).await?;
    oauth_states::sweep(&d1::database(env)?, now).await
}

async fn wake_silent(env: &Env, now: Moment) -> Result<(), StoreError> {
    let db = d1::database(env)?;
    let before = Moment(now.0 - SILENT_AFTER.0);
    for done in (0..SILENT_PER_RUN).step_by(SILENT_AT_ONCE as usize) {
        let silent = tokens::claim_silent(&db, before, before + SILENT_AGAIN, SILENT_AT_ONCE).await?;
        if silent.is_empty() {
            return Ok(());
        }
        wake(env, silent, done).await;
    }
    Ok(())
}

async fn wake_for_chores(env: &Env, config: &Config, now: Moment) -> Result<(), StoreError> {
    let chores = Chores {
        key: config.keys.first().id(),
        uninstalled_before: Moment(now.0 - uninstall::KEPT.0),
        again: now + CHORE_AGAIN,
    };
    wake(env, installations::with_chores(&d1::database(env)?, chores, now, CHORES_PER_RUN).await?, 0).await;
    Ok(())
}

/// Wakes the accounts, as many as `before` were woken before them in this run.
async fn wake(env: &Env, accounts: Vec<AccountId>, before: i64) {
    for (place, account) in (before..).zip(accounts) {
        wake_one(env, account, Millis(APART.0 * place)).await;
    }
}

async fn wake_one(env: &Env, account: AccountId, after: Millis) {
    let woken = match serde_json::to_string(&Wake { account: Some(account), after }) {
        Ok(json) => account_object::post_internal(env, account, "wake", json).await.map(|_| ()),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = woken {
        let fields = [(log::ACCOUNT, account.0.into()), ("error", error.to_string().into())];
        log::warn("an account could not be woken", &fields);
    }
}
