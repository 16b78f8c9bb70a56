//! Tasks, the follow-up of missed calls (Kommo API reference: tasks).

use super::error::{success, written};
use super::fields::{Fields, answered, read_list, single};
use super::leads::set;
use super::query::Query;
use super::{Ask, KommoError, Method, Reply, Request};
use crate::ids::{Entity, EntityKind, TaskId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The kind of task every account has: follow-up.
const FOLLOW_UP: i64 = 1;

/// Creates a follow-up task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTask {
    /// What to do.
    pub text: String,
    /// By when, Unix seconds.
    pub complete_till: i64,
    /// About what.
    pub entity: Option<Entity>,
    /// Who does it; the grant's user if none.
    pub responsible: Option<UserId>,
    /// Comes back with the answer; never stored.
    pub request_id: String,
}

/// Completes a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteTask {
    /// The task.
    pub id: TaskId,
    /// What came of it.
    pub result: String,
}

/// Changes what a task says and when it is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeTask {
    /// The task.
    pub id: TaskId,
    /// What to do.
    pub text: String,
    /// By when, Unix seconds.
    pub complete_till: i64,
}

/// The newest 50 tasks of an entity, or those about nothing: how a task is found whose creation was never answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestTasks {
    /// Which entity's; none: tasks about nothing, among the newest of the account.
    pub entity: Option<Entity>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The task.
    pub id: TaskId,
    /// What to do.
    pub text: String,
    /// By when, Unix seconds.
    pub complete_till: i64,
    /// About what.
    pub entity: Option<Entity>,
    /// Who does it.
    pub responsible_user_id: UserId,
    /// Done.
    pub is_completed: bool,
    /// Unix seconds.
    pub created_at: i64,
}

impl Task {
    fn read(item: Fields<'_>) -> Result<Self, KommoError> {
        let kind = match item.text("entity_type") {
            Some("leads" | "lead") => Some(EntityKind::Leads),
            Some("contacts" | "contact") => Some(EntityKind::Contacts),
            Some("companies" | "company") => Some(EntityKind::Companies),
            _ => None,
        };
        Ok(Self {
            id: TaskId(item.id("id")?),
            text: item.text_or_empty("text"),
            complete_till: item.whole("complete_till").unwrap_or_default(),
            entity: kind.zip(item.whole("entity_id")).map(|(kind, id)| Entity::new(kind, id)),
            responsible_user_id: UserId(item.whole("responsible_user_id").unwrap_or_default()),
            is_completed: item.flag("is_completed"),
            created_at: item.whole("created_at").unwrap_or_default(),
        })
    }
}

impl Ask for CreateTask {
    type Answer = TaskId;

    fn request(&self) -> Request {
        let mut item = crate::short::object([
            ("text".to_owned(), json!(self.text)),
            ("complete_till".to_owned(), json!(self.complete_till)),
            ("task_type_id".to_owned(), json!(FOLLOW_UP)),
            ("request_id".to_owned(), json!(self.request_id)),
        ]);
        set(&mut item, "entity_id", self.entity.map(Entity::id));
        set(&mut item, "entity_type", self.entity.map(|entity| entity.kind().as_str()));
        set(&mut item, "responsible_user_id", self.responsible);
        Request::with_body(Method::Post, "/api/v4/tasks", json!([item]))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<TaskId, KommoError> {
        answered(&written(reply)?, "tasks", &self.request_id)?.id("id").map(TaskId)
    }
}

impl Ask for CompleteTask {
    type Answer = TaskId;

    fn request(&self) -> Request {
        let body = json!({"is_completed": true, "result": {"text": self.result}});
        Request::with_body(Method::Patch, format!("/api/v4/tasks/{}", self.id), body)
    }

    fn read(&self, reply: &Reply<'_>) -> Result<TaskId, KommoError> {
        changed(self.id, reply)
    }
}

impl Ask for ChangeTask {
    type Answer = TaskId;

    fn request(&self) -> Request {
        let body = json!({"text": self.text, "complete_till": self.complete_till});
        Request::with_body(Method::Patch, format!("/api/v4/tasks/{}", self.id), body)
    }

    fn read(&self, reply: &Reply<'_>) -> Result<TaskId, KommoError> {
        changed(self.id, reply)
    }
}

fn changed(asked: TaskId, reply: &Reply<'_>) -> Result<TaskId, KommoError> {
    let id = TaskId(single(&written(reply)?, "tasks")?.id("id")?);
    if id == asked { Ok(id) } else { Err(KommoError::unreadable("another task than the one changed")) }
}

impl Ask for NewestTasks {
    type Answer = Vec<Task>;

    fn request(&self) -> Request {
        let mut query = Query::new("/api/v4/tasks");
        if let Some(entity) = self.entity {
            query = query
                .pair("filter[entity_type]", entity.kind().as_str())
                .pair("filter[entity_id][]", entity.id().to_string());
        }
        Request::get(query.pair("order[id]", "desc").pair("limit", "50").path())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<Task>, KommoError> {
        let tasks = read_list(success(reply)?.as_ref(), "tasks", Task::read)?;
        Ok(tasks.into_iter().filter(|task| task.entity == self.entity).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ContactId, LeadId};
    use crate::kommo::testing::{refuses_all, reply};

    #[test]
    fn a_task_is_created_about_an_entity() {
        let mut ask = CreateTask {
            text: "Call back".into(),
            complete_till: 1_771_003_600,
            entity: Some(Entity::Leads(LeadId(700_123))),
            responsible: Some(UserId(9)),
            request_id: "missed-42".into(),
        };
        assert_eq!(
            ask.request().body,
            Some(json!([{"task_type_id": 1, "text": "Call back", "complete_till": 1771003600, "entity_id": 700123,
                "entity_type": "leads", "responsible_user_id": 9, "request_id": "missed-42"}]))
        );
        let body = r#"{"_embedded":{"tasks":[{"id":55,"request_id":"missed-42"}]}}"#;
        assert_eq!(ask.read(&reply(200, body)), Ok(TaskId(55)));
        refuses_all(&ask);
        (ask.entity, ask.responsible) = (None, None);
        assert!(!ask.request().body.map(|body| body.to_string()).unwrap_or_default().contains("null"));
    }

    #[test]
    fn a_task_is_completed_with_its_result() {
        let ask = CompleteTask { id: TaskId(55), result: "Answered by Mia".into() };
        assert_eq!(ask.request().path, "/api/v4/tasks/55");
        assert_eq!(ask.request().body, Some(json!({"is_completed": true, "result": {"text": "Answered by Mia"}})));
        assert_eq!(ask.read(&reply(200, r#"{"id":55,"updated_at":1}"#)), Ok(TaskId(55)));
        assert_eq!(ask.read(&reply(404, "{}")), Err(KommoError::NotFound));
        refuses_all(&ask);
    }

    #[test]
    fn a_task_is_changed() {
        let ask = ChangeTask { id: TaskId(55), text: "Call twice".into(), complete_till: 1_771_003_600 };
        assert_eq!((ask.request().method, ask.request().path.as_str()), (Method::Patch, "/api/v4/tasks/55"));
        assert_eq!(ask.request().body, Some(json!({"text": "Call twice", "complete_till": 1771003600})));
        assert_eq!(ask.read(&reply(200, r#"{"id":55,"updated_at":1}"#)), Ok(TaskId(55)));
        assert!(ask.read(&reply(200, r#"{"id":56}"#)).is_err());
        refuses_all(&ask);
    }

    #[test]
    fn tasks_of_other_entities_are_passed_over() {
        let ask = NewestTasks { entity: Some(Entity::Contacts(ContactId(501))) };
        assert!(
            ask.request().path.contains("entity_type%5D=contacts&filter%5Bentity_id%5D%5B%5D=501&order%5Bid%5D=desc")
        );
        let body = r#"{"_embedded":{"tasks":[
            {"id":1,"text":"a","entity_type":"contacts","entity_id":501,"is_completed":false,"result":[]},
            {"id":2,"text":"b","entity_type":"leads","entity_id":501},{"id":3,"entity_type":null,"entity_id":null}]}}"#;
        let ids = ask.read(&reply(200, body)).map(|tasks| tasks.iter().map(|task| task.id.0).collect::<Vec<_>>());
        assert_eq!(ids, Ok(vec![1]));
        let about_nothing = NewestTasks { entity: None };
        assert_eq!(about_nothing.request().path, "/api/v4/tasks?order%5Bid%5D=desc&limit=50");
        let ids =
            about_nothing.read(&reply(200, body)).map(|tasks| tasks.iter().map(|task| task.id.0).collect::<Vec<_>>());
        assert_eq!(ids, Ok(vec![3]));
        assert_eq!(ask.read(&reply(204, "")), Ok(vec![]));
        refuses_all(&ask);
    }
}
