//! The CRM page in the browser: a single-page application that loads widgets in the CRM's own
//! order. Reading the routes below from top to bottom is reading what a browser asks for.
//!
//! Nothing here counts as a request to the API: a page that refreshes itself must not eat the
//! limit a widget's server lives under. What a person changes goes through the API instead,
//! with the session cookie.

mod archive;
mod assets;
mod boot;
mod card;
mod entries;
mod feed;
mod files;
mod lists;
mod login;
mod notices;
mod proxy;
mod reader;
mod shell;
mod widgets;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state::Sim;

/// Routes of the CRM page.
pub(crate) fn router() -> Router<Arc<Sim>> {
    pages()
        .route("/login", get(login::sign_in))
        .route("/phone", get(shell::phone))
        .route("/page/{*path}", get(assets::own))
        .route("/vendor/{file}", get(assets::vendor))
        .route("/widgets/{code}/{*path}", get(files::read))
        .route("/ajax/widgets/list", post(widgets::list))
        .route("/ajax/widgets/install", post(widgets::install))
        .route("/ajax/widgets/edit", post(widgets::edit))
        .route("/ajax/widgets/uninstall", post(widgets::uninstall))
        .route("/ajax/page/boot", get(boot::read))
        .route("/ajax/page/list/{kind}", get(lists::read))
        .route("/ajax/page/card/{kind}/{id}", get(card::read))
        .route("/ajax/page/notices", get(notices::read))
        .route("/ajax/page/proxy", post(proxy::forward))
}

/// Addresses that the page itself tells apart, all served by the same document.
fn pages() -> Router<Arc<Sim>> {
    let mut router = Router::new()
        .route("/", get(shell::crm))
        .route("/contacts/add", get(shell::crm))
        .route("/contacts/add/", get(shell::crm))
        .route("/settings/widgets", get(shell::crm))
        .route("/settings/widgets/", get(shell::crm))
        .route("/settings/widgets/{code}", get(shell::crm))
        .route("/settings/advanced", get(shell::crm))
        .route("/settings/advanced/", get(shell::crm));
    for kind in ["leads", "contacts", "companies"] {
        for tail in ["", "/", "/list", "/list/", "/detail/{id}", "/pipeline/"] {
            router = router.route(&format!("/{kind}{tail}"), get(shell::crm));
        }
    }
    router
}
