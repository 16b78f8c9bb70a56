//! The card for people who use the keyboard, or who listen instead of looking.

use serde_json::json;

use super::scene::{Scene, kv};
use crate::{
    account::{event, number},
    stack::flow,
};

pub(super) async fn key(scene: &Scene, name: &str, code: u32) {
    for kind in ["keyDown", "keyUp"] {
        let press = json!({"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code});
        scene.browser.devtools("Input.dispatchKeyEvent", press).await.unwrap();
    }
}

pub(super) fn focused(name: &str) -> String {
    format!("document.activeElement === document.querySelector({})", json!(kv(name)))
}

#[test]
fn the_card_is_announced_reached_by_tab_and_closed_by_escape_while_typing_goes_on() {
    flow(async {
        let scene = Scene::at("/contacts/add/?phone=%2B1").await;
        scene.live().await;
        scene.browser.execute("document.querySelector('#contact_name').focus()", json!([])).await.unwrap();
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.says("caller", "Unknown number").await;
        assert_eq!(scene.value("document.activeElement.id").await, json!("contact_name"), "a card takes no focus");
        let announced = "Incoming call: Unknown number, +1 415-555-0001";
        scene.until(&format!("document.querySelector('[aria-live]').textContent === {}", json!(announced))).await;
        let unnamed = "Array.from(document.querySelectorAll('[data-kv=\"root\"] button, [data-kv=\"root\"] a')).filter(function (one) { \
                       return !(one.getAttribute('aria-label') || one.textContent).trim(); }).length";
        assert_eq!(scene.value(unnamed).await, json!(0));

        // From the last field of the page on, the card is what comes next.
        scene.browser.execute("document.querySelector('.form__buttons a').focus()", json!([])).await.unwrap();
        for name in ["minimise", "dismiss", "mute", "ring-volume"] {
            key(&scene, "Tab", 9).await;
            scene.until(&focused(name)).await;
        }
        // The browser may be asked for notifications in between.
        while scene.value(&focused("create-contact")).await != json!(true) {
            key(&scene, "Tab", 9).await;
            let inside = "document.activeElement.closest('[data-kv=\"call-card\"]') !== null";
            assert_eq!(scene.value(inside).await, json!(true), "the way to it leads through the card");
        }
        let ring = "getComputedStyle(document.activeElement).outlineStyle === 'solid'";
        assert_eq!(scene.value(ring).await, json!(true), "where the focus is can be seen");
        let before = scene.text("timer").await;
        scene.until(&format!("document.querySelector({}).textContent !== {}", json!(kv("timer")), json!(before))).await;
        assert_eq!(scene.value(&focused("create-contact")).await, json!(true), "drawing anew keeps the focus");
        key(&scene, "Escape", 27).await;
        scene.gone("call-card").await;
        scene.assert_quiet().await;
    });
}
