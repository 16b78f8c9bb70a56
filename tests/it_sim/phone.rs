//! The generic phone, heard by a little server of the test.

use std::sync::{Arc, Mutex};

use axum::{Router, http::HeaderMap, routing::any};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::world;

pub(crate) type Heard = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A server that answers 202 to everything and remembers it.
pub(crate) async fn listener() -> (String, Heard) {
    let heard: Heard = Arc::default();
    let kept = Arc::clone(&heard);
    let router = Router::new().fallback(any(move |headers: HeaderMap, body: String| async move {
        kept.lock().unwrap().push((headers, body));
        (axum::http::StatusCode::ACCEPTED, "{\"ok\":true}")
    }));
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
    (url, heard)
}

#[tokio::test]
async fn events_are_signed_and_repeats_keep_their_delivery_id() {
    let world = world().await;
    let (url, heard) = listener().await;
    let secret = format!("whsec_{}", STANDARD.encode(b"a secret of the test"));
    let event = json!({"callId": "c1", "status": "ringing", "times": 2, "deliveryId": "d1"});
    let answers = world.control("call", json!({"hookUrl": url, "secret": secret, "events": [event]})).await;
    assert_eq!(answers, json!([{"status": 202, "body": {"ok": true}}, {"status": 202, "body": {"ok": true}}]));
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 2);
    for (headers, body) in heard.iter() {
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({"callId": "c1", "status": "ringing"}));
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("webhook-id"), "d1");
        let signed = format!("d1.{}.{body}", header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(b"a secret of the test").unwrap();
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header("webhook-signature"), expected);
    }
}

#[tokio::test]
async fn a_phone_once_set_up_needs_only_the_account() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let (url, heard) = listener().await;
    world.control("phone", json!({"account": account.id, "hookUrl": url, "secret": "whsec_c2VjcmV0"})).await;
    let ring = json!({"account": account.subdomain, "kind": "ring", "from": "+49305550100", "to": "+49305550000", "extension": "101"});
    world.control("call", ring).await;
    for kind in ["answer", "hangup"] {
        world.control("call", json!({"account": account.id, "kind": kind})).await;
    }
    let heard = heard.lock().unwrap();
    let events: Vec<Value> = heard.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    let statuses: Vec<&str> = events.iter().map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["ringing", "answered", "completed"]);
    assert!(events.iter().all(|event| event["callId"] == events[0]["callId"] && event["extension"] == "101"));
    assert!(events[2]["duration"].is_i64() && events[0].get("duration").is_none());
}
