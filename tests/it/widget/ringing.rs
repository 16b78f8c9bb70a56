//! What a ringing call does to the page beyond its card: the caller's own card, the incoming lead, the missed call.

use serde_json::{Value, json};

use super::scene::{Scene, kept, running, stack};
use crate::{
    account::{Account, event, items, number, person},
    stack::flow,
};

async fn ring(account: &Account, call: &str, caller: usize) {
    account.post(event(call, &number(caller), "ringing", json!({"extension": "101"}))).await;
}

async fn miss(account: &Account, call: &str, caller: usize) {
    account.post(event(call, &number(caller), "missed", json!({"extension": "101"}))).await;
}

/// Somebody whose page opens cards by itself, in a tab that has the focus.
async fn opening(path: &str) -> (Scene, Vec<u64>) {
    let account = running(stack().await, json!({})).await;
    account.set(json!({"openCard": true, "callFeedback": false})).await;
    let mut ids = Vec::new();
    for caller in 1..=3 {
        ids.push(account.seed_contact(&format!("Client {caller}"), &number(caller), account.admin).await);
    }
    let scene = Scene::new(account).await;
    scene.browser.devtools("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await.unwrap();
    scene.open(path).await;
    scene.live().await;
    (scene, ids)
}

async fn shown(scene: &Scene, id: u64) {
    scene.until(&format!("location.pathname === '/contacts/detail/{id}' && window.sameLoad")).await;
}

#[test]
fn the_callers_card_opens_once_and_never_over_another_call() {
    flow(async {
        let (scene, ids) = opening("/leads/").await;
        scene.value("window.sameLoad = true").await;
        ring(&scene.account, "one", 1).await;
        shown(&scene, ids[0]).await;
        scene.press("[data-menu=\"leads\"]").await;
        scene.until("location.pathname.startsWith('/leads')").await;
        // A second call while the first still rings is shown, and the page stays.
        ring(&scene.account, "two", 2).await;
        scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 2").await;
        scene.until("Array.from(document.querySelectorAll('[data-kv=\"caller\"]')).some(function (one) { return one.textContent === 'Client 2'; })").await;
        for (call, caller) in [("one", 1), ("two", 2)] {
            miss(&scene.account, call, caller).await;
        }
        scene.gone("call-card").await;
        assert_eq!(scene.value("location.pathname.startsWith('/leads')").await, json!(true), "neither opened again");
        ring(&scene.account, "three", 3).await;
        shown(&scene, ids[2]).await;
        scene.assert_quiet().await;
    });
}

#[test]
fn nothing_opens_over_unsaved_input_or_in_a_tab_without_the_focus() {
    flow(async {
        let (scene, ids) = opening("/contacts/add/").await;
        scene.value("window.sameLoad = true").await;
        // A new card, with nothing typed yet.
        ring(&scene.account, "one", 1).await;
        scene.says("caller", "Client 1").await;
        miss(&scene.account, "one", 1).await;
        scene.gone("call-card").await;
        // Something typed on another page, and the focus elsewhere since.
        scene.press("[data-menu=\"leads\"]").await;
        scene.until("location.pathname.startsWith('/leads')").await;
        let type_ = "(function () { var field = document.body.appendChild(document.createElement('textarea')); field.id = 'typed'; \
            field.value = 'not saved'; field.dispatchEvent(new Event('input', {bubbles: true})); return true; })()";
        scene.value(type_).await;
        ring(&scene.account, "two", 2).await;
        scene.says("caller", "Client 2").await;
        miss(&scene.account, "two", 2).await;
        scene.gone("call-card").await;
        assert_eq!(scene.value("location.pathname.startsWith('/leads')").await, json!(true));
        // Saved and gone, it is in nobody's way any more; but a tab without the focus opens nothing.
        scene.value("document.getElementById('typed').remove()").await;
        scene
            .value(
                "Document.prototype.hasFocus = function () { return false; }, window.dispatchEvent(new Event('blur'))",
            )
            .await;
        ring(&scene.account, "three", 3).await;
        scene.says("caller", "Client 3").await;
        miss(&scene.account, "three", 3).await;
        scene.gone("call-card").await;
        assert_eq!(scene.value("location.pathname.startsWith('/leads')").await, json!(true));
        scene
            .value(
                "Document.prototype.hasFocus = function () { return true; }, window.dispatchEvent(new Event('focus'))",
            )
            .await;
        ring(&scene.account, "four", 1).await;
        shown(&scene, ids[0]).await;
    });
}

#[test]
fn an_incoming_lead_is_accepted_from_the_card() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account
            .set(json!({"callFeedback": false, "inboundUnknown": {"create": "incoming_lead", "accept": "manual"}}))
            .await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        ring(&scene.account, "first", 1).await;
        miss(&scene.account, "first", 1).await;
        let state = scene.account.settled().await;
        assert_eq!(items(&state, "unsorted")[0]["status"], "pending");
        scene.gone("call-card").await;
        ring(&scene.account, "second", 1).await;
        scene.see("accept").await;
        scene.picture("card-acceptable").await;
        scene.click("accept").await;
        scene.gone("accept").await;
        let accepted = |state: &Value| items(state, "unsorted")[0]["status"] == "accepted";
        scene.account.state_when("the accepted incoming lead", accepted).await;
        scene.card("ringing").await;
    });
}

#[test]
fn a_refused_acceptance_says_why_and_can_be_tried_again() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account
            .set(json!({"callFeedback": false, "inboundUnknown": {"create": "incoming_lead", "accept": "manual"}}))
            .await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        miss(&scene.account, "first", 1).await;
        scene.account.settled().await;
        scene.gone("call-card").await;
        ring(&scene.account, "second", 1).await;
        scene.see("accept").await;
        let broken = "(function () { var ask = window.fetch; window.fetch = function (url) { \
            if (/\\/accept$/.test(url)) { window.fetch = ask; return Promise.reject(new TypeError('offline')); } \
            return ask.apply(window, arguments); }; return true; })()";
        scene.value(broken).await;
        scene.click("accept").await;
        scene.until("Array.from(document.querySelectorAll('[data-sim=\"toast\"]')).some(function (one) { return one.innerText.includes('cannot be reached'); })").await;
        scene.click("accept").await;
        scene.gone("accept").await;
    });
}

#[test]
fn a_missed_call_goes_into_the_notification_centre_of_one_tab() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.set(json!({"callFeedback": false})).await;
        let contact = account.seed_contact("Nora <b>Klein</b>", &number(1), account.admin).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        let first = scene.browser.tab().await.unwrap();
        scene.open_in_new_tab("/leads/").await;
        scene.live().await;
        ring(&scene.account, "c", 1).await;
        scene.says("caller", "Nora <b>Klein</b>").await;
        miss(&scene.account, "c", 1).await;
        // Both tabs keep their notifications in the same place.
        let kept = kept("call");
        scene.until(&format!("{kept}.length > 0")).await;
        scene.account.settled().await;
        let kept = scene.value(&kept).await;
        assert_eq!(kept.as_array().map(Vec::len), Some(1), "{kept}");
        assert_eq!(kept[0]["text"], "Missed call from Nora <b>Klein</b>");
        assert_eq!(kept[0]["link"], format!("/contacts/detail/{contact}"));
        scene.browser.switch_to(&first).await.unwrap();
        scene.assert_quiet().await;
    });
}

#[test]
fn everybody_with_the_number_is_on_the_card() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        let owner = account.admin;
        let people = [person("Nora Klein", &number(1), owner), person("Otto Klein", &number(1), owner)];
        let seeded = account.seed(json!({"contacts": people})).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        ring(&scene.account, "c", 1).await;
        scene.see("other").await;
        let names = [scene.text("caller").await, scene.text("other").await];
        assert!(names.contains(&"Nora Klein".to_owned()) && names.contains(&"Otto Klein".to_owned()), "{names:?}");
        scene.picture("card-others").await;
        let index = usize::from(names[1] == "Otto Klein");
        scene.value("window.sameLoad = true").await;
        scene.click("other").await;
        shown(&scene, seeded["contacts"][index].as_u64().unwrap()).await;
    });
}
