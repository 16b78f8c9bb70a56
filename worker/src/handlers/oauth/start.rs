//! `GET /oauth/start`: sends an administrator's browser to Kommo's consent page with a state that only this browser
//! can bring back, once, within ten minutes (Kommo API reference: authorization request).

use super::{binding, fingerprint};
use crate::adapters::{clock, d1};
use crate::config::Config;
use crate::handlers::Failure;
use kommo_voip_domain::time::Millis;
use worker::{Env, Request, Response, ResponseBuilder, Url};

/// Redirects to Kommo.
pub async fn answer(request: &Request, env: &Env, config: &Config) -> Result<Response, Failure> {
    let cookies = request.headers().get("Cookie")?.unwrap_or_default();
    // A second attempt in the same browser must not break the first one's window.
    let browser = match binding::of(&cookies, config) {
        Some(known) => known,
        None => binding::fresh()?,
    };
    let state = binding::fresh()?;
    let expires = clock::now() + Millis::seconds(binding::LIFETIME_SECONDS);
    let db = d1::database(env)?;
    d1::oauth_states::remember(&db, &fingerprint(&state), &fingerprint(&browser), expires).await?;
    Ok(ResponseBuilder::new()
        .with_status(302)
        .with_header("Location", &consent_page(config, &state))?
        .with_header("Set-Cookie", &binding::cookie(&browser, config))?
        .with_header("Cache-Control", "no-store")?
        .with_header("Referrer-Policy", "no-referrer")?
        .empty())
}

fn consent_page(config: &Config, state: &str) -> String {
    let shared_host = || format!("https://www.{}", config.kommo_domains.first().map_or("kommo.com", String::as_str));
    let base = config.kommo_origin_override.clone().unwrap_or_else(shared_host);
    let query = [("client_id", config.client_id.as_str()), ("state", state), ("mode", "post_message")];
    Url::parse_with_params(&format!("{base}/oauth"), query).map_or(base, String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{local, production};

    #[test]
    fn the_consent_page_is_kommos_own() {
        assert_eq!(
            consent_page(&production(), "s-_1"),
            "https://www.kommo.com/oauth?client_id=5b0f7c1e-2d34-4a56-9b78-0c1d2e3f4a5b&state=s-_1&mode=post_message"
        );
        assert!(consent_page(&local(), "s").starts_with("http://127.0.0.1:8790/oauth?client_id="));
    }
}
