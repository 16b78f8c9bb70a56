//! Several tabs of one person: what is closed in one is closed in all, and every tab shows the true state.

use serde_json::json;

use super::scene::Scene;
use crate::{
    account::{event, number},
    stack::flow,
};

#[test]
fn a_card_dismissed_in_one_tab_is_gone_in_the_other_and_stays_gone() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        let first = scene.browser.tab().await.unwrap();
        scene.open_in_new_tab("/contacts/list/").await;
        scene.live().await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        scene.browser.switch_to(&first).await.unwrap();
        scene.card("ringing").await;
        scene.click("dismiss").await;
        scene.gone("call-card").await;
        let told = "kvSpy.frames.some(function (text) { return text.includes('\"closed\"'); })";
        scene.until(told).await;
        for tab in scene.browser.tabs().await.unwrap() {
            scene.browser.switch_to(&tab).await.unwrap();
            scene.gone("call-card").await;
        }
        scene.account.post(event("c", &number(1), "answered", json!({"extension": "101"}))).await;
        scene.open("/leads/").await;
        scene.live().await;
        assert_eq!(scene.text("call-card").await, "");
    });
}

#[test]
fn a_tab_opened_or_reloaded_in_mid_call_shows_the_call_as_it_is() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        let begun = crate::account::now() - 65;
        let report = |status: &str| {
            event("c", &number(1), status, json!({"extension": "101", "startTime": begun, "answerTime": begun + 5}))
        };
        scene.account.post(report("ringing")).await;
        scene.account.post(report("answered")).await;
        scene.card("answered").await;
        scene.open_in_new_tab("/contacts/list/").await;
        scene.card("answered").await;
        scene.says("timer", "1:0").await;
        scene.browser.devtools("Page.reload", json!({})).await.unwrap();
        scene.until("performance.getEntriesByType('navigation')[0].type === 'reload' && window.kvSpy").await;
        scene.card("answered").await;
        let number = scene.text("number").await;
        assert_eq!(number, "+1 415-555-0001");
        scene.account.post(event("c", &self::number(1), "completed", json!({"extension": "101", "duration": 7}))).await;
        scene.card("ended").await;
        scene.says("timer", "0:07").await;
    });
}

#[test]
fn a_tab_that_missed_everything_shows_the_true_state_after_one_greeting() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        for caller in [1, 2] {
            scene
                .account
                .post(event(&format!("c{caller}"), &number(caller), "ringing", json!({"extension": "101"})))
                .await;
        }
        scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 2").await;
        scene.value("kvSpy.offline = true, kvSpy.sockets.forEach(function (one) { one.close(); })").await;
        scene.account.post(event("c1", &number(1), "answered", json!({"extension": "101"}))).await;
        scene.account.post(event("c2", &number(2), "answered", json!({"extension": "102"}))).await;
        scene.account.post(event("c3", &number(3), "ringing", json!({"extension": "101"}))).await;
        scene.value("kvSpy.frames.length = 0, kvSpy.offline = false, window.dispatchEvent(new Event('online'))").await;
        scene.live().await;
        let shown = "Array.from(document.querySelectorAll('[data-kv=\"call-card\"]'), function (card) { \
                     return card.dataset.state + ' ' + card.querySelector('[data-kv=\"number\"]').textContent; }).sort().join()";
        let expected = json!("answered +1 415-555-0001,ringing +1 415-555-0003");
        scene.until(&format!("{shown} === {expected}")).await;
        // Kommo was not asked who this is a second time: the resume ticket was enough.
        assert_eq!(scene.asked("POST", "session").await, 1);
    });
}
