//! Accounts as they look when they are new, and the demo account a newcomer meets first.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    Account, CustomField, Deal, Entity, EntityKind, FIELDS, FieldValue, Grants, Id, Indexed, LOST, Link, Pipeline,
    Rights, Status, User, WON, World,
};

/// A user to create.
pub(crate) struct NewUser {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) is_admin: bool,
    pub(crate) group_id: Id,
    pub(crate) rights: Rights,
}

impl NewUser {
    fn plain(name: &str, is_admin: bool) -> Self {
        Self {
            name: name.to_owned(),
            email: format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
            is_admin,
            group_id: 0,
            rights: Rights::default(),
        }
    }

    /// One administrator and two managers.
    pub(crate) fn usual() -> Vec<Self> {
        vec![Self::plain("Ada Admin", true), Self::plain("Max Manager", false), Self::plain("Mia Manager", false)]
    }
}

/// Hands out ids: fixed ones for the demo account, growing ones for all others.
pub(crate) type Ids<'a> = dyn FnMut(&mut World) -> Id + 'a;

/// Adds an account with its users, two pipelines and nothing else.
pub(crate) fn new_account(world: &mut World, id: Id, subdomain: &str, users: Vec<NewUser>, ids: &mut Ids<'_>) {
    let now = world.now_seconds();
    let people: BTreeMap<Id, User> = users
        .into_iter()
        .map(|user| {
            let id = ids(world);
            let user = User {
                id,
                name: user.name,
                email: user.email,
                lang: "en".to_owned(),
                is_admin: user.is_admin,
                is_free: false,
                is_active: true,
                group_id: user.group_id,
                rights: user.rights,
            };
            (id, user)
        })
        .collect();
    let groups = people.values().map(|user| user.group_id).chain([0]).collect::<std::collections::BTreeSet<_>>();
    let pipelines = vec![
        pipeline(world, ids, "Sales", true, &["First contact", "Offer", "Negotiation"]),
        pipeline(world, ids, "Service", false, &["New request", "In progress"]),
    ];
    let account = Account {
        id,
        subdomain: subdomain.to_owned(),
        name: capitalised(subdomain),
        created_at: now,
        unsorted_on: true,
        webhooks_plan: None,
        users: people,
        groups: groups
            .into_iter()
            .map(|group| (group, if group == 0 { "Sales".to_owned() } else { format!("Group {group}") }))
            .collect(),
        pipelines,
        contacts: BTreeMap::new(),
        companies: BTreeMap::new(),
        leads: BTreeMap::new(),
        links: Vec::new(),
        notes: BTreeMap::new(),
        tasks: BTreeMap::new(),
        unsorted: Vec::new(),
        events: Vec::new(),
        notices: Vec::new(),
        webhooks: Vec::new(),
        requests: Vec::new(),
        grants: Grants::default(),
        installed: false,
        widgets: BTreeMap::new(),
        phone: None,
        pbx_hosts: Vec::new(),
        pbx_requests: Vec::new(),
        calls: BTreeMap::new(),
    };
    world.accounts.insert(id, account);
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn pipeline(world: &mut World, ids: &mut Ids<'_>, name: &str, is_main: bool, stages: &[&str]) -> Pipeline {
    const COLORS: [&str; 4] = ["#c1c1c1", "#99ccff", "#ffff99", "#ffcc66"];
    let id = ids(world);
    let mut statuses = vec![Status {
        id: ids(world),
        name: "Incoming leads".to_owned(),
        sort: 10,
        color: COLORS[0],
        is_incoming: true,
    }];
    for (index, stage) in stages.iter().enumerate() {
        statuses.push(Status {
            id: ids(world),
            name: (*stage).to_owned(),
            sort: 20 + 10 * index as i64,
            color: COLORS[1 + index % 3],
            is_incoming: false,
        });
    }
    let closed = |id, name: &str, sort, color| Status { id, name: name.to_owned(), sort, color, is_incoming: false };
    statuses.push(closed(WON, "Closed - won", 10_000, "#ccff66"));
    statuses.push(closed(LOST, "Closed - lost", 11_000, "#d5d8db"));
    Pipeline { id, name: name.to_owned(), sort: if is_main { 1 } else { 2 }, is_main, statuses }
}

/// The account a newcomer sees: small, believable, and always with the same ids.
pub(crate) fn demo(world: &mut World) {
    const ACCOUNT: Id = 30_111_222;
    let mut user = 9_000_000;
    let mut other = 810_000;
    let users = NewUser::usual();
    let mut handed = 0;
    let count = users.len();
    new_account(world, ACCOUNT, "acme", users, &mut |_| {
        handed += 1;
        let counter = if handed <= count { &mut user } else { &mut other };
        *counter += 1;
        *counter
    });
    let now = world.now_seconds();
    let Some(account) = world.accounts.get_mut(&ACCOUNT) else {
        return;
    };
    let (max, mia) = (9_000_002, 9_000_003);
    let pipeline = account.pipelines[0].id;
    let stage = |index: usize| account.pipelines[0].statuses[index].id;
    let (first, offer, negotiation) = (stage(1), stage(2), stage(3));

    let base = |kind, id, name: &str, owner| entity(kind, id, name, owner, now - 86_400);
    let company = with_phone(base(EntityKind::Company, 600_001, "Klein GmbH", max), "+49 30 5550190");
    let nora = with_phone(base(EntityKind::Contact, 500_001, "Nora Klein", max), "+49 30 5550100");
    let omar = with_phone(base(EntityKind::Contact, 500_002, "Omar Said", mia), "+49 40 5550133");
    account.companies.insert(company.id, company);
    account.contacts.insert(nora.id, nora);
    account.contacts.insert(omar.id, omar);
    let leads = [
        (700_001, "Solar roof", 12_000, offer, max, 500_001),
        (700_002, "Heat pump", 18_500, first, mia, 500_002),
        (700_003, "Maintenance contract", 2_400, negotiation, mia, 500_002),
    ];
    for (id, name, price, status_id, owner, contact) in leads {
        let mut lead = base(EntityKind::Lead, id, name, owner);
        lead.deal = Deal { price, pipeline_id: pipeline, status_id, ..Deal::default() };
        account.leads.insert(id, lead);
        account.links.push(Link { from: (EntityKind::Lead, id), to: (EntityKind::Contact, contact), is_main: true });
    }
    for from in [(EntityKind::Contact, 500_001), (EntityKind::Lead, 700_001)] {
        account.links.push(Link { from, to: (EntityKind::Company, 600_001), is_main: false });
    }
}

/// An entity with nothing but a name and an owner.
pub(crate) fn entity(kind: EntityKind, id: Id, name: &str, owner: Id, now: i64) -> Entity {
    let (first, last) = match kind {
        EntityKind::Contact => name.split_once(' ').unwrap_or((name, "")),
        _ => ("", ""),
    };
    Entity {
        id,
        name: name.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        responsible_user_id: owner,
        group_id: 0,
        created_by: owner,
        updated_by: owner,
        created_at: now,
        updated_at: now,
        is_deleted: false,
        is_unsorted: false,
        fields: Vec::new(),
        tags: Vec::new(),
        deal: Deal::default(),
        indexed: Indexed::default(),
    }
}

fn with_phone(mut entity: Entity, number: &str) -> Entity {
    let kind = if entity.id >= 600_000 { EntityKind::Company } else { EntityKind::Contact };
    if let Some(field) = FIELDS.iter().find(|field| field.kind == kind && field.code == "PHONE") {
        entity
            .fields
            .push(CustomField { field, values: vec![FieldValue { value: json!(number), enumeration: Some(0) }] });
    }
    entity
}
