//! What is not well-formed or not new is refused with a reason, and changes nothing. What is not genuine is in
//! [`super::attack`].

use serde_json::{Value, json};

use crate::{
    account::{Account, delivery_id, event, items, number, talk, the_note},
    stack::{flow, reply, shared},
};

async fn nothing_changed(account: &Account) {
    let state = account.settled().await;
    for list in ["contacts", "leads", "notes", "tasks", "unsorted"] {
        assert!(items(&state, list).is_empty(), "{list}");
    }
    assert_eq!(account.get("/calls").await.body["calls"], json!([]));
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
