//! Zadarma's signature on requests, as its PHP library makes it.
//!
//! Base64 of the hex text of HMAC-SHA1 over path, query and the query's MD5 in hex: the hex is not a slip of ours.

use crate::telephony::Credentials;
use crate::telephony::out::http::{Manner, form, get, post_form, text};
use crate::telephony::out::{Auth, ProviderError, ProviderRequest, Reply};
use crate::telephony::signature::hmac_sha1;
use crate::webhook::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::Value;

const HOST: &str = "https://api.zadarma.com";
const MANNER: Manner = Manner {
    name: "Zadarma",
    unauthorised: "Zadarma does not accept key and secret. Copy both again from Settings, Integrations and API, Keys and \
                   API in your Zadarma account.",
    message: &["/message"],
};

/// The key pair that signs.
#[derive(Clone)]
pub(super) struct Key {
    key: String,
    secret: String,
}

impl Key {
    pub(super) fn of(credentials: &Credentials) -> Option<Self> {
        let Credentials::Zadarma { key, secret, .. } = credentials else { return None };
        Some(Self { key: key.clone(), secret: secret.clone() })
    }

    /// A signed `GET /v1/{method}/`.
    pub(super) fn get(&self, method: &str, parameters: Vec<(&str, String)>) -> ProviderRequest {
        let (path, query, auth) = self.sign(method, parameters);
        get(format!("{HOST}{path}?{query}"), auth)
    }

    /// A signed `POST /v1/{method}/`.
    pub(super) fn post(&self, method: &str, parameters: Vec<(&str, String)>) -> ProviderRequest {
        let (path, query, auth) = self.sign(method, parameters);
        post_form(format!("{HOST}{path}"), auth, query)
    }

    fn sign(&self, method: &str, mut parameters: Vec<(&str, String)>) -> (String, String, Auth) {
        parameters.push(("format", "json".to_owned()));
        crate::short::sort(&mut parameters);
        let path = format!("/v1/{method}/");
        let query = form(parameters.iter().map(|(name, value)| (*name, value.as_str())));
        let digest = hex(&Md5::digest(query.as_bytes()));
        let code = hmac_sha1(self.secret.as_bytes(), &[path.as_bytes(), query.as_bytes(), digest.as_bytes()]);
        let auth = Auth::Header(format!("{}:{}", self.key, STANDARD.encode(hex(&code))));
        (path, query, auth)
    }
}

/// The JSON of a reply. Zadarma also says "error" with status 200.
pub(super) fn read(reply: Reply<'_>) -> Result<Value, ProviderError> {
    let found = MANNER.object(reply)?;
    match text(&found, "/status").as_deref() {
        Some("error") => Err(MANNER.refusal(reply)),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_as_by_the_php_library() {
        let key = Key { key: "0123456789abcdef".into(), secret: "SECRET".into() };
        let request = key.get("request/callback", vec![("to", "442037691881".into()), ("from", "100".into())]);
        assert_eq!(request.url, "https://api.zadarma.com/v1/request/callback/?format=json&from=100&to=442037691881");
        assert_eq!(
            request.auth,
            Auth::Header("0123456789abcdef:NjlkMWU0YTRmZDBlNDkwNTVjOWFlMTkzNzQzOWI0MjE2MjNkYmQ3OA==".into())
        );
        let request = key.post("pbx/callinfo/url", vec![("url", "https://voip.example.com/a b~?c=ü".into())]);
        assert_eq!(request.url, "https://api.zadarma.com/v1/pbx/callinfo/url/");
        let body = "format=json&url=https%3A%2F%2Fvoip.example.com%2Fa+b%7E%3Fc%3D%C3%BC";
        assert_eq!(request.body.as_deref(), Some(body));
        assert_eq!(
            request.auth,
            Auth::Header("0123456789abcdef:ZjNiMzcyZmM2MGJiMTViOGI1MzhjOTQ1M2Y2M2ZiMGNjMTYwMDg0MQ==".into())
        );
    }
}
