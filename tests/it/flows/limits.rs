//! Whoever sends too much is told to wait, and takes no room from anybody else.

use serde_json::json;

use crate::{
    account::{Account, event, items, notes_of, number, talk},
    stack::{Reply, Stack, flow, reply, shared},
};

/// More than any store of requests holds.
const MANY: usize = 3000;

fn assert_told_to_wait(refused: &Reply) {
    refused.assert_problem(429);
    assert_eq!(refused.body["type"], "too_many_requests");
    let pause: u64 = refused.header("retry-after").parse().expect("whole seconds");
    assert!((1..=60).contains(&pause), "{pause}");
}

#[test]
fn a_stranger_at_the_webhook_address_is_told_to_wait_and_the_provider_is_taken_as_before() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let body = event("forged", &number(1), "completed", json!({"duration": 5})).to_string();
        let mut last = None;
        for _ in 0..MANY {
            let refused = reply(account.ends.http.post(&account.hook).body(body.clone())).await;
            if refused.status != 401 {
                last = Some(refused);
                break;
            }
        }
        assert_told_to_wait(&last.expect("an end of patience"));
        account.report(talk("genuine", &number(1))).await;
        let state = account.settled().await;
        assert_eq!(notes_of(&state, "genuine").len(), 1);
        assert_eq!(items(&state, "notes").len(), 1, "nothing forged came through");
    });
}

#[test]
fn a_provider_that_floods_is_told_to_wait_and_what_it_sends_again_is_taken() {
    flow(async {
        let mut stack = Stack::with(json!({"searchLag": 120})).await;
        stack.kill();
        stack.start_with("WEBHOOKS_PER_SECOND", "1").await;
        let account = Account::ready(&stack).await;
        let post = async |call: usize| {
            let body = event(&format!("c{call}"), &number(call), "ringing", json!({"extension": "101"})).to_string();
            reply(account.delivery(&format!("delivery-{call}"), &body)).await
        };
        let mut taken = 0;
        let refused = loop {
            let answer = post(taken).await;
            if answer.status != 202 {
                break answer;
            }
            taken += 1;
            assert!(taken < MANY, "no end of patience");
        };
        assert_told_to_wait(&refused);
        assert!(taken >= 10, "a burst of ten seconds is taken: {taken}");
        account
            .ends
            .until("the same delivery to be taken", crate::account::PATIENCE, async || match post(taken).await {
                answer if answer.status == 202 => Ok(()),
                answer => Err(answer.text),
            })
            .await;
        assert_eq!(items(&account.get("/calls").await.body, "calls").len(), taken + 1);
    });
}

#[test]
fn a_widget_that_floods_is_told_to_wait_and_a_colleague_is_served() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let mut last = None;
        for _ in 0..MANY {
            let answer = account.get("/calls").await;
            if answer.status != 200 {
                last = Some(answer);
                break;
            }
        }
        assert_told_to_wait(&last.expect("an end of patience"));
        let colleague = account.api(account.users[1], reqwest::Method::GET, "/calls", None).await;
        assert_eq!(colleague.status, 200, "{}", colleague.text);
    });
}
