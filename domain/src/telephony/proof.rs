//! How a generic delivery proves that it is genuine: by the scheme its administrator chose.
//!
//! Standard Webhooks is the scheme to prefer: id, time and body are signed. The other two are for systems that know
//! nothing better, and a replaced secret stays good for as long as the connection says, under its own scheme.

use super::signature::{id_of_content, is_code, is_same, must};
use super::{Context, Credentials, Delivery, Refusal};
use crate::telephony::credentials::{Preset, Scheme};
use crate::time::Moment;
use crate::webhook::{
    self, ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, TOLERANCE_SECONDS, body_digest, hex, hmac_sha256,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use subtle::Choice;

const BODY_CODE: &str = "x-signature";
const SECRET: &str = "x-webhook-secret";
const QUO_LEGACY: &str = "openphone-signature";

/// What a genuine delivery is known by.
pub(super) struct Proof<'a> {
    /// Whose secret it proved.
    pub(super) credentials: &'a Credentials,
    /// The delivery's id.
    pub(super) delivery_id: String,
    /// What must not differ between two deliveries of that id.
    pub(super) digest: String,
}

/// Tries every credential; of several failures the present credential's is told.
pub(super) fn verify<'a>(delivery: &Delivery<'_>, context: &Context<'a>) -> Result<Proof<'a>, Refusal> {
    let mut tried = context.credentials.iter().map(|credentials| one(delivery, credentials, context.now));
    let mut first = tried.next().unwrap_or(Err(Refusal::NotHere));
    for next in tried {
        // All are tried, whichever fits: the time taken does not tell which.
        if first.is_err() && next.is_ok() {
            first = next;
        }
    }
    first
}

fn one<'a>(delivery: &Delivery<'_>, credentials: &'a Credentials, now: Moment) -> Result<Proof<'a>, Refusal> {
    let Credentials::Generic { scheme, preset, header, secret, .. } = credentials else {
        return Err(Refusal::NotHere);
    };
    if secret.is_empty() {
        return Err(Refusal::Unsigned("there is no secret yet".to_owned()));
    }
    if delivery.method == "GET" && *scheme != Scheme::StaticSecret {
        let text = "this signature does not cover the query of a GET; send a POST, or use the scheme static-secret";
        return Err(Refusal::Unsigned(text.to_owned()));
    }
    let by_content = || Proof { credentials, delivery_id: id_of_content("generic", delivery), digest: String::new() };
    match scheme {
        Scheme::Standard if *preset == Some(Preset::Quo) && delivery.header(QUO_LEGACY)?.is_some() => {
            quo_legacy(delivery, secret, now).map(|()| by_content())
        }
        Scheme::Standard => standard(delivery, credentials, secret, now),
        Scheme::HmacBody => hmac_body(delivery, header.as_deref(), secret).map(|()| by_content()),
        Scheme::StaticSecret => static_secret(delivery, *preset, header.as_deref(), secret).map(|()| by_content()),
    }
}

fn standard<'a>(
    delivery: &Delivery<'_>,
    credentials: &'a Credentials,
    secret: &str,
    now: Moment,
) -> Result<Proof<'a>, Refusal> {
    let unsigned = |error: &dyn std::fmt::Display| Refusal::Unsigned(error.to_string());
    let secret = Secret::parse(secret).map_err(|error| unsigned(&error))?;
    let parts = webhook::Delivery {
        id: delivery.header(ID_HEADER)?,
        timestamp: delivery.header(TIMESTAMP_HEADER)?,
        signature: delivery.header(SIGNATURE_HEADER)?,
        body: delivery.body,
    };
    webhook::verify(&parts, &[secret], now).map_err(|error| unsigned(&error))?;
    let delivery_id = parts.id.unwrap_or_default().to_owned();
    Ok(Proof { credentials, delivery_id, digest: body_digest(delivery.body) })
}

/// HMAC-SHA256 of the body, keyed with the secret as text, in base64 or hex.
fn hmac_body(delivery: &Delivery<'_>, header: Option<&str>, secret: &str) -> Result<(), Refusal> {
    let name = header.unwrap_or(BODY_CODE).to_ascii_lowercase();
    let given = once(delivery, &name)?.ok_or_else(|| Refusal::Unsigned(format!("the header {name} is missing")))?;
    let given = given.strip_prefix("sha256=").unwrap_or(given);
    let expected = hmac_sha256(secret.as_bytes(), &[delivery.body]);
    let in_hex = given.to_ascii_lowercase();
    must(is_code(given, &expected) | is_same(in_hex.as_bytes(), hex(&expected).as_bytes()))
}

/// The secret itself: in a header, as a bearer token, as the password of Basic, or where the preset has it.
fn static_secret(
    delivery: &Delivery<'_>,
    preset: Option<Preset>,
    header: Option<&str>,
    secret: &str,
) -> Result<(), Refusal> {
    let name = header.unwrap_or(SECRET).to_ascii_lowercase();
    let mut given: Vec<Vec<u8>> = vec![];
    given.extend(once(delivery, &name)?.map(|text| text.as_bytes().to_vec()));
    if let Some((scheme, rest)) = once(delivery, "authorization")?.and_then(|text| text.split_once(' ')) {
        if scheme.eq_ignore_ascii_case("bearer") {
            given.push(rest.as_bytes().to_vec());
        } else if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(rest).unwrap_or_default();
            let colon = decoded.iter().position(|byte| *byte == b':');
            given.extend(colon.and_then(|at| decoded.get(at + 1..)).map(<[u8]>::to_vec));
        }
    }
    if preset == Some(Preset::Aircall) {
        given.extend(body_token(delivery.body).map(String::into_bytes));
    }
    if given.is_empty() {
        return Err(Refusal::Unsigned(match preset {
            Some(Preset::Aircall) => "the body has no token".to_owned(),
            _ => format!("the secret is missing: it belongs into the header {name}"),
        }));
    }
    must(given.iter().fold(Choice::from(0), |found, given| found | is_same(given, secret.as_bytes())))
}

/// Aircall has its token in the body. Nothing else of the body is read before the token is known to be ours.
fn body_token(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Token {
        token: String,
    }
    crate::utf8::json::<Token>(body).ok().map(|body| body.token)
}

/// Quo's older webhooks: `hmac;1;<milliseconds>;<base64>`, several of them separated by commas.
fn quo_legacy(delivery: &Delivery<'_>, secret: &str, now: Moment) -> Result<(), Refusal> {
    let secret = Secret::parse(secret).map_err(|error| Refusal::Unsigned(error.to_string()))?;
    let header = delivery.header(QUO_LEGACY)?.unwrap_or_default();
    let mut genuine = Choice::from(0);
    for entry in header.split(',').take(8) {
        let mut parts = entry.trim().split(';');
        let (Some("hmac"), Some("1"), Some(time), Some(code), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let is_digits = time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit());
        let Some(sent) = time.parse::<i64>().ok().filter(|_| is_digits) else { continue };
        let is_fresh = (now - Moment(sent)).0.abs() <= TOLERANCE_SECONDS * 1000;
        let expected = hmac_sha256(secret.bytes(), &[time.as_bytes(), b".", delivery.body]);
        genuine |= is_code(code, &expected) & Choice::from(u8::from(is_fresh));
    }
    must(genuine)
}

/// A header whose name is known only at run time, at most once.
fn once<'a>(delivery: &Delivery<'a>, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut found = delivery.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match (found.next(), found.next()) {
        (value, None) => Ok(value.filter(|value| !value.is_empty())),
        _ => Err(Refusal::Unsigned(format!("the header {name} came twice"))),
    }
}
