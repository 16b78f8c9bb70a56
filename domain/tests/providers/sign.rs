//! Signing as each provider does, written from its documentation and apart from the code under test.

use super::post::{NOON, Post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub const TELNYX_SECRET: &str =
    "p68GNpDl9oAQohBiK0MEOFIjxnoFnz0uGGeJqxQ5PSb7sT30NeKJBe9x41ficebctubmao9Zp3lGEOva5+4KKQ==";
pub const NONCE: &str = "31627761595286130198";

pub fn sha1(key: &str, text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("any key");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

pub fn sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fields of a form, decoded.
pub fn fields(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let unhex = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let decode = |text: &[u8]| {
        let (mut out, mut at) = (vec![], 0);
        while at < text.len() {
            let code = text.get(at + 1..at + 3).filter(|code| code.iter().all(u8::is_ascii_hexdigit)).and_then(unhex);
            match (text[at], code) {
                (b'%', Some(byte)) => {
                    out.push(byte);
                    at += 2;
                }
                (b'+', _) => out.push(b' '),
                (byte, _) => out.push(byte),
            }
            at += 1;
        }
        out
    };
    let parts = text.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let at = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
            (decode(&part[..at]), decode(part.get(at + 1..).unwrap_or_default()))
        })
        .collect()
}

/// A form or query of text pairs.
pub fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let one = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        };
        text.bytes().map(one).collect()
    };
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

pub fn twilio(token: &str, post: Post) -> Post {
    let mut text = post.url.clone().into_bytes();
    if post.method == "POST" {
        let mut pairs = fields(&post.body);
        pairs.sort();
        pairs.dedup();
        text.extend(pairs.into_iter().flat_map(|(name, value)| [name, value].concat()));
    }
    let code = base64(&sha1(token, &text));
    post.with("x-twilio-signature", code).with("content-type", "application/x-www-form-urlencoded")
}

pub fn zadarma(secret: &str, post: Post) -> Post {
    let form = fields(&post.body);
    let get = |name: &str| {
        form.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let names = match get("event").as_slice() {
        b"NOTIFY_ANSWER" => ["caller_id", "destination", "call_start"].as_slice(),
        b"NOTIFY_OUT_START" | b"NOTIFY_OUT_END" => &["internal", "destination", "call_start"],
        b"NOTIFY_RECORD" => &["pbx_call_id", "call_id_with_rec"],
        b"SMS" | b"NUMBER_LOOKUP" | b"CALL_TRACKING" => &["result"],
        _ => &["caller_id", "called_did", "call_start"],
    };
    let text = names.iter().flat_map(|name| get(name)).collect::<Vec<_>>();
    post.with("signature", base64(hex(&sha1(secret, &text)).as_bytes()))
}

pub fn telnyx_at(post: Post, time: i64) -> Post {
    let secret = STANDARD.decode(TELNYX_SECRET).expect("base64");
    let key = ed25519_compact::SecretKey::from_slice(&secret).expect("a key");
    let text = [time.to_string().as_bytes(), b"|", &post.body].concat();
    let signature = base64(key.sign(text, None).as_ref());
    post.with("telnyx-signature-ed25519", signature).with("telnyx-timestamp", time.to_string())
}

pub fn telnyx(post: Post) -> Post {
    telnyx_at(post, NOON)
}

pub fn plivo(token: &str, post: Post) -> Post {
    let (path, query) = post.url.split_once('?').unwrap_or((&post.url, ""));
    let mut query = fields(query.as_bytes());
    let mut body = if post.method == "GET" { vec![] } else { fields(&post.body) };
    query.sort();
    body.sort();
    let pairs: Vec<_> = query.iter().map(|(name, value)| [name.as_slice(), b"=", value].concat()).collect();
    let mut text = path.as_bytes().to_vec();
    if !query.is_empty() || !body.is_empty() {
        text.push(b'?');
    }
    text.extend(pairs.join(&b'&'));
    if !query.is_empty() && !body.is_empty() {
        text.push(b'.');
    }
    text.extend(body.into_iter().flat_map(|(name, value)| [name, value].concat()));
    text.extend(format!(".{NONCE}").bytes());
    let code = base64(&sha256(token.as_bytes(), &text));
    post.with("x-plivo-signature-v3", code).with("x-plivo-signature-v3-nonce", NONCE)
}

/// A token with the given claims.
pub fn jwt(secret: &str, head: &str, claims: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
    let code = sha256(secret.as_bytes(), signed.as_bytes());
    format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(code))
}

pub const HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

pub fn vonage(secret: &str, post: Post) -> Post {
    let hash = if post.body.is_empty() {
        String::new()
    } else {
        format!(r#","payload_hash":"{}""#, hex(&Sha256::digest(&post.body)))
    };
    let claims = format!(r#"{{"iat":{NOON},"jti":"j","iss":"Vonage","api_key":"a1b2c3d"{hash}}}"#);
    post.with("authorization", jwt(secret, HEAD, &claims))
}

/// Standard Webhooks, over the id `msg_1`.
pub fn standard(key: &[u8], post: Post) -> Post {
    let text = [b"msg_1.", NOON.to_string().as_bytes(), b".", &post.body].concat();
    let code = format!("v1,{}", base64(&sha256(key, &text)));
    post.with("webhook-id", "msg_1").with("webhook-timestamp", NOON.to_string()).with("webhook-signature", code)
}
