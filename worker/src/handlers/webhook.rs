//! `/webhooks/voip/{provider}/{hook_key}` and `/route/{provider}/{hook_key}`: from the provider to the account's
//! object; `/webhooks/kommo/{hook_key}`: from Kommo. The key's MAC is checked without I/O, so a made-up address costs nobody anything; the signature is the
//! object's to check, since the object holds the credentials. No database is read on this way.

use super::Failure;
use crate::adapters::{account_object, body};
use crate::address_keys;
use crate::config::Config;
use crate::respond::{self, Refusal};
use crate::routes::Hook;
use kommo_voip_domain::telephony::Provider;
use worker::{Env, Headers, Method, Request, Response};

/// The most an echo repeats. Providers' tokens are far shorter; a longer one would make us print somebody's text.
const MAX_ECHO: usize = 200;

/// The header in which RingCentral asks for an echo.
const VALIDATION: &str = "Validation-Token";

/// Passes a delivery to the account's object, or answers a registration's echo.
pub async fn answer(mut request: Request, env: &Env, config: &Config, hook: Hook<'_>) -> Result<Response, Failure> {
    let account = address_keys::account_of(hook.key, env, config).await?;
    if request.method() == Method::Post && body::is_short(&request)? && !request.headers().has(VALIDATION)? {
        return Ok(account_object::pass_on(env, account, request).await?);
    }
    let body = body::read(&mut request).await?;
    if let Some(token) = echo(&request, hook.provider, &body)? {
        return Ok(token);
    }
    let url = request.url()?;
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let method = request.method();
    let forward = account_object::Forward {
        body: (method == Method::Post).then_some(body),
        method,
        path,
        headers: account_object::outside_headers(request.headers())?,
    };
    Ok(account_object::send(env, account, forward).await?)
}

/// Passes what Kommo tells of changes to the account's object.
pub async fn changes(mut request: Request, env: &Env, config: &Config, key: &str) -> Result<Response, Failure> {
    let account = address_keys::account_of(key, env, config).await?;
    let body = body::read(&mut request).await?;
    let forward = account_object::Forward {
        body: Some(body),
        method: Method::Post,
        path: request.path(),
        headers: Headers::new(),
    };
    Ok(account_object::send(env, account, forward).await?)
}

/// Registrations ask to hear a token back: Zadarma's `zd_echo`, RingCentral's `Validation-Token`, which is in a header
/// of a request without a body (older subscriptions of theirs name the token of their events alike). Nothing else
/// happens with them.
fn echo(request: &Request, provider: &str, body: &[u8]) -> Result<Option<Response>, Failure> {
    if let Some(token) = request.headers().get(VALIDATION)?.filter(|_| body.is_empty()) {
        let token = checked(&token)?;
        // RingCentral: creating webhooks. It wants JSON, also where there is none.
        let is_ringcentral = provider == Provider::RingCentral.as_str();
        let response = if is_ringcentral { respond::no_json()? } else { respond::text(token)? };
        response.headers().set(VALIDATION, token)?;
        return Ok(Some(response));
    }
    if request.method() != Method::Get {
        return Ok(None);
    }
    let url = request.url()?;
    let token = url.query_pairs().find(|(name, _)| name == "zd_echo").map(|(_, value)| value.into_owned());
    token.map(|token| Ok(respond::text(checked(&token)?)?)).transpose()
}

fn checked(token: &str) -> Result<&str, Refusal> {
    let plain = token.chars().all(|letter| !letter.is_control());
    if plain && token.chars().count() <= MAX_ECHO {
        Ok(token)
    } else {
        Err(Refusal::BadRequest("The value to echo is not plain text of at most 200 characters."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_text_is_echoed() {
        assert_eq!(checked("a1b2"), Ok("a1b2"));
        assert!(checked(&"x".repeat(200)).is_ok());
        assert!(checked(&"x".repeat(201)).is_err());
        assert!(checked("a\r\nb").is_err());
    }
}
