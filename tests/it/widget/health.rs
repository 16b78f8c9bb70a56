//! Health with the next step for each problem, the self-test, and failures with a reference that finds them.

use serde_json::json;

use super::scene::{Scene, code, kv, own_stack, running, running_at, stack};
use crate::{
    account::{Account, event, items, number},
    stack::flow,
};

async fn page(scene: &Scene) {
    scene.open(&format!("/settings/advanced?widget={}", code(&scene.account).await)).await;
    scene.see("health-kommo").await;
}

/// Waits until a fact is judged so.
async fn judged(scene: &Scene, fact: &str, level: &str) {
    let css = format!("[data-kv=\"health-{fact}\"][data-level=\"{level}\"]");
    scene.until(&format!("document.querySelector({}) !== null", json!(css))).await;
}

#[test]
fn health_stands_above_the_settings_and_each_problem_has_its_next_step() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.post(event("c", &number(1), "missed", json!({}))).await;
        account.settled().await;
        let scene = Scene::new(account).await;
        scene.open("/settings/widgets").await;
        scene.says("health-verdict", "Everything works").await;
        for fact in ["kommo", "token", "provider", "sockets", "parked", "requests"] {
            judged(&scene, fact, "good").await;
            scene.says(&format!("health-{fact}"), "OK").await;
        }
        scene.says("health-requests", "of 420").await;
        scene.picture("health-good").await;

        // The provider's secret is wrong, and Kommo refuses an action.
        let account = &scene.account;
        let forged = account.delivery("msg_1", "{}").header("webhook-signature", "v1,AAAA");
        assert_eq!(crate::stack::reply(forged).await.status, 401);
        scene.click("health-refresh").await;
        judged(&scene, "provider", "problem").await;
        scene.says("health-provider", "no signature matches").await;
        scene.says("health-provider", "Compare address and secret").await;
        account
            .fault(json!({"method": "POST", "path": "/api/v4/contacts", "kind": "status", "status": 400, "times": 50}))
            .await;
        account.seed_contact("Nora Klein", &number(2), account.admin).await;
        for (status, more) in [("answered", json!({})), ("completed", json!({"duration": 30}))] {
            let mut more = more;
            more["extension"] = json!("101");
            account.post(event("d", &number(2), status, more)).await;
        }
        scene
            .eventually("the note to be refused", async || {
                (account.call("d").await["deliveryStatus"] == "parked").then_some(())
            })
            .await;
        scene.click("health-refresh").await;
        judged(&scene, "parked", "problem").await;
        judged(&scene, "provider", "good").await;
        scene.says("action", "A fault was asked for").await;
        scene.picture("health-parked").await;
        account.no_more_faults().await;
        scene.click("step-parked").await;
        assert_eq!(items(&account.settled().await, "notes").len(), 2);
        scene.click("health-refresh").await;
        judged(&scene, "parked", "good").await;

        account.put("/active", json!({"active": false})).await;
        scene.click("health-refresh").await;
        judged(&scene, "switch", "problem").await;
        scene.says("health-switch", "Switch it on").await;
        judged(&scene, "sockets", "attention").await;
        scene.assert_quiet().await;
    });
}

/// The test call's card appears, says what it is, and goes; Kommo is as before.
async fn tested(account: Account, provider: &str) {
    let scene = Scene::new(account).await;
    scene.open("/settings/widgets").await;
    scene.live().await;
    scene.see("run-self-test").await;
    let before = scene.account.state().await;
    scene.click("run-self-test").await;
    scene.says("test-card", "Test call").await;
    scene.says("self-test-verdict", "came through").await;
    let states = "Array.from(document.querySelectorAll('[data-kv=\"hop\"]')).map(function (hop) { return hop.dataset.hop + ' ' + hop.dataset.state; }).join()";
    let signature = if provider == "telnyx" { "skipped" } else { "passed" };
    let expected =
        format!("way passed,address passed,signature {signature},kommo passed,intake passed,rules passed,card passed");
    assert_eq!(scene.value(states).await, json!(expected), "{provider}");
    scene.says("self-test-talked", "note").await;
    scene.says("self-test-missed", "task").await;
    scene.value("document.querySelector('[data-kv=\"self-test\"]').scrollIntoView()").await;
    scene.picture(&format!("self-test-{provider}")).await;
    assert_eq!(scene.text("call-card").await, "", "it is no call");
    scene.gone("test-card").await;
    let after = scene.account.state().await;
    for list in ["contacts", "leads", "notes", "tasks", "unsorted"] {
        assert_eq!(after[list], before[list], "{provider}: {list}");
    }
    let writes = |state: &serde_json::Value| {
        items(state, "requests").iter().filter(|request| request["method"] != "GET").count()
    };
    assert_eq!(writes(&after), writes(&before), "{provider}");
    assert_eq!(scene.account.get("/calls").await.body["calls"], json!([]), "{provider}");
    scene.assert_quiet().await;
}

#[test]
fn a_self_test_shows_its_card_in_this_tab_with_each_hop() {
    flow(async {
        tested(running(stack().await, json!({})).await, "generic").await;
    });
}

#[test]
fn a_self_test_with_telnyx_says_that_it_begins_behind_the_signature() {
    flow(async {
        tested(running_at(stack().await, "telnyx").await, "telnyx").await;
    });
}

#[test]
fn a_test_call_from_a_known_number_shows_who_it_is_and_closes_by_hand() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        account.seed_contact("Nora <b>Klein</b>", &number(1), account.admin).await;
        let scene = Scene::new(account).await;
        page(&scene).await;
        scene.live().await;
        scene.fill("self-test-number", "no number").await;
        scene.click("run-self-test").await;
        scene.says("self-test", "must be a telephone number").await;
        scene.says("reference", "-").await;
        scene.fill("self-test-number", &number(1)).await;
        scene.click("run-self-test").await;
        scene.says("test-caller", "Nora <b>Klein</b>").await;
        scene.says("self-test-verdict", "came through").await;
        scene.click("dismiss-test").await;
        scene.gone("test-card").await;
    });
}

#[test]
fn a_failure_shows_a_reference_that_the_page_finds_again() {
    flow(async {
        let scene = Scene::at("/settings/widgets").await;
        scene.fill("credential-dialUrl", "http://pbx.example").await;
        scene.fill("credential-secret", "whsec_not base64").await;
        scene.press(".js-widget-save").await;
        scene.says("settings-error", "Secret: ").await;
        scene.fill("credential-secret", "").await;
        scene.press(".js-widget-save").await;
        scene.see("error-dialUrl").await;
        // What is about no field of the window comes with its reference.
        let account = &scene.account;
        let refused = account.put("/settings", json!({"retentionDays": 0})).await;
        let reference = refused.body["reference"].as_str().expect("a reference").to_owned();
        page(&scene).await;
        scene.says("failures", &reference).await;
        scene.says("failures", "PUT settings").await;
        scene.value("document.querySelector('[data-kv=\"failures\"]').scrollIntoView()").await;
        scene.picture("failures").await;
    });
}

#[test]
fn a_lost_connection_is_shown_quietly_and_heals_by_itself() {
    flow(async {
        let mut stack = own_stack().await;
        let account = running(&stack, json!({})).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        scene.live().await;
        scene.value("window.sameLoad = true").await;
        scene.gone("offline").await;
        stack.kill();
        scene.says("offline", "No connection").await;
        scene.picture("offline").await;
        assert_eq!(scene.value("document.querySelectorAll('.notification').length").await, json!(0), "quietly");
        stack.start_again().await;
        // The longer the Worker was away, the longer the tab's next pause: up to half a minute.
        let healed = format!("document.querySelector({}) === null", json!(kv("offline")));
        let mut tries = 0;
        while scene.browser.wait_for(&healed).await.is_err() && tries < 4 {
            tries += 1;
        }
        scene.gone("offline").await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        assert_eq!(scene.value("window.sameLoad").await, json!(true));
    });
}

#[test]
fn health_and_self_test_fit_narrow_windows_both_themes_and_all_languages() {
    flow(async {
        let scene = Scene::new(running(stack().await, json!({})).await).await;
        for (name, language, theme, width) in [
            ("light", "en", "light", 1440),
            ("dark", "es", "dark", 1440),
            ("narrow", "pt", "light", 400),
            ("narrow-dark", "en", "dark", 400),
        ] {
            let size = json!({"width": width, "height": 1100, "deviceScaleFactor": 1, "mobile": false});
            scene.browser.devtools("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            scene.open(&format!("/settings/widgets?theme={theme}&lang={language}")).await;
            scene.live().await;
            scene.see("run-self-test").await;
            scene.fill("setting-retentionDays", "9999").await;
            scene.see("error-retentionDays").await;
            scene.click("run-self-test").await;
            scene.see("self-test-verdict").await;
            let overflowing = "(function () { var root = document.querySelector('[data-kv=\"settings\"]'); \
                var right = root.getBoundingClientRect().right + 1; \
                return Array.from(root.querySelectorAll('*')).filter(function (one) { return one.getBoundingClientRect().right > right; }) \
                  .map(function (one) { return one.className || one.tagName; }).join(' '); })()";
            assert_eq!(scene.value(overflowing).await, json!(""), "{name}");
            scene.value("document.querySelector('[data-kv=\"health\"]').scrollIntoView()").await;
            scene.picture(&format!("health-{name}")).await;
            scene
                .value(
                    "document.querySelector('[data-kv=\"setting-retentionDays\"]').scrollIntoView({block: 'center'})",
                )
                .await;
            scene.picture(&format!("mistake-{name}")).await;
            page(&scene).await;
        }
    });
}
