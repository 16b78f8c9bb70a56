//! Entities put there by a test or a newcomer, as the API takes them but without its costs.

use serde_json::{Map, Value, json};

use super::{
    Call,
    actor::Actor,
    check::{self, Fields},
    draft, entities, links,
};
use crate::{
    problem::Problem,
    state::{EntityKind, Id, World},
};

/// Creates entities in the name of the first administrator. They are found by search at
/// once: they stand for what was there before. Leads may name contacts and companies of the
/// same request by `{"index": n}` instead of `{"id": n}`.
pub(crate) fn create_entities(world: &mut World, account: Id, body: &Map<String, Value>) -> Result<Value, Problem> {
    let found = world.accounts.get(&account).ok_or_else(Problem::not_found)?;
    let admin = found.admin().map_or(0, |user| user.id);
    let call = Call {
        method: axum::http::Method::POST,
        path: Vec::new(),
        query: Vec::new(),
        body: Vec::new(),
        actor: Actor { account, user: admin, is_admin: true },
        now: world.now_seconds(),
        base: format!("https://{}", found.host()),
    };
    let mut created: [Vec<Id>; 3] = Default::default();
    for (index, kind) in [EntityKind::Contact, EntityKind::Company, EntityKind::Lead].into_iter().enumerate() {
        let Some(items) = body.get(kind.plural()) else {
            continue;
        };
        let mut items = items.clone();
        resolve(&mut items, &created);
        if items.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        for (request_id, object) in check::items(&items)? {
            let id = create(world, &call, kind, object, request_id)?;
            created[index].push(id);
        }
    }
    let [contacts, companies, leads] = created;
    Ok(json!({"contacts": contacts, "companies": companies, "leads": leads}))
}

fn resolve(items: &mut Value, created: &[Vec<Id>; 3]) {
    for item in items.as_array_mut().into_iter().flatten() {
        for (name, ids) in [("contacts", &created[0]), ("companies", &created[1])] {
            let Some(list) = item.pointer_mut(&format!("/_embedded/{name}")).and_then(Value::as_array_mut) else {
                continue;
            };
            for reference in list.iter_mut().filter_map(Value::as_object_mut) {
                if let Some(id) =
                    reference.remove("index").and_then(|index| ids.get(usize::try_from(index.as_u64()?).ok()?))
                {
                    reference.insert("id".to_owned(), json!(id));
                }
            }
        }
    }
}

fn create(
    world: &mut World,
    call: &Call,
    kind: EntityKind,
    object: &Map<String, Value>,
    request_id: String,
) -> Result<Id, Problem> {
    let account = call.account(world)?;
    let mut fields = Fields::new(object, "");
    let mut draft = draft::read(&mut fields, account, kind, None);
    draft::read_links(&mut fields, account, &mut draft);
    check::finish(vec![(request_id, fields)])?;
    let linked = (std::mem::take(&mut draft.contacts), std::mem::take(&mut draft.companies));
    let id = entities::store(world, call, kind, &draft)?;
    let account = call.account_mut(world)?;
    for (contact, is_main) in linked.0 {
        links::connect(account, (kind, id), (EntityKind::Contact, contact), is_main);
    }
    for company in linked.1 {
        links::connect(account, (kind, id), (EntityKind::Company, company), false);
    }
    if let Some(entity) = account.entities_mut(kind).get_mut(&id) {
        entity.indexed.changed_at = 0.0;
    }
    Ok(id)
}
