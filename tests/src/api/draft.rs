//! Contacts, companies and leads as a client writes them, checked before anything changes.

use super::{actor::Actor, check::Fields, custom_fields};
use crate::state::{Account, CustomField, Deal, Entity, EntityKind, Id, Indexed};

/// More custom fields than this in one entity of a complex request are refused.
pub(super) const MOST_COMPLEX_FIELDS: usize = 40;

/// What a client wants an entity to be. Absent means "leave as it is" or "the default".
#[derive(Debug, Default)]
pub(crate) struct Draft {
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    pub(crate) responsible: Option<Id>,
    created_by: Option<Id>,
    updated_by: Option<Id>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
    pub(crate) fields: Vec<CustomField>,
    tags: Option<Vec<String>>,
    tags_to_add: Vec<String>,
    tags_to_delete: Vec<String>,
    price: Option<i64>,
    stage: Option<(Id, Id)>,
    loss_reason: Option<Id>,
    closed_at: Option<i64>,
    /// Contacts to link, each with whether it is the main one.
    pub(crate) contacts: Vec<(Id, bool)>,
    /// Companies to link.
    pub(crate) companies: Vec<Id>,
}

/// Reads one entity. Links to others are read only by [`read_links`].
pub(super) fn read(fields: &mut Fields<'_>, account: &Account, kind: EntityKind, current: Option<&Entity>) -> Draft {
    let mut draft = Draft {
        name: fields.text("name"),
        responsible: fields.user(account, "responsible_user_id"),
        created_by: fields.author(account, "created_by"),
        updated_by: fields.author(account, "updated_by"),
        created_at: fields.integer("created_at"),
        updated_at: fields.integer("updated_at"),
        ..Draft::default()
    };
    if kind == EntityKind::Contact {
        draft.first_name = fields.text("first_name");
        draft.last_name = fields.text("last_name");
    }
    if !fields.is_null("custom_fields_values") {
        draft.fields = custom_fields::custom_fields(fields, kind);
    }
    draft.tags_to_add = tags(fields, "tags_to_add");
    draft.tags_to_delete = tags(fields, "tags_to_delete");
    if let Some(mut embedded) = fields.object("_embedded") {
        if embedded.has("tags") {
            draft.tags = Some(tags(&mut embedded, "tags"));
        }
        fields.absorb(embedded);
    }
    if kind == EntityKind::Lead {
        draft.price = fields.integer("price");
        if !fields.is_null("loss_reason_id") {
            draft.loss_reason = fields.id("loss_reason_id");
        }
        if !fields.is_null("closed_at") {
            draft.closed_at = fields.integer("closed_at");
        }
        draft.stage = stage(fields, account, current);
    }
    draft
}

/// The links a new lead may bring along: existing contacts and one existing company.
pub(super) fn read_links(fields: &mut Fields<'_>, account: &Account, draft: &mut Draft) {
    let Some(mut embedded) = fields.object("_embedded") else {
        return;
    };
    for mut contact in embedded.objects("contacts") {
        if let Some(id) = existing(&mut contact, account, EntityKind::Contact) {
            let is_main = contact.boolean("is_main").unwrap_or(draft.contacts.is_empty());
            draft.contacts.push((id, is_main));
        }
        fields.absorb(contact);
    }
    for mut company in embedded.objects("companies") {
        if let Some(id) = existing(&mut company, account, EntityKind::Company) {
            draft.companies.push(id);
        }
        fields.absorb(company);
    }
    if draft.companies.len() > 1 {
        embedded.unknown("companies");
    }
    fields.absorb(embedded);
}

/// The `id` of an entity that exists.
pub(super) fn existing(fields: &mut Fields<'_>, account: &Account, kind: EntityKind) -> Option<Id> {
    if !fields.has("id") {
        fields.missing("id");
        return None;
    }
    let id = fields.id("id")?;
    if account.entity(kind, id).is_none() {
        fields.unknown("id");
        return None;
    }
    Some(id)
}

fn tags(fields: &mut Fields<'_>, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for mut tag in fields.objects(name) {
        if let Some(text) = tag.text("name") {
            found.push(text);
        } else if let Some(id) = tag.id("id") {
            found.push(format!("tag {id}"));
        }
        fields.absorb(tag);
    }
    found
}

/// Pipeline and status, which must belong together.
fn stage(fields: &mut Fields<'_>, account: &Account, current: Option<&Entity>) -> Option<(Id, Id)> {
    let pipeline = fields.id("pipeline_id");
    let status = fields.id("status_id");
    if let Some(pipeline) = pipeline
        && !account.pipelines.iter().any(|known| known.id == pipeline)
    {
        fields.unknown("pipeline_id");
        return None;
    }
    let main = account.pipelines.iter().find(|pipeline| pipeline.is_main)?;
    let Some(status) = status else {
        let pipeline = account.pipelines.iter().find(|known| Some(known.id) == pipeline)?;
        return Some((pipeline.id, pipeline.first_regular()));
    };
    let home = pipeline.or_else(|| current.map(|lead| lead.deal.pipeline_id));
    let holds =
        |known: &&crate::state::Pipeline| known.statuses.iter().any(|known| known.id == status && !known.is_incoming);
    let found = match pipeline {
        Some(_) => account.pipelines.iter().filter(|known| Some(known.id) == pipeline).find(holds),
        None => account
            .pipelines
            .iter()
            .filter(|known| Some(known.id) == home)
            .find(holds)
            .or_else(|| Some(main).filter(holds))
            .or_else(|| account.pipelines.iter().find(holds)),
    };
    match found {
        Some(found) => Some((found.id, status)),
        None => {
            fields.unknown("status_id");
            None
        }
    }
}

impl Draft {
    /// A new entity.
    pub(super) fn build(&self, account: &Account, kind: EntityKind, id: Id, actor: Actor, moment: f64) -> Entity {
        let now = moment as i64;
        let owner = self.responsible.unwrap_or(actor.user);
        let mut entity = Entity {
            id,
            name: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            responsible_user_id: owner,
            group_id: 0,
            created_by: self.created_by.unwrap_or(actor.user),
            updated_by: actor.user,
            created_at: self.created_at.unwrap_or(now),
            updated_at: now,
            is_deleted: false,
            is_unsorted: false,
            fields: Vec::new(),
            tags: Vec::new(),
            deal: Deal::default(),
            indexed: Indexed::default(),
        };
        if kind == EntityKind::Lead
            && let Some(main) = account.pipelines.iter().find(|pipeline| pipeline.is_main)
        {
            entity.deal.pipeline_id = main.id;
            entity.deal.status_id = main.first_regular();
        }
        self.apply(account, &mut entity, actor, moment);
        entity.updated_at = self.updated_at.unwrap_or(now);
        entity.indexed = Indexed { before: Vec::new(), changed_at: moment };
        if kind == EntityKind::Lead && entity.name.is_empty() {
            entity.name = format!("Lead #{id}");
        }
        entity
    }

    /// Changes an entity. Fields that were not sent stay.
    pub(super) fn apply(&self, account: &Account, entity: &mut Entity, actor: Actor, moment: f64) {
        let before = entity.texts();
        let now = moment as i64;
        if let Some(first) = &self.first_name {
            entity.first_name.clone_from(first);
        }
        if let Some(last) = &self.last_name {
            entity.last_name.clone_from(last);
        }
        if self.first_name.is_some() || self.last_name.is_some() {
            entity.name = format!("{} {}", entity.first_name, entity.last_name).trim().to_owned();
        }
        if let Some(name) = &self.name {
            entity.name.clone_from(name);
        }
        if let Some(owner) = self.responsible {
            entity.responsible_user_id = owner;
        }
        entity.group_id = account.users.get(&entity.responsible_user_id).map_or(entity.group_id, |user| user.group_id);
        for field in &self.fields {
            entity.fields.retain(|known| known.field.id != field.field.id);
            if !field.values.is_empty() {
                entity.fields.push(field.clone());
            }
        }
        self.apply_tags(entity);
        if let Some(price) = self.price {
            entity.deal.price = price;
        }
        if let Some((pipeline, status)) = self.stage {
            entity.deal.pipeline_id = pipeline;
            entity.deal.status_id = status;
            entity.deal.closed_at = matches!(status, 142 | 143).then_some(now);
        }
        if let Some(reason) = self.loss_reason {
            entity.deal.loss_reason_id = Some(reason);
        }
        if let Some(closed_at) = self.closed_at {
            entity.deal.closed_at = Some(closed_at);
        }
        entity.updated_by = self.updated_by.unwrap_or(actor.user);
        entity.updated_at = self.updated_at.unwrap_or(now);
        if entity.texts() != before {
            entity.indexed = Indexed { before, changed_at: moment };
        }
    }

    fn apply_tags(&self, entity: &mut Entity) {
        if let Some(tags) = &self.tags {
            entity.tags = tags.iter().map(|name| (tag_id(name), name.clone())).collect();
        }
        for name in &self.tags_to_add {
            if !entity.tags.iter().any(|(_, known)| known == name) {
                entity.tags.push((tag_id(name), name.clone()));
            }
        }
        entity.tags.retain(|(_, name)| !self.tags_to_delete.contains(name));
    }
}

/// Tags need ids only to look like tags.
fn tag_id(name: &str) -> Id {
    name.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 900_000) + 100_000
}
