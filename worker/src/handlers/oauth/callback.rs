//! `GET /oauth/callback`: Kommo brings a code, either through the browser of whoever agreed or, when the widget is
//! installed from inside Kommo, by a server call that waits at most three seconds and is never repeated
//! (Kommo API reference: what arrives at the redirect URI).
//!
//! `referer` decides where our secret is sent, so it is checked before anything else: a foreign host is answered 400
//! and no request leaves.

use super::grants::{self, Outcome};
use super::page::{self, Language};
use super::{binding, fingerprint};
use crate::adapters::clock;
use crate::adapters::d1::{self, oauth_states, pending_grants};
use crate::config::Config;
use crate::handlers::Failure;
use crate::log;
use crate::respond::{self, Refusal};
use kommo_voip_domain::kommo::host::account_host;
use kommo_voip_domain::time::Moment;
use worker::{Context, Env, Request, Response, Url};

/// Kommo's codes are a few hundred characters; anything far longer is somebody's play.
const LONGEST_CODE: usize = 4096;

/// The parameters of a callback.
#[derive(Debug, Default, PartialEq, Eq)]
struct Callback {
    code: Option<String>,
    host: Option<String>,
    state: Option<String>,
    client_id: Option<String>,
    from_widget: bool,
    declined: bool,
}

impl Callback {
    fn read(url: &Url, domains: &[&str]) -> Self {
        let mut callback = Self::default();
        for (name, value) in url.query_pairs() {
            match &*name {
                "code" => {
                    callback.code = Some(value.into_owned()).filter(|code| (1..=LONGEST_CODE).contains(&code.len()))
                }
                "referer" | "referrer" => callback.host = account_host(&value, domains),
                "state" => callback.state = Some(value.into_owned()),
                "client_id" => callback.client_id = Some(value.into_owned()),
                "from_widget" => callback.from_widget = true,
                "error" => callback.declined = true,
                _ => {}
            }
        }
        callback
    }
}

/// Answers the browser with a page, or Kommo's server at once.
pub async fn answer(request: &Request, env: &Env, context: &Context, config: &Config) -> Result<Response, Failure> {
    let callback = Callback::read(&request.url()?, &config.domains());
    let header = |name| request.headers().get(name).ok().flatten().unwrap_or_default();
    let language = Language::of(&header("Accept-Language"));
    if callback.client_id.as_ref().is_some_and(|id| *id != config.client_id) {
        return Err(Refusal::BadRequest("The code is for another integration.").into());
    }
    if callback.declined {
        return page::of(&page::Ending::Declined, language, config);
    }
    let host = callback.host.ok_or(Refusal::BadRequest("The referer is no Kommo account's address."))?;
    let code = callback.code.ok_or(Refusal::BadRequest("There is no code."))?;
    if callback.from_widget {
        // Kommo hangs up after three seconds, ignores the answer and never calls again. Storing the code must not end
        // with the connection, so all of it happens beside the answer.
        let (env, config) = (env.clone(), config.clone());
        context.wait_until(async move {
            let now = clock::now();
            // Nobody can tell yet whether the code is Kommo's; what comes too fast waits for the cron.
            let at_once = grants::may_ask_at_once(&host, now);
            let next = if at_once { now + grants::LEASE } else { now };
            match receive(&env, &config, &code, &host, next).await {
                Ok(Some(grant)) if at_once => drop(grants::pursue(&env, &config, grant).await),
                Ok(Some(_)) => log::warn("a code waits, since its account had one just now", &[("host", host.into())]),
                Ok(None) => {}
                Err(failure) => {
                    log::error("a code was lost", &[("host", host.into()), ("error", failure.to_string().into())])
                }
            }
        });
        return Ok(respond::text("received")?);
    }
    if !state_is_ours(env, config, callback.state.as_deref(), &header("Cookie")).await? {
        if header("Accept").contains("text/html") {
            return page::of(&page::Ending::Expired, language, config);
        }
        return Err(
            Refusal::BadRequest("The state is unknown, used, too old or of another browser. Connect again.").into()
        );
    }
    let outcome = match receive(env, config, &code, &host, clock::now() + grants::LEASE).await? {
        Some(grant) => grants::pursue(env, config, grant).await,
        None => Outcome::Failed,
    };
    page::of(&page::Ending::Finished { outcome, host }, language, config)
}

/// Stores the code before anything else happens with it; nobody else works on it before `next`. `None`: this code was
/// brought before.
async fn receive(
    env: &Env,
    config: &Config,
    code: &str,
    host: &str,
    next: Moment,
) -> Result<Option<pending_grants::PendingGrant>, Failure> {
    let sealed = config.sealer.seal_text(code, grants::CODE)?;
    let db = d1::database(env)?;
    Ok(pending_grants::add(&db, &fingerprint(code), &sealed, host, clock::now(), next).await?)
}

async fn state_is_ours(env: &Env, config: &Config, state: Option<&str>, cookies: &str) -> Result<bool, Failure> {
    let (Some(state), Some(browser)) = (state, binding::of(cookies, config)) else { return Ok(false) };
    let db = d1::database(env)?;
    Ok(oauth_states::consume(&db, &fingerprint(state), &fingerprint(&browser), clock::now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Callback {
        Callback::read(&Url::parse(&format!("https://voip.example/oauth/callback?{query}")).unwrap(), &["kommo.com"])
    }

    #[test]
    fn a_callback_is_read_from_its_parameters() {
        let callback = read("code=c1&referer=https%3A%2F%2Facme.kommo.com&state=s&client_id=i&from_widget=1");
        assert_eq!(callback.code.as_deref(), Some("c1"));
        assert_eq!(callback.host.as_deref(), Some("acme.kommo.com"));
        assert!(callback.from_widget && !callback.declined);
        assert!(read("error=access_denied&state=s").declined);
    }

    #[test]
    fn foreign_hosts_and_endless_codes_are_as_good_as_missing() {
        assert_eq!(read("code=c&referer=acme.kommo.com.evil.example").host, None);
        assert_eq!(read("code=c&referer=http%3A%2F%2Facme.kommo.com").host, None);
        assert_eq!(read(&format!("code={}", "c".repeat(LONGEST_CODE + 1))).code, None);
        assert_eq!(read("code=").code, None);
    }
}
