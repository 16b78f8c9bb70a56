//! Tokens: exchanging a code, refreshing, and finding the account's present host.
//!
//! The token endpoint is at the host's root, takes no `Authorization`, and wants the redirect URI exactly as it is
//! configured (Kommo API reference: token endpoint, account host). Nothing here shows a secret in `Debug`.

use super::error::{success, written};
use super::fields::Fields;
use super::{Ask, KommoError, Method, Reply, Request};
use crate::ids::AccountId;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;

/// Kommo's documented life of an access token, for the case that an answer does not say.
const ACCESS_TOKEN_SECONDS: i64 = 86_400;

/// Exchanges the code of a consent for the first pair. A code lives 20 minutes and works once.
#[derive(Clone, PartialEq, Eq)]
pub struct ExchangeCode {
    /// The integration.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The redirect URI exactly as configured.
    pub redirect_uri: String,
    /// The code.
    pub code: String,
}

/// Exchanges a refresh token for the next pair.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshTokens {
    /// The integration.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The redirect URI exactly as configured.
    pub redirect_uri: String,
    /// The present refresh token.
    pub refresh_token: String,
}

/// An access token with the refresh token that follows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPair {
    /// Sent as Bearer with every request.
    pub access_token: String,
    /// Buys the next pair.
    pub refresh_token: String,
    /// The access token's life in seconds.
    pub expires_in: i64,
    /// Kommo's clock when it was issued, Unix seconds, if it said so.
    pub server_time: Option<i64>,
}

impl fmt::Debug for ExchangeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeCode").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for RefreshTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshTokens").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

fn token_request(body: Value) -> Request {
    Request::with_body(Method::Post, "/oauth2/access_token", body)
}

fn read_pair(reply: &Reply<'_>) -> Result<TokenPair, KommoError> {
    let value = written(reply)?;
    let root = Fields::new(&value);
    let token = |name: &str| {
        let found = root.text(name).filter(|token| !token.is_empty());
        found.map(str::to_owned).ok_or_else(|| KommoError::unreadable(format!("a token answer without {name}")))
    };
    Ok(TokenPair {
        access_token: token("access_token")?,
        refresh_token: token("refresh_token")?,
        expires_in: root.whole("expires_in").filter(|seconds| *seconds > 0).unwrap_or(ACCESS_TOKEN_SECONDS),
        server_time: root.whole("server_time"),
    })
}

impl Ask for ExchangeCode {
    type Answer = TokenPair;

    fn request(&self) -> Request {
        token_request(json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant_type": "authorization_code",
            "code": self.code,
            "redirect_uri": self.redirect_uri,
        }))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<TokenPair, KommoError> {
        read_pair(reply)
    }
}

impl Ask for RefreshTokens {
    type Answer = TokenPair;

    fn request(&self) -> Request {
        token_request(json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "redirect_uri": self.redirect_uri,
        }))
    }

    fn read(&self, reply: &Reply<'_>) -> Result<TokenPair, KommoError> {
        read_pair(reply)
    }
}

/// Where the account lives now; to be asked of the token's `api_domain`, not of the account's old host.
#[derive(Clone, PartialEq, Eq)]
pub struct CurrentSubdomain {
    /// The present refresh token.
    pub refresh_token: String,
}

impl fmt::Debug for CurrentSubdomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CurrentSubdomain")
    }
}

/// The account's present address. The host is not checked here: see [`super::host`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDomain {
    /// The account.
    pub id: AccountId,
    /// Its subdomain.
    pub subdomain: String,
    /// The host to use from now on.
    pub domain: String,
    /// The domain it is under.
    pub top_level_domain: String,
}

impl Ask for CurrentSubdomain {
    type Answer = AccountDomain;

    fn request(&self) -> Request {
        Request::get("/oauth2/account/current/subdomain")
    }

    fn headers(&self) -> Vec<(String, String)> {
        vec![("X-Refresh-Token".to_owned(), self.refresh_token.clone())]
    }

    fn read(&self, reply: &Reply<'_>) -> Result<AccountDomain, KommoError> {
        let value = success(reply)?.ok_or(KommoError::NotFound)?;
        let root = Fields::new(&value);
        let domain = root.text("domain").ok_or_else(|| KommoError::unreadable("an address without its domain"))?;
        Ok(AccountDomain {
            id: AccountId(root.id("id")?),
            subdomain: root.text_or_empty("subdomain"),
            domain: domain.to_owned(),
            top_level_domain: root.text_or_empty("top_level_domain"),
        })
    }
}

/// What an access token says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessHint {
    /// The account.
    pub account_id: Option<AccountId>,
    /// Where to ask for the account's present host.
    pub api_domain: Option<String>,
    /// When it expires, Unix seconds.
    pub exp: Option<i64>,
}

/// Reads an access token's claims without verifying them: Kommo publishes no key, so they are a hint, never a proof.
pub fn claims_hint(access_token: &str) -> Option<AccessHint> {
    let mut parts = access_token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&URL_SAFE, lenient).decode(payload).ok()?;
    let value: Value = crate::utf8::json(&bytes).ok().filter(Value::is_object)?;
    let root = Fields::new(&value);
    Some(AccessHint {
        account_id: root.whole("account_id").map(AccountId),
        api_domain: root.text("api_domain").map(str::to_owned),
        exp: root.whole("exp"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::{refuses_all, reply};

    fn refresh() -> RefreshTokens {
        RefreshTokens {
            client_id: "id".into(),
            client_secret: "hush".into(),
            redirect_uri: "https://voip.example/oauth/callback".into(),
            refresh_token: "def5".into(),
        }
    }

    #[test]
    fn a_code_becomes_a_pair() {
        let ask = ExchangeCode {
            client_id: "id".into(),
            client_secret: "hush".into(),
            redirect_uri: "https://voip.example/oauth/callback".into(),
            code: "c0de".into(),
        };
        let request = ask.request();
        assert_eq!((request.method, request.path.as_str()), (Method::Post, "/oauth2/access_token"));
        assert_eq!(
            request.body,
            Some(json!({"client_id": "id", "client_secret": "hush", "grant_type": "authorization_code",
                "code": "c0de", "redirect_uri": "https://voip.example/oauth/callback"}))
        );
        let pair = ask.read(&reply(
            200,
            r#"{"token_type":"Bearer","expires_in":86400,"server_time":1771000000,"access_token":"eyJ","refresh_token":"d1"}"#,
        ));
        assert_eq!(
            pair,
            Ok(TokenPair {
                access_token: "eyJ".into(),
                refresh_token: "d1".into(),
                expires_in: 86_400,
                server_time: Some(1_771_000_000)
            })
        );
        refuses_all(&ask);
    }

    #[test]
    fn a_pair_without_a_token_is_not_a_pair() {
        for body in [r#"{"access_token":"a"}"#, r#"{"access_token":"","refresh_token":"b"}"#, "{}", "[]", ""] {
            let error = refresh().read(&reply(200, body)).expect_err(body);
            assert!(error.may_have_landed(), "a refresh may have happened: {body}");
        }
        let pair = refresh().read(&reply(200, r#"{"access_token":"a","refresh_token":"b"}"#)).expect("a pair");
        assert_eq!((pair.expires_in, pair.server_time), (86_400, None));
    }

    #[test]
    fn a_revoked_and_a_wrong_grant_are_told_apart() {
        let revoked = r#"{"title":"x","status":401,"detail":"y","hint":"Token has been revoked"}"#;
        assert_eq!(refresh().read(&reply(401, revoked)), Err(KommoError::Unauthorised));
        let wrong = refresh().read(&reply(400, r#"{"title":"x","status":400,"detail":"y","hint":"Check `code`"}"#));
        assert_eq!(wrong, Err(KommoError::Invalid { detail: "y (Check `code`)".into(), fields: vec![] }));
    }

    #[test]
    fn debug_shows_no_secret() {
        let pair = TokenPair {
            access_token: "SECRET1".into(),
            refresh_token: "SECRET2".into(),
            expires_in: 1,
            server_time: None,
        };
        let mut ask = refresh();
        ask.client_secret = "SECRET3".into();
        ask.refresh_token = "SECRET4".into();
        let lookup = CurrentSubdomain { refresh_token: "SECRET5".into() };
        let shown = format!("{pair:?} {ask:?} {:?} {lookup:?}", ask.request());
        assert!(!shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn the_present_host_is_read() {
        let ask = CurrentSubdomain { refresh_token: "r".into() };
        assert_eq!(ask.headers(), vec![("X-Refresh-Token".to_owned(), "r".to_owned())]);
        let body = r#"{"id":30111222,"subdomain":"beta","domain":"beta.kommo.com","top_level_domain":"kommo.com"}"#;
        assert_eq!(ask.read(&reply(200, body)).map(|found| found.domain), Ok("beta.kommo.com".into()));
        assert_eq!(ask.read(&reply(204, "")), Err(KommoError::NotFound));
        refuses_all(&ask);
    }

    #[test]
    fn a_token_gives_hints_and_garbage_none() {
        // {"account_id":30111222,"api_domain":"api-c.kommo.com","exp":1771086400}
        let payload = "eyJhY2NvdW50X2lkIjozMDExMTIyMiwiYXBpX2RvbWFpbiI6ImFwaS1jLmtvbW1vLmNvbSIsImV4cCI6MTc3MTA4NjQwMH0";
        let hint = claims_hint(&format!("h.{payload}.s")).expect("a hint");
        assert_eq!(hint.account_id, Some(AccountId(30_111_222)));
        assert_eq!(hint.api_domain.as_deref(), Some("api-c.kommo.com"));
        assert_eq!(hint.exp, Some(1_771_086_400));
        for bad in ["", "a.b", "a.!!.c", "a.W10.c"] {
            assert_eq!(claims_hint(bad), None, "{bad}");
        }
    }
}
