//! `GET /oauth/voip/ringcentral/start` and `/callback`: an administrator connects a telephony provider. The state was
//! made for them by the account's object, names it, and is good once, in the browser that began; all else is the object's
//! to check.

use super::page::{self, Ending, Language};
use super::{binding, fingerprint};
use crate::adapters::account_object;
use crate::config::Config;
use crate::handlers::Failure;
use crate::hook_key;
use crate::internal::{VoipOauthAnswer, VoipOauthStep};
use worker::{Env, Request, Response, ResponseBuilder};

/// Providers' codes are a few hundred characters.
const LONGEST_CODE: usize = 4096;

/// Sends the browser on, or tells how it ended.
pub async fn answer(request: &Request, env: &Env, config: &Config) -> Result<Response, Failure> {
    let header = |name| request.headers().get(name).ok().flatten().unwrap_or_default();
    let language = Language::of(&header("Accept-Language"));
    let url = request.url()?;
    let query = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let state = query("state").unwrap_or_default();
    let Some(account) = hook_key::account_of_state(&state, &config.keys) else {
        return page::of(&Ending::Expired, language, config);
    };
    let returns = url.path().ends_with("/callback");
    let code = query("code").filter(|code| returns && (1..=LONGEST_CODE).contains(&code.len()));
    let browser = match binding::of(&header("Cookie"), config) {
        Some(known) => known,
        None => binding::fresh()?,
    };
    let step = VoipOauthStep { state, browser: fingerprint(&browser), declined: returns && code.is_none(), code };
    let mut answered = account_object::post_internal(env, account, "voip-oauth", serde_json::to_string(&step)?).await?;
    if answered.status_code() != 200 {
        return Ok(answered);
    }
    let ending = match answered.json::<VoipOauthAnswer>().await? {
        VoipOauthAnswer::Consent { location } => {
            return Ok(ResponseBuilder::new()
                .with_status(302)
                .with_header("Location", &location)?
                .with_header("Set-Cookie", &binding::cookie(&browser, config))?
                .with_header("Cache-Control", "no-store")?
                .with_header("Referrer-Policy", "no-referrer")?
                .empty());
        }
        VoipOauthAnswer::Connected => Ending::Telephony,
        VoipOauthAnswer::Declined => Ending::Declined,
        VoipOauthAnswer::Failed => Ending::TelephonyFailed,
        VoipOauthAnswer::Expired => Ending::Expired,
    };
    page::of(&ending, language, config)
}
