//! The page on which a person allows the integration to act for them.

use std::sync::Arc;

use axum::{
    extract::{Form, Query, State},
    http::HeaderMap,
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};

use super::{new_code, referer};
use crate::{
    problem::Problem,
    state::{Session, Sim, World},
    surface,
};

/// What `/oauth` is asked with, and what its page posts back.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Consent {
    client_id: Option<String>,
    state: Option<String>,
    mode: Option<String>,
}

fn redirect(sim: &Sim, pairs: &[(&str, &str)]) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let uri = &sim.config.redirect_uri;
    let separator = if uri.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{uri}{separator}{query}")).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn known_client(sim: &Sim, consent: &Consent) -> Result<(), Problem> {
    match consent.client_id.as_deref() {
        Some(id) if id == sim.config.client_id => Ok(()),
        Some(_) => Err(Problem::new(404, "No integration has this client_id")),
        None => Err(Problem::oauth(400, "Check the `client_id` parameter")),
    }
}

fn may_grant(world: &World, session: &Session) -> Result<bool, Problem> {
    let account = world.accounts.get(&session.account).ok_or_else(|| Problem::new(401, "Sign in first"))?;
    let user = account.users.get(&session.user).ok_or_else(|| Problem::new(401, "Sign in first"))?;
    if !user.is_admin && !account.installed && !world.switches.non_admin_grant {
        return Err(Problem::new(403, "Only an administrator can install an integration"));
    }
    Ok(user.is_admin)
}

/// `GET /oauth`: asks the signed-in person, or sends them to sign in.
pub(crate) async fn ask(State(sim): State<Arc<Sim>>, Query(consent): Query<Consent>, headers: HeaderMap) -> Response {
    if let Err(problem) = known_client(&sim, &consent) {
        return problem.into_response();
    }
    let (session, at_once, names) = {
        let world = sim.lock();
        let session = surface::session(&world, &headers);
        let names = session.as_ref().and_then(|session| {
            let account = world.accounts.get(&session.account)?;
            Some((account.users.get(&session.user)?.name.clone(), account.host()))
        });
        (session, world.switches.oauth_auto_allow, names)
    };
    let (Some(_), Some((user, host))) = (session, names) else {
        let mut here = form_urlencoded::Serializer::new(String::new());
        for (key, value) in pairs(&consent) {
            here.append_pair(key, value);
        }
        let to = format!("/oauth?{}", here.finish());
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", &to).finish();
        return Redirect::to(&format!("/login?{query}")).into_response();
    };
    if at_once {
        return allow(State(sim), headers, Form(consent)).await;
    }
    let hidden: String = pairs(&consent)
        .into_iter()
        .map(|(key, value)| format!("<input type=\"hidden\" name=\"{key}\" value=\"{}\">", escape(value)))
        .collect();
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Allow access</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body><main>\
         <h1>Allow access?</h1><p>The integration asks to work with <b>{}</b> as <b>{}</b>.</p>\
         <ul><li>Contacts, companies, leads and calls</li><li>Notification centre</li></ul>\
         <div><form method=\"post\" action=\"/oauth/allow\">{hidden}<button id=\"allow\">Allow</button></form>\
         <form method=\"post\" action=\"/oauth/deny\">{hidden}<button id=\"deny\">Deny</button></form></div>\
         </main></body></html>",
        escape(&host),
        escape(&user),
    ))
    .into_response()
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;background:#f5f6f8;color:#26323f;margin:0}\
main{max-width:26rem;margin:12vh auto;background:#fff;padding:2rem;border-radius:10px;box-shadow:0 2px 16px #0001}\
h1{font-size:1.3rem;margin:0 0 .5rem}div{display:flex;gap:.75rem;margin-top:1.5rem}\
button{font:inherit;padding:.5rem 1.25rem;border-radius:6px;border:1px solid #cfd6dd;background:#fff;cursor:pointer}\
#allow{background:#1f6fe0;border-color:#1f6fe0;color:#fff}\
@media(prefers-color-scheme:dark){body{background:#14202c;color:#e6ecf2}main{background:#1d2b39}#deny{background:none;color:inherit}}";

fn pairs(consent: &Consent) -> Vec<(&'static str, &str)> {
    [("client_id", &consent.client_id), ("state", &consent.state), ("mode", &consent.mode)]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_deref()?)))
        .collect()
}

/// The person allows it: back to the redirect URI with a code.
pub(crate) async fn allow(State(sim): State<Arc<Sim>>, headers: HeaderMap, Form(consent): Form<Consent>) -> Response {
    if let Err(problem) = known_client(&sim, &consent) {
        return problem.into_response();
    }
    let granted = {
        let mut world = sim.lock();
        let Some(session) = surface::session(&world, &headers) else {
            return Problem::new(401, "Sign in first").into_response();
        };
        let is_admin = match may_grant(&world, &session) {
            Ok(is_admin) => is_admin,
            Err(problem) => return problem.into_response(),
        };
        if is_admin && let Some(account) = world.accounts.get_mut(&session.account) {
            account.installed = true;
        }
        new_code(&mut world, session.account, session.user).zip(referer(&world, session.account))
    };
    let Some((code, referer)) = granted else {
        return Problem::not_found().into_response();
    };
    let mut answer = vec![("code", code.as_str()), ("referer", referer.as_str())];
    if let Some(state) = consent.state.as_deref() {
        answer.push(("state", state));
    }
    answer.push(("client_id", sim.config.client_id.as_str()));
    redirect(&sim, &answer)
}

/// The person declines: back to the redirect URI with an error.
pub(crate) async fn deny(State(sim): State<Arc<Sim>>, Form(consent): Form<Consent>) -> Response {
    if let Err(problem) = known_client(&sim, &consent) {
        return problem.into_response();
    }
    let mut answer = vec![("error", "access_denied")];
    if let Some(state) = consent.state.as_deref() {
        answer.push(("state", state));
    }
    answer.push(("client_id", sim.config.client_id.as_str()));
    redirect(&sim, &answer)
}
