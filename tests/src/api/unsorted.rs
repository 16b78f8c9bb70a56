//! Incoming leads: hidden from the lists until someone accepts them.

use serde_json::json;

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    history, rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, EntityKind, Id, Unsorted, UnsortedStatus, World},
};

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    rights::require_any(account, call.actor, EntityKind::Lead, Deed::View)?;
    let mut found: Vec<&Unsorted> = account
        .unsorted
        .iter()
        .filter(|unsorted| unsorted.status == UnsortedStatus::Pending)
        .filter(|unsorted| {
            call.passes(world, "uid", &unsorted.uid)
                && call.passes(world, "category", &unsorted.category)
                && call.passes(world, "pipeline_id", &unsorted.pipeline_id.to_string())
        })
        .collect();
    if let Some((_, descending)) = call.order(&["created_at"]) {
        found.sort_by_key(|unsorted| unsorted.created_at);
        if descending {
            found.reverse();
        }
    }
    let shown = call.view(|view| found.iter().map(|unsorted| view.unsorted(account, unsorted)).collect());
    call.list("unsorted", shown, false)
}

fn pending<'a>(account: &'a Account, uid: &str) -> Result<&'a Unsorted, Problem> {
    account
        .unsorted
        .iter()
        .find(|unsorted| unsorted.uid == uid && unsorted.status == UnsortedStatus::Pending)
        .ok_or_else(Problem::not_found)
}

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    rights::require_any(account, call.actor, EntityKind::Lead, Deed::View)?;
    let unsorted = pending(account, call.part(3))?;
    Ok(Reply::Json(200, call.view(|view| view.unsorted(account, unsorted))))
}

fn settle(world: &mut World, call: &Call, uid: &str, status: UnsortedStatus) -> Answer {
    let account = call.account_mut(world)?;
    let unsorted = account.unsorted.iter_mut().find(|unsorted| unsorted.uid == uid).ok_or_else(Problem::not_found)?;
    unsorted.status = status;
    let settled = unsorted.clone();
    let body = json!({
        "uid": settled.uid, "pipeline_id": settled.pipeline_id, "category": settled.category,
        "created_at": settled.created_at, "_links": call.href(&call.path[1..].join("/")),
        "_embedded": call.view(|view| view.unsorted_embedded(&settled)),
    });
    Ok(Reply::Json(200, body))
}

fn members(unsorted: &Unsorted) -> Vec<(EntityKind, Id)> {
    [
        (EntityKind::Lead, &unsorted.leads),
        (EntityKind::Contact, &unsorted.contacts),
        (EntityKind::Company, &unsorted.companies),
    ]
    .into_iter()
    .flat_map(|(kind, ids)| ids.iter().map(move |id| (kind, *id)))
    .collect()
}

pub(super) fn accept(world: &mut World, call: &Call) -> Answer {
    let uid = call.part(3).to_owned();
    let account = call.account(world)?;
    let waiting = pending(account, &uid)?.clone();
    let object = check::optional(call)?;
    let mut fields = Fields::new(&object, "");
    let user = fields.user(account, "user_id").unwrap_or(call.actor.user);
    let wanted = fields.id("status_id");
    let home = account.pipelines.iter().find(|pipeline| match wanted {
        None => pipeline.id == waiting.pipeline_id,
        Some(wanted) => pipeline.statuses.iter().any(|status| status.id == wanted && !status.is_incoming),
    });
    let Some(home) = home else {
        fields.unknown("status_id");
        return fields.done().map(|()| Reply::Empty(204));
    };
    let (pipeline, status) = (home.id, wanted.unwrap_or_else(|| home.first_regular()));
    fields.done()?;
    if world.switches.accept_failures > 0 {
        world.switches.accept_failures -= 1;
        return Err(Problem::new(400, "The incoming lead cannot be accepted right now"));
    }
    let moment = world.now();
    let account = call.account_mut(world)?;
    for (kind, id) in members(&waiting) {
        if let Some(entity) = account.entities_mut(kind).get_mut(&id) {
            entity.is_unsorted = false;
            entity.updated_at = moment as i64;
            entity.indexed.before = Vec::new();
            entity.indexed.changed_at = moment;
            if kind == EntityKind::Lead {
                entity.created_by = user;
                entity.deal.pipeline_id = pipeline;
                entity.deal.status_id = status;
            }
        }
    }
    for (kind, id) in members(&waiting) {
        history::added(world, call.actor.account, kind, id);
    }
    settle(world, call, &uid, UnsortedStatus::Accepted)
}

pub(super) fn decline(world: &mut World, call: &Call) -> Answer {
    let uid = call.part(3).to_owned();
    let account = call.account(world)?;
    let waiting = pending(account, &uid)?.clone();
    let object = check::optional(call)?;
    let mut fields = Fields::new(&object, "");
    if !fields.has("user_id") {
        fields.missing("user_id");
    }
    let user = fields.user(account, "user_id").unwrap_or(call.actor.user);
    fields.done()?;
    for (kind, id) in members(&waiting) {
        history::deleted(world, call.actor.account, kind, id, user);
    }
    settle(world, call, &uid, UnsortedStatus::Declined)
}
