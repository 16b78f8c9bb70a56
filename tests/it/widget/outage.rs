//! The Worker or its access to Kommo is away for a while, or about to be: the page keeps its head and says what is to be
//! done, and afterwards the truth comes back by itself.

use serde_json::json;

use super::scene::{Scene, kept, kv, own_stack, running, stack_with};
use crate::{
    account::{event, number},
    flows::access::{TOKEN, refusals},
    stack::flow,
};

#[test]
fn after_the_worker_was_killed_the_card_is_true_again_without_a_reload() {
    flow(async {
        let mut stack = own_stack().await;
        let account = running(&stack, json!({})).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        scene.value("window.sameLoad = true").await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        stack.kill();
        scene.until("kvSpy.sockets[0].readyState === WebSocket.prototype.CLOSED").await;
        scene.card("ringing").await;
        stack.start_again().await;
        scene.account.post(event("c", &number(1), "answered", json!({"extension": "101"}))).await;
        // The longer the Worker was away, the longer the tab's next pause: up to half a minute.
        let answered = "document.querySelector('[data-kv=\"call-card\"][data-state=\"answered\"]') !== null";
        let mut tries = 0;
        while scene.browser.wait_for(answered).await.is_err() && tries < 4 {
            tries += 1;
        }
        scene.card("answered").await;
        assert_eq!(scene.value("window.sameLoad").await, json!(true));
        scene.account.post(event("c", &number(1), "completed", json!({"extension": "101", "duration": 30}))).await;
        scene.card("ended").await;
        scene.gone("call-card").await;
    });
}

#[test]
fn while_the_worker_is_away_saving_is_refused_and_switching_off_works() {
    flow(async {
        let mut stack = own_stack().await;
        let account = running(&stack, json!({})).await;
        let scene = Scene::new(account).await;
        scene.open("/settings/widgets").await;
        scene.see("setting-ringSound").await;
        stack.kill();
        scene.press(&kv("setting-ringSound")).await;
        scene.press(".js-widget-save").await;
        scene.says("settings-error", "cannot be reached").await;
        scene.until("!document.querySelector('.js-widget-save').disabled").await;

        // A window opened only now says so too, offers another try, and still lets the product be switched off.
        scene.open("/settings/widgets").await;
        scene.see("reload").await;
        scene.says("settings", "cannot be reached").await;
        for _ in 0..2 {
            scene.press(".switcher").await;
        }
        scene.press(".js-widget-save").await;
        scene.until("!document.querySelector('.js-widget-save').disabled").await;
        assert_eq!(scene.widget_state().await, "installed");
        scene.press(".switcher").await;
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null").await;
        scene.until("Object.keys(APP.widgets.list).length === 0").await;
        scene.gone("root").await;
        scene.until("document.querySelector('.widget-tile').dataset.state === 'off'").await;
    });
}

#[test]
fn that_access_is_about_to_end_stays_in_the_administrators_notification_centre() {
    flow(async {
        // Any upkeep renews a token that ends so soon.
        let stack = stack_with(json!({"accessLifetime": 4 * 60 * 60})).await;
        let account = running(&stack, json!({})).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        let account = &scene.account;
        account.fault(json!({"path": TOKEN, "kind": "status", "status": 401, "times": 1000})).await;
        account.age(0).await;
        account.state_when("a refusal", |state| refusals(state) >= 1).await;
        account.age(1).await;
        let kept = kept("error");
        scene.until(&format!("{kept}.length === 1")).await;
        let kept = scene.value(&kept).await;
        assert!(kept[0]["text"].to_string().contains("press Connect"), "{kept}");
        scene.picture("access-ends").await;
        scene.assert_quiet().await;
    });
}
