//! Signing in: a link names the person, no password is asked.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::shell;
use crate::state::{Id, SESSION_COOKIE, Sim, World};

/// Who signs in and where they go.
#[derive(Debug, Deserialize)]
pub(super) struct SignIn {
    account: Option<String>,
    user: Option<Id>,
    to: Option<String>,
}

/// `GET /login?account=&user=&to=`; without an account it lists who can sign in.
pub(super) async fn sign_in(State(sim): State<Arc<Sim>>, Query(wanted): Query<SignIn>) -> Response {
    let to = local(wanted.to.as_deref());
    let mut world = sim.lock();
    let Some(name) = wanted.account.as_deref().filter(|name| !name.is_empty()) else {
        return shell::document(world.switches.csp, page(&world, &to, ""));
    };
    match person(&world, name, wanted.user) {
        Some((account, user)) => {
            let value = world.sign_in(account, user);
            let mut response = Redirect::to(&to).into_response();
            let cookie = format!("{SESSION_COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        None => {
            let mut response =
                shell::document(world.switches.csp, page(&world, &to, "There is no such account or user."));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}

/// The named user, or the account's administrator when none is named.
fn person(world: &World, account: &str, user: Option<Id>) -> Option<(Id, Id)> {
    let account = world.accounts.get(&world.find_account(account)?)?;
    let user = match user {
        Some(id) => account.users.get(&id)?.id,
        None => account.admin()?.id,
    };
    Some((account.id, user))
}

/// Only addresses of this page: a sign-in link must not lead elsewhere.
fn local(to: Option<&str>) -> String {
    to.filter(|to| to.starts_with('/') && !to.starts_with("//") && !to.contains('\\')).unwrap_or("/leads/").to_owned()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(world: &World, to: &str, complaint: &str) -> String {
    let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
    let mut accounts = String::new();
    for account in world.accounts.values() {
        let _ = write!(
            accounts,
            "<section class=\"login__account\"><h2>{}</h2><p class=\"muted\">{}</p>",
            escape(&account.name),
            escape(&account.host())
        );
        for user in account.users.values() {
            let role = if user.is_admin { "Administrator" } else { "Manager" };
            let _ = write!(
                accounts,
                "<a class=\"login__user\" data-user=\"{id}\" \
                 href=\"/login?account={account}&amp;user={id}&amp;to={to}\">\
                 <b>{name}</b><span class=\"muted\">{role}</span></a>",
                id = user.id,
                account = account.id,
                name = escape(&user.name),
            );
        }
        accounts.push_str("</section>");
    }
    include_str!("../../page/login.html")
        .replace("<!--complaint-->", &escape(complaint))
        .replace("<!--accounts-->", &accounts)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_sign_in_never_leads_off_the_page() {
        assert_eq!(local(Some("/leads/detail/1?x=2")), "/leads/detail/1?x=2");
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example"] {
            assert_eq!(local(Some(elsewhere)), "/leads/");
        }
    }
}
