//! The journal as a window over the page: a manager's own calls, wherever the manager is.

use serde_json::json;

use super::access::{focused, key};
use super::scene::{Scene, kv, running, stack};
use crate::{
    account::{event, number},
    stack::flow,
};

/// What the dialer's button leads to.
const OPEN: &str = "Object.keys(APP.widgets.list).map(function (code) { return APP.widgets.list[code]; }) \
    .filter(function (widget) { return widget.openJournal; })[0].openJournal().then(function () { return true; })";

#[test]
fn managers_read_their_own_calls_over_any_page_and_a_call_can_still_be_taken() {
    flow(async {
        let people = json!({"users": [{"name": "Ada Admin", "isAdmin": true}, {"name": "Max Modest"}]});
        let account = running(stack().await, people).await;
        let max = account.users[1];
        let contact = account.seed_contact("Nora Klein", &number(1), max).await;
        for (call, line) in [("mine", "102"), ("hers", "101")] {
            account
                .post(event(call, &number(if call == "mine" { 1 } else { 2 }), "missed", json!({"extension": line})))
                .await;
        }
        account.settled().await;
        let scene = Scene::of(account, max).await;
        // Without it no page of this browser has the focus, and none hears of it.
        scene.browser.devtools("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await.unwrap();
        scene.open("/contacts/add/?phone=%2B1").await;
        scene.live().await;
        scene.browser.execute("document.querySelector('#contact_name').focus()", json!([])).await.unwrap();
        scene.value(OPEN).await;
        scene.says("call-row", &number(1)).await;
        scene.says("figure-calls", "1").await;
        let text = scene.text("journal").await;
        assert!(!text.contains(&number(2)), "{text}");
        for name in ["filter-user", "open-trace", "open-replay", "health", "catch-up", "actions", "journal-error"] {
            let shown = format!("(document.querySelector({}) || {{innerText: ''}}).innerText", json!(kv(name)));
            assert_eq!(scene.value(&shown).await, json!(""), "{name}");
        }
        let dialog = "(function () { var one = document.querySelector('[data-kv=\"journal-window\"]'); \
                      return [one.getAttribute('role'), one.getAttribute('aria-modal'), one.getAttribute('aria-label')]; })()";
        assert_eq!(scene.value(dialog).await, json!(["dialog", "true", "Calls"]));
        scene.picture("journal-window").await;
        scene.value(OPEN).await;
        assert_eq!(scene.value("document.querySelectorAll('[data-kv=\"journal\"]').length").await, json!(1));

        // The focus begins in the window, and does not leave it for the page below.
        scene.until(&focused("journal-window")).await;
        scene.browser.execute("document.querySelector('#contact_name').focus()", json!([])).await.unwrap();
        scene.until(&focused("journal-window")).await;
        key(&scene, "Tab", 9).await;
        scene.until(&focused("journal-close")).await;

        // A call comes: its card stands above the window, with that of the missed call where it still stands.
        scene.account.post(event("now", &number(3), "ringing", json!({"extension": "102"}))).await;
        scene.card("ringing").await;
        scene.press("[data-state=\"ringing\"] [data-kv=\"dismiss\"]").await;
        scene.until("document.querySelector('[data-state=\"ringing\"]') === null").await;
        scene.see("journal-window").await;

        // So does the summary of a call.
        scene.click("open-summary").await;
        scene.see("summary").await;
        scene.press("[data-kv=\"summary\"] [data-kv=\"summary-cancel\"]").await;
        scene.gone("summary").await;

        scene
            .browser
            .execute("document.querySelector('[data-kv=\"journal-window\"]').focus()", json!([]))
            .await
            .unwrap();
        key(&scene, "Escape", 27).await;
        scene.gone("journal").await;
        scene.until("document.activeElement.id === 'contact_name'").await;
        scene.value(OPEN).await;
        scene.click("journal-close").await;
        scene.gone("journal").await;

        // The card of a call opens below, so the window makes room for it.
        scene.value("window.sameLoad = true").await;
        scene.value(OPEN).await;
        scene.press("[data-kv=\"call-row\"] a").await;
        scene.until(&format!("location.pathname === '/contacts/detail/{contact}' && window.sameLoad")).await;
        scene.gone("journal").await;
        scene.assert_quiet().await;
    });
}

#[test]
fn the_window_fits_narrow_screens_and_both_themes() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.post(event("c", &number(1), "completed", json!({"extension": "101", "duration": 30}))).await;
        account.settled().await;
        let scene = Scene::new(account).await;
        for (name, theme, width, language) in
            [("light", "light", 1440, "en"), ("dark", "dark", 1440, "pt"), ("narrow", "dark", 400, "es")]
        {
            let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/leads/?theme={theme}&lang={language}")).await;
            scene.live().await;
            scene.value(OPEN).await;
            scene.see("figure-hours").await;
            let inside = "(function () { var box = document.querySelector('[data-kv=\"journal-window\"]').getBoundingClientRect(); \
                          return box.left >= 65 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight \
                            && document.documentElement.scrollWidth <= innerWidth; })()";
            scene.until(inside).await;
            // An administrator sees everybody's calls, and why each landed where it did, here as well.
            scene.see("filter-user").await;
            scene.see("open-trace").await;
            scene.picture(&format!("window-{name}")).await;
        }
    });
}

#[test]
fn the_dialers_button_opens_it_and_the_dialer_makes_room() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        scene.press(".js-notifications-phone").await;
        scene.click("open-journal").await;
        scene.see("journal-window").await;
        scene.gone("dialer").await;
        scene.click("journal-close").await;
        scene.gone("journal-window").await;
    });
}
