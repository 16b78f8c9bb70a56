//! Who acts: the user behind a token or a browser session, in one account.

use axum::http::HeaderMap;

use crate::{
    problem::Problem,
    state::{Id, World},
    surface::{Host, Visitor},
};

/// The person in whose name a request runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor {
    pub(crate) account: Id,
    pub(crate) user: Id,
    /// May do everything. An administrator's grant keeps this even after they left.
    pub(crate) is_admin: bool,
}

fn unauthorized() -> Problem {
    Problem::new(401, "Unauthorized")
}

/// Finds the actor. The first use of a new token outdates the refresh token it came from.
pub(crate) fn actor(world: &mut World, visitor: &Visitor, headers: &HeaderMap) -> Result<Actor, Problem> {
    let actor = match (&visitor.session, &visitor.token) {
        (Some(session), _) => signed_in(world, session.account, session.user)?,
        (None, Some(token)) => by_token(world, &visitor.host, token)?,
        (None, None) => {
            at_an_account(world, &visitor.host)?;
            return Err(unauthorized());
        }
    };
    match headers.get("x-context-user-id") {
        None => Ok(actor),
        Some(context) => {
            let user: Id = context.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(unauthorized)?;
            if !actor.is_admin {
                return Err(Problem::forbidden());
            }
            signed_in(world, actor.account, user)
        }
    }
}

fn signed_in(world: &World, account: Id, user: Id) -> Result<Actor, Problem> {
    world
        .accounts
        .get(&account)
        .and_then(|account| account.users.get(&user))
        .filter(|user| user.is_active && !user.is_free)
        .map(|user| Actor { account, user: user.id, is_admin: user.is_admin })
        .ok_or_else(unauthorized)
}

/// Refuses requests that did not go to an account's own host of today.
fn at_an_account(world: &World, host: &Host) -> Result<(), Problem> {
    match host {
        Host::Account(_) => Ok(()),
        Host::Www => Err(Problem::new(400, "Send this request to the account's own address")),
        Host::Renamed => Err(unauthorized()),
        Host::ApiDomain | Host::Unknown => Err(Problem::new(404, "Account not found")),
        Host::Missing if world.switches.require_intended_host => {
            Err(Problem::new(400, "Send this request to the account's own address"))
        }
        Host::Missing => Ok(()),
    }
}

fn by_token(world: &mut World, host: &Host, token: &str) -> Result<Actor, Problem> {
    at_an_account(world, host)?;
    let now = world.now();
    let account = world
        .accounts
        .values_mut()
        .find(|account| account.grants.access.contains_key(token))
        .ok_or_else(unauthorized)?;
    if let Host::Account(id) = host
        && *id != account.id
    {
        return Err(unauthorized());
    }
    let known = account.grants.access.get(token).cloned().ok_or_else(unauthorized)?;
    if known.expires_at <= now {
        return Err(unauthorized());
    }
    account.grants.outdate(known.parent.as_deref());
    let user = account.users.get(&known.user);
    if !known.full && !user.is_some_and(|user| user.is_active) {
        return Err(unauthorized());
    }
    Ok(Actor { account: account.id, user: known.user, is_admin: known.full || user.is_some_and(|user| user.is_admin) })
}
