//! From a stored code to a connected account. The row in `pending_grants` outlives this request; whoever holds its
//! lease works on it, here at once, later the cron.
//!
//! Why every step may run twice:
//! 1. Exchanging a code again: Kommo takes a code once, so a second exchange is refused, changes nothing and ends in
//!    "connect again". An answer that was lost may have cost the code; trying again finds out.
//! 2. Keeping the pair: overwrites the same row with the same pair.
//! 3. Asking for the account: only reads.
//! 4. Handing the pair to the Account object: it stores the same pair again and verifies it again.
//! 5. Removing or postponing the row: the same row, the same end.

use crate::adapters::d1::{self, pending_grants, pending_grants::PendingGrant};
use crate::adapters::{account_object, clock, gate};
use crate::config::Config;
use crate::internal::{Grant, GrantAnswer, GrantResult};
use crate::log;
use kommo_voip_domain::ids::AccountId;
use kommo_voip_domain::kommo::account::GetAccount;
use kommo_voip_domain::kommo::host::account_host;
use kommo_voip_domain::kommo::oauth::{ExchangeCode, TokenPair, claims_hint};
use kommo_voip_domain::kommo::{ErrorKind, KommoError};
use kommo_voip_domain::limits::{Bucket, Rate};
use kommo_voip_domain::time::{Millis, Moment};
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;
use worker::{Delay, Env};

/// How long a row belongs to whoever took it. Shorter than one try may last, and two would work on one code.
pub const LEASE: Millis = Millis::seconds(90);
/// What a sealed code is bound to.
pub const CODE: &str = "pending_grants/code";
const PAIR: &str = "pending_grants/pair";

/// Kommo's codes live this long.
const CODE_LIFE: Millis = Millis::minutes(20);
/// An exchanged pair is good for a day without a refresh.
const PAIR_LIFE: Millis = Millis::minutes(24 * 60);
/// The platform lets work go on for 30 s after an answer; the last try must fit in.
const PATIENCE: Millis = Millis::seconds(15);
const BETWEEN_TRIES: Duration = Duration::from_secs(2);
const TIME_OUT: Millis = Millis::seconds(10);

/// Codes of one host that Kommo's own call brings and that are exchanged at once; anybody can make that call up, and
/// each would be a request to the account outside its pace.
const AT_ONCE: Rate = Rate { per_second: 1, burst: 1 };
/// So many hosts are kept in mind.
const MOST_HOSTS: usize = 1000;

thread_local! {
    static ASKED: RefCell<HashMap<String, Bucket>> = RefCell::default();
}

/// Whether a code that nobody vouches for may be exchanged now. Others wait for the cron, which takes one of each host.
pub fn may_ask_at_once(host: &str, now: Moment) -> bool {
    ASKED.with_borrow_mut(|asked| {
        if asked.len() >= MOST_HOSTS {
            asked.clear();
        }
        asked.entry(host.to_owned()).or_default().take(AT_ONCE, now).is_ok()
    })
}

/// Codes older than this are worthless.
pub fn codes_end(now: Moment) -> Moment {
    Moment(now.0 - CODE_LIFE.0)
}

/// How a connection ended, or that it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The account is connected.
    Connected,
    /// Whoever agreed is no administrator.
    NotAdmin,
    /// Only connecting again helps.
    Failed,
    /// Kommo or the object did not answer; the cron goes on.
    Waiting,
}

/// Why a try did not end.
enum Obstacle {
    /// May work later.
    Passing(String),
    /// Will never work.
    Lasting(String),
}

/// Works on a grant at once, for as long as the platform lets us.
pub async fn pursue(env: &Env, config: &Config, mut grant: PendingGrant) -> Outcome {
    let give_up = clock::now() + PATIENCE;
    loop {
        let outcome = attempt(env, config, &mut grant).await;
        if outcome != Outcome::Waiting || clock::now() > give_up {
            return outcome;
        }
        Delay::from(BETWEEN_TRIES).await;
    }
}

/// One try; the row is removed or put back for later.
pub async fn attempt(env: &Env, config: &Config, grant: &mut PendingGrant) -> Outcome {
    let result = advance(env, config, grant).await;
    let now = clock::now();
    let life = if grant.pair.is_some() { PAIR_LIFE } else { CODE_LIFE };
    let is_alive = now < Moment::from_seconds(grant.received_at) + life;
    let (outcome, why) = match result {
        Ok(GrantAnswer { result, detail }) => {
            let outcome = match result {
                GrantResult::Connected => Outcome::Connected,
                GrantResult::NotAdmin => Outcome::NotAdmin,
                GrantResult::Failed => Outcome::Failed,
            };
            (outcome, detail.unwrap_or_default())
        }
        Err(Obstacle::Passing(why)) if is_alive => (Outcome::Waiting, why),
        Err(Obstacle::Passing(why) | Obstacle::Lasting(why)) => (Outcome::Failed, why),
    };
    let fields = [
        ("host", grant.host.as_str().into()),
        ("outcome", format!("{outcome:?}").into()),
        ("why", why.as_str().into()),
    ];
    log::info("a connection went on", &fields);
    if let Err(error) = settle(env, grant, outcome, &why, now).await {
        // The lease ends by itself and the row is tried again: see the argument above.
        log::error("a pending grant could not be settled", &[("error", error.to_string().into())]);
    }
    outcome
}

async fn settle(
    env: &Env,
    grant: &PendingGrant,
    outcome: Outcome,
    why: &str,
    now: Moment,
) -> Result<(), d1::StoreError> {
    let db = d1::database(env)?;
    if outcome == Outcome::Waiting {
        // Still leased: whoever tries now may try again. Afterwards the cron finds it due.
        pending_grants::postpone(&db, grant.id, now + Millis::seconds(45), why).await // 5
    } else {
        pending_grants::remove(&db, grant.id).await // 5
    }
}

async fn advance(env: &Env, config: &Config, grant: &mut PendingGrant) -> Result<GrantAnswer, Obstacle> {
    let pair = match &grant.pair {
        Some(sealed) => unseal(config, sealed)?,
        None => {
            let pair = exchange(env, config, grant).await?; // 1
            keep(env, config, grant, &pair).await; // 2
            pair
        }
    };
    let hint = claims_hint(&pair.access_token).unwrap_or_default();
    let account_id = match hint.account_id {
        Some(account) => account,
        None => account_of(env, config, &grant.host, &pair).await?, // 3
    };
    // The hint is not verified, and a host that gets refresh tokens must be Kommo's.
    let api_domain = hint.api_domain.and_then(|domain| account_host(&domain, &config.domains()));
    let message = Grant {
        account_id,
        host: grant.host.clone(),
        access_token: pair.access_token,
        refresh_token: pair.refresh_token,
        expires_in: pair.expires_in,
        api_domain,
    };
    hand_over(env, &message).await.map_err(|error| Obstacle::Passing(error.to_string())) // 4
}

async fn exchange(env: &Env, config: &Config, grant: &PendingGrant) -> Result<TokenPair, Obstacle> {
    let code = config.sealer.open_text(&grant.code, CODE).map_err(|error| Obstacle::Lasting(error.to_string()))?;
    let ask = ExchangeCode {
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        redirect_uri: config.redirect_uri.clone(),
        code,
    };
    gate::ask_outside(env, config, &grant.host, None, &ask, TIME_OUT).await.map_err(|error| classify(&error))
}

async fn account_of(env: &Env, config: &Config, host: &str, pair: &TokenPair) -> Result<AccountId, Obstacle> {
    let asked = gate::ask_outside(env, config, host, Some(&pair.access_token), &GetAccount, TIME_OUT).await;
    asked.map(|account| account.id).map_err(|error| classify(&error))
}

fn classify(error: &KommoError) -> Obstacle {
    match error.kind() {
        ErrorKind::Retry => Obstacle::Passing(error.to_string()),
        ErrorKind::Refuse | ErrorKind::Fatal => Obstacle::Lasting(error.to_string()),
    }
}

/// From here on the pair is all there is: the code is used up.
async fn keep(env: &Env, config: &Config, grant: &mut PendingGrant, pair: &TokenPair) {
    let sealed = serde_json::to_string(pair).ok().and_then(|json| config.sealer.seal_text(&json, PAIR).ok());
    let Some(sealed) = sealed else { return };
    let stored = match d1::database(env) {
        Ok(db) => pending_grants::keep_pair(&db, grant.id, &sealed).await,
        Err(error) => Err(error),
    };
    if let Err(error) = stored {
        // We still hold it and go on; only a crash before the object has it would cost the connection.
        log::warn("an exchanged pair could not be kept", &[("error", error.to_string().into())]);
    }
    grant.pair = Some(sealed);
}

fn unseal(config: &Config, sealed: &str) -> Result<TokenPair, Obstacle> {
    let json = config.sealer.open_text(sealed, PAIR).map_err(|error| Obstacle::Lasting(error.to_string()))?;
    serde_json::from_str(&json).map_err(|error| Obstacle::Lasting(error.to_string()))
}

async fn hand_over(env: &Env, grant: &Grant) -> worker::Result<GrantAnswer> {
    let mut response =
        account_object::post_internal(env, grant.account_id, "grant", serde_json::to_string(grant)?).await?;
    let status = response.status_code();
    let body = response.text().await?;
    if status != 200 {
        return Err(worker::Error::RustError(format!("the account object answered {status}")));
    }
    Ok(serde_json::from_str(&body)?)
}
