//! `/api/v1/…`: what the widget asks. Kommo's one-time token is verified here, before anything is woken; the verified
//! claims travel to the account's object, which knows the user's rights and answers.

use super::Failure;
use crate::adapters::account_object::{self, CLAIMS_HEADER, Forward};
use crate::adapters::{body, clock, random};
use crate::config::Config;
use crate::cors;
use crate::log;
use crate::respond::{self, Refusal};
use kommo_voip_domain::kommo::host::host_of_issuer;
use kommo_voip_domain::protocol::AUTH_HEADER;
use kommo_voip_domain::token::{self, Claims, Expected};
use worker::{Env, Headers, Method, Request, Response, ResponseBuilder};

/// How long a browser may remember a preflight; Chromium caps it at two hours.
const PREFLIGHT_SECONDS: &str = "7200";

/// Verifies the token, asks the account's object, and lets the token's own account read the answer.
pub async fn answer(mut request: Request, env: &Env, config: &Config) -> Result<Response, Failure> {
    let claims = verified(request.headers(), config)?;
    let origin = request.headers().get("Origin")?.filter(|origin| cors::may_read(origin, &claims.iss, config));
    let subject = vec![(log::ACCOUNT, claims.account_id.0.into())];
    let response = log::about(subject, async {
        match ask(&mut request, env, &claims).await {
            Ok(response) => Ok(response),
            Err(Failure::Refused(refusal)) => refusal.response(),
            Err(Failure::Broken(error)) => {
                let reference = random::reference();
                let fields = [("reference", reference.as_str().into()), ("error", error.to_string().into())];
                log::error("the account object did not answer", &fields);
                Refusal::TryAgain.known_as(reference)
            }
        }
    })
    .await?;
    // What comes from an object has fixed headers; these are a copy of them.
    let headers = Headers::new();
    for (name, value) in response.headers().entries() {
        headers.append(&name, &value)?;
    }
    headers.append("Vary", "Origin")?;
    if let Some(origin) = origin {
        respond::grant_origin(&headers, &origin)?;
    }
    Ok(response.with_headers(headers))
}

/// Answers a browser's question whether a page may ask at all.
pub fn preflight(request: &Request, config: &Config) -> Result<Response, Failure> {
    let mut response = ResponseBuilder::new().with_status(204).with_header("Vary", "Origin")?;
    if let Some(origin) = request.headers().get("Origin")?.filter(|origin| cors::may_ask(origin, config)) {
        response = response
            .with_header("Access-Control-Allow-Origin", &origin)?
            .with_header("Access-Control-Allow-Methods", cors::METHODS)?
            .with_header("Access-Control-Allow-Headers", cors::HEADERS)?
            .with_header("Access-Control-Max-Age", PREFLIGHT_SECONDS)?;
    }
    Ok(response.empty())
}

fn verified(headers: &Headers, config: &Config) -> Result<Claims, Refusal> {
    let token = headers.get(AUTH_HEADER).ok().flatten().ok_or(Refusal::Unauthorised)?;
    let expected = Expected {
        client_secret: &config.client_secret,
        client_id: &config.client_id,
        audience: &config.public_origin,
    };
    let claims = token::verify(&token, &expected, clock::now()).map_err(|_| Refusal::Unauthorised)?;
    // The issuer becomes the host that gets this account's tokens after a rename: nothing but an account's address.
    let host = host_of_issuer(&claims.iss, &config.domains()).ok_or(Refusal::Unauthorised)?;
    if host.split('.').next() != Some(claims.subdomain.to_ascii_lowercase().as_str()) {
        return Err(Refusal::Unauthorised);
    }
    Ok(claims)
}

async fn ask(request: &mut Request, env: &Env, claims: &Claims) -> Result<Response, Failure> {
    let body = body::read(request).await?;
    let url = request.url()?;
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let headers = account_object::outside_headers(request.headers())?;
    headers.delete(AUTH_HEADER)?;
    headers.set(CLAIMS_HEADER, &ascii_json(claims)?)?;
    let method = request.method();
    let body = (method != Method::Get).then_some(body);
    Ok(account_object::send(env, claims.account_id, Forward { method, path, headers, body }).await?)
}

/// JSON fit for a header: every character outside ASCII is escaped.
fn ascii_json(claims: &Claims) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(claims)?;
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kommo_voip_domain::ids::{AccountId, UserId};

    #[test]
    fn claims_travel_in_a_header_whatever_they_hold() {
        let claims = Claims {
            iss: "https://acme.kommo.com".into(),
            account_id: AccountId(1),
            user_id: UserId(2),
            subdomain: "äcme😀".into(),
            client_uuid: "c".into(),
            jti: "j".into(),
            iat: 1,
            nbf: 1,
            exp: 2,
            is_admin: None,
        };
        let json = ascii_json(&claims).unwrap();
        assert!(json.is_ascii());
        assert_eq!(serde_json::from_str::<Claims>(&json).unwrap(), claims);
    }
}
