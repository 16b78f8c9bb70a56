//! The page's security policy may be strict; if it forbids WebAssembly the widget says so and the page goes on.

use serde_json::json;

use super::{
    archive,
    scene::{Scene, running, stack},
};
use crate::{
    account::{event, number},
    stack::flow,
    support::{Stage, control},
};

#[test]
fn under_a_strict_policy_that_allows_webassembly_everything_works() {
    flow(async {
        let account = running(stack().await, json!({})).await;
        let scene = Scene::new(account).await;
        scene.open("/leads/").await;
        let policy = "fetch('/leads/').then(function (one) { return one.headers.get('content-security-policy'); })";
        let policy = scene.value(policy).await;
        assert!(
            policy.as_str().is_some_and(|policy| policy.contains("script-src 'self' 'wasm-unsafe-eval'")),
            "{policy}"
        );
        scene.live().await;
        scene.account.post(event("c", &number(1), "ringing", json!({"extension": "101"}))).await;
        scene.card("ringing").await;
        // The looks came along too.
        scene
            .until("getComputedStyle(document.querySelector('[data-kv=\"root\"] .kv-stack')).position === 'fixed'")
            .await;
        scene.assert_quiet().await;
    });
}

#[test]
fn without_webassembly_it_says_so_once_and_the_page_and_switching_off_work() {
    flow(async {
        let stage = Stage::with(vec![archive::for_worker("http://127.0.0.1:9")]).await;
        control(&stage.sim, "switches", json!({"csp": "strict"})).await;
        let browser = &stage.browser;
        stage.open("/settings/widgets").await;
        browser.click(".js-widget-install").await.unwrap();
        let toast = "[data-sim=\"toast\"][data-kind=\"error\"]";
        let said = browser.text(toast).await.unwrap();
        assert!(said.contains("WebAssembly") && said.contains("Calls are still logged"), "{said}");
        let script = format!("return document.querySelectorAll({}).length", json!(toast));
        assert_eq!(browser.execute(&script, json!([])).await.unwrap(), json!(1));
        // Saving has nobody to ask, so it is refused; switching off is not.
        for _ in 0..2 {
            browser.click(".switcher").await.unwrap();
        }
        browser.click(".js-widget-save").await.unwrap();
        let settled = "!document.querySelector('.js-widget-save').classList.contains('button-input-loading')";
        browser.wait_for(settled).await.unwrap();
        let toasts = format!("document.querySelectorAll({}).length === 2", json!(toast));
        browser.wait_for(&toasts).await.unwrap();
        let status = browser.value("document.querySelector('.widget-settings').dataset.status").await.unwrap();
        assert_eq!(status, json!("not_configured"));
        browser.click(".switcher").await.unwrap();
        browser.click(".js-widget-save").await.unwrap();
        browser.wait_for("document.querySelector('.modal') === null").await.unwrap();
        browser.click("[data-menu=\"contacts\"]").await.unwrap();
        browser.click("[data-sim=\"list\"] .list__name").await.unwrap();
        browser.wait_for("APP.isCard() && document.querySelector('[data-sim=\"feed\"]') !== null").await.unwrap();
    });
}
