//! RingCentral's consent, tokens and subscription, as requests and readings.
//!
//! RingCentral: authorization code flow with PKCE; refresh tokens; creating webhooks. We are a public client: the
//! proof is the verifier, whose hash went along when the consent was asked for. A refresh token is good once, so the
//! shell stores what came back before it uses it.

use super::http::{encode, form, post_form, send_json, text, whole};
use super::ringcentral::{HOST, MANNER};
use super::{Auth, ProviderError, ProviderRequest, Reply};
use crate::telephony::clock::iso8601;
use crate::time::Moment;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt;

/// An access token lives an hour and a refresh token a week, if the answer does not say.
const ACCESS_SECONDS: i64 = 3600;
const REFRESH_SECONDS: i64 = 604_800;
/// A week: renewed long before, and gone by itself if we are.
const SUBSCRIPTION_SECONDS: i64 = 604_800;
/// Every call of the account.
const EVENTS: &str = "/restapi/v1.0/account/~/telephony/sessions";

/// A pair of tokens. `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Authorises requests.
    pub access: String,
    /// Brings the next pair, once.
    pub refresh: String,
    /// How long the access token lives, in seconds.
    pub expires_in: i64,
    /// How long the refresh token lives, in seconds.
    pub refresh_expires_in: i64,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(hidden)")
    }
}

/// A subscription to the account's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// RingCentral's id of it.
    pub id: String,
    /// When it ends, unless renewed.
    pub ends_at: Option<Moment>,
    /// It delivers. One that is blacklisted after failures never will again: make a new one.
    pub is_active: bool,
}

/// The challenge of a verifier: `S256`.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Where an administrator gives consent.
pub fn authorise_url(client_id: &str, redirect_uri: &str, state: &str, challenge: &str) -> String {
    format!(
        "{HOST}/restapi/oauth/authorize?response_type=code&client_id={}&redirect_uri={}&state={}&code_challenge={}\
         &code_challenge_method=S256",
        encode(client_id),
        encode(redirect_uri),
        encode(state),
        encode(challenge)
    )
}

/// Exchanges the code of a consent.
pub fn exchange(client_id: &str, code: &str, verifier: &str, redirect_uri: &str) -> ProviderRequest {
    token_request(&[
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", redirect_uri),
    ])
}

/// Exchanges a refresh token for the next pair.
pub fn refresh(client_id: &str, refresh_token: &str) -> ProviderRequest {
    token_request(&[("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)])
}

fn token_request(pairs: &[(&str, &str)]) -> ProviderRequest {
    let body = form(pairs.iter().copied());
    let mut request = post_form(format!("{HOST}/restapi/oauth/token"), Auth::None, body);
    request.headers.push(("Accept", "application/json".to_owned()));
    request
}

/// Reads the answer to [`exchange`] and [`refresh`].
pub fn read_tokens(reply: Reply<'_>) -> Result<Tokens, ProviderError> {
    // Whatever is wrong with a code or a refresh token is answered with 400, and only a new consent helps.
    if reply.status == 400 {
        return Err(ProviderError::Unauthorised(MANNER.unauthorised.to_owned()));
    }
    let found = MANNER.object(reply)?;
    let needed = |field| text(&found, field).ok_or(ProviderError::Unreadable);
    let access = needed("/access_token")?;
    let refresh = text(&found, "/refresh_token").ok_or_else(|| {
        ProviderError::Refused(
            "RingCentral gave no refresh token. Turn on \"Issue refresh tokens\" in the settings of the RingCentral app."
                .to_owned(),
        )
    })?;
    let seconds = |field, usual| whole(&found, field).filter(|seconds| *seconds > 0).unwrap_or(usual);
    Ok(Tokens {
        access,
        refresh,
        expires_in: seconds("/expires_in", ACCESS_SECONDS),
        refresh_expires_in: seconds("/refresh_token_expires_in", REFRESH_SECONDS),
    })
}

/// Asks for the account's calls to be reported to us. The address has to repeat a token at once.
pub fn subscribe(hook: &str, verification_token: &str) -> ProviderRequest {
    let body = json!({
        "eventFilters": [EVENTS],
        "deliveryMode": {"transportType": "WebHook", "address": hook, "verificationToken": verification_token},
        "expiresIn": SUBSCRIPTION_SECONDS,
    });
    send_json("POST", format!("{HOST}/restapi/v1.0/subscription"), Auth::OAuth, &body)
}

/// Lets a subscription live on.
pub fn renew(subscription_id: &str) -> ProviderRequest {
    let url = format!("{HOST}/restapi/v1.0/subscription/{}/renew", encode(subscription_id));
    ProviderRequest { method: "POST", url, headers: vec![], body: None, auth: Auth::OAuth }
}

/// Ends a subscription.
pub fn unsubscribe(subscription_id: &str) -> ProviderRequest {
    let url = format!("{HOST}/restapi/v1.0/subscription/{}", encode(subscription_id));
    ProviderRequest { method: "DELETE", url, headers: vec![], body: None, auth: Auth::OAuth }
}

/// Reads the answer to [`subscribe`] and [`renew`]. A renewal of what is gone answers 404: subscribe again.
pub fn read_subscription(reply: Reply<'_>) -> Result<Subscription, ProviderError> {
    let found: Value = MANNER.object(reply)?;
    let id = text(&found, "/id").ok_or(ProviderError::Unreadable)?;
    let ends_at = text(&found, "/expirationTime").and_then(|time| iso8601(&time));
    let is_active = text(&found, "/status").is_none_or(|status| status == "Active");
    Ok(Subscription { id, ends_at, is_active })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn consent_is_asked_for_with_the_challenge() {
        assert_eq!(
            authorise_url("id 1", "https://voip.example.com/oauth/voip/ringcentral/callback", "s&t", "ch_-"),
            "https://platform.ringcentral.com/restapi/oauth/authorize?response_type=code&client_id=id%201\
             &redirect_uri=https%3A%2F%2Fvoip.example.com%2Foauth%2Fvoip%2Fringcentral%2Fcallback&state=s%26t\
             &code_challenge=ch_-&code_challenge_method=S256"
        );
    }

    #[test]
    fn tokens_are_asked_for_without_a_client_secret() {
        for (request, expected) in [
            (
                exchange("id", "c+1", "ver", "https://x.example/cb"),
                vec![
                    ("grant_type", "authorization_code"),
                    ("client_id", "id"),
                    ("code", "c+1"),
                    ("code_verifier", "ver"),
                    ("redirect_uri", "https://x.example/cb"),
                ],
            ),
            (
                refresh("id", "r/1"),
                vec![("grant_type", "refresh_token"), ("client_id", "id"), ("refresh_token", "r/1")],
            ),
        ] {
            assert_eq!(line_of(&request), "POST https://platform.ringcentral.com/restapi/oauth/token");
            let form: Vec<_> = form_of(&request);
            let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!((form, &request.auth), (expected, &Auth::None));
        }
    }

    #[test]
    fn a_pair_of_tokens_is_read_and_never_shown() {
        let read = |status, body| read_tokens(Reply { status, body });
        let pair = read(
            200,
            r#"{"access_token":"a1","token_type":"bearer","expires_in":7199,"refresh_token":"r1",
            "refresh_token_expires_in":604799}"#,
        );
        let tokens =
            Tokens { access: "a1".into(), refresh: "r1".into(), expires_in: 7199, refresh_expires_in: 604_799 };
        assert_eq!(pair, Ok(tokens));
        assert_eq!(format!("{pair:?}"), "Ok(Tokens(hidden))");
        let short = read(200, r#"{"access_token":"a1","refresh_token":"r1"}"#).expect("tokens");
        assert_eq!((short.expires_in, short.refresh_expires_in), (3600, 604_800));
        let gone = r#"{"error":"invalid_grant","error_description":"Token is revoked"}"#;
        for status in [400, 401] {
            assert!(matches!(read(status, gone), Err(ProviderError::Unauthorised(_))));
        }
        assert_eq!(read(503, ""), Err(ProviderError::Unavailable));
        assert_eq!(read(200, "<html>"), Err(ProviderError::Unreadable));
        assert_eq!(read(200, "{}"), Err(ProviderError::Unreadable));
        let said = read(200, r#"{"access_token":"a1"}"#).unwrap_err().to_string();
        assert!(said.contains("Issue refresh tokens"), "{said}");
    }

    #[test]
    fn every_call_of_the_account_is_subscribed_to_and_renewed() {
        let request = subscribe("https://voip.example.com/webhooks/voip/ringcentral/key", "tok");
        assert_eq!(line_of(&request), "POST https://platform.ringcentral.com/restapi/v1.0/subscription");
        assert_eq!(
            json_of(&request),
            json!({"eventFilters": ["/restapi/v1.0/account/~/telephony/sessions"],
            "deliveryMode": {"transportType": "WebHook", "verificationToken": "tok",
                             "address": "https://voip.example.com/webhooks/voip/ringcentral/key"},
            "expiresIn": 604_800})
        );
        let base = "https://platform.ringcentral.com/restapi/v1.0/subscription/a%2Fb";
        assert_eq!(line_of(&renew("a/b")), format!("POST {base}/renew"));
        assert_eq!(line_of(&unsubscribe("a/b")), format!("DELETE {base}"));
        assert_eq!((renew("1").auth, renew("1").body), (Auth::OAuth, None));
    }

    #[test]
    fn a_subscription_tells_when_it_ends_and_whether_it_delivers() {
        let read = |status, body| read_subscription(Reply { status, body });
        let body = r#"{"id":"s1","expirationTime":"2026-09-01T10:00:00.000Z","status":"Active"}"#;
        assert_eq!(read(200, body), Ok(Subscription { id: "s1".into(), ends_at: Some(NOW), is_active: true }));
        assert_eq!(read(200, r#"{"id":"s1","status":"Blacklisted"}"#).map(|found| found.is_active), Ok(false));
        assert!(matches!(read(404, r#"{"message":"Resource not found"}"#), Err(ProviderError::Refused(_))));
        assert_eq!(read(200, "{}"), Err(ProviderError::Unreadable));
    }
}
