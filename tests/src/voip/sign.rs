//! How each provider proves that a webhook is its own.
//!
//! Written from the providers' descriptions and checked against their published examples; none of the product's code
//! is used, so that one misunderstanding cannot sign and verify.

use std::collections::BTreeMap;

use serde_json::json;

use crate::crypto;

/// Name and value pairs in the order in which they are sent.
pub(crate) type Pairs = Vec<(String, String)>;

/// Twilio: validating requests. The URL, then the fields in the order of their names; values of one name once each.
pub(crate) fn twilio(token: &str, url: &str, fields: &Pairs) -> String {
    let mut sorted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in fields {
        sorted.entry(name).or_default().push(value);
    }
    let mut signed = url.to_owned();
    for (name, mut values) in sorted {
        values.sort_unstable();
        values.dedup();
        values.iter().for_each(|value| {
            signed.push_str(name);
            signed.push_str(value);
        });
    }
    crypto::base64(&crypto::hmac_sha1(token.as_bytes(), signed.as_bytes()))
}

/// Zadarma: webhooks and requests. The base64 of the digest's hexadecimal text.
pub(crate) fn zadarma(secret: &str, signed: &str) -> String {
    crypto::base64(crypto::hex(&crypto::hmac_sha1(secret.as_bytes(), signed.as_bytes())).as_bytes())
}

/// Telnyx: webhook signing. Ed25519 over time, a bar and the body.
pub(crate) fn telnyx(seed: &[u8], timestamp: i64, body: &str) -> String {
    crypto::ed25519(seed, format!("{timestamp}|{body}").as_bytes())
        .map_or_else(String::new, |bytes| crypto::base64(&bytes))
}

/// Plivo: signature V3.
pub(crate) fn plivo(token: &str, method: &str, url: &str, nonce: &str, fields: &Pairs) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters: Pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut signed = base.to_owned();
    let is_get = method == "GET";
    if is_get {
        parameters.extend(fields.iter().cloned());
    }
    parameters.sort();
    let joined = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let has_body = !is_get && !fields.is_empty();
    if has_body || !joined.is_empty() {
        signed.push('?');
        signed.push_str(&joined);
    }
    if has_body {
        if !joined.is_empty() {
            signed.push('.');
        }
        let mut sorted = fields.clone();
        sorted.sort();
        sorted.iter().for_each(|(name, value)| {
            signed.push_str(name);
            signed.push_str(value);
        });
    }
    signed.push('.');
    signed.push_str(nonce);
    crypto::base64(&crypto::hmac_sha256(token.as_bytes(), signed.as_bytes()))
}

/// Vonage: signed webhooks. A JWT that carries the body's hash.
pub(crate) fn vonage(secret: &str, api_key: &str, application: &str, iat: i64, body: &str) -> String {
    let mut claims = json!({
        "iat": iat, "jti": crypto::random_uuid(), "iss": "Vonage", "api_key": api_key, "application_id": application,
    });
    if !body.is_empty() {
        claims["payload_hash"] = json!(crypto::sha256_hex(body.as_bytes()));
    }
    crypto::jwt(&claims, secret)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    fn pairs(items: &[(&str, &str)]) -> Pairs {
        items.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn twilio_signs_like_its_published_examples() {
        let usual = pairs(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ]);
        let repeated = pairs(&[
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ]);
        let url = |origin: &str| format!("{origin}/myapp.php?foo=1&bar=2");
        for (origin, fields, expected) in [
            ("https://mycompany.com", &usual, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("https://mycompany.com:443", &usual, "kvajT1Ptam85bY51eRf/AJRuM3w="),
            ("http://mycompany.com:80", &usual, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
            ("http://mycompany.com:1234", &usual, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
            ("https://mycompany.com", &repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ] {
            assert_eq!(twilio("12345", &url(origin), fields), expected, "{origin}");
        }
    }

    #[test]
    fn twilio_signs_blank_fields_too() {
        let fields = pairs(&[
            ("AccountSid", "AC00000000000000000000000000000001"),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", "CA00000000000000000000000000000001"),
            ("CallStatus", "completed"),
            ("CallDuration", "42"),
            ("Direction", "inbound"),
            ("From", "+15550001111"),
            ("To", "+15550002222"),
            ("CallerCity", ""),
            ("CallerName", "Zoë & Co"),
            ("SequenceNumber", "3"),
            ("Timestamp", "Tue, 01 Sep 2026 10:00:42 +0000"),
        ]);
        let url = "https://voip.example.com/hook/twilio/acc1?k=v";
        assert_eq!(twilio("0123456789abcdef0123456789abcdef", url, &fields), "2ZCbHzI0hF5HNop2IJjZpFn8shs=");
    }

    #[test]
    fn zadarma_signs_the_hexadecimal_text() {
        for (signed, expected) in [
            ("4420376918804420376918812015-06-01 12:00:00", "YzliZTkzNjFkMDlkYjNjNDIyNjA2YzBiYzczZTQyMDNlMWE5NTdlMg=="),
            ("1004420376918822015-06-01 12:00:00", "NDkyZjYxMmYyMzY3ZDU5Y2M2ZDAyNmJjOWIxZDJhZTA5NWZkNGYxMQ=="),
            (
                "in_ae6b03b3b0765d127ec0b739209346bbc4f0d52d1458313316.343456",
                "MjE0NjA2YWJjYmFlNjc1OTUyYWEwODgyMTRkZWM3ODNkNTlhZTIzOQ==",
            ),
        ] {
            assert_eq!(zadarma("SECRET", signed), expected);
        }
    }

    #[test]
    fn telnyx_signs_with_the_published_key() {
        let secret = "p68GNpDl9oAQohBiK0MEOFIjxnoFnz0uGGeJqxQ5PSb7sT30NeKJBe9x41ficebctubmao9Zp3lGEOva5+4KKQ==";
        let seed = STANDARD.decode(secret).unwrap()[..32].to_vec();
        assert_eq!(
            telnyx(&seed, 1_700_000_000, r#"{"data":{"event_type":"message.received","id":"test-123"}}"#),
            "tMXRZyBL2gkwrgKp6CTDXTO/K+DVq0ZKEFB3tSdfBwqZGC3K/Hr7TCW+jY7RdWrAiKXEckI3tsHEpdz7lS/MDA=="
        );
    }

    #[test]
    fn plivo_signs_like_its_published_examples() {
        let fields = pairs(&[
            ("Direction", "outbound"),
            ("From", "19792014278"),
            ("ALegUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
            ("ALegRequestUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
            ("CallUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
            ("RequestUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
            ("CallStatus", "in-progress"),
            ("BillRate", "0.002"),
            ("ParentAuthID", "MANWVLYTK4ZWU1YTY4QA"),
            ("To", "sip:PlivoSignature382029104058171078704104@phone-qa.voice.plivodev.com"),
            ("SIP-H-To", "<sip:PlivoSignature382029104058171078704104@52.9.11.55;transport=udp>;tag=1"),
            ("SessionStart", "2020-04-08 11:34:33.238707"),
            ("Event", "StartApp"),
        ]);
        let host = "https://plivobin.non-prod.plivops.com";
        for (method, path, expected) in [
            ("POST", "/api/v1/validate_signature03.xml/?a=b&c=d", "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c="),
            ("GET", "/api/v1/validate_signature03.xml/?a=b&c=d", "UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ="),
            ("POST", "/api/v1/validate_signature03.xml", "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="),
            ("GET", "/api/v1/validate_signature03.xml", "i/MQsaQSAd6fiKhOh2qeeeLHZ9faldADSb3/7+Akfbc="),
        ] {
            let token = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4";
            let signature = plivo(token, method, &format!("{host}{path}"), "31627761595286130198", &fields);
            assert_eq!(signature, expected, "{method} {path}");
        }
    }

    #[test]
    fn plivo_keeps_blank_values_and_decodes_the_query() {
        let fields = pairs(&[("B", "1"), ("a", "2")]);
        for (method, url, fields, expected) in [
            ("POST", "https://a.example/h", &Pairs::new(), "etuhtjPIMcQ6XcCYHTjmLFUotXvvw27CGDAJBnrdKJ8="),
            ("POST", "https://a.example/h?x=%2B1&b=", &fields, "xU9VXJKoiNipC9iS9f7MWR2yyP7GOuzpGU2lleA0r04="),
        ] {
            assert_eq!(plivo("tok", method, url, "123", fields), expected, "{url}");
        }
    }

    #[test]
    fn vonage_puts_the_hash_of_the_body_into_the_token() {
        let body = r#"{"status":"completed","uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"}"#;
        let token = vonage("secret", "a1b2c3d", "app", 1_700_000_000, body);
        let (header, claims) = crypto::jwt_parts(&token).unwrap();
        assert_eq!(header["alg"], "HS256");
        assert_eq!(claims["payload_hash"], "3c90a6411de988ea6df3ada5c19a71c6275b7bf76cca56ff1da3b531570ea6f2");
    }

    #[test]
    fn the_published_vonage_token_has_the_signature_we_would_give_it() {
        let token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM";
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let ours = crypto::hmac_sha256(b"qwertyuiopasdfghjklzxcvbnm123456", signed.as_bytes());
        assert_eq!(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(ours), signature);
    }
}
