//! One-time tokens as attackers make them: each is wrong in one thing only.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha2::Sha256;

use super::fortress::Fortress;
use crate::account::{Account, now};

/// What is wrong with a token, or with the way it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forgery {
    Missing,
    Malformed,
    HalfASignature,
    AlgorithmNoneUnsigned,
    AlgorithmNoneSigned,
    AnotherAlgorithm,
    AnotherKey,
    Expired,
    NotYetValid,
    AnotherAudience,
    AnotherIntegration,
    ForeignIssuer,
    IssuerOfAnotherAccount,
    InTheAuthorizationHeader,
    ClaimsOfOursFromOutside,
}

/// What a token of Kommo for this user says.
pub(super) fn claims(account: &Account, user: u64) -> Value {
    let origin = account.ends.config.redirect_uri.trim_end_matches("/oauth/callback");
    json!({
        "iss": format!("https://{}.kommo.com", account.subdomain), "aud": origin, "jti": format!("{:032x}", rand::random::<u128>()),
        "iat": now(), "nbf": now(), "exp": now() + 600, "account_id": account.id, "user_id": user,
        "subdomain": account.subdomain, "client_uuid": account.ends.config.client_id,
    })
}

/// A token as Kommo signs it.
pub(super) fn token(account: &Account, user: u64) -> String {
    signed(&hs256(), &claims(account, user), &account.ends.config.client_secret)
}

/// Adds the forged token of the victim's administrator to a request.
pub(super) fn forge(request: RequestBuilder, fortress: &Fortress, forgery: Forgery) -> RequestBuilder {
    let victim = &fortress.victim;
    let (claims, secret) = (claims(victim, victim.admin), victim.ends.config.client_secret.as_str());
    let good = signed(&hs256(), &claims, secret);
    let with = |token: String| request.try_clone().expect("a small request").header("X-Auth-Token", token);
    let but = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        with(signed(&hs256(), &claims, secret))
    };
    let algorithm = |name: &str| json!({"typ": "JWT", "alg": name});
    match forgery {
        Forgery::Missing => request,
        Forgery::Malformed => with("x.y.z".to_owned()),
        Forgery::HalfASignature => with(good[..good.len() - 20].to_owned()),
        Forgery::AlgorithmNoneUnsigned => with(format!("{}.{}.", encode(&algorithm("none")), encode(&claims))),
        Forgery::AlgorithmNoneSigned => with(signed(&algorithm("none"), &claims, secret)),
        Forgery::AnotherAlgorithm => with(signed(&algorithm("HS512"), &claims, secret)),
        Forgery::AnotherKey => with(signed(&hs256(), &claims, "another secret")),
        Forgery::Expired => but("exp", json!(now() - 1)),
        Forgery::NotYetValid => but("nbf", json!(now() + 600)),
        Forgery::AnotherAudience => but("aud", json!("https://else.example")),
        Forgery::AnotherIntegration => but("client_uuid", json!("00000000-0000-0000-0000-000000000000")),
        Forgery::ForeignIssuer => but("iss", json!(format!("https://{}.kommo.com.evil.example", victim.subdomain))),
        Forgery::IssuerOfAnotherAccount => {
            but("iss", json!(format!("https://{}.kommo.com", fortress.neighbour.subdomain)))
        }
        Forgery::InTheAuthorizationHeader => request.header("Authorization", format!("Bearer {good}")),
        Forgery::ClaimsOfOursFromOutside => boast(request, victim),
    }
}

/// Adds the header by which the Worker tells the account's object what it verified: as administrator.
pub(super) fn boast(request: RequestBuilder, account: &Account) -> RequestBuilder {
    let mut claims = claims(account, account.admin);
    claims["is_admin"] = json!(true);
    request.header("X-Kv-Claims", claims.to_string())
}

fn hs256() -> Value {
    json!({"typ": "JWT", "alg": "HS256"})
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let text = format!("{}.{}", encode(header), encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
