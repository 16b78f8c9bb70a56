//! Tasks.

use serde_json::{Value, json};

use super::{
    Answer, Call, Reply,
    account::TASK_TYPES,
    check::{self, Fields},
    entities, history, rights,
    rights::Deed,
};
use crate::{
    problem::Problem,
    state::{Account, EntityKind, Id, Reach, Task, World},
};

/// What a client wants a task to be.
#[derive(Default)]
struct Draft {
    text: Option<String>,
    complete_till: Option<i64>,
    task_type: Option<Id>,
    entity: Option<(EntityKind, Id)>,
    responsible: Option<Id>,
    duration: Option<i64>,
    is_completed: Option<bool>,
    result: Option<String>,
    created_by: Option<Id>,
    updated_by: Option<Id>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

fn read_draft(fields: &mut Fields<'_>, account: &Account, new: bool) -> Draft {
    let text = if new { Some(fields.required_text("text")) } else { fields.text("text") };
    let complete_till =
        if new { Some(fields.required_integer("complete_till")) } else { fields.integer("complete_till") };
    let task_type = fields.id("task_type_id");
    if task_type.is_some_and(|id| !TASK_TYPES.iter().any(|known| known.0 == id)) {
        fields.unknown("task_type_id");
    }
    let mut draft = Draft {
        text,
        complete_till,
        task_type,
        entity: entity(fields, account),
        responsible: fields.user(account, "responsible_user_id"),
        duration: fields.integer("duration"),
        is_completed: fields.boolean("is_completed"),
        created_by: fields.author(account, "created_by"),
        updated_by: fields.author(account, "updated_by"),
        created_at: fields.integer("created_at"),
        updated_at: fields.integer("updated_at"),
        result: None,
    };
    if let Some(mut result) = fields.object("result") {
        draft.result = Some(result.required_text("text"));
        fields.absorb(result);
    }
    draft
}

fn entity(fields: &mut Fields<'_>, account: &Account) -> Option<(EntityKind, Id)> {
    if fields.is_null("entity_id") && fields.is_null("entity_type") {
        return None;
    }
    let id = fields.id("entity_id");
    let name = fields.text("entity_type");
    match (id, name) {
        (None, None) => None,
        (Some(_), None) => {
            fields.missing("entity_type");
            None
        }
        (None, Some(_)) => {
            fields.missing("entity_id");
            None
        }
        (Some(id), Some(name)) => match EntityKind::from_plural(&name) {
            None => {
                fields.unknown("entity_type");
                None
            }
            Some(kind) if account.entity(kind, id).is_none() => {
                fields.unknown("entity_id");
                None
            }
            Some(kind) => Some((kind, id)),
        },
    }
}

impl Draft {
    fn apply(self, task: &mut Task, call: &Call) {
        task.text = self.text.unwrap_or_else(|| task.text.clone());
        task.complete_till = self.complete_till.unwrap_or(task.complete_till);
        task.task_type_id = self.task_type.unwrap_or(task.task_type_id);
        task.entity = self.entity.or(task.entity);
        task.responsible_user_id = self.responsible.unwrap_or(task.responsible_user_id);
        task.duration = self.duration.unwrap_or(task.duration);
        task.is_completed = self.is_completed.unwrap_or(task.is_completed);
        task.result = self.result.or_else(|| task.result.clone());
        task.updated_by = self.updated_by.unwrap_or(call.actor.user);
        task.updated_at = self.updated_at.unwrap_or(call.now);
    }
}

/// Whether the user may see the task: it is theirs, or they may see its entity.
fn visible(account: &Account, call: &Call, task: &Task) -> bool {
    task.responsible_user_id == call.actor.user
        || task.entity.is_none_or(|(kind, id)| {
            account.entity(kind, id).is_some_and(|entity| rights::may(account, call.actor, kind, Deed::View, entity))
        })
}

fn may_edit(account: &Account, call: &Call, task: &Task) -> bool {
    if call.actor.is_admin {
        return true;
    }
    let Some(user) = account.users.get(&call.actor.user) else {
        return false;
    };
    let owner = task.responsible_user_id;
    match user.rights.tasks_edit {
        Reach::All => true,
        Reach::Group => account.users.get(&owner).is_some_and(|other| other.group_id == user.group_id),
        Reach::Own => owner == user.id,
        Reach::Denied => false,
    }
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let mut found: Vec<&Task> = account
        .tasks
        .values()
        .filter(|task| visible(account, call, task))
        .filter(|task| {
            let (kind, id) = task
                .entity
                .map_or((String::new(), String::new()), |(kind, id)| (kind.plural().to_owned(), id.to_string()));
            let task_type = task.task_type_id.to_string();
            call.passes(world, "id", &task.id.to_string())
                && call.passes(world, "responsible_user_id", &task.responsible_user_id.to_string())
                && call.passes(world, "is_completed", &u8::from(task.is_completed).to_string())
                && call.passes(world, "task_type", &task_type)
                && call.passes(world, "task_type_id", &task_type)
                && call.passes(world, "entity_type", &kind)
                && call.passes(world, "entity_id", &id)
                && call.within(world, "updated_at", task.updated_at)
        })
        .collect();
    if let Some((field, descending)) = call.order(&["complete_till", "created_at", "id"]) {
        found.sort_by_key(|task| match field.as_str() {
            "complete_till" => (task.complete_till, task.id),
            "created_at" => (task.created_at, task.id),
            _ => (0, task.id),
        });
        if descending {
            found.reverse();
        }
    }
    let shown = call.view(|view| found.iter().map(|task| view.task(account, task)).collect());
    call.list("tasks", shown, false)
}

pub(super) fn read(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let task =
        account.tasks.get(&call.id(2)?).filter(|task| visible(account, call, task)).ok_or_else(Problem::not_found)?;
    Ok(Reply::Json(200, call.view(|view| view.task(account, task))))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut drafts = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        let draft = read_draft(&mut fields, account, true);
        if let Some((kind, id)) = draft.entity
            && let Some(entity) = account.entity(kind, id)
        {
            rights::require(account, call.actor, kind, Deed::View, entity)?;
        }
        drafts.push((request_id.clone(), draft));
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut replies = Vec::new();
    for (request_id, draft) in drafts {
        let id = world.new_id();
        let mut task = Task {
            id,
            text: String::new(),
            complete_till: 0,
            task_type_id: 1,
            entity: None,
            responsible_user_id: call.actor.user,
            duration: 0,
            is_completed: false,
            result: None,
            created_by: draft.created_by.unwrap_or(call.actor.user),
            updated_by: call.actor.user,
            created_at: draft.created_at.unwrap_or(call.now),
            updated_at: call.now,
        };
        draft.apply(&mut task, call);
        call.account_mut(world)?.tasks.insert(id, task);
        history::task_added(world, call.actor.account, id);
        replies.push(json!({"id": id, "request_id": request_id, "_links": call.href(&format!("tasks/{id}"))}));
    }
    Ok(entities::written(call, "tasks", replies))
}

fn change(world: &mut World, call: &Call, id: Id, draft: Draft) -> Result<Value, Problem> {
    let account = call.account_mut(world)?;
    let task = account.tasks.get_mut(&id).ok_or_else(Problem::not_found)?;
    let was_completed = task.is_completed;
    draft.apply(task, call);
    let updated_at = task.updated_at;
    if task.is_completed && !was_completed {
        history::event(account, "task_completed", "task", id, call.actor.user, call.now, json!([]));
    }
    Ok(json!({"id": id, "updated_at": updated_at, "_links": call.href(&format!("tasks/{id}"))}))
}

pub(super) fn update(world: &mut World, call: &Call) -> Answer {
    let account = call.account(world)?;
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut drafts = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        if !fields.has("id") {
            fields.missing("id");
        }
        let draft = read_draft(&mut fields, account, false);
        if let Some(id) = fields.id("id") {
            match account.tasks.get(&id) {
                Some(task) if may_edit(account, call, task) => drafts.push((request_id.clone(), id, draft)),
                Some(_) => return Err(Problem::forbidden()),
                None => fields.unknown("id"),
            }
        }
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut replies = Vec::new();
    for (request_id, id, draft) in drafts {
        let mut reply = change(world, call, id, draft)?;
        reply["request_id"] = json!(request_id);
        replies.push(reply);
    }
    Ok(entities::written(call, "tasks", replies))
}

pub(super) fn update_one(world: &mut World, call: &Call) -> Answer {
    let id = call.id(2)?;
    let account = call.account(world)?;
    let task = account.tasks.get(&id).ok_or_else(Problem::not_found)?;
    if !may_edit(account, call, task) {
        return Err(Problem::forbidden());
    }
    let object = check::single(call)?;
    let mut fields = Fields::new(&object, "");
    let draft = read_draft(&mut fields, account, false);
    fields.done()?;
    Ok(Reply::Json(200, change(world, call, id, draft)?))
}
