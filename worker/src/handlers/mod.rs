//! One file per route: verify, gather, hand over, answer. Nothing is decided about calls here; that happens in the
//! account's object.

pub mod api;
pub mod cron;
pub mod health;
pub mod live;
pub mod local;
pub mod oauth;
pub mod recordings;
pub mod webhook;

use crate::adapters::random;
use crate::address_keys;
use crate::config::Config;
use crate::hook_key;
use crate::log;
use crate::respond::Refusal;
use crate::routes::{Route, route};
use std::rc::Rc;
use worker::{Context, Env, Request, Response, Result};

/// Answers a request, whatever happens.
pub async fn serve(request: Request, env: Env, context: Context) -> Result<Response> {
    let (method, path) = (request.inner().method(), request.path());
    let found = route(&method, &path).and_then(|route| Ok((route, config(&env)?)));
    let (route, config) = match found {
        Ok(found) => found,
        Err(refusal) => return refusal.response(),
    };
    let subject = subject(&route, &request, &config);
    log::about(subject, async { concluded(answer(request, &env, &context, &config, route).await, &method, &path) })
        .await
}

/// What the lines about a request are about, as far as its address tells.
fn subject(route: &Route<'_>, request: &Request, config: &Config) -> Vec<log::Field> {
    let (account, call) = match route {
        Route::Webhook(hook) | Route::CallRoute(hook) => (hook_key::account_of(hook.key, &config.keys), None),
        Route::KommoChanges { key } => (hook_key::account_of(key, &config.keys), None),
        Route::Recording { token } => hook_key::recording_of(token, &config.keys).unzip(),
        Route::Live => (live::account_of(request, config), None),
        // They learn it on their way.
        _ => (None, None),
    };
    let account = account.map(|account| (log::ACCOUNT, account.0.into()));
    let call = call.map(|call| (log::CALL, random::hex(&call).into()));
    account.into_iter().chain(call).collect()
}

fn concluded(outcome: std::result::Result<Response, Failure>, method: &str, path: &str) -> Result<Response> {
    match outcome {
        Ok(response) => Ok(response),
        Err(Failure::Refused(refusal)) => refusal.response(),
        Err(Failure::Broken(error)) => {
            // The first segment names the route; the rest can hold a key.
            let route = path.split('/').nth(1).unwrap_or_default();
            let reference = random::reference();
            let fields = [
                ("reference", reference.as_str().into()),
                ("method", method.into()),
                ("route", route.into()),
                ("error", error.to_string().into()),
            ];
            log::error("a request failed", &fields);
            Refusal::TryAgain.known_as(reference)
        }
    }
}

/// Why a handler has no answer of its own.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something of ours does not work; the caller may try again.
    #[error("{0}")]
    Broken(Box<dyn std::error::Error>),
}

macro_rules! broken {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Broken(error.into())
            }
        }
    )*};
}
broken!(
    worker::Error,
    serde_json::Error,
    crate::adapters::d1::StoreError,
    crate::adapters::random::NoRandomness,
    crate::sealing::SealingError,
);

async fn answer(
    request: Request,
    env: &Env,
    context: &Context,
    config: &Config,
    route: Route<'_>,
) -> std::result::Result<Response, Failure> {
    address_keys::keep_once(env, config, context);
    match route {
        Route::Health => Ok(health::answer(env, config).await?),
        Route::OauthStart => oauth::start::answer(&request, env, config).await,
        Route::OauthCallback => oauth::callback::answer(&request, env, context, config).await,
        Route::OauthUninstalled => oauth::uninstalled::answer(&request, env, config).await,
        Route::Webhook(hook) | Route::CallRoute(hook) => webhook::answer(request, env, config, hook).await,
        Route::KommoChanges { key } => webhook::changes(request, env, config, key).await,
        Route::OauthVoip => oauth::voip::answer(&request, env, config).await,
        Route::Recording { token } => recordings::answer(&request, env, config, token).await,
        Route::Live => live::answer(&request, env, config).await,
        Route::Api => api::answer(request, env, config).await,
        Route::ApiPreflight => api::preflight(&request, config),
        Route::LocalPanic { account } => local::ask(env, config, account, "panic", "{}".to_owned()).await,
        Route::LocalAge { account, days } => local::ask(env, config, account, "age", days.to_string()).await,
    }
}

/// The configuration, or a log line that names what is wrong with it.
pub fn config(env: &Env) -> std::result::Result<Rc<Config>, Refusal> {
    Config::of_isolate(env).map_err(|error| {
        log::error("the configuration is incomplete", &[("error", error.to_string().into())]);
        Refusal::NotConfigured
    })
}
