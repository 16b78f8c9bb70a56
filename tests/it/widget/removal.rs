//! The widget removes everything it added, and is silent afterwards.

use serde_json::json;

use super::scene::{Scene, kv};
use crate::{
    account::{event, number},
    stack::flow,
};

#[test]
fn switched_off_it_leaves_no_element_timer_listener_or_connection_behind() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        scene.live().await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        scene.press("[data-menu=\"leads\"]").await;
        scene.until("kvSpy.sounds.length === 1 && document.title.indexOf('☎') === 0").await;
        let holds = "[kvSpy.timers.length, kvSpy.listeners.length, kvSpy.channels.length, \
            document.adoptedStyleSheets.length].every(Boolean)";
        assert_eq!(scene.value(holds).await, json!(true), "the spy sees what the widget holds");

        scene.press("[data-menu=\"settings\"]").await;
        scene.see("setting-ringSound").await;
        scene.press(".switcher").await;
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null && Object.keys(APP.widgets.list).length === 0").await;
        scene.until(&format!("document.querySelector({}) === null", json!("[data-kv]"))).await;
        scene.until("kvSpy.sockets.every(function (one) { return one.readyState > 1; })").await;
        for kept in [
            "kvSpy.timers.length",
            "kvSpy.listeners.length",
            "kvSpy.sounds.length",
            "kvSpy.channels.length",
            "document.adoptedStyleSheets.length",
            "document.title.indexOf('☎') + 1",
        ] {
            assert_eq!(scene.value(kept).await, json!(0), "{kept}");
        }
        let held = "navigator.locks.query().then(function (all) { return all.held.length + all.pending.length; })";
        scene
            .until(&format!("{held}.then(function (count) {{ window.kvLocks = count; }}) && window.kvLocks === 0"))
            .await;
        // Whatever the page still does reaches nobody.
        let before = scene.value("kvSpy.asked.length").await;
        let stir = "['online', 'focus', 'blur', 'message'].forEach(function (kind) { window.dispatchEvent(new Event(kind)); })";
        scene.value(stir).await;
        scene.value("document.dispatchEvent(new Event('visibilitychange'))").await;
        scene.press("[data-menu=\"contacts\"]").await;
        scene.until("document.documentElement.dataset.simReady === '/contacts/list/'").await;
        assert_eq!(scene.value("kvSpy.asked.length").await, before);
        assert_eq!(scene.account.get("/voip").await.body["active"], json!(false));
        scene.assert_quiet().await;

        // Switched on again it is there again, once.
        scene.press("[data-menu=\"settings\"]").await;
        scene.see("setting-ringSound").await;
        scene.press(".switcher").await;
        scene.press(".js-widget-save").await;
        scene.until("document.querySelector('.modal') === null").await;
        scene.account.post(event("d", &number(2), "ringing", json!({"extension": "101"}))).await;
        scene.until(&format!("document.querySelectorAll({}).length === 1", json!(kv("root")))).await;
        scene.says("root", "+1 415-555-0002").await;
    });
}
