//! What is not genuine, fresh and well-formed is refused with a reason, and changes nothing.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    account::{Account, delivery_id, event, items, now, number, signature, talk, the_note},
    stack::{flow, reply, shared},
};

/// A delivery whose headers are as given.
fn delivery(account: &Account, id: &str, timestamp: i64, signature: &str, body: &str) -> RequestBuilder {
    let request =
        account.ends.http.post(&account.hook).header("content-type", "application/json").body(body.to_owned());
    request.header("webhook-id", id).header("webhook-timestamp", timestamp).header("webhook-signature", signature)
}

async fn nothing_changed(account: &Account) {
    let state = account.settled().await;
    for list in ["contacts", "leads", "notes", "tasks", "unsorted"] {
        assert!(items(&state, list).is_empty(), "{list}");
    }
    assert_eq!(account.get("/calls").await.body["calls"], json!([]));
}

#[test]
fn webhooks_that_are_unsigned_wrongly_signed_or_stale_are_refused() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let body = event("c", &number(1), "completed", json!({"duration": 5})).to_string();
        let good = |timestamp: i64| signature(&account.secret, "m1", timestamp, &body);
        let other = signature("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "m1", now(), &body);
        let unsigned = account.ends.http.post(&account.hook).body(body.clone());
        reply(unsigned).await.assert_problem(401);
        for (what, request) in [
            ("another secret", delivery(&account, "m1", now(), &other, &body)),
            ("another id", delivery(&account, "m2", now(), &good(now()), &body)),
            ("another body", delivery(&account, "m1", now(), &good(now()), &body.replace('5', "6"))),
            ("another version", delivery(&account, "m1", now(), &good(now()).replace("v1,", "v2,"), &body)),
            ("half a signature", delivery(&account, "m1", now(), &good(now())[..20], &body)),
            ("a stale one", delivery(&account, "m1", now() - 400, &good(now() - 400), &body)),
            ("one from the future", delivery(&account, "m1", now() + 400, &good(now() + 400), &body)),
            ("a time that was not signed", delivery(&account, "m1", now() - 5, &good(now()), &body)),
        ] {
            let refused = reply(request).await;
            assert_eq!(refused.status, 401, "{what}: {}", refused.text);
            refused.assert_problem(401);
        }
        nothing_changed(&account).await;
    });
}

#[test]
fn webhooks_that_cannot_be_read_are_refused_with_the_field_that_is_wrong() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let good = event("c", &number(1), "completed", json!({"duration": 5}));
        let mut bodies = vec![("{\"callId\":".to_owned(), ""), ("[]".to_owned(), ""), (String::new(), "")];
        for field in ["callId", "voipAccountId", "from", "to", "status", "startTime"] {
            let mut body = good.clone();
            body.as_object_mut().expect("an object").remove(field);
            bodies.push((body.to_string(), field));
        }
        let with = |name: &str, value: Value| {
            let mut body = good.clone();
            body[name] = value;
            body.to_string()
        };
        bodies.push((with("status", json!("talking")), "status"));
        bodies.push((with("startTime", json!("soon")), "startTime"));
        bodies.push((with("duration", json!(-1)), "duration"));
        bodies.push((with("recording", json!("http://192.168.0.1/r.mp3")), "recording"));
        for (body, field) in bodies {
            let refused = reply(account.delivery(&delivery_id(), &body)).await;
            assert_eq!(refused.status, 400, "{body}: {}", refused.text);
            refused.assert_problem(400);
            assert!(refused.text.contains(field), "{field} in {}", refused.text);
        }
        nothing_changed(&account).await;
    });
}

#[test]
fn a_body_of_a_megabyte_is_refused() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let mut body = event("c", &number(1), "completed", json!({}));
        body["padding"] = json!("x".repeat(1024 * 1024));
        reply(account.delivery(&delivery_id(), &body.to_string())).await.assert_problem(413);
        nothing_changed(&account).await;
    });
}

#[test]
fn unknown_addresses_say_nothing() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let key = account.hook.rsplit('/').next().expect("a key");
        let changed = format!("{}{}", &key[..key.len() - 1], if key.ends_with('A') { 'B' } else { 'A' });
        let body = talk("c", &number(1))[0].to_string();
        for hook in [
            account.hook.replace(key, &changed),
            account.hook.replace(key, "x"),
            account.hook.replace("/generic/", "/twilio/"),
            format!("{}/nobody", account.ends.worker),
        ] {
            let wrong = Account { hook: hook.clone(), ..account.clone() };
            let refused = reply(wrong.delivery(&delivery_id(), &body)).await;
            assert_eq!(refused.status, 404, "{hook}: {}", refused.text);
            refused.assert_problem(404);
        }
        nothing_changed(&account).await;
    });
}

#[test]
fn a_delivery_that_comes_again_with_another_body_is_a_conflict() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let talk = talk("c", &number(1));
        let id = delivery_id();
        for _ in 0..2 {
            assert_eq!(reply(account.delivery(&id, &talk[2].to_string())).await.status, 202);
        }
        let mut other = talk[2].clone();
        other["duration"] = json!(31);
        reply(account.delivery(&id, &other.to_string())).await.assert_problem(409);
        let state = account.settled().await;
        assert_eq!(the_note(&state, "c")["params"]["duration"], 30);
    });
}

#[test]
fn a_callback_that_names_a_foreign_host_sends_nothing_anywhere() {
    flow(async {
        let stack = shared().await;
        let account = Account::new(stack, json!({})).await;
        let code = account.ends.control("code", json!({"accountId": account.id})).await["code"].clone();
        let code = code.as_str().expect("a code");
        let strays = async || stack.ends.look("requests").await["requests"].as_array().map(Vec::len);
        let before = strays().await;
        let host = format!("{}.kommo.com", account.subdomain);
        for referer in [
            "evil.example".to_owned(),
            format!("{host}.evil.example"),
            format!("{host}@evil.example"),
            format!("evil.example/{host}"),
            format!("a.{host}"),
            "kommo.com".to_owned(),
            format!("{host}:8443"),
            "127.0.0.1".to_owned(),
            String::new(),
        ] {
            let callback = account.ends.http.request(Method::GET, format!("{}/oauth/callback", account.ends.worker));
            let query = [("code", code), ("referer", &referer), ("from_widget", "1")];
            let refused = reply(callback.query(&query)).await;
            assert_eq!(refused.status, 400, "{referer}: {}", refused.text);
            refused.assert_problem(400);
        }
        account.get("/settings").await.assert_problem(409);
        assert!(items(&account.state().await, "requests").is_empty());
        assert_eq!(strays().await, before);
    });
}
