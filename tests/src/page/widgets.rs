//! The widget list, and what the settings window does: install, save, switch off, uninstall.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    archive::{self, Archive},
    entries,
    reader::{Reader, Sight},
};
use crate::{
    oauth,
    problem::Problem,
    state::{InstallStatus, InstalledWidget, Session, Sim},
};

/// What the page says when it asks for an area's widgets.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    #[serde(default)]
    lang: String,
}

/// What the settings window posts.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    code: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    active: String,
    #[serde(default)]
    fields: Map<String, Value>,
}

/// `POST /ajax/widgets/list`: every widget given to the simulator. The page itself picks those of
/// the area.
pub(super) async fn list(
    State(sim): State<Arc<Sim>>,
    reader: Reader,
    Json(wanted): Json<List>,
) -> Result<Json<Value>, Problem> {
    let archives = archive::all(&sim.config.widgets);
    let world = sim.lock();
    let sight = Sight::of(&world, &reader.0)?;
    let mut widgets = Vec::new();
    let mut problems = Vec::new();
    for found in archives {
        match found {
            Ok(mut archive) => {
                let installed = entries::installation(sight.account, &archive.code, &sim.config.client_id);
                let lang = language(&wanted.lang, &sight.user.lang);
                widgets.push(entries::entry(&mut archive, &installed, lang, sight.user.is_admin));
            }
            Err(problem) => problems.push(problem),
        }
    }
    Ok(Json(json!({"widgets": widgets, "problems": problems})))
}

fn language<'a>(asked: &'a str, own: &'a str) -> &'a str {
    if asked.is_empty() { own } else { asked }
}

/// `POST /ajax/widgets/install`: the install hook goes out, then the widget waits for its settings.
pub(super) async fn install(
    State(sim): State<Arc<Sim>>,
    reader: Reader,
    Json(change): Json<Change>,
) -> Result<Json<Value>, Problem> {
    let mut archive = allowed(&sim, &reader.0, &change)?;
    oauth::install(&sim, reader.0.account, Some(reader.0.user)).await?;
    answer(&sim, &reader.0, &mut archive, &change, |widget| {
        widget.status = InstallStatus::NotConfigured;
        widget.active = false;
    })
}

/// `POST /ajax/widgets/edit`: what the widget's own `onSave` agreed to.
pub(super) async fn edit(
    State(sim): State<Arc<Sim>>,
    reader: Reader,
    Json(change): Json<Change>,
) -> Result<Json<Value>, Problem> {
    let mut archive = allowed(&sim, &reader.0, &change)?;
    let is_installed = {
        let world = sim.lock();
        world.accounts.get(&reader.0.account).is_some_and(|account| account.installed)
    };
    if !is_installed {
        return Err(Problem::new(400, "The integration is not installed"));
    }
    let fields = entries::stored(&archive.fields(), &change.fields);
    answer(&sim, &reader.0, &mut archive, &change, |widget| {
        if change.active == "Y" {
            widget.status = InstallStatus::Installed;
            widget.active = true;
            widget.fields.extend(fields);
        } else {
            widget.active = false;
        }
    })
}

/// `POST /ajax/widgets/uninstall`: access is revoked and the uninstall hook goes out.
pub(super) async fn uninstall(
    State(sim): State<Arc<Sim>>,
    reader: Reader,
    Json(change): Json<Change>,
) -> Result<Json<Value>, Problem> {
    let mut archive = allowed(&sim, &reader.0, &change)?;
    oauth::uninstall(&sim, reader.0.account, true).await?;
    let world = sim.lock();
    let sight = Sight::of(&world, &reader.0)?;
    let installed = entries::installation(sight.account, &archive.code, &sim.config.client_id);
    let lang = language(&change.lang, &sight.user.lang);
    let widget = entries::entry(&mut archive, &installed, lang, true);
    Ok(Json(json!({"widget": widget})))
}

/// The archive a change is about, if this person may change integrations.
fn allowed(sim: &Sim, session: &Session, change: &Change) -> Result<Archive, Problem> {
    {
        let world = sim.lock();
        if !Sight::of(&world, session)?.user.is_admin {
            return Err(Problem::new(403, "Only administrators may change integrations"));
        }
    }
    archive::all(&sim.config.widgets)
        .into_iter()
        .filter_map(Result::ok)
        .find(|archive| archive.code == change.code)
        .ok_or_else(Problem::not_found)
}

/// Changes the widget of this account and tells the page how it now stands.
fn answer(
    sim: &Sim,
    session: &Session,
    archive: &mut Archive,
    change: &Change,
    alter: impl FnOnce(&mut InstalledWidget),
) -> Result<Json<Value>, Problem> {
    let mut world = sim.lock();
    let account = world.accounts.get_mut(&session.account).ok_or_else(Problem::not_found)?;
    let mut widget = entries::installation(account, &archive.code, &sim.config.client_id);
    alter(&mut widget);
    account.widgets.insert(widget.code.clone(), widget.clone());
    let own = account.users.get(&session.user).map_or("", |user| user.lang.as_str());
    let lang = language(&change.lang, own);
    Ok(Json(json!({"widget": entries::entry(archive, &widget, lang, true)})))
}
