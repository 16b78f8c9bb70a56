//! Installing and removing the integration: what Kommo tells the integration's server.

use std::time::Duration;

use serde_json::{Value, json};

use super::{new_code, referer};
use crate::{
    crypto,
    problem::Problem,
    state::{Id, Sim},
};

/// So long Kommo waits for the answer to an install hook. It never repeats it.
const INSTALL_TIMEOUT: Duration = Duration::from_secs(3);

fn with_query(base: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let separator = if base.contains('?') { '&' } else { '?' };
    format!("{base}{separator}{query}")
}

async fn send(sim: &Sim, url: &str) -> Option<u16> {
    let answer = sim.http.get(url).timeout(INSTALL_TIMEOUT).send().await;
    answer.ok().map(|answer| answer.status().as_u16())
}

/// An administrator installs the integration: a code goes to its server, once.
/// The answer says what the server did, which Kommo itself ignores.
pub(crate) async fn install(sim: &Sim, account: Id, user: Option<Id>) -> Result<Value, Problem> {
    let url = {
        let mut world = sim.lock();
        let found = world.accounts.get(&account).ok_or_else(Problem::not_found)?;
        let user = user.or_else(|| found.admin().map(|admin| admin.id)).ok_or_else(Problem::not_found)?;
        if !found.users.get(&user).is_some_and(|user| user.is_admin) {
            return Err(Problem::new(403, "Only an administrator can install an integration"));
        }
        let code = new_code(&mut world, account, user).ok_or_else(Problem::not_found)?;
        let referer = referer(&world, account).ok_or_else(Problem::not_found)?;
        if let Some(account) = world.accounts.get_mut(&account) {
            account.installed = true;
        }
        with_query(
            &sim.config.install_hook(),
            &[("code", &code), ("referer", &referer), ("from_widget", "1"), ("client_id", &sim.config.client_id)],
        )
    };
    let status = send(sim, &url).await;
    Ok(json!({"url": url, "status": status}))
}

/// The integration is removed: its tokens die, and its server is told unless `hook` is off.
pub(crate) async fn uninstall(sim: &Sim, account: Id, hook: bool) -> Result<Value, Problem> {
    let url = {
        let mut world = sim.lock();
        let account = world.accounts.get_mut(&account).ok_or_else(Problem::not_found)?;
        account.grants.revoke_all();
        account.installed = false;
        account.widgets.retain(|_, widget| widget.uuid != sim.config.client_id);
        let id = account.id.to_string();
        let message = format!("{}|{id}", sim.config.client_id);
        let signature = crypto::hex(&crypto::hmac_sha256(sim.config.client_secret.as_bytes(), message.as_bytes()));
        with_query(
            &sim.config.uninstall_hook(),
            &[("client_uuid", &sim.config.client_id), ("account_id", &id), ("signature", &signature)],
        )
    };
    let status = if hook { send(sim, &url).await } else { None };
    Ok(json!({"url": url, "status": status}))
}
