//! Only a token that Kommo made for us, now, for this account's people opens the widget's API.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    account::{Account, now},
    stack::{flow, reply, shared},
};

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let text = format!("{}.{}", encode(header), encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[test]
fn tokens_that_are_forged_stale_or_for_somebody_else_open_nothing() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let token = account.token(account.admin).await;
        let payload = token.split('.').nth(1).expect("three parts");
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("claims are JSON");
        let (hs256, secret) = (json!({"typ": "JWT", "alg": "HS256"}), account.ends.config.client_secret.clone());
        let sign = |claims: &Value| signed(&hs256, claims, &secret);
        let open = async |token: &str| reply(account.request(Method::GET, "/voip", token)).await;
        assert_eq!(open(&sign(&claims)).await.status, 200, "the forger's tools work");
        let unsigned = format!("{}.{}.", encode(&json!({"typ": "JWT", "alg": "none"})), encode(&claims));
        let none = signed(&json!({"typ": "JWT", "alg": "none"}), &claims, &secret);
        let foreign_iss = changed(&claims, "iss", json!("https://acme.kommo.com.evil.example"));
        let refused = [
            ("nothing", String::new()),
            ("no token at all", "x.y.z".to_owned()),
            ("alg none without a signature", unsigned),
            ("alg none with a signature", none),
            ("another algorithm", signed(&json!({"typ": "JWT", "alg": "HS512"}), &claims, &secret)),
            ("another secret", signed(&hs256, &claims, "another secret")),
            ("half a signature", token[..token.len() - 10].to_owned()),
            ("expired", sign(&changed(&claims, "exp", json!(now() - 1)))),
            ("dated ahead", sign(&changed(&claims, "nbf", json!(now() + 600)))),
            ("another audience", sign(&changed(&claims, "aud", json!("https://else.example")))),
            (
                "another integration",
                sign(&changed(&claims, "client_uuid", json!("00000000-0000-0000-0000-000000000000"))),
            ),
            ("an issuer that is no Kommo account", sign(&foreign_iss)),
            ("an issuer that is not its subdomain's", sign(&changed(&claims, "subdomain", json!("other")))),
        ];
        for (what, token) in refused {
            let refused = open(&token).await;
            assert_eq!(refused.status, 401, "{what}: {}", refused.text);
            refused.assert_problem(401);
        }
        // What is signed for another account opens that account, which knows nothing of this one.
        let elsewhere = open(&sign(&changed(&claims, "account_id", json!(1)))).await;
        elsewhere.assert_problem(409);
        assert_eq!(open(&token).await.status, 200, "a token is good until it expires");
    });
}

#[test]
fn only_the_tokens_own_account_may_read_the_answer() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let token = account.token(account.admin).await;
        for (origin, granted) in [
            (account.ends.sim.clone(), true),
            ("https://evil.example".to_owned(), false),
            ("https://kommo.com.evil.example".to_owned(), false),
            (account.ends.sim.replace("http:", "https:"), false),
        ] {
            let asked = reply(account.request(Method::GET, "/settings", &token).header("origin", &origin)).await;
            let allowed = asked.header("access-control-allow-origin").to_owned();
            assert_eq!(allowed == origin, granted, "{origin}: {allowed}");
            assert!(granted || allowed.is_empty(), "{origin}: {allowed}");
        }
    });
}
