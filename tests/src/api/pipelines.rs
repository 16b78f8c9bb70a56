//! Pipelines and their stages.

use serde_json::{Value, json};

use super::{Answer, Call, Reply};
use crate::{
    problem::Problem,
    state::{Account, LOST, Pipeline, Status, WON, World},
};

fn status_json(call: &Call, account: &Account, pipeline: &Pipeline, status: &Status) -> Value {
    json!({
        "id": status.id, "name": status.name, "sort": status.sort,
        "is_editable": !status.is_incoming && !matches!(status.id, WON | LOST),
        "pipeline_id": pipeline.id, "color": status.color, "type": u8::from(status.is_incoming),
        "account_id": account.id,
        "_links": call.href(&format!("leads/pipelines/{}/statuses/{}", pipeline.id, status.id)),
    })
}

/// The stage of incoming leads exists only while the account has them switched on.
fn shown<'a>(account: &'a Account, pipeline: &'a Pipeline) -> impl Iterator<Item = &'a Status> {
    pipeline.statuses.iter().filter(|status| account.unsorted_on || !status.is_incoming)
}

fn pipeline_json(call: &Call, account: &Account, pipeline: &Pipeline) -> Value {
    let statuses: Vec<Value> =
        shown(account, pipeline).map(|status| status_json(call, account, pipeline, status)).collect();
    json!({
        "id": pipeline.id, "name": pipeline.name, "sort": pipeline.sort, "is_main": pipeline.is_main,
        "is_unsorted_on": account.unsorted_on, "is_archive": false, "account_id": account.id,
        "_links": call.href(&format!("leads/pipelines/{}", pipeline.id)),
        "_embedded": {"statuses": statuses},
    })
}

fn find<'a>(account: &'a Account, call: &Call) -> Result<&'a Pipeline, Problem> {
    let id = call.id(3)?;
    account.pipelines.iter().find(|pipeline| pipeline.id == id).ok_or_else(Problem::not_found)
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let pipelines: Vec<Value> =
        account.pipelines.iter().map(|pipeline| pipeline_json(call, account, pipeline)).collect();
    Ok(Reply::Json(
        200,
        json!({
            "_total_items": pipelines.len(), "_links": call.href("leads/pipelines"),
            "_embedded": {"pipelines": pipelines},
        }),
    ))
}

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    Ok(Reply::Json(200, pipeline_json(call, account, find(account, call)?)))
}

pub(super) fn statuses(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let pipeline = find(account, call)?;
    let statuses: Vec<Value> =
        shown(account, pipeline).map(|status| status_json(call, account, pipeline, status)).collect();
    Ok(Reply::Json(200, json!({"_total_items": statuses.len(), "_embedded": {"statuses": statuses}})))
}

pub(super) fn status(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let pipeline = find(account, call)?;
    let id = call.id(5)?;
    let status = shown(account, pipeline).find(|status| status.id == id).ok_or_else(Problem::not_found)?;
    Ok(Reply::Json(200, status_json(call, account, pipeline, status)))
}
