//! Several tabs of one person: what is closed in one is closed in all, and every tab shows the true state.

use serde_json::json;

use super::scene::{Scene, running, stack};
use crate::{
    account::{event, number},
    live::Live,
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

/// Opens so many tabs in all and touches each, so that the browser lets each make a sound; their handles.
async fn touched_tabs(scene: &Scene, count: usize) -> Vec<String> {
    let mut tabs = vec![scene.browser.tab().await.unwrap()];
    while tabs.len() < count {
        tabs.push(scene.open_in_new_tab("/leads/").await);
    }
    for tab in &tabs {
        scene.browser.switch_to(tab).await.unwrap();
        scene.live().await;
        scene.press("[data-menu=\"leads\"]").await;
        scene.until("navigator.userActivation.hasBeenActive").await;
    }
    tabs
}

/// The tabs that make a sound.
async fn sounding(scene: &Scene, tabs: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for tab in tabs {
        scene.browser.switch_to(tab).await.unwrap();
        if scene.value("kvSpy.sounds.length").await != json!(0) {
            found.push(tab.clone());
        }
    }
    found
}

/// Waits until exactly one of the tabs makes a sound.
async fn one_sounds(scene: &Scene, tabs: &[String]) -> String {
    scene
        .eventually("one tab that rings", async || match sounding(scene, tabs).await.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
        .await
}

#[test]
fn of_three_tabs_one_rings_and_another_takes_over_from_one_that_is_closed_or_frozen() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        let mut tabs = touched_tabs(&scene, 3).await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        let first = one_sounds(&scene, &tabs).await;
        // It does nothing any more, and holds what it holds.
        scene.browser.switch_to(&first).await.unwrap();
        scene.value("kvSpy.frozen = true").await;
        tabs.retain(|tab| *tab != first);
        let second = one_sounds(&scene, &tabs).await;
        scene.browser.switch_to(&first).await.unwrap();
        scene.until("kvSpy.sounds.length === 0").await;
        tabs.retain(|tab| *tab != second);
        scene.browser.devtools("Target.closeTarget", json!({"targetId": second})).await.unwrap();
        one_sounds(&scene, &tabs).await;
        scene.account.post(event("c", &number(1), "answered", json!({"extension": "101"}))).await;
        scene.browser.switch_to(&tabs[0]).await.unwrap();
        scene.until("kvSpy.sounds.length === 0").await;
        scene.card("answered").await;
    });
}

/// Cuts the tab in use off from the server.
async fn cut_off(scene: &Scene) {
    scene.value("kvSpy.offline = true, kvSpy.sockets.forEach(function (one) { one.close(); })").await;
    scene.until("kvSpy.sockets.every(function (one) { return one.readyState === 3; })").await;
}

#[test]
fn a_dismissal_reaches_a_tab_that_lost_its_connection_and_the_server_through_one_that_has_not() {
    flow(async {
        let scene = Scene::at("/leads/").await;
        let user = scene.account.admin;
        let mut elsewhere = Live::open(&scene.account, user).await;
        let tabs = touched_tabs(&scene, 3).await;
        for call in ["c", "d"] {
            scene.account.post(event(call, &number(1), "ringing", json!({"extension": "101"}))).await;
        }
        let two = "document.querySelectorAll('[data-kv=\"call-card\"]').length === 2";
        for tab in &tabs {
            scene.browser.switch_to(tab).await.unwrap();
            scene.until(two).await;
        }
        cut_off(&scene).await;
        scene.browser.switch_to(&tabs[0]).await.unwrap();
        scene.click("dismiss").await;
        scene.browser.switch_to(&tabs[2]).await.unwrap();
        scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 1").await;
        // Nobody hears this one but the other tabs, and one of them tells the server.
        let id = scene.value("document.querySelector('[data-kv=\"call-card\"]').dataset.callId").await;
        scene.click("dismiss").await;
        scene.gone("call-card").await;
        scene.browser.switch_to(&tabs[1]).await.unwrap();
        scene.gone("call-card").await;
        elsewhere.until("the second dismissal", |frame| frame["type"] == "closed" && frame["id"] == id).await;
    });
}

#[test]
fn without_locks_and_channels_tabs_agree_all_the_same() {
    flow(async {
        const OLD: &str = "Object.defineProperty(Navigator.prototype, 'locks', {get: function () { return undefined; }}); \
            delete window.BroadcastChannel;";
        let scene = Scene::new(running(stack().await, json!({})).await).await;
        let old = json!({"source": OLD});
        scene.browser.devtools("Page.addScriptToEvaluateOnNewDocument", old.clone()).await.unwrap();
        scene.open("/leads/").await;
        let first = scene.browser.tab().await.unwrap();
        let second = scene.browser.new_tab().await.unwrap();
        scene.spy().await;
        scene.browser.devtools("Page.addScriptToEvaluateOnNewDocument", old).await.unwrap();
        scene.open("/leads/").await;
        let tabs = [first, second];
        for tab in &tabs {
            scene.browser.switch_to(tab).await.unwrap();
            scene.live().await;
            assert_eq!(scene.value("!!navigator.locks || !!window.BroadcastChannel").await, json!(false));
            scene.press("[data-menu=\"leads\"]").await;
        }
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        for tab in &tabs {
            scene.browser.switch_to(tab).await.unwrap();
            scene.card("ringing").await;
        }
        let rings = one_sounds(&scene, &tabs).await;
        let other = tabs.iter().find(|tab| **tab != rings).expect("two tabs");
        scene.browser.switch_to(&rings).await.unwrap();
        scene.value("kvSpy.frozen = true").await;
        one_sounds(&scene, std::slice::from_ref(other)).await;
        cut_off(&scene).await;
        scene.browser.switch_to(&rings).await.unwrap();
        scene.click("dismiss").await;
        scene.browser.switch_to(other).await.unwrap();
        scene.gone("call-card").await;
        scene.until("kvSpy.sounds.length === 0").await;
        scene.assert_quiet().await;
    });
}

#[test]
fn two_browsers_of_one_user_agree_through_the_server() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        let (desk, laptop) = (Scene::new(account.clone()).await, Scene::new(account).await);
        for scene in [&desk, &laptop] {
            scene.open("/leads/").await;
            scene.live().await;
        }
        let account = &desk.account;
        account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        account.post(event("d", &number(2), "ringing", json!({"extension": "101"}))).await;
        for scene in [&desk, &laptop] {
            scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 2").await;
        }
        desk.click("dismiss").await;
        for scene in [&desk, &laptop] {
            scene.until("document.querySelectorAll('[data-kv=\"call-card\"]').length === 1").await;
        }
        // What is said about a call in one is seen in the other.
        let left = laptop.value("document.querySelector('[data-kv=\"number\"]').textContent").await;
        let (call, caller) = if left == json!("+1 415-555-0001") { ("c", 1) } else { ("d", 2) };
        let line = json!({"extension": "101"});
        account.post(event(call, &number(caller), "answered", line)).await;
        for scene in [&desk, &laptop] {
            scene.card("answered").await;
        }
        account.post(event(call, &number(caller), "completed", json!({"extension": "101", "duration": 30}))).await;
        laptop.card("ended").await;
        let hold = "document.querySelector('[data-kv=\"call-card\"] button').focus()";
        laptop.value(hold).await;
        desk.card("ended").await;
        desk.until(&super::scene::choose("card-result", "Call back later")).await;
        laptop.until("document.querySelector('[data-kv=\"card-result\"]').value === '2'").await;
        let saved = desk.account.call(call).await;
        assert_eq!(saved["result"]["callStatus"], 2, "{saved}");
    });
}

#[test]
fn of_several_tabs_with_the_focus_one_opens_the_callers_card() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.set(json!({"openCard": true, "callFeedback": false})).await;
        let contact = account.seed_contact("Nora Klein", &number(1), account.admin).await;
        let scene = Scene::new(account).await;
        let mut tabs = Vec::new();
        for _ in 0..3 {
            let tab = if tabs.is_empty() {
                scene.open("/leads/").await;
                scene.browser.tab().await.unwrap()
            } else {
                scene.open_in_new_tab("/leads/").await
            };
            scene.live().await;
            let focus =
                "Document.prototype.hasFocus = function () { return true; }, window.dispatchEvent(new Event('focus'))";
            scene.value(focus).await;
            tabs.push(tab);
        }
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        let opened = format!("location.pathname === '/contacts/detail/{contact}'");
        let count = async || {
            let mut count = 0;
            for tab in &tabs {
                scene.browser.switch_to(tab).await.unwrap();
                scene.says("caller", "Nora Klein").await;
                count += usize::from(scene.value(&opened).await == json!(true));
            }
            count
        };
        scene.eventually("one opened card", async || (count().await > 0).then_some(())).await;
        assert_eq!(count().await, 1);
    });
}
