//! Short-lived RS256 tokens of a Vonage application (Vonage: JWT authentication). The runtime signs (`SubtleCrypto`),
//! so no RSA is in the Worker.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use js_sys::{Array, Object, Reflect, Uint8Array};
use kommo_voip_domain::time::Moment;
use serde_json::json;
use wasm_bindgen::prelude::*;

/// How long a token lasts, in seconds.
const LIFE_SECONDS: i64 = 300;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = importKey, catch)]
    async fn import_key(
        format: &str,
        key: &Uint8Array,
        algorithm: &JsValue,
        extractable: bool,
        usages: &Array,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], catch)]
    async fn sign(algorithm: &str, key: &JsValue, data: &Uint8Array) -> Result<JsValue, JsValue>;
}

/// The key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key cannot be used")]
pub struct BadKey;

/// A token of an application, signed with its PKCS#8 PEM key; `id` must be new each time.
pub async fn application_token(application: &str, pem: &str, id: &str, now: Moment) -> Result<String, BadKey> {
    let claims =
        json!({ "application_id": application, "iat": now.seconds(), "exp": now.seconds() + LIFE_SECONDS, "jti": id });
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = signed(pem, text.as_bytes()).await?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

async fn signed(pem: &str, data: &[u8]) -> Result<Vec<u8>, BadKey> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).flat_map(str::chars).collect();
    // Whoever pastes a key into one line loses the line ends, not the key.
    let body = body
        .trim_start_matches("-----BEGIN PRIVATE KEY-----")
        .trim_end_matches("-----END PRIVATE KEY-----")
        .replace(char::is_whitespace, "");
    let der = STANDARD.decode(body).map_err(|_| BadKey)?;
    let algorithm = Object::new();
    for (name, value) in [("name", "RSASSA-PKCS1-v1_5"), ("hash", "SHA-256")] {
        Reflect::set(&algorithm, &name.into(), &value.into()).map_err(|_| BadKey)?;
    }
    let usages = Array::of1(&"sign".into());
    let key =
        import_key("pkcs8", &Uint8Array::from(der.as_slice()), &algorithm, false, &usages).await.map_err(|_| BadKey)?;
    let signature = sign("RSASSA-PKCS1-v1_5", &key, &Uint8Array::from(data)).await.map_err(|_| BadKey)?;
    Ok(Uint8Array::new(&signature).to_vec())
}
