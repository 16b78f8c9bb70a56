//! A ringing call is heard, seen and announced as the person wants it and the browser allows it.

use serde_json::{Value, json};

use super::scene::{Scene, running, stack};
use crate::{
    account::{event, number},
    stack::flow,
};

async fn report(scene: &Scene, call: &str, status: &str) {
    let more = json!({"extension": "101", "duration": 5});
    scene.account.post(event(call, &number(1), status, more)).await;
}

/// Slides the ring's volume there.
fn volume(percent: u8) -> String {
    format!(
        "(function () {{ var slider = document.querySelector('[data-kv=\"ring-volume\"]'); slider.value = '{percent}'; \
         slider.dispatchEvent(new Event('input', {{bubbles: true}})); return true; }})()"
    )
}

#[test]
fn the_ring_is_muted_and_turned_down_on_the_card_in_every_tab_and_stays_so() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.set(json!({"callFeedback": false, "ringVolume": 35})).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        let first = scene.browser.tab().await.unwrap();
        scene.open_in_new_tab("/leads/").await;
        scene.live().await;
        report(&scene, "one", "ringing").await;
        scene.see("ring-volume").await;
        assert_eq!(scene.value("document.querySelector('[data-kv=\"ring-volume\"]').value").await, json!("35"));
        scene.press("[data-menu=\"leads\"]").await;
        scene.until("kvSpy.sounds.length === 1").await;
        scene.click("mute").await;
        scene.until("kvSpy.sounds.length === 0").await;
        scene.browser.switch_to(&first).await.unwrap();
        scene.until("document.querySelector('[data-kv=\"mute\"]').getAttribute('aria-pressed') === 'true'").await;
        // Louder again: that ends the silence, too.
        scene.value(&volume(80)).await;
        scene.until("document.querySelector('[data-kv=\"mute\"]').getAttribute('aria-pressed') === 'false'").await;
        scene.browser.devtools("Page.reload", json!({})).await.unwrap();
        scene.until("performance.getEntriesByType('navigation')[0].type === 'reload' && window.kvSpy").await;
        scene.until("(document.querySelector('[data-kv=\"ring-volume\"]') || {}).value === '80'").await;
        report(&scene, "one", "missed").await;
        scene.card("ended").await;
        scene.gone("mute").await;
    });
}

#[test]
fn a_tab_the_browser_keeps_silent_says_so_and_rings_for_the_eyes() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        report(&scene, "c", "ringing").await;
        scene.see("ring-blocked").await;
        assert_eq!(scene.value("kvSpy.sounds.length").await, json!(0));
        let rings = "document.getAnimations().some(function (one) { return one.animationName === 'kv-ring'; })";
        assert_eq!(scene.value(rings).await, json!(true));
        scene.picture("card-silent").await;
        // Whoever touches the page hears it.
        scene.press("[data-menu=\"leads\"]").await;
        scene.gone("ring-blocked").await;
        scene.until("kvSpy.sounds.length === 1").await;
        let calm = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
        scene.browser.devtools("Emulation.setEmulatedMedia", calm).await.unwrap();
        assert_eq!(scene.value("document.getAnimations().length").await, json!(0));
        scene.assert_quiet().await;
    });
}

/// Stands in for the browser's notifications and writes down what is shown. What was allowed holds for all tabs.
const NOTIFICATIONS: &str = "window.kvNotices = []; window.kvAsked = 0; \
    window.Notification = function (title, options) { \
      this.title = title; this.body = options.body; this.open = true; kvNotices.push(this); }; \
    Notification.prototype.close = function () { this.open = false; }; \
    Object.defineProperty(Notification, 'permission', {get: function () { return localStorage.getItem('test.allowed') || 'default'; }}); \
    Notification.requestPermission = function () { kvAsked += 1; localStorage.setItem('test.allowed', 'granted'); \
      return Promise.resolve('granted'); };";

async fn with_notifications(scene: &Scene) {
    let script = json!({"source": NOTIFICATIONS});
    scene.browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await.unwrap();
}

/// The tab goes to the back, or comes to the front.
async fn hide(scene: &Scene, hidden: bool) {
    let script = format!(
        "Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}}), \
         document.dispatchEvent(new Event('visibilitychange'))"
    );
    scene.value(&script).await;
}

async fn notices(scene: &Scene, tabs: &[String]) -> Vec<Value> {
    let mut all = Vec::new();
    for tab in tabs {
        scene.browser.switch_to(tab).await.unwrap();
        let here = "kvNotices.map(function (one) { return {title: one.title, body: one.body, open: one.open}; })";
        all.extend(scene.value(here).await.as_array().cloned().unwrap_or_default());
    }
    all
}

#[test]
fn while_no_tab_is_seen_a_call_is_shown_on_the_desktop_once_and_only_after_a_button_asked() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.seed_contact("Nora <b>Klein</b>", &number(1), account.admin).await;
        let scene = Scene::new(account).await;
        with_notifications(&scene).await;
        scene.open("/leads/").await;
        scene.live().await;
        let first = scene.browser.tab().await.unwrap();
        let second = scene.browser.new_tab().await.unwrap();
        scene.spy().await;
        with_notifications(&scene).await;
        scene.open("/leads/").await;
        scene.live().await;
        let tabs = [first, second];
        report(&scene, "asked", "ringing").await;
        scene.see("allow-notifications").await;
        scene.picture("card-notify").await;
        assert_eq!(scene.value("kvAsked").await, json!(0), "never by itself");
        scene.click("allow-notifications").await;
        scene.gone("allow-notifications").await;
        assert_eq!(scene.value("kvAsked").await, json!(1));
        report(&scene, "asked", "missed").await;
        scene.hands_off().await;
        scene.gone("call-card").await;

        for tab in &tabs {
            scene.browser.switch_to(tab).await.unwrap();
            hide(&scene, true).await;
        }
        report(&scene, "hidden", "ringing").await;
        let shown = scene
            .eventually("a notification", async || {
                let shown = notices(&scene, &tabs).await;
                (!shown.is_empty()).then_some(shown)
            })
            .await;
        let body = "Nora <b>Klein</b> · +1 415-555-0001";
        assert_eq!(shown, [json!({"title": "Incoming call", "body": body, "open": true})]);
        report(&scene, "hidden", "answered").await;
        scene
            .eventually("it to be taken back", async || {
                let shown = notices(&scene, &tabs).await;
                shown.iter().all(|one| one["open"] == false).then_some(())
            })
            .await;
        report(&scene, "hidden", "completed").await;
        scene.gone("call-card").await;

        // One tab is seen: nothing is shown, whichever tab it is.
        hide(&scene, false).await;
        report(&scene, "seen", "ringing").await;
        scene.card("ringing").await;
        for tab in &tabs {
            scene.browser.switch_to(tab).await.unwrap();
            scene.card("ringing").await;
        }
        scene.until("document.querySelector('[data-kv=\"timer\"]').textContent >= '0:03'").await;
        assert_eq!(notices(&scene, &tabs).await.len(), 1, "the one of before");
        scene.assert_quiet().await;
    });
}

#[test]
fn a_click_on_the_notification_brings_the_tab_to_the_front_and_closes_it() {
    flow(async {
        let scene = Scene::new(running(stack().await, json!({})).await).await;
        with_notifications(&scene).await;
        scene.open("/leads/").await;
        scene.live().await;
        scene.value("localStorage.setItem('test.allowed', 'granted')").await;
        hide(&scene, true).await;
        report(&scene, "c", "ringing").await;
        scene.until("kvNotices.length === 1").await;
        scene.value("window.focus = function () { window.kvFocused = true; }, kvNotices[0].onclick()").await;
        scene.until("window.kvFocused && !kvNotices[0].open").await;
    });
}

#[test]
fn the_title_names_the_caller_while_it_rings_and_is_the_pages_own_again_afterwards() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.seed_contact("Nora Klein", &number(1), account.admin).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        let own = scene.value("document.querySelector('head > title').textContent").await;
        report(&scene, "c", "ringing").await;
        scene.until(&format!("document.title === '☎ Nora Klein – ' + {own}")).await;
        // The page goes elsewhere meanwhile.
        scene.press("[data-menu=\"contacts\"]").await;
        scene.until("document.documentElement.dataset.simReady === '/contacts/list/'").await;
        scene.value("document.title = '  Other   title '").await;
        scene.until("document.title === '☎ Nora Klein – Other title'").await;
        report(&scene, "c", "answered").await;
        scene.until("document.querySelector('head > title').textContent === '  Other   title '").await;
    });
}
