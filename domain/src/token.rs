//! Kommo's one-time tokens (`X-Auth-Token`): which user of which account is asking
//! (Kommo API reference: disposable tokens from the widget).
//!
//! The check is written here rather than taken from a JWT library because it must do exactly one thing: HS256 with
//! our secret. There is no algorithm to choose, so none can be confused; the code is short, has no clock, and weighs
//! nothing in the wasm. A token may be used until it expires. Whether its account is connected and its `iss` is that
//! account's host is asked by the caller (see [`crate::kommo::host`]).

use crate::ids::{AccountId, UserId};
use crate::time::Moment;
use crate::webhook::hmac_sha256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use subtle::ConstantTimeEq;

/// A real token has about 600 bytes; a longer text is not worth decoding.
const LONGEST: usize = 4096;

/// How far Kommo's clock may be ahead of ours when it issues a token. `exp` has no leeway.
const SKEW_SECONDS: i64 = 30;

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The account's address, `https://{subdomain}.kommo.com`.
    pub iss: String,
    /// The account.
    pub account_id: AccountId,
    /// The user who asks.
    pub user_id: UserId,
    /// The account's subdomain when the token was issued.
    pub subdomain: String,
    /// The integration the token is for.
    pub client_uuid: String,
    /// The token's own id.
    pub jti: String,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Not valid before, Unix seconds.
    pub nbf: i64,
    /// Not valid from this second on.
    pub exp: i64,
    /// Whether the user is an administrator; Kommo does not always say.
    #[serde(default, deserialize_with = "lenient_flag", skip_serializing_if = "Option::is_none")]
    pub is_admin: Option<bool>,
}

/// What a token must be made for.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The integration's secret.
    pub client_secret: &'a str,
    /// The integration.
    pub client_id: &'a str,
    /// The origin of the redirect URI.
    pub audience: &'a str,
}

/// Why a token is not believed. The caller tells the outside no more than "not authorised".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Not a token of this kind at all.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// Signed with another algorithm, or with none.
    #[error("the token is not signed with HS256")]
    WrongAlgorithm,
    /// Not signed with our secret.
    #[error("the token's signature does not match")]
    BadSignature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is dated ahead")]
    NotYetValid,
    /// Made for another address.
    #[error("the token is for another address")]
    WrongAudience,
    /// Made for another integration.
    #[error("the token is for another integration")]
    WrongClient,
}

/// Believes a token that Kommo made for us and that is valid now.
pub fn verify(token: &str, expected: &Expected<'_>, now: Moment) -> Result<Claims, TokenRefusal> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        crit: Option<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct Audience {
        aud: OneOrMany,
    }
    if token.len() > LONGEST {
        return Err(TokenRefusal::Malformed("too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenRefusal::Malformed("not three parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(TokenRefusal::Malformed("not three parts"))?;
    let header: Header = decode(header, "header")?;
    if header.alg != "HS256" {
        return Err(TokenRefusal::WrongAlgorithm);
    }
    if header.crit.is_some() {
        return Err(TokenRefusal::Malformed("a critical extension"));
    }
    let given = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenRefusal::Malformed("signature"))?;
    let ours = hmac_sha256(expected.client_secret.as_bytes(), &[signed.as_bytes()]);
    if !bool::from(ours.as_slice().ct_eq(&given)) {
        return Err(TokenRefusal::BadSignature);
    }
    let claims: Claims = decode(payload, "claims")?;
    let audience: Audience = decode(payload, "aud")?;
    let now = now.seconds();
    if now >= claims.exp {
        return Err(TokenRefusal::Expired);
    }
    if claims.nbf.max(claims.iat) > now.saturating_add(SKEW_SECONDS) {
        return Err(TokenRefusal::NotYetValid);
    }
    let us = origin_without_port(expected.audience);
    if us.is_none() || !audience.aud.iter().any(|aud| origin_without_port(aud) == us) {
        return Err(TokenRefusal::WrongAudience);
    }
    if claims.client_uuid != expected.client_id {
        return Err(TokenRefusal::WrongClient);
    }
    Ok(claims)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn iter(&self) -> std::slice::Iter<'_, String> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
    }
}

fn decode<T: DeserializeOwned>(part: &str, name: &'static str) -> Result<T, TokenRefusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRefusal::Malformed(name))?;
    crate::utf8::json(&bytes).map_err(|_| TokenRefusal::Malformed(name))
}

/// Scheme and host, lower-case; Kommo drops the port of the redirect URI, so it counts on neither side.
fn origin_without_port(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '@', '?', '#', '\\']) {
        return None;
    }
    // The colons inside an IPv6 address are no port.
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    (!host.is_empty()).then(|| format!("{scheme}://{host}").to_ascii_lowercase())
}

fn lenient_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_bool().or_else(|| value.as_i64().map(|number| number == 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SECRET: &str = "local-secret";
    const NOW: i64 = 1_771_000_100;

    fn claims() -> Value {
        json!({"iss": "https://acme.kommo.com", "aud": "https://voip.example", "jti": "7d1c", "iat": NOW - 100,
            "nbf": NOW - 100, "exp": NOW + 1700, "account_id": 30111222, "user_id": 9000001, "subdomain": "acme",
            "client_uuid": "5b0f"})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    fn encode(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn token_with(header: &Value, claims: &Value, secret: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let mac = hmac_sha256(secret.as_bytes(), &[signed.as_bytes()]);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    fn token(claims: &Value) -> String {
        token_with(&json!({"alg": "HS256", "typ": "JWT"}), claims, SECRET)
    }

    fn check(token: &str) -> Result<Claims, TokenRefusal> {
        let expected = Expected { client_secret: SECRET, client_id: "5b0f", audience: "https://voip.example:8443" };
        verify(token, &expected, Moment::from_seconds(NOW))
    }

    #[test]
    fn kommo_s_token_is_believed() {
        let read = check(&token(&claims())).expect("believed");
        assert_eq!((read.account_id, read.user_id, read.is_admin), (AccountId(30_111_222), UserId(9_000_001), None));
        assert_eq!(check(&token(&with("is_admin", json!(true)))).map(|read| read.is_admin), Ok(Some(true)));
        assert_eq!(check(&token(&with("is_admin", json!(0)))).map(|read| read.is_admin), Ok(Some(false)));
        assert_eq!(check(&token(&with("is_admin", Value::Null))).map(|read| read.is_admin), Ok(None));
        assert_eq!(check(&token(&with("user_id", json!("9000001")))).map(|read| read.user_id), Ok(UserId(9_000_001)));
    }

    #[test]
    fn a_token_signed_elsewhere_is_the_same_token() {
        // Made with another implementation: header {"alg":"HS256","typ":"JWT"}, secret "your-256-bit-secret".
        let foreign = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        let expected = Expected { client_secret: "your-256-bit-secret", client_id: "", audience: "" };
        // The signature holds; it is the claims that are not ours.
        assert_eq!(verify(foreign, &expected, Moment(0)), Err(TokenRefusal::Malformed("claims")));
        let other = Expected { client_secret: "another", ..expected };
        assert_eq!(verify(foreign, &other, Moment(0)), Err(TokenRefusal::BadSignature));
    }

    #[test]
    fn no_other_algorithm_is_taken() {
        for alg in ["none", "None", "NONE", "", "HS512", "HS384", "RS256", "ES256", "hs256", "HS256 "] {
            let forged = token_with(&json!({"alg": alg}), &claims(), SECRET);
            assert_eq!(check(&forged), Err(TokenRefusal::WrongAlgorithm), "{alg}");
            let unsigned = forged.rsplit_once('.').map(|(signed, _)| format!("{signed}.")).unwrap_or_default();
            assert_eq!(check(&unsigned), Err(TokenRefusal::WrongAlgorithm), "{alg} unsigned");
        }
        let critical = token_with(&json!({"alg": "HS256", "crit": ["b64"]}), &claims(), SECRET);
        assert_eq!(check(&critical), Err(TokenRefusal::Malformed("a critical extension")));
        assert_eq!(
            check(&token_with(&json!({"typ": "JWT"}), &claims(), SECRET)),
            Err(TokenRefusal::Malformed("header"))
        );
    }

    #[test]
    fn a_changed_or_foreign_signature_is_refused() {
        let good = token(&claims());
        let (signed, signature) = good.rsplit_once('.').expect("three parts");
        let foreign = token_with(&json!({"alg": "HS256"}), &claims(), "another-secret");
        let another_user =
            format!("{}.{signature}", signed.replace(&encode(&claims()), &encode(&with("user_id", json!(1)))));
        for bad in [
            foreign,
            another_user,
            format!("{signed}."),
            format!("{signed}.AAAA"),
            format!("{signed}.{}", &signature[..40]),
        ] {
            assert_eq!(check(&bad), Err(TokenRefusal::BadSignature), "{bad}");
        }
    }

    #[test]
    fn malformed_tokens_are_refused() {
        let good = token(&claims());
        for bad in [
            String::new(),
            ".".into(),
            "..".into(),
            "a.b".into(),
            good.replace('.', ""),
            format!("{good}.{good}"),
            format!("{good}="),
            format!(" {good}"),
            format!("{good}\n"),
            "é.é.é".into(),
            token(&json!([])),
            token(&json!({"aud": "https://voip.example"})),
            token(&with("exp", json!("soon"))),
            token(&with("exp", Value::Null)),
            token(&with("aud", json!(7))),
            token(&with("account_id", json!({}))),
        ] {
            assert!(matches!(check(&bad), Err(TokenRefusal::Malformed(_) | TokenRefusal::BadSignature)), "{bad}");
        }
        assert_eq!(check(&token(&with("jti", json!("x".repeat(4000))))), Err(TokenRefusal::Malformed("too long")));
    }

    #[test]
    fn a_claim_given_twice_is_refused() {
        let twice = claims().to_string().replace("\"user_id\":9000001", "\"user_id\":9000001,\"user_id\":1");
        let signed = format!("{}.{}", encode(&json!({"alg": "HS256"})), URL_SAFE_NO_PAD.encode(twice));
        let mac = URL_SAFE_NO_PAD.encode(hmac_sha256(SECRET.as_bytes(), &[signed.as_bytes()]));
        assert_eq!(check(&format!("{signed}.{mac}")), Err(TokenRefusal::Malformed("claims")));
    }

    #[test]
    fn time_is_strict_at_the_end_and_lenient_at_the_start() {
        for (name, value, expected) in [
            ("exp", NOW + 1, Ok(())),
            ("exp", NOW, Err(TokenRefusal::Expired)),
            ("exp", 0, Err(TokenRefusal::Expired)),
            ("nbf", NOW + 30, Ok(())),
            ("nbf", NOW + 31, Err(TokenRefusal::NotYetValid)),
            ("iat", NOW + 30, Ok(())),
            ("iat", NOW + 31, Err(TokenRefusal::NotYetValid)),
        ] {
            assert_eq!(check(&token(&with(name, json!(value)))).map(|_| ()), expected, "{name} {value}");
        }
    }

    #[test]
    fn the_audience_is_our_origin_without_its_port() {
        for good in [
            json!("https://voip.example"),
            json!("https://voip.example:443"),
            json!("https://VOIP.example/"),
            json!(["https://other.example", "https://voip.example"]),
        ] {
            assert!(check(&token(&with("aud", good.clone()))).is_ok(), "{good}");
        }
        for bad in [
            json!("http://voip.example"),
            json!("https://voip.example.evil.com"),
            json!("https://evil.com/voip.example"),
            json!("https://voip.example/path"),
            json!("https://voip.example@evil.com"),
            json!("voip.example"),
            json!("https://"),
            json!(""),
            json!([]),
        ] {
            assert_eq!(check(&token(&with("aud", bad.clone()))), Err(TokenRefusal::WrongAudience), "{bad}");
        }
        assert_eq!(origin_without_port("http://[::1]:8787").as_deref(), Some("http://[::1]"));
        assert_eq!(origin_without_port("http://[::1]").as_deref(), Some("http://[::1]"));
        let unset = Expected { client_secret: SECRET, client_id: "5b0f", audience: "" };
        let empty = verify(&token(&with("aud", json!(""))), &unset, Moment::from_seconds(NOW));
        assert_eq!(empty, Err(TokenRefusal::WrongAudience));
    }

    #[test]
    fn a_token_of_another_integration_is_refused() {
        for other in [json!("ffff"), json!(""), json!("5B0F")] {
            assert_eq!(check(&token(&with("client_uuid", other))), Err(TokenRefusal::WrongClient));
        }
    }
}
