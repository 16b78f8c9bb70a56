//! How an incoming lead comes into being: by a call, or as a complex lead with metadata.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call, Reply,
    check::{self, Fields},
    draft::{self, Draft},
    entities, links, note_params, rights,
    rights::Deed,
};
use crate::{
    crypto,
    problem::Problem,
    state::{Account, Duplicates, EntityKind, Id, Unsorted, UnsortedStatus, World},
};

/// What makes something an incoming lead.
pub(super) struct Incoming {
    category: String,
    source_uid: String,
    source_name: String,
    pipeline_id: Option<Id>,
    created_at: Option<i64>,
    metadata: Map<String, Value>,
}

impl Incoming {
    fn wants_call_event(&self) -> bool {
        self.metadata.get("is_call_event_needed") == Some(&Value::Bool(true))
    }
}

/// Checks the metadata of a call; its fields' meaning is contradictory, their types are not.
fn read_sip(metadata: &mut Fields<'_>) -> Map<String, Value> {
    for name in ["uniq", "from", "phone", "link", "service_code"] {
        metadata.text(name);
    }
    for name in ["called_at", "duration"] {
        metadata.integer(name);
    }
    metadata.boolean("is_call_event_needed");
    if metadata.raw("call_responsible").is_some_and(|value| !value.is_i64() && !value.is_u64() && !value.is_string()) {
        metadata.fail("InvalidType", "call_responsible", "This value should be of type int or string.");
    }
    const KNOWN: [&str; 9] = [
        "uniq",
        "from",
        "phone",
        "called_at",
        "duration",
        "link",
        "service_code",
        "is_call_event_needed",
        "call_responsible",
    ];
    let mut kept = metadata.all().clone();
    kept.retain(|name, _| KNOWN.contains(&name.as_str()));
    kept
}

/// The `_embedded.metadata` that turns a complex lead into an incoming one.
pub(super) fn read_metadata(metadata: &mut Fields<'_>) -> Option<Incoming> {
    let category = metadata.required_text("category");
    if !matches!(category.as_str(), "sip" | "forms") {
        metadata.unknown("category");
        return None;
    }
    let kept = if category == "sip" { read_sip(metadata) } else { metadata.all().clone() };
    let service = kept.get("service_code").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Incoming {
        category,
        source_uid: service.clone(),
        source_name: service,
        pipeline_id: None,
        created_at: None,
        metadata: kept,
    })
}

/// Makes freshly stored entities wait as an incoming lead.
pub(super) fn hide(
    world: &mut World,
    call: &Call,
    incoming: Incoming,
    created: &[(EntityKind, Id)],
) -> Result<Unsorted, Problem> {
    let now = world.now_seconds();
    let note_id = incoming.wants_call_event().then(|| world.new_id());
    let account = call.account_mut(world)?;
    let of = |kind: EntityKind| -> Vec<Id> {
        created.iter().filter(|(found, _)| *found == kind).map(|(_, id)| *id).collect()
    };
    let (leads, contacts, companies) = (of(EntityKind::Lead), of(EntityKind::Contact), of(EntityKind::Company));
    let pipeline = incoming
        .pipeline_id
        .or_else(|| leads.first().and_then(|id| account.leads.get(id)).map(|lead| lead.deal.pipeline_id))
        .unwrap_or_default();
    let stage = account.pipelines.iter().find(|known| known.id == pipeline).and_then(crate::state::Pipeline::incoming);
    for (kind, id) in created {
        if let Some(entity) = account.entities_mut(*kind).get_mut(id) {
            entity.is_unsorted = true;
            if *kind == EntityKind::Lead {
                entity.deal.pipeline_id = pipeline;
                entity.deal.status_id = stage.unwrap_or(entity.deal.status_id);
            }
        }
    }
    let wants_note = incoming.wants_call_event();
    let unsorted = Unsorted {
        uid: crypto::random_hex(32),
        category: incoming.category,
        source_uid: incoming.source_uid,
        source_name: incoming.source_name,
        pipeline_id: pipeline,
        created_at: incoming.created_at.unwrap_or(now),
        metadata: incoming.metadata,
        leads,
        contacts,
        companies,
        status: UnsortedStatus::Pending,
    };
    if wants_note && let (Some(note_id), Some(lead)) = (note_id, unsorted.leads.first()) {
        let note = note_params::call_event(account, note_id, *lead, &unsorted, call.actor.user, now);
        account.notes.insert(note_id, note);
    }
    account.unsorted.push(unsorted.clone());
    Ok(unsorted)
}

struct Item {
    request_id: String,
    incoming: Incoming,
    lead: Draft,
    contact: Option<Draft>,
    company: Option<Draft>,
}

fn embedded(fields: &mut Fields<'_>, account: &Account, kind: EntityKind) -> Option<Draft> {
    let mut given = fields.objects(kind.plural());
    if given.len() > 1 {
        fields.fail("TooMany", kind.plural(), "This collection should contain 1 element or less.");
        return None;
    }
    let mut entity = given.pop()?;
    if entity.has("id") {
        entity.unknown("id");
    }
    let draft = draft::read(&mut entity, account, kind, None);
    fields.absorb(entity);
    Some(draft)
}

fn read_item(fields: &mut Fields<'_>, account: &Account, request_id: String) -> Item {
    let source_uid = fields.required_text("source_uid");
    let source_name = fields.required_text("source_name");
    let pipeline = fields.id("pipeline_id");
    if pipeline.is_some_and(|id| !account.pipelines.iter().any(|known| known.id == id)) {
        fields.unknown("pipeline_id");
    }
    let created_at = fields.integer("created_at");
    if !fields.has("metadata") {
        fields.missing("metadata");
    }
    let mut metadata = Map::new();
    if let Some(mut nested) = fields.object("metadata") {
        metadata = read_sip(&mut nested);
        fields.absorb(nested);
    }
    let (mut lead, mut contact, mut company) = (None, None, None);
    if let Some(mut nested) = fields.object("_embedded") {
        lead = embedded(&mut nested, account, EntityKind::Lead);
        contact = embedded(&mut nested, account, EntityKind::Contact);
        company = embedded(&mut nested, account, EntityKind::Company);
        fields.absorb(nested);
    }
    let main = account.pipelines.iter().find(|known| known.is_main).map(|known| known.id);
    Item {
        request_id,
        incoming: Incoming {
            category: "sip".to_owned(),
            source_uid,
            source_name,
            pipeline_id: pipeline.or(main),
            created_at,
            metadata,
        },
        lead: lead.unwrap_or_default(),
        contact,
        company,
    }
}

pub(super) fn create_sip(world: &mut World, call: &Call) -> Answer {
    let refuse_duplicates = world.switches.duplicate_unsorted == Duplicates::Refuse;
    let account = call.account(world)?;
    rights::require_any(account, call.actor, EntityKind::Lead, Deed::Add)?;
    if !account.unsorted_on {
        return Err(Problem::new(400, "Incoming leads are switched off in this account"));
    }
    let body = call.json()?;
    let mut checked = Vec::new();
    let mut items = Vec::new();
    for (request_id, object) in check::items(&body)? {
        let mut fields = Fields::new(object, "");
        let item = read_item(&mut fields, account, request_id.clone());
        let again = account.unsorted.iter().any(|known| {
            known.status == UnsortedStatus::Pending
                && known.source_uid == item.incoming.source_uid
                && known.metadata.get("uniq") == item.incoming.metadata.get("uniq")
        });
        if refuse_duplicates && again {
            fields.unknown("source_uid");
        }
        items.push(item);
        checked.push((request_id, fields));
    }
    check::finish(checked)?;
    let mut replies = Vec::new();
    for item in items {
        let mut created = Vec::new();
        let mut lead = item.lead;
        if let Some(contact) = &item.contact {
            let id = entities::store(world, call, EntityKind::Contact, contact)?;
            created.push((EntityKind::Contact, id));
            lead.contacts.push((id, true));
        }
        if let Some(company) = &item.company {
            let id = entities::store(world, call, EntityKind::Company, company)?;
            created.push((EntityKind::Company, id));
            lead.companies.push(id);
            if let Some((contact, _)) = lead.contacts.first() {
                let pair = ((EntityKind::Contact, *contact), (EntityKind::Company, id));
                links::connect(call.account_mut(world)?, pair.0, pair.1, false);
            }
        }
        created.push((EntityKind::Lead, entities::store(world, call, EntityKind::Lead, &lead)?));
        let unsorted = hide(world, call, item.incoming, &created)?;
        replies.push(json!({
            "uid": unsorted.uid, "account_id": call.actor.account, "request_id": item.request_id,
            "_links": call.href(&format!("leads/unsorted/{}", unsorted.uid)),
            "_embedded": call.view(|view| view.unsorted_embedded(&unsorted)),
        }));
    }
    Ok(Reply::Json(
        200,
        json!({
            "_total_items": replies.len(), "_links": call.href("leads/unsorted/sip"),
            "_embedded": {"unsorted": replies},
        }),
    ))
}
