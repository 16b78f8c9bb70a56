//! What the page learns once per load: the account, this person, their colleagues.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Map, Value, json};

use super::reader::{Reader, Sight};
use crate::{
    problem::Problem,
    state::{EntityRights, Reach, Sim, User, World},
};

/// The currency of every account here.
pub(super) const CURRENCY: &str = "EUR";

/// `GET /ajax/page/boot`.
pub(super) async fn read(State(sim): State<Arc<Sim>>, reader: Reader) -> Result<Json<Value>, Problem> {
    let world = sim.lock();
    let sight = Sight::of(&world, &reader.0)?;
    Ok(Json(boot(&sim, &world, sight)))
}

fn yes_no(flag: bool) -> &'static str {
    if flag { "Y" } else { "N" }
}

fn boot(sim: &Sim, world: &World, sight: Sight<'_>) -> Value {
    let account = sight.account;
    let managers: Map<String, Value> =
        account.users.values().map(|user| (user.id.to_string(), manager(user))).collect();
    let groups: Map<String, Value> =
        account.groups.iter().map(|(id, name)| (format!("group_{id}"), json!(name))).collect();
    let online: Vec<_> =
        world.sessions.values().filter(|session| session.account == account.id).map(|session| session.user).collect();
    let phone = account.phone.as_ref().filter(|_| sight.user.is_admin);
    json!({
        "account": {
            "id": account.id, "subdomain": account.subdomain, "name": account.name,
            "domain": sim.config.domain(), "currency": CURRENCY, "language": "en",
            "created_at": account.created_at,
        },
        "user": person(sight.user),
        "managers": managers,
        "groups": groups,
        "task_types": {
            "1": {"id": 1, "option": "Follow-up", "code": "FOLLOW_UP"},
            "2": {"id": 2, "option": "Meeting", "code": "MEETING"},
        },
        "online": online,
        "notices": account.notices.len(),
        "loaded_libraries": if world.switches.page_libphonenumber { vec!["google-libphonenumber"] } else { vec![] },
        "phone": {
            "hookUrl": phone.map(|phone| phone.hook_url.as_str()),
            "secret": phone.map(|phone| phone.secret.as_str()),
        },
    })
}

fn manager(user: &User) -> Value {
    json!({
        "id": user.id, "title": user.name, "login": user.email, "is_admin": yes_no(user.is_admin),
        "free_user": yes_no(user.is_free), "active": user.is_active, "phone": "",
        "group": format!("group_{}", user.group_id),
    })
}

fn person(user: &User) -> Value {
    json!({
        "id": user.id, "name": user.name, "login": user.email, "lang": user.lang,
        "is_admin": yes_no(user.is_admin), "group_id": user.group_id,
        "personal_mobile": "", "photo": "", "theme": 1,
        "rights": {
            "leads": rights(user, user.rights.leads),
            "contacts": rights(user, user.rights.contacts),
            "companies": rights(user, user.rights.companies),
            "is_admin": user.is_admin,
        },
    })
}

fn rights(user: &User, rights: EntityRights) -> Value {
    let letter = |reach: Reach| if user.is_admin { "A" } else { reach.letter() };
    json!({
        "view": letter(rights.view), "edit": letter(rights.edit), "add": letter(rights.add),
        "delete": letter(rights.delete), "export": letter(rights.export),
    })
}
