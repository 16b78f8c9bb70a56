//! Pipelines and their stages (Kommo API reference: pipelines and statuses).

use super::error::success;
use super::fields::{Fields, read_list};
use super::{Ask, KommoError, Reply, Request};
use crate::ids::{PipelineId, StatusId};
use serde::{Deserialize, Serialize};

/// The stage "won"; the same id in every pipeline.
pub const WON: StatusId = StatusId(142);

/// The stage "lost"; the same id in every pipeline.
pub const LOST: StatusId = StatusId(143);

/// All pipelines with all stages; Kommo does not page them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPipelines;

/// A pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// The pipeline.
    pub id: PipelineId,
    /// Its name.
    pub name: String,
    /// Its place among the others.
    pub sort: i64,
    /// New leads go here unless told otherwise.
    pub is_main: bool,
    /// Put away.
    pub is_archive: bool,
    /// Has a stage for incoming leads.
    pub is_unsorted_on: bool,
    /// Its stages.
    pub statuses: Vec<Status>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The stage.
    pub id: StatusId,
    /// Its name.
    pub name: String,
    /// Its place in the pipeline.
    pub sort: i64,
    /// What it holds.
    pub kind: StatusKind,
}

/// What a stage holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// Leads.
    Regular,
    /// Incoming leads that wait for acceptance.
    Incoming,
}

impl Status {
    /// Won or lost.
    pub fn is_closed(&self) -> bool {
        self.id == WON || self.id == LOST
    }

    /// A new lead can stand here: neither for incoming leads nor closed.
    pub fn is_regular(&self) -> bool {
        self.kind == StatusKind::Regular && !self.is_closed()
    }
}

impl Pipeline {
    /// The first stage a new lead can stand in.
    pub fn first_regular_status(&self) -> Option<&Status> {
        self.statuses.iter().filter(|status| status.is_regular()).min_by_key(|status| status.sort)
    }

    fn read(item: Fields<'_>) -> Result<Self, KommoError> {
        let statuses = item.embedded("statuses").map(|status| {
            Ok(Status {
                id: StatusId(status.id("id")?),
                name: status.text_or_empty("name"),
                sort: status.whole("sort").unwrap_or_default(),
                kind: if status.whole("type") == Some(1) { StatusKind::Incoming } else { StatusKind::Regular },
            })
        });
        Ok(Self {
            id: PipelineId(item.id("id")?),
            name: item.text_or_empty("name"),
            sort: item.whole("sort").unwrap_or_default(),
            is_main: item.flag("is_main"),
            is_archive: item.flag("is_archive"),
            is_unsorted_on: item.flag("is_unsorted_on"),
            statuses: statuses.collect::<Result<_, _>>()?,
        })
    }
}

impl Ask for ListPipelines {
    type Answer = Vec<Pipeline>;

    fn request(&self) -> Request {
        Request::get("/api/v4/leads/pipelines")
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Pipeline>, KommoError> {
        read_list(success(reply)?.as_ref(), "pipelines", Pipeline::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    #[test]
    fn pipelines_are_read_with_their_stages() {
        let body = r#"{"_total_items":1,"_embedded":{"pipelines":[{"id":810001,"name":"Sales","sort":1,"is_main":true,
            "is_unsorted_on":true,"is_archive":false,"_embedded":{"statuses":[
            {"id":64000001,"name":"Incoming","sort":10,"type":1},{"id":142,"name":"Won","sort":15,"type":0},
            {"id":64000003,"name":"Talk","sort":30,"type":0},{"id":64000002,"name":"First","sort":20,"type":0}]}}]}}"#;
        let pipelines = ListPipelines.read(&reply(200, body)).expect("a list");
        let pipeline = pipelines.first().expect("one");
        assert!(pipeline.is_main && pipeline.is_unsorted_on && !pipeline.is_archive);
        assert_eq!(pipeline.statuses.len(), 4);
        assert_eq!(pipeline.first_regular_status().map(|status| status.id), Some(StatusId(64_000_002)));
    }

    #[test]
    fn none_is_an_empty_list_and_a_stage_without_id_is_refused() {
        assert_eq!(ListPipelines.read(&reply(204, "")), Ok(vec![]));
        let body = r#"{"_embedded":{"pipelines":[{"id":1,"_embedded":{"statuses":[{"name":"x"}]}}]}}"#;
        assert!(ListPipelines.read(&reply(200, body)).is_err());
        refuses_all(&ListPipelines);
    }
}
