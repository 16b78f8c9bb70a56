//! The administrator's page: what happened, why, and what still waits.

use serde_json::json;

use super::scene::{Scene, code, running, stack};
use crate::{
    account::{PATIENCE, event, items, number},
    stack::flow,
};

#[test]
fn a_refused_note_is_shown_with_its_reason_and_delivered_by_retry() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        let contact = account.seed_contact("Nora Klein", &number(1), account.admin).await;
        account
            .fault(json!({"method": "POST", "path": "/api/v4/contacts", "kind": "status", "status": 400, "times": 50}))
            .await;
        let scene = Scene::new(account).await;
        let account = &scene.account;
        for (status, more) in [
            ("ringing", json!({"extension": "101"})),
            ("answered", json!({"extension": "101"})),
            ("completed", json!({"extension": "101", "duration": 30})),
        ] {
            account.post(event("c", &number(1), status, more)).await;
        }
        account
            .ends
            .until("the note to be refused", PATIENCE, async || {
                let call = account.call("c").await;
                if call["deliveryStatus"] == "parked" {
                    return Ok(());
                }
                Err(format!("{call}\n{}", account.get("/diagnostics").await.text))
            })
            .await;
        let page = format!("/settings/advanced?widget={}", code(account).await);
        scene.open(&page).await;
        for text in [&number(1), "Incoming", "0:30", "Parked", "A fault was asked for"] {
            scene.says("call-row", text).await;
        }
        scene.says("actions", "A fault was asked for").await;
        scene.picture("journal-parked").await;
        scene.click("open-trace").await;
        scene.says("trace", "Requests to the CRM for this call").await;
        let steps = "document.querySelectorAll('[data-kv=\"trace\"] .kv-step').length > 3";
        scene.until(steps).await;
        scene.picture("journal-trace").await;

        account.no_more_faults().await;
        scene.click("retry").await;
        let state = account.settled().await;
        assert_eq!(items(&state, "notes").len(), 1);
        assert_eq!(items(&state, "notes")[0]["entity_id"], contact);
        scene.click("refresh").await;
        scene.says("call-row", "Logged").await;
        scene.says("call-row", "Nora Klein").await;
        scene.click("health-refresh").await;
        scene.gone("action").await;
        scene.value("window.sameLoad = true").await;
        scene.press("[data-kv=\"call-row\"] a").await;
        scene.until(&format!("location.pathname === '/contacts/detail/{contact}' && window.sameLoad")).await;
    });
}

#[test]
fn a_replay_shows_what_todays_rules_would_do_and_marks_the_difference() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        let account = &scene.account;
        for status in ["ringing", "missed"] {
            account.post(event("c", &number(1), status, json!({"extension": "101"}))).await;
        }
        let before = account.settled().await;
        scene.open(&format!("/settings/advanced?widget={}", code(account).await)).await;
        scene.click("open-replay").await;
        scene.says("replay-verdict", "would do the same").await;
        let marks = "document.querySelectorAll('[data-kv=\"replay\"] .kv-badge').length";
        assert_eq!(scene.value(marks).await, json!(0));
        scene.click("open-replay").await;
        scene.gone("replay").await;
        account.set(json!({"callFeedback": false, "missed": {"task": false}})).await;
        scene.click("open-replay").await;
        scene.says("replay-verdict", "would do something else").await;
        scene.says("replay-was", "Only then").await;
        assert!(scene.value(marks).await.as_u64() > Some(0));
        scene.picture("journal-replay").await;
        let after = account.settled().await;
        assert_eq!((&after["tasks"], &after["notes"]), (&before["tasks"], &before["notes"]), "nothing is done by it");
        scene.assert_quiet().await;
    });
}

#[test]
fn calls_are_listed_newest_first_and_older_ones_are_loaded_on_demand() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        let account = &scene.account;
        account.put("/active", json!({"active": false})).await;
        for call in 0..60 {
            account
                .post(event(
                    &format!("c{call}"),
                    &number(call),
                    "missed",
                    json!({"startTime": crate::account::now() - 600 + i64::try_from(call).unwrap()}),
                ))
                .await;
        }
        scene.open(&format!("/settings/advanced?widget={}", code(account).await)).await;
        scene.see("call-row").await;
        let rows = "document.querySelectorAll('[data-kv=\"call-row\"]').length";
        let first = scene.value(rows).await.as_u64().unwrap();
        assert!(first < 60, "{first} at once");
        scene.says("call-row", &number(59)).await;
        scene.click("load-more").await;
        scene.until(&format!("{rows} > {first}")).await;
        scene.says("health", "switched off").await;
        scene.assert_quiet().await;
    });
}
